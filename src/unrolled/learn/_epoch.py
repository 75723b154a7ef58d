"""One epoch of one member, inside the compiled program."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int

from unrolled.learn._learner import GradientDescent
from unrolled.learn._response import error_of, real_steps, respond, starting_states
from unrolled.learn._truncated import respond_truncated
from unrolled.networks import Network, norm_keeping, run_in_lanes
from unrolled.types import AnyArray, Batch

__all__ = ["Learning", "Progress", "run_epoch", "update_rule", "validation_loss"]


class Progress(NamedTuple):
    """What an epoch hands to the next: weights, and the optimizer's moments."""

    network: Network
    moments: Any


class Learning(NamedTuple):
    """What an epoch needs beside: settings, rates, data, a key.

    Attributes
    ----------
    learner
        The settings.
    rate
        The learning rate.
    training, validation
        The sequences.
    key
        Of the member.
    forcing
        How often targets are fed back at the first epoch, at the last, and how many epochs there are.
    forced
        Whether they always are, so that no loop over single steps is needed.
    """

    learner: GradientDescent
    rate: Float[Array, ""]
    training: Batch
    validation: Batch | None
    key: Array
    forcing: Float[Array, "3"]
    forced: bool = False


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
        all targets, each with its weight. A batch without weight moves nothing; the loss of an epoch without weight is
        NaN.
    """
    learner, training = learning.learner, learning.training
    count = len(training)
    size = min(learner.batch_size, count)
    rule = update_rule(learner, learning.rate)
    started = progress.network.initial_states((size,))
    key = jax.random.fold_in(learning.key, epoch)

    def step(carried: tuple[Progress, Any], given: tuple[Array, Array]) -> tuple[tuple[Progress, Any], Any]:
        (progress, states), (rows, number) = carried, given
        batch = jax.tree.map(lambda leaf: leaf[jnp.minimum(rows, count - 1)], training) if size < count else training
        task = _Task(batch, _weights(rows, batch, count, learning.rate.dtype), epoch, jax.random.fold_in(key, number))
        graded = jax.value_and_grad(_batch_loss, has_aux=True)
        (value, (states, weight)), gradient = graded(
            progress.network, task, states if learner.stateful else None, learning
        )
        change, moments = rule.update(gradient, progress.moments, progress.network)  # pyright: ignore[reportArgumentType]
        after = Progress(jax.tree.map(jnp.add, progress.network, change), moments)
        if batch.weights is not None:
            after = jax.tree.map(lambda new, old: jnp.where(weight > 0, new, old), after, progress)
        return (after, states if learner.stateful else started), (value * weight, weight)

    rows = _row_weights(training)
    order = _epoch_order(key, count, size, learner.shuffle, rows)
    (progress, states), (values, weights) = jax.lax.scan(step, (progress, started), (order, jnp.arange(len(order))))
    return progress, states, jnp.sum(values) / jnp.sum(weights)


class _Task(NamedTuple):
    """One batch of one epoch."""

    batch: Batch
    weights: Float[Array, " batch"]
    epoch: Int[Array, ""]
    key: Array


def validation_loss(network: Network, states: Any, learning: Learning) -> Float[Array, ""]:
    """The loss on the validation sequences; a stateful network goes on from the training states."""
    batch, learner = learning.validation, learning.learner
    if batch is None:
        return jnp.array(jnp.nan, learning.rate.dtype)
    last = batch.targets.shape[1]
    if learner.stateful:
        given = {"real": real_steps(batch), "raw": True}
        raw, _ = run_in_lanes(network, batch.inputs, states, learner.batch_size, last=last, **given)
    else:
        raw, _ = respond(network, batch, fed=batch.fed)
    rows = _row_weights(batch)
    ones = jnp.ones(len(batch), learning.rate.dtype)
    total, weight = error_of(raw, batch, learner.loss, network.readout.activation, ones if rows is None else rows)
    return total / weight


def _row_weights(batch: Batch) -> Float[AnyArray, " batch"] | None:
    """What every sequence counts by itself; ``None`` where weights belong to steps or are not given."""
    if batch.weights is None:
        return None
    if batch.weights.ndim == 1:
        return batch.weights
    return jnp.any(batch.weights > 0, axis=tuple(range(1, batch.weights.ndim))).astype(batch.weights.dtype)


def _weights(rows: Int[Array, " batch"], batch: Batch, count: int, dtype: Any) -> Float[Array, " batch"]:
    """What each place of a batch counts: nothing where nobody stands."""
    present, own = (rows < count).astype(dtype), _row_weights(batch)
    return present if own is None else present * own


def _batch_loss(network: Network, task: _Task, states: Any, learning: Learning) -> Any:
    learner, batch = learning.learner, task.batch
    raw, after, term = _response(network, task, states, learning)
    output = network.readout.activation

    def mean_error(raw: Any) -> tuple[Array, Array]:
        total, weight = error_of(raw, batch, learner.loss, output, task.weights)
        return total / jnp.where(weight > 0, weight, 1), weight

    value, weight = mean_error(raw)
    if learner.norm_keeping:
        term = term + learner.norm_keeping * _norm_term(network, task, states, raw, lambda raw: mean_error(raw)[0])
    # States are data to the next batch: the derivative ends at the batch's edge.
    return value + term, (jax.lax.stop_gradient(after), weight)


def _norm_term(network: Network, task: _Task, states: Any, raw: Any, mean_error: Any) -> Array:
    """How much the derivative changes its norm on its way back, in the mean over the sequences that count."""
    batch = task.batch
    error = jax.grad(mean_error)(jax.lax.stop_gradient(raw))
    start = starting_states(network, batch) if states is None else states
    held = {"real": real_steps(batch), "clamps": batch.clamps}
    return norm_keeping(network, batch.inputs, start, error, **held, weights=task.weights)


def _response(network: Network, task: _Task, states: Any, learning: Learning) -> tuple[Any, Any, Any]:
    """What the network says, its states, and the user's own error term."""
    learner, batch = learning.learner, task.batch
    key = jax.random.fold_in(task.key, 1) if network.dropout else None
    if learner.error_term is not None:
        start = starting_states(network, batch) if states is None else states
        h, after = network.hidden(batch.inputs, start, real=real_steps(batch), clamps=batch.clamps, key=key)
        raw = network.readout.raw(h[:, h.shape[1] - batch.targets.shape[1] :])
        return raw, after, _own_term(learner.error_term, h, task.weights)
    if learner.truncate is not None:
        return *respond_truncated(network, batch, learner.truncate, states, key=key), 0.0
    ways = {"fed": _fed(task, learning), "forced": learning.forced} if network.feedback else {}
    return *respond(network, batch, states, key=key, **ways), 0.0


def _own_term(function: Any, h: Any, weights: Array) -> Array:
    """The user's error term, averaged over the sequences, each with its weight."""
    values = jax.vmap(function)(h)
    return jnp.sum(values * weights) / jnp.where(jnp.sum(weights) > 0, jnp.sum(weights), 1)


def _fed(task: _Task, learning: Learning) -> Any:
    """What is shown in place of the network's own outputs: targets, as often as the schedule says."""
    fed = jnp.asarray(task.batch.targets if task.batch.fed is None else task.batch.fed)
    if learning.learner.forcing_pair == (1.0, 1.0):
        return fed
    first, last, epochs = learning.forcing
    share = first + (last - first) * task.epoch / jnp.maximum(epochs - 1, 1)
    shown = jax.random.bernoulli(jax.random.fold_in(task.key, 2), share, fed.shape[:2])
    return jnp.where(shown[..., None], fed, jnp.nan)


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
