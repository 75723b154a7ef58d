"""The vocabulary of axes, and what every learner takes: a batch.

Axes are named the same everywhere: ``time feature unit layer lag window horizon member param batch``. A shape in a
signature such as ``Float[Array, "batch time feature"]`` is checked in the tests and free in production.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import jax
import numpy as np
from jaxtyping import Float

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
    """Sequences that go in, and what should come out at their last steps.

    Attributes
    ----------
    inputs
        x_t, shape ``(batch, time, feature)``.
    targets
        What the outputs of the last steps should be, shape ``(batch, last, unit)`` with ``last <= time``. One
        target a sequence (the next value after a window) has ``last = 1``.
    """

    inputs: Float[AnyArray, "batch time feature"]
    targets: Float[AnyArray, "batch last unit"]

    def __len__(self) -> int:
        return self.inputs.shape[0]

    def rows(self, start: int, stop: int) -> Batch:
        """The sequences from ``start`` up to ``stop``."""
        return Batch(self.inputs[start:stop], self.targets[start:stop])


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
