"""How far a forecast was from the truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from unrolled.errors import InputError
from unrolled.forecast import Forecast
from unrolled.metrics import max_relative_error, mean_squared_error

__all__ = ["Scores", "score"]


@dataclass(frozen=True)
class Scores:
    """Errors of the ensemble mean where the truth is known; ``None`` where it is not.

    Attributes
    ----------
    mse_all
        Mean squared error over all points, those that were learned counting as zero error: the lecture's figure.
    mse_forecast
        Mean squared error over the predicted points alone.
    max_relative_error
        The largest ``|prediction - truth| / |truth|``; infinite where a truth is zero.
    """

    mse_all: float | None = None
    mse_forecast: float | None = None
    max_relative_error: float | None = None


def score(forecast: Forecast, truth: Any) -> Scores:
    """Score a forecast against the truth, as far as that goes.

    Parameters
    ----------
    forecast
        The continuation.
    truth
        The values that came after the known part, shape ``(time, feature)``, or ``(time,)`` of a single feature:
        fewer than the horizon, or none, where no more are known; NaN where a single one is missing.

    Returns
    -------
    Scores
        All ``None`` where nothing is known.

    Examples
    --------
    >>> import unrolled
    >>> fitted = unrolled.model("autoregression").fit([1.0, 2.0, 4.0, 8.0, 16.0])
    >>> unrolled.score(fitted.predict(2), [[32.0], [65.0]]).mse_forecast
    0.5
    """
    values = np.asarray(truth, np.float64)
    values = values[:, None] if values.ndim == 1 else values
    features = forecast.members.shape[-1]
    if values.ndim != 2 or values.shape[1] != features:
        raise InputError(f"the truth must have shape (time, {features}), as the series has; came {np.shape(truth)}.")
    values = values[: len(forecast)]
    if np.isinf(values).any():
        raise InputError("the truth holds an infinite value; leave it out, or put NaN in its place.")
    count = int(np.count_nonzero(~np.isnan(values)))
    if count == 0:
        return Scores()
    predicted = forecast.mean[: len(values)]
    mse = mean_squared_error(predicted, values)
    share = count / (count + np.count_nonzero(~np.isnan(forecast.series.values)))
    return Scores(mse * share, mse, max_relative_error(predicted, values))
