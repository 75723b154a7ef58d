"""What is done with a path of conjugate gradients: which point on it is taken, and how much of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from unrolled.arguments import require_flag, require_number, require_whole
from unrolled.learn._conjugate_gradients import Path

__all__ = ["Acceptance", "Accepted"]

_MOST_TRIES = 1000


class Accepted(NamedTuple):
    """The step that was taken.

    Attributes
    ----------
    change
        The point that backtracking chose, before the line search.
    place
        Which place of the path that is.
    size
        The share of it that was taken; 0: no share made the function less.
    before, after
        The function at the start and at the whole change, on the batch of the gradient.
    """

    change: Float[Array, " param"]
    place: Int[Array, ""]
    size: Float[Array, ""]
    before: Float[Array, ""]
    after: Float[Array, ""]


@dataclass(frozen=True)
class Acceptance:
    """Go back along the path while the function falls on another batch, then shorten the step until it descends.

    Attributes
    ----------
    backtrack
        Whether to look at earlier iterates; otherwise the last is taken.
    shorten
        The step is multiplied by this until ``f(theta + size d) <= f(theta) + slope size g^T d``.
    slope
        How much of the descent that the gradient promises is asked for.
    tries
        How often the step is shortened before it is given up.

    References
    ----------
    J. Martens, "Deep learning via Hessian-free optimization", ICML 2010, section 4.6; Martens and Sutskever, "Training
    deep and recurrent networks with Hessian-free optimization", 2012, section 8.8 (the line search).
    """

    backtrack: bool = True
    shorten: float = 0.8
    slope: float = 0.01
    tries: int = 60

    def __post_init__(self) -> None:
        require_flag("backtrack", self.backtrack)
        require_number("shorten", self.shorten, above=0.0, below=1.0)
        require_number("slope", self.slope, least=0.0, below=1.0)
        require_whole("tries", self.tries, 0, _MOST_TRIES)

    def accept(
        self,
        path: Path,
        gradient: Float[Array, " param"],
        value: Callable[[Any], Float[Array, ""]],
        other: Callable[[Any], Float[Array, ""]],
    ) -> Accepted:
        """Choose a point and a step size.

        Parameters
        ----------
        path
            Of conjugate gradients.
        gradient
            At the start.
        value, other
            The function of a change of the parameters, on the batch of the gradient and on another one.
        """
        place = self._backtracked(path, other) if self.backtrack else path.last
        change = path.points[place]
        before, after = value(jnp.zeros_like(change)), value(change)
        # A direction that ascends, as one that began at the last solution can, is held to no rise at all.
        promised = jnp.minimum(jnp.sum(gradient * change), 0)

        def bad(found: Array, size: Array) -> Array:
            return ~(found <= before + self.slope * size * promised)

        def shorter(at: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
            _, size, tries = at
            size = size * self.shorten
            return value(size.astype(change.dtype) * change), size, tries + 1

        start = (after, jnp.ones((), before.dtype), jnp.zeros((), jnp.int32))
        found, size, _ = jax.lax.while_loop(lambda at: bad(at[0], at[1]) & (at[2] < self.tries), shorter, start)
        return Accepted(change, place, jnp.where(bad(found, size), 0, size), before, after)

    def _backtracked(self, path: Path, other: Callable[[Any], Array]) -> Int[Array, ""]:
        """The place from which going further back would not make the function less."""

        def at_place(place: Array) -> Array:
            found = other(path.points[place])
            return jnp.where(jnp.isnan(found), jnp.inf, found)

        def back(at: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
            place, found, _ = at
            earlier = at_place(jnp.maximum(place - 1, 0))
            better = (place > 0) & (earlier <= found)
            return jnp.where(better, place - 1, place), jnp.where(better, earlier, found), better

        start = (path.last, at_place(path.last), path.last > 0)
        return jax.lax.while_loop(lambda at: at[2], back, start)[0]
