"""How a task was learned in several ways: the loss on the test against what it cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

import numpy as np
from matplotlib.axes import Axes

from unrolled.errors import InputError, nearest_name
from unrolled.evaluate import Learned
from unrolled.show._figure import figure
from unrolled.show._legend import legend_above
from unrolled.show._style import GREY, LOOKS, Look
from unrolled.show._ticks import log_axis, name_axis

__all__ = ["draw_learning"]

Against: TypeAlias = Literal["sequences", "seconds"]
_NAMES = {"sequences": ("sequences seen", ""), "seconds": ("time", "s")}
_LEAST_SECONDS = 1e-3


def draw_learning(
    rows: Sequence[Learned], *, against: Against = "sequences", guess: float | None = None, axes: Axes | None = None
) -> Axes:
    """Draw the loss on the test against the sequences seen, or the seconds spent, both on logarithmic axes.

    One line a seed; all of a method look alike. A line ends in a filled mark where the task was solved, in a cross
    where it was not.

    Parameters
    ----------
    rows
        What came of it, see :func:`unrolled.evaluate.learn_side_by_side`; up to six methods.
    against
        ``"sequences"`` or ``"seconds"``.
    guess
        The loss of whoever guesses: a grey line.
    axes
        Where to draw; a new figure of one column's width if left out.

    Returns
    -------
    Axes
        What was drawn on.

    Raises
    ------
    InputError
        No test was taken, or more methods than can be told apart.

    Examples
    --------
    >>> from unrolled.evaluate import Limits, learn_side_by_side
    >>> from unrolled.show import draw_learning
    >>> from unrolled.tasks import task
    >>> echo = task("echo", 3)
    >>> rows = learn_side_by_side(echo, ["lstm"], seeds=[0], limits=Limits(sequences=800))
    >>> draw_learning(rows, guess=echo.guess).get_xlabel()
    'sequences seen'
    """
    if against not in _NAMES:
        raise nearest_name("abscissa", against, _NAMES)
    methods = list(dict.fromkeys(row.method for row in rows))
    shown = [row for row in rows if len(row.course.loss)]
    if not shown:
        raise InputError("no test was taken, so there is nothing to draw; let the runs see more sequences.")
    if len(methods) > len(LOOKS):
        raise InputError(f"one figure holds up to {len(LOOKS)} methods; came {len(methods)}.")
    drawn = axes if axes is not None else figure(60)[1][0]
    looks = dict(zip(methods, LOOKS, strict=False))
    for method in methods:
        for place, row in enumerate(row for row in shown if row.method == method):
            _draw_course(drawn, row, against, looks[method], label=method if place == 0 else None)
    if guess is not None and guess > 0:
        drawn.axhline(guess, color=GREY, lw=0.8, ls=(0, (1, 1)), zorder=1, label="guess")
    across = np.concatenate([_abscissa(row, against) for row in shown])
    losses = np.concatenate([row.course.loss for row in shown] + ([] if guess is None else [np.array([guess])]))
    losses = losses[np.isfinite(losses) & (losses > 0)]
    log_axis(drawn.xaxis, float(across.min()), float(across.max()))
    name_axis(drawn.xaxis, *_NAMES[against])
    if losses.size:
        log_axis(drawn.yaxis, float(losses.min()), float(losses.max()))
    name_axis(drawn.yaxis, "loss on the test")
    legend_above(drawn)
    return drawn


def _abscissa(row: Learned, against: str) -> np.ndarray:
    return np.maximum(getattr(row.course, against), _LEAST_SECONDS)


def _draw_course(axes: Axes, row: Learned, against: str, look: Look, label: str | None) -> None:
    across, loss = _abscissa(row, against), row.course.loss
    loss = np.where(np.isfinite(loss) & (loss > 0), loss, np.nan)
    mark = look.mark if row.solved else "x"
    axes.plot(
        across, loss, ls=look.line, color=look.colour, lw=0.8, marker=mark, ms=4, mew=0.9, markevery=[-1], zorder=3,
        label=label,
    )  # fmt: skip
