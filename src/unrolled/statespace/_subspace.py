"""A first linear dynamical system for a series, from the singular vectors of its past and future."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float

from unrolled.arguments import require_array, require_moderate, require_whole, unmasked
from unrolled.errors import InputError
from unrolled.statespace._linear_gaussian import LinearGaussian

__all__ = ["series_values", "subspace_system"]

_MOST_UNITS = 1_000
_MOST_LAGS = 50
# Directions of the past with less variance than this share say nothing.
_RESOLVED = 1e-8
# Of the variance of y and of the states: least noise to begin with.
_LEAST_NOISE = 1e-3
_MOST_RADIUS = 1.0


def subspace_system(y: Float[np.ndarray, "time feature"], units: int) -> LinearGaussian:
    """A system from which expectation-maximization can begin.

    The states are the directions of the past that predict the future best: singular vectors of the regression of
    ``(y_t ... y_{t+k-1})`` on ``(y_{t-k} ... y_{t-1})``. W, V and the noises follow by least squares. Gaps are bridged
    by straight lines, for this beginning alone.

    Parameters
    ----------
    y
        Observations, NaN where they are missing.
    units
        How many hidden units.

    Raises
    ------
    InputError
        More units than the series can tell apart.

    References
    ----------
    P. Van Overschee and B. De Moor, Subspace Identification for Linear Systems (1996), chapter 3.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.statespace import subspace_system
    >>> wave = np.sin(0.3 * np.arange(200))[:, None]
    >>> found = np.abs(np.angle(np.linalg.eigvals(subspace_system(wave, 2).W)))
    >>> bool(np.allclose(found, 0.3, atol=1e-3))
    True
    """
    require_whole("units", units, 1, _MOST_UNITS)
    filled = _bridged(series_values(y))
    points, features = filled.shape
    lags = min(max(2 * -(-units // features), 4), _MOST_LAGS, points // 3)
    if lags * features < units or points - 2 * lags + 1 < 2 * units + 2:
        raise InputError(
            f"{units} hidden units cannot be told apart in {points} points of {features} features; take fewer units."
        )
    mean = filled.mean(axis=0)
    states = _states(filled - mean, lags, units)
    W = np.linalg.lstsq(states[:-1], states[1:], rcond=None)[0].T
    radius = np.max(np.abs(np.linalg.eigvals(W)))
    W *= min(1.0, _MOST_RADIUS / max(radius, 1e-300))
    seen = filled[lags : lags + len(states)] - mean
    V = np.linalg.lstsq(states, seen, rcond=None)[0].T
    Q = _noise(states[1:] - states[:-1] @ W.T, float(np.mean(states**2)))
    R = _noise(seen - states @ V.T, float(np.mean(np.var(filled, axis=0))))
    return LinearGaussian(W, V, Q, R, np.zeros(units), np.eye(units) * (np.mean(states**2) or 1.0), c=mean)


def series_values(y: Any) -> Float[np.ndarray, "time feature"]:
    """The series in float64, NaN where something is missing or masked, or an :class:`InputError`.

    Rows in time are asked for, and one known value of every feature.
    """
    values = np.asarray(require_array("y", unmasked(y), "time", "feature"), np.float64)
    if np.isinf(values).any():
        raise InputError("y holds an infinite value; every value must be a finite number, or NaN where it is missing.")
    if not values.size or np.isnan(values).all(axis=0).any():
        raise InputError("y has a feature of which no value is known, or none at all; there is nothing to learn from.")
    require_moderate("y", values)
    return values


def _bridged(y: np.ndarray) -> np.ndarray:
    t, filled = np.arange(len(y)), y.copy()
    for column in filled.T:
        seen = ~np.isnan(column)
        column[~seen] = np.interp(t[~seen], t[seen], column[seen])
    return filled


def _states(y: np.ndarray, lags: int, units: int) -> Float[np.ndarray, "time unit"]:
    """Of every step that has so many before it and, with itself, after it."""
    rows = np.array([y[t : t + 2 * lags].ravel() for t in range(len(y) - 2 * lags + 1)])
    past, future = np.split(rows, 2, axis=1)
    left, sizes, _ = np.linalg.svd(past, full_matrices=False)
    # What the past says of the future, and its main directions.
    kept = left[:, sizes > _RESOLVED * max(sizes[0], np.finfo(np.float64).tiny)]
    directions, _, _ = np.linalg.svd(kept.T @ future, full_matrices=False)
    made = (kept @ directions)[:, :units] * np.sqrt(len(rows))
    lacking = units - made.shape[1]
    return np.concatenate([made, np.zeros((len(rows), lacking))], axis=1) if lacking > 0 else made


def _noise(left: np.ndarray, size: float) -> np.ndarray:
    # What is constant has no size of its own.
    return left.T @ left / len(left) + _LEAST_NOISE * (size or 1.0) * np.eye(left.shape[1])
