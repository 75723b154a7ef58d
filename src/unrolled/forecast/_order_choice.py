"""How many lags an autoregression has: judged on rolling origins inside the known part."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from unrolled.forecast._autoregressive_law import fit_autoregression, least_rows

__all__ = ["choose_order"]

_ORDERS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 48, 64)
_BLOCKS, _ORIGINS, _AHEAD = 4, 1_000, 10
# Older values than these are not looked at in the choice.
_MOST_POINTS = 20_000
# No variance is believed to be smaller, in units of the spread of the known values.
_LEAST_VARIANCE = 1e-20
_WORST = 1e100
# Scores that are this near are equal: what is left of an exact law is rounding.
_EQUAL = 0.01


def choose_order(values: Float[np.ndarray, "time feature"], ridge: float = 0.0) -> int:
    r"""The number of lags with the most likely forecasts.

    The origins lie in the second half, which is parted in four blocks: those of a block share the coefficients that
    were learned before it. The score of an order is the mean over origins and steps, up to 10, of
    :math:`\log |\Sigma_h| + e_h^T \Sigma_h^{-1} e_h`, with the errors :math:`e_h` of the closed loop and their
    covariance by the law. The smallest order is taken whose score lies within a standard error of the best: the
    deviation of the difference over origins, over the root of how many of these do not overlap.

    Parameters
    ----------
    values
        The known values, standardized.
    ridge
        As in :func:`fit_autoregression`.
    """
    values = values[-_MOST_POINTS:]
    points, features = values.shape
    starts = np.unique(np.linspace(points // 2, points - 1, _ORIGINS).astype(int))
    blocks = [block for block in np.array_split(starts, _BLOCKS) if len(block)]
    orders = [order for order in _ORDERS if least_rows(order, features) <= blocks[0][0]]
    if not orders:
        return 1
    scores = np.stack([_scores(values, order, ridge, blocks) for order in orders])
    worse = scores - scores[np.argmin(scores.mean(axis=1))]
    error = worse.std(axis=1) / np.sqrt(max((points - starts[0]) / _AHEAD, 1.0))
    return orders[int(np.argmax(worse.mean(axis=1) <= np.maximum(error, _EQUAL)))]


def _scores(
    values: Float[np.ndarray, "time feature"], order: int, ridge: float, blocks: list[np.ndarray]
) -> Float[np.ndarray, " origin"]:
    """Of every origin, the mean over the steps that are known."""
    found = []
    for starts in blocks:
        law = fit_autoregression(values[: starts[0]], order, ridge)
        windows = np.stack([values[start - order : start] for start in starts])
        errors = _beyond(values, starts) - law.expect(windows, _AHEAD)
        known = starts[:, None] + np.arange(_AHEAD) < len(values)
        found.append(np.mean(_surprise(law.noise(_AHEAD), errors), axis=1, where=known))
    return np.concatenate(found)


def _beyond(
    values: Float[np.ndarray, "time feature"], starts: Int[np.ndarray, " origin"]
) -> Float[np.ndarray, "origin step feature"]:
    """What came after every origin; NaN where nothing is known."""
    after = np.full((_AHEAD, values.shape[1]), np.nan)
    rows = starts[:, None] + np.arange(_AHEAD)
    return np.concatenate([values, after])[rows]


def _surprise(
    covariance: Float[np.ndarray, "step feature feature"], errors: Float[np.ndarray, "origin step feature"]
) -> Float[np.ndarray, "origin step"]:
    """Twice the negative logarithm of the density, but for a constant; large where the forecast ran off."""
    usable = np.asarray(np.isfinite(covariance).all(axis=(1, 2)))
    kept = np.where(usable[:, None, None], covariance, 0.0)
    size, vectors = np.linalg.eigh(kept)
    size = np.maximum(size, _LEAST_VARIANCE)
    with np.errstate(all="ignore"):
        along = np.einsum("hij,ohi->ohj", vectors, errors)
        made = np.sum(np.log(size) + along**2 / size, axis=2)
    return np.where(usable & (made < _WORST), made, _WORST)  # NaN is as bad
