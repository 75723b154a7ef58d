"""The Elman cell: a plain recurrent layer."""

from __future__ import annotations

from typing import ClassVar

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from unrolled.networks._activations import activation
from unrolled.networks._cell import Cell, HiddenState
from unrolled.networks._initializers import glorot_uniform, orthogonal
from unrolled.types import AnyArray

__all__ = ["Elman"]


class Elman(Cell):
    """A layer of units that see their own last activities.

    ``h_t = f(U x_t + W h_{t-1} + b)``

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

    def initial_state(self, batch: tuple[int, ...] = ()) -> HiddenState:
        """All activities zero."""
        return HiddenState(jnp.zeros((*batch, self.units), jnp.result_type(self.b)))

    def project(self, x: Float[AnyArray, "*batch feature"]) -> Float[Array, "*batch unit"]:
        """``U x + b``."""
        return jnp.matmul(x, jnp.transpose(self.U)) + self.b

    def advance(self, state: HiddenState, projected: Float[Array, "*batch unit"]) -> HiddenState:
        """``h = f(U x + b + W h)``."""
        return HiddenState(activation(self.activation)(projected + state.h @ jnp.transpose(self.W)))
