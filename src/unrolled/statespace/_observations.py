"""Observations as the filters take them: centred, with what is missing marked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from unrolled.arguments import require_array, unmasked
from unrolled.errors import InputError
from unrolled.statespace._linear_gaussian import LinearGaussian
from unrolled.types import AnyArray

__all__ = ["Observations", "as_inputs", "as_observations", "as_sequences", "shared_length", "state_offsets"]

_LONG = 4096


class Observations(NamedTuple):
    """One sequence, or several with a leading axis.

    Attributes
    ----------
    y
        What was observed, ``(time, feature)``; 0 where it is missing.
    seen
        Where something was observed.
    inputs
        x_t, ``(time, input)``.
    """

    y: Float[AnyArray, "*sequence time feature"]
    seen: Bool[AnyArray, "*sequence time feature"]
    inputs: Float[AnyArray, "*sequence time input"]

    def centred(self, model: LinearGaussian) -> Float[Array, "time feature"]:
        """What is left when ``D x_t + c`` is taken away."""
        offset = jnp.zeros(model.features) if model.c is None else jnp.asarray(model.c)
        if model.D is not None:
            offset = offset + self.inputs @ model.D.T
        return jnp.where(self.seen, self.y - offset, 0.0)


def state_offsets(model: LinearGaussian, inputs: Float[AnyArray, "time input"]) -> Float[Array, "time unit"]:
    """``U x_t + b`` of every step."""
    offset = jnp.zeros(model.units) if model.b is None else jnp.asarray(model.b)
    if model.U is not None:
        offset = offset + inputs @ model.U.T
    return jnp.broadcast_to(offset, (inputs.shape[0], model.units))


def as_observations(model: LinearGaussian, y: Any, inputs: Any = None) -> Observations:
    """Numbers of shape ``(time, feature)``, or ``(time,)`` of one feature, in which NaN is missing; checked.

    Raises
    ------
    InputError
        Not numbers, of another width than the model's, infinite, or all of them missing; inputs that do not fit.
    """
    values = _table("y", y, "feature")
    if values.shape[1] != model.features:
        raise InputError(f"y must have {model.features} features, as V has rows; came {values.shape[1]}.")
    seen = ~np.isnan(values)
    if np.isinf(values).any():
        raise InputError("y holds an infinite value; every value must be a finite number, or NaN where it is missing.")
    if not seen.any():
        raise InputError("every value of y is missing; there is nothing to infer from.")
    return Observations(np.where(seen, values, 0.0), seen, as_inputs(model, inputs, len(values)))


def _table(name: str, numbers: Any, axis: str) -> Float[np.ndarray, "time _"]:
    """Rows in time, NaN where something is masked; numbers in a line are one column."""
    plain = unmasked(numbers)
    line = getattr(plain, "ndim", None) == 1 or (isinstance(plain, list | tuple) and not any(map(np.ndim, plain)))
    found = require_array(name, plain, "time")[:, None] if line else require_array(name, plain, "time", axis)
    return np.asarray(found, np.float64)


def as_inputs(model: LinearGaussian, inputs: Any, steps: int) -> Float[np.ndarray, "time input"]:
    """The inputs of so many steps; none where the model takes none."""
    if model.inputs == 0:
        if inputs is not None:
            raise InputError("the model takes no inputs: it has neither U nor D; leave them out.")
        return np.zeros((steps, 0))
    if inputs is None:
        raise InputError(f"the model takes {model.inputs} inputs at every step (U or D); give them.")
    made = _table("inputs", inputs, "input")
    if made.shape != (steps, model.inputs):
        raise InputError(f"inputs must have shape (time, input) = {(steps, model.inputs)}; came {made.shape}.")
    if not np.isfinite(made).all():
        raise InputError("inputs must be known at every step; one of them is not finite.")
    return made


def as_sequences(model: LinearGaussian, y: Any, inputs: Any = None) -> tuple[Observations, np.ndarray]:
    """One sequence or a list of them, padded to one length: with a leading axis, and the length of each."""
    several = isinstance(y, list | tuple) and len(y) > 0 and np.ndim(y[0]) > 0 and _are_sequences(y, model)
    parts = list(y) if several else [y]
    beside = list(inputs) if several and inputs is not None else [inputs] * len(parts)
    if len(beside) != len(parts):
        raise InputError(f"there are {len(parts)} sequences and inputs for {len(beside)}; give one of each.")
    made = [as_observations(model, one, x) for one, x in zip(parts, beside, strict=True)]
    lengths = np.array([len(one.y) for one in made])
    room = shared_length(int(lengths.max()))
    padded = [[_padded(np.asarray(part), room) for part in one] for one in made]
    return Observations(*(np.stack(parts) for parts in zip(*padded, strict=True))), lengths


def shared_length(steps: int) -> int:
    """A length at least as large, by a quarter at most (16 at least): series that share it share a compiled program.

    Long series are lengthened by a sixteenth at most: there the steps cost more than the compilation.

    Examples
    --------
    >>> from unrolled.statespace import shared_length
    >>> [shared_length(steps) for steps in (3, 100, 129, 1000, 100_000)]
    [16, 112, 160, 1024, 102400]
    """
    finer = 3 if steps <= _LONG else 5
    grain = 1 << max((steps - 1).bit_length() - finer, 2)
    return max(16, -(-steps // grain) * grain)


def _are_sequences(y: Sequence[Any], model: LinearGaussian) -> bool:
    """Whether a list holds arrays of time, not rows of features."""
    axes = getattr(y[0], "ndim", None)
    return np.ndim(y[0]) == 2 or (axes == 1 and model.features == 1 and any(len(one) > 1 for one in y))


def _padded(part: np.ndarray, length: int) -> np.ndarray:
    return np.concatenate([part, np.zeros((length - len(part), *part.shape[1:]), part.dtype)])
