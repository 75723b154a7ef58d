"""Which model is taken where none is named."""

from __future__ import annotations

from collections.abc import Collection

from unrolled.errors import InputError

__all__ = ["default_model", "default_models"]

_SIDE_BY_SIDE = ("auto", "recurrence", "rational", "bayesian-recurrence", "drift", "persistence")


def default_model(dataset: str | None, settings: Collection[str]) -> str:
    """The automatic choice, unless the settings speak of a network, or the dataset has a model of its own."""
    from unrolled.choose import models, says_nothing

    usual = ("auto", "rnn") if dataset != "noisy-sine" else ("noisy-sine",)
    for name in usual:
        if not says_nothing(name) & set(settings):
            return name
    fitting = [name for name in models() if not says_nothing(name) & set(settings)]
    given = ", ".join(f"--{setting.replace('_', '-')}" for setting in settings)
    if not fitting:
        raise InputError(f"no model takes all of {given}; leave some of them out.")
    raise InputError(f"name the model that {given} is for, with --model: {', '.join(fitting)}.")


def default_models(settings: Collection[str]) -> list[str]:
    """What is put side by side: the automatic choice and models that cost little; a network if settings ask for one."""
    name = default_model(None, settings)
    return list(_SIDE_BY_SIDE) if name == "auto" else [name]
