"""The forecast: what is known, what is predicted, and the truth where it is known."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from unrolled.forecast import Forecast, OneStep
from unrolled.series import Series
from unrolled.show._abscissa import Abscissa
from unrolled.show._bands import any_bounds, draw_bands
from unrolled.show._error import draw_relative_error, passes_zero
from unrolled.show._figure import figure
from unrolled.show._half_widths import draw_half_widths
from unrolled.show._layers import beyond, draw_known, draw_members, draw_truth, marks_alone, write_axes
from unrolled.show._style import LOOKS
from unrolled.show._trust import (
    draw_prediction,
    label_trust,
    lines_beneath,
    mark_trust,
    trusted_steps,
    write_beneath,
)
from unrolled.show._truth import any_truth, check_feature, check_pair
from unrolled.show._view import drawable, in_view, keep_in_view, widened

__all__ = ["draw_forecast", "forecast_figure"]

_MOST_PANELS = 6
_LINE = 3.3  # mm, of the verdict
_FAR = 4.0  # heights beyond the view, where nothing is seen


def draw_forecast(
    series: Series,
    forecast: Forecast,
    *,
    truth: Series | None = None,
    one_step: OneStep | None = None,
    members: bool | None = None,
    axes: Axes | None = None,
    feature: int = 0,
) -> Axes:
    r"""Draw known points, the continuation with its bounds and, where it is known, the truth.

    Steps that the verdict does not trust are dashed, with hollow marks; a dotted line stands before the first of them.
    The y axis shows all that is known, true or trusted; the rest leaves the frame where it would squeeze these.

    Parameters
    ----------
    series
        What was trained on; its stretch of x is shaded.
    forecast
        The continuation: the prediction a strong line, bounds shaded regions.
    truth
        A series that goes on; its points outside the training region are drawn as open marks.
    one_step
        One-step predictions on known data, drawn too.
    members
        Whether members are thin lines (100 at the most). If left out, networks of an ensemble are; candidates and
        sample paths only where there are no bounds to sum them up.
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
    shown = [series.values[:, feature], forecast.mean[: trusted_steps(forecast), feature]]
    if truth is not None:
        draw_truth(drawn, across, series, truth, feature=feature, count=count)
        shown.append(truth.values[beyond(series, truth), feature])
    if one_step is not None:
        _draw_one_step(drawn, across, series, one_step, feature)
    _draw_continuation(drawn, across, forecast, feature, count=count, thin=members)
    view = in_view(shown, [forecast.mean[:, feature]])
    draw_bands(drawn, across, forecast, feature, widened(view, _FAR))
    keep_in_view(drawn, view)
    label_trust(drawn, across, forecast)
    return write_axes(drawn, across, series, feature)


def forecast_figure(
    series: Series,
    forecast: Forecast,
    *,
    truth: Series | None = None,
    one_step: OneStep | None = None,
    members: bool | None = None,
) -> Figure:
    """A whole figure of a forecast: one feature with a second panel below, or a panel for each feature.

    The second panel has the relative error where the truth is known at a predicted x (over the spread of the known
    values if that truth passes through zero); where it is not, the half-widths of the bounds, if there are any. The
    verdict stands beneath, where there is one, and which bounds are missing.

    Parameters
    ----------
    series, forecast, truth, one_step, members
        As for :func:`draw_forecast`. Of more than six features the first six are drawn, and a line says how many more
        there are.

    Returns
    -------
    Figure
        For :func:`save`.

    Raises
    ------
    InputError
        A truth, or a forecast, with other features.

    Examples
    --------
    >>> import unrolled
    >>> from unrolled.show import forecast_figure
    >>> energies = unrolled.dataset("pairing-particles")
    >>> fitted = unrolled.model("autoregression", window=2).fit(energies.head(12))
    >>> len(forecast_figure(fitted.series, fitted.predict(8), truth=energies).axes)
    2
    """
    draw = partial(draw_forecast, series, forecast, truth=truth, one_step=one_step, members=members)
    lines = lines_beneath(forecast)
    beneath = _LINE * len(lines)
    sheet = _panels(draw, series, beneath) if len(series.names) > 1 else _single(draw, forecast, truth, beneath)
    write_beneath(sheet, lines)
    return sheet


def _single(draw: Callable[..., Axes], forecast: Forecast, truth: Series | None, beneath: float) -> Figure:
    bounded = any_bounds(forecast, 0)
    judged = truth is not None and any_truth(truth, forecast.x)
    if not (judged or bounded):
        sheet, (top,) = figure(58 + beneath)
        draw(axes=top)
        return sheet
    sheet, panels = figure((92 if bounded else 82) + beneath, panels=(1.8 if bounded else 2.7, 1))
    draw(axes=panels[0])
    if truth is not None and judged:
        over = "spread" if passes_zero(truth, [forecast], 0) else "truth"
        draw_relative_error(forecast, truth, axes=panels[1], over=over)
    else:
        draw_half_widths(forecast, axes=panels[1])
    _only_last_x(panels)
    sheet.align_ylabels()
    return sheet


def _panels(draw: Callable[..., Axes], series: Series, beneath: float) -> Figure:
    count = min(len(series.names), _MOST_PANELS)
    sheet, panels = figure(20 + 30 * count + beneath, panels=(1,) * count)
    for feature, panel in enumerate(panels):
        draw(axes=panel, feature=feature)
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


def _only_last_x(panels: tuple[Axes, ...]) -> None:
    for panel in panels[:-1]:
        panel.set_xlabel("")
        panel.tick_params(labelbottom=False)
        panel.xaxis.get_offset_text().set_visible(False)


def _draw_one_step(axes: Axes, across: Abscissa, series: Series, one_step: OneStep, feature: int) -> None:
    # Padded windows predict repetitions of the last value, at x where the series has no data.
    within = (one_step.x >= series.x.min()) & (one_step.x <= series.x.max())
    look = LOOKS[1]
    values = drawable(one_step.mean[within, feature])
    axes.plot(
        across.places(one_step.x[within]), values, ls=look.line, color=look.colour, lw=0.9, label="one step",
        **marks_alone(values),
    )  # fmt: skip


def _draw_continuation(
    axes: Axes, across: Abscissa, forecast: Forecast, feature: int, *, count: int, thin: bool | None
) -> None:
    x = across.places(forecast.x)
    summed_up = bool(forecast.bands) and (bool(forecast.ingredients) or forecast.centre is not None)
    if thin or (thin is None and not summed_up):
        order = np.argsort(x)
        label = "candidates" if forecast.ingredients else "members" if forecast.centre is not None else None
        draw_members(axes, x[order], forecast.members[:, order, feature], LOOKS[0], label=label)
    members = len(forecast.members)
    label = f"mean of {members} members" if members > 1 and forecast.centre is None else "prediction"
    draw_prediction(axes, x, forecast.mean[:, feature], forecast, label=label, count=count)
    mark_trust(axes, across, forecast)
