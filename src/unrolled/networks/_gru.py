"""The gated recurrent unit, in the form that Keras and PyTorch use."""

from __future__ import annotations

from typing import Any, ClassVar

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from unrolled.networks._activations import activation, pull_back_activation, slope
from unrolled.networks._cell import Cell, HiddenState, Traced, below_each_other
from unrolled.networks._initializers import glorot_uniform, orthogonal

__all__ = ["GRU"]


class GRU(Cell):
    """Units that blend their last activity with a candidate.

    ``r = sigma(U_r x + b_r + W_r h + d_r)`` (reset), ``z = sigma(U_z x + b_z + W_z h + d_z)`` (update),
    ``n = f(U_n x + b_n + r * m)``, ``m = W_n h + d_n`` (candidate), ``h_t = (1 - z) * n + z * h_{t-1}``.

    Backwards: ``delta_z = dE/dh_t (h_{t-1} - n) z (1 - z)``, ``delta_n = dE/dh_t (1 - z) f'(a_n)``,
    ``delta_m = delta_n r``, ``delta_r = delta_n m r (1 - r)``, and ``dE/dh_t z`` passes by.

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

    def matrix(self) -> Float[Array, "row column"]:
        """Rows r, z, m and the input half of n; m does not see x, and the last does not see h."""
        n = self.units
        no_x, no_h = jnp.zeros_like(self.U[:n]), jnp.zeros_like(self.W[:n])
        W = jnp.concatenate([self.W, no_h])
        U = jnp.concatenate([self.U[: 2 * n], no_x, self.U[2 * n :]])
        b = jnp.concatenate([self.b[: 2 * n] + self.d[: 2 * n], self.d[2 * n :], self.b[2 * n :]])
        return jnp.concatenate([W, U, b[:, None]], axis=1)

    def split(self, matrix: Float[Array, "row column"]) -> GRU:
        """The derivatives with respect to U, W, b and d."""
        n = self.units
        both, m, x = matrix[: 2 * n], matrix[2 * n : 3 * n], matrix[3 * n :]
        U = jnp.concatenate([both[:, n:-1], x[:, n:-1]])
        b = jnp.concatenate([both[:, -1], x[:, -1]])
        return GRU(U, matrix[: 3 * n, :n], b, jnp.concatenate([both[:, -1], m[:, -1]]), self.activation)

    def halved(self) -> Float[np.ndarray, " row"]:
        """Halves for reset and update."""
        return np.array([0.5, 0.5, 1.0, 1.0]).repeat(self.units)

    def activate(self, a: Float[Array, "row ..."], state: Any) -> tuple[HiddenState, Any]:
        """Reset, propose, blend."""
        r, z, m, x = jnp.split(a, 4)
        r, z = (0.5 * jnp.tanh(gate) + 0.5 for gate in (r, z))
        n = activation(self.activation, axis=0)(x + r * m)
        return HiddenState((1 - z) * n + z * state.h), (r, z, m, n, state.h)

    def pull_back(
        self, kept: Any, h: Float[Array, "unit ..."], dstate: Any
    ) -> tuple[Float[Array, "row ..."], HiddenState]:
        """The deltas of r, z, m and n below each other, and what passes by."""
        del h
        r, z, m, n, before = kept
        dn = pull_back_activation(self.activation, n, dstate.h * (1 - z))
        delta = [dn * m * r * (1 - r), dstate.h * (before - n) * z * (1 - z), dn * r, dn]
        return below_each_other(delta), HiddenState(dstate.h * z)

    def slopes(self, kept: Any, h: Float[Array, "unit ..."]) -> Float[Array, "row ..."]:
        """The slopes of r, z, m (1: it is linear) and n below each other."""
        del h
        r, z, m, n, _ = kept
        return jnp.concatenate([r * (1 - r), z * (1 - z), jnp.ones_like(m), slope(self.activation, n)])

    def traced(self, kept: Any) -> Traced:
        """``(1 - z) n`` is written, ``z h_{t-1}`` is kept."""
        r, z, _, n, before = kept
        return Traced({"reset": r, "update": z, "candidate": n}, (1 - z) * n, z * before)
