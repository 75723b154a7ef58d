"""Other things to try: the same series, many settings."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from unrolled.errors import InputError, TrainingError, nearest_name
from unrolled.evaluate._trial import Trial, extrapolate, require_possible
from unrolled.forecast import Estimator, model, says_nothing, settings, takes_gaps
from unrolled.series import Series, as_series

__all__ = ["SweepRow", "combinations", "estimators", "parse_sweep", "sweep"]

_MOST_COMBINATIONS = 1_000
_FLAGS = {"true": True, "false": False, "yes": True, "no": False}


@dataclass(frozen=True, eq=False)
class SweepRow:
    """One line of the table: the settings, and what came of them.

    Attributes
    ----------
    settings
        What distinguishes this line.
    trial
        ``None`` where the training failed.
    failure
        Why, in words.
    """

    settings: dict[str, Any]
    trial: Trial | None
    failure: str = ""

    @property
    def label(self) -> str:
        """The settings in one line of text."""
        return ", ".join(str(v) if k == "model" else f"{k}={v}" for k, v in self.settings.items())


def parse_sweep(text: str) -> tuple[str, list[Any]]:
    """``"units=50,200,500"`` as a name and its values.

    Raises
    ------
    InputError
        Not of that form, or an unknown setting.

    Examples
    --------
    >>> from unrolled.evaluate import parse_sweep
    >>> parse_sweep("units=50,200")
    ('units', [50, 200])
    """
    name, equals, values = text.partition("=")
    name = name.strip().replace("-", "_")
    parts = [part.strip() for part in values.split(";" if name == "network" else ",")]
    if not equals or not all(parts):
        raise InputError(f"a sweep is written SETTING=VALUE,VALUE,... as in units=50,200,500; came {text!r}.")
    if name == "model":
        raise InputError(f"models are compared by --model {values.replace(' ', '')}; --sweep varies their settings.")
    if name not in settings():
        raise nearest_name("setting", name, settings())
    return name, [_value(part) for part in dict.fromkeys(parts)]


def combinations(models: Sequence[str], grid: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Every model with every combination of settings.

    Examples
    --------
    >>> from unrolled.evaluate import combinations
    >>> combinations(["rnn"], {"units": [50, 200]})
    [{'model': 'rnn', 'units': 50}, {'model': 'rnn', 'units': 200}]
    """
    made = [
        {"model": name, **dict(zip(grid, values, strict=True))}
        for name in models
        for values in itertools.product(*grid.values())
    ]
    if len(made) > _MOST_COMBINATIONS:
        raise InputError(f"the sweep has {len(made)} combinations; {_MOST_COMBINATIONS} are the most.")
    return made


def sweep(
    series: Series,
    chosen: Iterable[Mapping[str, Any]],
    *,
    train: int,
    horizon: int,
    common: Mapping[str, Any] | None = None,
    watch: Callable[[SweepRow], None] | None = None,
    make: Callable[..., Estimator] = model,
    mute: Callable[[str], Collection[str]] = says_nothing,
) -> list[SweepRow]:
    """Train and score every combination of settings on the same series.

    Parameters
    ----------
    series
        With known values beyond ``train``, so that there is an error to compare. Values may be missing if all of the
        models bridge gaps.
    chosen
        What :func:`combinations` makes.
    train, horizon
        How many points to train on and to predict.
    common
        Settings that all share; a model to which one says nothing goes without it.
    watch
        Called with every row when it is done.
    make, mute
        How a model is made from its name and settings, and which settings say nothing to it; other doors know other
        names.

    Returns
    -------
    list
        One row a combination, in order. A training that fails is a row that says so.

    Raises
    ------
    InputError
        A combination that cannot be: found before anything is trained.
    """
    wanted = [dict(settings) for settings in chosen]
    made = estimators(wanted, common=common, make=make, mute=mute)
    series = as_series(series, gaps=any(map(takes_gaps, made)))
    for estimator in made:
        require_possible(series, estimator, train, horizon)
    rows = []
    for entry, estimator in zip(wanted, made, strict=True):
        try:
            row = SweepRow(entry, extrapolate(series, estimator, train=train, horizon=horizon))
        except TrainingError as error:
            row = SweepRow(entry, None, str(error))
        rows.append(row)
        if watch is not None:
            watch(row)
    return rows


def estimators(
    chosen: Iterable[Mapping[str, Any]],
    *,
    common: Mapping[str, Any] | None = None,
    make: Callable[..., Estimator] = model,
    mute: Callable[[str], Collection[str]] = says_nothing,
) -> list[Estimator]:
    """The model of every combination; the parameters are those of :func:`sweep`.

    A setting that all share may say nothing to some of the models; one that is swept must say something to each.

    Raises
    ------
    InputError
        A setting that says nothing to any of the models, or a combination that cannot be.

    Examples
    --------
    >>> from unrolled.evaluate import combinations, estimators
    >>> made = estimators(combinations(["rnn", "persistence"], {}), common={"units": 5})
    >>> made[0].describe(1)["network"], made[1].name
    ('elman:5:tanh', 'persistence')
    """
    wanted, shared = [dict(entry) for entry in chosen], dict(common or {})
    names = list(dict.fromkeys(entry["model"] for entry in wanted))
    for setting in shared:
        if names and all(setting in mute(name) for name in names):
            raise InputError(f"{setting} says nothing to {', '.join(names)}; leave it out, or name a model it is for.")
    made = []
    for entry in wanted:
        own = {name: value for name, value in entry.items() if name != "model"}
        heard = {name: value for name, value in shared.items() if name not in mute(entry["model"])}
        made.append(make(entry["model"], **(heard | own)))
    return made


def _value(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return _FLAGS.get(text.lower(), text)
