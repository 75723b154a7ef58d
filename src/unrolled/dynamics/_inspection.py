"""Everything that is asked of a network when it is opened."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from unrolled.arguments import require_whole
from unrolled.dynamics._behaviour import Behaviour, behaviour
from unrolled.dynamics._fixed_points import FixedPoints, fixed_points
from unrolled.dynamics._lyapunov import lyapunov
from unrolled.dynamics._lyapunov_spectrum import LyapunovSpectrum
from unrolled.dynamics._memory import Memory, effective_memory
from unrolled.dynamics._state_gradient import gradient_flow
from unrolled.dynamics._system import System, require_system
from unrolled.dynamics._trajectory import MOST_STEPS, RUNAWAY, run, steps_of
from unrolled.errors import InputError
from unrolled.networks import GradientFlow, Network

__all__ = ["Inspection", "inspect_system"]

_MOST_RUNS = 1_000
# All exponents of a system of so many states, as many as this of a larger one.
_WHOLE, _LEADING = 100, 10
_STEPS = 10_000
_MOTION = 2_000
# The way to it, of every start; of many starts of large systems fewer steps.
_APPROACH, _LEAST_APPROACH, _APPROACH_NUMBERS = 200, 10, 20_000_000
# States are asked for so many at a time, as the gradient does: one program is compiled for all.
_PIECE = 64
# Newton's method on so many starts of so many states takes seconds.
_STARTS, _LEAST_STARTS, _STARTS_NUMBERS = 256, 8, 4_000_000
_LAGS, _LEAST_LAGS, _LAGS_NUMBERS = 50, 10, 20_000_000
_MOST_MEMORY = 500


@dataclass(frozen=True, eq=False)
class Inspection:
    """What a network does.

    Attributes
    ----------
    system
        What was looked at.
    inputs
        The input that was held, ``(feature,)``.
    behaviours
        What became of each start; the first is the one that the rest is about.
    states
        The motion that it came to, ``(time, state)``; of a diverging one its last state.
    approaches
        How every start began, ``(run, step, state)``: itself and the first 200 steps (fewer of many starts of a large
        system), NaN from where it runs off.
    spectrum
        Lyapunov exponents of that motion; ``None`` where it diverges.
    points
        Fixed points under the input that was held.
    gradient
        dh_T/dh_t along that motion; ``None`` where it diverges.
    memory
        How far back inputs can be read; ``None`` of a network without inputs, one of very many states or
        one that random inputs drive to infinity.
    """

    system: System
    inputs: Float[np.ndarray, " feature"]
    behaviours: tuple[Behaviour, ...]
    states: Float[np.ndarray, "time state"]
    approaches: Float[np.ndarray, "run step state"]
    spectrum: LyapunovSpectrum | None
    points: FixedPoints
    gradient: GradientFlow | None
    memory: Memory | None

    @property
    def behaviour(self) -> Behaviour:
        """What became of the first start."""
        return self.behaviours[0]

    @property
    def course(self) -> Float[np.ndarray, "time state"]:
        """What there is to see, from step 1 on: the motion, or of one that rests or diverges how it began."""
        if self.behaviour.verdict not in ("point attractor", "diverging"):
            return self.states
        began = self.approaches[0, 1:]
        return began[np.isfinite(began).all(axis=1)]

    @property
    def counts(self) -> dict[str, int]:
        """How many starts came to each behaviour."""
        return dict(Counter(one.verdict for one in self.behaviours))


def inspect_system(
    system: System,
    network: Network | None = None,
    *,
    inputs: Any = None,
    runs: int = 3,
    steps: int = _STEPS,
    exponents: int | None = None,
    seed: int = 0,
) -> Inspection:
    """Look at a network from all sides: behaviour, exponents, fixed points, gradient, memory.

    Parameters
    ----------
    system
        The network as a system.
    network
        The network itself, for its memory.
    inputs
        The input that is held, ``(feature,)``; zeros if left out.
    runs
        From how many starts the behaviour is judged: networks may have several.
    steps
        Over how many steps the exponents are averaged.
    exponents
        How many; all of them up to 100 states if left out, and 10 of more.
    seed
        Decides the starts.

    Raises
    ------
    InputError
        An argument out of range.

    Examples
    --------
    >>> from unrolled.dynamics import DrivenNetwork, inspect_system
    >>> from unrolled.networks import random_network
    >>> network = random_network(10, 0.5)
    >>> seen = inspect_system(DrivenNetwork(network), network, runs=1)
    >>> seen.behaviour.verdict, seen.points.counts["stable"]
    ('point attractor', 1)
    """
    require_system(system)
    require_whole("runs", runs, 1, _MOST_RUNS)
    require_whole("steps", steps, 1, MOST_STEPS)
    usual = system.size if system.size <= _WHOLE else _LEADING
    count = require_whole("exponents", usual if exponents is None else exponents, 1, system.size)
    _, x = steps_of(system, 1, inputs)
    starts = system.starts(runs, np.random.default_rng(seed))
    found = tuple(behaviour(system, inputs=inputs, start=start, seed=seed) for start in starts)
    approaches = _approaches(system, starts, x)
    points, memory = _points(system, x, seed), _memory(network, seed)
    first, told = found[0], {"inputs": inputs, "seed": seed}
    if first.verdict == "diverging":
        return Inspection(system, x, found, first.state[None], approaches, None, points, None, memory)
    spectrum = lyapunov(system, steps, count=count, start=first.state, **told)
    states = _onward(system, first.state, x, _MOTION)
    lags = int(np.clip(_LAGS_NUMBERS // system.size**2, _LEAST_LAGS, _LAGS))
    gradient = gradient_flow(system, lags, start=first.state, washout=0, **told)
    return Inspection(system, x, found, states, approaches, spectrum, points, gradient, memory)


def _approaches(
    system: System, starts: Float[np.ndarray, "run state"], x: Float[np.ndarray, " feature"]
) -> Float[np.ndarray, "run step state"]:
    """Every start and its first steps; NaN from where it runs off."""
    steps = int(np.clip(_APPROACH_NUMBERS // starts.size, _LEAST_APPROACH, _APPROACH))
    states = np.stack([np.concatenate([start[None], _onward(system, start, x, steps)]) for start in starts])
    lost = np.logical_or.accumulate(~(np.abs(states) < RUNAWAY).all(axis=2), axis=1)
    return np.where(lost[..., None], np.nan, states)


def _onward(
    system: System, h: Float[np.ndarray, " state"], x: Float[np.ndarray, " feature"], steps: int
) -> Float[np.ndarray, "steps state"]:
    parts = []
    for _ in range(-(-steps // _PIECE)):
        parts.append(run(system, h, x, _PIECE))
        h = parts[-1][-1]
    return np.concatenate(parts)[:steps]


def _points(system: System, x: Float[np.ndarray, " feature"], seed: int) -> FixedPoints:
    """Those that are found; none, where every start runs off."""
    size, starts = system.size, int(np.clip(_STARTS_NUMBERS // system.size**2, _LEAST_STARTS, _STARTS))
    try:
        return fixed_points(system, inputs=x, starts=starts, seed=seed)
    except InputError:
        none = np.zeros(0)
        return FixedPoints(np.zeros((0, size)), none, np.zeros((0, size), complex), none.astype(int), starts, starts)


def _memory(network: Network | None, seed: int) -> Memory | None:
    if network is None or not network.recurrent or not _remembers(network):
        return None
    try:
        return effective_memory(network, seed=seed)
    except InputError:  # it runs off where it is driven
        return None


def _remembers(network: Network) -> bool:
    """Whether its memory can be measured: inputs, a step from state to state, and not too many states."""
    if network.encoder or not network.features or any(layer.bidirectional for layer in network.layers):
        return False
    return sum(layer.units for layer in network.layers if layer.recurrent) <= _MOST_MEMORY
