"""All steps of a linear recurrence at once, by an associative scan; and its backward pass, which is another one."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from unrolled.networks._cell import HiddenState
from unrolled.networks._mingru import MinGRU

__all__ = ["linear_recurrence", "parallel_sweep"]


def parallel_sweep(
    cell: MinGRU, x: Float[Array, "time feature lane"], state: Any, real: Bool[Array, "time lane"] | None, rule: str
) -> tuple[Float[Array, "time unit lane"], HiddenState]:
    """What the sequential sweep gives, in log2(time) rounds."""
    a = jnp.tensordot(cell.scaled(cell.matrix()), cell.operand(state, jnp.swapaxes(x, 0, 1)), 1)
    z, n = jax.vmap(cell.propose)(jnp.swapaxes(a, 0, 1))
    decay, drive = 1 - z, z * n
    if real is not None:
        decay, drive = jnp.where(real[:, None], decay, 1), jnp.where(real[:, None], drive, 0)
    solve = linear_recurrence if rule == "backpropagation" else _solve
    h = solve(decay, drive, state.h)
    return h, HiddenState(h[-1])


def _solve(decay: Array, drive: Array, start: Array, *, reverse: bool = False) -> Array:
    edge = -1 if reverse else 0
    drive = jnp.asarray(drive).at[edge].add(decay[edge] * start)

    def combine(first: tuple[Array, Array], then: tuple[Array, Array]) -> tuple[Array, Array]:
        return first[0] * then[0], then[0] * first[1] + then[1]

    return jax.lax.associative_scan(combine, (decay, drive), reverse=reverse)[1]


@jax.custom_vjp
def linear_recurrence(
    decay: Float[Array, "time ..."], drive: Float[Array, "time ..."], start: Float[Array, "..."]
) -> Float[Array, "time ..."]:
    """``h_t = decay_t h_{t-1} + drive_t`` for all t at once.

    Pairs compose associatively: ``(p, q) then (p', q') = (p p', p' q + q')``. Backwards
    ``l_t = dE/dh_t + decay_{t+1} l_{t+1}``, and dE/ddrive_t = l_t, dE/ddecay_t = l_t h_{t-1}.

    Parameters
    ----------
    decay, drive
        Coefficients of every step.
    start
        h_0.

    References
    ----------
    G. E. Blelloch, "Prefix sums and their applications" (1990), section 1.4.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from unrolled.networks import linear_recurrence
    >>> linear_recurrence(jnp.full(4, 0.5), jnp.ones(4), jnp.array(0.0)).tolist()
    [1.0, 1.5, 1.75, 1.875]
    """
    return _solve(decay, drive, start)


def _forward(decay: Array, drive: Array, start: Array) -> tuple[Array, tuple[Array, Array, Array]]:
    h = _solve(decay, drive, start)
    return h, (decay, start, h)


def _backward(residuals: tuple[Array, Array, Array], dh: Array) -> tuple[Array, Array, Array]:
    decay, start, h = residuals
    later = jnp.concatenate([decay[1:], jnp.zeros_like(decay[:1])])
    total = _solve(later, dh, jnp.zeros_like(start), reverse=True)
    return total * jnp.concatenate([start[None], h[:-1]]), total, decay[0] * total[0]


linear_recurrence.defvjp(_forward, _backward)
