"""What hidden states say of a series, one row a component, with how sure it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from unrolled.errors import InputError
from unrolled.series import Series
from unrolled.show._abscissa import Abscissa
from unrolled.show._figure import figure
from unrolled.show._layers import draw_curve
from unrolled.show._letters import shortened
from unrolled.show._style import BLACK, LOOKS, mark_size
from unrolled.show._ticks import plain_axis
from unrolled.show._truth import check_feature
from unrolled.show._view import drawable

__all__ = ["components_figure", "draw_components"]

_ROW, _BESIDE = 24.0, 10.0  # mm
_DEVIATIONS, _SURE = 2.0, "0.85"
_MOST = 12


def draw_components(
    series: Series,
    parts: Mapping[str, tuple[Any, Any]],
    *,
    feature: int = 0,
    axes: Sequence[Axes] | None = None,
) -> tuple[Axes, ...]:
    """Draw the known values, and below them what is behind them: each curve with two standard deviations about it.

    Parameters
    ----------
    series
        The known values, as points; gaps stay empty.
    parts
        By name, mean and standard deviation at every known row, each ``(time,)``: components of a structural model, or
        any hidden states.
    feature
        Which column of the series.
    axes
        One for the values and one a part; a new figure of one column's width if left out.

    Returns
    -------
    tuple of Axes
        What was drawn on, top to bottom.

    Raises
    ------
    InputError
        No part, more than twelve, one that does not fit the series, another number of axes.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.forecast import Structural, components_of
    >>> from unrolled.show import draw_components
    >>> fitted = Structural("trend, season:4").fit(np.tile([1.0, 2.0, 3.0, 2.0], 8) + np.arange(32.0))
    >>> axes = draw_components(fitted.series, components_of(fitted)["y"])
    >>> [drawn.get_ylabel() for drawn in axes]
    ['y', 'trend', 'season 4']
    """
    found = {name: _fitting(name, part, len(series)) for name, part in parts.items()}
    if not 1 <= len(found) <= _MOST:
        raise InputError(f"one to {_MOST} parts can be drawn below each other; came {len(found)}.")
    if axes is not None and len(axes) != len(found) + 1:
        raise InputError(f"the drawing has {len(found) + 1} rows and needs as many axes; came {len(axes)}.")
    check_feature(feature, series)
    drawn = _sheet(len(found) + 1)[1] if axes is None else tuple(axes)
    across, values = Abscissa.of(series), drawable(series.values[:, feature])
    x = across.places(series.x)
    drawn[0].plot(x, values, ls="none", marker="o", ms=mark_size(len(values)), color=BLACK, mew=0, zorder=3)
    plain_axis(drawn[0].yaxis, series.names[feature], series.units[feature])
    for panel, (name, (mean, deviation)) in zip(drawn[1:], found.items(), strict=True):
        half = _DEVIATIONS * deviation
        panel.fill_between(x, drawable(mean - half), drawable(mean + half), color=_SURE, lw=0, zorder=1)
        draw_curve(panel, x, drawable(mean), LOOKS[0], count=2 * len(mean))
        plain_axis(panel.yaxis, shortened(name), series.units[feature])
    for panel in drawn:
        panel.margins(x=0.02)
        panel.yaxis.set_major_locator(MaxNLocator(4))
    across.write(drawn[-1])
    return drawn


def components_figure(series: Series, parts: Mapping[str, tuple[Any, Any]], *, feature: int = 0) -> Figure:
    """A figure of one column's width with what :func:`draw_components` draws; arguments and errors as there.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.forecast import Structural, components_of
    >>> from unrolled.show import components_figure
    >>> fitted = Structural("level").fit(np.tile([1.0, 2.0], 8))
    >>> len(components_figure(fitted.series, components_of(fitted)["y"]).axes)
    2
    """
    sheet, panels = _sheet(len(parts) + 1)
    draw_components(series, parts, feature=feature, axes=panels)
    sheet.align_ylabels(panels)
    return sheet


def _sheet(rows: int) -> tuple[Figure, tuple[Axes, ...]]:
    return figure(_ROW * rows + _BESIDE, panels=(1.0,) * rows)


def _fitting(
    name: str, part: tuple[Any, Any], points: int
) -> tuple[Float[np.ndarray, " time"], Float[np.ndarray, " time"]]:
    mean, deviation = (np.asarray(one, np.float64) for one in part)
    if mean.shape != (points,) or deviation.shape != (points,):
        raise InputError(
            f"{name} must have a mean and a deviation for each of {points} known rows; came {mean.shape} and "
            f"{deviation.shape}."
        )
    return mean, deviation
