"""Sequences of unequal length in one array: padded, with the number of steps that are real beside it."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float, Int

from unrolled.arguments import MOST, require_whole
from unrolled.errors import InputError
from unrolled.tasks._rows import as_list, as_numbers, as_rows, same_columns, same_count
from unrolled.types import Batch

__all__ = ["bucket_length", "group_by_bucket", "pad_sequences"]

_SHORTEST_BUCKET = 16


def bucket_length(length: int) -> int:
    """The length to which a sequence of that length is padded: the next power of two, at least 16.

    A compiled program is made for one length. With buckets, lengths from 1 to 1000 need 7 programs, and no sequence
    of more than 16 steps is padded to twice its length.

    Parameters
    ----------
    length
        The number of real steps, from 1.

    Returns
    -------
    int
        16, 32, 64, ...

    Raises
    ------
    InputError
        The length is not a whole number, or less than 1.

    Examples
    --------
    >>> from unrolled.tasks import bucket_length
    >>> [bucket_length(length) for length in (1, 16, 17, 1000)]
    [16, 16, 32, 1024]
    """
    return max(_SHORTEST_BUCKET, 1 << (require_whole("length", length, 1, MOST) - 1).bit_length())


def group_by_bucket(lengths: Any) -> dict[int, Int[np.ndarray, " row"]]:
    """Which sequences share a padded length, so that each group is one batch with little padding.

    Parameters
    ----------
    lengths
        The number of real steps of every sequence.

    Returns
    -------
    dict
        By padded length, the shortest first: the indices of the sequences, in their order.

    Raises
    ------
    InputError
        A length is not a whole number, or less than 1.

    Examples
    --------
    >>> from unrolled.tasks import group_by_bucket
    >>> {bucket: rows.tolist() for bucket, rows in group_by_bucket([20, 3, 30, 100]).items()}
    {16: [1], 32: [0, 2], 128: [3]}
    """
    buckets = np.array([bucket_length(length) for length in as_list("lengths", lengths)], np.int64)
    return {int(bucket): np.flatnonzero(buckets == bucket) for bucket in np.unique(buckets)}


def pad_sequences(inputs: Any, targets: Any = None, *, weights: Any = None, lengths: Any = None) -> Batch:
    """One batch of sequences of unequal length.

    Inputs are padded with zeros to the :func:`bucket_length` of the longest sequence, targets with NaN, weights with
    zeros. Padding comes after the real steps, and a network holds its states through it.

    Parameters
    ----------
    inputs
        A list of sequences ``(time_i, feature)``, or ``(time_i,)`` for one feature; or an array
        ``(batch, time, feature)`` that is padded already. What stands in its padding is not looked at.
    targets
        A target at every step: a list of ``(time_i, unit)``, or an array ``(batch, time, unit)``. A target after the
        last step: one row ``(unit,)`` a sequence, an array ``(batch, unit)``, or one number a sequence. NaN: no
        target here. ``None``: no targets at all, one NaN a sequence.
    weights
        One number a sequence, or shaped as the targets, with or without their axis of units. At least 0.
    lengths
        Of inputs that are padded already: the number of real steps of each. ``None``: all are real.

    Returns
    -------
    Batch
        With ``lengths``; targets have ``last = time`` or ``last = 1``.

    Raises
    ------
    InputError
        A sequence is empty; a length is not a whole number or longer than the padding; counts, lengths, features or
        units do not match; an input is not a finite number.

    Examples
    --------
    >>> from unrolled.tasks import pad_sequences
    >>> batch = pad_sequences([[1.0, 2.0], [3.0, 4.0, 5.0]], [0.5, 0.25])
    >>> batch.inputs.shape, batch.targets.shape, batch.lengths.tolist()
    ((2, 16, 1), (2, 1, 1), [2, 3])
    """
    sequences = _sequences(inputs, lengths)
    steps = [len(sequence) for sequence in sequences]
    time = bucket_length(max(steps))
    # What is as long as the padding is cut as the inputs were.
    padding = len(inputs[0]) if getattr(inputs, "ndim", 0) > 1 else None
    goals, every_step = _targets(targets, steps, padding)
    last = time if every_step else 1
    return Batch(
        _padded(sequences, time, 0.0),
        _padded(goals, last, np.nan),
        None if weights is None else _weights(weights, goals, last, padding),
        np.array(steps, np.int64),
    )


def _sequences(inputs: Any, lengths: Any) -> list[Float[np.ndarray, "_ _"]]:
    """The real steps of every sequence."""
    given = as_list("inputs", inputs)
    if not given:
        raise InputError("inputs must hold at least one sequence; came none.")
    rows = [as_rows(f"inputs[{i}]", sequence) for i, sequence in enumerate(given)]
    if lengths is not None:
        if getattr(inputs, "ndim", 0) < 2:
            raise InputError("lengths belong to inputs that are one padded array (batch, time, feature); came a list.")
        rows = _cut(rows, as_list("lengths", lengths))
    for i, sequence in enumerate(rows):
        if not len(sequence):
            raise InputError(f"inputs[{i}] has no steps; every sequence needs at least one. Leave it out.")
        if not np.isfinite(sequence).all():
            raise InputError(f"inputs[{i}] must hold finite numbers; came NaN or infinity. Leave out or fill in.")
    same_columns("inputs", "features", rows)
    return rows


def _cut(rows: list[Float[np.ndarray, "_ _"]], lengths: list[Any]) -> list[Float[np.ndarray, "_ _"]]:
    same_count("lengths", len(lengths), len(rows))
    return [row[: require_whole(f"lengths[{i}]", lengths[i], 1, len(row))] for i, row in enumerate(rows)]


def _targets(targets: Any, steps: list[int], padding: int | None) -> tuple[list[Float[np.ndarray, "_ _"]], bool]:
    """The targets of every sequence, and whether they are at every step or after the last."""
    if targets is None:
        return [np.full((1, 1), np.nan) for _ in steps], False
    given = as_list("targets", targets)
    same_count("targets", len(given), len(steps))
    found = [as_numbers(f"targets[{i}]", target) for i, target in enumerate(given)]
    every_step = found[0].ndim == 2
    for i, target in enumerate(found):
        if target.ndim > 2 or (target.ndim == 2) != every_step:
            raise InputError(
                "targets must have shape (time, unit) for every sequence, or (unit,) for every sequence; targets[0] "
                f"has {found[0].shape}, targets[{i}] has {target.shape}."
            )
        if every_step:
            found[i] = _as_long(f"targets[{i}]", target, steps[i], padding)
        if np.isinf(found[i]).any():
            raise InputError(f"targets[{i}] must hold finite numbers, or NaN where there is none; came infinity.")
    rows = found if every_step else [target.reshape(1, -1) for target in found]
    same_columns("targets", "units", rows)
    return rows, every_step


def _as_long(name: str, values: np.ndarray, steps: int, padding: int | None) -> np.ndarray:
    """The values of the real steps alone."""
    if len(values) not in (steps, padding):
        raise InputError(
            f"{name} has {len(values)} steps, its inputs have {steps}; give one row a step, or one row (unit,) "
            "in all for a target after the last step."
        )
    return values[:steps]


def _weights(weights: Any, goals: list[Float[np.ndarray, "_ _"]], last: int, padding: int | None) -> np.ndarray:
    given = as_list("weights", weights)
    same_count("weights", len(given), len(goals))
    found = [as_numbers(f"weights[{i}]", weight) for i, weight in enumerate(given)]
    for i, (weight, goal) in enumerate(zip(found, goals, strict=True)):
        if weight.ndim and last > 1:
            found[i] = _as_long(f"weights[{i}]", weight, len(goal), padding)
        if found[i].ndim != found[0].ndim or found[i].shape not in ((), goal.shape[:1], goal.shape):
            raise InputError(
                f"weights must be one number a sequence, or have a shape of the targets, as {goal.shape[:1]} or "
                f"{goal.shape}, for every sequence alike; weights[{i}] has {weight.shape}."
            )
        if not (np.isfinite(found[i]).all() and (found[i] >= 0).all()):
            raise InputError(f"weights[{i}] must hold finite numbers of at least 0; to leave out, give 0.")
    return _padded(found, last, 0.0) if found[0].ndim else np.array(found)


def _padded(rows: list[np.ndarray], time: int, filler: float) -> np.ndarray:
    made = np.full((len(rows), time, *rows[0].shape[1:]), filler)
    for place, row in zip(made, rows, strict=True):
        place[: len(row)] = row
    return made
