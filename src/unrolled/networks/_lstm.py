"""Long short-term memory, the present form with a learned keep (forget) gate."""

from __future__ import annotations

from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from unrolled.errors import nearest_name
from unrolled.networks._activations import activation
from unrolled.networks._cell import Cell, CellState
from unrolled.networks._initializers import glorot_uniform, orthogonal
from unrolled.types import AnyArray

__all__ = ["LSTM"]


class LSTM(Cell):
    """A memory s with self-link f_t, written through i_t and read through o_t.

    ``i = sigma(U_i x + W_i h + b_i)`` (write), ``f = sigma(U_f x + W_f h + b_f)`` (keep),
    ``g = f_act(U_g x + W_g h + b_g)`` (candidate), ``o = sigma(U_o x + W_o h + b_o)`` (read),
    ``s_t = f * s_{t-1} + i * g``, ``h_t = o * f_act(s_t)``.

    Attributes
    ----------
    U, W, b
        The four gates below each other in the order i, f, g, o (Keras's and PyTorch's order): shapes
        ``(4 unit, feature)``, ``(4 unit, unit)``, ``(4 unit,)``. :meth:`gate` cuts one out.
    activation
        The name of f_act, ``tanh`` as a rule.

    References
    ----------
    S. Hochreiter and J. Schmidhuber, Neural Computation 9 (1997) 1735; F. A. Gers, J. Schmidhuber and
    F. Cummins, Neural Computation 12 (2000) 2451 (the keep gate).

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.networks import LSTM
    >>> cell = LSTM.initialize(3, 5, "tanh", generator=np.random.default_rng(0))
    >>> U, W, b = cell.gate("keep")
    >>> U.shape, W.shape, b.tolist()  # the keep gate starts open
    ((5, 3), (5, 5), [1.0, 1.0, 1.0, 1.0, 1.0])
    """

    kind: ClassVar[str] = "lstm"
    gates: ClassVar[tuple[str, ...]] = ("write", "keep", "candidate", "read")
    U: Float[Array | np.ndarray, "gate feature"]
    W: Float[Array | np.ndarray, "gate unit"]
    b: Float[Array | np.ndarray, " gate"]
    activation: str = eqx.field(static=True, default="tanh")

    @classmethod
    def shapes(cls, features: int, units: int) -> dict[str, tuple[int, ...]]:
        """The shape of every weight."""
        return {"U": (4 * units, features), "W": (4 * units, units), "b": (4 * units,)}

    @classmethod
    def initialize(cls, features: int, units: int, activation: str, *, generator: np.random.Generator) -> LSTM:
        """Glorot-uniform U, orthogonal W, b = 0 except 1 in the keep gate, so that it starts open."""
        U = glorot_uniform(generator, (4 * units, features))
        W = orthogonal(generator, (4 * units, units))
        b = np.zeros(4 * units)
        b[units : 2 * units] = 1.0
        return cls(U, W, b, activation)

    @property
    def units(self) -> int:
        """The number of memory cells."""
        return self.b.shape[-1] // 4

    @property
    def features(self) -> int:
        """The number of inputs."""
        return self.U.shape[-1]

    def gate(self, name: str) -> tuple[Array | np.ndarray, Array | np.ndarray, Array | np.ndarray]:
        """U, W and b of one gate: ``write``, ``keep``, ``candidate`` or ``read``."""
        if name not in self.gates:
            raise nearest_name("gate", name, self.gates)
        start = self.gates.index(name) * self.units
        rows = slice(start, start + self.units)
        return self.U[rows], self.W[rows], self.b[rows]

    def initial_state(self, batch: tuple[int, ...] = ()) -> CellState:
        """Activities and memory zero."""
        zero = jnp.zeros((*batch, self.units), jnp.result_type(self.b))
        return CellState(zero, zero)

    def project(self, x: Float[AnyArray, "*batch feature"]) -> Float[Array, "*batch gate"]:
        """``U x + b`` of the four gates."""
        return jnp.matmul(x, jnp.transpose(self.U)) + self.b

    def advance(self, state: CellState, projected: Float[Array, "*batch gate"]) -> CellState:
        """Keep, write, read."""
        f_act = activation(self.activation)
        i, f, g, o = jnp.split(projected + state.h @ jnp.transpose(self.W), 4, axis=-1)
        s = jax.nn.sigmoid(f) * state.s + jax.nn.sigmoid(i) * f_act(g)
        return CellState(jax.nn.sigmoid(o) * f_act(s), s)
