"""What part of the y axis is seen: nothing that is far off may squeeze the rest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes

__all__ = ["drawable", "in_view", "keep_in_view", "widened"]

_LARGEST = 1e300
_DOUBTFUL = 3.0  # heights of what is trusted: as far as values that are not may stretch the axis


def drawable(values: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """The values with a gap where they are beyond what matplotlib can place without overflow."""
    return np.where(np.abs(values) <= _LARGEST, values, np.nan)


def in_view(
    seen: Sequence[Float[np.ndarray, " _"]], doubtful: Sequence[Float[np.ndarray, " _"]] = ()
) -> tuple[float, float]:
    """From the lowest to the highest value: of all that must be seen, and of what is doubtful three heights beyond."""
    low, high = _ends(seen)
    room = _DOUBTFUL * _height(low, high)
    lowest, highest = _ends([*seen, *doubtful])
    return max(lowest, low - room), min(highest, high + room)


def widened(view: tuple[float, float], heights: float) -> tuple[float, float]:
    """So many times its height beyond what must be seen, on either side."""
    room = heights * _height(*view)
    return view[0] - room, view[1] + room


def keep_in_view(axes: Axes, view: tuple[float, float]) -> None:
    """Let no stray member and no wide bounds squeeze the rest: the y axis goes at most one height beyond the view."""
    (bottom, top), (lowest, highest) = axes.get_ylim(), widened(view, 1.0)
    axes.set_ylim(max(bottom, lowest), min(top, highest))


def _ends(parts: Sequence[Float[np.ndarray, " _"]]) -> tuple[float, float]:
    values = np.concatenate([np.asarray(part, np.float64) for part in parts])
    values = values[np.abs(values) <= _LARGEST]
    return (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)


def _height(low: float, high: float) -> float:
    """What counts as the height of the view: of a constant its size."""
    return high - low or abs(high) or 1.0
