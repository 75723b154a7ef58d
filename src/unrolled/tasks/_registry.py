"""The tasks by name."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from unrolled.errors import nearest_name
from unrolled.tasks._adding import Adding
from unrolled.tasks._echo import Echo
from unrolled.tasks._embedded_reber import EmbeddedReber
from unrolled.tasks._flip_flop import FlipFlop
from unrolled.tasks._long_lag import LongLag, RandomPermutation
from unrolled.tasks._multiplication import ExclusiveOr, Multiplication
from unrolled.tasks._parity import Parity
from unrolled.tasks._recall import Copying, Memorization
from unrolled.tasks._task import Task
from unrolled.tasks._temporal_order import TemporalOrder
from unrolled.tasks._two_sequences import TwoSequences
from unrolled.tasks._very_long_lag import VeryLongLag

__all__ = ["task", "task_names"]

_TASKS: dict[str, type[Task]] = {
    one.name: one
    for one in (
        Adding, Multiplication, ExclusiveOr, TemporalOrder, RandomPermutation, Memorization, Copying,
        LongLag, VeryLongLag, TwoSequences, EmbeddedReber, Echo, Parity, FlipFlop,
    )
}  # fmt: skip


def task_names() -> tuple[str, ...]:
    """The names that :func:`task` knows.

    Examples
    --------
    >>> from unrolled.tasks import task_names
    >>> task_names()[:2]
    ('adding', 'multiplication')
    """
    return tuple(_TASKS)


def task(name: str, length: int | None = None, **settings: Any) -> Task:
    """A task by name.

    Parameters
    ----------
    name
        One of :func:`task_names`.
    length
        In the terms of the task, whose page says what it means; its own default if left out.
    settings
        Further fields of the task, such as ``protocol``.

    Returns
    -------
    Task
        Frozen and hashable.

    Raises
    ------
    InputError
        An unknown name or setting, or a value out of its range.

    Examples
    --------
    >>> from unrolled.tasks import task
    >>> task("temporal-order", symbols=3)
    TemporalOrder(length=100, symbols=3, protocol='1997', longest=None)
    >>> task("adding", 5)
    Traceback (most recent call last):
    unrolled.errors.InputError: adding needs a length from 11 to 1000000, a whole number, as one of the first ten \
pairs is marked and the last is not; came 5.
    """
    if name not in task_names():
        raise nearest_name("task", name, _TASKS)
    kind = _TASKS[name]
    known = [field.name for field in fields(kind) if field.name != "length"]  # pyright: ignore[reportArgumentType]
    for setting in settings:
        if setting not in known:
            raise nearest_name(f"setting of {name}", setting, known)
    return kind(**settings) if length is None else kind(length=length, **settings)  # pyright: ignore[reportCallIssue]
