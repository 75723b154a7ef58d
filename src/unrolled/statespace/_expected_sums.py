"""What expectation-maximization needs of the states: sums of expected products, of complete data."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from unrolled.statespace._linear_gaussian import LinearGaussian
from unrolled.statespace._observations import Observations
from unrolled.statespace._smoother import smooth_observations, solve_positive
from unrolled.types import AnyArray

__all__ = ["Moments", "Patterns", "Sums", "expected_sums", "find_patterns"]


class Moments(NamedTuple):
    """Sums over steps of a regression of a on z, where both are known in distribution.

    Attributes
    ----------
    zz, az, aa
        ``sum E[z z^T]``, ``sum E[a z^T]`` and ``sum E[a a^T]``.
    steps
        How many.
    """

    zz: Float[Array, "z z"]
    az: Float[Array, "a z"]
    aa: Float[Array, "a a"]
    steps: Float[Array, ""]


class Sums(NamedTuple):
    """Everything that the maximization looks at.

    Attributes
    ----------
    states
        Of h_t on ``(h_{t-1}, x_t, 1)``.
    observations
        Of y_t on ``(h_t, x_t, 1)``, over steps at which something was observed.
    starts
        Of h_1 on 1, over sequences.
    log_likelihood
        Of all sequences.
    """

    states: Moments
    observations: Moments
    starts: Moments
    log_likelihood: Float[Array, ""]


class Patterns(NamedTuple):
    """Which features are seen together; most series have few such patterns.

    Attributes
    ----------
    seen
        Each pattern once, ``(pattern, feature)``.
    of
        The pattern of every step, ``(sequence, time)``.
    """

    seen: Float[AnyArray, "pattern feature"]
    of: Int[AnyArray, "sequence time"]


def find_patterns(observed: Observations) -> Patterns:
    """The patterns of several sequences, on the host."""
    seen = np.asarray(observed.seen)
    patterns, of = np.unique(seen.reshape(-1, seen.shape[-1]), axis=0, return_inverse=True)
    return Patterns(patterns.astype(np.float64), of.reshape(seen.shape[:2]).astype(np.int32))


def expected_sums(
    model: LinearGaussian, observed: Observations, lengths: Int[AnyArray, " sequence"], patterns: Patterns
) -> Sums:
    """The expectation step over all sequences, one after the other."""
    # From what is seen to all features, given the state: the noise of some says something about that of others.
    fills = jax.lax.map(lambda seen: _fill(jnp.asarray(model.R), seen), jnp.asarray(patterns.seen))

    def one(given: tuple[Observations, Array, Array]) -> Sums:
        sequence, length, of = given
        return _of_one(model, sequence, length, fills[of])

    sums = jax.lax.map(one, (Observations(*map(jnp.asarray, observed)), jnp.asarray(lengths), jnp.asarray(patterns.of)))
    return jax.tree.map(lambda part: jnp.sum(part, axis=0), sums)


def _fill(R: Array, seen: Array) -> Array:
    """``R M (M R M + 1 - M)^-1 M`` with ``M = diag(seen)``: what a residual of the seen says about all residuals."""
    both = seen[:, None] * seen
    return solve_positive(both * R + jnp.diag(1 - seen), R * seen[:, None]).T * seen


def _of_one(model: LinearGaussian, sequence: Observations, length: Array, fill: Array) -> Sums:
    mean, covariance, cross, likelihoods = smooth_observations(model, sequence, "covariance")
    steps = jnp.arange(len(mean))
    real = (steps < length).astype(mean.dtype)
    beside = jnp.concatenate([sequence.inputs, jnp.ones((len(mean), 1))], axis=1)
    followed = real[1:]
    before = jnp.concatenate([mean[:-1], beside[1:]], axis=1)
    states = _moments(followed, before, mean[1:], _Spread(covariance[:-1], cross, covariance[1:]))
    weight = real * jnp.any(sequence.seen, axis=1)
    a, slope, noise = _completed(model, sequence, fill)
    told = a + jnp.einsum("tpn,tn->tp", slope, mean)
    shared = jnp.einsum("tpn,tnm->tpm", slope, covariance)
    spread = _Spread(covariance, shared, jnp.einsum("tpm,tqm->tpq", shared, slope) + noise)
    observations = _moments(weight, jnp.concatenate([mean, beside], axis=1), told, spread)
    certain = _Spread(jnp.zeros((1, 0, 0)), jnp.zeros((1, model.units, 0)), covariance[:1])
    starts = _moments(jnp.ones(1), jnp.ones((1, 1)), mean[:1], certain)
    return Sums(states, observations, starts, jnp.sum(likelihoods))


def _completed(model: LinearGaussian, sequence: Observations, fill: Array) -> tuple[Array, Array, Array]:
    """Of the whole y_t given h_t and what was seen: ``N(a + slope h, noise)``."""
    V, R = jnp.asarray(model.V), jnp.asarray(model.R)
    rest = jnp.eye(len(V)) - fill
    d = jnp.zeros(len(V)) if model.c is None else jnp.asarray(model.c)
    if model.D is not None:
        d = d + sequence.inputs @ model.D.T
    a = d + jnp.einsum("tpq,tq->tp", fill, sequence.centred(model))
    noise = jnp.einsum("tpq,qr->tpr", rest, R)
    return a, jnp.einsum("tpq,qn->tpn", rest, V), 0.5 * (noise + jnp.swapaxes(noise, 1, 2))


class _Spread(NamedTuple):
    """Covariances of z, of a with z, and of a, at every step; the last components of z may be certain."""

    z: Float[Array, "time uncertain uncertain"]
    both: Float[Array, "time a uncertain"]
    a: Float[Array, "time a a"]


def _moments(weight: Array, z: Array, a: Array, spread: _Spread) -> Moments:
    """Sums of products of means, and of covariances."""
    weighted, uncertain = weight[:, None] * z, spread.z.shape[1]
    zz = (z.T @ weighted).at[:uncertain, :uncertain].add(jnp.einsum("t,tij->ij", weight, spread.z))
    az = (a.T @ weighted).at[:, :uncertain].add(jnp.einsum("t,tij->ij", weight, spread.both))
    aa = (weight[:, None] * a).T @ a + jnp.einsum("t,tij->ij", weight, spread.a)
    return Moments(zz, az, aa, jnp.sum(weight))
