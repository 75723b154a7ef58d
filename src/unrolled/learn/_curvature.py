r"""Products of a curvature matrix with a vector, without the matrix.

Gauss-Newton, in three lines: :math:`v \to Jv \to HJv \to J^T HJv`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import jax
from jaxtyping import Array, Float

from unrolled.arguments import require_number
from unrolled.errors import InputError
from unrolled.learn._objective import NetworkObjective, Objective

__all__ = ["AnyObjective", "Curvature", "GaussNewton", "Hessian", "Product"]

AnyObjective: TypeAlias = Objective | NetworkObjective
#: ``(v, lam) -> A v``, for trees of the form of the parameters.
Product: TypeAlias = Callable[[Any, Any], Any]


@dataclass(frozen=True)
class GaussNewton:
    r"""The Gauss-Newton matrix of a loss that is convex in the outputs.

    .. math:: B = J^T H J,\quad J = \partial z / \partial\theta,\quad H = \partial^2 L / \partial z^2,

    positive semi-definite. Structural damping adds

    .. math:: S = \frac1N \sum_{n,t} J_a^T \mathrm{diag}(f'(a_{nt})) J_a,\quad J_a = \partial a_{nt} / \partial\theta,

    summed over the steps and units of all recurrent layers: how much a change of the parameters would change what the
    hidden units do. In the backward half of the product it appears as a term :math:`f'(a) R[a] / N` in the derivative
    with respect to a.

    Attributes
    ----------
    structural
        mu: S comes in with the weight ``lam mu``, lam the damping; 0 leaves it out.

    References
    ----------
    J. Martens and I. Sutskever, "Learning recurrent neural networks with Hessian-free optimization", ICML 2011, section
    3.2; N. Schraudolph, Neural Computation 14 (2002) 1723 (the product).
    """

    structural: float = 0.0

    def __post_init__(self) -> None:
        require_number("structural", self.structural, least=0.0)

    def check(self, objective: AnyObjective) -> None:
        """Raise an :class:`InputError` where an objective has no such matrix."""
        if isinstance(objective, NetworkObjective):
            objective.require_convex()
            return
        objective.require_parts()
        if self.structural:
            raise InputError("structural damping is of hidden units, and a plain function has none: set structural=0.")

    def product(self, objective: AnyObjective, parameters: Any, batch: Any) -> Product:
        """``(v, lam) -> (B + lam mu S) v`` at these parameters, for trees of their form."""

        def seen(theta: Any) -> tuple[Any, Any]:
            if not self.structural:
                return (objective.outputs(theta, batch), ()), ()  # pyright: ignore[reportOptionalCall]
            z, a, slopes = objective.inner(theta, batch)
            return (z, a), slopes

        (z, _), push, slopes = jax.linearize(seen, parameters, has_aux=True)
        pull = jax.linear_transpose(push, parameters)
        count = max((len(leaf) for leaf in jax.tree.leaves(slopes)), default=1)

        def product(v: Any, lam: Float[Array, ""]) -> Any:
            z_change, a_change = push(v)
            weight = lam * (self.structural / count)
            stiff = jax.tree.map(lambda slope, change: (weight * slope * change).astype(change.dtype), slopes, a_change)
            return pull((_bent(objective, z, batch, z_change), stiff))[0]

        return product


@dataclass(frozen=True)
class Hessian:
    """The Hessian itself, ``d grad f(theta + r v) / dr``: for a function that is not taken apart.

    It need not be positive; conjugate gradients end where a direction of negative curvature shows up.

    References
    ----------
    B. Pearlmutter, "Fast exact multiplication by the Hessian", Neural Computation 6 (1994) 147.
    """

    def check(self, objective: AnyObjective) -> None:
        """Every objective has a Hessian."""

    def product(self, objective: AnyObjective, parameters: Any, batch: Any) -> Product:
        """``(v, lam) -> H v``: there is no structural part."""
        push = jax.linearize(jax.grad(lambda theta: objective.whole(theta, batch)), parameters)[1]
        return lambda v, lam: push(v)


Curvature: TypeAlias = GaussNewton | Hessian


def _bent(objective: AnyObjective, z: Any, batch: Any, change: Any) -> Any:
    """The Hessian of the loss with respect to the outputs, times a change of the outputs."""
    return jax.jvp(jax.grad(lambda z: objective.loss(z, batch)), (z,), (change,))[1]
