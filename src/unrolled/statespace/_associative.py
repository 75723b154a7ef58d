"""Filter and smoother as associative scans: all steps at once, in a depth of log(time)."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from unrolled.statespace._forms import CovarianceForm, masked
from unrolled.statespace._linear_gaussian import LinearGaussian
from unrolled.statespace._observations import Observations, state_offsets

__all__ = ["filter_associatively", "smooth_associatively"]

_FORM = CovarianceForm()


class _Piece(NamedTuple):
    """Some steps, and what they say of the states about them.

    ``p(h_last | h_before, y of the piece) = N(A h_before + b, C)``; of the state before the observations say
    ``exp(eta^T h - h^T J h / 2)``.
    """

    A: Float[Array, "*time unit unit"]
    b: Float[Array, "*time unit"]
    C: Float[Array, "*time unit unit"]
    eta: Float[Array, "*time unit"]
    J: Float[Array, "*time unit unit"]


def filter_associatively(model: LinearGaussian, observed: Observations) -> tuple[Array, ...]:
    """The fields of :class:`~unrolled.statespace.Filtered`."""
    offsets, y = state_offsets(model, observed.inputs), observed.centred(model)
    W, V, R, Q = (jnp.asarray(part) for part in (model.W, model.V, model.R, model.Q))

    def piece(y: Array, seen: Array, offset: Array) -> _Piece:
        rows, noise = masked(V, R, seen)
        correction = _FORM.correct(Q, rows, noise)
        said = rows.T @ correction.whitener.T
        surprise = jnp.where(seen, y - V @ offset, 0.0)
        eta = W.T @ said @ (correction.whitener @ surprise)
        A = W - correction.gain @ rows @ W
        return _Piece(A, offset + correction.gain @ surprise, correction.factor, eta, W.T @ said @ said.T @ W)

    def judged(mean: Array, covariance: Array, y: Array, seen: Array) -> tuple[Array, Array, Array]:
        correction = _FORM.correct(covariance, *masked(V, R, seen))
        surprise = jnp.where(seen, y - V @ mean, 0.0)
        return mean + correction.gain @ surprise, correction.factor, correction.log_density(surprise, seen)

    m, P = jnp.asarray(model.m), jnp.asarray(model.P)
    mean, covariance, _ = judged(m, P, y[0], jnp.asarray(observed.seen)[0])
    zero = jnp.zeros_like(W)
    first = _Piece(zero, mean, covariance, jnp.zeros_like(mean), zero)
    pieces = jax.vmap(piece)(y, jnp.asarray(observed.seen), offsets)
    pieces = jax.tree.map(lambda one, rest: jnp.concatenate([one[None], rest[1:]]), first, pieces)
    found = jax.lax.associative_scan(jax.vmap(_joined), pieces)
    predicted = jnp.concatenate([m[None], found.b[:-1] @ W.T + offsets[1:]])
    ahead = jnp.concatenate([P[None], jax.vmap(lambda C: _FORM.onward(C, W, Q))(found.C[:-1])])
    _, _, likelihoods = jax.vmap(judged)(predicted, ahead, y, jnp.asarray(observed.seen))
    return found.b, found.C, predicted, ahead, likelihoods


def _joined(early: _Piece, late: _Piece) -> _Piece:
    """Both, one after the other (Sarkka and Garcia-Fernandez 2021, lemma 8)."""
    # (1 + C J)^-1 from the right of A, and its transpose from the left.
    through = jnp.linalg.solve((jnp.eye(len(early.b)) + early.C @ late.J).T, late.A.T).T
    back = jnp.linalg.solve(jnp.eye(len(early.b)) + late.J @ early.C, jnp.column_stack([late.J, late.eta]))
    J, eta = back[:, :-1], back[:, -1]
    C = through @ early.C @ late.A.T + late.C
    J_joined = early.A.T @ J @ early.A + early.J
    return _Piece(
        through @ early.A,
        through @ (early.b + early.C @ late.eta) + late.b,
        0.5 * (C + C.T),
        early.A.T @ (eta - J @ early.b) + early.eta,
        0.5 * (J_joined + J_joined.T),
    )


def smooth_associatively(
    gain: Float[Array, "time unit unit"], mean: Float[Array, "time unit"], covariance: Float[Array, "time unit unit"]
) -> tuple[Array, Array]:
    """Smoothed means and covariances from ``h_t | h_{t+1} ~ N(gain h_{t+1} + mean, covariance)``; gain 0 at the end."""

    def joined(late: tuple[Array, Array, Array], early: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
        (G, g, L), (F, f, M) = late, early
        return F @ G, F @ g + f, F @ L @ F.T + M

    _, means, covariances = jax.lax.associative_scan(jax.vmap(joined), (gain, mean, covariance), reverse=True)
    return means, covariances
