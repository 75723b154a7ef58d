"""Runs over fresh batches that are kept in a file, to be continued."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import TypeAlias

import jax
import jax.numpy as jnp
import numpy as np

from unrolled.errors import InputError
from unrolled.learn._online_loop import MOST_NOT_FINITE, Progress, Run, resized_for
from unrolled.storage import Shapes, arrays_description, read_arrays, require_writable, write_arrays

__all__ = ["Clock", "Keeper"]

#: Steps done, and the seconds that they had taken.
Clock: TypeAlias = list[tuple[int, float]]

_FORMAT = "unrolled-run-1"
_EVERY_SECONDS = 60.0
_MOST_MARKS = 100_000
_MOST_CAPACITY = 2**24


class Keeper:
    """Keeps one run in one file: all arrays of the progress by number, and the clock.

    A file that could not be written is found when the keeper is made.
    """

    def __init__(self, path: Path, identity: str) -> None:
        require_writable(path)
        self._path, self._identity, self._saved = path, identity, perf_counter()

    def load(self, begun: Progress, run: Run) -> tuple[Progress, Clock]:
        """The run as it was left, or as it begins if there is no file."""
        if not self._path.exists():
            return begun, [(0, 0.0)]
        described = arrays_description(self._path)
        if described.get("format") != _FORMAT or described.get("identity") != self._identity:
            raise InputError(f"{self._path} is of another run; name another file, or delete this one.")
        marks, capacity = (_whole(described, name) for name in ("marks", "capacity"))
        if not (1 <= marks <= _MOST_MARKS and 1 <= capacity <= _MOST_CAPACITY):
            raise InputError(f"{self._path} is damaged: it says {marks} marks and a capacity of {capacity}.")
        if self._path.stat().st_size < capacity:  # before arrays of that many steps are made
            raise InputError(f"{self._path} is damaged: it is too short for {capacity} steps.")
        held = resized_for(begun, run, capacity)
        leaves, structure = jax.tree.flatten(held)
        shapes: Shapes = {f"{i}": (leaf.shape, leaf.dtype.name) for i, leaf in enumerate(leaves)}
        found = read_arrays(self._path, shapes | {"clock": ((marks, 2), "float64")})
        kept = jax.tree.unflatten(structure, [jnp.asarray(found[f"{i}"]) for i in range(len(leaves))])
        self._check(kept, found["clock"])
        return resized_for(kept, run, max(run.capacity, capacity)), [
            (int(step), float(s)) for step, s in found["clock"]
        ]

    def _check(self, kept: Progress, clock: np.ndarray) -> None:
        """Raise an :class:`InputError` where counters or clock are such as no run leaves behind."""
        most = {"step": len(jax.tree.leaves(kept.infos)[0]), "judgements": len(kept.judged.step)}
        most |= {"not_finite": MOST_NOT_FINITE}
        odd = [name for name, largest in most.items() if not 0 <= int(getattr(kept, name)) <= largest]
        if not (np.isfinite(clock).all() and (np.diff(clock, axis=0) >= 0).all() and (clock >= 0).all()):
            odd.append("clock")
        if odd:
            raise InputError(f"{self._path} is damaged: {', '.join(odd)} cannot be.")

    def save_sometimes(self, progress: Progress, clock: Clock) -> None:
        """Write the file, if the last time is a minute ago."""
        if perf_counter() - self._saved > _EVERY_SECONDS:
            self.save(progress, clock)

    def save(self, progress: Progress, clock: Clock) -> None:
        """Write the file, whole."""
        leaves = [np.asarray(leaf) for leaf in jax.tree.leaves(progress)]
        capacity = len(jax.tree.leaves(progress.infos)[0])
        marks = clock[:1] + clock[1 - min(len(clock), _MOST_MARKS) :] if len(clock) > 1 else clock
        words = {"format": _FORMAT, "identity": self._identity, "marks": f"{len(marks)}", "capacity": f"{capacity}"}
        arrays = {f"{i}": leaf for i, leaf in enumerate(leaves)} | {"clock": np.array(marks, np.float64)}
        write_arrays(self._path, arrays, words)
        self._saved = perf_counter()


def _whole(described: dict[str, str], name: str) -> int:
    text = described.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 10 else 0
