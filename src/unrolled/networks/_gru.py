"""The gated recurrent unit, in the form that Keras and PyTorch use."""

from __future__ import annotations

from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from unrolled.errors import nearest_name
from unrolled.networks._activations import activation
from unrolled.networks._cell import Cell, HiddenState
from unrolled.networks._initializers import glorot_uniform, orthogonal
from unrolled.types import AnyArray

__all__ = ["GRU"]


class GRU(Cell):
    """Units that blend their last activity with a candidate.

    ``r = sigma(U_r x + b_r + W_r h + d_r)`` (reset), ``z = sigma(U_z x + b_z + W_z h + d_z)`` (update),
    ``n = f(U_n x + b_n + r * (W_n h + d_n))`` (candidate), ``h_t = (1 - z) * n + z * h_{t-1}``.

    The reset gate acts after the matrix product, so the recurrent half has biases of its own: d.

    Attributes
    ----------
    U, W
        The three gates below each other in the order r, z, n (PyTorch's; Keras writes z, r, n): shapes
        ``(3 unit, feature)`` and ``(3 unit, unit)``. :meth:`gate` cuts one out.
    b, d
        Biases of the input half and of the recurrent half, each ``(3 unit,)``.
    activation
        The name of f, ``tanh`` as a rule.

    References
    ----------
    K. Cho et al., EMNLP 2014, arXiv:1406.1078.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.networks import GRU
    >>> cell = GRU.initialize(3, 5, "tanh", generator=np.random.default_rng(0))
    >>> sum(np.prod(shape) for shape in cell.shapes(3, 5).values())  # 3 gates of 5 units with 3 + 5 + 2 each
    np.int64(150)
    """

    kind: ClassVar[str] = "gru"
    gates: ClassVar[tuple[str, ...]] = ("reset", "update", "candidate")
    U: Float[Array | np.ndarray, "gate feature"]
    W: Float[Array | np.ndarray, "gate unit"]
    b: Float[Array | np.ndarray, " gate"]
    d: Float[Array | np.ndarray, " gate"]
    activation: str = eqx.field(static=True, default="tanh")

    @classmethod
    def shapes(cls, features: int, units: int) -> dict[str, tuple[int, ...]]:
        """The shape of every weight."""
        return {"U": (3 * units, features), "W": (3 * units, units), "b": (3 * units,), "d": (3 * units,)}

    @classmethod
    def initialize(cls, features: int, units: int, activation: str, *, generator: np.random.Generator) -> GRU:
        """Glorot-uniform U, orthogonal W, b = d = 0."""
        U = glorot_uniform(generator, (3 * units, features))
        W = orthogonal(generator, (3 * units, units))
        return cls(U, W, np.zeros(3 * units), np.zeros(3 * units), activation)

    @property
    def units(self) -> int:
        """The number of hidden units."""
        return self.b.shape[-1] // 3

    @property
    def features(self) -> int:
        """The number of inputs."""
        return self.U.shape[-1]

    def gate(self, name: str) -> tuple[Array | np.ndarray, ...]:
        """U, W, b and d of one gate: ``reset``, ``update`` or ``candidate``."""
        if name not in self.gates:
            raise nearest_name("gate", name, self.gates)
        start = self.gates.index(name) * self.units
        rows = slice(start, start + self.units)
        return self.U[rows], self.W[rows], self.b[rows], self.d[rows]

    def initial_state(self, batch: tuple[int, ...] = ()) -> HiddenState:
        """All activities zero."""
        return HiddenState(jnp.zeros((*batch, self.units), jnp.result_type(self.b)))

    def project(self, x: Float[AnyArray, "*batch feature"]) -> Float[Array, "*batch gate"]:
        """``U x + b`` of the three gates."""
        return jnp.matmul(x, jnp.transpose(self.U)) + self.b

    def advance(self, state: HiddenState, projected: Float[Array, "*batch gate"]) -> HiddenState:
        """Reset, propose, blend."""
        x_r, x_z, x_n = jnp.split(projected, 3, axis=-1)
        h_r, h_z, h_n = jnp.split(state.h @ jnp.transpose(self.W) + self.d, 3, axis=-1)
        r, z = jax.nn.sigmoid(x_r + h_r), jax.nn.sigmoid(x_z + h_z)
        n = activation(self.activation)(x_n + r * h_n)
        return HiddenState((1 - z) * n + z * state.h)
