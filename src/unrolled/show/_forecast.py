"""The forecast: what is known, what is predicted, and the truth where it is known."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from unrolled.forecast import Forecast, OneStep
from unrolled.series import Series
from unrolled.show._abscissa import Abscissa
from unrolled.show._error import draw_relative_error
from unrolled.show._figure import figure
from unrolled.show._layers import (
    beyond,
    draw_curve,
    draw_known,
    draw_members,
    draw_truth,
    drawable,
    keep_in_view,
    write_axes,
)
from unrolled.show._style import LOOKS
from unrolled.show._truth import any_truth, check_feature, check_pair

__all__ = ["draw_forecast", "forecast_figure"]

_MOST_PANELS = 6


def draw_forecast(
    series: Series,
    forecast: Forecast,
    *,
    truth: Series | None = None,
    one_step: OneStep | None = None,
    axes: Axes | None = None,
    feature: int = 0,
) -> Axes:
    r"""Draw known points, the continuation and, where it is known, the truth.

    Parameters
    ----------
    series
        What was trained on; its stretch of x is shaded.
    forecast
        The continuation. Members are thin lines (100 at the most), their mean a strong one.
    truth
        A series that goes on; its points outside the training region are drawn as open marks.
    one_step
        One-step predictions on known data, drawn too.
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
        No such feature, or a truth with other features.

    Examples
    --------
    >>> import unrolled
    >>> from unrolled.show import draw_forecast
    >>> energies = unrolled.dataset("pairing-particles")
    >>> fitted = unrolled.model("autoregression", window=2).fit(energies.head(12))
    >>> axes = draw_forecast(fitted.series, fitted.predict(8), truth=energies)
    >>> axes.get_xlabel(), axes.get_ylabel()
    ('particles', 'correlation energy\n(level spacing)')
    """
    check_feature(feature, series)
    check_pair(series, forecast.series, "the forecast")
    if truth is not None:
        check_pair(series, truth, "the truth")
    drawn = axes if axes is not None else figure()[1][0]
    across = Abscissa.of(series, forecast.x, *([truth.x] if truth is not None else []))
    across.shade(drawn, series)
    count = len(series) + len(forecast)
    draw_known(drawn, across, series, feature=feature, count=count)
    shown = [series.values[:, feature], forecast.mean[:, feature]]
    if truth is not None:
        draw_truth(drawn, across, series, truth, feature=feature, count=count)
        shown.append(truth.values[beyond(series, truth), feature])
    if one_step is not None:
        _draw_one_step(drawn, across, series, one_step, feature)
    _draw_continuation(drawn, across, forecast, feature, count)
    keep_in_view(drawn, shown)
    return write_axes(drawn, across, series, feature)


def forecast_figure(
    series: Series, forecast: Forecast, *, truth: Series | None = None, one_step: OneStep | None = None
) -> Figure:
    """A whole figure of a forecast: one feature with its relative error below, or a panel for each feature.

    Parameters
    ----------
    series, forecast, truth, one_step
        As for :func:`draw_forecast`. The error is drawn where the truth is known at a predicted x. Of more than six
        features the first six are drawn, and a line says how many more there are.

    Returns
    -------
    Figure
        For :func:`save`.

    Examples
    --------
    >>> import unrolled
    >>> from unrolled.show import forecast_figure
    >>> energies = unrolled.dataset("pairing-particles")
    >>> fitted = unrolled.model("autoregression", window=2).fit(energies.head(12))
    >>> len(forecast_figure(fitted.series, fitted.predict(8), truth=energies).axes)
    2
    """
    features = len(series.names)
    if features > 1:
        return _panels(series, forecast, truth, one_step, min(features, _MOST_PANELS))
    judged = truth is not None and any_truth(truth, forecast.x)
    sheet, (top, *below) = figure(82 if judged else 58, panels=(2.7, 1) if judged else (1,))
    draw_forecast(series, forecast, truth=truth, one_step=one_step, axes=top)
    if truth is not None and judged:
        draw_relative_error(forecast, truth, axes=below[0])
        _only_last_x([top, *below])
        sheet.align_ylabels()
    return sheet


def _panels(series: Series, forecast: Forecast, truth: Series | None, one_step: OneStep | None, count: int) -> Figure:
    sheet, panels = figure(20 + 30 * count, panels=(1,) * count)
    for feature, panel in enumerate(panels):
        draw_forecast(series, forecast, truth=truth, one_step=one_step, axes=panel, feature=feature)
        legend = panel.get_legend()
        if feature and legend is not None:
            legend.remove()
    _only_last_x(panels)
    left_out = len(series.names) - count
    if left_out:
        label = panels[-1].get_xlabel()
        more = f"and {left_out} more feature{'s' * (left_out != 1)}, not drawn"
        panels[-1].set_xlabel(f"{label}\n{more}")
    sheet.align_ylabels(panels)
    return sheet


def _only_last_x(panels: list[Axes] | tuple[Axes, ...]) -> None:
    for panel in panels[:-1]:
        panel.set_xlabel("")
        panel.tick_params(labelbottom=False)
        panel.xaxis.get_offset_text().set_visible(False)


def _draw_one_step(axes: Axes, across: Abscissa, series: Series, one_step: OneStep, feature: int) -> None:
    # Padded windows predict repetitions of the last value, at x where the series has no data.
    within = (one_step.x >= series.x.min()) & (one_step.x <= series.x.max())
    look = LOOKS[1]
    values = drawable(one_step.mean[within, feature])
    axes.plot(across.places(one_step.x[within]), values, ls=look.line, color=look.colour, lw=0.9, label="one step")


def _draw_continuation(axes: Axes, across: Abscissa, forecast: Forecast, feature: int, count: int) -> None:
    # x may come in any order where a model learned y from x.
    order = np.argsort(forecast.x)
    x = across.places(forecast.x[order])
    draw_members(axes, x, forecast.members[:, order, feature], LOOKS[0])
    members = len(forecast.members)
    label = f"mean of {members} members" if members > 1 else "prediction"
    draw_curve(axes, x, forecast.mean[order, feature], LOOKS[0], label=label, count=count)
