"""The minimal gated unit: gates that look at the input alone, so that all steps can be taken at once."""

from __future__ import annotations

from typing import Any, ClassVar

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from unrolled.networks._activations import activation, pull_back_activation, slope
from unrolled.networks._cell import Cell, HiddenState, Traced, below_each_other
from unrolled.networks._initializers import glorot_uniform

__all__ = ["MinGRU"]


class MinGRU(Cell):
    """Units whose blending does not depend on their state: a linear recurrence with coefficients that the input sets.

    ``z = sigma(U_z x + b_z)`` (update), ``n = f(U_n x + b_n)`` (candidate), ``h_t = (1 - z) * h_{t-1} + z * n``.

    Backwards: ``delta_z = dE/dh_t (n - h_{t-1}) z (1 - z)``, ``delta_n = dE/dh_t z f'(a_n)``, and
    ``dE/dh_{t-1} = (1 - z) dE/dh_t``, a linear recurrence again. Both can be solved by an associative scan in
    log2(time) rounds. z is the share of the candidate, as in the paper; in :class:`GRU` it is the share of the past.

    Attributes
    ----------
    U, b
        The two gates below each other in the order z, n: ``(2 unit, feature)`` and ``(2 unit,)``.
    activation
        The name of f, ``linear`` as a rule.

    References
    ----------
    L. Feng et al., "Were RNNs all we needed?", arXiv:2410.01201, section 3.1.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.networks import MinGRU
    >>> cell = MinGRU.initialize(3, 5, "linear", generator=np.random.default_rng(0))
    >>> {name: weight.shape for name, weight in cell.weights().items()}
    {'U': (10, 3), 'b': (10,)}
    """

    kind: ClassVar[str] = "mingru"
    looks_back: ClassVar[bool] = False
    gates: ClassVar[tuple[str, ...]] = ("update", "candidate")
    U: Float[Array | np.ndarray, "gate feature"]
    b: Float[Array | np.ndarray, " gate"]
    activation: str = eqx.field(static=True, default="linear")

    @classmethod
    def shapes(cls, features: int, units: int) -> dict[str, tuple[int, ...]]:
        """The shape of every weight."""
        return {"U": (2 * units, features), "b": (2 * units,)}

    @classmethod
    def initialize(cls, features: int, units: int, activation: str, *, generator: np.random.Generator) -> MinGRU:
        """Glorot-uniform U, b = 0."""
        return cls(glorot_uniform(generator, (2 * units, features)), np.zeros(2 * units), activation)

    @property
    def units(self) -> int:
        """The number of hidden units."""
        return self.b.shape[-1] // 2

    @property
    def features(self) -> int:
        """The number of inputs."""
        return self.U.shape[-1]

    def matrix(self) -> Float[Array, "row column"]:
        """``(U, b)``: nothing multiplies h."""
        return jnp.concatenate([self.U, self.b[:, None]], axis=1)

    def split(self, matrix: Float[Array, "row column"]) -> MinGRU:
        """The derivatives with respect to U and b."""
        return MinGRU(matrix[:, :-1], matrix[:, -1], self.activation)

    def halved(self) -> Float[np.ndarray, " row"]:
        """Halves for the update gate."""
        return np.array([0.5, 1.0]).repeat(self.units)

    def propose(self, a: Float[Array, "row ..."]) -> tuple[Array, Array]:
        """The gate z and the candidate n, from what :meth:`activate` takes."""
        z, n = jnp.split(a, 2)
        return 0.5 * jnp.tanh(z) + 0.5, activation(self.activation, axis=0)(n)

    def activate(self, a: Float[Array, "row ..."], state: Any) -> tuple[HiddenState, Any]:
        """Propose, blend."""
        z, n = self.propose(a)
        return HiddenState((1 - z) * state.h + z * n), (z, n, state.h)

    def pull_back(
        self, kept: Any, h: Float[Array, "unit ..."], dstate: Any
    ) -> tuple[Float[Array, "row ..."], HiddenState]:
        """The deltas of z and n below each other, and what passes by."""
        del h
        z, n, before = kept
        dn = pull_back_activation(self.activation, n, dstate.h * z)
        return below_each_other([dstate.h * (n - before) * z * (1 - z), dn]), HiddenState(dstate.h * (1 - z))

    def slopes(self, kept: Any, h: Float[Array, "unit ..."]) -> Float[Array, "row ..."]:
        """The slopes of z and n below each other."""
        del h
        z, n, _ = kept
        return jnp.concatenate([z * (1 - z), slope(self.activation, n)])

    def traced(self, kept: Any) -> Traced:
        """``z n`` is written, ``(1 - z) h_{t-1}`` is kept."""
        z, n, before = kept
        return Traced({"update": z, "candidate": n}, z * n, (1 - z) * before)
