"""Symbols and bits as vectors, inside a program, in the precision that JAX computes in."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

__all__ = ["apart", "as_bits", "as_vectors"]


def as_vectors(symbols: Int[Array, "*shape"], kinds: int) -> Float[Array, "*shape kinds"]:
    """One-hot; zeros for a symbol that does not exist, such as -1."""
    return jax.nn.one_hot(symbols, kinds, dtype=jnp.zeros(()).dtype)


def apart(values: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """As they are, to the last bit: a compiler is not to take their last operation together with the next."""
    return jax.lax.optimization_barrier(values)


def as_bits(true: Bool[Array, "*shape"]) -> Float[Array, "*shape"]:
    """1 where it is true, 0 elsewhere."""
    return true.astype(jnp.zeros(()).dtype)
