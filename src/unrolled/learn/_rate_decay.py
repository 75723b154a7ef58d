"""A learning rate that falls while training goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float

from unrolled.arguments import require_number, require_whole

__all__ = ["RateDecay"]

_MOST_UPDATES = 1_000_000_000


@dataclass(frozen=True)
class RateDecay:
    r"""A factor of the learning rate: 1 at first, then falling to ``last``, evenly on a logarithmic scale.

    .. math:: r_t = \text{last}^{\min(\max((t - \text{after}) / \text{updates},\, 0),\, 1)}

    A gradient that is cut short never lets the steps shrink by themselves: along the steepest directions they go to
    and fro with the length that the bound allows, and hide what the flat directions have reached. A falling rate
    takes that away.

    Attributes
    ----------
    last
        The factor in the end; above 0, at most 1.
    updates
        So many it falls; then it stays.
    after
        So many updates come before.

    Examples
    --------
    >>> from unrolled.learn import RateDecay
    >>> decay = RateDecay(last=0.01, updates=1000, after=500)
    >>> [round(float(decay(update)), 3) for update in (0, 500, 1000, 1500, 5000)]
    [1.0, 1.0, 0.1, 0.01, 0.01]
    """

    last: float = 0.05
    updates: int = 20_000
    after: int = 0

    def __post_init__(self) -> None:
        require_number("last", self.last, above=0.0, most=1.0)
        require_whole("updates", self.updates, 1, _MOST_UPDATES)
        require_whole("after", self.after, 0, _MOST_UPDATES)

    def __call__(self, update: Any) -> Float[Array, ""]:
        """The factor of that update, counted from 0."""
        return jnp.power(self.last, jnp.clip((jnp.asarray(update) - self.after) / self.updates, 0.0, 1.0))
