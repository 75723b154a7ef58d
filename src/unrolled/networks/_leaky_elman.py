"""The leaky Elman cell: units that keep a share of what they were, as in an echo state network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from unrolled.arguments import require_number
from unrolled.errors import InputError
from unrolled.networks._activations import activation, pull_back_activation, slope
from unrolled.networks._cell import Cell, HiddenState
from unrolled.networks._initializers import glorot_uniform, orthogonal

__all__ = ["LeakyElman", "LeakyElmanKind", "require_leak"]

_USUAL_LEAK = 0.3


class LeakyElman(Cell):
    """A layer of leaky integrators that see their own last activities.

    ``h_t = (1 - leak) h_{t-1} + leak f(a_t)``, ``a_t = U x_t + W h_{t-1} + b``; backwards
    ``delta_t = leak f'(a_t) dE/dh_t``, and ``(1 - leak) dE/dh_t`` passes beside a. With leak 1 it is an Elman layer.
    The step of an echo state network: :class:`Reservoir` draws fixed weights for it and runs it fast; here W is dense
    and everything but the leak can be learned.

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
    leak
        The share of the new, above 0 and up to 1.

    References
    ----------
    H. Jaeger, M. Lukoševičius, D. Popovici and U. Siewert, Neural Networks 20 (2007) 335, equation 5.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from unrolled.networks import LeakyElman, unroll
    >>> cell = LeakyElman(jnp.ones((1, 1)), jnp.zeros((1, 1)), jnp.zeros(1), "linear", leak=0.5)
    >>> h, _ = unroll(cell, jnp.ones((3, 1)), cell.initial_state())
    >>> h[:, 0].tolist()  # half of the way to 1 at every step
    [0.5, 0.75, 0.875]
    """

    kind: ClassVar[str] = "leaky-elman"
    U: Float[Array | np.ndarray, "unit feature"]
    W: Float[Array | np.ndarray, "unit unit"]
    b: Float[Array | np.ndarray, " unit"]
    activation: str = eqx.field(static=True, default="tanh")
    leak: float = eqx.field(static=True, default=_USUAL_LEAK)

    @classmethod
    def shapes(cls, features: int, units: int) -> dict[str, tuple[int, ...]]:
        """The shape of every weight."""
        return {"U": (units, features), "W": (units, units), "b": (units,)}

    @classmethod
    def initialize(cls, features: int, units: int, activation: str, *, generator: np.random.Generator) -> LeakyElman:
        """Glorot-uniform U, orthogonal W, b = 0, the usual leak."""
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

    @property
    def settings(self) -> dict[str, Any]:
        """The leak."""
        return {"leak": self.leak}

    def matrix(self) -> Float[Array, "row column"]:
        """``(W, U, b)``."""
        return jnp.concatenate([self.W, self.U, self.b[:, None]], axis=1)

    def split(self, matrix: Float[Array, "row column"]) -> LeakyElman:
        """The derivatives with respect to U, W and b."""
        n = self.units
        return LeakyElman(matrix[:, n:-1], matrix[:, :n], matrix[:, -1], self.activation, self.leak)

    def activate(self, a: Float[Array, "row ..."], state: Any) -> tuple[HiddenState, Any]:
        """``(1 - leak) h + leak f(a)``."""
        y = activation(self.activation, axis=0)(a)
        return HiddenState((1 - self.leak) * state.h + self.leak * y), y

    def pull_back(
        self, kept: Any, h: Float[Array, "unit ..."], dstate: Any
    ) -> tuple[Float[Array, "row ..."], HiddenState]:
        """``delta = leak f'(a) dE/dh``, and what passes by the leak."""
        del h
        delta = pull_back_activation(self.activation, kept, self.leak * dstate.h)
        return delta, HiddenState((1 - self.leak) * dstate.h)

    def slopes(self, kept: Any, h: Float[Array, "unit ..."]) -> Float[Array, "row ..."]:
        """f'(a)."""
        del h
        return slope(self.activation, kept)


@dataclass(frozen=True)
class LeakyElmanKind:
    """What a design needs to know of a leaky layer: the same as of a cell, and the leak.

    Attributes
    ----------
    leak
        Of all the units.
    """

    leak: float = _USUAL_LEAK
    kind: ClassVar[str] = LeakyElman.kind
    recurrent: ClassVar[bool] = True
    bidirectional: ClassVar[bool] = False
    state_type: ClassVar[Any] = HiddenState

    def shapes(self, features: int, units: int) -> dict[str, tuple[int, ...]]:
        """The shape of every weight."""
        return LeakyElman.shapes(features, units)

    def initialize(self, features: int, units: int, activation: str, *, generator: np.random.Generator) -> LeakyElman:
        """Random weights, and this leak."""
        made = LeakyElman.initialize(features, units, activation, generator=generator)
        return LeakyElman(made.U, made.W, made.b, activation, self.leak)

    def of(self, weights: Mapping[str, Any], activation: str) -> LeakyElman:
        """The layer with these weights, by name."""
        return LeakyElman(**weights, activation=activation, leak=self.leak)


def require_leak(leak: Any) -> None:
    """Raise an :class:`InputError` unless it is a share above 0 and up to 1."""
    require_number("leak", leak, above=0.0)
    if leak > 1:
        raise InputError(f"leak must be a share above 0 and up to 1; came {leak!r}.")
