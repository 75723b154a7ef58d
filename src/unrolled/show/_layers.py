"""The layers that figures of a series are put together from: shading, known points, truth, curves."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from matplotlib.axes import Axes

from unrolled.series import Series
from unrolled.show._abscissa import Abscissa
from unrolled.show._legend import legend_above
from unrolled.show._letters import SMALLER, letter_size
from unrolled.show._style import BLACK, GREY, Look, mark_size
from unrolled.show._ticks import plain_axis
from unrolled.show._view import drawable

__all__ = [
    "MARKED",
    "beyond",
    "draw_curve",
    "draw_dots",
    "draw_doubtful",
    "draw_known",
    "draw_members",
    "draw_nothing",
    "draw_truth",
    "marks_alone",
    "write_axes",
]

_MOST_LINES = 100
_DOUBTFUL = (0, (2.5, 1.5))
MARKED = 60  # a curve of so many points still carries marks
_CROWD = 250  # more points than this side by side are a cloud, drawn grey and small


def beyond(trained: Series, truth: Series) -> Bool[np.ndarray, " time"]:
    """Which rows of the truth lie outside the training region."""
    return (truth.x < trained.x.min()) | (truth.x > trained.x.max())


def draw_known(axes: Axes, across: Abscissa, series: Series, *, feature: int, count: int, label: str = "known") -> None:
    """Known points: filled black, or a cloud of small grey dots where there are many."""
    crowd = count > _CROWD and len(series) > MARKED
    axes.plot(
        across.places(series.x), drawable(series.values[:, feature]), ls="none", marker="o", ms=mark_size(count),
        color=GREY if crowd else BLACK, mew=0, zorder=2, label=label,
    )  # fmt: skip


def draw_truth(axes: Axes, across: Abscissa, trained: Series, truth: Series, *, feature: int, count: int) -> None:
    """The truth outside the training region: open circles, larger than the marks of a prediction."""
    rows = beyond(trained, truth)
    if not rows.any():
        return
    crowd = count > _CROWD and np.count_nonzero(rows) > MARKED
    axes.plot(
        across.places(truth.x[rows]), drawable(truth.values[rows, feature]), ls="none", marker="o",
        ms=mark_size(count) * (1.0 if crowd else 1.35), mfc="none", mec="0.35" if crowd else BLACK,
        mew=0.3 if crowd else 0.6, zorder=3, label="truth",
    )  # fmt: skip


def draw_members(
    axes: Axes,
    x: Float[np.ndarray, " horizon"],
    members: Float[np.ndarray, "member horizon"],
    look: Look,
    *,
    label: str | None = None,
) -> None:
    """Every member as a thin line, evenly picked where there are more than 100; nothing for a single one."""
    if len(members) < 2:
        return
    picked = np.unique(np.linspace(0, len(members) - 1, min(len(members), _MOST_LINES)).round().astype(int))
    lines = axes.plot(x, drawable(members[picked].T), color=look.colour, alpha=0.45, lw=0.45, zorder=1)
    if label:
        lines[0].set_label(label)


def draw_dots(
    axes: Axes, x: Float[np.ndarray, " _"], values: Float[np.ndarray, " _"], look: Look, *, hollow: bool, count: int
) -> None:
    """Small dots, for values that jump from step to step: a line through hundreds of them shows nothing."""
    axes.plot(
        x, drawable(values), ls="none", marker="o", ms=mark_size(count), mec=look.colour, mew=0.3 if hollow else 0,
        mfc="white" if hollow else look.colour, zorder=4,
    )  # fmt: skip


def draw_nothing(axes: Axes, text: str) -> None:
    """Say in the middle of the axes why they are empty."""
    axes.set_yticks([])
    size = SMALLER * letter_size(axes)
    axes.text(0.5, 0.5, text, ha="center", va="center", transform=axes.transAxes, fontsize=size, color="0.25")


def draw_curve(
    axes: Axes,
    x: Float[np.ndarray, " horizon"],
    values: Float[np.ndarray, " horizon"],
    look: Look,
    *,
    label: str | None = None,
    count: int = 0,
    width: float = 1.1,
) -> None:
    """A strong line, with marks where ``count`` points side by side leave room for them."""
    values = drawable(values)
    marks = {"marker": look.mark, "ms": 0.75 * mark_size(count), "mew": 0} if len(x) <= MARKED else marks_alone(values)
    axes.plot(x, values, ls=look.line, color=look.colour, lw=width, zorder=4, label=label, **marks)


def marks_alone(values: Float[np.ndarray, " _"]) -> dict[str, Any]:
    """Marks for a line at the values that have a gap on either side, where a line has nothing to draw."""
    there = np.isfinite(values)
    alone = there & ~np.append(there[1:], False) & ~np.append(False, there[:-1])
    rows = np.flatnonzero(alone).tolist()
    return {"marker": "o", "ms": 1.6, "mew": 0, "markevery": rows} if rows else {}


def draw_doubtful(
    axes: Axes,
    x: Float[np.ndarray, " horizon"],
    values: Float[np.ndarray, " horizon"],
    doubtful: Bool[np.ndarray, " horizon"],
    look: Look,
    *,
    label: str | None = None,
    count: int = 0,
) -> None:
    """The rest of a curve that is not believed: dashed, with hollow marks, joined to the part that is."""
    joined = doubtful | np.append(doubtful[1:], False) | np.append(False, doubtful[:-1])
    size, rows = 0.75 * mark_size(count), np.flatnonzero(doubtful).tolist()
    marks = {"marker": look.mark, "ms": size, "mfc": "white", "mew": 0.6, "markevery": rows}
    values = drawable(np.where(joined, values, np.nan))
    axes.plot(
        x,
        values,
        ls=_DOUBTFUL,
        color=look.colour,
        lw=0.9,
        zorder=4,
        label=label,
        **(marks if len(x) <= MARKED else {}),
    )


def write_axes(axes: Axes, across: Abscissa, series: Series, feature: int) -> Axes:
    """Names, units, ticks and the legend."""
    across.write(axes)
    plain_axis(axes.yaxis, series.names[feature], series.units[feature])
    legend_above(axes)
    return axes
