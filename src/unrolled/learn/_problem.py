"""What learning from fresh batches needs of a problem and of an algorithm."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from jaxtyping import Array, Bool, Float

from unrolled.learn._curvature import AnyObjective
from unrolled.types import Batch

__all__ = ["Algorithm", "Problem", "Source"]


@runtime_checkable
class Source(Protocol):
    """Where fresh batches come from; it must be hashable, and equal where it draws the same."""

    def draw(self, count: int, *, key: Array) -> Any:
        """A batch of ``count`` sequences, of the same shapes for every key, in terms of ``jax.numpy``."""
        ...


@runtime_checkable
class Problem(Source, Protocol):
    """A source that can also judge."""

    def test(self, *, key: Array) -> Batch:
        """The sequences that decide."""
        ...

    def right(self, outputs: Any, batch: Batch) -> Bool[Array, " batch"]:
        """Which sequences are right."""
        ...

    def error(self, outputs: Any, batch: Batch) -> Float[Array, ""]:
        """The error that is reported."""
        ...

    def solved(self, outputs: Any, batch: Batch) -> Bool[Array, ""]:
        """Whether the whole test is passed."""
        ...


@runtime_checkable
class Algorithm(Protocol):
    """A way to learn: ``init`` and ``step``, both traceable, and hashable settings."""

    @property
    def sequences(self) -> int:
        """How many sequences a step draws."""
        ...

    def check(self, objective: AnyObjective) -> None:
        """Raise an :class:`InputError` unless it can minimize this."""
        ...

    def init(self, parameters: Any) -> Any:
        """The state before the first step."""
        ...

    def step(self, objective: Any, draw: Any, parameters: Any, state: Any, *, key: Array) -> tuple[Any, Any, Any]:
        """New parameters, the next state, and a named tuple of what happened, ``loss`` and ``status`` among it."""
        ...
