"""How uncertain a forecast says it is, where no truth tells."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from unrolled.errors import InputError
from unrolled.forecast import Forecast
from unrolled.show._abscissa import Abscissa
from unrolled.show._bands import any_bounds, half_widths, shade_half_widths
from unrolled.show._figure import figure
from unrolled.show._layers import draw_nothing
from unrolled.show._ticks import log_axis, name_axis
from unrolled.show._trust import mark_trust
from unrolled.show._truth import check_feature, known_spread

__all__ = ["draw_half_widths"]


def draw_half_widths(forecast: Forecast, *, axes: Axes | None = None, feature: int = 0) -> Axes:
    r"""Draw half-widths of the bounds over the spread of the known values, on a logarithmic axis.

    .. math:: \frac{u_t - l_t}{2 s},\qquad s = \operatorname{std}(y_1, \ldots, y_n)

    Every level is shaded from below up to its half-width, in the looks of :func:`draw_forecast`, so there is no
    legend. Where there are no bounds, or bounds of no width, there is a gap; where no ratio is a positive float, a
    sentence. A dotted line stands behind the last step that is trusted.

    Parameters
    ----------
    forecast
        A continuation with bounds.
    axes
        Where to draw; a new figure of one column's width if left out.
    feature
        Which feature, counted from 0.

    Returns
    -------
    Axes
        What was drawn on.

    Raises
    ------
    InputError
        The forecast has no bounds of a finite width, or no such feature.

    Examples
    --------
    >>> import unrolled
    >>> from unrolled.show import draw_half_widths
    >>> forecast = unrolled.model("auto").fit(unrolled.dataset("pairing-particles").head(12)).predict(8)
    >>> axes = draw_half_widths(forecast)
    >>> axes.get_yscale(), axes.get_ylabel().split()
    ('log', ['half-width', '/', 'spread'])
    """
    check_feature(feature, forecast.series)
    if not any_bounds(forecast, feature):
        raise InputError("the forecast has no bounds of a finite width, so there is none to draw.")
    drawn = axes if axes is not None else figure(35)[1][0]
    across = Abscissa.of(forecast.series, forecast.x)
    with np.errstate(all="ignore"):
        found = half_widths(forecast, feature, known_spread(forecast.series, feature))
    shown = np.concatenate([half[np.isfinite(half)] for _, half in found])
    if shown.size:
        log_axis(drawn.yaxis, float(shown.min()), float(shown.max()))
        shade_half_widths(drawn, across, forecast, found)
    else:
        draw_nothing(drawn, "no half-width that can be drawn")
    across.hold(drawn, forecast.x)
    mark_trust(drawn, across, forecast)
    across.write(drawn)
    name_axis(drawn.yaxis, "half-width / spread")
    return drawn
