"""One epoch of one member, inside the compiled program."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int

from unrolled.learn._learner import GradientDescent
from unrolled.learn._losses import loss
from unrolled.networks import Network, run_in_lanes
from unrolled.types import Batch

__all__ = ["Learning", "Progress", "run_epoch", "update_rule", "validation_loss"]


class Progress(NamedTuple):
    """What an epoch hands to the next: weights, and the optimizer's moments."""

    network: Network
    moments: Any


class Learning(NamedTuple):
    """What an epoch needs beside: settings, rates, data, a key."""

    learner: GradientDescent
    rate: Float[Array, ""]
    training: Batch
    validation: Batch | None
    key: Array


def update_rule(learner: GradientDescent, rate: Any) -> optax.GradientTransformation:
    """Clipping, then the optimizer."""
    clip_norm = optax.identity() if learner.clip_norm is None else optax.clip_by_global_norm(learner.clip_norm)
    clip_value = optax.identity() if learner.clip_value is None else optax.clip(learner.clip_value)
    return optax.chain(clip_norm, clip_value, learner.optimizer.transformation(rate))


def run_epoch(progress: Progress, epoch: Int[Array, ""], learning: Learning) -> tuple[Progress, Any, Array]:
    """Every batch once.

    Returns
    -------
    tuple
        Progress, the network's states after the last batch (of use to a stateful network), and the mean loss over
        the batches, each weighted by its number of sequences.
    """
    learner, training = learning.learner, learning.training
    count = len(training)
    size = min(learner.batch_size, count)
    rule = update_rule(learner, learning.rate)
    zero = progress.network.initial_states((size,))

    def step(carried: tuple[Progress, Any], rows: Int[Array, " batch"]) -> tuple[tuple[Progress, Any], Array]:
        progress, states = carried
        batch = jax.tree.map(lambda leaf: leaf[jnp.minimum(rows, count - 1)], training) if size < count else training
        weights = (rows < count).astype(learning.rate.dtype)
        states = states if learner.stateful else zero
        graded = jax.value_and_grad(_batch_loss, has_aux=True)
        (value, states), gradient = graded(progress.network, batch, weights, states, learner)
        change, moments = rule.update(gradient, progress.moments, progress.network)  # pyright: ignore[reportArgumentType]
        network = jax.tree.map(jnp.add, progress.network, change)
        return (Progress(network, moments), states), value * jnp.sum(weights)

    order = _epoch_order(jax.random.fold_in(learning.key, epoch), count, size, learner.shuffle)
    (progress, states), values = jax.lax.scan(step, (progress, zero), order)
    return progress, states, jnp.sum(values) / count


def validation_loss(network: Network, states: Any, learning: Learning) -> Float[Array, ""]:
    """The loss on the validation sequences; a stateful network goes on from the training states."""
    batch, learner = learning.validation, learning.learner
    if batch is None:
        return jnp.array(jnp.nan, learning.rate.dtype)
    last = batch.targets.shape[1]
    if learner.stateful:
        outputs, _ = run_in_lanes(network, batch.inputs, states, learner.batch_size, last=last)
    else:
        outputs, _ = network.run(batch.inputs, network.initial_states((len(batch),)), last=last)
    return jnp.mean(loss(learner.loss)(outputs, batch.targets))


def _batch_loss(network: Network, batch: Batch, weights: Array, states: Any, learner: GradientDescent) -> Any:
    outputs, states = network.run(batch.inputs, states, last=batch.targets.shape[1])
    pointwise = loss(learner.loss)(outputs, batch.targets)
    by_sequence = jnp.mean(pointwise, axis=(1, 2))
    # States are data to the next batch: the derivative ends at the batch's edge.
    return jnp.sum(by_sequence * weights) / jnp.sum(weights), jax.lax.stop_gradient(states)


def _epoch_order(key: Array, count: int, size: int, shuffle: bool) -> Int[Array, "batches batch"]:
    """Which sequences each batch takes; places beyond the last are filled with ``count``, which means nobody."""
    order = jax.random.permutation(key, count) if shuffle and size < count else jnp.arange(count)
    batches = -(-count // size)
    return jnp.pad(order, (0, batches * size - count), constant_values=count).reshape(batches, size)
