"""Averages along a trajectory that converge fast."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

__all__ = ["averaged", "smooth_weights"]

_PARTS = 20


def smooth_weights(count: int) -> Float[np.ndarray, " step"]:
    r"""Weights ``exp(-1 / (t (1 - t)))`` at t = 1/2n, 3/2n, ..., that sum to 1.

    Averages with them converge faster than any power of the number of steps where the motion is periodic or
    quasi-periodic, and about as fast as others where it is chaotic.

    References
    ----------
    S. Das, Y. Saiki, E. Sander and J. A. Yorke, Nonlinearity 30 (2017) 4111.

    Examples
    --------
    >>> from unrolled.dynamics._averages import smooth_weights
    >>> smooth_weights(3).round(3).tolist()
    [0.038, 0.925, 0.038]
    """
    t = (np.arange(count) + 0.5) / count
    weights = np.exp(-1 / (t * (1 - t)) + 4)
    return weights / weights.sum()


def averaged(
    values: Float[np.ndarray, "block exponent"],
) -> tuple[Float[np.ndarray, " exponent"], Float[np.ndarray, " exponent"]]:
    """The smooth average over all blocks, and its standard error from smooth averages over 20 parts of them.

    What is minus infinity in one block is so on average, without an error.
    """
    lost = np.isneginf(values).any(axis=0)  # in one block, wherever that lies, whose weight may be rounded to zero
    mean = np.where(lost, -np.inf, smooth_weights(len(values)) @ np.where(lost, 0.0, values))
    parts = np.array_split(values, min(_PARTS, len(values)))
    if len(parts) < 2:
        return mean, np.full_like(mean, np.nan)
    own = np.array([smooth_weights(len(part)) @ np.where(lost, 0.0, part) for part in parts])
    return mean, np.where(lost, np.nan, own.std(axis=0, ddof=1) / np.sqrt(len(parts)))
