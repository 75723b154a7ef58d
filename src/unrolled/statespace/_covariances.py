"""Covariance matrices of the states: whitened, floored, checked."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from unrolled.errors import InputError
from unrolled.types import AnyArray

__all__ = ["LOG_2_PI", "floored", "inverse_roots", "log_normal", "require_covariances", "roots_of"]

LOG_2_PI = float(np.log(2 * np.pi))
_FEW = 8  # features up to which sums are written out: they become one loop over the steps


def roots_of(covariances: Float[Array, "state feature feature"]) -> Float[Array, "state feature feature"]:
    """The lower triangular root of each, one after the other: batches of LAPACK calls can block each other."""
    if covariances.shape[-1] == 1:
        return jnp.sqrt(covariances)
    return jax.lax.map(jnp.linalg.cholesky, covariances)


def inverse_roots(
    covariances: Float[Array, "state feature feature"],
) -> tuple[Float[Array, "state feature feature"], Float[Array, " state"]]:
    """The inverse of each root L, and the logarithm of its determinant."""
    L = roots_of(covariances)
    logs = jnp.sum(jnp.log(jnp.diagonal(L, axis1=1, axis2=2)), axis=1)
    if L.shape[-1] == 1:
        return 1 / L, logs
    eye = jnp.eye(L.shape[-1])
    return jax.lax.map(lambda one: jax.scipy.linalg.solve_triangular(one, eye, lower=True), L), logs


def whitened(
    residuals: Float[AnyArray, "time state feature"], inverse: Float[Array, "state feature feature"]
) -> Float[Array, "time state feature"]:
    """``L^-1 r`` of every step and state."""
    features = residuals.shape[-1]
    if features > _FEW:
        return jnp.einsum("tkf,kgf->tkg", residuals, inverse)
    first, *others = (jnp.asarray(residuals)[:, :, f, None] * inverse[:, :, f] for f in range(features))
    return sum(others, start=first)


def log_normal(
    residuals: Float[AnyArray, "time state feature"], covariances: Float[AnyArray, "state feature feature"]
) -> Float[Array, "time state"]:
    """``-(r' S^-1 r + log det S + d log 2 pi) / 2`` of every step and state."""
    inverse, logs = inverse_roots(jnp.asarray(covariances))
    squares = jnp.sum(whitened(residuals, inverse) ** 2, axis=-1)
    return -0.5 * squares - (logs + 0.5 * residuals.shape[-1] * LOG_2_PI)


def floored(S: Float[Array, "feature feature"], floor: Float[AnyArray, " feature"]) -> Float[Array, "feature feature"]:
    """The most likely covariance that is at least ``diag(floor)``, where S is the most likely of all.

    In the basis in which the floor is the identity the eigenvalues of S that lie below 1 become 1: this is the exact
    solution of ``min log det C + tr C^-1 S`` under ``C >= diag(floor)``, so that EM still never falls.
    """
    width = jnp.sqrt(floor)
    relative = S / (width[:, None] * width)
    if len(floor) == 1:
        return jnp.maximum(relative, 1.0) * floor
    relative = (relative + relative.T) / 2
    values, vectors = jnp.linalg.eigh(relative)
    lifted = (vectors * jnp.maximum(values, 1.0)) @ vectors.T
    chosen = jnp.where(jnp.all(values >= 1.0), relative, (lifted + lifted.T) / 2)
    return chosen * (width[:, None] * width)


def require_covariances(name: str, covariances: AnyArray, states: int, features: int) -> None:
    """Raise an :class:`InputError` unless these are symmetric positive definite matrices, one a state."""
    S = np.asarray(covariances)
    if S.shape != (states, features, features):
        raise InputError(f"{name} must have shape ({states}, {features}, {features}); came {S.shape}.")
    if _positive_definite(S):
        return
    for k, one in enumerate(S):
        if not _symmetric(one):
            raise InputError(f"{name} of state {k} must be finite and symmetric; came {one.tolist()}.")
        try:
            np.linalg.cholesky(one)
        except np.linalg.LinAlgError:
            raise InputError(
                f"{name} of state {k} is not positive definite: its least eigenvalue is "
                f"{np.linalg.eigvalsh(one)[0]:.3g}; leave a feature out that others determine, or add to its diagonal."
            ) from None


def _symmetric(S: Float[np.ndarray, "*state feature feature"]) -> bool:
    """Whether all are finite, and symmetric to eight digits; NaN compares as neither."""
    return bool((np.abs(S - np.swapaxes(S, -1, -2)) <= 1e-8 * np.abs(S)).all()) and bool(np.isfinite(S).all())


def _positive_definite(S: Float[np.ndarray, "state feature feature"]) -> bool:
    """All at once: the model is checked in every call, and calls are short."""
    try:
        np.linalg.cholesky(S)
    except np.linalg.LinAlgError:
        return False
    return _symmetric(S)
