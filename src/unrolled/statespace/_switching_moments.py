"""Mean and variance of a recurrence that switches at random: what is remembered is carried on, state by state."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from unrolled.compilation import compiled
from unrolled.statespace._hidden_markov import HiddenMarkov
from unrolled.types import precision

__all__ = ["switching_moments"]


def switching_moments(
    model: HiddenMarkov, filtered: Float[np.ndarray, " state"], past: Float[np.ndarray, " lagged"], horizon: int
) -> tuple[Float[np.ndarray, "horizon feature"], Float[np.ndarray, "horizon feature"]]:
    r"""Mean and variance of the next observations of a model with autoregressive emissions.

    With z the last values side by side, ``z_t = F_k z_{t-1} + g_k + noise`` in state k. Mean and covariance of z are
    carried for every state: those of the states before are mixed by ``P(s_{t-1} | s_t)``, the variance of a mixture
    being the mean variance and the variance of the means, and moved on. No large squares are taken from each other.

    Parameters
    ----------
    model
        With autoregressive emissions.
    filtered
        Probabilities of the state of the last known step.
    past
        The last values, the latest first.
    horizon
        How many steps.
    """
    steps = max(16, 1 << (horizon - 1).bit_length())
    with precision("float64"):
        mean, variance = _moments(model, filtered, past, steps=steps)
        return np.asarray(mean)[:horizon], np.asarray(variance)[:horizon]


@partial(compiled, static_argnames="steps")
def _moments(model: HiddenMarkov, filtered: Any, past: Any, *, steps: int) -> tuple[Array, Array]:
    emission: Any = model.emission
    A, features, lagged = jnp.asarray(model.transition), emission.features, len(past)
    tops = emission.coefficients.transpose(0, 2, 1)
    shift = jnp.broadcast_to(jnp.eye(lagged - features, lagged), (model.states, lagged - features, lagged))
    F = jnp.concatenate([tops, shift], axis=1)
    extra = lagged - features
    g = jnp.pad(jnp.asarray(emission.c), ((0, 0), (0, extra)))
    noise = jnp.pad(jnp.asarray(emission.covariances), ((0, 0), (0, extra), (0, extra)))

    def onward(at: Any, _: None) -> Any:
        p, mean, C = at
        joint = p[:, None] * A
        p = jnp.sum(joint, axis=0)
        came = joint / jnp.where(p > 0, p, 1.0)  # P(s_{t-1} | s_t), a column for every state
        mixed = came.T @ mean
        apart = mean[:, None] - mixed
        C = jnp.einsum("jk,jab->kab", came, C) + jnp.einsum("jk,jka,jkb->kab", came, apart, apart)
        mean = jnp.einsum("kab,kb->ka", F, mixed) + g
        C = jnp.einsum("kab,kbc,kdc->kad", F, C, F) + noise
        whole = p @ mean
        variance = p @ (jnp.diagonal(C, axis1=1, axis2=2) + (mean - whole) ** 2)
        return (p, mean, C), (whole[:features], variance[:features])

    z = jnp.broadcast_to(jnp.asarray(past), (model.states, lagged))
    start = (jnp.asarray(filtered), z, jnp.zeros((model.states, lagged, lagged)))
    return jax.lax.scan(onward, start, None, length=steps)[1]
