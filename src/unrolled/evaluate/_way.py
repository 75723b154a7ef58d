"""What a way to learn a task is, and when it ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol, TypeAlias

from jaxtyping import Array

from unrolled.evaluate._learned import Learned
from unrolled.networks import member_keys
from unrolled.tasks import Task

__all__ = ["Keys", "Limits", "Way", "WayWatch", "keys_of"]

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


class Keys(NamedTuple):
    """Independent random keys of one seed: equal ones would make gates a function of the weights beside them."""

    weights: Array
    initialization: Array
    sample: Array
    run: Array


def keys_of(seed: int) -> Keys:
    """The keys of a run; the last decides the sequences and the test, which is so the same for every way."""
    return Keys(*member_keys(seed, len(Keys._fields)))


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
