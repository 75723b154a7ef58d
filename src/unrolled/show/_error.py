"""How far off a forecast is, where the truth is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes

from unrolled.errors import InputError
from unrolled.forecast import Forecast
from unrolled.metrics import relative_error
from unrolled.series import Series
from unrolled.show._abscissa import Abscissa
from unrolled.show._bands import any_bounds, half_widths, shade_half_widths
from unrolled.show._figure import figure
from unrolled.show._layers import draw_curve
from unrolled.show._style import LOOKS
from unrolled.show._ticks import log_axis, name_axis
from unrolled.show._trust import draw_prediction, mark_trust
from unrolled.show._truth import any_truth, check_feature, check_pair, true_values

__all__ = ["check_several", "draw_relative_error"]


def draw_relative_error(
    forecasts: Forecast | Mapping[str, Forecast], truth: Series, *, axes: Axes | None = None, feature: int = 0
) -> Axes:
    """Draw ``|prediction - truth| / |truth|`` on a logarithmic axis, wherever the truth is known.

    A prediction without any error, or a truth of zero, has no place on this axis and leaves a gap. Colours, lines
    and marks are those of :func:`draw_forecast` and :func:`draw_comparison`, so there is no legend. Bounds of a single
    forecast are shaded up to their half-width over ``|truth|``: where the error lies in the shade, the truth lies
    within such bounds.

    Parameters
    ----------
    forecasts
        One continuation, or up to six by label.
    truth
        A series that holds predicted values of x.
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
        The truth is known at none of the predicted x; no such feature, or features that differ; no forecast, or
        more than six.

    Examples
    --------
    >>> import unrolled
    >>> from unrolled.show import draw_relative_error
    >>> energies = unrolled.dataset("pairing-particles")
    >>> fitted = unrolled.model("autoregression", window=2).fit(energies.head(12))
    >>> draw_relative_error(fitted.predict(8), energies).get_yscale()
    'log'
    """
    several = {"the forecast": forecasts} if isinstance(forecasts, Forecast) else forecasts
    check_several(several)
    check_feature(feature, truth)
    for label, forecast in several.items():
        check_pair(truth, forecast.series, label)
    if not any(any_truth(truth, forecast.x) for forecast in several.values()):
        raise InputError(f"{truth.name} holds none of the predicted {truth.x_name}, so there is no error to draw.")
    across = Abscissa.of(truth, *(forecast.x for forecast in several.values()))
    drawn = axes if axes is not None else figure(35)[1][0]
    bounded = isinstance(forecasts, Forecast) and any_bounds(forecasts, feature)
    if isinstance(forecasts, Forecast):
        _draw_one(drawn, across, forecasts, truth, feature)
    else:
        _draw_several(drawn, across, forecasts, truth, feature)
    across.write(drawn)
    name_axis(drawn.yaxis, "relative error and half-width" if bounded else "relative error")
    return drawn


def check_several(forecasts: Mapping[str, Forecast]) -> None:
    """Raise an :class:`InputError` unless there are one to six forecasts, as many as there are looks."""
    if not 1 <= len(forecasts) <= len(LOOKS):
        raise InputError(f"one figure holds 1 to {len(LOOKS)} forecasts; came {len(forecasts)}.")


def _draw_several(axes: Axes, across: Abscissa, forecasts: Mapping[str, Forecast], truth: Series, feature: int) -> None:
    errors = []
    for forecast, look in zip(forecasts.values(), LOOKS, strict=False):
        order = np.argsort(forecast.x)
        errors.append(_error(forecast, truth, feature)[order])
        draw_curve(axes, across.places(forecast.x[order]), errors[-1], look, count=len(truth))
    _scale(axes, errors)


def _draw_one(axes: Axes, across: Abscissa, forecast: Forecast, truth: Series, feature: int) -> None:
    x, error = across.places(forecast.x), _error(forecast, truth, feature)
    found = half_widths(forecast, feature, np.abs(true_values(truth, forecast.x)[:, feature]))
    _scale(axes, [error, *(half for _, half in found)])
    shade_half_widths(axes, x, found)
    mark_trust(axes, across, forecast)
    draw_prediction(axes, x, error, forecast, count=len(truth))


def _scale(axes: Axes, shown: Sequence[Float[np.ndarray, " _"]]) -> None:
    numbers = np.concatenate(shown)
    numbers = numbers[np.isfinite(numbers)]
    if numbers.size:
        log_axis(axes.yaxis, float(numbers.min()), float(numbers.max()))


def _error(forecast: Forecast, truth: Series, feature: int) -> Float[np.ndarray, " horizon"]:
    error = relative_error(forecast.mean[:, feature], true_values(truth, forecast.x)[:, feature])
    return np.where(np.isfinite(error) & (error > 0), error, np.nan)
