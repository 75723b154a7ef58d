"""The vocabulary of axes, and what every learner takes: a batch.

Axes are named the same everywhere: ``time feature unit layer lag window horizon member param batch``. A shape in a
signature such as ``Float[Array, "batch time feature"]`` is checked in the tests and free in production.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import jax
import numpy as np
from jaxtyping import Float, Int

from unrolled.errors import nearest_name

__all__ = [
    "AnyArray",
    "Batch",
    "Precision",
    "in_precision",
    "precision",
    "require_precision",
]

AnyArray: TypeAlias = np.ndarray | jax.Array
Precision: TypeAlias = Literal["float32", "float64"]
_PRECISIONS = ("float32", "float64")


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Batch:
    """Sequences that go in, what is given beside them, and what should come out at their last steps.

    Only the first two are needed. Where every member of an ensemble learns from sequences of its own, inputs, targets
    and weights have a leading axis of members, and nothing else is given.

    Attributes
    ----------
    inputs
        x_t, shape ``(batch, time, feature)``; a network that is driven by its states alone has no feature.
    targets
        What the outputs of the last steps should be, shape ``(batch, last, unit)`` with ``last <= time``. One
        target a sequence (the next value after a window) has ``last = 1``. NaN: no target here.
    weights
        How much counts in the loss: every sequence, shape ``(batch,)``; every step that has a target,
        ``(batch, last)``; or every unit at every such step, ``(batch, last, unit)``. A weight of 0 leaves out, whatever
        stands there. ``None`` counts all alike.
    lengths
        How many steps of each sequence are real, shape ``(batch,)``; what comes after is padding, through which
        states are held. With lengths ``last`` is 1 (after the last real step) or ``time`` (each step its own).
    index
        Which sequence each is, shape ``(batch,)``, from 0: for networks that learn an initial state for each. Sequences
        without it, once a model has learned, are new ones and begin in the mean of these states.
    states
        Given initial states: by ``layer.h`` (or ``layer.s``, of a memory) an array ``(batch, unit)``. NaN: not given.
    clamps
        Activities that are held: by name of the layer an array ``(batch, time, unit)``, behind an encoder
        ``(batch, last, unit)``. NaN: not held.
    fed
        What is fed back in place of the network's own outputs, shape ``(batch, last, output)``: at step t what stands
        at t - 1. NaN: the network's own. For networks with feedback alone.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.types import Batch
    >>> batch = Batch(np.ones((3, 2, 1)), np.ones((3, 1, 1)), np.array([1.0, 1.0, 0.0]))
    >>> len(batch), len(batch.rows(1, 3))
    (3, 2)
    """

    inputs: Float[AnyArray, "*member batch time feature"]
    targets: Float[AnyArray, "*member batch last unit"]
    weights: Float[AnyArray, "*weighted"] | None = None
    lengths: Int[AnyArray, " batch"] | None = None
    index: Int[AnyArray, " batch"] | None = None
    states: Mapping[str, Any] | None = None
    clamps: Mapping[str, Any] | None = None
    fed: Float[AnyArray, "batch last output"] | None = None

    def __len__(self) -> int:
        return self.inputs.shape[-3]

    @property
    def by_member(self) -> bool:
        """Whether every member has sequences of its own."""
        return self.inputs.ndim > 3

    def mean_input(self) -> Float[np.ndarray, " feature"]:
        """The mean of every feature over all steps that are real."""
        inputs = np.asarray(self.inputs, np.float64)
        if self.lengths is None:
            return inputs.reshape(-1, inputs.shape[-1]).mean(axis=0)
        real = np.arange(inputs.shape[1]) < np.asarray(self.lengths)[:, None]
        return inputs[real].mean(axis=0)

    def rows(self, start: int, stop: int) -> Batch:
        """The sequences from ``start`` up to ``stop``."""
        if not self.by_member:
            return jax.tree.map(lambda leaf: leaf[start:stop], self)
        weights = None if self.weights is None else self.weights[..., start:stop]
        return Batch(self.inputs[..., start:stop, :, :], self.targets[..., start:stop, :, :], weights)


@contextmanager
def precision(name: str) -> Iterator[np.dtype]:
    """Work in ``"float32"`` or ``"float64"`` inside a ``with`` block, and nowhere else.

    JAX computes in float32 unless told otherwise for the whole process. Short series, ridge regressions and closed
    loops need float64; this switches it on for a scope of the calling thread and leaves the process alone.

    Raises
    ------
    InputError
        Another name.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from unrolled.types import precision
    >>> with precision("float64"):
    ...     print(jnp.zeros(2).dtype)
    float64
    """
    require_precision(name)
    dtype = np.dtype(name)
    with jax.enable_x64(dtype == np.float64):
        yield dtype


def in_precision(values: Any, dtype: np.dtype) -> np.ndarray:
    """The values in that type; what it cannot hold becomes infinite, without a warning, and is found out later."""
    with np.errstate(over="ignore"):
        return np.ascontiguousarray(values, dtype)


def require_precision(name: Any) -> None:
    """Raise an :class:`InputError` unless it is the name of a :data:`Precision`."""
    if name not in _PRECISIONS:
        raise nearest_name("precision", name, _PRECISIONS)
