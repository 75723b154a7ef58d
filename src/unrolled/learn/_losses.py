"""Losses by name: a pointwise statistic, averaged by the learner."""

from __future__ import annotations

from collections.abc import Callable

import jax.numpy as jnp
from jaxtyping import Array, Float

from unrolled.errors import nearest_name
from unrolled.types import AnyArray

__all__ = ["loss", "losses"]

Loss = Callable[[Float[Array, "..."], Float[AnyArray, "..."]], Float[Array, "..."]]


def _squared(output: Float[Array, "..."], target: Float[AnyArray, "..."]) -> Float[Array, "..."]:
    return jnp.square(output - target)


def _absolute(output: Float[Array, "..."], target: Float[AnyArray, "..."]) -> Float[Array, "..."]:
    return jnp.abs(output - target)


def _huber(output: Float[Array, "..."], target: Float[AnyArray, "..."]) -> Float[Array, "..."]:
    error = jnp.abs(output - target)
    return jnp.where(error <= 1, jnp.square(error) / 2, error - 0.5)


_TABLE: dict[str, Loss] = {"squared": _squared, "absolute": _absolute, "huber": _huber}


def losses() -> tuple[str, ...]:
    """The names that :func:`loss` knows."""
    return tuple(_TABLE)


def loss(name: str) -> Loss:
    """The pointwise loss of that name.

    Parameters
    ----------
    name
        ``squared``: ``(y - t)^2``; ``absolute``: ``|y - t|``; ``huber``: ``(y - t)^2 / 2`` up to an error of 1,
        beyond it ``|y - t| - 1/2``.

    Raises
    ------
    InputError
        An unknown name.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from unrolled.learn import loss
    >>> float(loss("huber")(jnp.array(3.0), jnp.array(0.0)))
    2.5
    """
    if name not in losses():
        raise nearest_name("loss", name, _TABLE)
    return _TABLE[name]
