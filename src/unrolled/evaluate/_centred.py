"""A problem whose inputs have the mean zero."""

from __future__ import annotations

from dataclasses import dataclass, replace

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from unrolled.learn import Problem
from unrolled.types import AnyArray, Batch

__all__ = ["Centred"]


@dataclass(frozen=True)
class Centred:
    r"""A problem whose inputs are :math:`x - \bar x`, judged as it was.

    A bias could do the same for the outputs, but not for learning: where inputs have a mean, the derivative of U has a
    part that is the derivative of b times that mean, so both point the same way.

    Attributes
    ----------
    problem
        A task, or another problem.
    mean
        What is taken away, a number for each feature.

    References
    ----------
    I. Sutskever, J. Martens, G. Dahl and G. Hinton, "On the importance of initialization and momentum in deep
    learning", ICML 2013, section 4.
    """

    problem: Problem
    mean: tuple[float, ...]

    def draw(self, count: int, *, key: Array) -> Batch:
        """Fresh sequences, as the problem draws them, centred."""
        return self.centred(self.problem.draw(count, key=key))

    def test(self, *, key: Array) -> Batch:
        """The sequences that decide, centred."""
        return self.centred(self.problem.test(key=key))

    def right(self, outputs: Float[AnyArray, "batch last unit"], batch: Batch) -> Bool[Array, " batch"]:
        """Which sequences are right."""
        return self.problem.right(outputs, batch)

    def error(self, outputs: Float[AnyArray, "batch last unit"], batch: Batch) -> Float[Array, ""]:
        """The error that is reported."""
        return self.problem.error(outputs, batch)

    def solved(self, outputs: Float[AnyArray, "batch last unit"], batch: Batch) -> Bool[Array, ""]:
        """Whether the whole test is passed."""
        return self.problem.solved(outputs, batch)

    def centred(self, batch: Batch) -> Batch:
        """The batch with inputs of mean zero; padding is read by nobody."""
        inputs = jnp.asarray(batch.inputs)
        return replace(batch, inputs=inputs - jnp.asarray(self.mean, inputs.dtype))
