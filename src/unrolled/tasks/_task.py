"""What a task is: batches without end, drawn inside a compiled program, and the rule by which they are judged."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import jax
import numpy as np
from jaxtyping import Array, Bool, Float

from unrolled.arguments import MOST, require_whole
from unrolled.errors import InputError, nearest_name
from unrolled.tasks._generator import require_seed
from unrolled.tasks._judge import Judge
from unrolled.types import AnyArray, Batch, precision

__all__ = [
    "MOST_STEPS",
    "TEST",
    "Task",
    "Terms",
    "count_of_test",
    "draw_on_host",
    "draw_once",
    "require_length",
    "require_numbers",
]

#: A sequence that is longer is a slip.
MOST_STEPS = 1_000_000
#: The sequences of a test of 1997.
TEST = 2560
_TARGETS = ("every", "scored")
_MOST_NUMBERS = 2**31
_MOST_TEST_NUMBERS = 2**26


@dataclass(frozen=True)
class Terms:
    """What a paper fixes of a task.

    Attributes
    ----------
    features, outputs
        How many inputs and outputs a network needs.
    output, loss
        The output function and the loss that go together, by name.
    guess
        The mean loss of the best answer that knows the number of the step and nothing of the sequence.
    judge
        When a sequence is right and the task solved.
    reference
        The paper.
    published
        The best published figure, in words.
    """

    features: int
    outputs: int
    output: str
    loss: str
    guess: float
    judge: Judge
    reference: str
    published: str


class Task(ABC):
    """A problem that needs memory, as its paper states it, with as many sequences as are wanted.

    Every member is a frozen dataclass of whole numbers and names, and can be a static argument of ``jax.jit``:
    ``draw`` is pure and has the same shapes for every key. Numbers come in the precision that JAX computes in.

    Attributes
    ----------
    name
        By which the task is asked for, see :func:`task`.
    length
        The length or the lag, in the terms of the task's paper; each member says which.

    Examples
    --------
    >>> import jax
    >>> from functools import partial
    >>> from unrolled.tasks import Task, task
    >>> @partial(jax.jit, static_argnums=0)
    ... def mean_target(one: Task, key):
    ...     return one.draw(1000, key=key).targets.mean()
    >>> bool(abs(mean_target(task("adding", 20), jax.random.key(0)) - 0.5) < 0.02)
    True
    """

    name: ClassVar[str]
    length: int

    @property
    @abstractmethod
    def terms(self) -> Terms:
        """What the paper fixes: sizes, loss, judge, published figure."""

    @abstractmethod
    def draw(self, count: int, *, key: Array) -> Batch:
        """Fresh sequences.

        Parameters
        ----------
        count
            How many; a Python number, as it is a shape.
        key
            A JAX key, which decides all that is drawn.

        Returns
        -------
        Batch
            Inputs ``(count, time, features)``, targets ``(count, last, outputs)``, ``lengths`` where they differ.
        """

    @abstractmethod
    def test(self, *, key: Array) -> Batch:
        """The test set of the paper: as many sequences as it has, or those that it has."""

    @property
    def lag(self) -> int | None:
        """The longest lag that has to be bridged, where the problem says one: what gates can be prepared for."""
        return self.length

    @property
    def features(self) -> int:
        """How many inputs there are at every step."""
        return self.terms.features

    @property
    def outputs(self) -> int:
        """How many outputs a network needs."""
        return self.terms.outputs

    @property
    def output(self) -> str:
        """The output function that goes with the loss."""
        return self.terms.output

    @property
    def loss(self) -> str:
        """The loss, by the name that a learner takes."""
        return self.terms.loss

    @property
    def guess(self) -> float:
        """The mean loss of the best answer that knows the number of the step and nothing of the sequence.

        It is counted as a learner counts: the mean over sequences, steps and units that have a target, in nats where
        the loss is the cross-entropy. A network that does better has begun to remember.
        """
        return self.terms.guess

    @property
    def reference(self) -> str:
        """The paper whose protocol it is."""
        return self.terms.reference

    @property
    def published(self) -> str:
        """The best published figure, in words."""
        return self.terms.published

    def right(self, outputs: Float[AnyArray, "batch last unit"], batch: Batch) -> Bool[Array, " batch"]:
        """Which sequences are right by the rule of the paper.

        Parameters
        ----------
        outputs
            What comes out of the output function, of the shape of the targets.
        batch
            The sequences.
        """
        return self.terms.judge.right(outputs, batch)

    def error(self, outputs: Float[AnyArray, "batch last unit"], batch: Batch) -> Float[Array, ""]:
        """The number that the paper reports; each member says which."""
        return self.terms.judge.error(outputs, batch)

    def solved(self, outputs: Float[AnyArray, "batch last unit"], batch: Batch) -> Bool[Array, ""]:
        """Whether the task is solved, by the criterion of the paper on its :meth:`test` set."""
        return self.terms.judge.solved(outputs, batch)


def require_length(task: Task, least: int, why: str) -> None:
    """Raise an :class:`InputError` unless the task is long enough; ``why`` says what needs room."""
    value, whole = task.length, isinstance(task.length, int | np.integer) and not isinstance(task.length, bool)
    if not whole or not least <= value <= MOST_STEPS:
        raise InputError(
            f"{task.name} needs a length from {least} to {MOST_STEPS}, a whole number, {why}; came {value!r}."
        )


def require_targets(targets: Any) -> None:
    """Raise an :class:`InputError` unless it says which steps have a target: ``"every"`` or ``"scored"``."""
    if targets not in _TARGETS:
        raise nearest_name("targets", targets, _TARGETS)


def require_numbers(count: int, time: int, features: int) -> None:
    """Raise an :class:`InputError` unless that many sequences fit into memory."""
    require_whole("count", count, 1, MOST)
    if time * features > _MOST_NUMBERS:
        raise InputError(
            f"a sequence of {time} steps and {features} features does not fit into memory; take a shorter one."
        )
    if count * time * features > _MOST_NUMBERS:
        raise InputError(
            f"{count} sequences of {time} steps and {features} features do not fit into memory; draw at most "
            f"{_MOST_NUMBERS // (time * features)} at a time."
        )


def count_of_test(wanted: int, time: int, features: int) -> int:
    """The sequences of a test set: as many as the paper has, fewer where these were more than 2^26 numbers."""
    return max(1, min(wanted, _MOST_TEST_NUMBERS // (time * features)))


def draw_once(task: Task, count: int, *, key: Array) -> Batch:
    """A draw as one compiled program, wherever it is asked for: operation by operation it would be dozens."""
    return _draw(task, count, key)


def draw_on_host(task: Task, count: int, seed: int) -> Batch:
    """A draw in float64, as numpy arrays, from a seed: for those who keep their sequences."""
    require_whole("count", count, 1, MOST)
    number = require_seed(seed)
    with precision("float64"):
        return jax.tree.map(np.asarray, _draw(task, int(count), jax.random.key(number)))


@partial(jax.jit, static_argnums=(0, 1))
def _draw(task: Task, count: int, key: Array) -> Batch:
    return task.draw(count, key=key)
