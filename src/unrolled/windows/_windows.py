"""Windows: what a network is shown, and what it should say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Float, Int

from unrolled.arguments import require_whole
from unrolled.errors import InputError, nearest_name

__all__ = ["LAGS_AS", "LagsAs", "Windows", "check_length", "pairs", "shape_lags", "windows"]

#: How the lags of a window are shown to a network.
LagsAs = Literal["time", "features"]
#: The names of the ways to show lags.
LAGS_AS = ("time", "features")
_LONGEST = 1_000_000_000


@dataclass(frozen=True, eq=False)
class Windows:
    """Pairs of what is known and what comes next.

    Attributes
    ----------
    inputs
        Shape ``(window, time, feature)``.
    targets
        The value after each window, shape ``(window, feature)``.
    rows
        Which row of the series each target is, counted from 0; rows past the end belong to padding.
    """

    inputs: Float[np.ndarray, "window time feature"]
    targets: Float[np.ndarray, "window output"]
    rows: Int[np.ndarray, " window"]

    def __len__(self) -> int:
        return len(self.targets)


def windows(values: Any, length: int, *, lags_as: str = "time", pad: bool = False) -> Windows:
    """Cut a series into pairs ``((y_1, ..., y_L), y_{L+1})``.

    Parameters
    ----------
    values
        The series, shape ``(time,)`` or ``(time, feature)``.
    length
        L, from 1 to one less than the number of points.
    lags_as
        ``"time"``: every lag is a step in time, inputs ``(window, L, feature)``. ``"features"``: all lags are
        features of one step, inputs ``(window, 1, L * feature)``, the oldest lag first.
    pad
        Repeat the last value L times first, so that there are as many windows as points, as the lecture's noisy sine
        does. The last L targets are then repetitions, not data.

    Returns
    -------
    Windows
        One window a row that has L rows before it.

    Raises
    ------
    InputError
        L is too long for the series; the message says the longest possible.

    Examples
    --------
    >>> from unrolled.windows import windows
    >>> made = windows([1.0, 2.0, 3.0, 4.0], 2)
    >>> made.inputs[:, :, 0].tolist(), made.targets[:, 0].tolist()
    ([[1.0, 2.0], [2.0, 3.0]], [3.0, 4.0])
    """
    matrix = np.asarray(values, np.float64)
    matrix = matrix[:, None] if matrix.ndim == 1 else matrix
    if matrix.ndim != 2:
        raise InputError(f"values must have shape (time,) or (time, feature); came {matrix.shape}.")
    check_length(length, len(matrix))
    if pad:
        matrix = np.concatenate([matrix, np.repeat(matrix[-1:], length, axis=0)])
    cut = np.lib.stride_tricks.sliding_window_view(matrix, length, axis=0)[:-1]
    inputs = np.ascontiguousarray(np.swapaxes(cut, 1, 2))
    rows = np.arange(length, len(matrix))
    return Windows(shape_lags(inputs, lags_as), matrix[length:], rows)


def pairs(x: Any, values: Any) -> Windows:
    """The ordinary way: y learned from x, sequences of length 1.

    Parameters
    ----------
    x
        Where each value stands, shape ``(time,)``; it need not be evenly spaced.
    values
        Shape ``(time, feature)``.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.windows import pairs
    >>> pairs([2.0, 4.0], np.array([[1.0], [3.0]])).inputs.shape
    (2, 1, 1)
    """
    places = np.asarray(x, np.float64)
    return Windows(places[:, None, None], np.asarray(values, np.float64), np.arange(len(places)))


def shape_lags(inputs: Float[np.ndarray, "window lag feature"], lags_as: str) -> Float[np.ndarray, "window time inp"]:
    """Windows with their lags as steps in time or as features of one step."""
    if lags_as not in LAGS_AS:
        raise nearest_name("way to show the lags (lags_as)", lags_as, LAGS_AS)
    return inputs if lags_as == "time" else inputs.reshape(len(inputs), 1, -1)


def check_length(length: int, points: int) -> None:
    """Raise an :class:`InputError` unless windows of that length have a target in a series of that many points."""
    require_whole("window", length, 1, _LONGEST)
    if length >= points:
        longest = f"the longest possible is {points - 1}" if points > 1 else "two points are the least"
        raise InputError(f"window {length} is too long for {points} known point{'s' * (points != 1)}: {longest}.")
