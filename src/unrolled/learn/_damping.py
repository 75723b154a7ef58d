"""How far the quadratic model is believed: the damping lam."""

from __future__ import annotations

from dataclasses import dataclass

import jax.numpy as jnp
from jaxtyping import Array, Float

from unrolled.arguments import require_number

__all__ = ["LevenbergMarquardt"]

# Beyond these the damping says nothing in double precision.
_LEAST, _MOST = 1e-20, 1e20


@dataclass(frozen=True)
class LevenbergMarquardt:
    """Damping ``lam I`` that follows how well the model foretold the change of the function.

    With rho the change of the function over that of the model: ``rho < 1/4`` (or not a number) makes lam larger,
    ``rho > 3/4`` smaller.

    Attributes
    ----------
    start
        lam before the first step.
    factor
        lam is multiplied by this, or divided.

    References
    ----------
    J. Martens, "Deep learning via Hessian-free optimization", ICML 2010, section 4.1.
    """

    start: float = 1.0
    factor: float = 1.5

    def __post_init__(self) -> None:
        require_number("start", self.start, least=_LEAST, most=_MOST)
        require_number("factor", self.factor, above=1.0)

    def adapt(self, lam: Float[Array, ""], rho: Float[Array, ""]) -> Float[Array, ""]:
        """Lam for the next step."""
        larger = ~(rho >= 0.25)
        factor = jnp.where(larger, self.factor, jnp.where(rho > 0.75, 1 / self.factor, 1.0))
        return jnp.clip(lam * factor, _LEAST, _MOST)
