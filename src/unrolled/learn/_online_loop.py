"""The loop over fresh batches: one compiled program for all steps, whatever the algorithm."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from unrolled.compilation import compiled
from unrolled.errors import InputError
from unrolled.learn._problem import Algorithm
from unrolled.learn._response import respond
from unrolled.learn._step_status import StepStatus
from unrolled.types import Batch

__all__ = [
    "MOST_NOT_FINITE",
    "Judged",
    "Progress",
    "Run",
    "advance",
    "begin",
    "capacity_for",
    "judge_whole",
    "resized_for",
    "typed",
]

_LEAST_CAPACITY = 256
# A test in full costs as much as hundreds of updates: so many sequences are looked at first.
_SCREENED = 256
_NEARLY_ALL = 0.98
#: So many steps in a row that are not finite end the run: what is drawn anew will not mend it.
MOST_NOT_FINITE = 20


class Judged(NamedTuple):
    """The test after some step; where few sequences are right yet, the first of it alone, but for the last of all.

    Attributes
    ----------
    step
        After how many steps it was taken.
    loss
        The mean loss.
    error
        The number that the problem's paper reports.
    right
        The share of sequences that are right.
    solved
        Whether the whole test is passed.
    """

    step: Int[Any, "*judged"]
    loss: Float[Any, "*judged"]
    error: Float[Any, "*judged"]
    right: Float[Any, "*judged"]
    solved: Bool[Any, "*judged"]


class Progress(NamedTuple):
    """Where a run stands: all that is needed to go on."""

    parameters: Any
    state: Any
    step: Int[Array, ""]
    not_finite: Int[Array, ""]
    solved: Bool[Array, ""]
    infos: Any
    judged: Judged
    judgements: Int[Array, ""]


@dataclass(frozen=True)
class Run:
    """What shapes the compiled program.

    Attributes
    ----------
    objective, algorithm, source
        What is minimized, how, and where the batches come from.
    every
        A test after so many steps each; 0: none.
    capacity
        Steps that the arrays of the history hold.
    """

    objective: Any
    algorithm: Algorithm
    source: Any
    every: int
    capacity: int


def capacity_for(steps: int) -> int:
    """Steps that the arrays of the history hold: powers of two, so that runs share programs."""
    return max(_LEAST_CAPACITY, 1 << (steps - 1).bit_length())


def typed(batch: Batch, parameters: Any) -> Batch:
    """The floating-point numbers of a batch in the precision of the parameters."""
    dtype = jax.tree.leaves(parameters)[0].dtype
    floating = lambda leaf: jnp.issubdtype(jnp.asarray(leaf).dtype, jnp.floating)  # noqa: E731
    return jax.tree.map(lambda leaf: jnp.asarray(leaf, dtype) if floating(leaf) else jnp.asarray(leaf), batch)


def resized_for(progress: Progress, run: Run, capacity: int) -> Progress:
    """The same progress with arrays of the history for that many steps."""

    def resized(leaf: Array, length: int) -> Array:
        kept = jnp.asarray(leaf)[:length]
        return jnp.pad(kept, ((0, length - len(kept)), *((0, 0),) * (kept.ndim - 1)))

    if capacity < int(progress.step):
        raise InputError(f"the run that is to be continued has {int(progress.step)} steps behind it; ask for as many.")
    infos = jax.tree.map(lambda leaf: resized(leaf, capacity), progress.infos)
    tests = _tests_in(capacity, run.every)
    return progress._replace(infos=infos, judged=jax.tree.map(lambda leaf: resized(leaf, tests), progress.judged))


def _tests_in(steps: int, every: int) -> int:
    return steps // every + 1 if every else 1


@partial(jax.jit, static_argnames="run")
def begin(parameters: Any, run: Run) -> Progress:
    """Nothing done yet."""
    state = run.algorithm.init(parameters)
    key = jax.random.key(0)
    infos = jax.eval_shape(partial(_step, run=run), parameters, state, key)[2]
    empty = jax.tree.map(lambda leaf: jnp.zeros((run.capacity, *leaf.shape), leaf.dtype), infos)
    zero, no = jnp.zeros((), jnp.int32), jnp.zeros((), bool)
    tests = _tests_in(run.capacity, run.every)
    number = jnp.zeros(tests, jax.tree.leaves(parameters)[0].dtype)
    judged = Judged(jnp.zeros(tests, jnp.int32), number, number, number, jnp.zeros(tests, bool))
    return Progress(parameters, state, zero, zero, no, empty, judged, zero)


def _step(parameters: Any, state: Any, key: Array, *, run: Run) -> tuple[Any, Any, Any]:
    def draw(count: int, *, key: Array) -> Any:
        batch = run.source.draw(count, key=key)
        return typed(batch, parameters) if isinstance(batch, Batch) else batch

    return run.algorithm.step(run.objective, draw, parameters, state, key=key)


@partial(compiled, static_argnames="run", donate_argnames="progress")
def advance(progress: Progress, until: Array, words: Array, test: Batch | None, run: Run) -> Progress:
    """Go on to step ``until``, or to where the test is passed."""
    key = jax.random.wrap_key_data(words)

    def unfinished(now: Progress) -> Array:
        return (now.step < until) & ~now.solved & (now.not_finite < MOST_NOT_FINITE)

    def go(now: Progress) -> Progress:
        parameters, state, info = _step(now.parameters, now.state, jax.random.fold_in(key, now.step), run=run)
        failed = info.status == StepStatus.NOT_FINITE
        infos = jax.tree.map(lambda kept, new: kept.at[now.step].set(new), now.infos, info)
        after = now._replace(
            parameters=parameters,
            state=state,
            step=now.step + 1,
            not_finite=jnp.where(failed, now.not_finite + 1, 0),
            infos=infos,
        )
        if not run.every:
            return after
        return jax.lax.cond(after.step % run.every == 0, lambda p: _judge(p, test, run), lambda p: p, after)

    return jax.lax.while_loop(unfinished, go, progress)


@partial(compiled, static_argnames="run")
def judge_whole(progress: Progress, test: Batch, run: Run) -> Progress:
    """The whole test, wherever the run stands, in place of one that was taken of a part at the same step."""
    before = jnp.maximum(progress.judgements - 1, 0)
    again = (progress.judgements > 0) & (progress.judged.step[before] == progress.step)
    place = jnp.where(again, before, progress.judgements)
    return _noted(progress, _judged(progress, test, run), place)


def _judge(progress: Progress, test: Any, run: Run) -> Progress:
    """The first of the test, and the whole where these promise that it is passed."""
    new = _judged(progress, test.rows(0, min(_SCREENED, len(test))), run)
    if len(test) > _SCREENED:
        near = (new.right > _NEARLY_ALL) | new.solved
        no = jnp.zeros((), bool)
        new = jax.lax.cond(near, lambda: _judged(progress, test, run), lambda: new._replace(solved=no))
    return _noted(progress, new, progress.judgements)


def _judged(progress: Progress, batch: Batch, run: Run) -> Judged:
    problem, network, dtype = run.source, progress.parameters, progress.judged.loss.dtype
    raw, _ = respond(network, batch)
    outputs = network.output(raw)
    numbers = (run.objective.mean(raw, batch), problem.error(outputs, batch), jnp.mean(problem.right(outputs, batch)))
    loss, error, right = (number.astype(dtype) for number in numbers)
    return Judged(progress.step, loss, error, right, problem.solved(outputs, batch))


def _noted(progress: Progress, new: Judged, place: Array) -> Progress:
    kept = jax.tree.map(lambda kept, one: kept.at[place].set(one), progress.judged, new)
    return progress._replace(judged=kept, judgements=place + 1, solved=new.solved)
