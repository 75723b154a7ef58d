"""Hessian-free optimization: curvature, conjugate gradients, damping, acceptance."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float, Int

from unrolled.arguments import MOST, require_kind, require_whole
from unrolled.learn._acceptance import Acceptance
from unrolled.learn._conjugate_gradients import ConjugateGradients, Path, scalar_type
from unrolled.learn._curvature import AnyObjective, Curvature, GaussNewton, Hessian
from unrolled.learn._damping import LevenbergMarquardt
from unrolled.learn._preconditioner import GradientSquares
from unrolled.learn._step_status import Draw, StepStatus

__all__ = ["HessianFree", "HessianFreeInfo", "HessianFreeState"]


class HessianFreeState(NamedTuple):
    """What the next step needs: the damping, and the last solution."""

    lam: Float[Array, ""]
    solution: Float[Array, " param"]


class HessianFreeInfo(NamedTuple):
    """What a person wants to know of a step.

    Attributes
    ----------
    loss
        Before the step, on the batch of the gradient.
    gradient_norm
        There.
    lam
        The damping of the step.
    rho
        The change of the loss over that of the quadratic model.
    iterations
        Of conjugate gradients.
    point
        After how many of them the point lies that backtracking chose.
    step_size
        The share of it that the line search took.
    status
        A :class:`StepStatus`.
    """

    loss: Float[Array, ""]
    gradient_norm: Float[Array, ""]
    lam: Float[Array, ""]
    rho: Float[Array, ""]
    iterations: Int[Array, ""]
    point: Int[Array, ""]
    step_size: Float[Array, ""]
    status: Int[Array, ""]


@dataclass(frozen=True)
class HessianFree:
    r"""Minimize a quadratic model of the loss, roughly, at every step.

    .. math:: d = \arg\min_d\; g^T d + \tfrac12 d^T (B + \lambda I + \lambda\mu S) d

    by conjugate gradients that begin at a share of the last solution; the point on their path that is best on another
    batch is taken, as far as a line search allows; lam follows the ratio of what happened to what the model foretold.

    Attributes
    ----------
    curvature
        :class:`GaussNewton` (with structural damping mu) or :class:`Hessian`.
    conjugate_gradients, damping, acceptance
        The other parts.
    gradient_batch, curvature_batch
        How many sequences a gradient, and a curvature matrix, are taken over; backtracking looks at as many as the
        gradient. All are drawn anew at every step.
    preconditioner
        ``None``, or a diagonal for conjugate gradients.

    Examples
    --------
    >>> from unrolled.learn import GaussNewton, HessianFree
    >>> HessianFree(GaussNewton(structural=1 / 30), gradient_batch=500).sequences
    1200

    References
    ----------
    J. Martens, "Deep learning via Hessian-free optimization", ICML 2010; J. Martens and I. Sutskever, "Learning
    recurrent neural networks with Hessian-free optimization", ICML 2011.
    """

    curvature: Curvature = field(default_factory=GaussNewton)
    conjugate_gradients: ConjugateGradients = field(default_factory=ConjugateGradients)
    damping: LevenbergMarquardt = field(default_factory=LevenbergMarquardt)
    acceptance: Acceptance = field(default_factory=Acceptance)
    gradient_batch: int = 1000
    curvature_batch: int = 200
    preconditioner: GradientSquares | None = None

    def __post_init__(self) -> None:
        require_whole("gradient_batch", self.gradient_batch, 1, MOST)
        require_whole("curvature_batch", self.curvature_batch, 1, MOST)
        require_kind("curvature", self.curvature, (GaussNewton, Hessian))
        require_kind("conjugate_gradients", self.conjugate_gradients, ConjugateGradients)
        require_kind("damping", self.damping, LevenbergMarquardt)
        require_kind("acceptance", self.acceptance, Acceptance)
        if self.preconditioner is not None:
            require_kind("preconditioner", self.preconditioner, GradientSquares)

    @property
    def sequences(self) -> int:
        """How many sequences a step draws."""
        return self.gradient_batch * (1 + self.acceptance.backtrack) + self.curvature_batch

    def check(self, objective: AnyObjective) -> None:
        """Raise an :class:`InputError` where the curvature does not go with the objective."""
        self.curvature.check(objective)

    def init(self, parameters: Any) -> HessianFreeState:
        """The state before the first step."""
        flat, _ = ravel_pytree(parameters)
        return HessianFreeState(jnp.asarray(self.damping.start, scalar_type()), jnp.zeros_like(flat))

    def step(
        self, objective: AnyObjective, draw: Draw, parameters: Any, state: HessianFreeState, *, key: Array
    ) -> tuple[Any, HessianFreeState, HessianFreeInfo]:
        """One step: new parameters, the state for the next step, and what happened.

        Parameters
        ----------
        objective
            What is minimized.
        draw
            ``draw(count, key=key)``: a fresh batch.
        parameters
            Any pytree of floating-point arrays of one type.
        state
            From :meth:`init` or the last step.
        key
            Decides the batches.
        """
        keys = jax.random.split(key, 3)
        flat, unravel = ravel_pytree(parameters)
        sizes = (self.gradient_batch, self.curvature_batch, self.gradient_batch)
        batch, curved, other = (draw(size, key=one) for size, one in zip(sizes, keys, strict=True))
        value = lambda flat, batch: objective.value(unravel(flat), batch)  # noqa: E731
        loss, gradient = jax.value_and_grad(value)(flat, batch)
        bent = self.curvature.product(objective, parameters, curved)
        damped = lambda v: ravel_pytree(bent(unravel(v), state.lam))[0] + state.lam.astype(v.dtype) * v  # noqa: E731
        start = self.conjugate_gradients.warmth * state.solution
        path = self.conjugate_gradients.solve(damped, -gradient, start, self._diagonal(value, flat, curved, state.lam))
        at = lambda batch: lambda change: value(flat + change, batch)  # noqa: E731
        accepted = self.acceptance.accept(path, gradient, at(batch), at(other))
        curving = ravel_pytree(bent(unravel(accepted.change), jnp.zeros_like(state.lam)))[0]
        foretold = jnp.sum(accepted.change * (gradient + 0.5 * curving))
        # A model that foretells a rise says nothing to be believed.
        rho = jnp.where(foretold < 0, (accepted.after - accepted.before) / foretold, jnp.nan)
        fine = jnp.isfinite(loss) & jnp.isfinite(gradient).all() & path.finite
        size = jnp.where(fine, accepted.size, 0)
        after = jnp.where(size > 0, flat + size.astype(flat.dtype) * accepted.change, flat)
        info = HessianFreeInfo(
            loss, jnp.linalg.norm(gradient), state.lam, rho, path.iterations, path.numbers[accepted.place], size,
            _status(fine, size, path),
        )  # fmt: skip
        next_state = HessianFreeState(self.damping.adapt(state.lam, rho), path.points[path.last])
        return unravel(after), next_state, info

    def _diagonal(self, value: Any, flat: Array, batch: Any, lam: Array) -> Array | None:
        return None if self.preconditioner is None else self.preconditioner.diagonal(value, flat, batch, lam)


def _status(fine: Array, size: Array, path: Path) -> Int[Array, ""]:
    taken = jnp.where(path.negative, StepStatus.NEGATIVE_CURVATURE, StepStatus.TAKEN)
    return jnp.where(fine, jnp.where(size > 0, taken, StepStatus.NOT_TAKEN), StepStatus.NOT_FINITE)
