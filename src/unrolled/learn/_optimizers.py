"""First-order updates by name, with Keras's defaults and Keras's formulas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int

from unrolled.arguments import require_flag, require_number
from unrolled.errors import InputError, nearest_name
from unrolled.learn._momentum import MomentumSchedule, scale_by_momentum

__all__ = ["Optimizer", "optimizers"]

_LEARNING_RATE = {"adam": 1e-3, "rmsprop": 1e-3, "sgd": 1e-2, "adamw": 1e-3}


def optimizers() -> tuple[str, ...]:
    """The names that :class:`Optimizer` knows."""
    return tuple(_LEARNING_RATE)


@dataclass(frozen=True)
class Optimizer:
    """How weights follow from gradients.

    With the gradient g, step t, learning rate eps:

    - ``sgd``: v = mu v - eps g, w += v (Nesterov: w += mu v - eps g)
    - ``rmsprop``: v = 0.9 v + 0.1 g^2, w -= eps g / sqrt(v + 1e-7)
    - ``adam``: m = 0.9 m + 0.1 g, v = 0.999 v + 0.001 g^2,
      w -= eps sqrt(1 - 0.999^t) / (1 - 0.9^t) m / (sqrt(v) + 1e-7)
    - ``adamw``: the same, and w -= eps 0.004 w

    Attributes
    ----------
    name
        ``adam``, ``rmsprop``, ``sgd`` or ``adamw``.
    learning_rate
        eps; ``None`` is Keras's default (0.01 for sgd, 0.001 for the others).
    momentum, nesterov
        mu of sgd, a number or a :class:`MomentumSchedule`, and whether to look ahead.
    weight_decay
        Of adamw.

    References
    ----------
    D. P. Kingma and J. Ba, arXiv:1412.6980, section 2 (the form with the correction in the step size); I. Loshchilov
    and F. Hutter, arXiv:1711.05101.
    """

    name: str = "adam"
    learning_rate: float | None = None
    momentum: float | MomentumSchedule = 0.0
    nesterov: bool = False
    weight_decay: float = 0.004

    def __post_init__(self) -> None:
        if self.name not in optimizers():
            raise nearest_name("optimizer", self.name, _LEARNING_RATE)
        if self.learning_rate is not None:
            require_number("learning_rate", self.learning_rate, above=0.0)
        require_number("weight_decay", self.weight_decay, least=0.0)
        require_flag("nesterov", self.nesterov)
        self._check_momentum()

    def _check_momentum(self) -> None:
        if isinstance(self.momentum, Mapping):  # as a file has it
            object.__setattr__(self, "momentum", MomentumSchedule(**self.momentum))
        if isinstance(self.momentum, MomentumSchedule):
            return
        require_number("momentum", self.momentum, least=0.0)
        if not self.momentum < 1:
            raise InputError(f"momentum must be from 0 up to (not including) 1; came {self.momentum}.")

    @property
    def rate(self) -> float:
        """The learning rate in use."""
        return _LEARNING_RATE[self.name] if self.learning_rate is None else self.learning_rate

    def transformation(self, rate: Any) -> optax.GradientTransformation:
        """The update rule; ``rate`` may be traced, so that rates share a compiled program."""
        if self.name == "sgd":
            if isinstance(self.momentum, MomentumSchedule):
                return scale_by_momentum(self.momentum, rate, self.nesterov)
            trace = optax.trace(self.momentum, self.nesterov) if self.momentum else optax.identity()
            return optax.chain(trace, optax.scale(-rate))
        if self.name == "rmsprop":
            return optax.chain(optax.scale_by_rms(decay=0.9, eps=1e-7, initial_scale=0.0), optax.scale(-rate))
        decay = optax.add_decayed_weights(self.weight_decay) if self.name == "adamw" else optax.identity()
        return optax.chain(_scale_by_adam(), decay, optax.scale(-rate))


class _Moments(NamedTuple):
    step: Int[Array, ""]
    first: Any
    second: Any


def _scale_by_adam(b1: float = 0.9, b2: float = 0.999, epsilon: float = 1e-7) -> optax.GradientTransformation:
    """Adam with epsilon beside the uncorrected root, as in Keras; optax puts it beside the corrected one."""

    def init(params: Any) -> _Moments:
        # Two sets of zeros, so that a caller may donate the moments.
        first, second = (jax.tree.map(jnp.zeros_like, params) for _ in range(2))
        return _Moments(jnp.zeros((), jnp.int32), first, second)

    def update(updates: Any, state: Any, params: Any = None) -> tuple[Any, _Moments]:
        del params
        step = state.step + 1
        first = jax.tree.map(lambda m, g: b1 * m + (1 - b1) * g, state.first, updates)
        second = jax.tree.map(lambda v, g: b2 * v + (1 - b2) * g * g, state.second, updates)

        def scaled(m: Float[Array, "..."], v: Float[Array, "..."]) -> Float[Array, "..."]:
            t = step.astype(m.dtype)
            return jnp.sqrt(1 - b2**t) / (1 - b1**t) * m / (jnp.sqrt(v) + epsilon)

        return jax.tree.map(scaled, first, second), _Moments(step, first, second)

    return optax.GradientTransformation(init, update)
