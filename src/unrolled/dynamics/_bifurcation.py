"""How behaviour changes with a parameter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from unrolled.arguments import require_array, require_flag, require_whole
from unrolled.dynamics._lyapunov import lyapunov
from unrolled.dynamics._system import System, require_system
from unrolled.dynamics._trajectory import MOST_STEPS, checked_start, run, steps_of, wandered_off
from unrolled.errors import InputError

__all__ = ["Bifurcation", "bifurcation"]

_MOST_VALUES = 100_000
_MOST_NUMBERS = 100_000_000
_ASIDE = 1e-6


@dataclass(frozen=True, eq=False)
class Bifurcation:
    """Where a system is in the long run, parameter by parameter.

    Attributes
    ----------
    parameters
        The values.
    points
        What is observed after the washout, ``(parameter, time)``; NaN where the system runs off.
    exponents
        The largest Lyapunov exponent at each; NaN where the system runs off.
    """

    parameters: Float[np.ndarray, " parameter"]
    points: Float[np.ndarray, "parameter time"]
    exponents: Float[np.ndarray, " parameter"]


def bifurcation(
    make: Callable[[float], System],
    parameters: Any,
    *,
    inputs: Any = None,
    output: int = 0,
    kept: int = 200,
    washout: int = 1_000,
    follow: bool = True,
    seed: int = 0,
) -> Bifurcation:
    """Run a system at many values of a parameter, and keep what it does after a washout.

    Parameters
    ----------
    make
        From a value to the system. Systems that differ in numbers alone share a compiled program.
    parameters
        The values, in the order in which they are visited.
    inputs
        One row that is held; zeros if left out.
    output
        Which of the observed numbers is kept.
    kept, washout
        How many steps are kept, and how many go before.
    follow
        Whether each run begins where the last one ended (a millionth of the way towards the start of the system), so
        that an attractor is followed; otherwise each begins anew.
    seed
        Decides random starts.

    Raises
    ------
    InputError
        An argument out of range.

    Examples
    --------
    >>> from unrolled.dynamics import bifurcation, logistic_map
    >>> diagram = bifurcation(logistic_map, [2.8, 3.2, 3.5], kept=64)
    >>> [len(set(row.round(4).tolist())) for row in diagram.points]  # one, two, four points
    [1, 2, 4]
    """
    values = np.asarray(require_array("parameters", parameters, "parameter"), np.float64)
    require_whole("parameters", len(values), 1, _MOST_VALUES)
    kept, washout = require_whole("kept", kept, 1, MOST_STEPS), require_whole("washout", washout, 0, MOST_STEPS)
    require_flag("follow", follow)
    if len(values) * kept > _MOST_NUMBERS:
        raise InputError(f"{len(values):,} times {kept:,} points are more than {_MOST_NUMBERS:,}; keep fewer.")
    points, exponents = np.full((len(values), kept), np.nan), np.full(len(values), np.nan)
    h: Any = None
    for row, value in enumerate(values.tolist()):
        system = make(value)
        require_system(system)
        x = _held(system, inputs)
        begin = checked_start(system, None, seed)
        states = run(system, begin if h is None else _beside(h, begin), x, washout + kept)
        h = None
        if wandered_off(states):
            continue
        points[row] = _column(system, states[washout:], output)
        exponents[row] = _exponent(system, states[-1], x, kept + washout)
        h = states[-1] if follow else None
    return Bifurcation(values, points, exponents)


def _held(system: System, inputs: Any) -> Float[np.ndarray, " feature"]:
    _, x = steps_of(system, 1, inputs)
    if x.ndim != 1:
        raise InputError(f"inputs are held while a parameter changes: one row of {system.features} numbers is needed.")
    return x


def _beside(h: Float[np.ndarray, " state"], begin: Float[np.ndarray, " begun"]) -> Float[np.ndarray, " state"]:
    """A little aside, towards where it would begin anew: what attracts is followed, what no longer does is left."""
    if len(h) != len(begin):
        raise InputError(f"systems of {len(h)} and of {len(begin)} states: give follow=False.")
    return h + _ASIDE * (begin - h)


def _column(system: System, states: Float[np.ndarray, "time state"], output: int) -> Float[np.ndarray, " time"]:
    seen = system.observed(states)
    return seen[:, require_whole("output", output, 0, seen.shape[1] - 1)]


def _exponent(system: System, h: np.ndarray, x: np.ndarray, steps: int) -> float:
    try:
        return lyapunov(system, steps, count=1, inputs=x, start=h, washout=min(steps, 100)).largest
    except InputError:  # it runs off later
        return np.nan
