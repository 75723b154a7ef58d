"""Long short-term memory as it was first published: a self-link of 1, no keep gate, blocks of cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from unrolled.networks._activations import activation, pull_back_activation, slope
from unrolled.networks._cell import Cell, CellState, Traced, below_each_other
from unrolled.networks._initializers import glorot_uniform, orthogonal

__all__ = ["LSTM1997", "LSTM1997Kind"]


class LSTM1997(Cell):
    """Linear memories with self-link 1: what is written stays until the end of the sequence.

    ``i = sigma(U_i x + W_i h + b_i)`` (write), ``g = 2 f((U_g x + W_g h + b_g) / 2)`` (candidate),
    ``o = sigma(U_o x + W_o h + b_o)`` (read), ``s_t = s_{t-1} + i * g``, ``h_t = o * f(s_t / 2)``.

    With ``f = tanh`` these are the squashing functions of the paper: ``2 tanh(a / 2) = 4 sigma(a) - 2``, between -2 and
    2, and ``tanh(s / 2) = 2 sigma(s) - 1``, between -1 and 1. The gates i and o belong to a block of one or more cells,
    which share them.

    Backwards, with ``c = f(s_t / 2)`` and ``ds = dE/ds_t + dE/dh_t o f'(s_t / 2) / 2``:
    ``delta_i = i (1 - i) sum ds g`` and ``delta_o = o (1 - o) sum dE/dh_t c`` over the cells of the block,
    ``delta_g = ds i f'(a_g / 2)``, and ``dE/ds_{t-1} = ds``: the error in a memory neither fades nor grows.

    With ``truncated`` the gradient is that of the paper: the deltas count in the derivatives by U, W and b (and by x_t,
    for the layer below), but do not go back to h_{t-1}. The self-link alone carries errors into the past. That is no
    longer the derivative of the error; both rules, forward derivatives and :func:`sensitivity` agree on it.

    Attributes
    ----------
    U, W, b
        Write gates, candidates and read gates below each other: with B blocks shapes ``(2 B + unit, feature)``,
        ``(2 B + unit, unit)``, ``(2 B + unit,)``. The cells of a block stand side by side. :meth:`gate` cuts one out.
    activation
        The name of f, ``tanh`` as a rule.
    truncated
        Whether the gradient is truncated.

    References
    ----------
    S. Hochreiter and J. Schmidhuber, "Long short-term memory", Neural Computation 9 (1997) 1735; section 4 and appendix
    A.1.

    Examples
    --------
    >>> from unrolled.networks import NetworkDesign, member_keys
    >>> design = NetworkDesign.parse("lstm-1997:4x2:tanh:truncated")  # four blocks of two cells
    >>> cell = design.initialize(3, 1, key=member_keys(0, 1)[0]).layers[0]
    >>> cell.units, cell.block, [cell.gate(name)[0].shape for name in cell.gates]
    (8, 2, [(4, 3), (8, 3), (4, 3)])
    """

    kind: ClassVar[str] = "lstm-1997"
    state_type: ClassVar[Any] = CellState
    gates: ClassVar[tuple[str, ...]] = ("write", "candidate", "read")
    U: Float[Array | np.ndarray, "gate feature"]
    W: Float[Array | np.ndarray, "gate unit"]
    b: Float[Array | np.ndarray, " gate"]
    activation: str = eqx.field(static=True, default="tanh")
    truncated: bool = eqx.field(static=True, default=False)

    @classmethod
    def shapes(cls, features: int, units: int, block: int = 1) -> dict[str, tuple[int, ...]]:
        """The shape of every weight, with that many cells in a block."""
        rows = units + 2 * (units // block)
        return {"U": (rows, features), "W": (rows, units), "b": (rows,)}

    @classmethod
    def initialize(
        cls, features: int, units: int, activation: str, *, block: int = 1, generator: np.random.Generator
    ) -> LSTM1997:
        """Glorot-uniform U, orthogonal W, b = 0; :func:`chrono` gives b as the paper does."""
        shapes = cls.shapes(features, units, block)
        U = glorot_uniform(generator, (shapes["U"][0], features))
        W = orthogonal(generator, (shapes["W"][0], units))
        return cls(U, W, np.zeros(shapes["b"]), activation)

    @property
    def units(self) -> int:
        """The number of memory cells."""
        return self.W.shape[-1]

    @property
    def blocks(self) -> int:
        """The number of blocks: of write gates, and of read gates."""
        return (self.b.shape[-1] - self.units) // 2

    @property
    def block(self) -> int:
        """How many cells share the gates of a block."""
        return self.units // self.blocks

    @property
    def features(self) -> int:
        """The number of inputs."""
        return self.U.shape[-1]

    @property
    def settings(self) -> dict[str, Any]:
        """The size of a block, and whether the gradient is truncated."""
        return {"block": self.block, "truncated": self.truncated}

    @property
    def hands_back(self) -> bool:
        """Not where the gradient is truncated."""
        return not self.truncated

    @property
    def gate_rows(self) -> tuple[int, int, int]:
        """One row a block, one a cell, one a block."""
        return self.blocks, self.units, self.blocks

    def matrix(self) -> Float[Array, "row column"]:
        """``(W, U, b)``."""
        return jnp.concatenate([self.W, self.U, self.b[:, None]], axis=1)

    def split(self, matrix: Float[Array, "row column"]) -> LSTM1997:
        """The derivatives with respect to U, W and b."""
        n = self.units
        return LSTM1997(matrix[:, n:-1], matrix[:, :n], matrix[:, -1], self.activation, self.truncated)

    def halved(self) -> Float[np.ndarray, " row"]:
        """Halves: the candidate too is a function of ``a / 2``."""
        return np.full(self.b.shape[-1], 0.5)

    def activate(self, a: Float[Array, "row ..."], state: Any) -> tuple[CellState, Any]:
        """Write, read."""
        a_i, a_g, a_o = jnp.split(a, (self.blocks, self.blocks + self.units))
        i, o = (self._to_cells(0.5 * jnp.tanh(gate) + 0.5) for gate in (a_i, a_o))
        n = activation(self.activation, axis=0)(a_g)
        s = state.s + 2 * i * n
        c = activation(self.activation, axis=0)(0.5 * s)
        return CellState(o * c, s), (i, n, o, c, state.s)

    def pull_back(
        self, kept: Any, h: Float[Array, "unit ..."], dstate: Any
    ) -> tuple[Float[Array, "row ..."], CellState]:
        """The deltas of write gates, candidates and read gates below each other, and dE/ds_{t-1}."""
        i, n, o, c, _ = kept
        ds = dstate.s + 0.5 * pull_back_activation(self.activation, c, dstate.h * o)
        dn = pull_back_activation(self.activation, n, ds * i)
        delta = [self._over_block(2 * ds * n * i * (1 - i)), dn, self._over_block(dstate.h * c * o * (1 - o))]
        return below_each_other(delta), CellState(jnp.zeros_like(h), ds)

    def slopes(self, kept: Any, h: Float[Array, "unit ..."]) -> Float[Array, "row ..."]:
        """The slopes of write gates, candidates and read gates below each other."""
        del h
        i, n, o, *_ = kept
        first = slice(None, None, self.block)
        return jnp.concatenate([(i * (1 - i))[first], slope(self.activation, n), (o * (1 - o))[first]])

    def traced(self, kept: Any) -> Traced:
        """``i g`` is written, s_{t-1} is kept."""
        i, n, o, _, s_before = kept
        return Traced({"write": i, "candidate": 2 * n, "read": o}, 2 * i * n, s_before)

    def _to_cells(self, gate: Float[Array, "block ..."]) -> Float[Array, "unit ..."]:
        """The gate of its block for every cell."""
        return gate if self.block == 1 else jnp.repeat(gate, self.block, axis=0)

    def _over_block(self, terms: Float[Array, "unit ..."]) -> Float[Array, "block ..."]:
        """The sum over the cells of every block."""
        return terms if self.block == 1 else terms.reshape(self.blocks, self.block, *terms.shape[1:]).sum(1)


@dataclass(frozen=True)
class LSTM1997Kind:
    """What a design needs to know of such a layer: the same as of a cell, with blocks and the gradient settled.

    Attributes
    ----------
    block
        How many cells share the gates of a block.
    truncated
        Whether the gradient is truncated.
    """

    block: int = 1
    truncated: bool = False
    kind: ClassVar[str] = LSTM1997.kind
    recurrent: ClassVar[bool] = True
    bidirectional: ClassVar[bool] = False
    state_type: ClassVar[Any] = CellState

    def shapes(self, features: int, units: int) -> dict[str, tuple[int, ...]]:
        """The shape of every weight."""
        return LSTM1997.shapes(features, units, self.block)

    def initialize(self, features: int, units: int, activation: str, *, generator: np.random.Generator) -> LSTM1997:
        """A layer with random weights."""
        made = LSTM1997.initialize(features, units, activation, block=self.block, generator=generator)
        return self.of(made.weights(), activation)

    def of(self, weights: Mapping[str, Any], activation: str) -> LSTM1997:
        """The layer with these weights, by name."""
        return LSTM1997(**weights, activation=activation, truncated=self.truncated)
