"""Long short-term memory whose gates see the memory: peepholes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from unrolled.networks._activations import activation, pull_back_activation, slope
from unrolled.networks._cell import Cell, CellState, Traced, below_each_other
from unrolled.networks._lstm import LSTM

__all__ = ["PeepholeLSTM"]


class PeepholeLSTM(Cell):
    """An LSTM whose gates see the memory that they guard, also while the read gate is shut.

    ``i = sigma(U_i x + W_i h + b_i + p_i * s_{t-1})`` (write),
    ``f = sigma(U_f x + W_f h + b_f + p_f * s_{t-1})`` (keep),
    ``g = f_act(U_g x + W_g h + b_g)`` (candidate), ``s_t = f * s_{t-1} + i * g``,
    ``o = sigma(U_o x + W_o h + b_o + p_o * s_t)`` (read), ``h_t = o * f_act(s_t)``.

    Backwards, with ``c = f_act(s_t)``: first ``delta_o = dE/dh_t c o (1 - o)``, then
    ``ds = dE/ds_t + dE/dh_t o f_act'(s_t) + p_o delta_o``; delta_i, delta_f and delta_g as in :class:`LSTM`;
    ``dE/ds_{t-1} = ds f + p_i delta_i + p_f delta_f``. ``dE/dp_i = sum_t delta_i s_{t-1}``, p_f likewise,
    ``dE/dp_o = sum_t delta_o s_t``.

    Attributes
    ----------
    U, W, b
        As in :class:`LSTM`, the gates below each other in the order i, f, g, o.
    p
        The peepholes of i, f and o below each other, shape ``(3 unit,)``: every unit's gates see its own memory alone.
    activation
        The name of f_act, ``tanh`` as a rule.

    References
    ----------
    F. A. Gers, N. N. Schraudolph and J. Schmidhuber, "Learning precise timing with LSTM recurrent networks", Journal of
    Machine Learning Research 3 (2002) 115.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.networks import PeepholeLSTM
    >>> cell = PeepholeLSTM.initialize(3, 5, "tanh", generator=np.random.default_rng(0))
    >>> [weight.shape for weight in cell.gate("read")], len(cell.gate("candidate"))  # a candidate has no peephole
    ([(5, 3), (5, 5), (5,), (5,)], 3)
    """

    kind: ClassVar[str] = "peephole-lstm"
    state_type: ClassVar[Any] = CellState
    gates: ClassVar[tuple[str, ...]] = LSTM.gates
    of_some_gates: ClassVar[Mapping[str, tuple[str, ...]]] = {"p": ("write", "keep", "read")}
    U: Float[Array | np.ndarray, "gate feature"]
    W: Float[Array | np.ndarray, "gate unit"]
    b: Float[Array | np.ndarray, " gate"]
    p: Float[Array | np.ndarray, " peephole"]
    activation: str = eqx.field(static=True, default="tanh")

    @classmethod
    def shapes(cls, features: int, units: int) -> dict[str, tuple[int, ...]]:
        """The shape of every weight."""
        return LSTM.shapes(features, units) | {"p": (3 * units,)}

    @classmethod
    def initialize(cls, features: int, units: int, activation: str, *, generator: np.random.Generator) -> PeepholeLSTM:
        """As an :class:`LSTM`, and p = 0: it begins as one without peepholes."""
        plain = LSTM.initialize(features, units, activation, generator=generator)
        return cls(**plain.weights(), p=np.zeros(3 * units), activation=activation)

    @property
    def units(self) -> int:
        """The number of memory cells."""
        return self.b.shape[-1] // 4

    @property
    def features(self) -> int:
        """The number of inputs."""
        return self.U.shape[-1]

    def matrix(self) -> Float[Array, "row column"]:
        """``(W, U, b)``; the peepholes stand beside it."""
        return jnp.concatenate([self.W, self.U, self.b[:, None]], axis=1)

    def split(self, matrix: Float[Array, "row column"]) -> PeepholeLSTM:
        """The derivatives with respect to U, W and b; those with respect to p come from :meth:`beside`."""
        n = self.units
        return PeepholeLSTM(matrix[:, n:-1], matrix[:, :n], matrix[:, -1], jnp.zeros_like(self.p), self.activation)

    def halved(self) -> Float[np.ndarray, " row"]:
        """Halves but for the candidate."""
        return np.array([0.5, 0.5, 1.0, 0.5]).repeat(self.units)

    def activate(self, a: Float[Array, "row ..."], state: Any) -> tuple[CellState, Any]:
        """Keep and write as the last memory says, then read as the new one says."""
        a_i, a_f, a_g, a_o = jnp.split(a, 4)
        p_i, p_f, p_o = (0.5 * p for p in self._peepholes(a.ndim))  # halved as the rows are
        i, f = (0.5 * jnp.tanh(gate) + 0.5 for gate in (a_i + p_i * state.s, a_f + p_f * state.s))
        g = activation(self.activation, axis=0)(a_g)
        s = f * state.s + i * g
        o = 0.5 * jnp.tanh(a_o + p_o * s) + 0.5
        return CellState(o * activation(self.activation, axis=0)(s), s), (i, f, g, o, state.s)

    def pull_back(
        self, kept: Any, h: Float[Array, "unit ..."], dstate: Any
    ) -> tuple[Float[Array, "row ..."], CellState]:
        """The four deltas below each other, and dE/ds_{t-1}."""
        i, f, g, o, s_before = kept
        p_i, p_f, p_o = self._peepholes(h.ndim)
        c = activation(self.activation, axis=0)(f * s_before + i * g)
        delta_o = dstate.h * c * o * (1 - o)
        ds = dstate.s + pull_back_activation(self.activation, c, dstate.h * o) + p_o * delta_o
        delta_i, delta_f = ds * g * i * (1 - i), ds * s_before * f * (1 - f)
        delta = [delta_i, delta_f, pull_back_activation(self.activation, g, ds * i), delta_o]
        return below_each_other(delta), CellState(jnp.zeros_like(h), ds * f + p_i * delta_i + p_f * delta_f)

    def beside(self, delta: Float[Array, "row ..."], kept: Any) -> dict[str, Float[Array, "peephole ..."]]:
        """``delta_i s_{t-1}``, ``delta_f s_{t-1}``, ``delta_o s_t``."""
        i, f, g, _, s_before = kept
        delta_i, delta_f, _, delta_o = jnp.split(delta, 4)
        return {"p": jnp.concatenate([delta_i * s_before, delta_f * s_before, delta_o * (f * s_before + i * g)])}

    def slopes(self, kept: Any, h: Float[Array, "unit ..."]) -> Float[Array, "row ..."]:
        """The slopes of the four gates below each other."""
        del h
        i, f, g, o, _ = kept
        return jnp.concatenate([i * (1 - i), f * (1 - f), slope(self.activation, g), o * (1 - o)])

    def preactivations(self, a: Float[Array, "row ..."], before: Any, after: Any) -> Float[Array, "row ..."]:
        """What M gives, and what the gates see through the peepholes."""
        p_i, p_f, p_o = self._peepholes(a.ndim)
        seen = [p_i * before.s, p_f * before.s, jnp.zeros_like(after.s), p_o * after.s]
        return a + jnp.concatenate(seen)

    def traced(self, kept: Any) -> Traced:
        """``i g`` is written, ``f s_{t-1}`` is kept."""
        i, f, g, o, s_before = kept
        return Traced({"write": i, "keep": f, "candidate": g, "read": o}, i * g, f * s_before)

    def _peepholes(self, axes: int) -> list[Array]:
        """p_i, p_f and p_o, with axes for the sequences."""
        return jnp.split(jnp.reshape(self.p, (-1, *(1,) * (axes - 1))), 3)
