"""Losses by name: a pointwise statistic, averaged by the learner."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from unrolled.errors import InputError, nearest_name
from unrolled.networks import activation
from unrolled.types import AnyArray

__all__ = ["Loss", "loss", "losses", "scale_of"]

# A likelihood may not grow without bound where a value is hit by chance.
_LEAST_SCALE = 1e-6


@dataclass(frozen=True)
class Loss:
    """How wrong an output is, from what stands before the output function and the target.

    Attributes
    ----------
    name
        One of :func:`losses`.
    per_unit
        How many outputs a network needs for every unit of the target.
    outputs
        The output functions that go with it; empty: all of them.
    summed
        Whether the units of a target are one thing (a distribution over classes) with one loss.
    """

    name: str
    per_unit: int
    outputs: tuple[str, ...]
    summed: Callable[[str], bool]
    pointwise: Callable[[Any, Any, str], Any]

    def __call__(
        self, raw: Float[AnyArray, "..."], target: Float[AnyArray, "..."], output: str = "linear"
    ) -> Float[Array, "..."]:
        """The loss of every unit (of every step, where units are one thing), for the output function ``output``."""
        return self.pointwise(jnp.asarray(raw), target, output)

    def check(self, output: str) -> None:
        """Raise an :class:`InputError` unless the output function goes with the loss."""
        if self.outputs and output not in self.outputs:
            raise InputError(
                f"the loss {self.name} needs the output function {' or '.join(self.outputs)}; it is {output}."
            )


def _of_output(statistic: Callable[[Any, Any], Any]) -> Callable[[Any, Any, str], Any]:
    return lambda raw, target, output: statistic(activation(output)(raw), target)


def _huber(output: Float[Array, "..."], target: Float[AnyArray, "..."]) -> Float[Array, "..."]:
    error = jnp.abs(output - target)
    return jnp.where(error <= 1, jnp.square(error) / 2, error - 0.5)


def _cross_entropy(raw: Any, target: Any, output: str) -> Any:
    if output == "softmax":
        return -jnp.sum(target * jax.nn.log_softmax(raw), axis=-1, keepdims=True)
    return jnp.maximum(raw, 0) - raw * target + jnp.log1p(jnp.exp(-jnp.abs(raw)))


def scale_of(raw: Float[Array, "..."]) -> Float[Array, "..."]:
    """The scale of a likelihood from the output that stands for it: ``log(1 + exp(a)) + 1e-6``."""
    return jax.nn.softplus(raw) + _LEAST_SCALE


def _gaussian(raw: Any, target: Any, output: str) -> Any:
    del output
    mean, scale = jnp.split(raw, 2, axis=-1)
    width = scale_of(scale)
    return 0.5 * math.log(2 * math.pi) + jnp.log(width) + 0.5 * jnp.square((target - mean) / width)


def _student(raw: Any, target: Any, output: str) -> Any:
    del output
    mean, scale, freedom = jnp.split(raw, 3, axis=-1)
    width, nu = scale_of(scale), 2 + scale_of(freedom)
    gamma = jax.lax.lgamma((nu + 1) / 2) - jax.lax.lgamma(nu / 2)
    square = jnp.square((target - mean) / width) / nu
    return 0.5 * jnp.log(math.pi * nu) + jnp.log(width) - gamma + (nu + 1) / 2 * jnp.log1p(square)


def _never(output: str) -> bool:
    del output
    return False


_TABLE: dict[str, Loss] = {
    made.name: made
    for made in (
        Loss("squared", 1, (), _never, _of_output(lambda y, t: jnp.square(y - t))),
        Loss("absolute", 1, (), _never, _of_output(lambda y, t: jnp.abs(y - t))),
        Loss("huber", 1, (), _never, _of_output(_huber)),
        Loss("cross-entropy", 1, ("softmax", "sigmoid"), lambda output: output == "softmax", _cross_entropy),
        Loss("gaussian", 2, ("linear",), _never, _gaussian),
        Loss("student", 3, ("linear",), _never, _student),
    )
}


def losses() -> tuple[str, ...]:
    """The names that :func:`loss` knows."""
    return tuple(_TABLE)


def loss(name: str) -> Loss:
    """The pointwise loss of that name.

    Parameters
    ----------
    name
        ``squared``: ``(y - t)^2``; ``absolute``: ``|y - t|``; ``huber``: ``(y - t)^2 / 2`` up to an error of 1,
        beyond it ``|y - t| - 1/2``; ``cross-entropy``: ``-sum_k t_k log y_k`` for a softmax output, for a sigmoid one
        ``-t log y - (1 - t) log(1 - y)`` unit by unit; ``gaussian``, ``student``: minus the logarithm of a likelihood
        whose mean and scale (and degrees of freedom, above 2) are outputs of the network.

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
