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
) -> tuple[Float[AnyArray, "window last output"], Any]:
    """Run windows in batches of ``lanes``, each lane's state going on from batch to batch.

    Window i belongs to lane i mod ``lanes`` and starts in the state in which window i - ``lanes`` ended: what Keras
    calls ``stateful=True`` with that batch size. Lanes that the last, incomplete batch does not reach keep their
    state.

    Returns
    -------
    tuple
        The outputs of every window and the states of the lanes.
    """
    windows = inputs.shape[0]
    batches = -(-windows // lanes)
    padded = jnp.pad(inputs, ((0, batches * lanes - windows), (0, 0), (0, 0)))
    real = jnp.arange(batches * lanes).reshape(batches, lanes) < windows

    def step(states: Any, batch: tuple[Array, Array]) -> tuple[Any, Any]:
        outputs, after = network.run(batch[0], states, last=last)
        return keep_where(batch[1], after, states), outputs

    states, outputs = jax.lax.scan(step, states, (padded.reshape(batches, lanes, *inputs.shape[1:]), real))
    return outputs.reshape(batches * lanes, *outputs.shape[2:])[:windows], states


def keep_where(chosen: Bool[Array, " batch"], new: Any, old: Any) -> Any:
    """The new states of the chosen sequences, the old ones of the others."""

    def pick(after: Array, before: Array) -> Array:
        return jnp.where(chosen.reshape(-1, *(1,) * (after.ndim - 1)), after, before)

    return jax.tree.map(pick, new, old)
