"""Fixed points of a system, from many starts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import combinations, islice
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
# Between stable points it is looked for more from so many means of some of them.
_MOST_MEANS = 255


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
        From how many starts each was found; 0 where it was found between others.
    starts
        How many there were.
    lost
        How many of them came to no fixed point.
    """

    states: Float[np.ndarray, "point state"]
    speeds: Float[np.ndarray, " point"]
    eigenvalues: Complex[np.ndarray, "point state"]
    found: Int[np.ndarray, " point"]
    starts: int
    lost: int = 0

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
        return f"fixed points: {counts}; {self.lost} of {self.starts} starts came to none"


def fixed_points(
    system: System,
    *,
    inputs: Any = None,
    starts: Any = 256,
    seed: int = 0,
    tolerance: float = 1e-10,
) -> FixedPoints:
    """States that a system does not leave while its input is held, and whether states nearby come to them.

    From every start Adam descends the speed ``|F(h) - h|^2 / 2``; Newton's method goes on from there, and from the
    start itself, by short steps. Between the stable ones, in the mean of any few of them, it looks for more: there
    saddles lie. What then moves by more than the tolerance is no fixed point, however slow. The same point found twice
    counts once. A search from starts may miss some.

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
    rounds = [_rested(system, slow, x, tolerance), _rested(system, begun, x, tolerance)]
    lost = np.setdiff1d(np.arange(len(begun)), np.concatenate([rows for _, rows in rounds]))
    rounds.append(_far(system, slow[lost], x, tolerance, lost))
    points, owners = merged(np.concatenate([states for states, _ in rounds]))
    came = np.concatenate([rows for _, rows in rounds])
    found = np.array([len(np.unique(came[owners == point])) for point in range(len(points))], int)
    between, _ = _rested(system, _means(system, points, x), x, tolerance)
    points, _ = merged(np.concatenate([points, between]))
    found = np.concatenate([found, np.zeros(len(points) - len(found), int)])
    return _judged(system, points, found, x, starts=len(begun), lost=len(begun) - len(np.unique(came)))


def _rested(
    system: System, begun: Float[np.ndarray, "start state"], x: Float[np.ndarray, " feature"], tolerance: float
) -> tuple[Float[np.ndarray, "found state"], Int[np.ndarray, " found"]]:
    """Where Newton's method came to rest, and from which of the starts."""
    if not len(begun):
        return begun, np.zeros(0, int)
    states, rests = newton(system, begun, x, tolerance)
    rows = np.flatnonzero(rests & (np.abs(states) < RUNAWAY).all(axis=1))
    return states[rows], rows


def _far(
    system: System, begun: np.ndarray, x: np.ndarray, tolerance: float, numbers: np.ndarray
) -> tuple[Float[np.ndarray, "found state"], Int[np.ndarray, " found"]]:
    """By steps of any length; but not where the Jacobian says that all nearby states rest as well."""
    if not len(begun):
        return begun, numbers
    states, rests = newton(system, begun, x, tolerance, longest=np.inf)
    rows = np.flatnonzero(rests & (np.abs(states) < RUNAWAY).all(axis=1))
    spectra = (
        [np.linalg.eigvals(J) for _, some in jacobians(system, states[rows], x) for J in some] if len(rows) else []
    )
    alone = rows[[bool((np.abs(own - 1) > MARGIN).all()) for own in spectra]]
    return states[alone], numbers[alone]


def _means(
    system: System, points: Float[np.ndarray, "point state"], x: Float[np.ndarray, " feature"]
) -> Float[np.ndarray, "mean state"]:
    """Of all sets of stable points, the small sets first: pairs, threes, ..., so far as a limit allows."""
    spectra = [np.linalg.eigvals(J) for _, some in jacobians(system, points, x) for J in some] if len(points) else []
    stable = points[[stability(own) == "stable" for own in spectra]]
    sets = (chosen for size in range(2, len(stable) + 1) for chosen in combinations(range(len(stable)), size))
    made = [stable[list(chosen)].mean(axis=0) for chosen in islice(sets, _MOST_MEANS)]
    return np.array(made).reshape(-1, system.size)


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
) -> tuple[Float[np.ndarray, "different state"], Int[np.ndarray, " point"]]:
    """The states that differ by more than the radius, relative to their size, and which of them each is."""
    kept = np.empty_like(states)
    owners, count = np.zeros(len(states), int), 0
    for row, state in enumerate(states):
        near = np.abs(kept[:count] - state).max(axis=1) <= radius * max(1.0, float(np.abs(state).max()))
        if near.any():
            owners[row] = int(np.argmax(near))
        else:
            kept[count], owners[row], count = state, count, count + 1
    return kept[:count], owners


def _held(system: System, inputs: Any) -> Float[np.ndarray, " feature"]:
    _, x = steps_of(system, 1, inputs)
    if x.ndim != 1:
        raise InputError(f"a fixed point is one of a held input: one row of {system.features} numbers is needed.")
    return x


def _judged(
    system: System, points: np.ndarray, found: np.ndarray, x: np.ndarray, *, starts: int, lost: int
) -> FixedPoints:
    eigenvalues = np.zeros(points.shape, complex)
    for rows, J in jacobians(system, points, x) if len(points) else ():
        own = np.linalg.eigvals(J)
        eigenvalues[rows] = np.take_along_axis(own, np.argsort(-np.abs(own), axis=1), axis=1)
    kinds = [KINDS.index(stability(own)) for own in eigenvalues]
    order = np.array(sorted(range(len(points)), key=lambda i: (kinds[i], -found[i])), int)
    speeds = distances(system, points, x) if len(points) else np.zeros(0)
    return FixedPoints(points[order], speeds[order], eigenvalues[order], found[order], starts, lost)


@compiled
def _aged(system: System, states: Array, ages: Array, x: Array) -> Array:
    def onward(h: Array, age: Array) -> Array:
        def step(h: Array, number: Array) -> tuple[Array, None]:
            return jnp.where(number < age, system.advance(h, x), h), None

        return jax.lax.scan(step, h, jnp.arange(_LONGEST_RUN))[0]

    return jax.vmap(onward)(jnp.asarray(states), ages)
