"""Settings against errors."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.transforms import blended_transform_factory

from unrolled.errors import InputError
from unrolled.show._figure import figure
from unrolled.show._legend import legend_above
from unrolled.show._letters import SMALLER, letter_size
from unrolled.show._style import LOOKS, Look
from unrolled.show._ticks import log_axis, name_axis

__all__ = ["draw_sweep"]

_MOST_ROWS = 100
_MOST_LETTERS = 24


def draw_sweep(
    labels: Sequence[str],
    errors: Sequence[float],
    others: Sequence[float] | None = None,
    *,
    axes: Axes | None = None,
    name: str = "mean squared error",
    names: tuple[str, str] = ("forecast", "all points"),
) -> Axes:
    """Draw a table of settings against error as dots on a logarithmic axis, one row a setting, in the order given.

    Errors that have no place on such an axis, zero or not finite, are said in words.

    Parameters
    ----------
    labels
        The settings, as ``"units=50"``. The first hundred are drawn.
    errors
        One for each, as a rule the mean squared error of the forecast.
    others
        A second error for each, as a rule over all points.
    axes
        Where to draw; a new figure of one column's width, as high as the rows need, if left out.
    name
        What the errors are, for the axis.
    names
        What the two errors are called in the legend, which is drawn only where there are two.

    Returns
    -------
    Axes
        What was drawn on.

    Raises
    ------
    InputError
        No settings, or as many errors as settings did not come.

    Examples
    --------
    >>> from unrolled.show import draw_sweep
    >>> axes = draw_sweep(["units=50", "units=200"], [2e-5, 4e-6])
    >>> [text.get_text() for text in axes.get_yticklabels()]
    ['units=50', 'units=200']
    """
    columns = [errors] if others is None else [errors, others]
    if not labels or any(len(column) != len(labels) for column in columns):
        came = " and ".join(str(len(column)) for column in columns)
        raise InputError(f"every setting needs its error: came {len(labels)} settings and {came} errors.")
    rows = min(len(labels), _MOST_ROWS)
    short = [_wrapped(label) for label in labels[:rows]]
    pitch = 7.5 if any("\n" in label for label in short) else 4.8
    drawn = axes if axes is not None else figure(15 + pitch * rows + 4 * (len(columns) - 1))[1][0]
    finite = [float(v) for column in columns for v in column[:rows] if math.isfinite(v) and v > 0]
    if finite:
        log_axis(drawn.xaxis, min(finite), max(finite))
    else:
        drawn.set_xticks([])
    _draw_column(drawn, errors[:rows], LOOKS[0], None if others is None else names[0], filled=True)
    if others is not None:
        _draw_column(drawn, others[:rows], LOOKS[1], names[1], filled=False)
    _name_rows(drawn, short, len(labels))
    name_axis(drawn.xaxis, name)
    legend_above(drawn)
    return drawn


def _draw_column(axes: Axes, errors: Sequence[float], look: Look, label: str | None, *, filled: bool) -> None:
    """Dots, filled ones on top of open squares, so that equal errors show as a ringed dot."""
    rows = [row for row, error in enumerate(errors) if math.isfinite(error) and error > 0]
    mark, size, order = ("o", 4.0, 4) if filled else ("s", 6.0, 3)
    axes.plot(
        [errors[row] for row in rows], rows, ls="none", marker=mark, ms=size, mew=0.9, color=look.colour,
        mfc=look.colour if filled else "none", zorder=order, label=label,
    )  # fmt: skip
    edge = blended_transform_factory(axes.transAxes, axes.transData)
    for row in sorted(set(range(len(errors))) - set(rows)):
        text = "zero" if math.isfinite(errors[row]) else "not finite"
        place, size = 0.02 if filled else 0.3, SMALLER * letter_size(axes)
        axes.text(
            place, row, text, transform=edge, va="center", fontsize=size, color=look.colour,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0},
        )  # fmt: skip


def _name_rows(axes: Axes, labels: Sequence[str], count: int) -> None:
    axes.set_yticks(range(len(labels)), labels, parse_math=False)
    axes.set_ylim(len(labels) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", color="0.88", lw=0.5)
    axes.set_axisbelow(True)
    if count > len(labels):
        axes.set_ylabel(f"{count - len(labels)} more rows are not drawn")


def _wrapped(label: str) -> str:
    return "\n".join(textwrap.wrap(label, _MOST_LETTERS, max_lines=2, placeholder="…"))
