"""How far off a forecast is, where the truth is known."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes

from unrolled.errors import InputError
from unrolled.forecast import Forecast
from unrolled.metrics import relative_error
from unrolled.series import Series
from unrolled.show._abscissa import Abscissa
from unrolled.show._figure import figure
from unrolled.show._layers import draw_curve
from unrolled.show._style import LOOKS
from unrolled.show._ticks import log_axis, name_axis
from unrolled.show._truth import any_truth, check_feature, check_pair, true_values

__all__ = ["check_several", "draw_relative_error"]


def draw_relative_error(
    forecasts: Forecast | Mapping[str, Forecast], truth: Series, *, axes: Axes | None = None, feature: int = 0
) -> Axes:
    """Draw ``|prediction - truth| / |truth|`` on a logarithmic axis, wherever the truth is known.

    A prediction without any error, or a truth of zero, has no place on this axis and leaves a gap. Colours, lines
    and marks are those of :func:`draw_forecast` and :func:`draw_comparison`, so there is no legend.

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
    errors = []
    for forecast, look in zip(several.values(), LOOKS, strict=False):
        order = np.argsort(forecast.x)
        error = _error(forecast, truth, feature)[order]
        draw_curve(drawn, across.places(forecast.x[order]), error, look, count=len(truth))
        errors.append(error[np.isfinite(error)])
    drawable = np.concatenate(errors)
    if drawable.size:
        log_axis(drawn.yaxis, float(drawable.min()), float(drawable.max()))
    across.write(drawn)
    name_axis(drawn.yaxis, "relative error")
    return drawn


def check_several(forecasts: Mapping[str, Forecast]) -> None:
    """Raise an :class:`InputError` unless there are one to six forecasts, as many as there are looks."""
    if not 1 <= len(forecasts) <= len(LOOKS):
        raise InputError(f"one figure holds 1 to {len(LOOKS)} forecasts; came {len(forecasts)}.")


def _error(forecast: Forecast, truth: Series, feature: int) -> Float[np.ndarray, " horizon"]:
    error = relative_error(forecast.mean[:, feature], true_values(truth, forecast.x)[:, feature])
    return np.where(np.isfinite(error) & (error > 0), error, np.nan)
