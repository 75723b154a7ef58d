"""Gaussian emissions with a full covariance, exact where features are missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from unrolled.errors import InputError
from unrolled.statespace._covariances import (
    LOG_2_PI,
    floored,
    inverse_roots,
    log_normal,
    require_covariances,
    roots_of,
)
from unrolled.statespace._emissions import DEAD, Limits
from unrolled.statespace._observed_steps import ObservedSteps
from unrolled.types import AnyArray

__all__ = ["GaussianEmission", "require_means", "require_width"]


@jax.tree_util.register_dataclass
@dataclass(frozen=True, eq=False)
class GaussianEmission:
    """``y_t | state k ~ N(mean_k, covariance_k)``.

    Of a step that was seen in part the marginal density of that part counts, and learning takes the expectation of the
    rest and of its squares, given that part and the state: EM in its exact form.

    Attributes
    ----------
    means, covariances
        In the units of the observations, and their squares.

    References
    ----------
    L. R. Rabiner, Proceedings of the IEEE 77 (1989) 257, section IV; Z. Ghahramani and M. I. Jordan, Advances in Neural
    Information Processing Systems 6 (1994) 120, for what is missing.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.statespace import GaussianEmission
    >>> emission = GaussianEmission(np.array([[0.0], [5.0]]), np.ones((2, 1, 1)))
    >>> emission.states, emission.features
    (2, 1)
    """

    means: Float[AnyArray, "*restart state feature"]
    covariances: Float[AnyArray, "*restart state _ _"]

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

    @property
    def variances(self) -> Float[AnyArray, "state feature"]:
        """Of every feature, by state."""
        return np.diagonal(np.asarray(self.covariances), axis1=1, axis2=2)

    def check(self) -> None:
        """Raise an :class:`InputError` unless means are finite and covariances positive definite."""
        require_means(self.means)
        require_covariances("the covariance", self.covariances, self.states, self.features)

    def readable(self, rows: Float[np.ndarray, "time feature"]) -> Float[np.ndarray, "time feature"]:
        """The observations, if their width is right."""
        return require_width(rows, self.features)

    def log_density(self, steps: ObservedSteps) -> Float[Array, "time state"]:
        """The density of what was seen; the rest is integrated out."""
        if len(steps.patterns) == 1:
            dense = log_normal(steps.values[:, None, :] - self.means, jnp.asarray(self.covariances))
            return jnp.where(steps.tells[:, None], dense, 0.0)
        return jax.lax.map(lambda state: self._marginal(steps, *state), (self.means, self.covariances)).T

    def _marginal(
        self, steps: ObservedSteps, mean: Float[Array, " feature"], S: Float[Array, "feature feature"]
    ) -> Float[Array, " time"]:
        """Of one state. What is missing becomes a feature of its own, of variance 1, that was found at its mean."""
        inverse, logs = inverse_roots(_seen_part(S, steps.patterns))
        residuals = jnp.where(steps.seen, steps.values - mean, 0.0)
        white = jnp.einsum("tgf,tf->tg", inverse[steps.pattern], residuals)
        dense = -0.5 * jnp.sum(white**2 + LOG_2_PI * steps.seen, axis=1) - logs[steps.pattern]
        return jnp.where(steps.tells, dense, 0.0)

    def refit(self, steps: ObservedSteps, weights: Float[Array, "time state"], limits: Limits) -> GaussianEmission:
        """Weighted means and covariances; steps without any value tell nothing."""
        counted = jnp.where(steps.tells[:, None], weights, 0.0)

        def one(state: Any) -> Any:
            mean, S, w = state
            total = jnp.sum(w)
            safe = jnp.maximum(total, DEAD)
            filled, extra = self._completed(steps, mean, S, w)
            new = w @ filled / safe
            centred = filled - new
            spread = ((w[:, None] * centred).T @ centred + extra) / safe
            alive = total > DEAD
            return jnp.where(alive, new, mean), jnp.where(alive, floored(spread, limits.floor), S)

        return GaussianEmission(*jax.lax.map(one, (self.means, self.covariances, counted.T)))

    def _completed(
        self, steps: ObservedSteps, mean: Any, S: Any, w: Float[Array, " time"]
    ) -> tuple[Float[Array, "time feature"], Any]:
        """Steps with their missing features expected, and the weighted sum of the covariances of these."""
        if len(steps.patterns) == 1:
            return jnp.asarray(steps.values), 0.0
        inverse, _ = inverse_roots(_seen_part(S, steps.patterns))
        # S_.o S_oo^-1, with columns of zeros where nothing was seen.
        gain = jnp.einsum("fe,pge,pgh->pfh", S, inverse * steps.patterns[:, None, :], inverse)
        gain = gain * steps.patterns[:, None, :]
        residuals = jnp.where(steps.seen, steps.values - mean, 0.0)
        expected = mean + jnp.einsum("tfe,te->tf", gain[steps.pattern], residuals)
        missing = ~steps.patterns
        left = (S - jnp.einsum("pfe,eg->pfg", gain, S)) * (missing[:, :, None] & missing[:, None, :])
        by_pattern = jnp.zeros(len(missing)).at[steps.pattern].add(w)
        return jnp.where(steps.seen, steps.values, expected), jnp.einsum("p,pfg->fg", by_pattern, left)

    def log_prior(self, counts: Any) -> Any:
        """Pseudo-counts say nothing to it."""
        del counts
        return 0.0

    def roots(self) -> Float[Array, "state feature feature"]:
        """Roots of the covariances."""
        return roots_of(jnp.asarray(self.covariances))

    def draw(
        self, roots: Any, states: Int[Array, " path"], past: Float[Array, "path lagged"], *, key: Array
    ) -> Float[Array, "path feature"]:
        """One observation for every path."""
        del past
        noise = jax.random.normal(key, (len(states), self.features))
        return jnp.asarray(self.means)[states] + jnp.einsum("nfe,ne->nf", roots[states], noise)


def _seen_part(
    S: Float[Array, "feature feature"], patterns: Float[AnyArray, "pattern feature"] | Any
) -> Float[Array, "pattern feature feature"]:
    """S where both features were seen, the identity elsewhere."""
    both = patterns[:, :, None] & patterns[:, None, :]
    return jnp.where(both, S, jnp.eye(len(S)))


def require_means(means: AnyArray) -> None:
    """Raise an :class:`InputError` unless means are finite numbers ``(state, feature)``."""
    if np.ndim(means) != 2 or 0 in np.shape(means) or not np.isfinite(np.asarray(means)).all():
        raise InputError(f"means must be finite numbers of shape (state, feature); came shape {np.shape(means)}.")


def require_width(rows: Float[np.ndarray, "time feature"], features: int) -> Float[np.ndarray, "time feature"]:
    """The observations, or an :class:`InputError` if they have another number of features."""
    if rows.shape[1] != features:
        raise InputError(f"the model has {features} features; the observations have {rows.shape[1]}.")
    return rows
