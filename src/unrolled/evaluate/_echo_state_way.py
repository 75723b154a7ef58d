"""A task learned by an echo state network: fixed weights, and a readout solved for on more and more sequences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from unrolled.arguments import require_whole
from unrolled.compilation import compiled, count_compilations
from unrolled.errors import InputError
from unrolled.evaluate._learned import Course, Learned
from unrolled.evaluate._way import Keys, Limits, WayWatch, keys_of
from unrolled.learn import Equations, NetworkObjective, Ridge, real_steps, solve_ridge, starting_states
from unrolled.networks import Network, Readout, ReservoirDesign
from unrolled.tasks import Task
from unrolled.types import Batch, precision

__all__ = ["EchoStateWay"]

# A readout's outputs are no probabilities; they are taken for such within these bounds.
_LEAST = 1e-3
_MOST_SEQUENCES = 1_000_000_000
_KEPT_BYTES = 1 << 30
Rows: TypeAlias = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class EchoStateWay:
    """A fixed reservoir whose readout is solved for, on twice as many sequences every time, until the test is passed.

    The readout is linear, also where the task has classes: targets are 0 and 1, and outputs, cut to
    ``[0.001, 0.999]`` and scaled to a sum of 1 where the classes exclude each other, are taken for probabilities.

    Attributes
    ----------
    name
        By which it is asked for.
    reservoir
        The fixed layer.
    ridge
        How the readout is learned.
    block
        Sequences are drawn in blocks of so many; the first test comes after one.
    sequences
        How many at most.
    """

    name: str = "echo-state"
    reservoir: ReservoirDesign = field(
        default_factory=lambda: ReservoirDesign(units=400, rho=0.99, leak=1.0, input_scale=0.3, bias_scale=0.1)
    )
    ridge: Ridge = field(default_factory=Ridge)
    block: int = 500
    sequences: int = 8_000

    def resized(self, units: int) -> EchoStateWay:
        """The same way with other numbers of hidden units."""
        require_whole("units", units, 1, 100_000)
        connections = min(self.reservoir.connections, units)
        return replace(self, reservoir=replace(self.reservoir, units=units, connections=connections))

    def learn(
        self, task: Task, *, seed: int, limits: Limits, watch: WayWatch | None = None, keep: Path | None = None
    ) -> Learned:
        """Learn the task from one seed: it decides the reservoir, the sequences and the test.

        Arguments are those of :meth:`OnlineWay.learn`; runs are short, and a file of theirs is neither read nor
        written.
        """
        del keep
        self._check()
        keys = keys_of(seed)
        test_key, run_key = jax.random.split(keys.run)
        with precision("float64"):
            network = self.begin(task, keys)
            blocks = _Blocks(network, task, self.block, run_key)
            test = jax.tree.map(jnp.asarray, task.test(key=test_key))
            row = self._unlearned(task, seed, network)
            for count in _doubling(self._most(limits)):
                row = self._advanced(row, blocks, test, count)
                if watch is not None:
                    watch(row)
                if row.solved or (limits.seconds is not None and row.seconds >= limits.seconds):
                    break
        late = limits.seconds is not None and row.seconds >= limits.seconds
        return row if row.solved else replace(row, note="out of time" if late else "all sequences seen")

    def begin(self, task: Task, keys: Keys) -> Network:
        """The reservoir, with a readout that says nothing yet."""
        cell = self.reservoir.draw(task.features, key=keys.weights).cell()
        readout = Readout(np.zeros((task.outputs, cell.units)), np.zeros(task.outputs))
        return Network((cell,), readout)

    def _check(self) -> None:
        self.reservoir.check()
        self.ridge.check()
        require_whole("block", self.block, 1, _MOST_SEQUENCES)
        require_whole("sequences", self.sequences, 1, _MOST_SEQUENCES)
        if self.ridge.washout:
            raise InputError("every step of a task counts: leave the washout out.")

    def _most(self, limits: Limits) -> int:
        """The most blocks."""
        most = self.sequences if limits.sequences is None else limits.sequences
        return max(1, most // self.block)

    def _unlearned(self, task: Task, seed: int, network: Network) -> Learned:
        nothing = Course(*(np.zeros(0) for _ in range(4)))
        learned = network.readout.V.size + network.readout.c.size  # pyright: ignore[reportAttributeAccessIssue]
        return Learned(task.name, task.length, self.name, seed, False, 0, 0.0, np.nan, np.nan, learned, "", "", nothing)

    def _advanced(self, row: Learned, blocks: _Blocks, test: Batch, count: int) -> Learned:
        """Solve on so many blocks, and test."""
        began = perf_counter()
        with count_compilations() as counted:
            found = solve_ridge(blocks.equations(count), self.ridge.strength, intercept=self.ridge.intercept)
            readout = Readout(np.asarray(found.V), np.asarray(found.c))
            loss, error, solved = _judged(replace(blocks.network, readout=readout), blocks.task, test)
            reached = {"solved": bool(solved), "loss": float(loss), "error": float(error)}
        seconds = row.seconds + max(perf_counter() - began - counted.seconds, 1e-4)
        sequences = count * self.block
        new = (sequences, seconds, reached["loss"], reached["error"])
        course = Course(*map(np.append, _columns(row.course), new))
        return replace(row, sequences=sequences, seconds=seconds, course=course, **reached)


class _Blocks:
    """Activities and targets of every step that has a target, block by block; kept as long as memory allows."""

    def __init__(self, network: Network, task: Task, size: int, key: Array) -> None:
        self.network, self.task, self._size, self._key = network, task, size, key
        self._kept: dict[int, Rows] = {}
        self._counts: dict[int, int] = {}

    def equations(self, count: int) -> Equations:
        """Those of the first so many blocks."""
        for number in range(count):
            if number not in self._counts:
                self._block(number)
        rows = sum(self._counts[number] for number in range(count))
        units = self.network.readout.features
        return Equations(rows, units, lambda: map(self._block, range(count)))

    def _block(self, number: int) -> Rows:
        if number in self._kept:
            return self._kept[number]
        h, targets = _hidden(self.network, self.task, self._size, jax.random.fold_in(self._key, number))
        columns, wanted = (np.asarray(part).reshape(-1, part.shape[-1]) for part in (h, targets))
        known = np.isfinite(wanted).all(axis=1)
        rows = columns[known], wanted[known]
        self._counts[number] = len(rows[0])
        if sum(columns.nbytes for columns, _ in self._kept.values()) < _KEPT_BYTES:
            self._kept[number] = rows
        return rows


def _doubling(most: int) -> Iterator[int]:
    """1, 2, 4, ... up to the most, which is the last."""
    blocks = 1
    while blocks < most:
        yield blocks
        blocks *= 2
    yield most


def _columns(course: Course) -> tuple[np.ndarray, ...]:
    return course.sequences, course.seconds, course.loss, course.error


@partial(compiled, static_argnames=("task", "count"))
def _hidden(network: Network, task: Task, count: int, key: Array) -> tuple[Array, Array]:
    batch = task.draw(count, key=key)
    return _states(network, batch), jnp.asarray(batch.targets)


def _states(network: Network, batch: Batch) -> Float[Array, "batch last unit"]:
    last = batch.targets.shape[1]
    h, _ = network.hidden(batch.inputs, starting_states(network, batch), last=last, real=real_steps(batch))
    return jnp.asarray(h)


@partial(compiled, static_argnames="task")
def _judged(network: Network, task: Task, test: Batch) -> tuple[Any, Any, Any]:
    said = network.readout.raw(_states(network, test))
    objective = NetworkObjective(task.loss, task.output)
    if task.output == "linear":
        return objective.mean(said, test), task.error(said, test), task.solved(said, test)
    likely = jnp.clip(said, _LEAST, 1 - _LEAST)
    if task.output == "softmax":
        likely = likely / jnp.sum(likely, axis=-1, keepdims=True)
        return objective.mean(jnp.log(likely), test), task.error(likely, test), task.solved(likely, test)
    raw = jnp.log(likely) - jnp.log1p(-likely)
    return objective.mean(raw, test), task.error(likely, test), task.solved(likely, test)
