"""The maximization step: parameters from expected sums, in closed form."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from unrolled.statespace._expected_sums import Moments, Sums
from unrolled.statespace._linear_gaussian import LinearGaussian
from unrolled.statespace._smoother import solve_positive

__all__ = ["Learnable", "allowed", "maximized"]


@dataclass(frozen=True)
class Learnable:
    """What may change, and how; hashable.

    Attributes
    ----------
    names
        The parts that are learned.
    diagonal
        Those of Q, R and P that stay diagonal.
    """

    names: frozenset[str]
    diagonal: frozenset[str] = frozenset()


def maximized(model: LinearGaussian, sums: Sums, learned: Learnable, floor: Float[Array, ""]) -> LinearGaussian:
    """The parameters of the highest expected log-likelihood; no eigenvalue of R is below ``floor``.

    Each half is a regression: ``(W U b)`` of h_t on ``(h_{t-1}, x_t, 1)``, ``(V D c)`` of y_t on ``(h_t, x_t, 1)``. A
    half of which no step tells anything, as where all sequences have one step, stays as it is.
    """
    made = _regressed(model, _STATES, sums.states, learned, jnp.zeros(()))
    made |= _regressed(model, _OBSERVATIONS, sums.observations, learned, floor)
    m = sums.starts.az[:, 0] / sums.starts.steps if "m" in learned.names else jnp.asarray(model.m)
    if "P" in learned.names:
        made["P"] = _covariance(_left(sums.starts, m[:, None]), "P", learned, jnp.zeros(()))
    return replace(model, m=m, **made)


def allowed(model: LinearGaussian, learned: Learnable, floor: Float[Array, ""]) -> LinearGaussian:
    """The system with the covariances that are learned as they are to be: diagonal where asked, R not below its floor.

    Otherwise the first step might end where it may not go, and lose.
    """
    made = {}
    for name, least in (("Q", 0.0), ("R", floor), ("P", 0.0)):
        if name in learned.names:
            part = jnp.asarray(getattr(model, name))
            bounded = _covariance(part, name, learned, jnp.asarray(least))
            fits = (jnp.linalg.eigvalsh(part)[0] >= least) & (name not in learned.diagonal)
            made[name] = jnp.where(fits, part, bounded)
    return replace(model, **made)


class _Half(NamedTuple):
    """The parts of one regression, the states' weights first, and of the noise that it leaves."""

    weights: tuple[str, str, str]
    noise: str


_STATES, _OBSERVATIONS = _Half(("W", "U", "b"), "Q"), _Half(("V", "D", "c"), "R")


def _regressed(
    model: LinearGaussian, half: _Half, moments: Moments, learned: Learnable, floor: Float[Array, ""]
) -> dict[str, Array]:
    columns = moments.zz.shape[0]
    ends = np.cumsum([0, model.units, columns - 1 - model.units, 1])
    places = {name: np.arange(*ends[i : i + 2]) for i, name in enumerate(half.weights)}
    given = {name: jnp.asarray(getattr(model, name)) for name in half.weights if getattr(model, name) is not None}
    weights = jnp.zeros((len(moments.aa), columns))
    for name, part in given.items():
        weights = weights.at[:, places[name]].set(part.reshape(len(weights), -1))
    free = [name for name in given if name in learned.names]
    if free:
        weights = _solved(weights, np.concatenate([places[name] for name in free]), moments)
    made = {name: weights[:, places[name]].reshape(given[name].shape) for name in free}
    if half.noise in learned.names:
        made[half.noise] = _covariance(_left(moments, weights), half.noise, learned, floor)
    told = moments.steps > 0
    return {name: jnp.where(told, part, jnp.asarray(getattr(model, name))) for name, part in made.items()}


def _solved(weights: Array, free: np.ndarray, moments: Moments) -> Array:
    """The most likely weights in these columns, the others as they are."""
    fixed = weights.at[:, free].set(0.0)
    wanted = moments.az[:, free] - fixed @ moments.zz[:, free]
    zz = moments.zz[jnp.ix_(free, free)]
    # Columns of one size: a factor of numbers far apart would lose the small ones.
    size = jnp.sqrt(jnp.diagonal(zz))
    size = jnp.where(size > 0, size, 1.0)
    found = solve_positive(zz / (size[:, None] * size), (wanted / size).T).T / size
    return weights.at[:, free].set(found)


def _left(moments: Moments, weights: Array) -> Array:
    """The mean product of what the regression leaves: ``E[(a - weights z)(a - weights z)^T]``."""
    cross = weights @ moments.az.T
    return (moments.aa - cross - cross.T + weights @ moments.zz @ weights.T) / jnp.maximum(moments.steps, 1.0)


def _covariance(matrix: Array, name: str, learned: Learnable, floor: Array) -> Array:
    if name in learned.diagonal:
        return jnp.diag(jnp.maximum(jnp.diagonal(matrix), floor))
    values, vectors = jnp.linalg.eigh(0.5 * (matrix + matrix.T))
    made = (vectors * jnp.maximum(values, floor)) @ vectors.T
    return 0.5 * (made + made.T)
