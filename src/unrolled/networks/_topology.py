"""Which units of a sparse layer see which: shifts of the whole layer, or any senders."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, TypeAlias

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from unrolled.errors import InputError
from unrolled.types import AnyArray

__all__ = ["Scattered", "Shifted", "Topology"]

# What a weight costs, in weights of a dense product, on two processors. Of 1,000 and 2,000 units with 10 connections
# each, 20,000 steps with everything else took 387 and 637 ms by gathering, 176 and 400 ms by shifts.
_GATHER_COST, _SHIFT_COST = 6, 3
# Up to this many connections the sum over them is written out: memory is then read once and nothing is kept between.
_WRITTEN_OUT = 32


class Shifted(eqx.Module):
    """Every unit sees those at the same distances from itself: W lies on diagonals that go round.

    ``(W h)_i = sum_k values[k, i] h[(i + offsets[k]) mod units]``. Each k is one piece of ``(h, h)`` as it lies in
    memory, which a processor reads several numbers at a time. As many units see a unit as it sees itself, and there is
    always a loop. An offset that comes twice adds its weights.

    Attributes
    ----------
    offsets
        From 0 to units - 1, ``(connection,)``; with many members a leading axis of them.

    References
    ----------
    A. Rodan and P. Tiňo, "Minimum complexity echo state network", IEEE Transactions on Neural Networks 22 (2011) 131:
    even a single ring with one weight computes about what random connections do.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.networks import Shifted
    >>> Shifted(np.array([1, 3])).seen(units=4).tolist()
    [[1, 2, 3, 0], [3, 0, 1, 2]]
    """

    cost: ClassVar[int] = _SHIFT_COST

    offsets: Int[AnyArray, "*member connection"]

    def check(self, shape: tuple[int, ...]) -> None:
        """Raise an :class:`InputError` unless it goes with weights of that shape, ``(*member, connection, unit)``."""
        _require("offsets", self.offsets, shape[:-1], shape[-1])

    def seen(self, units: int) -> Int[AnyArray, "*member connection unit"]:
        """Whose activities each unit sees."""
        return (self.offsets[..., None].astype(np.int32) + np.arange(units, dtype=np.int32)) % units

    def product(self, values: Float[Array, "connection unit"], h: Float[Array, "unit ..."]) -> Float[Array, "unit ..."]:
        """``W h`` for every lane, in a compiled function."""
        twice = jnp.concatenate([h, h])

        def term(weights: Array, offset: Array) -> Array:
            piece = jax.lax.dynamic_slice_in_dim(twice, offset, len(h), allow_negative_indices=False)
            return _along(weights, h) * piece

        if len(values) <= _WRITTEN_OUT:
            return _written_out(term, values, self.offsets, h)
        rows = values, jnp.asarray(self.offsets)
        start = jnp.zeros_like(h)
        return jax.lax.scan(lambda total, row: (total + term(*row), None), start, rows, unroll=_WRITTEN_OUT)[0]


class Scattered(eqx.Module):
    """Every unit sees whichever it sees: any graph with as many connections into each unit.

    ``(W h)_i = sum_k values[k, i] h[senders[k, i]]``, gathered one by one. A sender that comes twice adds its weights.

    Attributes
    ----------
    senders
        Numbers of units, ``(connection, unit)``; with many members a leading axis of them.
    """

    cost: ClassVar[int] = _GATHER_COST

    senders: Int[AnyArray, "*member connection unit"]

    def check(self, shape: tuple[int, ...]) -> None:
        """Raise an :class:`InputError` unless it goes with weights of that shape, ``(*member, connection, unit)``."""
        _require("senders", self.senders, shape, shape[-1])

    def seen(self, units: int) -> Int[AnyArray, "*member connection unit"]:
        """Whose activities each unit sees."""
        del units
        return self.senders

    def product(self, values: Float[Array, "connection unit"], h: Float[Array, "unit ..."]) -> Float[Array, "unit ..."]:
        """``W h`` for every lane, in a compiled function."""

        def term(weights: Array, senders: Array) -> Array:
            return _along(weights, h) * h.at[senders].get(mode="promise_in_bounds")

        if len(values) <= _WRITTEN_OUT:
            return _written_out(term, values, self.senders, h)
        return jnp.sum(term(values, jnp.asarray(self.senders)), axis=0)


#: Unit i is driven by ``values[k, i] h[seen[k, i]]``.
Topology: TypeAlias = Shifted | Scattered


def _written_out(term: Callable[..., Array], values: Array, places: Any, h: Array) -> Array:
    places = jnp.asarray(places)
    return sum((term(values[k], places[k]) for k in range(len(values))), jnp.zeros_like(h))


def _along(weights: Array, h: Array) -> Array:
    """Weights ``(*connection, unit)`` with axes of length 1 for the lanes of h."""
    return weights.reshape(*weights.shape, *(1,) * (h.ndim - 1))


def _require(name: str, numbers: Any, shape: tuple[int, ...], units: int) -> None:
    numbers = np.asarray(numbers)
    if numbers.dtype.kind not in "iu" or numbers.shape != shape:
        raise InputError(
            f"{name} must be whole numbers of shape {shape}, as the weights of W are; came {numbers.dtype} of shape "
            f"{numbers.shape}."
        )
    if numbers.size and not 0 <= numbers.min() <= numbers.max() < units:
        raise InputError(
            f"{name} must be from 0 to {units - 1} in a layer of {units} units; came {numbers.min()} to "
            f"{numbers.max()}."
        )
