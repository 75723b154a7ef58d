"""A diagonal that is like the curvature matrix, for conjugate gradients."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from unrolled.arguments import require_number

__all__ = ["GradientSquares"]


@dataclass(frozen=True)
class GradientSquares:
    r"""The mean squares of the gradients of single sequences, and the damping, to a power.

    .. math:: M = \mathrm{diag}\left(\frac1N \sum_n (\nabla f_n)^2 + \lambda\right)^{\alpha}

    The squares are the diagonal of the empirical Fisher matrix, which stands for that of the Gauss-Newton matrix. It
    helps where parameters have very different scales, and costs as many gradients as the curvature has sequences.

    Attributes
    ----------
    exponent
        alpha, from 0 (no preconditioning) to 1.

    References
    ----------
    J. Martens, "Deep learning via Hessian-free optimization", ICML 2010, section 4.7.
    """

    exponent: float = 0.75

    def __post_init__(self) -> None:
        require_number("exponent", self.exponent, least=0.0, most=1.0)

    def diagonal(
        self,
        value: Callable[[Any, Any], Float[Array, ""]],
        flat: Float[Array, " param"],
        batch: Any,
        lam: Float[Array, ""],
    ) -> Float[Array, " param"]:
        """M at these parameters.

        Parameters
        ----------
        value
            The function of parameters and a batch.
        flat
            The parameters.
        batch
            Its leaves have a leading axis of sequences, along which it is taken apart.
        lam
            The damping.
        """
        leaves, structure = jax.tree.flatten(batch)

        def squares(*one: Array) -> Array:
            return jnp.square(jax.grad(value)(flat, jax.tree.unflatten(structure, one)))

        total = jnp.mean(jax.vmap(squares)(*(jnp.asarray(leaf)[:, None] for leaf in leaves)), axis=0)
        return ((total + lam) ** self.exponent).astype(flat.dtype)
