"""What a linear readout sees of a series: the states of a reservoir, or products of delayed values."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations_with_replacement
from math import comb
from typing import Any, NamedTuple, TypeAlias

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from unrolled.networks import Reservoir, state_blocks
from unrolled.types import AnyArray

__all__ = ["DelayProducts", "Driven", "EchoStates", "Expansion"]


class Driven(NamedTuple):
    """Where a reservoir stands: its activities, and the input that they came from."""

    h: Any
    x: Any


class EchoStates(eqx.Module):
    """The activities of a reservoir, and what else its readout sees: ``(h_t, h_t^2, x_t)``.

    Attributes
    ----------
    reservoir
        With a leading axis of members, if there are several.
    squares
        Whether the squares of the activities are seen: twice the columns, of a reservoir of the same cost.
    direct
        Whether the input is.
    """

    reservoir: Reservoir
    squares: bool = eqx.field(static=True, default=False)
    direct: bool = eqx.field(static=True, default=False)

    @property
    def width(self) -> int:
        """How many columns the readout sees."""
        return self.reservoir.units * (1 + self.squares) + self.reservoir.features * self.direct

    def rows(self, inputs: Float[np.ndarray, "time feature"]) -> Iterator[tuple[int, Float[np.ndarray, "row column"]]]:
        """The columns at every step in blocks, each with the number of its first step."""
        for start, h in state_blocks(self.reservoir, inputs):
            x = inputs[start : start + len(h)]
            parts = [h, *([h * h] if self.squares else []), *([x] if self.direct else [])]
            yield start, parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)

    def after(self, inputs: Float[np.ndarray, "time feature"]) -> Driven:
        """Where the reservoir stands after the last of the inputs."""
        h = np.zeros(self.reservoir.units)
        for _, block in state_blocks(self.reservoir, inputs):
            h = block[-1].copy()
        return Driven(h, inputs[-1])

    def columns(self, state: Driven) -> Float[Array, " column"]:
        """The columns of one step."""
        parts = [state.h, *([state.h * state.h] if self.squares else []), *([state.x] if self.direct else [])]
        return jnp.concatenate(parts)

    def advance(self, state: Driven, x: Float[Array, " feature"]) -> Driven:
        """One step on."""
        return Driven(self.reservoir.stepper()(state.h, self.reservoir.driven(x)), x)


class DelayProducts(eqx.Module):
    r"""Values at several delays and all their products up to a degree: a reservoir without random weights.

    ``(x_t, x_{t-s}, ..., x_{t-(k-1)s})`` of all features, and the different monomials of degrees 2 to p in these
    numbers.

    Attributes
    ----------
    delays
        k.
    skip
        s, the steps between two of them.
    degree
        p.
    features
        Of the series.

    References
    ----------
    D. J. Gauthier, E. Bollt, A. Griffith and W. A. S. Barbosa, Nature Communications 12 (2021) 5564, equations 5 to 7.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.sequence import DelayProducts
    >>> _, rows = next(DelayProducts(delays=2, skip=1, degree=2, features=1).rows(np.array([[2.0], [3.0]])))
    >>> rows.tolist()  # a, b, aa, ab, bb
    [[3.0, 2.0, 9.0, 6.0, 4.0]]
    """

    delays: int = eqx.field(static=True)
    skip: int = eqx.field(static=True)
    degree: int = eqx.field(static=True)
    features: int = eqx.field(static=True)

    @property
    def lags(self) -> int:
        """How many values in a row it takes."""
        return (self.delays - 1) * self.skip + 1

    @property
    def width(self) -> int:
        """How many columns the readout sees."""
        return comb(self.delays * self.features + self.degree, self.degree) - 1

    def rows(self, inputs: Float[np.ndarray, "time feature"]) -> Iterator[tuple[int, Float[np.ndarray, "row column"]]]:
        """The columns at every step that has all delays behind it."""
        steps = len(inputs) - self.lags + 1
        last = self.lags - 1
        delayed = [inputs[last - k * self.skip : last - k * self.skip + steps] for k in range(self.delays)]
        yield last, self._with_products(np.concatenate(delayed, axis=1), np)

    def after(self, inputs: Float[np.ndarray, "time feature"]) -> Float[np.ndarray, "lag feature"]:
        """The last values."""
        return inputs[-self.lags :]

    def columns(self, state: Float[Array, "lag feature"]) -> Float[Array, " column"]:
        """The columns of one step."""
        return self._with_products(state[:: -self.skip].reshape(-1), jnp)

    def advance(self, state: Float[Array, "lag feature"], x: Float[Array, " feature"]) -> Float[Array, "lag feature"]:
        """One step on."""
        return jnp.concatenate([state[1:], x[None]])

    def _with_products(self, linear: AnyArray, xp: Any) -> Any:
        parts = [linear]
        for degree in range(2, self.degree + 1):
            chosen = np.array(list(combinations_with_replacement(range(linear.shape[-1]), degree)))
            parts.append(xp.prod(linear[..., chosen], axis=-1))
        return xp.concatenate(parts, axis=-1)


Expansion: TypeAlias = EchoStates | DelayProducts
