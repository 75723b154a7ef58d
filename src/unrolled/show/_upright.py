"""One place of the x axis that is marked and said in words, above everything drawn."""

from __future__ import annotations

import math

from matplotlib.axes import Axes

from unrolled.show._letters import SMALLER, letter_size, text_width
from unrolled.show._style import GREY

__all__ = ["draw_zero", "mark_place", "room_above"]

_MOST_ROOM = 0.4
_LINES = 1.4  # heights of a letter that a line of text takes


def mark_place(axes: Axes, place: float, text: str) -> None:
    """A dotted upright line, and its meaning at its top, on the side that has more room; limits must be set before."""
    left, right = axes.get_xlim()
    if not left <= place <= right:
        return
    axes.axvline(place, color=GREY, ls=":", lw=1.0, zorder=1)
    size, at = SMALLER * letter_size(axes), (place - left) / (right - left)
    width, _ = _points(axes)
    wide = text_width(text, size) / width
    before = at > 0.5
    gap = 3.0 / width
    axes.text(
        max(at - gap, wide) if before else min(at + gap, 1 - wide), 1.0 - 0.01, text,
        ha="right" if before else "left", va="top", transform=axes.transAxes, fontsize=size, color="0.25",
        parse_math=False,
    )  # fmt: skip


def room_above(axes: Axes) -> None:
    """Make the y axis higher by a line of text, so that words at the top cover nothing."""
    share = min(_LINES * SMALLER * letter_size(axes) / _points(axes)[1], _MOST_ROOM)
    bottom, top = axes.get_ylim()
    if axes.get_yscale() == "log":
        axes.set_ylim(bottom, 10 ** (math.log10(bottom) + math.log10(top / bottom) / (1 - share)))
    else:
        axes.set_ylim(bottom, bottom + (top - bottom) / (1 - share))


def draw_zero(axes: Axes) -> None:
    """A thin line at zero."""
    axes.axhline(0.0, color="0.35", lw=0.6, zorder=0.5)


def _points(axes: Axes) -> tuple[float, float]:
    """Width and height of the axes in points, before the layout moves them a little."""
    sheet = axes.get_figure(root=True)
    dpi = sheet.dpi if sheet else 72.0
    return axes.bbox.width / dpi * 72, axes.bbox.height / dpi * 72
