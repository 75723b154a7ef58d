"""Singular values of products of Jacobians: how far back a derivative reaches."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float, Int

__all__ = ["geometric_mean", "singular_values_by_lag"]

# Singular values are computed at every lag below this, and at so many more, evenly spread, beyond: at fewer where the
# matrices are large.
_EVERY_LAG, _LEAST_LAGS, _LARGE = 32, 4, 128


def singular_values_by_lag(
    jacobians: Float[np.ndarray, "batch step state state"], parts: Mapping[str, slice]
) -> tuple[Int[np.ndarray, " lag"], dict[str, Float[np.ndarray, "lag part"]]]:
    """Of ``J_T J_{T-1} ...`` with as many factors as each lag says, and of blocks on its diagonal.

    Parameters
    ----------
    jacobians
        Of every step of some sequences; the last one is J_T.
    parts
        By name which rows and columns.

    Returns
    -------
    tuple
        The lags that were looked at, from 0 to the number of steps; by name geometric means over the sequences of the
        singular values, largest first.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.networks import singular_values_by_lag
    >>> lags, values = singular_values_by_lag(np.full((1, 3, 1, 1), 0.5), {"all": slice(0, 1)})
    >>> lags.tolist(), values["all"].ravel().round(6).tolist()
    ([0, 1, 2, 3], [1.0, 0.5, 0.25, 0.125])
    """
    chosen = _chosen(jacobians.shape[1], jacobians.shape[-1])
    each = [_log_singular_values(own, chosen, parts) for own in jacobians]
    return chosen, {name: geometric_mean(np.array([own[name] for own in each])) for name in parts}


def _chosen(longest: int, states: int) -> Int[np.ndarray, " lag"]:
    count = max(_LEAST_LAGS, _EVERY_LAG * _LARGE // max(states, _LARGE))
    near, far = np.arange(min(count, longest + 1)), np.linspace(0, longest, count).round().astype(int)
    return np.unique(np.concatenate([near, far]))


def _log_singular_values(
    jacobians: Float[np.ndarray, "step state state"], chosen: Int[np.ndarray, " lag"], parts: Mapping[str, slice]
) -> dict[str, Float[np.ndarray, "lag part"]]:
    """Of the parts of ``J_T J_{T-1} ...`` with as many factors as each lag says; scaled, so that it stays a number."""
    size, scale = jacobians.shape[-1], 0.0
    product = np.eye(size)
    found = {name: {0: np.zeros(part.stop - part.start)} for name, part in parts.items()}
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        for lag, jacobian in enumerate(jacobians[::-1], 1):
            product = product @ jacobian
            largest = np.abs(product).max()
            if not 0 < largest < np.inf:
                rest = np.full(size, -np.inf if largest == 0 else np.nan)
                later = [int(own) for own in chosen if own >= lag]
                for name, part in parts.items():
                    found[name] |= dict.fromkeys(later, rest[part])
                break
            product, scale = product / largest, scale + np.log(largest)
            if lag in chosen:
                for name, part in parts.items():
                    found[name][lag] = scale + np.log(np.linalg.svd(product[part, part], compute_uv=False))
    return {name: np.array([own[int(lag)] for lag in chosen]) for name, own in found.items()}


def geometric_mean(logs: Float[np.ndarray, "batch ..."]) -> Float[np.ndarray, "..."]:
    """Over the sequences, from logarithms."""
    with np.errstate(over="ignore", under="ignore"):
        return np.exp(logs.mean(axis=0))
