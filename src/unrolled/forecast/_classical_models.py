"""The classical models that have names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from unrolled.arguments import require_number, require_whole
from unrolled.classical import (
    BayesianRecurrence,
    Drift,
    GaussianProcess,
    HolonomicRecurrence,
    LinearRecurrence,
    LowRankRecurrence,
    Method,
    Polynomial,
    Rational,
    Trend,
)
from unrolled.errors import InputError
from unrolled.forecast._classical import ClassicalForecaster

__all__ = ["CLASSICAL", "CLASSICAL_SETTINGS", "classical_model", "restore_method"]


@dataclass(frozen=True)
class _Classical:
    """One entry of the table: what it is, its settings with their usual values, and how to make it."""

    about: str
    settings: Mapping[str, float]
    make: Callable[..., Method]


#: The classical models by name.
CLASSICAL = {
    "persistence": _Classical("the last value again", {}, lambda: Polynomial(1)),
    "drift": _Classical("straight on at the mean slope", {}, Drift),
    "polynomial": _Classical(
        "the polynomial through the last points, one more than its degree",
        {"degree": 3},
        lambda degree: Polynomial(degree + 1),
    ),
    "trend": _Classical("the polynomial nearest to all known points", {"degree": 2}, Trend),
    "recurrence": _Classical(
        "linear recurrence on values or differences, by least squares",
        {"window": 3, "difference": 0, "ridge": 0.0},
        LinearRecurrence,
    ),
    "low-rank-recurrence": _Classical(
        "long linear recurrence of low rank, for noisy data", {"rank": 2, "difference": 0}, LowRankRecurrence
    ),
    "holonomic-recurrence": _Classical(
        "linear recurrence whose coefficients are polynomials in time",
        {"window": 3, "degree": 1, "alone": 1},
        HolonomicRecurrence,
    ),
    "bayesian-recurrence": _Classical(
        "linear recurrence with a prior, continued by sample paths",
        {"window": 3, "difference": 0},
        BayesianRecurrence,
    ),
    "rational": _Classical("rational function true to a tolerance (AAA)", {"tolerance": 1e-10}, Rational),
    "gaussian-process": _Classical("Gaussian process, the most likely of a grid", {}, GaussianProcess),
}

#: Every setting that one of them takes, with its least value; those of type float may be any number above.
CLASSICAL_SETTINGS = {
    "window": 1, "difference": 0, "degree": 0, "alone": 0, "rank": 1, "ridge": 0.0, "tolerance": 0.0,
}  # fmt: skip
_LARGEST = {"window": 1_000, "difference": 10, "degree": 20, "alone": 3, "rank": 100}


def classical_model(name: str, changed: Mapping[str, Any]) -> ClassicalForecaster:
    """A classical model by name, with some settings changed.

    Raises
    ------
    InputError
        A setting that says nothing to it, or is out of range.
    """
    entry = CLASSICAL[name]
    for setting in changed:
        if setting != "seed" and setting not in entry.settings:
            takes = ", ".join(entry.settings) or "no settings"
            raise InputError(f"{setting} says nothing to {name}, which takes {takes}; leave it out.")
    settings = {key: changed.get(key, usual) for key, usual in entry.settings.items()}
    _check(settings)
    return ClassicalForecaster(entry.make(**settings), name, changed.get("seed", 0))


def _check(settings: Mapping[str, Any]) -> None:
    for name, value in settings.items():
        least = CLASSICAL_SETTINGS[name]
        if isinstance(least, int):
            require_whole(name, value, least, _LARGEST[name])
        else:
            require_number(name, value, least=least)


def restore_method(kind: str, settings: Mapping[str, Any]) -> Method:
    """The method that a saved model names; a ``KeyError`` or ``TypeError`` where there is none."""
    kinds = (
        BayesianRecurrence, Drift, GaussianProcess, HolonomicRecurrence, LinearRecurrence, LowRankRecurrence,
        Polynomial, Rational, Trend,
    )  # fmt: skip
    found = {one.__name__: one for one in kinds}[kind]
    limits, largest = CLASSICAL_SETTINGS | {"points": 1, "longest": 1}, _LARGEST | {"points": 21, "longest": 1_000}
    for name, value in settings.items():
        if isinstance(limits[name], int):
            require_whole(name, value, int(limits[name]), largest[name])
        else:
            require_number(name, value, least=limits[name])
    return found(**settings)
