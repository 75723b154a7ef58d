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
from unrolled.types import AnyArray, Batch

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
        the batches, each weighted by its number of sequences, or by their weights where they have some. A batch
        without weight moves nothing; the loss of an epoch without weight is NaN.
    """
    learner, training = learning.learner, learning.training
    count = len(training)
    size = min(learner.batch_size, count)
    rule = update_rule(learner, learning.rate)
    zero = progress.network.initial_states((size,))

    def step(carried: tuple[Progress, Any], rows: Int[Array, " batch"]) -> tuple[tuple[Progress, Any], Array]:
        progress, states = carried
        batch = jax.tree.map(lambda leaf: leaf[jnp.minimum(rows, count - 1)], training) if size < count else training
        weights = _weights(rows, batch, count, learning.rate.dtype)
        states = states if learner.stateful else zero
        graded = jax.value_and_grad(_batch_loss, has_aux=True)
        (value, states), gradient = graded(progress.network, batch, weights, states, learner)
        change, moments = rule.update(gradient, progress.moments, progress.network)  # pyright: ignore[reportArgumentType]
        after = Progress(jax.tree.map(jnp.add, progress.network, change), moments)
        if batch.weights is not None:
            moved = jnp.sum(weights) > 0
            after = jax.tree.map(lambda new, old: jnp.where(moved, new, old), after, progress)
        return (after, states), value * jnp.sum(weights)

    order = _epoch_order(jax.random.fold_in(learning.key, epoch), count, size, learner.shuffle, training.weights)
    (progress, states), values = jax.lax.scan(step, (progress, zero), order)
    return progress, states, jnp.sum(values) / (count if training.weights is None else jnp.sum(training.weights))


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
    pointwise = loss(learner.loss)(outputs, batch.targets)
    if batch.weights is None:
        return jnp.mean(pointwise)
    return jnp.sum(jnp.mean(pointwise, axis=(1, 2)) * batch.weights) / jnp.sum(batch.weights)


def _weights(rows: Int[Array, " batch"], batch: Batch, count: int, dtype: Any) -> Float[Array, " batch"]:
    """What each place of a batch counts: nothing where nobody stands."""
    present = (rows < count).astype(dtype)
    return present if batch.weights is None else present * batch.weights


def _batch_loss(network: Network, batch: Batch, weights: Array, states: Any, learner: GradientDescent) -> Any:
    outputs, states = network.run(batch.inputs, states, last=batch.targets.shape[1])
    pointwise = loss(learner.loss)(outputs, batch.targets)
    by_sequence = jnp.mean(pointwise, axis=(1, 2))
    total = jnp.sum(weights)
    if batch.weights is not None:
        total = jnp.where(total > 0, total, 1)
    # States are data to the next batch: the derivative ends at the batch's edge.
    return jnp.sum(by_sequence * weights) / total, jax.lax.stop_gradient(states)


def _epoch_order(
    key: Array, count: int, size: int, shuffle: bool, weights: Float[AnyArray, " sequence"] | None = None
) -> Int[Array, "batches batch"]:
    """Which sequences each batch takes; places beyond the last are filled with ``count``, which means nobody.

    Sequences of no weight come last, so that the others are batched as they would be without them. They keep their
    order too: a permutation sorts by one random number each (to 1,625 sequences), which depends on the place alone.
    """
    order = jax.random.permutation(key, count) if shuffle and size < count else jnp.arange(count)
    if weights is not None and size < count:
        order = jnp.where(jnp.sum(weights > 0) > size, order, jnp.arange(count))
        order = order[jnp.argsort(weights[order] == 0, stable=True)]
    batches = -(-count // size)
    return jnp.pad(order, (0, batches * size - count), constant_values=count).reshape(batches, size)
