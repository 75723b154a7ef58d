"""Momentum on a schedule, classical and Nesterov's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int

from unrolled.arguments import require_flag, require_number, require_whole

__all__ = ["MomentumSchedule", "scale_by_momentum"]

_MOST_UPDATES = 1_000_000_000
# The growing schedule's mu is 1/2, 3/4, 5/6, ... for so many updates each.
_GROWTH = 250


@dataclass(frozen=True)
class MomentumSchedule:
    r"""The momentum mu of every update.

    It is ``early`` for the first ``updates``, then ``most``; or, growing,

    .. math:: \mu_t = \min\left(1 - 2^{-1 - \log_2(\lfloor t / 250 \rfloor + 1)},\ \mu_{most}\right).

    Little momentum at first keeps the velocity from running off on the steep slopes near the start.

    Attributes
    ----------
    most
        mu in the end; from 0 up to (not including) 1.
    early, updates
        mu at first, and for how many updates.
    growing
        Whether mu grows by the formula instead.

    Examples
    --------
    >>> from unrolled.learn import MomentumSchedule
    >>> schedule = MomentumSchedule(most=0.995)
    >>> [round(float(schedule(update)), 3) for update in (999, 1000)]
    [0.9, 0.995]

    References
    ----------
    I. Sutskever, J. Martens, G. Dahl and G. Hinton, "On the importance of initialization and momentum in deep
    learning", ICML 2013, equation 5 and section 4.
    """

    most: float = 0.995
    early: float = 0.9
    updates: int = 1000
    growing: bool = False

    def __post_init__(self) -> None:
        for name in ("most", "early"):
            require_number(name, getattr(self, name), least=0.0, below=1.0)
        require_whole("updates", self.updates, 0, _MOST_UPDATES)
        require_flag("growing", self.growing)

    def __call__(self, update: Any) -> Float[Any, ""]:
        """Mu of that update, counted from 0."""
        if self.growing:
            return jnp.minimum(1 - 0.5 / (jnp.asarray(update) // _GROWTH + 1), self.most)
        return jnp.where(jnp.asarray(update) < self.updates, self.early, self.most)


class _Velocity(NamedTuple):
    update: Int[Array, ""]
    v: Any


def scale_by_momentum(schedule: MomentumSchedule, rate: Any, nesterov: bool) -> optax.GradientTransformation:
    r"""``v_{t+1} = mu_t v_t - eps g``, and what is added to the weights.

    Classical momentum adds :math:`v_{t+1}`. Nesterov's takes the gradient at :math:`\phi_t = \theta_t + \mu_t v_t`, and
    :math:`\phi` is what is kept as the weights: :math:`\phi_{t+1} = \phi_t - \mu_t v_t + (1 + \mu_{t+1}) v_{t+1}`.
    """

    def init(params: Any) -> _Velocity:
        return _Velocity(jnp.zeros((), jnp.int32), jax.tree.map(jnp.zeros_like, params))

    def update(updates: Any, state: Any, params: Any = None) -> tuple[Any, _Velocity]:
        del params

        def faster(v: Array, g: Array) -> Array:
            return (schedule(state.update) * v - rate * g).astype(v.dtype)

        def ahead(old: Array, new: Array) -> Array:
            mu, mu_next = schedule(state.update), schedule(state.update + 1)
            return ((1 + mu_next) * new - mu * old).astype(new.dtype)

        v = jax.tree.map(faster, state.v, updates)
        change = jax.tree.map(ahead, state.v, v) if nesterov else v
        return change, _Velocity(state.update + 1, v)

    return optax.GradientTransformation(init, update)
