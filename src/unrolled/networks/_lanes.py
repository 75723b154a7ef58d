"""Windows in order, the state carried from batch to batch: stateful networks."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from unrolled.networks._network import Network
from unrolled.types import AnyArray

__all__ = ["keep_where", "run_in_lanes"]


def run_in_lanes(
    network: Network,
    inputs: Float[AnyArray, "window time feature"],
    states: Any,
    lanes: int,
    *,
    last: int | None = None,
    real: Bool[AnyArray, "window time"] | None = None,
    raw: bool = False,
) -> tuple[Float[AnyArray, "window last output"], Any]:
    """Run windows in batches of ``lanes``, each lane's state going on from batch to batch.

    Window i belongs to lane i mod ``lanes`` and starts in the state in which window i - ``lanes`` ended: what Keras
    calls ``stateful=True`` with that batch size. Lanes that the last, incomplete batch does not reach keep their
    state.

    Parameters
    ----------
    network
        The network.
    inputs
        The windows, in order.
    states
        Of the lanes, before the first windows.
    lanes
        How many.
    last
        How many steps at the end to give outputs for.
    real
        Which steps of the windows are no padding.
    raw
        Give what stands before the output function.

    Returns
    -------
    tuple
        The outputs of every window and the states of the lanes.
    """
    windows = inputs.shape[0]
    batches = -(-windows // lanes)
    go = network.raw if raw else network.run

    def by_batch(values: AnyArray) -> Array:
        filled = jnp.pad(values, ((0, batches * lanes - windows), *((0, 0),) * (values.ndim - 1)))
        return filled.reshape(batches, lanes, *values.shape[1:])

    def step(states: Any, batch: Any) -> tuple[Any, Any]:
        inputs, here, real = batch
        outputs, after = go(inputs, states, last=last, real=real)
        return keep_where(here, after, states), outputs

    here = jnp.arange(batches * lanes).reshape(batches, lanes) < windows
    given = (by_batch(inputs), here, None if real is None else by_batch(real))
    states, outputs = jax.lax.scan(step, states, given)
    return outputs.reshape(batches * lanes, *outputs.shape[2:])[:windows], states


def keep_where(chosen: Bool[Array, " batch"], new: Any, old: Any) -> Any:
    """The new states of the chosen sequences, the old ones of the others."""

    def pick(after: Array, before: Array) -> Array:
        return jnp.where(chosen.reshape(-1, *(1,) * (after.ndim - 1)), after, before)

    return jax.tree.map(pick, new, old)
