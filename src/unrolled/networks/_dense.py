"""Layers without memory: dense layers, and the readout that makes the outputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from unrolled.networks._activations import activation
from unrolled.networks._initializers import glorot_uniform
from unrolled.types import AnyArray

__all__ = ["Dense", "Observed", "Readout"]


class Dense(eqx.Module):
    """A dense layer, applied to every step by itself: ``h_t = f(U x_t + b)``.

    Attributes
    ----------
    U, b
        Weights ``(unit, feature)`` and biases ``(unit,)``.
    activation
        The name of f.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from unrolled.networks import Dense
    >>> Dense(jnp.array([[2.0, -1.0]]), jnp.array([1.0]), "relu")(jnp.array([3.0, 4.0])).tolist()
    [3.0]
    """

    kind: ClassVar[str] = "dense"
    recurrent: ClassVar[bool] = False
    bidirectional: ClassVar[bool] = False
    U: Float[Array | np.ndarray, "unit feature"]
    b: Float[Array | np.ndarray, " unit"]
    activation: str = eqx.field(static=True, default="relu")

    @classmethod
    def shapes(cls, features: int, units: int) -> dict[str, tuple[int, ...]]:
        """The shape of every weight."""
        return {"U": (units, features), "b": (units,)}

    @classmethod
    def initialize(cls, features: int, units: int, activation: str, *, generator: np.random.Generator) -> Dense:
        """Glorot-uniform U, b = 0."""
        return cls(glorot_uniform(generator, (units, features)), np.zeros(units), activation)

    @property
    def units(self) -> int:
        """The number of units."""
        return self.b.shape[-1]

    @property
    def settings(self) -> dict[str, Any]:
        """What a design says of the layer beside kind, size and activation: nothing."""
        return {}

    @property
    def features(self) -> int:
        """The number of inputs."""
        return self.U.shape[-1]

    def weights(self) -> dict[str, Array | np.ndarray]:
        """U and b."""
        return {"U": self.U, "b": self.b}

    @classmethod
    def of(cls, weights: Mapping[str, Any], activation: str) -> Dense:
        """The layer with these weights, by name."""
        return cls(**weights, activation=activation)

    def __call__(self, x: Float[AnyArray, "*batch feature"]) -> Float[Array, "*batch unit"]:
        """``f(U x + b)``."""
        return activation(self.activation)(jnp.matmul(x, jnp.transpose(self.U)) + self.b)


class Readout(eqx.Module):
    """From the last hidden layer to the outputs: ``y_t = g(V h_t + c)``.

    Attributes
    ----------
    V, c
        Weights ``(output, unit)`` and biases ``(output,)``.
    activation
        The name of g.
    """

    kind: ClassVar[str] = "readout"
    recurrent: ClassVar[bool] = False
    V: Float[Array | np.ndarray, "output unit"]
    c: Float[Array | np.ndarray, " output"]
    activation: str = eqx.field(static=True, default="linear")

    @classmethod
    def shapes(cls, features: int, units: int) -> dict[str, tuple[int, ...]]:
        """The shape of every weight."""
        return {"V": (units, features), "c": (units,)}

    @classmethod
    def initialize(cls, features: int, units: int, activation: str, *, generator: np.random.Generator) -> Readout:
        """Glorot-uniform V, c = 0."""
        return cls(glorot_uniform(generator, (units, features)), np.zeros(units), activation)

    @property
    def units(self) -> int:
        """The number of outputs."""
        return self.c.shape[-1]

    @property
    def features(self) -> int:
        """The number of hidden units that it reads."""
        return self.V.shape[-1]

    def weights(self) -> dict[str, Array | np.ndarray]:
        """V and c."""
        return {"V": self.V, "c": self.c}

    @classmethod
    def of(cls, weights: Mapping[str, Any], activation: str) -> Readout:
        """The layer with these weights, by name."""
        return cls(**weights, activation=activation)

    def __call__(self, h: Float[AnyArray, "*batch unit"]) -> Float[Array, "*batch output"]:
        """``g(V h + c)``."""
        return activation(self.activation)(self.raw(h))

    def raw(self, h: Float[AnyArray, "*batch unit"]) -> Float[Array, "*batch output"]:
        """``V h + c``, before the output function."""
        return jnp.matmul(h, jnp.transpose(self.V)) + self.c


class Observed(eqx.Module):
    """Outputs that are activities: some units of the last hidden layer, with no weights between.

    Attributes
    ----------
    chosen
        Which units are seen.
    layer_units
        How many the layer has.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from unrolled.networks import Observed
    >>> Observed((0, 2), 3)(jnp.array([1.0, 2.0, 3.0])).tolist()
    [1.0, 3.0]
    """

    kind: ClassVar[str] = "observed"
    recurrent: ClassVar[bool] = False
    activation: ClassVar[str] = "linear"
    chosen: tuple[int, ...] = eqx.field(static=True)
    layer_units: int = eqx.field(static=True)

    @property
    def units(self) -> int:
        """The number of outputs."""
        return len(self.chosen)

    @property
    def features(self) -> int:
        """The number of hidden units."""
        return self.layer_units

    def weights(self) -> dict[str, Array | np.ndarray]:
        """None."""
        return {}

    def __call__(self, h: Float[AnyArray, "*batch unit"]) -> Float[AnyArray, "*batch output"]:
        """The activities of the chosen units."""
        return h[..., np.array(self.chosen)]

    def raw(self, h: Float[AnyArray, "*batch unit"]) -> Float[AnyArray, "*batch output"]:
        """The same: there is no output function."""
        return self(h)
