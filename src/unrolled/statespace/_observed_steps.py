"""Observations as hidden Markov models read them: sequences end to end, with what is missing marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import jax
import numpy as np
from jaxtyping import Bool, Float, Int

from unrolled.arguments import unmasked
from unrolled.errors import InputError
from unrolled.statespace._observations import shared_length
from unrolled.types import AnyArray

__all__ = ["ObservedSteps", "observed_steps", "sequences_of"]


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class ObservedSteps:
    """Sequences laid end to end, and padding at the end so that lengths that are near share a compiled program.

    Attributes
    ----------
    values
        What was observed; 0 where nothing was.
    seen
        Which values were observed.
    first
        Where a sequence begins; every step of the padding is one of its own.
    real
        Which steps are no padding.
    tells
        Which steps have a density: something was seen and, for models with lags, all values and all lags were.
    past
        The ``lags`` values before each step, the latest first, side by side; 0 where the step tells nothing.
    patterns, pattern
        The different rows of ``seen`` among steps that were seen in part, the first one complete, and the row that
        each step belongs to.
    """

    values: Float[AnyArray, "time feature"]
    seen: Bool[AnyArray, "time feature"]
    first: Bool[AnyArray, " time"]
    real: Bool[AnyArray, " time"]
    tells: Bool[AnyArray, " time"]
    past: Float[AnyArray, "time lagged"]
    patterns: Bool[AnyArray, "pattern feature"]
    pattern: Int[AnyArray, " time"]


def sequences_of(y: Any, lengths: Any = None) -> list[Float[np.ndarray, "time feature"]]:
    """The sequences that came, each as ``(time, feature)``.

    Parameters
    ----------
    y
        One sequence, ``(time,)`` or ``(time, feature)``; a list or tuple of arrays, one a sequence; or padded
        sequences ``(sequence, time, feature)``. NaN: not observed.
    lengths
        How many steps of each padded sequence are real; all, if left out.

    Raises
    ------
    InputError
        Another shape, infinite values, an empty sequence, lengths that do not fit, sequences of several widths.
    """
    if _is_list_of_arrays(y):
        if lengths is not None:
            raise InputError("a list of sequences has their lengths already; leave lengths out.")
        made = [_matrix(one) for one in y]
    else:
        made = _unpadded(_numbers(y), lengths)
    widths = sorted({one.shape[1] for one in made})
    if len(widths) != 1 or widths[0] == 0 or min(map(len, made)) == 0:
        raise InputError(
            f"sequences need one step at least, and the same number of features; came {len(made)} of them, with "
            f"{', '.join(map(str, widths))} features, the shortest of {min(map(len, made), default=0)} steps."
        )
    if any(np.isinf(one).any() for one in made):
        raise InputError("a value is infinite; values are finite numbers, or NaN where nothing was observed.")
    return made


def observed_steps(sequences: Sequence[Float[np.ndarray, "_ _"]], *, lags: int = 0) -> ObservedSteps:
    """These sequences end to end.

    Parameters
    ----------
    sequences
        From :func:`sequences_of`.
    lags
        How many values before a step its density sees. The first so many steps of every sequence are conditioned on.
    """
    count, features = sum(map(len, sequences)), sequences[0].shape[1]
    # Written where it will stay: this runs in every call, and calls for a thousand steps take less than a millisecond.
    shape = (shared_length(count), features)
    values, seen = np.zeros(shape), np.zeros(shape, bool)
    np.concatenate(sequences, out=values[:count])
    np.logical_not(np.isnan(values[:count]), out=seen[:count])
    real, first = np.zeros(len(values), bool), np.ones(len(values), bool)
    real[:count] = True
    first[1:count] = False
    for start in accumulate(map(len, sequences[:-1])):
        first[start] = True
    patterns, pattern = np.ones((1, features), bool), np.zeros(len(values), np.int32)
    tells: np.ndarray = real
    if not seen[:count].all():
        values[~seen] = 0.0
        tells = np.asarray(seen.any(axis=1))
        if not lags:
            patterns = _patterns(seen, np.logical_and(tells, ~seen.all(axis=1)), pattern)
    past = np.zeros((len(values), 0))
    if lags:
        tells, past = _lagged(values, seen, first, lags)
    return ObservedSteps(values, seen, first, real, tells, past, patterns, pattern)


def _patterns(
    seen: Bool[np.ndarray, "time feature"], partly: Bool[np.ndarray, " time"], pattern: Int[np.ndarray, " time"]
) -> Bool[np.ndarray, "pattern feature"]:
    """The different rows of ``seen`` among those seen in part; ``pattern`` is told which is whose."""
    if not partly.any():
        return np.ones((1, seen.shape[1]), bool)
    found, which = np.unique(seen[partly], axis=0, return_inverse=True)
    # As many as a power of two: data with nearly as many patterns share a program.
    patterns = np.ones((1 << len(found).bit_length(), seen.shape[1]), bool)
    patterns[1 : len(found) + 1] = found
    pattern[partly] = which.reshape(-1) + 1
    return patterns


def _lagged(
    values: Float[np.ndarray, "time feature"], seen: Bool[np.ndarray, "time feature"], first: Bool[np.ndarray, " time"],
    lags: int,
) -> tuple[Bool[np.ndarray, " time"], Float[np.ndarray, "time lagged"]]:  # fmt: skip
    """Which steps tell something, and the values before each."""
    count, whole = len(values), np.asarray(seen.all(axis=1), bool)
    position = np.arange(count) - np.maximum.accumulate(np.where(first, np.arange(count), 0))
    tells: np.ndarray = np.logical_and(whole, position >= lags)
    past = np.zeros((count, lags, values.shape[1]))
    for lag in range(1, min(lags, count - 1) + 1):
        tells[lag:] &= whole[:-lag]
        past[lag:, lag - 1] = values[:-lag]
    return tells, np.where(tells[:, None], past.reshape(count, -1), 0.0)


def _is_list_of_arrays(y: Any) -> bool:
    return isinstance(y, list | tuple) and len(y) > 0 and all(getattr(one, "ndim", 0) >= 1 for one in y)


def _numbers(y: Any) -> np.ndarray:
    try:
        return np.asarray(unmasked(y), np.float64)
    except (TypeError, ValueError):
        raise InputError(
            "observations must be numbers of shape (time,), (time, feature) or (sequence, time, feature), or a list of "
            "arrays."
        ) from None


def _matrix(one: Any) -> Float[np.ndarray, "time feature"]:
    rows = _numbers(one)
    rows = rows[:, None] if rows.ndim == 1 else rows
    if rows.ndim != 2:
        raise InputError(f"a sequence must have shape (time,) or (time, feature); came {rows.shape}.")
    return rows


def _unpadded(rows: np.ndarray, lengths: Any) -> list[np.ndarray]:
    if rows.ndim != 3:
        if lengths is not None:
            raise InputError(f"lengths belong to padded sequences (sequence, time, feature); came shape {rows.shape}.")
        return [_matrix(rows)]
    whole = np.full(len(rows), rows.shape[1]) if lengths is None else np.asarray(lengths)
    fits = whole.shape == (len(rows),) and whole.dtype.kind in "iu" and len(rows) > 0
    if not fits or whole.min() < 1 or whole.max() > rows.shape[1]:
        raise InputError(
            f"lengths must be whole numbers from 1 to {rows.shape[1]}, one for each of {len(rows)} sequences; came "
            f"{str(whole.tolist())[:80]}."
        )
    return [one[:length] for one, length in zip(rows, whole.tolist(), strict=True)]
