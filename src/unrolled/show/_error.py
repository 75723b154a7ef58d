"""How far off a forecast is, where the truth is known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes

from unrolled.errors import InputError, nearest_name
from unrolled.forecast import Forecast
from unrolled.series import Series
from unrolled.show._abscissa import Abscissa
from unrolled.show._bands import any_bounds, half_widths, shade_half_widths
from unrolled.show._figure import figure
from unrolled.show._layers import MARKED, draw_curve, draw_dots, draw_nothing
from unrolled.show._style import LOOKS
from unrolled.show._ticks import log_axis, name_axis
from unrolled.show._trust import draw_prediction, mark_trust, trusted_steps
from unrolled.show._truth import any_truth, check_feature, check_pair, known_spread, true_values

__all__ = ["check_several", "draw_relative_error", "passes_zero"]

Over: TypeAlias = Literal["truth", "spread"]

_STRONG, _THIN = 1.1, 0.6  # lines, in points
_NAMES = {
    "truth": ("relative error", "relative error and bounds"),
    "spread": ("error / spread", "error and bounds / spread"),
}


def draw_relative_error(
    forecasts: Forecast | Mapping[str, Forecast],
    truth: Series,
    *,
    axes: Axes | None = None,
    feature: int = 0,
    over: Over = "truth",
) -> Axes:
    """Draw ``|prediction - truth| / |truth|`` on a logarithmic axis, wherever the truth is known.

    A prediction without any error, or a truth of zero, has no place on this axis and leaves a gap. Colours, lines
    and marks are those of :func:`draw_forecast` and :func:`draw_comparison`, so there is no legend; more than 60 steps
    of a single forecast are dots. Its bounds are shaded up to their half-width over ``|truth|``: where the error lies
    in the shade, the truth lies within such bounds.

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
    over
        ``"spread"`` puts the standard deviation of the known values in place of ``|truth|``: for a truth that passes
        through zero, where a relative error says nothing.

    Returns
    -------
    Axes
        What was drawn on.

    Raises
    ------
    InputError
        The truth is known at none of the predicted x; no such feature, or features that differ; no forecast, or
        more than six; ``over`` is neither.

    Examples
    --------
    >>> import unrolled
    >>> from unrolled.show import draw_relative_error
    >>> energies = unrolled.dataset("pairing-particles")
    >>> fitted = unrolled.model("autoregression", window=2).fit(energies.head(12))
    >>> draw_relative_error(fitted.predict(8), energies).get_yscale()
    'log'
    """
    if over not in _NAMES:
        raise nearest_name("scale of the error", over, _NAMES)
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
        _draw_one(drawn, across, forecasts, _Judge(truth, feature, over))
    else:
        _draw_several(drawn, across, forecasts, _Judge(truth, feature, over))
    across.write(drawn)
    name_axis(drawn.yaxis, _NAMES[over][bounded])
    return drawn


def check_several(forecasts: Mapping[str, Forecast]) -> None:
    """Raise an :class:`InputError` unless there are one to six forecasts, as many as there are looks."""
    if not 1 <= len(forecasts) <= len(LOOKS):
        raise InputError(f"one figure holds 1 to {len(LOOKS)} forecasts; came {len(forecasts)}.")


def passes_zero(truth: Series, forecasts: Iterable[Forecast], feature: int) -> bool:
    """Whether the truth is zero, or has both signs, at the places of these forecasts."""
    values = np.concatenate([true_values(truth, forecast.x)[:, feature] for forecast in forecasts])
    values = values[np.isfinite(values)]
    return bool(values.size) and float(values.min()) <= 0 <= float(values.max())


@dataclass(frozen=True)
class _Judge:
    """What an error is measured against."""

    truth: Series
    feature: int
    over: Over

    def scale(self, forecast: Forecast) -> Float[np.ndarray, " horizon"]:
        """What errors and half-widths are divided by; NaN where the truth is not known."""
        truth = self._true(forecast)
        if self.over == "truth":
            return np.abs(truth)
        return np.where(np.isnan(truth), np.nan, known_spread(forecast.series, self.feature))

    def error(self, forecast: Forecast) -> Float[np.ndarray, " horizon"]:
        """The error; NaN where it has no place on a logarithmic axis."""
        error = self._ratio(forecast)
        return np.where(np.isfinite(error) & (error > 0), error, np.nan)

    def why_none(self, forecasts: Iterable[Forecast]) -> str:
        """What to say where no error has a place on the axis."""
        exact = all(bool(np.any(self._ratio(forecast) == 0)) for forecast in forecasts)
        return "no error above zero" if exact else "no error that is a finite number"

    def _ratio(self, forecast: Forecast) -> Float[np.ndarray, " horizon"]:
        with np.errstate(all="ignore"):
            return np.abs(forecast.mean[:, self.feature] - self._true(forecast)) / self.scale(forecast)

    def _true(self, forecast: Forecast) -> Float[np.ndarray, " horizon"]:
        return true_values(self.truth, forecast.x)[:, self.feature]


def _draw_several(axes: Axes, across: Abscissa, forecasts: Mapping[str, Forecast], judge: _Judge) -> None:
    errors = []
    for forecast, look in zip(forecasts.values(), LOOKS, strict=False):
        order = np.argsort(forecast.x)
        errors.append(judge.error(forecast)[order])
        # Errors that jump from step to step would cover each other.
        width = _THIN if len(forecast) > MARKED else _STRONG
        draw_curve(axes, across.places(forecast.x[order]), errors[-1], look, count=len(judge.truth), width=width)
        across.hold(axes, forecast.x[~np.isnan(judge.scale(forecast))])
    _scale(axes, errors, judge.why_none(forecasts.values()))


def _draw_one(axes: Axes, across: Abscissa, forecast: Forecast, judge: _Judge) -> None:
    x, error, count = across.places(forecast.x), judge.error(forecast), len(judge.truth)
    found = half_widths(forecast, judge.feature, judge.scale(forecast))
    if _scale(axes, [error, *(half for _, half in found)], judge.why_none([forecast])):
        shade_half_widths(axes, across, forecast, found)
    mark_trust(axes, across, forecast)
    across.hold(axes, forecast.x[~np.isnan(judge.scale(forecast))])
    if len(forecast) <= MARKED:
        draw_prediction(axes, x, error, forecast, count=count)
        return
    trusted = trusted_steps(forecast)
    for part, hollow in ((slice(trusted), False), (slice(trusted, None), True)):
        draw_dots(axes, x[part], error[part], LOOKS[0], hollow=hollow, count=count)


def _scale(axes: Axes, shown: Sequence[Float[np.ndarray, " _"]], why_none: str) -> bool:
    """A logarithmic axis for all of these numbers; words, and False, where there is none."""
    numbers = np.concatenate(shown)
    numbers = numbers[np.isfinite(numbers)]
    if not numbers.size:
        draw_nothing(axes, why_none)
        return False
    log_axis(axes.yaxis, float(numbers.min()), float(numbers.max()))
    return True
