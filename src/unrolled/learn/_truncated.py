"""Truncated backpropagation: the gradient goes back so many steps and no further."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from unrolled.learn._response import real_steps, starting_states
from unrolled.networks import Network
from unrolled.types import AnyArray, Batch

__all__ = ["respond_truncated"]


def respond_truncated(
    network: Network, batch: Batch, truncate: tuple[int, int], states: Any = None, *, key: Array | None = None
) -> tuple[Float[AnyArray, "batch last output"], Any]:
    """What :func:`respond` gives, with a gradient that is cut.

    The outputs are taken in blocks of k1 steps. The gradient of a block's error goes back k2 steps from its end; the
    state there is taken for given. All blocks are one batch of windows of k2 steps, so that the network runs twice,
    once to find those states and once to be differentiated. With k2 of all steps nothing is cut.

    Parameters
    ----------
    network
        A network without encoder and feedback, whose layers go forward in time.
    batch
        The sequences.
    truncate
        k1 and k2, ``k1 <= k2``.
    states
        Where to start.
    key
        For dropout.

    References
    ----------
    R. J. Williams and J. Peng, Neural Computation 2 (1990) 490; I. Sutskever, thesis, Toronto (2013), section 2.5.
    """
    time, last = batch.inputs.shape[1], batch.targets.shape[1]
    block, back = min(truncate[0], last), min(truncate[1], time)
    blocks = -(-last // block)
    start = starting_states(network, batch) if states is None else states
    real = real_steps(batch)
    before, after = _states_before(network, batch, start, real)
    # Window j ends with block j; steps before the first are not real and hold the state.
    ends = time - block * np.arange(blocks - 1, -1, -1)
    steps = ends[:, None] + np.arange(-back, 0)
    entered = np.maximum(steps[:, 0], 0)
    first = jax.tree.map(
        lambda own, all_steps: jnp.where(_axes(entered > 0, own.ndim), all_steps[entered], own[None]), start, before
    )
    inside = np.maximum(steps, 0)
    inputs = jnp.moveaxis(jnp.asarray(batch.inputs)[:, inside], 1, 0)
    present = jnp.broadcast_to((steps >= 0)[:, None], inputs.shape[:3])
    if real is not None:
        present = present & jnp.moveaxis(real[:, inside], 1, 0)
    clamps = {name: jnp.moveaxis(jnp.asarray(held)[:, inside], 1, 0) for name, held in (batch.clamps or {}).items()}
    raw, _ = network.raw(inputs, first, last=block, real=present, clamps=clamps, key=key)
    joined = jnp.moveaxis(raw, 0, 1).reshape(len(batch), blocks * block, -1)
    return joined[:, -last:], after


def _states_before(network: Network, batch: Batch, states: Any, real: Any) -> tuple[Any, Any]:
    """The states before every step, shape ``(time, batch, unit)``, and after the last, both without derivative."""
    network = jax.lax.stop_gradient(network)
    states = jax.lax.stop_gradient(states)

    def step(states: Any, given: Any) -> tuple[Any, Any]:
        x, here, held = given
        _, after = network.raw(
            x[:, None],
            states,
            real=None if here is None else here[:, None],
            clamps={n: h[:, None] for n, h in held.items()},
        )
        return after, states

    by_time = [None if part is None else jnp.moveaxis(jnp.asarray(part), 1, 0) for part in (batch.inputs, real)]
    held = {name: jnp.moveaxis(jnp.asarray(part), 1, 0) for name, part in (batch.clamps or {}).items()}
    after, before = jax.lax.scan(step, states, (*by_time, held))
    return before, after


def _axes(values: np.ndarray, ndim: int) -> np.ndarray:
    return values.reshape(-1, *(1,) * ndim)
