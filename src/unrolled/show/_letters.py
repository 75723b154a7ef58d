"""Sizes of letters: every text of a figure follows the size of its axis names."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.axis import Axis, XAxis

__all__ = ["SMALLER", "letter_size", "letters_along", "shortened", "text_width"]

SMALLER = 0.875  # of the legend and of remarks, beside the names of the axes
_WIDTH = 0.57  # of a letter in the mean, in units of the font's size


def letter_size(axes: Axes) -> float:
    """The size of the names of the axes, in points."""
    return float(axes.xaxis.label.get_fontsize())


def letters_along(axis: Axis) -> int:
    """About how many letters of a name fit along the axis, 8 at the least."""
    sheet = axis.axes.get_figure(root=True)
    box = axis.axes.bbox
    length = box.width if isinstance(axis, XAxis) else box.height
    points = length / (sheet.dpi if sheet else 72.0) * 72.0
    return max(8, int(points / (_WIDTH * letter_size(axis.axes))))


def text_width(text: str, size: float) -> float:
    """About how wide a line of text is, in points."""
    return _WIDTH * size * len(text)


def shortened(name: str, most: int = 48) -> str:
    """A name without line breaks, cut where it is longer than ``most`` letters."""
    name = " ".join(name.split())
    return name if len(name) <= most else f"{name[: most - 1]}…"
