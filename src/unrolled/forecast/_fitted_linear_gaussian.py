"""Linear dynamical systems that have learned a series: exact forecasts, and the states behind it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from unrolled.forecast._continued import checked_history, checked_horizon, first_settled, require_moderate_columns
from unrolled.forecast._forecast import Band, Forecast, OneStep
from unrolled.learn import History
from unrolled.series import Series, appended
from unrolled.statespace import (
    Filtered,
    LinearGaussian,
    Smoothed,
    filter_states,
    predict_ahead,
    shared_length,
    smooth_states,
)

if TYPE_CHECKING:
    from unrolled.forecast._linear_dynamical_system import LinearDynamicalSystem
    from unrolled.forecast._structural import Structural

__all__ = ["FittedLinearGaussian"]

# Of a first state nothing may be known, and a series may have no noise: a covariance would lose its last digits.
_FORM = "square-root"


@dataclass(frozen=True, eq=False)
class FittedLinearGaussian:
    """A linear dynamical system, or one a feature, that has learned a series.

    Attributes
    ----------
    model
        What was asked for.
    series
        The known part, from whose end it continues; values may be missing.
    systems
        One for all features together, or one for each, in units of the series.
    values
        What was learned that has a name, one mapping a system.
    scores
        By number of hidden units: what spoke for it, where it was chosen.
    notes
        Sentences that a user should read before believing the forecast.
    """

    model: LinearDynamicalSystem | Structural
    series: Series
    systems: tuple[LinearGaussian, ...]
    values: tuple[Mapping[str, float], ...] = ()
    scores: Mapping[int, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def history(self) -> History | None:
        """No losses by epoch."""
        return None

    def predict(self, horizon: int | None = None, *, x: Any = None, history: Any = None) -> Forecast:
        """Continue the series: the mean, and bounds that are exact for the system that was learned.

        Parameters
        ----------
        horizon
            How many steps beyond the last row.
        x
            Not taken: the places are the next ones.
        history
            Continue from the end of this series, which may have gaps, in place of the known one.

        Raises
        ------
        InputError
            A horizon below 1, a history that does not fit, an ``x``.
        """
        steps = checked_horizon(horizon, x)
        known = self.series if history is None else self._checked(history)
        places = known.future_x(steps)
        made = [predict_ahead(system, _filtered(system, y), steps) for system, y in self._pairs(known)]
        mean = np.concatenate([ahead.mean for ahead in made], axis=1)
        variance = [np.diagonal(ahead.covariance, axis1=1, axis2=2) for ahead in made]
        deviation = np.sqrt(np.concatenate(variance, axis=1))
        bands = []
        for level in self.model.levels:
            half = NormalDist().inv_cdf(0.5 + level / 200) * deviation
            bands.append(Band(level, mean - half, mean + half))
        return Forecast(places, mean[None], known, bands=tuple(bands))

    def one_step(self, data: Any = None) -> OneStep:
        """Predict known values from those before each, from the row on at which the first state is known."""
        known = self.series if data is None else self._checked(data)
        made = []
        for system, y in self._pairs(known):
            found = _filtered(system, y)
            made.append(found.predicted_mean @ np.asarray(system.V).T + _bias(system))
        rows = np.arange(first_settled(known, self.model.window), len(known))
        predicted = np.concatenate(made, axis=1)[rows]
        return OneStep(known.x[rows], rows, predicted[None], known.values[rows])

    def states(self, history: Any = None) -> tuple[Smoothed, ...]:
        """The hidden states at every known row, given all of them; one a system.

        Parameters
        ----------
        history
            Of this series in place of the known one.

        Examples
        --------
        >>> import numpy as np, unrolled
        >>> wave = np.sin(0.3 * np.arange(100))
        >>> fitted = unrolled.model("linear-dynamical-system", units=2).fit(wave)
        >>> fitted.states()[0].mean.shape
        (100, 2)
        """
        known = self.series if history is None else self._checked(history)
        return tuple(smooth_states(system, y, form=_FORM) for system, y in self._pairs(known))

    def signal(
        self, history: Any = None
    ) -> tuple[Float[np.ndarray, "time feature"], Float[np.ndarray, "time feature"]]:
        """What lies behind the noise at every known row, gaps included, and its standard deviation.

        Examples
        --------
        >>> import unrolled
        >>> gapped = unrolled.make_series([0.0, 1.0, 2.0, None, 4.0, 5.0, 6.0, 7.0], gaps=True)
        >>> mean, deviation = unrolled.model("structural").fit(gapped).signal()
        >>> bool(abs(mean[3, 0] - 3.0) < 0.01)
        True
        """
        known = self.series if history is None else self._checked(history)
        means, deviations = [], []
        for system, smoothed in zip(self.systems, self.states(known), strict=True):
            V = np.asarray(system.V)
            means.append(smoothed.mean @ V.T + _bias(system))
            variance = np.einsum("pi,tij,pj->tp", V, np.asarray(smoothed.covariance), V)
            deviations.append(np.sqrt(np.maximum(variance, 0.0)))
        return np.concatenate(means, axis=1), np.concatenate(deviations, axis=1)

    def update(self, value: Any, x: float | None = None) -> FittedLinearGaussian:
        """The same system after one more row became known; NaN where a value did not."""
        longer = appended(self.series, value, x, gaps=True)
        require_moderate_columns(longer)
        return replace(self, series=longer)

    def save(self, folder: str | Path) -> Path:
        """Write the model to a new or empty folder; :func:`unrolled.load` reads it back."""
        from unrolled.forecast._saved_linear_gaussian import save_linear_gaussian

        return save_linear_gaussian(self, folder)

    def _pairs(self, known: Series) -> Iterator[tuple[LinearGaussian, Float[np.ndarray, "time feature"]]]:
        parts = np.split(known.values, len(self.systems), axis=1)
        return zip(self.systems, parts, strict=True)

    def _checked(self, data: Any) -> Series:
        known = checked_history(data, self.series, self.model.window, gaps=True)
        require_moderate_columns(known)
        return known


def _filtered(system: LinearGaussian, y: Float[np.ndarray, "time feature"]) -> Filtered:
    """Filtered with steps after the end at which nothing is seen, so that series of many lengths share a program."""
    more = shared_length(len(y)) - len(y)
    padded = np.concatenate([y, np.full((more, y.shape[1]), np.nan)])
    found = filter_states(system, padded, form=_FORM)
    return Filtered(*(part[: len(y)] for part in found))


def _bias(system: LinearGaussian) -> np.ndarray:
    return np.zeros(system.features) if system.c is None else np.asarray(system.c)
