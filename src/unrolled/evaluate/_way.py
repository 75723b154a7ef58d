"""What a way to learn a task is, and when it ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

from unrolled.evaluate._learned import Learned
from unrolled.tasks import Task

__all__ = ["Limits", "Way", "WayWatch"]

#: Called now and then with what has been reached.
WayWatch: TypeAlias = Callable[[Learned], None]


@dataclass(frozen=True)
class Limits:
    """When a run ends that has not solved its task.

    Attributes
    ----------
    sequences
        After so many; ``None``: the way's own number.
    seconds
        After so many.
    """

    sequences: int | None = None
    seconds: float | None = 600.0


class Way(Protocol):
    """A way to learn a task."""

    @property
    def name(self) -> str:
        """By which it is asked for."""
        ...

    def resized(self, units: int) -> Way:
        """The same way with other numbers of hidden units."""
        ...

    def learn(
        self, task: Task, *, seed: int, limits: Limits, watch: WayWatch | None = None, keep: Path | None = None
    ) -> Learned:
        """Learn the task from one seed."""
        ...
