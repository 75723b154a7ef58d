"""Fixed points of a system, from many starts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float, Int

from unrolled.arguments import require_array, require_number, require_whole
from unrolled.compilation import compiled
from unrolled.dynamics._rest import distances, jacobians, newton, slow_states
from unrolled.dynamics._stability import KINDS, MARGIN, stability
from unrolled.dynamics._system import System, require_system
from unrolled.dynamics._trajectory import RUNAWAY, steps_of
from unrolled.errors import InputError, nearest_name
from unrolled.types import precision

__all__ = ["FixedPoints", "fixed_points", "merged", "starting_states"]

_MOST_STARTS = 1_000_000
_MOST_NUMBERS = 50_000_000
# Starts are run on for up to so many steps first, so that some lie where trajectories go.
_LONGEST_RUN = 32


@dataclass(frozen=True, eq=False)
class FixedPoints:
    """The different fixed points that were found, the stable ones first.

    Attributes
    ----------
    states
        ``(point, state)``.
    speeds
        The largest change of any number in one step there.
    eigenvalues
        Of the Jacobian at each, largest modulus first, ``(point, state)``.
    found
        From how many starts each was found.
    starts
        How many there were; those that came to no fixed point are the rest.
    """

    states: Float[np.ndarray, "point state"]
    speeds: Float[np.ndarray, " point"]
    eigenvalues: Complex[np.ndarray, "point state"]
    found: Int[np.ndarray, " point"]
    starts: int

    def __len__(self) -> int:
        return len(self.states)

    @property
    def stability(self) -> tuple[str, ...]:
        """The kind of each: ``stable``, ``saddle``, ``unstable`` or ``marginal``."""
        return tuple(stability(own) for own in self.eigenvalues)

    @property
    def unstable_directions(self) -> Int[np.ndarray, " point"]:
        """In how many directions states go away from each."""
        return np.count_nonzero(np.abs(self.eigenvalues) > 1 + MARGIN, axis=1)

    @property
    def counts(self) -> dict[str, int]:
        """How many there are of every kind."""
        seen = Counter(self.stability)
        return {kind: seen[kind] for kind in KINDS}

    def of_kind(self, kind: str) -> Float[np.ndarray, "point state"]:
        """The states of those of one kind."""
        if kind not in KINDS:
            raise nearest_name("kind of fixed point", kind, KINDS)
        return self.states[[own == kind for own in self.stability]]

    def __str__(self) -> str:
        counts = ", ".join(f"{number} {kind}" for kind, number in self.counts.items() if number) or "none"
        lost = self.starts - int(self.found.sum())
        return f"fixed points: {counts}; {lost} of {self.starts} starts came to none"


def fixed_points(
    system: System,
    *,
    inputs: Any = None,
    starts: Any = 256,
    seed: int = 0,
    tolerance: float = 1e-10,
) -> FixedPoints:
    """States that a system does not leave while its input is held, and whether states nearby come to them.

    From every start Adam descends the speed ``|F(h) - h|^2 / 2``; Newton's method goes on from there. What then moves
    by more than the tolerance is no fixed point, however slow. The same point found twice counts once.

    Parameters
    ----------
    system
        A network, a map or a flow.
    inputs
        The input, ``(feature,)``, held; zeros if left out.
    starts
        How many random ones: states of the system, run on for 0 to 32 steps, briefly more often. Or states
        ``(start, state)``, such as a trajectory while the network does its task: fixed points that matter lie near it.
    seed
        Decides random starts.
    tolerance
        The most that any number may change in a step, relative to the largest one of the state where that is above 1.

    Returns
    -------
    FixedPoints
        States, speeds, eigenvalues, kinds; perhaps none.

    Raises
    ------
    InputError
        An argument out of range, or every start runs off to infinity.

    References
    ----------
    D. Sussillo and O. Barak, Neural Computation 25 (2013) 626.

    Examples
    --------
    >>> from unrolled.dynamics import fixed_points, logistic_map
    >>> found = fixed_points(logistic_map(3.5), starts=20)
    >>> sorted(abs(found.states.round(4)).ravel().tolist()), found.stability  # 0 and 1 - 1/r
    ([0.0, 0.7143], ('unstable', 'unstable'))
    """
    require_system(system)
    require_number("tolerance", tolerance, above=0.0, below=1.0)
    x = _held(system, inputs)
    begun = starting_states(system, x, starts, seed)
    slow = slow_states(system, begun, x)
    if not np.isfinite(slow).all(axis=1).any():
        raise InputError("the search for fixed points runs off to infinity from every start; give others.")
    states, rests = newton(system, slow, x, tolerance)
    points, found = merged(states[rests & (np.abs(states) < RUNAWAY).all(axis=1)])
    return _judged(system, points, found, x, len(begun))


def starting_states(
    system: System, x: Float[np.ndarray, " feature"], starts: Any, seed: int
) -> Float[np.ndarray, "start state"]:
    """The states to begin in, checked or drawn."""
    seed = require_whole("seed", seed, 0, 2**63 - 1)
    if hasattr(starts, "__len__"):
        given = np.asarray(require_array("starts", starts, "start", "state"), np.float64)
        if given.shape[1] != system.size or not len(given) or not np.isfinite(given).all():
            raise InputError(f"starts must be finite numbers of shape (start, {system.size}); came {given.shape}.")
        return given
    count = require_whole("starts", starts, 1, _MOST_STARTS)
    if count * system.size > _MOST_NUMBERS:
        raise InputError(f"{count:,} starts of {system.size:,} states take too much memory; ask for fewer.")
    generator = np.random.default_rng(seed)
    drawn = system.starts(count, generator)
    # Short runs more often: from far on only what attracts is found.
    ages = np.floor((_LONGEST_RUN + 1) ** generator.random(count)).astype(int) - 1
    with precision("float64"):
        aged = np.asarray(_aged(system, drawn, ages, x))
    return np.where((np.abs(aged) < RUNAWAY).all(axis=1, keepdims=True), aged, drawn)


def merged(
    states: Float[np.ndarray, "point state"], radius: float = 1e-5
) -> tuple[Float[np.ndarray, "different state"], Int[np.ndarray, " different"]]:
    """The states that differ by more than the radius, relative to their size, and how many stood for each."""
    kept = np.zeros((0, states.shape[1]))
    counts: list[int] = []
    for state in states:
        near = np.abs(kept - state).max(axis=1) <= radius * max(1.0, float(np.abs(state).max()))
        if near.any():
            counts[int(np.argmax(near))] += 1
        else:
            kept, counts = np.concatenate([kept, state[None]]), [*counts, 1]
    return kept, np.array(counts, int)


def _held(system: System, inputs: Any) -> Float[np.ndarray, " feature"]:
    _, x = steps_of(system, 1, inputs)
    if x.ndim != 1:
        raise InputError(f"a fixed point is one of a held input: one row of {system.features} numbers is needed.")
    return x


def _judged(system: System, points: np.ndarray, found: np.ndarray, x: np.ndarray, starts: int) -> FixedPoints:
    eigenvalues = np.zeros(points.shape, complex)
    for rows, J in jacobians(system, points, x) if len(points) else ():
        own = np.linalg.eigvals(J)
        eigenvalues[rows] = np.take_along_axis(own, np.argsort(-np.abs(own), axis=1), axis=1)
    kinds = [KINDS.index(stability(own)) for own in eigenvalues]
    order = np.array(sorted(range(len(points)), key=lambda i: (kinds[i], -found[i])), int)
    speeds = distances(system, points, x) if len(points) else np.zeros(0)
    return FixedPoints(points[order], speeds[order], eigenvalues[order], found[order], starts)


@compiled
def _aged(system: System, states: Array, ages: Array, x: Array) -> Array:
    def onward(h: Array, age: Array) -> Array:
        def step(h: Array, number: Array) -> tuple[Array, None]:
            return jnp.where(number < age, system.advance(h, x), h), None

        return jax.lax.scan(step, h, jnp.arange(_LONGEST_RUN))[0]

    return jax.vmap(onward)(jnp.asarray(states), ages)
