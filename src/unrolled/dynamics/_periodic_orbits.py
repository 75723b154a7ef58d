"""Cycles: states that come back after so many steps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Array, Complex, Float

from unrolled.arguments import require_whole
from unrolled.dynamics._fixed_points import fixed_points
from unrolled.dynamics._stability import stability
from unrolled.dynamics._system import System, require_system
from unrolled.dynamics._trajectory import run, steps_of

__all__ = ["PeriodicOrbit", "Repeated", "periodic_orbits"]

_LONGEST = 100_000
# Relative to the size of the states: less, and two states of a cycle are the same one.
_SAME = 1e-5


@dataclass(frozen=True, eq=False)
class PeriodicOrbit:
    """A cycle.

    Attributes
    ----------
    states
        One after the other, ``(step, state)``.
    multipliers
        Eigenvalues of the Jacobian of one turn, largest modulus first.
    """

    states: Float[np.ndarray, "step state"]
    multipliers: Complex[np.ndarray, " state"]

    @property
    def period(self) -> int:
        """In how many steps it closes."""
        return len(self.states)

    @property
    def stability(self) -> str:
        """Its kind, as of a fixed point."""
        return stability(self.multipliers)


class Repeated(System):
    """A system that is looked at every so many steps.

    Attributes
    ----------
    system
        The one.
    times
        How many of its steps are one here.
    """

    system: System
    times: int = eqx.field(static=True)

    @property
    def size(self) -> int:
        """How many numbers a state has."""
        return self.system.size

    @property
    def features(self) -> int:
        """How many numbers an input has; it is held for all the steps between two looks."""
        return self.system.features

    @property
    def spacing(self) -> float:
        """The time between two looks."""
        return self.times * self.system.spacing

    def advance(self, h: Float[Array, " state"], x: Float[Array, " feature"]) -> Float[Array, " state"]:
        """On by one look."""
        return jax.lax.scan(lambda h, _: (self.system.advance(h, x), None), h, None, length=self.times)[0]

    def starts(self, count: int, generator: np.random.Generator) -> Float[np.ndarray, "count state"]:
        """Those of the system."""
        return self.system.starts(count, generator)

    def observed(self, states: Float[np.ndarray, "time state"]) -> Float[np.ndarray, "time output"]:
        """As of the system."""
        return self.system.observed(states)


def periodic_orbits(
    system: System, period: int, *, inputs: Any = None, starts: Any = 256, seed: int = 0, tolerance: float = 1e-10
) -> list[PeriodicOrbit]:
    """The cycles of exactly that period, stable or not, as fixed points of so many steps taken together.

    Parameters
    ----------
    system
        A network, a map or a flow.
    period
        In steps; 1 gives fixed points.
    inputs, starts, seed, tolerance
        As in :func:`fixed_points`.

    Returns
    -------
    list
        The different cycles, stable ones first; perhaps none.

    Raises
    ------
    InputError
        An argument out of range, or every start runs off to infinity.

    Examples
    --------
    >>> from unrolled.dynamics import logistic_map, periodic_orbits
    >>> [orbit] = periodic_orbits(logistic_map(3.2), 2, starts=30)
    >>> orbit.states.ravel().round(4).tolist(), orbit.stability
    ([0.513, 0.7995], 'stable')
    """
    require_system(system)
    period = require_whole("period", period, 1, _LONGEST)
    _, x = steps_of(system, 1, inputs)
    several = Repeated(system, period)
    found = fixed_points(several, inputs=inputs, starts=starts, seed=seed, tolerance=tolerance)
    orbits: list[PeriodicOrbit] = []
    for state, multipliers in zip(found.states, found.eigenvalues, strict=True):
        if any(_near(state, orbit.states).any() for orbit in orbits):
            continue
        states = np.concatenate([state[None], run(system, state, x, period)[:-1]])
        if not any(_near(states[turn], states[:1]).all() for turn in _parts(period)):
            orbits.append(PeriodicOrbit(_from_least(states), multipliers))
    return orbits


def _parts(period: int) -> Iterator[int]:
    """Periods that are part of it."""
    return (turn for turn in range(1, period) if period % turn == 0)


def _near(state: Float[np.ndarray, " state"], states: Float[np.ndarray, "step state"]) -> np.ndarray:
    return np.abs(states - state).max(axis=1) <= 10 * _SAME * max(1.0, float(np.abs(state).max()))


def _from_least(states: Float[np.ndarray, "step state"]) -> Float[np.ndarray, "step state"]:
    """The same cycle from the step where its first number is least, so that it does not depend on the starts."""
    return np.roll(states, -int(np.argmin(states[:, 0])), axis=0)
