"""What every recurrent cell is, and the one loop that unrolls it in time."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from unrolled.types import AnyArray

__all__ = ["Cell", "CellState", "HiddenState", "State", "unroll"]


class HiddenState(NamedTuple):
    """The state of a cell that has nothing but its activities h, shape ``(*batch, unit)``."""

    h: Array


class CellState(NamedTuple):
    """The state of a cell with a memory: activities h and memory s, each ``(*batch, unit)``."""

    h: Array
    s: Array


State = HiddenState | CellState


class Cell(eqx.Module):
    """One recurrent layer: how the next state follows from the present one and the input.

    A step has two halves. ``project`` is the part that needs no state, ``U x_t + b``, taken for all steps in one
    matrix product; ``advance`` adds ``W h_{t-1}`` and applies f. Every cell is a frozen pytree; its weights are
    fields that carry the textbook's names.
    """

    kind: ClassVar[str]
    recurrent: ClassVar[bool] = True

    @classmethod
    @abstractmethod
    def shapes(cls, features: int, units: int) -> dict[str, tuple[int, ...]]:
        """The shape of every weight, by name, for that many inputs and units."""

    @classmethod
    @abstractmethod
    def initialize(cls, features: int, units: int, activation: str, *, generator: np.random.Generator) -> Cell:
        """Random weights in float64, distributed as Keras's defaults."""

    @property
    @abstractmethod
    def units(self) -> int:
        """The number of hidden units."""

    @property
    @abstractmethod
    def features(self) -> int:
        """The number of inputs."""

    @abstractmethod
    def initial_state(self, batch: tuple[int, ...] = ()) -> State:
        """The state before the first step: zero."""

    @abstractmethod
    def project(self, x: Float[AnyArray, "*batch feature"]) -> Float[Array, "*batch gate"]:
        """The part of the pre-activation that needs no state: ``U x + b``."""

    @abstractmethod
    def advance(self, state: Any, projected: Float[Array, "*batch gate"]) -> Any:
        """The next state."""


# Up to this many steps the loop is written out: no loop overhead, little to compile. Beyond it two steps a turn
# gain a quarter of the time.
_WRITTEN_OUT = 8


def unroll(
    cell: Cell, inputs: Float[AnyArray, "*batch time feature"], state: Any
) -> tuple[Float[Array, "*batch time unit"], Any]:
    """Run a cell over a sequence: the one scan of this package.

    ``s_t = advance(s_{t-1}, U x_t + b)`` for t = 1..T; the weights are the same at every step.

    Parameters
    ----------
    cell
        The cell.
    inputs
        x_1..x_T, any number of leading batch axes.
    state
        The state before the first step, with the same batch axes.

    Returns
    -------
    tuple
        h_1..h_T, shape ``(*batch, time, unit)``, and the state after the last step.
    """

    def step(state: Any, projected: Array) -> tuple[Any, Array]:
        state = cell.advance(state, projected)
        return state, state.h

    projected = jnp.moveaxis(cell.project(inputs), -2, 0)
    steps = projected.shape[0]
    turns = steps if steps <= _WRITTEN_OUT else 2
    state, h = jax.lax.scan(step, state, projected, unroll=max(turns, 1))
    return jnp.moveaxis(h, 0, -2), state
