"""A series and the hidden states behind it: where each of them was, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from jaxtyping import Float, Int
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from unrolled.errors import InputError
from unrolled.forecast import Regimes
from unrolled.show._abscissa import Abscissa
from unrolled.show._figure import figure
from unrolled.show._layers import draw_curve
from unrolled.show._legend import legend_above
from unrolled.show._style import BLACK, LOOKS, mark_size
from unrolled.show._ticks import name_axis, plain_axis
from unrolled.show._truth import check_feature
from unrolled.show._view import drawable

__all__ = ["MOST_REGIMES", "draw_regimes", "regimes_figure"]

_HEIGHT, _SHARES = 78.0, (3.0, 2.0)  # mm, and of the two panels
_OPEN = 0.05  # how far beyond 0 and 1 the axis of probabilities reaches
_LIGHT, _DARK = 1.0, 0.72  # greys of the first state and the last
#: So many states can be told apart.
MOST_REGIMES = len(LOOKS)


def draw_regimes(regimes: Regimes, *, feature: int = 0, axes: Sequence[Axes] | None = None) -> tuple[Axes, ...]:
    """Draw the known values over the most probable course of the states, and below the probability of each state.

    States are greys, from white for state 0 to the darkest for the last, and lines that differ in more than colour.

    Parameters
    ----------
    regimes
        From :meth:`~unrolled.forecast.FittedHiddenMarkov.regimes`; up to six states can be told apart.
    feature
        Which column of the series.
    axes
        One for the values and one for the probabilities; a new figure of one column's width if left out.

    Returns
    -------
    tuple of Axes
        What was drawn on, top to bottom.

    Raises
    ------
    InputError
        More than six states, no such feature, another number of axes.

    Examples
    --------
    >>> import unrolled
    >>> from unrolled.show import draw_regimes
    >>> fitted = unrolled.model("hidden-markov").fit([0.0, 0.1, 0.0, 0.1, 5.0, 5.1, 5.0, 5.1])
    >>> [drawn.get_ylabel() for drawn in draw_regimes(fitted.regimes())]
    ['y', 'probability']
    """
    states, series = regimes.probabilities.shape[1], regimes.series
    if states > MOST_REGIMES:
        raise InputError(f"up to {MOST_REGIMES} states can be told apart in a figure; there are {states}.")
    if axes is not None and len(axes) != 2:
        raise InputError(f"the drawing has 2 rows and needs as many axes; came {len(axes)}.")
    check_feature(feature, series)
    top, bottom = _sheet()[1] if axes is None else axes
    across = Abscissa.of(series)
    x = across.places(series.x)
    _shade(top, x, regimes.path, states)
    values = drawable(series.values[:, feature])
    top.plot(x, values, ls="none", marker="o", ms=mark_size(len(x)), color=BLACK, mew=0, zorder=3)
    plain_axis(top.yaxis, series.names[feature], series.units[feature])
    for k in range(states):
        draw_curve(bottom, x, regimes.probabilities[:, k], LOOKS[k], label=f"state {k}", count=2 * len(x))
    bottom.set_ylim(-_OPEN, 1 + _OPEN)
    bottom.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])
    name_axis(bottom.yaxis, "probability")
    for panel in (top, bottom):
        panel.margins(x=0.02)
    top.yaxis.set_major_locator(MaxNLocator(4))
    across.write(bottom)
    legend_above(top)
    legend_above(bottom)
    return top, bottom


def regimes_figure(regimes: Regimes, *, feature: int = 0) -> Figure:
    """A figure of one column's width with what :func:`draw_regimes` draws; arguments and errors as there.

    Examples
    --------
    >>> import unrolled
    >>> from unrolled.show import regimes_figure
    >>> fitted = unrolled.model("hidden-markov").fit([0.0, 0.1, 0.0, 0.1, 5.0, 5.1, 5.0, 5.1])
    >>> len(regimes_figure(fitted.regimes()).axes)
    2
    """
    sheet, panels = _sheet()
    draw_regimes(regimes, feature=feature, axes=panels)
    sheet.align_ylabels(panels)
    return sheet


def _sheet() -> tuple[Figure, tuple[Axes, ...]]:
    return figure(_HEIGHT, panels=_SHARES)


def _shade(axes: Axes, x: Float[np.ndarray, " time"], path: Int[np.ndarray, " time"], states: int) -> None:
    """A grey for every stretch in one state, from halfway to the row before to halfway to the row after."""
    greys = np.linspace(_LIGHT, _DARK, states)
    for k, grey in enumerate(greys):  # for the legend alone, in the order of the states
        axes.fill_between([], [], facecolor=f"{grey:.3f}", edgecolor="0.3", lw=0.5, label=f"state {k}")
    edges = np.concatenate([x[:1], (x[1:] + x[:-1]) / 2, x[-1:]])
    cuts = [0, *(np.flatnonzero(np.diff(path)) + 1).tolist(), len(path)]
    for start, stop in pairwise(cuts):
        axes.axvspan(edges[start], edges[stop], color=f"{greys[path[start]]:.3f}", lw=0, zorder=0)
