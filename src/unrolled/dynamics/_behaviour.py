"""What a system does when it is left to itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from unrolled.arguments import require_whole
from unrolled.dynamics._lyapunov import lyapunov, state_jacobian
from unrolled.dynamics._lyapunov_spectrum import LyapunovSpectrum
from unrolled.dynamics._periodic_orbits import Repeated
from unrolled.dynamics._power_spectrum import PowerSpectrum, power_spectrum
from unrolled.dynamics._recurrence import period_of, rests, turn_of
from unrolled.dynamics._rest import newton
from unrolled.dynamics._stability import stability
from unrolled.dynamics._system import Flow, System, require_system
from unrolled.dynamics._trajectory import MOST_STEPS, RUNAWAY, checked_start, run, steps_of, wandered_off
from unrolled.dynamics._zero_one import zero_one_test
from unrolled.errors import InputError

__all__ = ["BEHAVIOURS", "Behaviour", "behaviour"]

BEHAVIOURS = ("point attractor", "limit cycle", "quasi-periodic", "chaotic", "diverging")
_EXPONENTS = 3
_WINDOW, _LEAST_WINDOW, _WINDOW_NUMBERS = 16_384, 1_024, 4_000_000
_STEPS, _LEAST_STEPS, _STEPS_NUMBERS = 200_000, 20_000, 20_000_000
_FIRST_AVERAGE, _LONGER, _TIMES_LONGER = 10_000, 4, 3
# An exponent is told from zero where it is so many errors away, and at least this for each step.
_ERRORS, _LEAST_RATE = 5.0, 1e-6
_TEST_POINTS = 5_000
_CHAOTIC_K, _REGULAR_K = 0.8, 0.2
# Steps, and distances, that become shorter do so by this from the first to the last quarter; what grows does by that.
_SHORTER, _GROWN = 0.99, 0.02


@dataclass(frozen=True, eq=False)
class Behaviour:
    """What a system does in the long run, and how that is known.

    Attributes
    ----------
    verdict
        One of ``point attractor``, ``limit cycle``, ``quasi-periodic``, ``chaotic``, ``diverging``.
    certain
        Whether all evidence says so.
    period
        Of a cycle, in units of time; of quasi-periodic motion the time of a turn at its strongest frequency.
    spectrum
        The largest exponents, three at most; ``None`` where it diverges.
    power
        The power spectrum of what is observed; ``None`` at rest and where it diverges.
    zero_one
        K of the 0-1 test, where recurrence did not decide.
    state
        The last state that was reached.
    steps
        How long it was followed.
    evidence
        Sentences.
    """

    verdict: str
    certain: bool
    period: float | None
    spectrum: LyapunovSpectrum | None
    power: PowerSpectrum | None
    zero_one: float | None
    state: Float[np.ndarray, " state"]
    steps: int
    evidence: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.verdict}{'' if self.certain else ' (not certain)'}: {' '.join(self.evidence)}"


def behaviour(
    system: System, *, inputs: Any = None, start: Any = None, steps: int | None = None, seed: int = 0
) -> Behaviour:
    """Follow a system from one state, and say what becomes of it.

    A state that no longer moves is a point attractor; one that comes back after a whole number of steps, to 1e-8 of its
    range, lies on a limit cycle. What does neither is told by the largest exponent, and the 0-1 test beside it: chaotic
    where it is positive, quasi-periodic where it is zero. Of a flow, which moves along itself with exponent zero, one
    such exponent is a limit cycle and two are quasi-periodic. Other starts may end elsewhere.

    Parameters
    ----------
    system
        A network, a map or a flow.
    inputs
        One row that is held; zeros if left out.
    start
        The state to begin in; the system's first one of this seed if left out.
    steps
        How long it is followed before it is judged; from 20,000 (large systems) to 200,000 if left out.
    seed
        Decides a random start.

    Raises
    ------
    InputError
        An argument out of range.

    Examples
    --------
    >>> from unrolled.dynamics import behaviour, logistic_map
    >>> [behaviour(logistic_map(r), steps=20_000).verdict for r in (2.8, 3.5, 3.9)]
    ['point attractor', 'limit cycle', 'chaotic']
    >>> behaviour(logistic_map(3.5), steps=20_000).period
    4.0
    """
    require_system(system)
    _, x = steps_of(system, 1, inputs)
    if x.ndim != 1:
        raise InputError("behaviour is judged under an input that is held: one row of numbers.")
    fitting = int(np.clip(_STEPS_NUMBERS // system.size, _LEAST_STEPS, _STEPS))
    steps = require_whole("steps", fitting if steps is None else steps, 1, MOST_STEPS)
    h = checked_start(system, start, seed)
    settled = _followed(system, h, x, steps)
    return settled if isinstance(settled, Behaviour) else _judged(system, settled, x, steps)


def _followed(system: System, h: np.ndarray, x: np.ndarray, steps: int) -> Behaviour | np.ndarray:
    """What it came to, if it diverged, rests or repeats itself; else the last states."""
    window = int(np.clip(_WINDOW_NUMBERS // system.size, _LEAST_WINDOW, _WINDOW))
    done, states = 0, h[None]
    while done < steps:
        states = run(system, states[-1], x, window)
        done += window
        if wandered_off(states):
            return _diverged(states, done - window)
        if rests(states):
            return _rested(system, states, x, done)
        if (period := period_of(states)) is not None:
            return _repeated(system, x, *_least_period(system, states, x, period), done)
    return states


def _least_period(
    system: System, states: np.ndarray, x: np.ndarray, period: int
) -> tuple[int, Float[np.ndarray, "time state"]]:
    """A cycle that is still being approached from either side in turn comes back after two turns first: run on."""
    for _ in range(_TIMES_LONGER):
        further = run(system, states[-1], x, len(states))
        shorter = period_of(further)
        if shorter is None:
            break
        states, period = further, shorter
    return period, states


def _diverged(states: np.ndarray, before: int) -> Behaviour:
    first = int(np.argmin((np.abs(states) < RUNAWAY).all(axis=1)))
    count = before + first + 1
    said = f"its state is beyond {RUNAWAY:g} after {count:,} step{'s' * (count > 1)}."
    return Behaviour("diverging", True, None, None, None, None, states[max(first - 1, 0)], count, (said,))


def _rested(system: System, states: np.ndarray, x: np.ndarray, done: int) -> Behaviour:
    spectrum = _leading(system, states[-1], x, 1_000)
    said = (
        f"after {done:,} steps nothing moves by more than 1e-10.",
        f"Differences fade as exp({spectrum.largest:.3g} t).",
    )
    attracts = spectrum.largest < 0
    if not attracts:
        said = (said[0], f"But small differences grow as exp({spectrum.largest:.3g} t): it is not stable.")
    return Behaviour("point attractor", attracts, None, spectrum, None, None, states[-1], done, said)


def _repeated(system: System, x: np.ndarray, period: int, states: np.ndarray, done: int) -> Behaviour:
    spectrum = _leading(system, states[-1], x, _FIRST_AVERAGE)
    said = f"after {done:,} steps every state comes back after {period} step{'s' * (period > 1)}, to 1e-8 of the range."
    power = power_spectrum(system.observed(states), spacing=system.spacing)
    certain = spectrum.largest <= max(_ERRORS * float(np.nan_to_num(spectrum.errors[0])), _LEAST_RATE / system.spacing)
    extra = () if certain else (f"But small differences grow as exp({spectrum.largest:.3g} t): it is not stable.",)
    place = period * system.spacing
    return Behaviour("limit cycle", certain, place, spectrum, power, None, states[-1], done, (said, *extra))


def _judged(system: System, states: np.ndarray, x: np.ndarray, done: int) -> Behaviour:
    """By exponents and the 0-1 test what neither rests nor repeats itself."""
    h = states[-1]
    spectrum, sign = _resolved(system, h, x)
    if sign >= 0 and _moves_away(states, spectrum.largest * system.spacing):
        low, high = (float(np.abs(part).max()) for part in np.array_split(states, 2))
        said = f"its state still grows after {done:,} steps: from {low:.4g} to {high:.4g} in the last {len(states):,}."
        return Behaviour("diverging", False, None, spectrum, None, None, h, done, (said,))
    if sign <= 0 and _comes_to_rest(system, states, x):
        said = f"it comes ever closer to a state that rests, and has not reached it in {done:,} steps."
        return Behaviour("point attractor", False, None, spectrum, None, None, h, done, (said,))
    power = power_spectrum(system.observed(states), spacing=system.spacing)
    K = zero_one_test(_thinned(states, power, system))
    turn = float(1 / power.dominant)
    said = [
        f"it neither rests nor repeats itself in {done:,} steps.",
        f"The largest exponent is {spectrum.largest:.3g} with an error of {spectrum.errors[0]:.1g}, "
        f"and K of the 0-1 test is {max(K, 0.0):.2f} (0: regular, 1: chaotic).",
    ]
    if sign > 0:
        certain = K > _REGULAR_K
        return Behaviour("chaotic", certain, None, spectrum, power, K, h, done, tuple(said))
    zeros = spectrum.zeros
    cycle = _is_flow(system) and zeros < 2
    if cycle and (steps := turn_of(states)) is not None:
        turn = steps * system.spacing
    if sign < 0:
        said.append("Differences fade, so that a cycle must come: longer than was looked for, or later.")
    verdict = "limit cycle" if cycle or sign < 0 else "quasi-periodic"
    if verdict == "quasi-periodic":
        shape = "a closed curve" if zeros < 2 else f"a closed curve or a torus of {zeros} dimensions at most"
        said.append(f"It goes round on {shape}, {turn:.4g} {_unit(system)} a turn.")
    certain = sign == 0 and K < _CHAOTIC_K
    return Behaviour(verdict, certain, turn, spectrum, power, K, h, done, tuple(said))


def _unit(system: System) -> str:
    return "steps" if system.spacing == 1 and not _is_flow(system) else "units of time"


def _is_flow(system: System) -> bool:
    return isinstance(system, Flow) or (isinstance(system, Repeated) and _is_flow(system.system))


def _moves_away(states: Float[np.ndarray, "time state"], rate: float) -> bool:
    """Whether it grows without an end in sight: some number of it always in one direction, or all as their differences.

    A bounded motion with that exponent, the rate, would stretch differences and not itself.
    """
    early, late = np.array_split(states, 2)
    apart = (late.min(axis=0) > early.max(axis=0)) & (early.max(axis=0) > 0)
    apart |= (late.max(axis=0) < early.min(axis=0)) & (early.min(axis=0) < 0)
    sizes = np.log([np.abs(part).max() for part in np.array_split(states, 4)])
    grown = float(sizes[-1] - sizes[0])
    return bool((np.diff(sizes) > 0).all() and (apart.any() or grown > max(_GROWN, 0.5 * rate * len(states))))


def _comes_to_rest(system: System, states: Float[np.ndarray, "time state"], x: np.ndarray) -> bool:
    """Whether steps become shorter, and a point that keeps what is near it lies where they lead, as slow as that is."""
    first, *_, last = np.array_split(states, 4)
    lengths = [float(np.abs(np.diff(part, axis=0)).max()) for part in (first, last)]
    if not lengths[1] < _SHORTER * lengths[0]:
        return False
    [point], [found] = newton(system, states[-1:], x, 1e-10)
    distances = [float(np.abs(part - point).max()) for part in (first, last)]
    if not (found and distances[1] < _SHORTER * distances[0]):
        return False
    return stability(np.linalg.eigvals(state_jacobian(system, point, x))) in ("stable", "marginal")


def _resolved(system: System, h: np.ndarray, x: np.ndarray) -> tuple[LyapunovSpectrum, int]:
    """The largest exponents and the sign of the first, averaged for longer where that is not clear."""
    average = _FIRST_AVERAGE
    spectrum = _leading(system, h, x, average)
    for _ in range(_TIMES_LONGER):
        if _sign(spectrum, system) > 0 or _is_regular(spectrum, system):
            break
        average *= _LONGER
        spectrum = _leading(system, h, x, average)
    return spectrum, _sign(spectrum, system)


def _leading(system: System, h: np.ndarray, x: np.ndarray, steps: int) -> LyapunovSpectrum:
    count = min(_EXPONENTS, system.size)
    return lyapunov(system, steps, count=count, inputs=x, start=h, washout=min(1_000, steps))


def _sign(spectrum: LyapunovSpectrum, system: System) -> int:
    value, error = spectrum.largest, float(np.nan_to_num(spectrum.errors[0]))
    near = max(_ERRORS * error, _LEAST_RATE / system.spacing)
    return 0 if abs(value) <= near else int(np.sign(value))


def _is_regular(spectrum: LyapunovSpectrum, system: System) -> bool:
    """Whether the largest exponent may be zero, and is known well enough to say that it is."""
    return _sign(spectrum, system) == 0 and float(np.nan_to_num(spectrum.errors[0])) < 1e-5 / system.spacing


def _thinned(states: np.ndarray, power: PowerSpectrum, system: System) -> Float[np.ndarray, " time"]:
    """One number of the motion, about four times a turn where that leaves enough of them."""
    direction = np.random.default_rng(0).normal(size=states.shape[1])
    turn = np.nan_to_num(1 / (4 * power.dominant * system.spacing), nan=1.0)  # what is observed may rest
    every = int(np.clip(turn, 1, max(1, len(states) // 1_000)))
    return (states @ direction)[::every][-_TEST_POINTS:]
