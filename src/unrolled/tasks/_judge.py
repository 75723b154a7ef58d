"""When an answer is right and when a task is solved: a rule for one sequence, and how many may be wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from unrolled.types import AnyArray, Batch

__all__ = ["Judge", "Rule", "all_known", "mean_square", "same_class", "share_wrong", "within", "wrong_symbols"]

Rule: TypeAlias = Callable[[Any, Batch], Any]


@dataclass(frozen=True)
class Judge:
    """How a paper counts.

    Attributes
    ----------
    rule
        Outputs and batch to which sequences are right, shape ``(batch,)``.
    report
        Outputs and batch to the number that the paper reports; as a rule the share of wrong sequences.
    most_wrong
        A task is solved with at most so many wrong sequences of so many.
    below
        Where a paper asks for it instead: a task is solved when the number that is reported is below this.
    """

    rule: Rule
    report: Rule | None = None
    most_wrong: tuple[int, int] = (0, 1)
    below: float | None = None

    def right(self, outputs: Float[AnyArray, "batch last unit"], batch: Batch) -> Bool[Array, " batch"]:
        """Which sequences are right."""
        return self.rule(jnp.asarray(outputs), batch)

    def error(self, outputs: Float[AnyArray, "batch last unit"], batch: Batch) -> Float[Array, ""]:
        """The number that is reported."""
        if self.report is None:
            return share_wrong(self.right(outputs, batch))
        return self.report(jnp.asarray(outputs), batch)

    def solved(self, outputs: Float[AnyArray, "batch last unit"], batch: Batch) -> Bool[Array, ""]:
        """Whether few enough sequences are wrong, or the number that is reported is small enough."""
        if self.below is not None:
            return self.error(outputs, batch) < self.below
        wrong, of = self.most_wrong
        return jnp.sum(~self.right(outputs, batch)) <= (wrong * len(batch)) // of


def all_known(good: Bool[Array, "batch last unit"], batch: Batch) -> Bool[Array, " batch"]:
    """Whether every output that has a target is good."""
    return jnp.all(good | jnp.isnan(batch.targets), axis=(1, 2))


def within(tolerance: float, last: int = 0) -> Rule:
    """Every output (of the last ``last`` steps, 0 for all) differs from its target by less than that."""

    def rule(outputs: Any, batch: Batch) -> Any:
        return all_known((jnp.abs(outputs - batch.targets) < tolerance)[:, -last:], _last(batch, last))

    return rule


def same_class(last: int = 0) -> Rule:
    """The most active output is the one that is wanted, at every one of the last ``last`` steps (0 for all)."""
    return lambda outputs, batch: jnp.all(_same(outputs, batch)[:, -last:], axis=1)


def wrong_symbols(last: int = 0) -> Rule:
    """How many symbols of a sequence are wrong, in the mean: of the last ``last`` steps, 0 for all."""
    return lambda outputs, batch: jnp.mean(jnp.sum(~_same(outputs, batch)[:, -last:], axis=1, dtype=outputs.dtype))


def mean_square(outputs: Any, batch: Batch) -> Any:
    """The squared error of every sequence, in the mean over what has a target."""
    known = ~jnp.isnan(batch.targets)
    squares = jnp.where(known, jnp.square(outputs - jnp.where(known, batch.targets, 0)), 0)
    return jnp.sum(squares, axis=(1, 2)) / jnp.maximum(jnp.sum(known, axis=(1, 2)), 1)


def share_wrong(right: Bool[Array, " batch"]) -> Float[Array, ""]:
    """The share of wrong sequences."""
    return jnp.mean(~right)


def _same(outputs: Any, batch: Batch) -> Any:
    targets = jnp.asarray(batch.targets)
    wanted = jnp.argmax(jnp.where(jnp.isnan(targets), 0, targets), axis=-1)
    return (jnp.argmax(outputs, axis=-1) == wanted) | jnp.isnan(targets[..., 0])


def _last(batch: Batch, last: int) -> Batch:
    return Batch(batch.inputs, batch.targets[:, -last:], None, batch.lengths)
