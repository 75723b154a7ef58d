"""How far a forecast can be trusted, as its figures show it."""

from __future__ import annotations

import textwrap

import numpy as np
from jaxtyping import Bool, Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from unrolled.forecast import Forecast
from unrolled.show._abscissa import Abscissa
from unrolled.show._bands import missing_bounds
from unrolled.show._layers import draw_curve, draw_doubtful
from unrolled.show._letters import SMALLER, letter_size, text_width
from unrolled.show._style import COLUMN_WIDTH, FONT, LOOKS

__all__ = ["draw_prediction", "label_trust", "lines_beneath", "mark_trust", "trusted_steps", "write_beneath"]

_MOST_LINES = 3
_LETTERS = 62  # of the smaller size, in one column


def draw_prediction(
    axes: Axes,
    x: Float[np.ndarray, " horizon"],
    values: Float[np.ndarray, " horizon"],
    forecast: Forecast,
    *,
    label: str | None = None,
    count: int = 0,
) -> None:
    """The prediction, or its error: a strong line; dashed and hollow at the steps that are not trusted.

    ``x`` are the places on paper, in the order of the forecast.
    """
    # x may come in any order where a model learned y from x.
    order = np.argsort(x)
    trusted = _trusted(forecast)[order]
    if trusted.any():
        draw_curve(axes, x[order], np.where(trusted, values[order], np.nan), LOOKS[0], label=label, count=count)
    if not trusted.all():
        draw_doubtful(axes, x[order], values[order], ~trusted, LOOKS[0], label=label and "not trusted", count=count)


def mark_trust(axes: Axes, across: Abscissa, forecast: Forecast) -> None:
    """A dotted line between the last trusted step, or the last known value, and the next; nothing where all are."""
    if trusted_steps(forecast) < len(forecast):
        axes.axvline(_end(across, forecast), color="0.35", lw=0.6, ls=(0, (1.0, 1.5)), zorder=1.5)


def label_trust(axes: Axes, across: Abscissa, forecast: Forecast) -> None:
    """Say at that line how far the forecast is trusted, in room made for it above everything drawn."""
    trusted = trusted_steps(forecast)
    if trusted >= len(forecast):
        return
    text = f"trusted to {across.say(float(forecast.x[trusted - 1]))}" if trusted else "no step is trusted"
    size = SMALLER * letter_size(axes)
    height = 1.3 * size / _points(axes)[1]
    bottom, top = axes.get_ylim()
    axes.set_ylim(bottom, bottom + (top - bottom) / (1 - min(height, 0.4)))
    left, right = axes.get_xlim()
    at = (_end(across, forecast) - left) / (right - left)
    gap, width = 2.0 / _points(axes)[0], text_width(text, size) / _points(axes)[0]
    before = at - gap >= width or at > 0.5
    axes.text(
        max(at - gap, width) if before else min(at + gap, 1 - width), 1 - 0.15 * height, text,
        ha="right" if before else "left", va="top", transform=axes.transAxes, fontsize=size, color="0.25",
        parse_math=False,
    )  # fmt: skip


def lines_beneath(forecast: Forecast) -> list[str]:
    """The verdict, and which bounds are missing, in lines of one column's width; none where nothing is said."""
    headline = "" if forecast.verdict is None else forecast.verdict.headline
    return [line for text in (headline, missing_bounds(forecast)) if text for line in _balanced(text)]


def _balanced(text: str) -> list[str]:
    """Without a lonely last word: as narrow as the same number of lines allows."""
    text = text.replace(" %", "\N{NO-BREAK SPACE}%")
    lines = _wrapped(text, _LETTERS)
    narrower = (_wrapped(text, width) for width in range(_LETTERS // 2, _LETTERS))
    return next((found for found in narrower if len(found) == len(lines) and _same(found, lines)), lines)


def _same(some: list[str], others: list[str]) -> bool:
    return " ".join(some) == " ".join(others)


def _wrapped(text: str, letters: int) -> list[str]:
    return textwrap.wrap(text, letters, max_lines=_MOST_LINES, placeholder=" …")


def write_beneath(sheet: Figure, lines: list[str]) -> None:
    """Beneath everything, where the layout keeps room for it."""
    if lines:
        sheet.supxlabel("\n".join(lines), x=2.0 / COLUMN_WIDTH, ha="left", fontsize=SMALLER * FONT, color="0.25")


def trusted_steps(forecast: Forecast) -> int:
    """How many of the leading steps are trusted: all where there is no verdict."""
    steps = len(forecast)
    return steps if forecast.verdict is None else min(forecast.verdict.trust_until, steps)


def _trusted(forecast: Forecast) -> Bool[np.ndarray, " horizon"]:
    return np.arange(len(forecast)) < trusted_steps(forecast)


def _end(across: Abscissa, forecast: Forecast) -> float:
    """On paper, half way from the last trusted step, or the last known value, to the next."""
    steps = trusted_steps(forecast)
    last = forecast.x[steps - 1] if steps else forecast.series.x[-1]
    return float(across.places(np.array([last, forecast.x[steps]])).mean())


def _points(axes: Axes) -> tuple[float, float]:
    """Width and height of the axes in points, before the layout moves them a little."""
    sheet = axes.get_figure(root=True)
    dpi = sheet.dpi if sheet else 72.0
    return axes.bbox.width / dpi * 72, axes.bbox.height / dpi * 72
