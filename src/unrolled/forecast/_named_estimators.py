"""The estimators that have names and are one dataclass of settings each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeAlias

from unrolled.errors import InputError
from unrolled.forecast._analog import AnalogForecaster
from unrolled.forecast._echo_state import EchoState
from unrolled.forecast._hidden_markov import HiddenMarkovForecaster
from unrolled.forecast._linear_autoregression import LinearAutoregression
from unrolled.forecast._linear_dynamical_system import LinearDynamicalSystem
from unrolled.forecast._next_generation import NextGenerationReservoir
from unrolled.forecast._structural import Structural

__all__ = ["ESTIMATORS", "NamedEstimator", "named_estimator"]

NamedEstimator: TypeAlias = (
    AnalogForecaster
    | EchoState
    | HiddenMarkovForecaster
    | LinearAutoregression
    | LinearDynamicalSystem
    | NextGenerationReservoir
    | Structural
)


@dataclass(frozen=True)
class _Named:
    """One entry of the table: what it is, and what makes it."""

    about: str
    make: type[NamedEstimator]

    @property
    def settings(self) -> tuple[str, ...]:
        """What it takes."""
        return tuple(f.name for f in fields(self.make) if f.name != "name")


#: These estimators by name; the fields of each are its settings.
ESTIMATORS = {
    "echo-state": _Named(
        "echo state network: a fixed random reservoir of 400 tanh units, its readout solved by ridge regression",
        EchoState,
    ),
    "next-generation-reservoir": _Named(
        "products of delayed values, their readout solved by ridge regression", NextGenerationReservoir
    ),
    "structural": _Named(
        "level, trend, season and cycle that change slowly, and noise; exact bounds, bridges gaps", Structural
    ),
    "linear-dynamical-system": _Named(
        "hidden state that moves linearly, seen through noise; exact bounds, bridges gaps", LinearDynamicalSystem
    ),
    "linear-autoregression": _Named(
        "linear autoregression of all features together, by least squares, with Gaussian intervals",
        LinearAutoregression,
    ),
    "analog": _Named(
        "what came next after similar stretches of the past, by a local linear map; for clean chaotic series",
        AnalogForecaster,
    ),
    "hidden-markov": _Named(
        "hidden states that follow each other at random, each with values or a recurrence of its own; bridges gaps",
        HiddenMarkovForecaster,
    ),
}


def named_estimator(name: str, changed: Mapping[str, Any]) -> NamedEstimator:
    """An estimator by name, with some settings changed.

    Raises
    ------
    InputError
        A setting that says nothing to it, or is out of range.
    """
    entry = ESTIMATORS[name]
    for setting in changed:
        if setting not in entry.settings:
            raise InputError(
                f"{setting} says nothing to {name}, which takes {', '.join(entry.settings)}; leave it out."
            )
    made = entry.make(**changed)
    made.check_settings()
    return made
