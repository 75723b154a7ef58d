"""One run among many: an error in it is told in its row, and costs no other."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from unrolled.errors import UnrolledError
from unrolled.evaluate._learned import Course, Learned
from unrolled.evaluate._way import Limits, Way, WayWatch
from unrolled.tasks import Task

__all__ = ["attempt", "failure"]

_NO_MEMORY = ("RESOURCE_EXHAUSTED", "Out of memory")


def attempt(
    one: Way, task: Task, *, seed: int, limits: Limits, watch: WayWatch | None = None, keep: Path | None = None
) -> Learned:
    """The row of a run, whatever becomes of it; what ``watch`` raises is the caller's."""
    watched = None if watch is None else _Watched(watch)
    try:
        return one.learn(task, seed=seed, limits=limits, watch=watched, keep=keep)
    except Exception as error:
        if watched is not None and watched.raised is error:
            raise
        return failure(one, task, seed, error)


def failure(one: Way, task: Task, seed: int, error: Exception) -> Learned:
    """The row of a run that an error ended."""
    nothing, nan = Course(*(np.zeros(0) for _ in range(4))), float("nan")
    note = f"it failed: {_reason(error)}"
    return Learned(task.name, task.length, one.name, seed, False, 0, 0.0, nan, nan, 0, "", note, nothing, failed=True)


class _Watched:
    """Remembers what the watch itself raised."""

    def __init__(self, watch: WayWatch) -> None:
        self._watch = watch
        self.raised: BaseException | None = None

    def __call__(self, row: Learned) -> None:
        try:
            self._watch(row)
        except BaseException as error:
            self.raised = error
            raise


def _reason(error: Exception) -> str:
    """In one line, without its last full stop."""
    text = " ".join(str(error).split())
    if isinstance(error, MemoryError) or any(words in text for words in _NO_MEMORY):
        return "not enough memory; take fewer units or a shorter task"
    if isinstance(error, UnrolledError):
        return text.removesuffix(".")
    return f"{type(error).__name__}: {text}".removesuffix(".")
