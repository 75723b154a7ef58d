"""What a way to learn a task is, and when it ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeAlias, runtime_checkable

import jax
from jaxtyping import Array

from unrolled.arguments import MOST, require_kind, require_number, require_whole
from unrolled.errors import InputError
from unrolled.evaluate._learned import Learned
from unrolled.networks import member_keys
from unrolled.tasks import Task

__all__ = ["MOST_SEED", "Keys", "Limits", "Way", "WayWatch", "keys_of", "require_request", "sequence_shapes"]

#: The largest seed.
MOST_SEED = 2**32 - 1
#: Called now and then with what has been reached.
WayWatch: TypeAlias = Callable[[Learned], None]


@dataclass(frozen=True)
class Limits:
    """When a run ends that has not solved its task.

    Attributes
    ----------
    sequences
        After so many, never more; ``None``: the way's own number. What a way takes at a time has to fit in.
    seconds
        After about so many; ``None``: whenever that is.

    Examples
    --------
    >>> from unrolled.evaluate import Limits
    >>> Limits(seconds=float("nan"))
    Traceback (most recent call last):
    unrolled.errors.InputError: seconds must be a finite number above 0; came nan.
    """

    sequences: int | None = None
    seconds: float | None = 600.0

    def __post_init__(self) -> None:
        if self.sequences is not None:
            require_whole("sequences", self.sequences, 1, MOST)
        if self.seconds is not None:
            require_number("seconds", self.seconds, above=0.0)

    def check(self, name: str, at_a_time: int, most: int = MOST) -> None:
        """Raise an :class:`InputError` unless a way that takes so many sequences at a time can keep to them."""
        if self.sequences is None or at_a_time <= self.sequences <= most:
            return
        if self.sequences < at_a_time:
            raise InputError(
                f"{name} takes {at_a_time} sequences at a time, so sequences must be {at_a_time} at least; came "
                f"{self.sequences}."
            )
        raise InputError(f"{name} takes {most} sequences at most; came sequences={self.sequences}.")


class Keys(NamedTuple):
    """Independent random keys of one seed: equal ones would make gates a function of the weights beside them."""

    weights: Array
    initialization: Array
    sample: Array
    run: Array


def keys_of(seed: int) -> Keys:
    """The keys of a run; the last decides the sequences and the test, which is so the same for every way."""
    return Keys(*member_keys(require_whole("seed", seed, 0, MOST_SEED), len(Keys._fields)))


def require_request(task: Any, limits: Any) -> None:
    """Raise an :class:`InputError` unless it is a task that is to be learned, and limits."""
    if isinstance(task, str):
        raise InputError(f"task must be a Task; came {task!r}: write task({task!r}), with unrolled.tasks.task.")
    require_kind("task", task, Task)
    require_kind("limits", limits, Limits)


def sequence_shapes(task: Task) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Of the inputs and the targets of one sequence: nothing is drawn, and one too large to be had is refused."""

    def drawn(key: Array) -> tuple[Any, Any]:
        batch = task.draw(1, key=key)
        return batch.inputs, batch.targets

    inputs, targets = jax.eval_shape(drawn, jax.random.key(0))
    return inputs.shape, targets.shape


@runtime_checkable
class Way(Protocol):
    """A way to learn a task."""

    @property
    def name(self) -> str:
        """By which it is asked for."""
        ...

    def resized(self, units: int) -> Way:
        """The same way with other numbers of hidden units."""
        ...

    def check(self, task: Task, limits: Limits) -> None:
        """Raise an :class:`InputError` unless it can learn this task within these limits.

        Asked of every way before the first of them runs, so it takes no time to speak of.
        """
        ...

    def learn(
        self, task: Task, *, seed: int, limits: Limits, watch: WayWatch | None = None, keep: Path | None = None
    ) -> Learned:
        """Learn the task from one seed; ``keep`` is a file that is this run's alone, of whatever form."""
        ...
