"""What a network says to a batch, and how wrong that is."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float

from unrolled.learn._losses import loss
from unrolled.networks import Network, merge_given
from unrolled.types import AnyArray, Batch

__all__ = ["error_of", "real_steps", "respond", "starting_states"]


def real_steps(batch: Batch) -> Any:
    """Which steps are no padding, shape ``(batch, time)``; ``None`` where all are."""
    if batch.lengths is None:
        return None
    return jnp.arange(batch.inputs.shape[1]) < jnp.asarray(batch.lengths)[:, None]


def starting_states(network: Network, batch: Batch) -> Any:
    """The states before the first step: the network's own, and what the data give."""
    own = network.initial_states((len(batch),), batch.index)
    return merge_given(own, network.recurrent_names, batch.states)


def respond(network: Network, batch: Batch, states: Any = None, **ways: Any) -> tuple[Float[AnyArray, "..."], Any]:
    """``V h_t + c`` at the steps that have targets, and the states after the last step.

    Parameters
    ----------
    network
        The network.
    batch
        The sequences, and what is given beside them.
    states
        Where to start; the network's own and given states if left out.
    ways
        ``key``, ``fed``, ``forced`` and ``rule`` of :meth:`Network.raw`.
    """
    states = starting_states(network, batch) if states is None else states
    last = batch.targets.shape[1]
    given = {"real": real_steps(batch), "clamps": batch.clamps, "index": batch.index}
    return network.raw(batch.inputs, states, last=last, **given, **ways)


def error_of(
    raw: Float[AnyArray, "batch last output"], batch: Batch, name: str, output: str, rows: Float[AnyArray, " batch"]
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """The sum of all losses, each times its weight, and the sum of the weights.

    A target that is NaN weighs nothing, and neither does what a row of weight 0 holds.

    Parameters
    ----------
    raw
        What stands before the output function.
    batch
        Targets and weights.
    name, output
        Of the loss and of the output function.
    rows
        What every sequence counts, beside the weights of its steps and units.
    """
    known = ~jnp.isnan(batch.targets)
    weights = rows[:, None, None] * known
    if batch.weights is not None and batch.weights.ndim > 1:
        weights = weights * batch.weights.reshape(*batch.weights.shape, *(1,) * (3 - batch.weights.ndim))
    chosen = loss(name)
    if chosen.summed(output):
        weights = jnp.min(weights, axis=-1, keepdims=True)
    pointwise = chosen(jnp.asarray(raw), jnp.where(known, batch.targets, 0), output)
    return jnp.sum(jnp.where(weights > 0, pointwise, 0) * weights), jnp.sum(weights)
