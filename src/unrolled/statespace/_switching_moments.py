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

    With z the last values side by side, ``z_t = F_k z_{t-1} + g_k + noise`` in state k. Then ``M_k = E[z; s = k]`` and
    ``Q_k = E[z z'; s = k]`` obey ``M_k <- F_k sum_j A_jk M_j + p_k g_k``, and alike for Q.

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
        p, M, Q = at
        p, M, Q = p @ A, A.T @ M, jnp.einsum("jk,jab->kab", A, Q)
        moved = jnp.einsum("kab,kb->ka", F, M)
        crossed = moved[:, :, None] * g[:, None, :]
        own = p[:, None, None] * (g[:, :, None] * g[:, None, :] + noise)
        Q = jnp.einsum("kab,kbc,kdc->kad", F, Q, F) + crossed + crossed.transpose(0, 2, 1) + own
        M = moved + p[:, None] * g
        mean = jnp.sum(M, axis=0)[:features]
        square = jnp.sum(jnp.diagonal(Q, axis1=1, axis2=2), axis=0)[:features]
        return (p, M, Q), (mean, jnp.maximum(square - mean**2, 0.0))

    p, z = jnp.asarray(filtered), jnp.asarray(past)
    start = (p, p[:, None] * z, p[:, None, None] * (z[:, None] * z))
    return jax.lax.scan(onward, start, None, length=steps)[1]
