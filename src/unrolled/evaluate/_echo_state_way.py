"""A task learned by an echo state network: fixed weights, and a readout solved for on more and more sequences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from math import isqrt
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from unrolled.arguments import MOST, require_kind, require_whole
from unrolled.compilation import compiled, count_compilations
from unrolled.errors import InputError
from unrolled.evaluate._echo_state_blocks import Blocks, Clock, OutOfTime, held_bytes, outputs_of, sequence_bytes
from unrolled.evaluate._kept_course import KeptCourse, columns_of
from unrolled.evaluate._learned import Course, Learned
from unrolled.evaluate._memory import in_words, most_bytes
from unrolled.evaluate._way import Keys, Limits, WayWatch, keys_of, require_request
from unrolled.learn import NetworkObjective, Ridge, identity_of, require_calls, solve_ridge
from unrolled.networks import Network, Readout, ReservoirDesign
from unrolled.tasks import Task
from unrolled.types import Batch, precision

__all__ = ["EchoStateWay"]

# A readout's outputs are no probabilities; they are taken for such within these bounds.
_LEAST = 1e-3


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

    def __post_init__(self) -> None:
        require_kind("name", self.name, str)
        require_kind("reservoir", self.reservoir, ReservoirDesign)
        require_kind("ridge", self.ridge, Ridge)
        self.reservoir.check()
        self.ridge.check()
        if self.ridge.washout:
            raise InputError("every step of a task counts: leave the washout out.")
        require_whole("block", self.block, 1, MOST)
        require_whole("sequences", self.sequences, self.block, MOST)

    def check(self, task: Task, limits: Limits) -> None:
        """Raise an :class:`InputError` unless reservoir, task and limits go together and fit into memory."""
        require_request(task, limits)
        limits.check(self.name, self.block)
        units, most = self.reservoir.units, most_bytes()
        if held_bytes(units) > most:
            raise InputError(
                f"a reservoir of {units} units and the equations of its readout take {in_words(held_bytes(units))}, "
                f"and {in_words(most)} can be had here; take {_fitting(most)} units at most."
            )
        if sequence_bytes(task, units) > most:
            raise InputError(
                f"one sequence of {task.name} of length {task.length} takes {in_words(sequence_bytes(task, units))} in "
                f"a reservoir of {units} units, and {in_words(most)} can be had here; take fewer units, or a shorter "
                "task."
            )

    def resized(self, units: int) -> EchoStateWay:
        """The same way with other numbers of hidden units."""
        require_whole("units", units, 1, 100_000)
        connections = min(self.reservoir.connections, units)
        return replace(self, reservoir=replace(self.reservoir, units=units, connections=connections))

    def learn(
        self, task: Task, *, seed: int, limits: Limits, watch: WayWatch | None = None, keep: Path | None = None
    ) -> Learned:
        """Learn the task from one seed: it decides the reservoir, the sequences and the test.

        Arguments and errors are those of :meth:`OnlineWay.learn`. What is kept of a run is its tests: one that was
        stopped between two of them goes on at the first of the two.
        """
        self.check(task, limits)
        require_calls(watch, keep)
        keys = keys_of(seed)
        keeper = None if keep is None else KeptCourse(Path(keep), self._identity(task, seed))
        with precision("float64"):
            run = _Run(self, task, self.begin(task, keys), keys.run)
            row = run.unlearned(seed)
            recalled = None if keeper is None else keeper.load()
            for count in _doubling(self._most(limits)):
                before = None if recalled is None else recalled.upto(row, count * self.block)
                if before is None:
                    # A file that knows of more was of a longer run: its seconds are not of this one, and it stays.
                    last = recalled is not None and not recalled.goes_beyond(count * self.block)
                    spent = max(row.seconds, recalled.seconds) if recalled is not None and last else row.seconds
                    row = run.advanced(row, count, spent, limits.seconds)
                    if keeper is not None and last:
                        keeper.save(row)
                else:
                    row = before
                if watch is not None:
                    watch(row)
                if row.solved or _late(row, limits):
                    break
        return row if row.solved else replace(row, note="out of time" if _late(row, limits) else "all sequences seen")

    def begin(self, task: Task, keys: Keys) -> Network:
        """The reservoir, with a readout that says nothing yet."""
        cell = self.reservoir.draw(task.features, key=keys.weights).cell()
        readout = Readout(np.zeros((task.outputs, cell.units)), np.zeros(task.outputs))
        return Network((cell,), readout)

    def _identity(self, task: Task, seed: int) -> str:
        """All that decides the numbers of a run, but for how long it goes on."""
        return identity_of(self.reservoir, self.ridge, self.block, task, seed)

    def _most(self, limits: Limits) -> int:
        """The most blocks."""
        return (self.sequences if limits.sequences is None else limits.sequences) // self.block


class _Run:
    """One run: the reservoir, its blocks and the test, which are made when they are needed."""

    def __init__(self, way: EchoStateWay, task: Task, network: Network, key: Array) -> None:
        self._way, self._task, self._network = way, task, network
        self._test_key, blocks_key = jax.random.split(key)
        self._blocks = Blocks(network, task, way.block, blocks_key)
        self._test: Batch | None = None

    def unlearned(self, seed: int) -> Learned:
        """The row before the first test."""
        task, readout = self._task, self._network.readout
        nothing = Course(*(np.zeros(0) for _ in range(4)))
        learned = readout.V.size + readout.c.size  # pyright: ignore[reportAttributeAccessIssue]
        nan = np.nan
        return Learned(task.name, task.length, self._way.name, seed, False, 0, 0.0, nan, nan, learned, "", "", nothing)

    def advanced(self, row: Learned, count: int, spent: float, most_seconds: float | None) -> Learned:
        """Solve on so many blocks, and test; where time runs out meanwhile, the seconds alone advance."""
        test = self._tested()
        with count_compilations() as counted:
            clock = Clock(counted, spent, most_seconds)
            try:
                clock.look()
                loss, error, solved = self._solved(count, test, clock)
            except OutOfTime:
                return replace(row, seconds=clock.seconds)
            seconds = clock.seconds
        new = (count * self._way.block, seconds, loss, error)
        course = Course(*map(np.append, columns_of(row.course), new))
        reached = {"solved": solved, "loss": loss, "error": error, "sequences": new[0], "seconds": seconds}
        return replace(row, course=course, **reached)

    def _tested(self) -> Batch:
        if self._test is None:
            self._test = jax.tree.map(np.asarray, self._task.test(key=self._test_key))
        assert self._test is not None
        return self._test

    def _solved(self, count: int, test: Batch, clock: Clock) -> tuple[float, float, bool]:
        ridge = self._way.ridge
        found = solve_ridge(self._blocks.equations(count, clock), ridge.strength, intercept=ridge.intercept)
        readout = Readout(np.asarray(found.V), np.asarray(found.c))
        said = outputs_of(replace(self._network, readout=readout), test, clock)
        loss, error, solved = _judged(said, self._task, test)
        return float(loss), float(error), bool(solved)


def _late(row: Learned, limits: Limits) -> bool:
    return limits.seconds is not None and row.seconds >= limits.seconds


def _fitting(most: int) -> int:
    """The most units whose reservoir fits: bisected, as what it takes rises with them."""
    low, high = 0, isqrt(most)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if held_bytes(middle) <= most else (low, middle - 1)
    return low


def _doubling(most: int) -> Iterator[int]:
    """1, 2, 4, ... up to the most, which is the last."""
    blocks = 1
    while blocks < most:
        yield blocks
        blocks *= 2
    yield most


@partial(compiled, static_argnames="task")
def _judged(said: Any, task: Task, test: Batch) -> tuple[Any, Any, Any]:
    objective = NetworkObjective(task.loss, task.output)
    if task.output == "linear":
        return objective.mean(said, test), task.error(said, test), task.solved(said, test)
    likely = jnp.clip(said, _LEAST, 1 - _LEAST)
    if task.output == "softmax":
        likely = likely / jnp.sum(likely, axis=-1, keepdims=True)
        return objective.mean(jnp.log(likely), test), task.error(likely, test), task.solved(likely, test)
    raw = jnp.log(likely) - jnp.log1p(-likely)
    return objective.mean(raw, test), task.error(likely, test), task.solved(likely, test)
