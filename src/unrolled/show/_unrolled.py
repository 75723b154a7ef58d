"""The network, unrolled in time: columns of steps, rows of layers, one colour for every shared matrix."""

from __future__ import annotations

from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from unrolled.networks import Network, NetworkDesign
from unrolled.show._figure import figure
from unrolled.show._letters import SMALLER, letter_size
from unrolled.show._plan import Arrow, Box, Plan, plan
from unrolled.show._style import BLACK, COLUMN_WIDTH, LOOKS, Dashes

__all__ = ["draw_unrolled"]

# All lengths in mm: the axes count mm, so that boxes and letters fit each other.
_TEXT = 17.0  # for the names of the rows
_ROW = 13.5
_PITCH = (16.0, 24.0)  # the least and the most from column to column
_BOX = (8.6, 7.4)
_TALL = 9.4  # a box that holds h and s
_LINE = 2.1  # half the distance from h to s
_EDGE = 12.5  # from a box to where its states come from or go to
_KEYS = 3  # entries side by side in the legend
_KEY_HEIGHT = 4.4
_FACES = {"input": "0.94", "hidden": "white", "output": "0.86"}


def draw_unrolled(
    network: NetworkDesign | Network,
    *,
    features: int = 1,
    outputs: int = 1,
    steps: int = 3,
    window: int | None = None,
    axes: Axes | None = None,
) -> Axes:
    """Draw a network unrolled in time, from the inputs at the bottom to the outputs at the top.

    Every arrow carries the letter of its matrix; the same matrix has the same colour in every step, and the legend
    gives its shape. Dense layers have no arrow in time. Of more than eight layers the middle ones are left out.

    Parameters
    ----------
    network
        A design, or a network (of one or many members), whose own numbers of inputs and outputs then hold.
    features, outputs
        Number of inputs and of outputs of a design.
    steps
        Steps in time, t-1, t, t+1, ...; every one has an output.
    window
        L, in place of ``steps``: what a window model does. States start at zero, only the last output is drawn, and
        layers that it does not need at earlier steps are left out.
    axes
        Where to draw; a new figure of one column's width, as high as needed, if left out.

    Returns
    -------
    Axes
        What was drawn on; its units are mm.

    Raises
    ------
    InputError
        A number below 1.

    Examples
    --------
    >>> from unrolled.networks import NetworkDesign
    >>> from unrolled.show import draw_unrolled
    >>> axes = draw_unrolled(NetworkDesign.parse("elman:200:tanh"), window=2)
    >>> [text.get_text() for text in axes.get_legend().get_texts()]
    ['$U$  200×1', '$W$  200×200', '$V$  1×200']
    """
    made = plan(network, features, outputs, steps, window)
    paper = _Paper(made)
    height = _ROW * len(made.rows)
    drawn = axes if axes is not None else _sheet(paper.width, height, len(paper.keys))
    drawn.set(xlim=(0, paper.width), ylim=(0, height), aspect="equal")
    drawn.set_axis_off()
    size = letter_size(drawn)
    for i, row in enumerate(made.rows):
        drawn.text(0.5, (i + 0.5) * _ROW, row.text, va="center", fontsize=SMALLER * size, color="0.25", linespacing=1.3)
    for arrow in made.arrows:
        _draw_arrow(drawn, paper, arrow, SMALLER * size)
    for box in made.boxes:
        _draw_box(drawn, paper, box, size)
    _draw_keys(drawn, paper, SMALLER * size)
    return drawn


def _sheet(width: float, height: float, keys: int) -> Axes:
    """Axes that fill the width, with room for the legend below."""
    below = _KEY_HEIGHT * -(-keys // _KEYS) + 2
    sheet, (axes,) = figure(height + below, width=width)
    sheet.set_layout_engine("none")
    axes.set_position((0.0, below / (height + below), 1.0, height / (height + below)))
    return axes


@dataclass(frozen=True)
class _Paper:
    """Where the parts of a plan stand, in mm, and in what colours."""

    plan: Plan

    @property
    def width(self) -> float:
        """One column of a journal; wider where many steps are drawn."""
        return max(COLUMN_WIDTH, _TEXT + 2 * _EDGE + 5 + _PITCH[0] * (self.plan.columns - 1))

    @property
    def keys(self) -> dict[str, str]:
        """The legend: matrices and their shapes, and the memory where there is one."""
        memory = {"s": "memory"} if any(row.memory for row in self.plan.rows) else {}
        return self.plan.shapes | memory

    def place(self, column: int, row: int) -> tuple[float, float]:
        """The middle of a box; states from outside stand at columns -1 and one past the last."""
        leaves = any(box.column == self.plan.columns for box in self.plan.boxes)
        first, last = _TEXT + _EDGE + 2, self.width - (_EDGE + 2.5 if leaves else _BOX[0] / 2 + 1)
        if self.plan.columns == 1:
            first = last = (first + last) / 2
        pitch = min(_PITCH[1], (last - first) / max(1, self.plan.columns - 1))
        x = first + pitch * min(max(column, 0), self.plan.columns - 1)
        x += -_EDGE if column < 0 else _EDGE if column >= self.plan.columns else 0.0
        return x, (row + 0.5) * _ROW

    def half(self, column: int, row: int) -> tuple[float, float]:
        """Half the width and height of what stands there."""
        small = next(box.kind in ("gap", "edge") for box in self.plan.boxes if (box.column, box.row) == (column, row))
        return (2.0, 2.2) if small else (_BOX[0] / 2, (_TALL if self.plan.rows[row].memory else _BOX[1]) / 2)

    def look(self, matrix: str) -> tuple[str, Dashes]:
        """Colour and line of a matrix; after six the colours begin again with dashes."""
        if matrix not in self.plan.shapes:
            return "0.35", (0, (1.5, 1.0)) if matrix == "s" else "-"
        number = list(self.plan.shapes).index(matrix)
        return LOOKS[number % len(LOOKS)].colour, "-" if number < len(LOOKS) else (0, (3.0, 1.0))


def _draw_box(axes: Axes, paper: _Paper, box: Box, size: float) -> None:
    x, y = paper.place(box.column, box.row)
    if box.kind in _FACES:
        width, height = (2 * half for half in paper.half(box.column, box.row))
        corner = 1.2 if box.kind == "hidden" else height / 2
        axes.add_patch(
            FancyBboxPatch(
                (x - width / 2, y - height / 2), width, height, boxstyle=f"round,pad=0,rounding_size={corner}",
                fc=_FACES[box.kind], ec=BLACK, lw=0.7,
            )
        )  # fmt: skip
    lines = box.text.split("\n")
    heights = [y] if len(lines) == 1 else [y + _LINE, y - _LINE]
    for text, line in zip(lines, heights, strict=True):
        axes.text(x, line, text, ha="center", va="center", fontsize=size * (1.0 if len(lines) == 1 else 0.9))


def _draw_arrow(axes: Axes, paper: _Paper, arrow: Arrow, size: float) -> None:
    (x0, y0), (x1, y1) = paper.place(*arrow.start), paper.place(*arrow.end)
    start, end = paper.half(*arrow.start), paper.half(*arrow.end)
    level = arrow.start[1] == arrow.end[1]
    ahead = 1.0 if x1 > x0 else -1.0
    if level:
        # Activities h above, the memory s below, as they are written in the box.
        lift = 0.0 if not paper.plan.rows[arrow.start[1]].memory else -_LINE if arrow.matrix == "s" else _LINE
        x0, x1, y0, y1 = x0 + ahead * start[0], x1 - ahead * end[0], y0 + lift, y1 + lift
    else:
        y0, y1 = y0 + start[1], y1 - end[1]
    colour, line = paper.look(arrow.matrix)
    step = (ahead, 0.0) if level else (0.0, 1.0)
    # A dashed shaft would break up its head.
    axes.plot(
        [x0 + arrow.both * 0.8 * step[0], x1 - 0.8 * step[0]], [y0, y1 - 0.8 * step[1]], ls=line, color=colour, lw=1.0
    )
    _draw_head(axes, (x1, y1), step, colour)
    if arrow.both:
        _draw_head(axes, (x0, y0), (-step[0], -step[1]), colour)
    if arrow.matrix in paper.plan.shapes:
        x, y = ((x0 + x1) / 2, y0 + 0.5) if level else (x0 + 0.8, (y0 + y1) / 2)
        ha, va = ("center", "bottom") if level else ("left", "center")
        axes.text(x, y, f"${arrow.matrix}$", ha=ha, va=va, fontsize=size, color=colour)


def _draw_head(axes: Axes, tip: tuple[float, float], step: tuple[float, float], colour: str) -> None:
    behind = (tip[0] - 1.2 * step[0], tip[1] - 1.2 * step[1])
    axes.add_patch(
        FancyArrowPatch(behind, tip, arrowstyle="-|>", mutation_scale=6.0, shrinkA=0, shrinkB=0, color=colour, lw=0.3)
    )


def _draw_keys(axes: Axes, paper: _Paper, size: float) -> None:
    lines = [Line2D([], [], color=colour, ls=line, lw=1.2) for colour, line in map(paper.look, paper.keys)]
    labels = [f"${name}$  {text}" for name, text in paper.keys.items()]
    axes.legend(
        lines, labels, loc="upper left", bbox_to_anchor=(0.0, 0.0), ncols=_KEYS, fontsize=size, frameon=False,
        borderaxespad=0.2, borderpad=0.1, handlelength=1.5, handletextpad=0.5, columnspacing=1.4, labelspacing=0.3,
    )  # fmt: skip
