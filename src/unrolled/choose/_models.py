"""Every model by name, the automatic choice first."""

from __future__ import annotations

from typing import Any

from unrolled.choose._auto import Auto
from unrolled.errors import InputError, nearest_name
from unrolled.forecast import ClassicalForecaster, Forecaster, NamedEstimator
from unrolled.forecast import describe_models as describe_single_models
from unrolled.forecast import model as single_model
from unrolled.forecast import says_nothing as says_nothing_to_single
from unrolled.forecast import settings as single_settings

__all__ = ["describe_models", "model", "models", "says_nothing"]

_AUTO = "auto"
_SETTINGS = ("seed", "levels", "networks", "hidden_states")


def models() -> tuple[str, ...]:
    """The names that :func:`model` knows."""
    return (_AUTO, *describe_single_models())


def describe_models() -> dict[str, str]:
    """What each named model is, in words."""
    return {_AUTO: "candidates judged on rolling origins, weighted and combined"} | describe_single_models()


def says_nothing(name: str) -> frozenset[str]:
    """The settings that say nothing to that model, and that :func:`model` therefore refuses."""
    if name not in models():
        raise nearest_name("model", name, models())
    if name == _AUTO:
        return frozenset(single_settings()) - set(_SETTINGS)
    return says_nothing_to_single(name)


def model(name: str = _AUTO, **changed: Any) -> Auto | Forecaster | ClassicalForecaster | NamedEstimator:
    """A model by name, with some settings changed.

    Parameters
    ----------
    name
        ``auto``, which chooses by itself, or one of those that :func:`unrolled.forecast.model` makes.
    changed
        For ``auto`` ``seed``, ``levels`` (of the bounds, in percent) ``networks`` and ``hidden_states`` (whether they
        take part); for the
        others see there.

    Raises
    ------
    InputError
        An unknown model or setting (the message offers the nearest), or a setting that says nothing to this model.

    Examples
    --------
    >>> import unrolled
    >>> unrolled.model("rnn", units=50, window=3).summary().parameters
    2651
    """
    if name not in models():
        raise nearest_name("model", name, models())
    if name != _AUTO:
        return single_model(name, **changed)
    for setting in changed:
        if setting not in (*_SETTINGS, *single_settings()):
            raise nearest_name("setting", setting, (*_SETTINGS, *single_settings()))
        if setting not in _SETTINGS:
            raise InputError(f"{setting} says nothing to auto, which chooses by itself; name a model, such as rnn.")
    return Auto(**changed)
