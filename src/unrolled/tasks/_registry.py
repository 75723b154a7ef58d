"""The tasks by name."""

from __future__ import annotations

from dataclasses import fields
from types import NoneType
from typing import Any, get_args, get_type_hints

from unrolled.errors import InputError, nearest_name
from unrolled.tasks._adding import Adding
from unrolled.tasks._echo import Echo
from unrolled.tasks._embedded_reber import EmbeddedReber
from unrolled.tasks._flip_flop import FlipFlop
from unrolled.tasks._long_lag import LongLag, RandomPermutation
from unrolled.tasks._multiplication import ExclusiveOr, Multiplication
from unrolled.tasks._oscillator import Oscillator
from unrolled.tasks._parity import Parity
from unrolled.tasks._recall import Copying, Memorization
from unrolled.tasks._task import Task
from unrolled.tasks._temporal_order import TemporalOrder
from unrolled.tasks._two_sequences import TwoSequences
from unrolled.tasks._very_long_lag import VeryLongLag

__all__ = ["read_setting", "task", "task_names"]

_TASKS: dict[str, type[Task]] = {
    one.name: one
    for one in (
        Adding, Multiplication, ExclusiveOr, TemporalOrder, RandomPermutation, Memorization, Copying,
        LongLag, VeryLongLag, TwoSequences, EmbeddedReber, Echo, Parity, FlipFlop, Oscillator,
    )
}  # fmt: skip
_KINDS = {int: "a whole number", float: "a number", bool: "true or false", str: "a word"}
_MOST_SHOWN = 80
_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


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
    kind = _kind(name)
    for setting in settings:
        _require_setting(name, setting)
    return kind(**settings) if length is None else kind(length=length, **settings)  # pyright: ignore[reportCallIssue]


def read_setting(name: str, setting: str, text: str) -> Any:
    """A setting of a task, read from text as its field takes it: a number where that is one, a name as it stands.

    Parameters
    ----------
    name
        The task.
    setting
        One of its fields, but for ``length``.
    text
        What was typed; ``none`` where the field may be left out.

    Raises
    ------
    InputError
        An unknown name, or a text that is no such value.

    Examples
    --------
    >>> from unrolled.tasks import read_setting
    >>> read_setting("adding", "protocol", "2011"), read_setting("flip-flop", "pulse", "0.2")
    ('2011', 0.2)
    """
    kind = _kind(name)
    _require_setting(name, setting)
    hint = get_type_hints(kind)[setting]
    kinds = get_args(hint) or (hint,)
    if NoneType in kinds and text.lower() == "none":
        return None
    wanted = next(one for one in kinds if one is not NoneType)
    try:
        return _FLAGS[text.lower()] if wanted is bool else wanted(text)
    except (ValueError, KeyError):
        shown = text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"
        raise InputError(f"{setting} must be {_KINDS[wanted]} in the task {name}; came {shown!r}.") from None


def _kind(name: Any) -> type[Task]:
    if name not in task_names():
        raise nearest_name("task", name, _TASKS)
    return _TASKS[name]


def _require_setting(name: str, setting: str) -> None:
    known = [field.name for field in fields(_kind(name)) if field.name != "length"]  # pyright: ignore[reportArgumentType]
    if setting not in known:
        raise nearest_name(f"setting of {name}", setting, known)
