"""How wrong a prediction is: a pointwise statistic, then an average over points."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

__all__ = ["max_relative_error", "mean_squared_error", "relative_error"]


def mean_squared_error(prediction: np.ndarray, truth: np.ndarray) -> float:
    """Mean over all points of ``(prediction - truth)^2``.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.metrics import mean_squared_error
    >>> mean_squared_error(np.array([1.0, 2.0]), np.array([1.0, 4.0]))
    2.0
    """
    with np.errstate(over="ignore"):
        return float(np.mean(np.square(np.subtract(prediction, truth))))


def relative_error(prediction: np.ndarray, truth: np.ndarray) -> Float[np.ndarray, "..."]:
    """``|prediction - truth| / |truth|`` at every point; infinite where only the truth is zero."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        difference, size = np.abs(np.subtract(prediction, truth)), np.abs(truth)
        return np.asarray(np.where(difference == 0, 0.0, difference / size))


def max_relative_error(prediction: np.ndarray, truth: np.ndarray) -> float:
    """The largest relative error over all points."""
    return float(np.max(relative_error(prediction, truth)))
