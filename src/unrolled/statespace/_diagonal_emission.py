"""Gaussian emissions whose features are independent, given the state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from unrolled.errors import InputError
from unrolled.statespace._covariances import LOG_2_PI
from unrolled.statespace._emissions import DEAD, Limits
from unrolled.statespace._gaussian_emission import require_means, require_width
from unrolled.statespace._observed_steps import ObservedSteps
from unrolled.types import AnyArray

__all__ = ["DiagonalEmission"]


@jax.tree_util.register_dataclass
@dataclass(frozen=True, eq=False)
class DiagonalEmission:
    """``y_tf | state k ~ N(mean_kf, variance_kf)``, every feature by itself.

    A feature that was not seen is left out of the density and of the sums that learn it, which is exact here.

    Attributes
    ----------
    means, variances
        In the units of the observations, and their squares.

    References
    ----------
    L. R. Rabiner, Proceedings of the IEEE 77 (1989) 257, section IV.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.statespace import DiagonalEmission
    >>> emission = DiagonalEmission(np.array([[0.0, 1.0]]), np.array([[1.0, 4.0]]))
    >>> emission.states, emission.features
    (1, 2)
    """

    means: Float[AnyArray, "*restart state feature"]
    variances: Float[AnyArray, "*restart _ _"]

    @property
    def states(self) -> int:
        """How many hidden states it tells apart."""
        return self.means.shape[0]

    @property
    def features(self) -> int:
        """How many values an observation has."""
        return self.means.shape[1]

    @property
    def lags(self) -> int:
        """It sees no observation but its own."""
        return 0

    def check(self) -> None:
        """Raise an :class:`InputError` unless means are finite and variances positive."""
        require_means(self.means)
        variances = np.asarray(self.variances)
        if variances.shape != self.means.shape or not (np.isfinite(variances).all() and (variances > 0).all()):
            raise InputError(
                f"variances must be finite numbers above 0 of shape {self.means.shape}; came shape {variances.shape}, "
                f"the least {variances.min(initial=np.inf):.3g}."
            )

    def readable(self, rows: Float[np.ndarray, "time feature"]) -> Float[np.ndarray, "time feature"]:
        """The observations, if their width is right."""
        return require_width(rows, self.features)

    def log_density(self, steps: ObservedSteps) -> Float[Array, "time state"]:
        """The sum over the features that were seen."""
        dense = jnp.zeros((len(steps.values), self.states))
        for f in range(self.features):
            square = (steps.values[:, f, None] - self.means[:, f]) ** 2 / self.variances[:, f]
            own = -0.5 * (square + jnp.log(self.variances[:, f]) + LOG_2_PI)
            dense += jnp.where(steps.seen[:, f, None], own, 0.0)
        return dense

    def refit(self, steps: ObservedSteps, weights: Float[Array, "time state"], limits: Limits) -> DiagonalEmission:
        """Weighted means and variances of what was seen of every feature."""
        seen = jnp.asarray(steps.seen, weights.dtype)
        total = weights.T @ seen
        safe = jnp.maximum(total, DEAD)
        means = weights.T @ (steps.values * seen) / safe

        def spread(state: Any) -> Float[Array, " feature"]:
            mean, w = state
            return w @ (seen * (steps.values - mean) ** 2)

        variances = jnp.maximum(jax.lax.map(spread, (means, weights.T)) / safe, limits.floor)
        alive = total > DEAD
        return DiagonalEmission(jnp.where(alive, means, self.means), jnp.where(alive, variances, self.variances))

    def log_prior(self, counts: Any) -> Any:
        """Pseudo-counts say nothing to it."""
        del counts
        return 0.0

    def roots(self) -> Float[Array, "state feature"]:
        """Standard deviations."""
        return jnp.sqrt(self.variances)

    def draw(
        self, roots: Any, states: Int[Array, " path"], past: Float[Array, "path lagged"], *, key: Array
    ) -> Float[Array, "path feature"]:
        """One observation for every path."""
        del past
        noise = jax.random.normal(key, (len(states), self.features))
        return jnp.asarray(self.means)[states] + roots[states] * noise
