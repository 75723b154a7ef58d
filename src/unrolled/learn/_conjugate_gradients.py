"""Conjugate gradients on a damped quadratic model, with the iterates that backtracking looks at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from unrolled.arguments import require_number, require_whole
from unrolled.types import AnyArray

__all__ = ["ConjugateGradients", "Path", "scalar_type"]

_MOST = 100_000
# Iterates are kept after 1, 2, 3, 4, 5, 7, ... iterations: each is later than the last by about this factor.
_SPACING = 1.3


class Path(NamedTuple):
    """Where conjugate gradients went.

    Attributes
    ----------
    points
        The iterates that were kept, the last of all in place ``last``; later places hold nothing.
    last
        The place of the last iterate.
    numbers
        After how many iterations each was reached.
    iterations
        How many there were.
    model
        The quadratic model ``x^T A x / 2 - b^T x`` at the last iterate.
    negative
        Whether a direction of negative curvature ended it.
    finite
        Whether all products were finite; the iterates always are.
    """

    points: Float[Array, "place param"]
    last: Int[Array, ""]
    numbers: Int[Array, " place"]
    iterations: Int[Array, ""]
    model: Float[Array, ""]
    negative: Bool[Array, ""]
    finite: Bool[Array, ""]


class _At(NamedTuple):
    """One iteration: x, the residual b - A x, the direction, residual times preconditioned residual, models so far.

    Below ``least`` the residual is rounding.
    """

    x: Float[Array, " param"]
    r: Float[Array, " param"]
    p: Float[Array, " param"]
    rho: Float[Array, ""]
    least: Float[Array, ""]
    i: Int[Array, ""]
    models: Float[Array, " iteration"]
    points: Float[Array, "place param"]
    place: Int[Array, ""]
    ended: Bool[Array, ""]
    negative: Bool[Array, ""]
    finite: Bool[Array, ""]


@dataclass(frozen=True)
class ConjugateGradients:
    r"""Solve ``A x = b`` roughly: until the quadratic model hardly falls any more.

    With :math:`\phi(x) = x^T A x / 2 - b^T x`, iteration i is the last if :math:`\phi(x_i) < 0` and
    :math:`(\phi(x_i) - \phi(x_{i-k})) / \phi(x_i) < k\,\epsilon`, :math:`k = \max(10, i / 10)`.

    Attributes
    ----------
    most
        The largest number of iterations.
    progress
        epsilon; 0 goes on to ``most`` or to an exact solution.
    warmth
        The share of the last step's solution to start from.

    References
    ----------
    J. Martens, "Deep learning via Hessian-free optimization", ICML 2010, section 4.4 and 4.8.
    """

    most: int = 100
    progress: float = 5e-4
    warmth: float = 0.95

    def __post_init__(self) -> None:
        require_whole("most", self.most, 1, _MOST)
        require_number("progress", self.progress, least=0.0)
        require_number("warmth", self.warmth, least=0.0, most=1.0)

    def solve(
        self,
        product: Callable[[Any], Any],
        b: Float[AnyArray, " param"],
        start: Float[AnyArray, " param"],
        precondition: Float[AnyArray, " param"] | None = None,
    ) -> Path:
        """Go from ``start`` towards the solution.

        Parameters
        ----------
        product
            ``v -> A v`` for a symmetric matrix A.
        b
            The right-hand side; scalars are float64 where that is on, whatever the precision of b.
        start
            Where to begin.
        precondition
            The diagonal of a matrix that is like A.
        """
        b, start = jnp.asarray(b), jnp.asarray(start)
        numbers = kept_after(self.most)
        at = self._begin(product, b, start, precondition, len(numbers))
        at = jax.lax.while_loop(
            lambda at: ~at.ended, lambda at: self._iterate(at, product, b, precondition, numbers), at
        )
        # The last iterate has a place of its own, unless it is the one just kept.
        reached = jnp.asarray(numbers)[jnp.maximum(at.place - 1, 0)]
        last = jnp.where((at.place > 0) & (reached == at.i), at.place - 1, at.place)
        counts = jnp.append(jnp.asarray(numbers), 0).at[last].set(at.i)
        points = at.points.at[last].set(at.x)
        return Path(points, last, counts, at.i, at.models[at.i], at.negative, at.finite)

    def _begin(self, product: Any, b: Array, start: Array, precondition: Any, places: int) -> _At:
        r = b - product(start)
        y = _preconditioned(r, precondition)
        scalar, zero, no = scalar_type(), jnp.zeros((), jnp.int32), jnp.zeros((), bool)
        models = jnp.zeros(self.most + 1, scalar).at[0].set(_model(start, r, b))
        points = jnp.zeros((places + 1, *b.shape), b.dtype)
        rho = _dot(r, y)
        finite = jnp.isfinite(rho)
        least = rho * jnp.finfo(b.dtype).eps ** 2
        return _At(start, r, y, rho, least, zero, models, points, zero, ~finite | (rho <= 0), no, finite)

    def _iterate(self, at: _At, product: Any, b: Array, precondition: Any, numbers: np.ndarray) -> _At:
        bent = product(at.p)
        curvature = _dot(at.p, bent)
        good = jnp.isfinite(curvature) & (curvature > 0)
        length = jnp.where(good, at.rho / jnp.where(good, curvature, 1), 0).astype(b.dtype)
        x, r = at.x + length * at.p, at.r - length * jnp.where(good, bent, 0)
        y = _preconditioned(r, precondition)
        rho = _dot(r, y)
        i = jnp.where(good, at.i + 1, at.i)
        models = at.models.at[i].set(_model(x, r, b))
        p = y + (rho / at.rho).astype(b.dtype) * at.p
        kept = good & (jnp.asarray(numbers)[jnp.minimum(at.place, len(numbers) - 1)] == i)
        points = jax.lax.cond(kept, lambda: at.points.at[at.place].set(x), lambda: at.points)
        ended = ~good | (i >= self.most) | self._enough(models, i) | (rho <= at.least)
        finite = at.finite & jnp.isfinite(curvature)
        negative = jnp.isfinite(curvature) & (curvature <= 0)
        return _At(x, r, p, rho, at.least, i, models, points, at.place + kept, ended, negative, finite)

    def _enough(self, models: Array, i: Array) -> Array:
        """Whether the relative progress over the last k iterations was small."""
        k = jnp.maximum(10, i // 10)
        now, then = models[i], models[jnp.maximum(i - k, 0)]
        return (i > k) & (now < 0) & ((now - then) / jnp.where(now < 0, now, -1) < k * self.progress)


def kept_after(most: int) -> Int[np.ndarray, " place"]:
    """After how many iterations an iterate is kept."""
    return np.unique(np.ceil(_SPACING ** np.arange(0, 1 + np.log(most) / np.log(_SPACING))).astype(int).clip(max=most))


def scalar_type() -> Any:
    """float64 where that is on, whatever the precision of the vectors."""
    return jnp.result_type(float)


def _dot(x: Array, y: Array) -> Float[Array, ""]:
    """In float64 where that is on: what is left of the residual is a small difference of large numbers."""
    return jnp.sum(x.astype(scalar_type()) * y.astype(scalar_type()))


def _model(x: Array, r: Array, b: Array) -> Float[Array, ""]:
    """``x^T A x / 2 - b^T x``, from the residual."""
    return -0.5 * (_dot(x, r) + _dot(x, b))


def _preconditioned(r: Array, precondition: Array | None) -> Array:
    return r if precondition is None else r / precondition
