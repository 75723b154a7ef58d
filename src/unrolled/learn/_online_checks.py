"""Whether a problem, a network, an algorithm and the rest go together: said before anything is compiled."""

from __future__ import annotations

import os
from typing import Any

import jax
import numpy as np

from unrolled.arguments import MOST, require_kind, require_number, require_whole
from unrolled.errors import InputError
from unrolled.learn._problem import Algorithm, Problem
from unrolled.networks import Network
from unrolled.types import Batch

__all__ = [
    "MOST_STEPS",
    "require_algorithm",
    "require_calls",
    "require_fitting",
    "require_key",
    "require_objective",
    "require_source",
    "require_steps",
]

#: The most steps of a run.
MOST_STEPS = 2**24
_PARTS = ("check", "init", "step")


def require_algorithm(algorithm: Any) -> None:
    """Raise an :class:`InputError` unless it is an :class:`Algorithm`, with hashable settings."""
    if isinstance(algorithm, type):
        raise InputError(f"algorithm must be an object; came the class {algorithm.__name__}: add parentheses.")
    if not isinstance(algorithm, Algorithm) or not all(callable(getattr(algorithm, part)) for part in _PARTS):
        raise InputError(
            "algorithm must have sequences, and the methods check, init and step, as FirstOrder() and HessianFree() "
            f"have; came {algorithm!r}."
        )
    require_whole("sequences of the algorithm", algorithm.sequences, 1, MOST)
    _require_hashable("algorithm", algorithm)


def require_source(name: str, source: Any) -> None:
    """Raise an :class:`InputError` unless it draws batches, and can shape a compiled program."""
    if not callable(getattr(source, "draw", None)) or isinstance(source, type):
        raise InputError(f"{name} must have a method draw(count, key=key) that gives a batch; came {source!r}.")
    _require_hashable(name, source)


def require_objective(objective: Any) -> None:
    """Raise an :class:`InputError` unless it can be minimized."""
    if isinstance(objective, type) or not callable(getattr(objective, "value", None)):
        advice = "; a function of your own is Objective(function)" if callable(objective) else ""
        raise InputError(f"objective must be an Objective or a NetworkObjective; came {objective!r}{advice}.")
    _require_hashable("objective", objective)


def require_fitting(problem: Any, network: Any, per_unit: int, key: Any) -> None:
    """Raise an :class:`InputError` unless the problem can judge, and the network has its inputs and outputs.

    A loss may take several outputs for every unit of the targets.
    """
    require_source("problem", problem)
    if not isinstance(problem, Problem):
        missing = [name for name in ("test", "right", "error", "solved") if not hasattr(problem, name)]
        raise InputError(f"problem must judge, too; {problem!r} has no {', '.join(missing)}.")
    require_kind("network", network, Network)
    if np.ndim(getattr(network.readout, "c", 0)) > 1:
        raise InputError("network must be one network; came one with an axis of members: learn one after the other.")
    inputs, units = _sizes(problem, key)
    wanted, own = (inputs, units * per_unit), (network.features, network.outputs)
    if wanted != own:
        raise InputError(
            f"the network has {own[0]} inputs and {own[1]} outputs, and the problem takes {wanted[0]} and {wanted[1]}."
        )


def _sizes(problem: Any, key: Any) -> tuple[int, int]:
    """How many inputs and outputs; nothing is drawn."""

    def drawn(key: Any) -> tuple[Any, Any]:
        batch = problem.draw(1, key=key)
        require_kind("what problem.draw gives", batch, Batch)
        return batch.inputs, batch.targets

    inputs, targets = jax.eval_shape(drawn, key)
    return inputs.shape[-1], targets.shape[-1]


def require_key(key: Any) -> None:
    """Raise an :class:`InputError` unless it is one random key of JAX's own generator, of the new kind or the old."""
    if isinstance(key, jax.Array | np.ndarray):
        one = jax.random.key(0)
        if key.dtype == one.dtype and key.shape == ():
            return
        if key.dtype == np.uint32 and key.shape == jax.random.key_data(one).shape:
            return
    raise InputError(f"key must be one random key, as jax.random.key(0) gives; came {key!r}.")


def require_steps(steps: Any, every: Any, seconds: Any) -> None:
    """Raise an :class:`InputError` unless these say when a run is tested, and when it ends."""
    require_whole("steps", steps, 1, MOST_STEPS)
    require_whole("every", every, 1, MOST_STEPS)
    if seconds is not None:
        require_number("seconds", seconds, above=0.0)


def require_calls(watch: Any, keep: Any) -> None:
    """Raise an :class:`InputError` unless who watches can be called, and what is kept has a name, if anything is."""
    if watch is not None and not callable(watch):
        raise InputError(f"watch must be a function of what has been reached, or None; came {watch!r}.")
    if keep is not None:
        require_kind("keep", keep, (str, os.PathLike))
        if not os.fspath(keep):
            raise InputError("keep must be the name of a file or a folder; came ''.")


def _require_hashable(name: str, part: Any) -> None:
    """It shapes a compiled program, which is found again by what it is equal to."""
    try:
        hash(part)
    except TypeError:
        raise InputError(
            f"{name} is part of a compiled program and must be hashable: make it a frozen dataclass of numbers and "
            f"names; came {type(part).__name__}."
        ) from None
