"""Activation and output functions by name, and their slopes."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from unrolled.errors import nearest_name

__all__ = ["activation", "activations", "pull_back_activation", "slope"]

Activation = Callable[[Float[Array, "..."]], Float[Array, "..."]]


class _Function(NamedTuple):
    """f, and f'(a) as a function of y = f(a): the stack of activities is all that the backward pass needs."""

    f: Activation
    slope: Activation | None


def _linear(a: Float[Array, "..."]) -> Float[Array, "..."]:
    return a


def _relu(a: Float[Array, "..."]) -> Float[Array, "..."]:
    # Written out: jax.nn.relu carries a derivative rule of its own, which costs compilation time. The slope at 0 is 0,
    # as in Keras and PyTorch; that of a maximum would be 1/2.
    return jnp.where(a > 0, a, 0)


def _sigmoid(a: Float[Array, "..."]) -> Float[Array, "..."]:
    # By the tanh: one vector operation, and no overflow at either end.
    return 0.5 * jnp.tanh(0.5 * a) + 0.5


_TABLE: dict[str, _Function] = {
    "tanh": _Function(jnp.tanh, lambda y: 1 - y * y),
    "sigmoid": _Function(_sigmoid, lambda y: y * (1 - y)),
    "relu": _Function(_relu, lambda y: (y > 0).astype(y.dtype)),
    "softmax": _Function(jax.nn.softmax, None),
    "linear": _Function(_linear, jnp.ones_like),
    "softplus": _Function(jax.nn.softplus, lambda y: -jnp.expm1(-y)),
    "elu": _Function(jax.nn.elu, lambda y: jnp.where(y > 0, 1, y + 1)),
}


def activations() -> tuple[str, ...]:
    """The names that :func:`activation` knows."""
    return tuple(_TABLE)


def activation(name: str, *, axis: int = -1) -> Activation:
    """The function f (or g) of that name.

    Parameters
    ----------
    name
        ``tanh``, ``sigmoid``, ``relu``, ``softmax``, ``linear``, ``softplus`` or ``elu``.
    axis
        The axis of the units, which a softmax sums over.

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
    if name == "softmax" and axis != -1:
        return lambda a: jax.nn.softmax(a, axis=axis)
    return _TABLE[name].f


def slope(name: str, y: Float[Array, "..."]) -> Float[Array, "..."]:
    """``f'(a)`` from ``y = f(a)``; of a softmax, whose derivative is a matrix, the diagonal ``y (1 - y)``.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from unrolled.networks import slope
    >>> float(slope("tanh", jnp.tanh(jnp.array(0.0))))
    1.0
    """
    found = _TABLE[name].slope
    return y * (1 - y) if found is None else found(y)


def pull_back_activation(
    name: str, y: Float[Array, "unit ..."], dy: Float[Array, "unit ..."]
) -> Float[Array, "unit ..."]:
    """dE/da from dE/dy, units along the first axis: ``f'(a) dE/dy``.

    For a softmax ``y (dE/dy - sum_k y_k dE/dy_k)``.
    """
    found = _TABLE[name].slope
    return y * (dy - jnp.sum(y * dy, axis=0)) if found is None else found(y) * dy
