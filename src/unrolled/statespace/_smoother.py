"""The Rauch-Tung-Striebel smoother: what all observations say about every state."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from unrolled.compilation import compiled
from unrolled.statespace._associative import filter_associatively, smooth_associatively
from unrolled.statespace._forms import deviations, require_form
from unrolled.statespace._kalman_filter import filter_observations, require_regular
from unrolled.statespace._linear_gaussian import LinearGaussian, checked_system
from unrolled.statespace._observations import Observations, as_observations
from unrolled.types import AnyArray, precision

__all__ = ["Smoothed", "smooth_observations", "smooth_states", "solve_positive"]

# Of the mean variance: added to a covariance that is singular, so that it has a factor.
_SINGULAR = 1e-14
_SETTLED = 4e-15


class Smoothed(NamedTuple):
    """What is known of every state from all observations.

    Attributes
    ----------
    mean, covariance
        Of h_t given y_1 ... y_T, ``(time, unit)`` and ``(time, unit, unit)``.
    cross
        Covariance of h_{t+1} (first axis) and h_t given y_1 ... y_T, ``(time - 1, unit, unit)``.
    log_likelihoods
        ``log p(y_t | y_1 ... y_{t-1})``, ``(time,)``.
    """

    mean: Float[AnyArray, "time unit"]
    covariance: Float[AnyArray, "time unit unit"]
    cross: Float[AnyArray, "before unit unit"]
    log_likelihoods: Float[AnyArray, " time"]

    @property
    def log_likelihood(self) -> float:
        """Of all observations."""
        return float(np.sum(self.log_likelihoods))


def smooth_states(model: LinearGaussian, y: Any, inputs: Any = None, *, form: str = "covariance") -> Smoothed:
    """Infer every hidden state from all observations.

    Backwards from the filter's end, ``G_t = P_t W^T (P_{t+1}^-)^-1``: the mean gains
    ``G_t (m^s_{t+1} - m_{t+1}^-)``, and the covariance is
    ``(1 - G W) P_t (1 - G W)^T + G Q G^T + G P^s_{t+1} G^T``, a sum that stays positive.

    Arguments and errors are those of :func:`filter_states`.

    Returns
    -------
    Smoothed
        Means, covariances, covariances of neighbours, and likelihoods.

    References
    ----------
    H. Rauch, F. Tung and C. Striebel, AIAA Journal 3 (1965) 1445.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.statespace import LinearGaussian, smooth_states
    >>> one = np.eye(1)
    >>> walk = LinearGaussian(W=one, V=one, Q=0.1 * one, R=one, m=np.zeros(1), P=one)
    >>> smooth_states(walk, [1.0, np.nan, 3.0]).mean[:, 0].round(3).tolist()
    [1.235, 1.382, 1.529]
    """
    require_form(form, ("associative",))
    model = checked_system(model)
    observed = as_observations(model, y, inputs)
    with precision("float64"):
        found = Smoothed(*map(np.asarray, _smoothed(model, observed, form=form)))
    require_regular(found.log_likelihoods)
    return found


@partial(compiled, static_argnames="form")
def _smoothed(model: LinearGaussian, observed: Observations, form: str) -> tuple[Array, ...]:
    return smooth_observations(model, observed, form)


def smooth_observations(model: LinearGaussian, observed: Observations, form: str) -> tuple[Array, ...]:
    """The smoother inside a compiled program: the fields of :class:`Smoothed`."""
    if form != "associative":
        *filtered, likelihoods = filter_observations(model, observed, form)
        return (*_backwards(model, *filtered), likelihoods)
    mean, covariance, predicted, ahead, likelihoods = filter_associatively(model, observed)
    W, Q = jnp.asarray(model.W), jnp.asarray(model.Q)
    gain = jax.vmap(lambda P, later: _gain(P, later, W))(covariance[:-1], ahead[1:])
    left = jax.vmap(lambda G, P: _left(G, P, W, Q))(gain, covariance[:-1])
    means = mean[:-1] - jnp.einsum("tij,tj->ti", gain, predicted[1:])
    ends = (jnp.zeros_like(W)[None], mean[-1:], covariance[-1:])
    parts = [jnp.concatenate([one, end]) for one, end in zip((gain, means, left), ends, strict=True)]
    smoothed_mean, smoothed = smooth_associatively(*parts)
    return smoothed_mean, smoothed, jnp.einsum("tij,tkj->tik", smoothed[1:], gain), likelihoods


def solve_positive(A: Float[Array, "n n"], B: Float[Array, "n m"]) -> Float[Array, "n m"]:
    """``A^-1 B`` of a covariance by its Cholesky factor; where it is singular, that of a covariance next to it."""
    if len(A) == 1:
        return B / jnp.maximum(A, jnp.finfo(A.dtype).tiny)
    # In units in which the diagonal is 1: what is added where A is singular is then small for every unit.
    size = jnp.sqrt(jnp.diagonal(A))
    size = jnp.where(size > 0, size, 1.0)[:, None]
    eye = jnp.eye(len(A))
    scaled = jnp.where(eye > 0, 1.0, A / (size * size.T))
    L = jnp.linalg.cholesky(scaled)
    singular = ~jnp.isfinite(jnp.diagonal(L)).all()
    L = jax.lax.cond(singular, lambda: jnp.linalg.cholesky(scaled + _SINGULAR * eye), lambda: L)
    return jax.scipy.linalg.cho_solve((L, True), B / size) / size


def _gain(covariance: Array, ahead: Array, W: Array) -> Array:
    return solve_positive(ahead, W @ covariance).T


def _left(gain: Array, covariance: Array, W: Array, Q: Array) -> Array:
    """What is not known of h_t where h_{t+1} is."""
    through = jnp.eye(len(W)) - gain @ W
    return through @ covariance @ through.T + gain @ Q @ gain.T


class _Known(NamedTuple):
    """What is carried backwards: h_{t+1} smoothed; the gain of a filtered covariance; and whether all has settled."""

    mean: Array
    covariance: Array
    cross: Array
    gain: Array
    left: Array
    of: Array
    settled: Array


def _backwards(
    model: LinearGaussian, mean: Array, covariance: Array, predicted: Array, ahead: Array
) -> tuple[Array, Array, Array]:
    """From the end: a gain is computed anew only where the filter's covariance has changed, and so is a covariance."""
    W, Q = jnp.asarray(model.W), jnp.asarray(model.Q)

    def step(later: _Known, given: tuple[Array, ...]) -> tuple[_Known, tuple[Array, ...]]:
        mean, covariance, predicted, ahead = given
        same = jnp.all(covariance == later.of)
        gain, left = jax.lax.cond(same, lambda: (later.gain, later.left), lambda: gained(covariance, ahead))
        smoothed, cross, settled = jax.lax.cond(
            same & later.settled,
            lambda: (later.covariance, later.cross, jnp.asarray(True)),
            lambda: spread(later.covariance, gain, left),
        )
        known = mean + gain @ (later.mean - predicted)
        return _Known(known, smoothed, cross, gain, left, covariance, settled), (known, smoothed, cross)

    def gained(covariance: Array, ahead: Array) -> tuple[Array, Array]:
        gain = _gain(covariance, ahead, W)
        return gain, _left(gain, covariance, W, Q)

    def spread(later: Array, gain: Array, left: Array) -> tuple[Array, Array, Array]:
        made = left + gain @ later @ gain.T
        made = 0.5 * (made + made.T)
        return made, later @ gain.T, jnp.all(jnp.abs(made - later) <= _SETTLED * deviations(made))

    zero = jnp.zeros_like(W)
    start = _Known(mean[-1], covariance[-1], zero, zero, zero, jnp.full_like(W, jnp.nan), jnp.asarray(False))
    given = (mean[:-1], covariance[:-1], predicted[1:], ahead[1:])
    _, (means, covariances, cross) = jax.lax.scan(step, start, given, reverse=True)
    return jnp.concatenate([means, mean[-1:]]), jnp.concatenate([covariances, covariance[-1:]]), cross
