"""Training by first-order updates: one compiled program for all epochs of all members."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from time import perf_counter
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from unrolled.compilation import compiled
from unrolled.errors import InputError, TrainingError
from unrolled.learn._epoch import Learning, Progress, run_epoch, update_rule, validation_loss
from unrolled.learn._history import Fit, History, Status
from unrolled.learn._learner import GradientDescent
from unrolled.learn._suited import require_callers, require_error_term, require_suited, require_suited_batch
from unrolled.networks import Network, NetworkDesign, map_members
from unrolled.types import Batch, in_precision

__all__ = ["Probe", "Watch", "train"]

#: Called in training with the history so far and the number of epochs to come.
Watch = Callable[[History, int], None]
#: Called in training with the networks as they are, every weight with a leading axis of members.
Probe = Callable[[Network], None]

# Epochs run in stretches of about this long, so that a progress bar moves and Ctrl-C is heard. Between stretches only
# the number of epochs to reach changes, so all stretches are one program.
_STRETCH_SECONDS = 0.25
# Losses are kept in arrays of this many epochs, or twice, four times, ...: runs of 100 and of 150 share a program.
_LEAST_CAPACITY = 256


class _State(NamedTuple):
    """Where the training of one member stands."""

    progress: Progress
    best: Any
    best_loss: Float[Array, ""]
    waited: Int[Array, ""]
    epoch: Int[Array, ""]
    status: Int[Array, ""]
    loss: Float[Array, " capacity"]
    validation_loss: Float[Array, " capacity"]


def train(
    networks: Network,
    learner: GradientDescent,
    batch: Batch,
    *,
    keys: Sequence[Array],
    watch: Watch | None = None,
    probe: Probe | None = None,
) -> Fit:
    """Train every member, on the same sequences or each on its own.

    Parameters
    ----------
    networks
        Initial weights with a leading axis of members; their dtype is the precision of the training.
    learner
        The settings.
    batch
        The sequences; the last ones validate, if the settings say so. With a leading axis of members every member
        learns from its own. A member whose sequences weigh nothing ends at once, as one whose loss is not finite.
    keys
        One random key a member, for the order of the sequences.
    watch
        Called now and then with the history so far and the number of epochs to come; it does not slow the loop.
    probe
        Called as often with the networks as they are.

    Returns
    -------
    Fit
        Trained weights and the history.

    Raises
    ------
    InputError
        Nothing is left to train or to validate on; weights, for a stateful network.
    TrainingError
        The loss of every member became infinite.
    """
    dtype = jax.tree.leaves(networks)[0].dtype
    require_suited(NetworkDesign.of(networks), learner)
    require_suited_batch(learner, batch)
    require_error_term(networks, learner, batch)
    require_callers(networks, watch, probe)
    if batch.weights is None and not (batch.by_member or learner.stateful) and np.isnan(batch.targets).any():
        batch = replace(batch, weights=np.ones(len(batch)))  # so that a batch without any target moves nothing
    training, validation = _parts(_in_precision(_emptied(batch), dtype), learner)
    capacity = max(_LEAST_CAPACITY, 1 << int(learner.epochs - 1).bit_length())
    settings = learner.compiled_part(capacity)
    rate = np.asarray(learner.optimizer.rate, dtype)
    states = _start(networks, rate, settings)
    words = np.stack([np.asarray(jax.random.key_data(key)) for key in keys])
    forcing = np.array([*learner.forcing_pair, learner.epochs], dtype)
    told = {"rate": rate, "training": training, "validation": validation, "words": words, "forcing": forcing}
    forced = networks.feedback and learner.forcing_pair == (1.0, 1.0) and _all_fed(training)
    advance = partial(_advance, **told, learner=settings, forced=forced)
    states = _run(advance, states, learner, (watch, probe), validation is not None)
    return _finish(states, learner, validation is not None)


def _in_precision(batch: Batch, dtype: np.dtype) -> Batch:
    """All but whole numbers in that precision."""
    return jax.tree.map(
        lambda leaf: leaf if np.issubdtype(leaf.dtype, np.integer) else in_precision(leaf, dtype), batch
    )


def _emptied(batch: Batch) -> Batch:
    """Zeros in place of sequences that weigh nothing: not even a NaN in them may reach the gradient."""
    if batch.weights is None:
        return batch
    weights = np.asarray(batch.weights)
    own = np.asarray(weights if batch.by_member else weights.reshape(len(weights), -1).any(axis=1))
    counts = own[..., None, None] > 0
    inputs, targets = np.where(counts, batch.inputs, 0.0), np.where(counts, batch.targets, 0.0)
    return replace(batch, inputs=inputs, targets=targets)


def _all_fed(batch: Batch) -> bool:
    """Whether something stands at every real step that can be fed back."""
    fed = np.asarray(batch.targets if batch.fed is None else batch.fed)
    known = np.isfinite(fed).all(axis=-1)
    if batch.lengths is not None:
        known |= np.arange(fed.shape[1]) >= np.asarray(batch.lengths)[:, None]
    return fed.shape[1] == batch.inputs.shape[1] and bool(known.all())


def _parts(batch: Batch, learner: GradientDescent) -> tuple[Batch, Batch | None]:
    """The sequences that train, and those that validate."""
    count, _ = learner.split(len(batch))
    training, validation = batch.rows(0, count), batch.rows(count, len(batch)) if count < len(batch) else None
    for purpose, part in (("train", training), ("validate", validation)):
        if part is not None and np.isnan(part.targets).all():
            raise InputError(f"targets of the sequences to {purpose} on are all NaN; give some of them a number.")
    if batch.weights is None:
        return training, validation
    if learner.stateful:
        raise InputError("a stateful network goes from sequence to sequence and takes no weights; leave them out.")
    for purpose, part in (("train", training), ("validate", validation)):
        if part is not None and part.weights is not None and not np.any(part.weights):
            raise InputError(f"all sequences to {purpose} on have the weight 0; give some of them more.")
    return training, validation


@partial(compiled, static_argnames="learner")
def _start(networks: Network, rate: Array, learner: GradientDescent) -> _State:
    def start(network: Network) -> _State:
        moments = update_rule(learner, rate).init(network)  # pyright: ignore[reportArgumentType]
        unknown = jnp.full(learner.epochs, jnp.nan, rate.dtype)
        zero = jnp.zeros((), jnp.int32)
        best = network if learner.patience else None
        return _State(
            Progress(network, moments), best, jnp.array(jnp.inf, rate.dtype), zero, zero, zero, unknown, unknown
        )

    return jax.vmap(start)(networks)


@partial(compiled, static_argnames=("learner", "forced"), donate_argnames="states")
def _advance(
    states: _State,
    until: Array,
    *,
    rate: Array,
    training: Batch,
    validation: Batch | None,
    words: Array,
    forcing: Array,
    learner: GradientDescent,
    forced: bool,
) -> _State:
    """Train every member up to epoch ``until``."""

    def one(state: _State, key: Array, *own: Any) -> _State:
        known, kept_out = own or (training, validation)
        learning = Learning(learner, rate, known, kept_out, key, forcing, forced)
        unfinished = lambda s: (s.epoch < until) & (s.status == Status.RUNNING)  # noqa: E731
        return jax.lax.while_loop(unfinished, lambda s: _epoch(s, learning), state)

    own = (training, validation) if training.by_member else ()
    return map_members(one, states, jax.random.wrap_key_data(words), *own)


def _epoch(state: _State, learning: Learning) -> _State:
    progress, states, loss = run_epoch(state.progress, state.epoch, learning)
    validated = validation_loss(progress.network, states, learning)
    state = state._replace(
        progress=progress,
        epoch=state.epoch + 1,
        status=jnp.where(jnp.isfinite(loss), state.status, Status.NOT_FINITE),
        loss=state.loss.at[state.epoch].set(loss),
        validation_loss=state.validation_loss.at[state.epoch].set(validated),
    )
    judged = loss if learning.validation is None else validated
    patience, improvement = learning.learner.patience, learning.learner.improvement
    return _stop_early(state, judged, patience, improvement) if patience else state


def _stop_early(state: _State, judged: Array, patience: int, improvement: float) -> _State:
    better = judged < state.best_loss - improvement
    waited = jnp.where(better, 0, state.waited + 1)
    ended = (waited >= patience) & (state.status == Status.RUNNING)
    return state._replace(
        best=jax.tree.map(lambda new, old: jnp.where(better, new, old), state.progress.network, state.best),
        best_loss=jnp.where(better, judged, state.best_loss),
        waited=waited,
        status=jnp.where(ended, Status.STOPPED_EARLY, state.status),
    )


def _run(
    advance: Callable[..., _State],
    states: _State,
    learner: GradientDescent,
    callers: tuple[Watch | None, Probe | None],
    validated: bool,
) -> _State:
    watch, probe = callers
    states = jax.block_until_ready(advance(states, np.int32(0)))  # compiles; trains nothing
    done, stretch = 0, 1
    while done < learner.epochs:
        began = perf_counter()
        until = min(done + stretch, learner.epochs)
        states = jax.block_until_ready(advance(states, np.int32(until)))
        seconds = max(perf_counter() - began, 1e-4)
        stretch = max(1, min(8 * stretch, int((until - done) * _STRETCH_SECONDS / seconds)))
        done = until
        if watch is not None:
            watch(_history(states, validated), learner.epochs)
        if probe is not None:
            probe(jax.tree.map(np.asarray, states.progress.network))
        if not np.any(np.asarray(states.status) == Status.RUNNING):
            break
    return states


def _history(states: _State, validated: bool) -> History:
    loss, validation, epochs, codes = (
        np.asarray(leaf) for leaf in (states.loss, states.validation_loss, states.epoch, states.status)
    )
    longest = int(epochs.max())
    status = tuple(Status(int(code)) for code in codes)
    return History(
        loss.astype(np.float64)[:, :longest],
        validation.astype(np.float64)[:, :longest] if validated else None,
        epochs.astype(np.int64),
        status,
    )


def _finish(states: _State, learner: GradientDescent, validated: bool) -> Fit:
    history = _history(states, validated)
    ended = tuple(Status.FINISHED if status == Status.RUNNING else status for status in history.status)
    chosen = states.best if learner.patience else states.progress.network
    networks = jax.tree.map(np.asarray, chosen)
    history = replace(history, status=_judged(ended, networks))
    if not history.usable.any():
        raise TrainingError(
            f"training failed after {int(history.epochs.max())} epochs: {Status.NOT_FINITE.text} "
            f"(learning rate {learner.optimizer.rate:g})."
        )
    return Fit(networks, history)


def _judged(status: tuple[Status, ...], networks: Network) -> tuple[Status, ...]:
    """A finite last loss does not promise finite weights: the last update came after it."""
    finite = np.all([np.isfinite(leaf).reshape(len(leaf), -1).all(1) for leaf in jax.tree.leaves(networks)], axis=0)
    return tuple(code if fine else Status.NOT_FINITE for code, fine in zip(status, finite, strict=True))
