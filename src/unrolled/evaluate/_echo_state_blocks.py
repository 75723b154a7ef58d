"""What a reservoir says to sequence after sequence, in pieces of bounded size, with an eye on the clock."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from math import prod
from time import perf_counter
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from unrolled.compilation import Compilations, compiled
from unrolled.evaluate._memory import most_bytes
from unrolled.evaluate._way import sequence_shapes
from unrolled.learn import Equations, real_steps, starting_states
from unrolled.networks import Network
from unrolled.tasks import Task
from unrolled.types import Batch

__all__ = ["Blocks", "Clock", "OutOfTime", "held_bytes", "outputs_of", "sequence_bytes"]

Rows: TypeAlias = tuple[np.ndarray, np.ndarray]

_NUMBER = 8
# Activities are made in pieces of about this size, and so many numbers of inputs and targets are drawn at once.
_PIECE_BYTES = 100_000_000
_DRAWN_NUMBERS = 1 << 24
# Sequences that a processor takes at a time.
_VECTOR = 16
# What fits is kept for the next, larger equations; what does not is made again. On a small machine less is kept.
_KEPT_BYTES = 1 << 30
_KEPT_SHARE = 4
# Matrices of units x units: W three times, and up to nine in the factorization of the equations.
_DENSE = 12
# Rows of the equations that are taken together, and their copies.
_TOGETHER = 3 * 4096


class OutOfTime(Exception):
    """The seconds are spent: leaves the equations in the middle."""


class Clock:
    """The seconds of a run, those before included and compilation not; says when they are too many."""

    def __init__(self, counted: Compilations, spent: float, most: float | None) -> None:
        self._began, self._counted, self._spent, self._most = perf_counter(), counted, spent, most

    @property
    def seconds(self) -> float:
        """Until now."""
        return self._spent + max(perf_counter() - self._began - self._counted.seconds, 1e-4)

    def look(self) -> None:
        """Raise :class:`OutOfTime` if it is late."""
        if self._most is not None and self.seconds >= self._most:
            raise OutOfTime


class Blocks:
    """Activities and targets of every step that has a target, block by block; kept as long as memory allows."""

    def __init__(self, network: Network, task: Task, size: int, key: Array) -> None:
        self.network, self.task, self._key = network, task, key
        self._sizes = _parts(task, size)
        self._kept: dict[int, list[Rows]] = {}
        self._counts: dict[int, int] = {}
        self._held, self._most_kept = 0, _kept_bytes()

    def equations(self, count: int, clock: Clock) -> Equations:
        """Those of the first so many blocks."""
        for number in range(count):
            if number not in self._counts:
                self._counts[number] = sum(len(columns) for columns, _ in self._block(number, clock))
        rows = sum(self._counts[number] for number in range(count))
        units = self.network.readout.features
        return Equations(rows, units, lambda: (p for number in range(count) for p in self._block(number, clock)))

    def _block(self, number: int, clock: Clock) -> Iterator[Rows]:
        if number in self._kept:
            yield from self._kept[number]
            return
        kept: list[Rows] | None = []
        for columns, targets in self._made(number):
            clock.look()
            if kept is not None and self._held + columns.nbytes <= self._most_kept:
                kept.append((columns, targets))
                self._held += columns.nbytes
            elif kept is not None:
                self._held -= sum(part.nbytes for part, _ in kept)
                kept = None
            yield columns, targets
        if kept is not None:
            self._kept[number] = kept

    def _made(self, number: int) -> Iterator[Rows]:
        key = jax.random.fold_in(self._key, number)
        for part, size in enumerate(self._sizes):
            own = key if len(self._sizes) == 1 else jax.random.fold_in(key, part)
            batch = jax.tree.map(np.asarray, _drawn(self.task, size, own))
            for rows in _pieces(batch, self.network.readout.features):
                h = np.asarray(_states(self.network, rows))
                columns, targets = (part.reshape(-1, part.shape[-1]) for part in (h, np.asarray(rows.targets)))
                known = np.isfinite(targets).all(axis=1)
                yield columns[known], targets[known]


def outputs_of(network: Network, batch: Batch, clock: Clock) -> Float[np.ndarray, "batch last output"]:
    """``V h_t + c`` at the steps that have targets."""
    made = []
    for rows in _pieces(batch, network.readout.features):
        made.append(np.asarray(_said(network, rows)))
        clock.look()
    return np.concatenate(made)


def sequence_bytes(task: Task, units: int) -> int:
    """What one sequence of a task takes while a reservoir goes through it."""
    return _bytes(*sequence_shapes(task), units)


def held_bytes(units: int) -> int:
    """What a reservoir of so many units and its equations take, whatever the task."""
    return _NUMBER * (_DENSE * units**2 + _TOGETHER * units) + _kept_bytes() + 3 * _PIECE_BYTES


def _kept_bytes() -> int:
    return min(_KEPT_BYTES, most_bytes() // _KEPT_SHARE)


def _parts(task: Task, size: int) -> list[int]:
    """How many sequences are drawn at once: all of a block, unless that were too many numbers."""
    one = sum(prod(shape) for shape in sequence_shapes(task))
    part = max(1, min(size, _DRAWN_NUMBERS // one))
    return [part] * (size // part) + [size % part] * (size % part > 0)


def _pieces(batch: Batch, units: int) -> Iterator[Batch]:
    """Pieces of bounded size; as long as they are in step with vectors of the processor they change no rounding."""
    size = max(1, _PIECE_BYTES // _bytes(batch.inputs.shape, batch.targets.shape, units))
    size = size // _VECTOR * _VECTOR or size
    for start in range(0, len(batch), size):
        yield batch.rows(start, start + size)


def _bytes(inputs: tuple[int, ...], targets: tuple[int, ...], units: int) -> int:
    (_, time, features), (_, last, outputs) = inputs, targets
    return _NUMBER * (time * (3 * units + 2 * features) + 2 * last * (units + outputs))


@partial(compiled, static_argnames=("task", "count"))
def _drawn(task: Task, count: int, key: Array) -> Batch:
    return task.draw(count, key=key)


@compiled
def _states(network: Network, batch: Batch) -> Float[Array, "batch last unit"]:
    return _activities(network, batch)


@compiled
def _said(network: Network, batch: Batch) -> Float[Array, "batch last output"]:
    return jnp.asarray(network.readout.raw(_activities(network, batch)))


def _activities(network: Network, batch: Batch) -> Any:
    last = batch.targets.shape[1]
    h, _ = network.hidden(batch.inputs, starting_states(network, batch), last=last, real=real_steps(batch))
    return jnp.asarray(h)
