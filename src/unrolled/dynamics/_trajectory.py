"""Where a system goes from a state: one compiled scan, piece by piece."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from unrolled.arguments import require_array, require_whole
from unrolled.compilation import compiled
from unrolled.dynamics._system import System, require_system
from unrolled.errors import InputError
from unrolled.types import AnyArray, precision

__all__ = ["MOST_STEPS", "RUNAWAY", "checked_start", "run", "steps_of", "trajectory", "wandered_off"]

MOST_STEPS = 100_000_000
#: Beyond this a state is taken to run off to infinity.
RUNAWAY = 1e12
_PIECE, _LEAST_PIECE = 4096, 16
_MOST_NUMBERS = 500_000_000


def trajectory(
    system: System, steps: int | None = None, *, inputs: Any = None, start: Any = None, washout: int = 0, seed: int = 0
) -> Float[np.ndarray, "time state"]:
    """The states after each of so many steps.

    Parameters
    ----------
    system
        A network, a map or a flow.
    steps
        How many; with a sequence of inputs, all of them if left out, and the washout is part of the sequence.
    inputs
        What the system sees: nothing (zeros) if left out; one row ``(feature,)`` that is held, or a sequence
        ``(time, feature)``.
    start
        The state before the first step, ``(state,)``; the system's first one of this seed if left out.
    washout
        So many steps are run first and left out.
    seed
        Decides a random start.

    Raises
    ------
    InputError
        Shapes that do not fit, or a system that runs off to infinity; the message says after how many steps.

    Examples
    --------
    >>> from unrolled.dynamics import henon_map, trajectory
    >>> trajectory(henon_map(), 1000, washout=100).shape
    (1000, 2)
    """
    require_system(system)
    washout = require_whole("washout", washout, 0, MOST_STEPS)
    count, x = steps_of(system, steps, inputs, washout)
    if count * system.size > _MOST_NUMBERS:
        raise InputError(
            f"{count:,} steps of {system.size:,} states are more than {_MOST_NUMBERS:,} numbers; ask for fewer steps."
        )
    h = checked_start(system, start, seed)
    parts = []
    for at in range(0, washout, _PIECE):
        upto = min(at + _PIECE, washout)
        states = run(system, h, x if x.ndim == 1 else x[at:upto], upto - at)
        _require_bounded(states, at)
        h = states[-1]
    for at in range(washout, washout + count, _PIECE):
        upto = min(at + _PIECE, washout + count)
        parts.append(run(system, h, x if x.ndim == 1 else x[at:upto], upto - at))
        _require_bounded(parts[-1], at)
        h = parts[-1][-1]
    return np.concatenate(parts)


def steps_of(system: System, steps: int | None, inputs: Any, washout: int = 0) -> tuple[int, Float[np.ndarray, "..."]]:
    """How many steps come after the washout, and the inputs, checked: one row, or one a step."""
    features = system.features
    x = np.zeros(features) if inputs is None else _numbers(inputs)
    if x is None or x.ndim not in (1, 2) or x.shape[-1] != features:
        raise InputError(
            f"inputs must be one row of {features} numbers that is held, or a sequence of shape (time, {features}); "
            f"came {'no numbers' if x is None else f'shape {x.shape}'}."
        )
    if not np.isfinite(x).all():
        raise InputError("inputs must be finite numbers; fill or leave out what is missing.")
    most = MOST_STEPS if x.ndim == 1 else len(x) - washout
    if most < 1:
        raise InputError(f"a washout of {washout} leaves nothing of a sequence of {len(x)} inputs; give a longer one.")
    if steps is None and x.ndim == 1:
        raise InputError("say how many steps: only a sequence of inputs has a length of its own.")
    return require_whole("steps", most if steps is None else steps, 1, most), x


def _numbers(values: Any) -> Float[np.ndarray, "..."] | None:
    try:
        array = np.asarray(values)
    except ValueError:  # rows of several lengths
        return None
    return array.astype(np.float64) if array.dtype.kind in "fiub" else None


def checked_start(system: System, start: Any, seed: int) -> Float[np.ndarray, " state"]:
    """The state to begin in."""
    seed = require_whole("seed", seed, 0, 2**63 - 1)
    if start is None:
        return system.starts(1, np.random.default_rng(seed))[0]
    h = require_array("start", start, "state")
    if h.shape != (system.size,):
        raise InputError(f"start must be {system.size} numbers; came {len(h)}.")
    if not np.isfinite(h).all():
        raise InputError("start must be finite numbers.")
    return np.array(h, np.float64)


def run(
    system: System, h: Float[AnyArray, " state"], x: Float[np.ndarray, "..."], steps: int
) -> Float[np.ndarray, "steps state"]:
    """The next states; inputs as :func:`steps_of` checked them. Lengths up to a power of two share a program."""
    length = min(max(_LEAST_PIECE, 1 << (steps - 1).bit_length()), max(_PIECE, steps))
    with precision("float64"):
        if x.ndim == 1:
            return np.asarray(_held(system, h, x, length=length))[:steps]
        padded = np.concatenate([x[:steps], np.zeros((length - steps, x.shape[1]))])
        return np.asarray(_driven(system, h, padded))[:steps]


def wandered_off(states: Float[np.ndarray, "... state"]) -> bool:
    """Whether a state is not finite, or so far out that it will not come back."""
    return not bool((np.abs(states) < RUNAWAY).all())


def _require_bounded(states: Float[np.ndarray, "time state"], before: int) -> None:
    if wandered_off(states):
        step = before + 1 + int(np.argmin((np.abs(states) < RUNAWAY).all(axis=1)))
        raise InputError(
            f"the system runs off to infinity: after {step:,} steps its state is beyond {RUNAWAY:g} or not finite. "
            "Take smaller weights or another start."
        )


def _held_steps(system: System, h: Any, x: Any, *, length: int) -> Array:
    def onward(h: Array, _: None) -> tuple[Array, Array]:
        h = system.advance(h, x)
        return h, h

    return jax.lax.scan(onward, jnp.asarray(h), None, length=length)[1]


def _driven_steps(system: System, h: Any, x: Any) -> Array:
    def onward(h: Array, x: Array) -> tuple[Array, Array]:
        h = system.advance(h, x)
        return h, h

    return jax.lax.scan(onward, jnp.asarray(h), jnp.asarray(x))[1]


_held = compiled(_held_steps, static_argnames="length")
_driven = compiled(_driven_steps)
