"""Several continuations of one series in one figure."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from unrolled.forecast import Forecast
from unrolled.series import Series
from unrolled.show._abscissa import Abscissa
from unrolled.show._error import check_several, draw_relative_error, passes_zero
from unrolled.show._figure import figure
from unrolled.show._layers import beyond, draw_curve, draw_known, draw_truth, write_axes
from unrolled.show._style import LOOKS
from unrolled.show._truth import any_truth, check_feature, check_pair
from unrolled.show._view import in_view, keep_in_view

__all__ = ["comparison_figure", "draw_comparison"]


def draw_comparison(
    series: Series,
    forecasts: Mapping[str, Forecast],
    *,
    truth: Series | None = None,
    axes: Axes | None = None,
    feature: int = 0,
) -> Axes:
    """Draw several continuations of one series: models side by side, or the window way beside the x-to-y way.

    Parameters
    ----------
    series
        What was trained on; its stretch of x is shaded.
    forecasts
        By label, one to six. Only their means are drawn.
    truth
        A series that goes on.
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
        No forecast, more than six, no such feature, or features that differ.

    Examples
    --------
    >>> import unrolled
    >>> from unrolled.show import draw_comparison
    >>> energies = unrolled.dataset("pairing-particles")
    >>> fits = {f"L = {n}": unrolled.model("autoregression", window=n).fit(energies.head(12)) for n in (1, 2)}
    >>> axes = draw_comparison(energies.head(12), {k: f.predict(8) for k, f in fits.items()}, truth=energies)
    >>> [text.get_text() for text in axes.get_legend().get_texts()]
    ['training', 'known', 'truth', 'L = 1', 'L = 2']
    """
    check_several(forecasts)
    check_feature(feature, series)
    for label, forecast in forecasts.items():
        check_pair(series, forecast.series, label)
    drawn = axes if axes is not None else figure()[1][0]
    others = [forecast.x for forecast in forecasts.values()] + ([truth.x] if truth is not None else [])
    across = Abscissa.of(series, *others)
    across.shade(drawn, series)
    count = len(series) + max(map(len, forecasts.values()))
    draw_known(drawn, across, series, feature=feature, count=count)
    shown = [series.values[:, feature]]
    if truth is not None:
        check_pair(series, truth, "the truth")
        draw_truth(drawn, across, series, truth, feature=feature, count=count)
        shown.append(truth.values[beyond(series, truth), feature])
    for (label, forecast), look in zip(forecasts.items(), LOOKS, strict=False):
        order = np.argsort(forecast.x)
        x, mean = across.places(forecast.x[order]), forecast.mean[order, feature]
        draw_curve(drawn, x, mean, look, label=label, count=count)
    keep_in_view(drawn, in_view(shown))
    return write_axes(drawn, across, series, feature)


def comparison_figure(
    series: Series, forecasts: Mapping[str, Forecast], *, truth: Series | None = None, feature: int = 0
) -> Figure:
    """A whole figure of several forecasts, with their relative errors below where the truth is known.

    Where the truth passes through zero, errors are over the spread of the known values.

    Parameters
    ----------
    series, forecasts, truth, feature
        As for :func:`draw_comparison`.

    Returns
    -------
    Figure
        For :func:`save`.

    Raises
    ------
    InputError
        No forecast, more than six, no such feature, or features that differ.

    Examples
    --------
    >>> import unrolled
    >>> from unrolled.show import comparison_figure
    >>> fitted = unrolled.model("autoregression").fit([1.0, 2.0, 4.0, 8.0, 16.0])
    >>> len(comparison_figure(fitted.series, {"linear": fitted.predict(2)}).axes)
    1
    """
    judged = truth is not None and any(any_truth(truth, forecast.x) for forecast in forecasts.values())
    sheet, (top, *below) = figure(82 if judged else 60, panels=(2, 1) if judged else (1,))
    draw_comparison(series, forecasts, truth=truth, axes=top, feature=feature)
    if truth is not None and judged:
        over = "spread" if passes_zero(truth, forecasts.values(), feature) else "truth"
        draw_relative_error(forecasts, truth, axes=below[0], feature=feature, over=over)
        top.set_xlabel("")
        top.tick_params(labelbottom=False)
        sheet.align_ylabels()
    return sheet
