"""The truth, where it is known: looked up by x, never by position; and the spread of what is known."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from unrolled.choose import spread_of
from unrolled.errors import InputError
from unrolled.series import Series

__all__ = ["any_truth", "check_feature", "check_pair", "known_spread", "true_values"]


def true_values(truth: Series, x: Float[np.ndarray, " place"]) -> Float[np.ndarray, "place feature"]:
    """The values of ``truth`` at each x; NaN where it has none there."""
    order = np.argsort(truth.x)
    known = truth.x[order]
    right = np.clip(np.searchsorted(known, x), 0, len(known) - 1)
    left = np.maximum(right - 1, 0)
    nearest = np.where(np.abs(known[left] - x) < np.abs(known[right] - x), left, right)
    step = np.min(np.diff(known)) if len(known) > 1 else 1.0
    near = np.abs(known[nearest] - x) <= 1e-6 * step + 4 * np.spacing(np.abs(x))
    return np.where(near[:, None], truth.values[order][nearest], np.nan)


def any_truth(truth: Series, x: Float[np.ndarray, " place"]) -> bool:
    """Whether the truth is known at any of these x."""
    return bool(np.isfinite(true_values(truth, x)).any())


def known_spread(series: Series, feature: int) -> float:
    """The standard deviation of the values of a feature that are not missing."""
    values = series.values[:, feature]
    with np.errstate(all="ignore"):
        return spread_of(values[~np.isnan(values)])


def check_feature(feature: int, series: Series) -> None:
    """Raise an :class:`InputError` if the series has no feature of that number."""
    if not 0 <= feature < len(series.names):
        raise InputError(f"feature must be from 0 to {len(series.names) - 1}, those of {series.name}; came {feature}.")


def check_pair(series: Series, other: Series, what: str) -> None:
    """Raise an :class:`InputError` if two series do not have the same number of features."""
    if len(series.names) != len(other.names):
        raise InputError(f"{what} has {len(other.names)} features where {series.name} has {len(series.names)}.")
