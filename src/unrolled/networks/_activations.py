"""Activation and output functions by name."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from unrolled.errors import nearest_name

__all__ = ["activation", "activations"]

Activation = Callable[[Float[Array, "..."]], Float[Array, "..."]]


def _linear(a: Float[Array, "..."]) -> Float[Array, "..."]:
    return a


def _relu(a: Float[Array, "..."]) -> Float[Array, "..."]:
    # Written out: jax.nn.relu carries a derivative rule of its own, which costs compilation time.
    return jnp.maximum(a, 0)


_TABLE: dict[str, Activation] = {
    "tanh": jnp.tanh,
    "sigmoid": jax.nn.sigmoid,
    "relu": _relu,
    "softmax": jax.nn.softmax,
    "linear": _linear,
    "softplus": jax.nn.softplus,
    "elu": jax.nn.elu,
}


def activations() -> tuple[str, ...]:
    """The names that :func:`activation` knows."""
    return tuple(_TABLE)


def activation(name: str) -> Activation:
    """The function f (or g) of that name.

    Parameters
    ----------
    name
        ``tanh``, ``sigmoid``, ``relu``, ``softmax`` (over the last axis), ``linear``, ``softplus`` or ``elu``.

    Raises
    ------
    InputError
        An unknown name; the message offers the nearest one.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from unrolled.networks import activation
    >>> float(activation("relu")(jnp.array(-2.0)))
    0.0
    """
    if name not in activations():
        raise nearest_name("activation", name, _TABLE)
    return _TABLE[name]
