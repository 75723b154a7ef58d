"""What every recurrent cell is: one step, and the same step backwards."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from unrolled.errors import InputError, nearest_name
from unrolled.types import AnyArray

__all__ = ["Cell", "CellState", "HiddenState", "State", "Traced", "below_each_other"]


class HiddenState(NamedTuple):
    """The state of a cell that has nothing but its activities h, shape ``(*batch, unit)``."""

    h: Any


class CellState(NamedTuple):
    """The state of a cell with a memory: activities h and memory s, each ``(*batch, unit)``."""

    h: Any
    s: Any


State = HiddenState | CellState


class Traced(NamedTuple):
    """What the gates of a cell did at one step: each gate by name, what was written and what was kept, unit by unit."""

    gates: dict[str, Any]
    written: Any
    kept: Any


class Cell(eqx.Module):
    """One recurrent layer: how the next state follows from the present one and the input.

    A step has two halves. All weights together are one matrix that multiplies the last activities, the input and a 1,
    ``a_t = M (h_{t-1}, x_t, 1)``; then come operations unit by unit, ``activate``, and the same backwards,
    ``pull_back``. A cell says no more than that; the loops are in :func:`unroll` and :func:`backpropagate`. Every cell
    is a frozen pytree; its weights are fields that carry the textbook's names.

    Inside ``activate`` and ``pull_back`` units (or gates below each other) are the first axis and sequences the last,
    so that a gate is a contiguous piece of memory.
    """

    kind: ClassVar[str]
    recurrent: ClassVar[bool] = True
    bidirectional: ClassVar[bool] = False
    #: Whether h_{t-1} enters the pre-activations; otherwise M multiplies (x_t, 1).
    looks_back: ClassVar[bool] = True
    state_type: ClassVar[Any] = HiddenState
    #: The gates below each other in U, W and b; none for a plain layer.
    gates: ClassVar[tuple[str, ...]] = ()
    #: Weights that not every gate has, and the gates that have them.
    of_some_gates: ClassVar[Mapping[str, tuple[str, ...]]] = {}

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

    @property
    def settings(self) -> dict[str, Any]:
        """What a design says of the layer beside its kind, its size and its activation."""
        return {}

    @property
    def hands_back(self) -> bool:
        """Whether the derivatives by a_t go back to h_{t-1}."""
        return self.looks_back

    @property
    def gate_rows(self) -> tuple[int, ...]:
        """How many rows of U, W and b every gate has."""
        return (self.units,) * len(self.gates)

    @abstractmethod
    def matrix(self) -> Float[Array, "row column"]:
        """M: all weights as one matrix, to be multiplied with ``(h_{t-1}, x_t, 1)``."""

    @abstractmethod
    def split(self, matrix: Float[Array, "row column"]) -> Any:
        """The derivatives by name, in a cell, from that with respect to M."""

    def halved(self) -> Float[np.ndarray, " row"] | None:
        """1/2 for the rows of M that are gates, 1 for the others; ``None``: no row is a gate.

        ``sigma(a) = (1 + tanh(a / 2)) / 2``, so one tanh makes gates and candidates; a half is exact in any precision.
        """
        return None

    def scaled(self, rows: Float[Array, "row ..."]) -> Float[Array, "row ..."]:
        """Rows of M, or pre-activations, with those of the gates halved, as :meth:`activate` takes them."""
        factors = self.halved()
        return rows if factors is None else rows * factors.astype(rows.dtype).reshape(-1, *(1,) * (rows.ndim - 1))

    @abstractmethod
    def activate(self, a: Float[Array, "row ..."], state: Any) -> tuple[Any, Any]:
        """The next state from a_t, the rows of the gates halved, and what the backward pass needs beside h_t."""

    @abstractmethod
    def pull_back(self, kept: Any, h: Float[Array, "unit ..."], dstate: Any) -> tuple[Float[Array, "row ..."], Any]:
        """``delta_t = dE/da_t``, and dE/dstate_{t-1} as far as it does not pass through a_t.

        Parameters
        ----------
        kept
            What :meth:`activate` said that the backward pass needs.
        h
            The activities that the step made.
        dstate
            dE/dstate_t.
        """

    @abstractmethod
    def slopes(self, kept: Any, h: Float[Array, "unit ..."]) -> Float[Array, "row ..."]:
        """f'(a_t) of every row of a."""

    def beside(self, delta: Float[Array, "row ..."], kept: Any) -> dict[str, Float[Array, "..."]]:
        """dE/dw of one step, for weights that multiply memories unit by unit and stand beside M; none as a rule."""
        del delta, kept
        return {}

    def preactivations(self, a: Float[Array, "row ..."], before: Any, after: Any) -> Float[Array, "row ..."]:
        """The pre-activations: what M gives, and what else a gate sees."""
        del before, after
        return a

    def traced(self, kept: Any) -> Traced:
        """What the gates did, from what :meth:`activate` kept; of a cell without gates nothing."""
        del kept
        return Traced({}, None, None)

    def initial_state(self, batch: tuple[int, ...] = (), value: float = 0.0) -> Any:
        """The state before the first step: a constant, zero unless told otherwise."""
        filled = jnp.full((*batch, self.units), value, jnp.result_type(self.weights()["b"]))
        return self.state_type(*(filled for _ in self.state_type._fields))

    def step(self, x: Float[AnyArray, "*batch feature"], state: Any) -> Any:
        """One step in time: the next state, from an input and a state with the same batch axes."""
        first = self.state_type(*(jnp.moveaxis(part, -1, 0) for part in state))
        a = jnp.tensordot(self.scaled(self.matrix()), self.operand(first, jnp.moveaxis(jnp.asarray(x), -1, 0)), 1)
        after, _ = self.activate(a, first)
        return self.state_type(*(jnp.moveaxis(part, 0, -1) for part in after))

    def operand(self, state: Any, x: Float[Array, "feature ..."]) -> Float[Array, "column ..."]:
        """``(h_{t-1}, x_t, 1)``: what M multiplies."""
        one = jnp.ones((1, *x.shape[1:]), x.dtype)
        if not self.looks_back:
            return jnp.concatenate([x, one])
        h = state.h if self.hands_back else jax.lax.stop_gradient(state.h)
        return jnp.concatenate([h, x, one])

    def weights(self) -> dict[str, Array | np.ndarray]:
        """The weights by name."""
        return {name: getattr(self, name) for name in self.shapes(1, 1)}

    def gate(self, name: str) -> tuple[Array | np.ndarray, ...]:
        """The weights of one gate, in the order of the fields: U, W, b, and d or p where there is one."""
        if not self.gates:
            raise InputError(f"a layer of kind {self.kind} has no gates.")
        if name not in self.gates:
            raise nearest_name("gate", name, self.gates)
        rows, found = dict(zip(self.gates, self.gate_rows, strict=True)), []
        for field, weight in self.weights().items():
            having = self.of_some_gates.get(field, self.gates)
            if name in having:
                start = sum(rows[gate] for gate in having[: having.index(name)])
                found.append(weight[start : start + rows[name]])
        return tuple(found)

    @classmethod
    def of(cls, weights: Mapping[str, Any], activation: str) -> Cell:
        """A cell with these weights, by name."""
        return cls(**weights, activation=activation)  # pyright: ignore[reportCallIssue]


def below_each_other(parts: list[Float[Array, "_ ..."]]) -> Float[Array, "row ..."]:
    """The parts along the first axis, as one array.

    On a CPU every part is written to its place, which made a backward sweep up to a fifth faster: the program for a
    concatenation of things that are still to be computed asks at every element which part it is in.
    """
    if jax.default_backend() != "cpu":
        return jnp.concatenate(parts)
    rows = np.cumsum([0, *(len(part) for part in parts)])
    whole = jnp.zeros((int(rows[-1]), *parts[0].shape[1:]), parts[0].dtype)
    for row, part in zip(rows, parts, strict=False):
        whole = jax.lax.dynamic_update_slice_in_dim(whole, part, int(row), axis=0)
    return whole
