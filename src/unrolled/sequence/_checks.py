"""What a batch must be before minutes of work begin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from unrolled.errors import InputError
from unrolled.networks import NetworkDesign
from unrolled.types import Batch

__all__ = [
    "as_arrays",
    "as_numbers",
    "check_batch",
    "check_classes",
    "check_companions",
    "require_index",
    "rows_of",
    "without_padding",
]

# Arrays up to this length are written out in messages.
_SHORT = 8


def as_arrays(batch: Batch) -> Batch:
    """The batch with arrays of numbers for lists and the like."""
    floats = {name: as_numbers(name, getattr(batch, name)) for name in ("inputs", "targets", "weights", "fed")}
    wholes = {name: getattr(batch, name) for name in ("lengths", "index")}
    wholes = {name: None if value is None else np.asarray(value) for name, value in wholes.items()}
    return replace(batch, **floats, **wholes)


def as_numbers(name: str, values: Any) -> Any:
    """Real numbers, or an :class:`InputError` that names the argument."""
    if values is None:
        return None
    try:
        made = np.asarray(values)
        if np.iscomplexobj(made):
            raise TypeError("complex")
        return made if np.issubdtype(made.dtype, np.floating) else made.astype(np.float64)
    except (TypeError, ValueError):
        raise InputError(
            f"{name} must be an array of real numbers, its rows of one length; came {type(values).__name__}."
        ) from None


def rows_of(inputs: Any) -> list[np.ndarray] | None:
    """The sequences of a list of them, of any lengths; ``None`` for what is no such list."""
    if not isinstance(inputs, list | tuple):
        return None
    if not inputs:
        raise InputError("inputs must hold at least one sequence; came none.")
    rows = [np.asarray(as_numbers(f"inputs[{i}]", one), np.float64) for i, one in enumerate(inputs)]
    if any(row.ndim not in (1, 2) for row in rows):
        return None
    for i, row in enumerate(rows):
        if not len(row):
            raise InputError(f"inputs[{i}] has no steps; every sequence needs at least one. Leave it out.")
    return rows


def without_padding(batch: Batch, design: NetworkDesign) -> Batch:
    """The batch with no target where there is padding, after a check of what stands elsewhere."""
    inputs, targets = np.asarray(batch.inputs), np.asarray(batch.targets)
    real = np.ones(inputs.shape[:2], bool)
    if batch.lengths is not None:
        real = np.arange(inputs.shape[1]) < np.asarray(batch.lengths)[:, None]
        if targets.shape[1] == inputs.shape[1] and not design.encoder:
            targets = np.where(real[..., None], targets, np.nan)
    if batch.weights is not None:
        counted = np.asarray(np.asarray(batch.weights).reshape(len(inputs), -1).any(axis=1))
        real &= counted[:, None]
    odd = np.argwhere(~np.isfinite(inputs) & real[..., None])
    if len(odd):
        place = ", ".join(map(str, odd[0]))
        raise InputError(f"inputs[{place}] is {inputs[tuple(odd[0])]}; fill gaps, or leave out what is not known.")
    if np.isinf(targets).any():
        raise InputError("targets holds an infinite value; NaN says that there is no target.")
    return replace(batch, targets=targets)


def check_classes(targets: np.ndarray, output: str) -> None:
    """Raise an :class:`InputError` unless targets are probabilities, as a cross-entropy needs them."""
    known = targets[~np.isnan(targets).any(axis=-1)]
    if output == "softmax" and (targets.shape[-1] < 2 or not np.allclose(known.sum(axis=-1), 1, atol=1e-6)):
        raise InputError(
            "a softmax needs targets that are probabilities of two classes or more, with the sum 1; came "
            f"{targets.shape[-1]} number(s) a step. unrolled.tasks.one_hot(labels, classes) makes them from labels."
        )
    if ((known < 0) | (known > 1)).any():
        raise InputError(f"a cross-entropy needs targets from 0 to 1; came {known.min():g} to {known.max():g}.")


def check_batch(batch: Batch, design: NetworkDesign) -> None:
    """Raise an :class:`InputError` that names what is wrong with a batch, if something is."""
    inputs, targets = np.shape(batch.inputs), np.shape(batch.targets)
    if len(inputs) != 3 or len(targets) != 3 or 0 in (*inputs[:2], *targets):
        raise InputError(
            f"a batch has inputs (batch, time, feature) and targets (batch, last, unit); came {inputs} and {targets}."
        )
    if inputs[0] != targets[0] or (targets[1] > inputs[1] and not design.encoder):
        raise InputError(f"the targets {targets} do not fit the inputs {inputs}: one for each sequence and last step.")
    if design.reads == "final" and targets[1] != 1:
        raise InputError(f"reads='final' gives one output a sequence; the targets are for {targets[1]} steps.")
    as_numbers("inputs", batch.inputs)
    if not np.isfinite(as_numbers("targets", batch.targets)).any():
        raise InputError("targets holds no number: give at least one target that is not NaN.")
    _check_weights(batch.weights, targets)
    check_companions(batch, design)


def check_companions(batch: Batch, design: NetworkDesign) -> None:
    """The same for lengths, index, states, clamps and what is fed back."""
    inputs, targets = np.shape(batch.inputs), np.shape(batch.targets)
    if batch.lengths is not None:
        _check_lengths(np.asarray(batch.lengths), inputs, targets, design)
    _check_index(batch.index, len(inputs) and inputs[0], design)
    for name, example in (("states", "elman_1.h"), ("clamps", "elman_1")):
        given = getattr(batch, name, None)
        if given is not None and not isinstance(given, Mapping):
            raise InputError(f"{name} must be a mapping, as in {{'{example}': array}}; came {type(given).__name__}.")
    if batch.fed is not None and not design.feedback:
        raise InputError("fed is for networks that see their last output: set feedback=True in the design.")
    if batch.fed is not None and np.shape(batch.fed) != targets:
        raise InputError(f"fed must have the shape of the targets, {targets}; came {np.shape(batch.fed)}.")


def _check_weights(weights: Any, targets: tuple[int, ...]) -> None:
    if weights is None:
        return
    values = np.asarray(weights)
    if values.ndim > 1:
        if values.shape != targets[: values.ndim] or not np.isfinite(values).all() or (values < 0).any():
            least = f", the least {np.nanmin(values):g}" if values.size else ""
            raise InputError(
                f"weights of steps or units must be numbers of at least 0 of the shape {targets[: values.ndim]}; came "
                f"{values.shape}{least}."
            )
        if values.any():
            return
    if values.shape != targets[:1] or not np.isfinite(values).all() or (values < 0).any() or not values.any():
        raise InputError(
            f"weights must be one number of at least 0 for each of the {targets[0]} sequences, one above 0; came "
            f"{values.tolist() if values.size <= _SHORT else values.shape}."
        )


def _check_lengths(
    lengths: np.ndarray, inputs: tuple[int, ...], targets: tuple[int, ...], design: NetworkDesign
) -> None:
    if lengths.shape != inputs[:1] or not np.issubdtype(lengths.dtype, np.integer):
        raise InputError(f"lengths must be one whole number for each of the {inputs[0]} sequences; came {lengths!r}.")
    for odd in np.flatnonzero((lengths < 1) | (lengths > inputs[1]))[:1]:
        raise InputError(
            f"lengths[{odd}] is {lengths[odd]}; sequences padded to {inputs[1]} steps have 1 to {inputs[1]} real ones."
        )
    if targets[1] not in (1, inputs[1]) and not design.encoder:
        raise InputError(
            f"sequences of unequal length have one target each, or one for each of the {inputs[1]} steps; came "
            f"{targets[1]}."
        )


def require_index(batch: Batch, design: NetworkDesign) -> None:
    """Raise an :class:`InputError` unless sequences that learn states of their own say which they are."""
    if design.sequences and batch.index is None:
        raise InputError(
            f"{design.sequences} sequences have initial states of their own: say in index which each one is."
        )


def _check_index(index: Any, count: int, design: NetworkDesign) -> None:
    if index is None:
        return
    values = np.asarray(index)
    if values.shape != (count,) or not np.issubdtype(values.dtype, np.integer):
        raise InputError(f"index must be one whole number for each of the {count} sequences; came {index!r}.")
    if not design.sequences:
        raise InputError("index says which initial state is meant, and the design has none for each: leave it out.")
    if values.min() < 0 or values.max() >= design.sequences:
        raise InputError(f"index must be from 0 to {design.sequences - 1}; came {values.min()} to {values.max()}.")
