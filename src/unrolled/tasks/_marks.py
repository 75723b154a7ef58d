"""Two marked numbers in a long row of others: what adding, multiplication and exclusive or have in common."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from unrolled.errors import nearest_name
from unrolled.tasks._task import Task, require_length

__all__ = ["Marked", "longest", "mark", "require_marks", "share_of_first"]

_PROTOCOLS = ("1997", "2011")
# In 1997 the first marked pair is one of so many, whatever the length.
_FIRST_PAIRS = 10


class Marked(NamedTuple):
    """Inputs with two marked numbers in each sequence, the lengths, and these two numbers."""

    inputs: Float[Array, "batch time 2"]
    lengths: Int[Array, " batch"]
    first: Float[Array, " batch"]
    second: Float[Array, " batch"]


def longest(length: int) -> int:
    """The longest sequence of a task: a tenth more than T."""
    return length + length // 10


def require_marks(task: Task, protocol: Any) -> None:
    """Raise an :class:`InputError` unless there is room for both marks, by a protocol that exists."""
    if protocol not in _PROTOCOLS:
        raise nearest_name("protocol", protocol, _PROTOCOLS)
    if protocol == "1997":
        require_length(task, _FIRST_PAIRS + 1, "as one of the first ten pairs is marked and the last is not")
    else:
        require_length(task, 10, "as one of the first T/10 numbers is marked")


def share_of_first(length: int) -> float:
    """How often the very first pair is one of the two that are marked, by the protocol of 1997."""
    once = 1 / _FIRST_PAIRS
    return once + (1 - once) / (length // 2 - 1)


def mark(numbers: Float[Array, "batch time"], length: int, protocol: str, neutral: float, *, key: Array) -> Marked:
    """Mark two numbers in every row and cut the rows to random lengths from T to 1.1 T.

    In 1997 the first and the last pair have the marker -1; should the first be one of the two, its number becomes
    ``neutral``. In 2011 markers are 0 and 1.
    """
    for_lengths, for_places = jax.random.split(key)
    count, time = numbers.shape
    steps = jnp.arange(time)
    lengths = jax.random.randint(for_lengths, (count,), length, time + 1)
    places = _places(count, length, protocol, for_places)
    markers = jnp.any(steps == places[..., None], axis=1).astype(numbers.dtype)
    if protocol == "1997":
        numbers = jnp.where((markers > 0) & (steps == 0), neutral, numbers)
        markers = jnp.where((steps == 0) | (steps == lengths[:, None] - 1), -1, markers)
    chosen = jnp.take_along_axis(numbers, places, axis=1)
    inputs = jnp.stack([numbers, markers], axis=-1) * (steps < lengths[:, None])[..., None]
    return Marked(inputs, lengths, chosen[:, 0], chosen[:, 1])


def _places(count: int, length: int, protocol: str, key: Array) -> Int[Array, "batch 2"]:
    """The steps of the two marks."""
    for_first, for_second = jax.random.split(key)
    if protocol == "2011":
        first = jax.random.randint(for_first, (count,), 0, length // 10)
        return jnp.stack([first, jax.random.randint(for_second, (count,), length // 10, length // 2)], axis=1)
    first = jax.random.randint(for_first, (count,), 0, _FIRST_PAIRS)
    second = jax.random.randint(for_second, (count,), 0, length // 2 - 1)
    return jnp.stack([first, second + (second >= first)], axis=1)  # one of the others
