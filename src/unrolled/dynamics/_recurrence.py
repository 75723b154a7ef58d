"""Whether a trajectory has come back to where it was."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

__all__ = ["extent", "period_of", "rests", "turn_of"]

_SAME = 1e-8
_MOST_TRIED = 20


def extent(states: Float[np.ndarray, "time state"]) -> float:
    """How far the numbers of the states range: the largest range of any."""
    return float(np.ptp(states, axis=0).max())


def rests(states: Float[np.ndarray, "time state"]) -> bool:
    """Whether nothing moves any more in the last half, to 1e-10 of the size of the state."""
    late = states[len(states) // 2 :]
    return extent(late) <= 1e-10 * max(1.0, float(np.abs(late).max()))


def period_of(states: Float[np.ndarray, "time state"]) -> int | None:
    """The least number of steps after which every state of the last half comes back, to 1e-8 of the range.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.dynamics._recurrence import period_of
    >>> period_of(np.tile([[0.0], [1.0], [0.5]], (20, 1)))
    3
    """
    half = len(states) // 2
    allowed = _SAME * extent(states[half:])
    back = np.abs(states[half - 1 : -1] - states[-1]).max(axis=1)[::-1]  # one step ago first
    for steps in (np.flatnonzero(back <= allowed)[:_MOST_TRIED] + 1).tolist():
        late = states[half:]
        if np.abs(late - states[half - steps : -steps]).max() <= allowed:
            return steps
    return None


def turn_of(states: Float[np.ndarray, "time state"]) -> float | None:
    """How many steps a turn on a closed curve takes, whole or not, from all times that the last state was passed.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.dynamics._recurrence import turn_of
    >>> angle = 2 * np.pi * np.arange(1000) / 12.3
    >>> round(turn_of(np.stack([np.cos(angle), np.sin(angle)], axis=1)), 3)
    12.3
    """
    squares = ((states[:-1] - states[-1]) ** 2).sum(axis=1)[::-1]  # one step ago first
    moves = np.diff(states, axis=0)[::-1]
    lengths = (moves**2).sum(axis=1)
    left, here, right = squares[:-2], squares[1:-1], squares[2:]
    near = (here < left) & (here <= right) & (here <= np.minimum(lengths[1:-1], lengths[0]))
    passed = np.flatnonzero(near & (moves[1:-1] @ moves[0] > 0)) + 1  # in the same direction
    if not passed.size:
        return None
    k = int(passed[-1])
    left, here, right = squares[k - 1 : k + 2]
    return float((k + 1 + 0.5 * (left - right) / (left - 2 * here + right)) / len(passed))
