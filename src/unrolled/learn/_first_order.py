"""One first-order update on a fresh batch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int

from unrolled.arguments import MOST, require_kind, require_number, require_whole
from unrolled.learn._curvature import AnyObjective
from unrolled.learn._optimizers import Optimizer
from unrolled.learn._rate_decay import RateDecay
from unrolled.learn._step_status import Draw, StepStatus

__all__ = ["FirstOrder", "FirstOrderInfo"]


class FirstOrderInfo(NamedTuple):
    """What a person wants to know of an update: loss and gradient before it, and a :class:`StepStatus`."""

    loss: Float[Array, ""]
    gradient_norm: Float[Array, ""]
    status: Int[Array, ""]


@dataclass(frozen=True)
class FirstOrder:
    """Updates on fresh batches: Adam, momentum on a schedule, and their kin.

    An update whose loss or gradient is not finite is not taken, and the status says so.

    Attributes
    ----------
    optimizer
        The update rule.
    batch_size
        Sequences an update.
    clip_norm
        Scale the gradient down to this norm where it is longer; ``None`` leaves it.
    decay
        By what every change is multiplied, a :class:`RateDecay`; ``None``: by 1.

    Examples
    --------
    >>> from unrolled.learn import FirstOrder, MomentumSchedule, Optimizer
    >>> FirstOrder(Optimizer("sgd", 1e-2, momentum=MomentumSchedule(0.995), nesterov=True), batch_size=100).sequences
    100
    """

    optimizer: Optimizer = field(default_factory=Optimizer)
    batch_size: int = 8
    clip_norm: float | None = None
    decay: RateDecay | None = None

    def __post_init__(self) -> None:
        require_kind("optimizer", self.optimizer, Optimizer)
        require_whole("batch_size", self.batch_size, 1, MOST)
        if self.clip_norm is not None:
            require_number("clip_norm", self.clip_norm, above=0.0)
        if self.decay is not None:
            require_kind("decay", self.decay, RateDecay)

    @property
    def sequences(self) -> int:
        """How many sequences an update draws."""
        return self.batch_size

    def check(self, objective: AnyObjective) -> None:
        """Every objective has a gradient."""

    def init(self, parameters: Any) -> Any:
        """The optimizer's moments before the first update."""
        return self._rule().init(parameters)

    def step(
        self, objective: AnyObjective, draw: Draw, parameters: Any, state: Any, *, key: Array
    ) -> tuple[Any, Any, FirstOrderInfo]:
        """One update: new parameters, moments, and what happened; arguments as of :meth:`HessianFree.step`."""
        batch = draw(self.batch_size, key=key)
        loss, gradient = jax.value_and_grad(lambda theta: objective.value(theta, batch))(parameters)
        norm = jnp.sqrt(sum(jnp.sum(jnp.square(leaf)) for leaf in jax.tree.leaves(gradient)))
        change, moments = self._rule().update(gradient, state, parameters)
        fine = jnp.isfinite(loss) & jnp.isfinite(norm)
        after = jax.tree.map(jnp.add, parameters, change), moments
        after = jax.tree.map(lambda new, old: jnp.where(fine, new, old), after, (parameters, state))
        status = jnp.where(fine, StepStatus.TAKEN, StepStatus.NOT_FINITE)
        return *after, FirstOrderInfo(loss, norm, status)

    def _rule(self) -> optax.GradientTransformation:
        clip = optax.identity() if self.clip_norm is None else optax.clip_by_global_norm(self.clip_norm)
        rule = optax.chain(clip, self.optimizer.transformation(self.optimizer.rate))
        return rule if self.decay is None else optax.chain(rule, optax.scale_by_schedule(self.decay))
