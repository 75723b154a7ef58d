"""What a hidden state says: the protocol that every kind of emission follows."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol, Self, runtime_checkable

import numpy as np
from jaxtyping import Array, Float, Int

from unrolled.statespace._observed_steps import ObservedSteps
from unrolled.types import AnyArray

__all__ = ["DEAD", "Emission", "Limits"]

#: A state to which less than so many steps belong has nothing to learn from, and keeps its parameters.
DEAD = 1e-6


class Limits(NamedTuple):
    """What learning is held to.

    Attributes
    ----------
    floor
        The least variance of every feature: covariances are at least this diagonal.
    counts
        Pseudo-counts, added to every count of starts, transitions and symbols.
    """

    floor: Float[AnyArray, " feature"]
    counts: Any


@runtime_checkable
class Emission(Protocol):
    """The distribution of an observation, given the hidden state. A frozen pytree; every leaf has an axis of states.

    ``log_density``, ``refit``, ``log_prior``, ``roots`` and ``draw`` can be traced; ``check`` and ``readable`` run on
    the host.
    """

    @property
    def states(self) -> int:
        """How many hidden states it tells apart."""
        ...

    @property
    def features(self) -> int:
        """How many values an observation has."""
        ...

    @property
    def lags(self) -> int:
        """How many observations before this one its density sees."""
        ...

    def check(self) -> None:
        """Raise an :class:`~unrolled.errors.InputError` unless the parameters are those of a distribution."""
        ...

    def readable(self, rows: Float[np.ndarray, "time feature"]) -> Float[np.ndarray, "time feature"]:
        """Observations as this emission reads them; an :class:`~unrolled.errors.InputError` if it cannot."""
        ...

    def log_density(self, steps: ObservedSteps) -> Float[Array, "time state"]:
        """Log p(y_t | state) of what was seen, 0 where a step tells nothing."""
        ...

    def refit(self, steps: ObservedSteps, weights: Float[Array, "time state"], limits: Limits) -> Self:
        """The M step: the parameters that are most likely where every step belongs to a state with a weight."""
        ...

    def log_prior(self, counts: Any) -> Any:
        """What pseudo-counts add to the objective of learning."""
        ...

    def roots(self) -> Any:
        """What drawing needs, computed once."""
        ...

    def draw(
        self, roots: Any, states: Int[Array, " path"], past: Float[Array, "path lagged"], *, key: Array
    ) -> Float[Array, "path feature"]:
        """One observation for every path, given its state and the observations before."""
        ...
