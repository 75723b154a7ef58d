"""What a caller gives, as lists and as rows of numbers, or an error that names the argument."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from unrolled.errors import InputError

__all__ = ["as_list", "as_numbers", "as_rows", "same_columns", "same_count"]


def as_list(name: str, values: Any) -> list[Any]:
    """The entries of a list or of an array, one a sequence."""
    if getattr(values, "ndim", 0) > 0:
        return list(np.asarray(values))
    if isinstance(values, str | bytes) or not isinstance(values, Sequence):
        raise InputError(f"{name} must be a list or an array, one entry a sequence; came {values!r}.")
    return list(values)


def as_numbers(name: str, values: Any) -> np.ndarray:
    """The values in float64, of any shape."""
    try:
        array = np.asarray(values)
    except (TypeError, ValueError):  # lists of unequal length, objects that refuse
        array = np.empty(0, object)
    if array.dtype.kind not in "buif":
        raise InputError(f"{name} must hold real numbers in rows of equal length; came {values!r}.")
    return array.astype(np.float64)


def as_rows(name: str, values: Any) -> Float[np.ndarray, "time feature"]:
    """One sequence, a row a step; numbers alone are one feature."""
    array = as_numbers(name, values)
    if array.ndim not in (1, 2):
        raise InputError(f"{name} must have shape (time, feature), or (time,) for one feature; came {array.shape}.")
    return array[:, None] if array.ndim == 1 else array


def same_columns(name: str, column: str, rows: list[np.ndarray]) -> None:
    """Raise an :class:`InputError` unless all have as many columns as the first."""
    for i, row in enumerate(rows):
        if row.shape[1] != rows[0].shape[1]:
            raise InputError(
                f"{name}[{i}] has {row.shape[1]} {column}, {name}[0] has {rows[0].shape[1]}; every sequence must "
                f"have the same {column}."
            )


def same_count(name: str, came: int, sequences: int) -> None:
    """Raise an :class:`InputError` unless there is one entry a sequence."""
    if came != sequences:
        raise InputError(f"{name} must have one entry for each of the {sequences} sequences; came {came}.")
