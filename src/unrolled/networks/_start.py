"""How states begin: a constant, or learned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from unrolled.errors import InputError, nearest_name
from unrolled.types import AnyArray

__all__ = ["Start", "merge_given", "start_fields"]


class Start(eqx.Module):
    """The states before the first step, and the output that is fed back at the first step.

    Attributes
    ----------
    states
        Learned states, one for each recurrent layer: every part has shape ``(unit,)``, the same for all sequences, or
        ``(sequence, unit)``, one for each. Empty where nothing is learned.
    output
        The learned output before the first step, where outputs are fed back.
    constant
        Where nothing is learned: what all activities and memories begin with.
    """

    states: tuple[Any, ...] = ()
    output: Float[Array | np.ndarray, "*sequence output"] | None = None
    constant: float = eqx.field(static=True, default=0.0)

    def make(
        self, layers: Sequence[Any], batch: tuple[int, ...], index: Int[AnyArray, "*batch"] | None = None
    ) -> tuple[Any, ...]:
        """The states of recurrent layers for that many leading batch axes.

        ``index`` says which sequence each is, where every sequence has a state of its own; without it sequences are
        taken for new ones and begin in the mean of the learned states.
        """
        if not self.states:
            return tuple(layer.initial_state(batch, self.constant) for layer in layers)
        return jax.tree.map(lambda leaf: _chosen(leaf, batch, index), self.states)

    def first_output(
        self, outputs: int, batch: tuple[int, ...], dtype: Any, index: Int[AnyArray, "*batch"] | None = None
    ) -> Float[Array, "*batch output"]:
        """y_0: learned, or zero."""
        if self.output is None:
            return jnp.zeros((*batch, outputs), dtype)
        return _chosen(self.output, batch, index)


def _chosen(leaf: Any, batch: tuple[int, ...], index: Any) -> Array:
    leaf = jnp.asarray(leaf)
    if leaf.ndim == 1:
        return jnp.broadcast_to(leaf, (*batch, leaf.shape[-1]))
    return jnp.broadcast_to(leaf.mean(axis=0), (*batch, leaf.shape[-1])) if index is None else leaf[index]


def start_fields(state: Any, prefix: str = "") -> dict[str, Any]:
    """The parts of a state by the names that learned states have: ``h_0``, ``s_0``, ``forward.h_0``, ..."""
    found: dict[str, Any] = {}
    for name, part in state._asdict().items():
        found |= start_fields(part, f"{prefix}{name}.") if hasattr(part, "_asdict") else {f"{prefix}{name}_0": part}
    return found


def merge_given(states: tuple[Any, ...], names: Sequence[str], given: Mapping[str, Any] | None) -> tuple[Any, ...]:
    """The states with those parts put in that the data give.

    Parameters
    ----------
    states
        One for each recurrent layer.
    names
        The layers' names.
    given
        By ``layer.h`` or ``layer.s`` an array ``(*batch, unit)``; NaN where it is not given.
    """
    if not given:
        return states
    made = dict(zip(names, states, strict=True))
    for name, values in given.items():
        layer, _, part = name.rpartition(".")
        if layer not in made:
            raise nearest_name("recurrent layer", layer or name, made)
        if part not in getattr(made[layer], "_fields", ()) or part not in ("h", "s"):
            raise InputError(f"{layer} has no state {part!r} that can be given; name it as in '{layer}.h'.")
        old = getattr(made[layer], part)
        known = jnp.asarray(values, old.dtype)
        made[layer] = made[layer]._replace(**{part: jnp.where(jnp.isnan(known), old, known)})
    return tuple(made.values())
