"""The layers that figures of a series are put together from: shading, known points, truth, curves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float
from matplotlib.axes import Axes

from unrolled.series import Series
from unrolled.show._abscissa import Abscissa
from unrolled.show._legend import legend_above
from unrolled.show._style import BLACK, GREY, Look, mark_size
from unrolled.show._ticks import plain_axis

__all__ = [
    "beyond",
    "draw_curve",
    "draw_doubtful",
    "draw_known",
    "draw_members",
    "draw_truth",
    "drawable",
    "keep_in_view",
    "write_axes",
]

_MOST_LINES = 100
_DOUBTFUL = (0, (2.5, 1.5))
_MARKED = 60  # a curve of so many points still carries marks
_LARGEST = 1e300
_CROWD = 250  # more points than this are a cloud, drawn grey and small


def beyond(trained: Series, truth: Series) -> Bool[np.ndarray, " time"]:
    """Which rows of the truth lie outside the training region."""
    return (truth.x < trained.x.min()) | (truth.x > trained.x.max())


def drawable(values: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """The values with a gap where they are beyond what matplotlib can place without overflow."""
    return np.where(np.abs(values) <= _LARGEST, values, np.nan)


def draw_known(axes: Axes, across: Abscissa, series: Series, *, feature: int, count: int, label: str = "known") -> None:
    """Known points: filled black, or a cloud of small grey dots where there are many."""
    crowd = count > _CROWD
    axes.plot(
        across.places(series.x), drawable(series.values[:, feature]), ls="none", marker="o", ms=mark_size(count),
        color=GREY if crowd else BLACK, mew=0, zorder=2, label=label,
    )  # fmt: skip


def draw_truth(axes: Axes, across: Abscissa, trained: Series, truth: Series, *, feature: int, count: int) -> None:
    """The truth outside the training region: open circles, larger than the marks of a prediction."""
    rows = beyond(trained, truth)
    if not rows.any():
        return
    crowd = count > _CROWD
    axes.plot(
        across.places(truth.x[rows]), drawable(truth.values[rows, feature]), ls="none", marker="o",
        ms=mark_size(count) * (1.0 if crowd else 1.35), mfc="none", mec="0.35" if crowd else BLACK,
        mew=0.3 if crowd else 0.6, zorder=3, label="truth",
    )  # fmt: skip


def draw_members(
    axes: Axes, x: Float[np.ndarray, " horizon"], members: Float[np.ndarray, "member horizon"], look: Look
) -> None:
    """Every member as a thin line, evenly picked where there are more than 100; nothing for a single one."""
    if len(members) < 2:
        return
    picked = np.unique(np.linspace(0, len(members) - 1, min(len(members), _MOST_LINES)).round().astype(int))
    axes.plot(x, drawable(members[picked].T), color=look.colour, alpha=0.45, lw=0.45, zorder=1)


def draw_curve(
    axes: Axes,
    x: Float[np.ndarray, " horizon"],
    values: Float[np.ndarray, " horizon"],
    look: Look,
    *,
    label: str | None = None,
    count: int = 0,
) -> None:
    """A strong line, with marks where ``count`` points side by side leave room for them."""
    marks = {"marker": look.mark, "ms": 0.75 * mark_size(count), "mew": 0} if len(x) <= _MARKED else {}
    axes.plot(
        x,
        drawable(values),
        ls=look.line,
        color=look.colour,
        lw=1.1,
        zorder=4,
        label=label,
        **(marks if len(x) <= _MARKED else {}),
    )


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
        **(marks if len(x) <= _MARKED else {}),
    )


def keep_in_view(axes: Axes, shown: Sequence[Float[np.ndarray, " _"]]) -> None:
    """Let no stray member squeeze the rest: the y axis goes at most one height beyond what must be seen."""
    seen = np.concatenate([np.asarray(part, np.float64) for part in shown])
    seen = seen[np.abs(seen) <= _LARGEST]
    low, high = (float(seen.min()), float(seen.max())) if seen.size else (0.0, 0.0)
    height = high - low
    bottom, top = axes.get_ylim()
    if height > 0:
        axes.set_ylim(max(bottom, low - height), min(top, high + height))


def write_axes(axes: Axes, across: Abscissa, series: Series, feature: int) -> Axes:
    """Names, units, ticks and the legend."""
    across.write(axes)
    plain_axis(axes.yaxis, series.names[feature], series.units[feature])
    legend_above(axes)
    return axes
