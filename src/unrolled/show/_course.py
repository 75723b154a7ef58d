"""How a motion is shown: as dots or as a line, and what part of it is seen."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.ticker import MaxNLocator

from unrolled.errors import InputError
from unrolled.show._view import drawable

__all__ = ["drawn_states", "jumps", "range_of", "round_ticks"]

# Where the step turns by more than half of its length from one to the next, a line from state to state shows nothing.
_TURN = 0.5
_BULK = (5.0, 95.0)
_OPEN, _BEYOND = 0.06, 3.0
_MOST_DRAWN = 20_000
_LARGEST = 1e150  # what has a square


def jumps(states: Float[np.ndarray, "time output"]) -> bool:
    """Whether a motion jumps from step to step, as maps do; one at rest does not.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.show._course import jumps
    >>> slow, quick = np.arange(100)[:, None] * 0.1, np.arange(100)[:, None] * 2.0
    >>> jumps(np.sin(slow)), jumps(np.sin(quick))
    (False, True)
    """
    known = states[(np.abs(states) <= _LARGEST).all(axis=1)]
    if len(known) < 3:
        return False
    step = np.diff(known, axis=0)
    sizes, turns = np.linalg.norm(step, axis=1), np.linalg.norm(np.diff(step, axis=0), axis=1)
    extent = float(np.ptp(known, axis=0).max())
    moving = sizes[1:] > 1e-9 * extent
    return bool(moving.any() and np.median(turns[moving]) > _TURN * np.median(sizes[1:][moving]))


def range_of(*parts: Float[np.ndarray, " _"]) -> tuple[float, float]:
    """The ends of an axis: of the middle nine tenths of each part, and of what lies no more than three sizes beyond.

    A motion that runs off does not squeeze what it came from; one that comes to rest shows where it came from. The size
    is that of the numbers, and one at the least.
    """
    known = [part[np.isfinite(drawable(part))] for part in parts]
    known = [part for part in known if part.size]
    if not known:
        return -1.0, 1.0
    bulk, whole = np.concatenate([np.percentile(part, _BULK) for part in known]), np.concatenate(known)
    room = _BEYOND * max(1.0, float(np.ptp(bulk)), float(np.abs(bulk).max()))
    low = max(float(whole.min()), float(bulk.min()) - room)
    high = min(float(whole.max()), float(bulk.max()) + room)
    room = _OPEN * (high - low) if high - low > 1e-12 * max(abs(low), abs(high)) else 0.5 * (abs(high) or 1.0)
    return low - room, high + room


def drawn_states(states: Any, size: int) -> Float[np.ndarray, "time state"]:
    """The last 20,000 states, with gaps where they are not finite; those of a system of that size."""
    if states is None:
        return np.zeros((0, size))
    given = np.asarray(states, np.float64)
    if given.ndim != 2 or given.shape[1] != size:
        raise InputError(f"states must have shape (time, {size}), as the system has; came {given.shape}.")
    rows = drawable(given[-_MOST_DRAWN:])
    return np.where(np.isfinite(rows).all(axis=1, keepdims=True), rows, np.nan)


def round_ticks(count: int, *, integer: bool = False) -> MaxNLocator:
    """About so many ticks, at numbers that are read easily."""
    return MaxNLocator(count, steps=[1, 2, 5, 10], integer=integer, min_n_ticks=1)
