"""The legend: above the frame, where it can cover nothing."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.legend import Legend
from matplotlib.lines import Line2D

from unrolled.show._letters import SMALLER, letter_size

__all__ = ["legend_above"]

# It hangs on the right end of the axes and may reach left over the numbers of the y axis.
_WIDER = 1.18
_SMALLEST_MARK = 1.8


def legend_above(axes: Axes) -> int:
    """Explain what has a label, above the axes, in as few rows as the width allows; returns how many these are."""
    count = len(axes.get_legend_handles_labels()[0])
    for columns in range(count, 0, -1):
        legend = _legend(axes, columns)
        if columns == 1 or legend.get_window_extent().width <= _WIDER * axes.bbox.width:
            return -(-count // columns)
    return 0


def _legend(axes: Axes, columns: int) -> Legend:
    legend = axes.legend(
        loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=columns, fontsize=SMALLER * letter_size(axes),
        frameon=False, borderaxespad=0.2, borderpad=0.1, handlelength=1.7, handletextpad=0.4, columnspacing=1.1,
        labelspacing=0.25,
    )  # fmt: skip
    for text in legend.get_texts():
        text.set_parse_math(False)
    for line in legend.get_lines():
        _make_visible(line)
    return legend


def _make_visible(line: Line2D) -> None:
    """The dots of a cloud and the hairlines of members are too fine to be seen alone."""
    line.set_markersize(max(line.get_markersize(), _SMALLEST_MARK))
    line.set_linewidth(max(line.get_linewidth(), 0.7))
