"""The Elman cell: a plain recurrent layer."""

from __future__ import annotations

from typing import Any, ClassVar

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from unrolled.networks._activations import activation, pull_back_activation, slope
from unrolled.networks._cell import Cell, HiddenState
from unrolled.networks._initializers import glorot_uniform, orthogonal

__all__ = ["Elman"]


class Elman(Cell):
    """A layer of units that see their own last activities.

    ``h_t = f(a_t)``, ``a_t = U x_t + W h_{t-1} + b``, and backwards ``delta_t = f'(a_t) dE/dh_t``.

    Attributes
    ----------
    U
        Input to hidden, shape ``(unit, feature)``.
    W
        Hidden to hidden, shape ``(unit, unit)``.
    b
        Biases, shape ``(unit,)``.
    activation
        The name of f.

    References
    ----------
    J. L. Elman, "Finding structure in time", Cognitive Science 14 (1990) 179.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from unrolled.networks import Elman, unroll
    >>> cell = Elman(U=jnp.ones((1, 1)), W=jnp.eye(1), b=jnp.zeros(1), activation="linear")
    >>> h, _ = unroll(cell, jnp.array([[1.0], [2.0], [3.0]]), cell.initial_state())
    >>> h[:, 0].tolist()  # a linear unit with self-link 1 sums its inputs
    [1.0, 3.0, 6.0]
    """

    kind: ClassVar[str] = "elman"
    U: Float[Array | np.ndarray, "unit feature"]
    W: Float[Array | np.ndarray, "unit unit"]
    b: Float[Array | np.ndarray, " unit"]
    activation: str = eqx.field(static=True, default="tanh")

    @classmethod
    def shapes(cls, features: int, units: int) -> dict[str, tuple[int, ...]]:
        """The shape of every weight."""
        return {"U": (units, features), "W": (units, units), "b": (units,)}

    @classmethod
    def initialize(cls, features: int, units: int, activation: str, *, generator: np.random.Generator) -> Elman:
        """Glorot-uniform U, orthogonal W, b = 0."""
        U = glorot_uniform(generator, (units, features))
        return cls(U, orthogonal(generator, (units, units)), np.zeros(units), activation)

    @property
    def units(self) -> int:
        """The number of hidden units."""
        return self.b.shape[-1]

    @property
    def features(self) -> int:
        """The number of inputs."""
        return self.U.shape[-1]

    def matrix(self) -> Float[Array, "row column"]:
        """``(W, U, b)``."""
        return jnp.concatenate([self.W, self.U, self.b[:, None]], axis=1)

    def split(self, matrix: Float[Array, "row column"]) -> Elman:
        """The derivatives with respect to U, W and b."""
        n = self.units
        return Elman(matrix[:, n:-1], matrix[:, :n], matrix[:, -1], self.activation)

    def activate(self, a: Float[Array, "row ..."], state: Any) -> tuple[HiddenState, Any]:
        """``h = f(a)``."""
        del state
        h = activation(self.activation, axis=0)(a)
        # A softmax needs all its activities, also those that something else is put in place of.
        return HiddenState(h), h if self.activation == "softmax" else ()

    def pull_back(
        self, kept: Any, h: Float[Array, "unit ..."], dstate: Any
    ) -> tuple[Float[Array, "row ..."], HiddenState]:
        """``delta = f'(a) dE/dh``; nothing passes beside a."""
        y = kept if self.activation == "softmax" else h
        return pull_back_activation(self.activation, y, dstate.h), HiddenState(jnp.zeros_like(h))

    def slopes(self, kept: Any, h: Float[Array, "unit ..."]) -> Float[Array, "row ..."]:
        """f'(a)."""
        return slope(self.activation, kept if self.activation == "softmax" else h)
