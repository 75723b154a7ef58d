"""How wrong a prediction is: a pointwise statistic, then an average over points."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float

__all__ = ["max_relative_error", "mean_squared_error", "relative_error"]


def mean_squared_error(prediction: np.ndarray, truth: np.ndarray) -> float:
    """Mean of ``(prediction - truth)^2`` over all points whose truth is not missing (NaN); NaN where all are.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.metrics import mean_squared_error
    >>> mean_squared_error(np.array([1.0, 2.0]), np.array([1.0, 4.0]))
    2.0
    """
    with np.errstate(over="ignore"):
        squares, known = np.square(np.subtract(prediction, truth)), ~np.isnan(truth)
        squares = squares if known.all() else squares[known]
        return float(np.mean(squares)) if squares.size else math.nan


def relative_error(prediction: np.ndarray, truth: np.ndarray) -> Float[np.ndarray, "..."]:
    """``|prediction - truth| / |truth|`` at every point; infinite where only the truth is zero."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        difference, size = np.abs(np.subtract(prediction, truth)), np.abs(truth)
        return np.asarray(np.where(difference == 0, 0.0, difference / size))


def max_relative_error(prediction: np.ndarray, truth: np.ndarray) -> float:
    """The largest relative error over all points whose truth is not missing; NaN where all are."""
    errors = relative_error(prediction, truth)[~np.isnan(truth)]
    return float(np.max(errors)) if errors.size else math.nan
