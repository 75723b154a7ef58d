"""Long short-term memory, the present form with a learned keep (forget) gate."""

from __future__ import annotations

from typing import Any, ClassVar

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from unrolled.networks._activations import activation, pull_back_activation, slope
from unrolled.networks._cell import Cell, CellState, Traced, below_each_other
from unrolled.networks._initializers import glorot_uniform, orthogonal

__all__ = ["LSTM"]


class LSTM(Cell):
    """A memory s with self-link f_t, written through i_t and read through o_t.

    ``i = sigma(U_i x + W_i h + b_i)`` (write), ``f = sigma(U_f x + W_f h + b_f)`` (keep),
    ``g = f_act(U_g x + W_g h + b_g)`` (candidate), ``o = sigma(U_o x + W_o h + b_o)`` (read),
    ``s_t = f * s_{t-1} + i * g``, ``h_t = o * f_act(s_t)``.

    Backwards, with ``c = f_act(s_t)`` and ``ds = dE/ds_t + dE/dh_t o f_act'(s_t)``:
    ``delta_i = ds g i (1 - i)``, ``delta_f = ds s_{t-1} f (1 - f)``, ``delta_g = ds i f_act'(a_g)``,
    ``delta_o = dE/dh_t c o (1 - o)``, ``dE/ds_{t-1} = ds f``.

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
    state_type: ClassVar[Any] = CellState
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

    def matrix(self) -> Float[Array, "row column"]:
        """``(W, U, b)``."""
        return jnp.concatenate([self.W, self.U, self.b[:, None]], axis=1)

    def split(self, matrix: Float[Array, "row column"]) -> LSTM:
        """The derivatives with respect to U, W and b."""
        n = self.units
        return LSTM(matrix[:, n:-1], matrix[:, :n], matrix[:, -1], self.activation)

    def halved(self) -> Float[np.ndarray, " row"]:
        """Halves but for the candidate."""
        return np.array([0.5, 0.5, 1.0, 0.5]).repeat(self.units)

    def activate(self, a: Float[Array, "row ..."], state: Any) -> tuple[CellState, Any]:
        """Keep, write, read."""
        i, f, g, o = jnp.split(jnp.tanh(a), 4)
        i, f, o = (0.5 * gate + 0.5 for gate in (i, f, o))
        if self.activation != "tanh":
            g = activation(self.activation, axis=0)(jnp.split(a, 4)[2])
        s = f * state.s + i * g
        # One by one: in a stack of all four the backward sweep would look for each at every element.
        return CellState(o * activation(self.activation, axis=0)(s), s), (i, f, g, o, state.s)

    def pull_back(
        self, kept: Any, h: Float[Array, "unit ..."], dstate: Any
    ) -> tuple[Float[Array, "row ..."], CellState]:
        """The four deltas below each other, and dE/ds_{t-1}."""
        i, f, g, o, s_before = kept
        c = activation(self.activation, axis=0)(f * s_before + i * g)
        ds = dstate.s + pull_back_activation(self.activation, c, dstate.h * o)
        dg = pull_back_activation(self.activation, g, ds * i)
        delta = [ds * g * i * (1 - i), ds * s_before * f * (1 - f), dg, dstate.h * c * o * (1 - o)]
        return below_each_other(delta), CellState(jnp.zeros_like(h), ds * f)

    def slopes(self, kept: Any, h: Float[Array, "unit ..."]) -> Float[Array, "row ..."]:
        """The slopes of the four gates below each other."""
        del h
        i, f, g, o, _ = kept
        return jnp.concatenate([i * (1 - i), f * (1 - f), slope(self.activation, g), o * (1 - o)])

    def traced(self, kept: Any) -> Traced:
        """``i g`` is written, ``f s_{t-1}`` is kept."""
        i, f, g, o, s_before = kept
        return Traced({"write": i, "keep": f, "candidate": g, "read": o}, i * g, f * s_before)
