"""What an automatic forecast was chosen from."""

from __future__ import annotations

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from unrolled.arguments import require_whole
from unrolled.errors import InputError
from unrolled.forecast import Forecast, Ingredient
from unrolled.show._figure import figure
from unrolled.show._layers import draw_nothing
from unrolled.show._letters import SMALLER, letter_size, shortened
from unrolled.show._style import LOOKS
from unrolled.show._truth import check_feature

__all__ = ["candidates_figure", "draw_candidates"]

_MOST, _MOST_EACH, _MOST_PANELS = 10, 4, 6
_PITCH = 6.6  # mm, a name and its bar
_AXIS = 17.0  # mm, what stands beneath
_HEIGHT = 0.36  # of a bar, in rows
_LETTERS = 54
_NAME = 18
_TICKS = 6
_LIMIT = 1_000_000
_WIDER = 1.2  # room for a score beside the longest bar


def draw_candidates(forecast: Forecast, *, most: int = _MOST, axes: Axes | None = None, feature: int = 0) -> Axes:
    """Draw the weights of the heaviest candidates as bars, the score of each beside it.

    The score is the mean log10 of the error over the spread of the known values, from origins inside the known part:
    -6 says that such forecasts missed by a millionth of the spread.

    Parameters
    ----------
    forecast
        Of a model that chooses among candidates.
    most
        How many candidates; those without any weight are left out. If none has any, the panel says so.
    axes
        Where to draw; a new figure of one column's width, as high as the rows need, if left out.
    feature
        Which feature, counted from 0.

    Returns
    -------
    Axes
        What was drawn on.

    Raises
    ------
    InputError
        The forecast was not chosen from candidates, no such feature, or ``most`` below 1.

    Examples
    --------
    >>> import unrolled
    >>> from unrolled.show import draw_candidates
    >>> forecast = unrolled.model("auto").fit(unrolled.dataset("pairing-particles").head(12)).predict(8)
    >>> axes = draw_candidates(forecast, most=3)
    >>> len(axes.patches), axes.get_xlabel().split(";")[0]
    (3, 'weight')
    """
    found = _candidates(forecast, feature)
    shown = [candidate for candidate in found[: require_whole("most", most, 1, _LIMIT)] if _weight(candidate) > 0]
    drawn = axes if axes is not None else figure(_AXIS + _PITCH * max(len(shown), 1))[1][0]
    _draw_rows(drawn, shown)
    drawn.set_yticks([])
    if not shown:
        draw_nothing(drawn, "no candidate has any weight")
    drawn.set_ylim(max(len(shown), 1) - 0.5, -0.5)
    drawn.set_xlim(0, _WIDER * max((candidate.weight for candidate in shown), default=1.0))
    drawn.xaxis.set_major_locator(MaxNLocator(_TICKS, steps=[1, 2, 5, 10]))
    _name_axis(drawn, _share(shown, found), forecast.series.names[feature] if len(forecast.series.names) > 1 else "")
    return drawn


def candidates_figure(forecast: Forecast) -> Figure:
    """A whole figure of the candidates: the ten heaviest, or of several features the four heaviest of each.

    Parameters
    ----------
    forecast
        As for :func:`draw_candidates`. Of more than six features the first six are drawn.

    Returns
    -------
    Figure
        For :func:`save`.

    Raises
    ------
    InputError
        The forecast was not chosen from candidates.

    Examples
    --------
    >>> import unrolled
    >>> from unrolled.show import candidates_figure
    >>> forecast = unrolled.model("auto").fit(unrolled.dataset("pairing-particles").head(12)).predict(8)
    >>> len(candidates_figure(forecast).axes)
    1
    """
    count = min(len(forecast.series.names), _MOST_PANELS)
    most = _MOST if count == 1 else _MOST_EACH
    rows = [min(most, len(_candidates(forecast, feature))) for feature in range(count)]
    sheet, panels = figure(_AXIS + _PITCH * sum(rows) + 8 * (count > 1) * count, panels=rows)
    for feature, panel in enumerate(panels):
        draw_candidates(forecast, most=most, axes=panel, feature=feature)
    for panel in panels[:-1]:
        panel.set_xlabel("")
    # The panels share the x axis, and the last one drawn has set it.
    longest = [bar.get_width() for panel in panels for bar in panel.patches if isinstance(bar, Rectangle)]
    panels[0].set_xlim(0, _WIDER * max(longest, default=1.0))
    return sheet


def _candidates(forecast: Forecast, feature: int) -> list[Ingredient]:
    check_feature(feature, forecast.series)
    name = forecast.series.names[feature]
    found = [candidate for candidate in forecast.ingredients if candidate.feature == name]
    if not found:
        raise InputError("the forecast was not chosen from candidates, so there are none to draw.")
    return sorted(found, key=lambda candidate: -_weight(candidate))


def _weight(candidate: Ingredient) -> float:
    """None where it is no number."""
    return candidate.weight if math.isfinite(candidate.weight) else 0.0


def _draw_rows(axes: Axes, shown: list[Ingredient]) -> None:
    """Names above their bars, where they have the whole width, and scores beside."""
    size = SMALLER * letter_size(axes)
    bars = [row + 0.22 for row in range(len(shown))]
    axes.barh(bars, [candidate.weight for candidate in shown], _HEIGHT, color=LOOKS[0].colour, zorder=2)
    for row, candidate in enumerate(shown):
        judged = math.nan if candidate.score is None else candidate.score
        score = f"{judged:.2f}".replace("-", "−") if math.isfinite(judged) else "not judged"
        axes.annotate(
            shortened(candidate.name, _LETTERS), (0, row - 0.19), (2, 0), textcoords="offset points", va="center",
            fontsize=size, parse_math=False,
        )  # fmt: skip
        axes.annotate(
            score, (candidate.weight, bars[row]), (2.5, 0), textcoords="offset points", va="center", fontsize=size,
            color="0.25",
        )  # fmt: skip


def _share(shown: list[Ingredient], found: list[Ingredient]) -> str:
    share = sum(map(_weight, shown)) / (sum(map(_weight, found)) or 1.0)
    return f"{len(shown)} of {len(found)} candidates, {100 * share:.3g} % of the weight"


def _name_axis(axes: Axes, share: str, feature: str) -> None:
    """What the bars are, and what part of all; the latter above where there are several features."""
    lines = ["weight; beside it the score", "(mean log₁₀ of error / spread)", *([] if feature else [share])]
    axes.set_xlabel("\n".join(lines), linespacing=1.25)
    if feature:
        title = f"{shortened(feature, _NAME)}: {share}"
        axes.set_title(title, loc="left", fontsize=SMALLER * letter_size(axes), pad=3.0, parse_math=False)
