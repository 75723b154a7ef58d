"""Gaussian emissions around a linear recurrence that the state decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from unrolled.errors import InputError
from unrolled.statespace._covariances import floored, log_normal, require_covariances, roots_of
from unrolled.statespace._emissions import DEAD, Limits
from unrolled.statespace._gaussian_emission import require_means, require_width
from unrolled.statespace._observed_steps import ObservedSteps
from unrolled.types import AnyArray

__all__ = ["AutoregressiveEmission"]

_RANK = 1e-12  # singular values that much smaller than the largest are rounding


@jax.tree_util.register_dataclass
@dataclass(frozen=True, eq=False)
class AutoregressiveEmission:
    r"""``y_t | state k ~ N(c_k + sum_l A_kl y_{t-l}, covariance_k)``, l from 1 to the number of lags.

    The first steps of every sequence, as many as there are lags, are conditioned on: they have no density of their own.
    Nor has a step of which a value, or one of its lags, was not seen: such a step tells nothing about the state, and
    the chain goes on through it. (The exact density would need the distribution of what is missing, given the whole
    past.)

    Learning solves weighted least squares by orthogonal factors; whatever the covariance, their solution is the most
    likely one, since all features see the same lags.

    Attributes
    ----------
    c, A
        Intercepts, and coefficients ``(state, lag, feature, feature)``: ``A[k, l - 1, i, j]`` is what value j of l
        steps ago adds to value i.
    covariances
        Of what the recurrence leaves.

    References
    ----------
    J. D. Hamilton, Econometrica 57 (1989) 357.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.statespace import AutoregressiveEmission
    >>> emission = AutoregressiveEmission(np.zeros((2, 1)), np.full((2, 3, 1, 1), 0.2), np.ones((2, 1, 1)))
    >>> emission.states, emission.features, emission.lags
    (2, 1, 3)
    """

    c: Float[AnyArray, "*restart state feature"]
    A: Float[AnyArray, "*restart state lag _ _"]
    covariances: Float[AnyArray, "*restart _ _ _"]

    @property
    def states(self) -> int:
        """How many hidden states it tells apart."""
        return self.c.shape[0]

    @property
    def features(self) -> int:
        """How many values an observation has."""
        return self.c.shape[1]

    @property
    def lags(self) -> int:
        """How many observations before this one its density sees."""
        return self.A.shape[1]

    @property
    def coefficients(self) -> Float[Array, "state lagged feature"]:
        """A as matrices that multiply the lags side by side, from the right."""
        states, lags, features, _ = self.A.shape
        return jnp.asarray(self.A).transpose(0, 1, 3, 2).reshape(states, lags * features, features)

    def check(self) -> None:
        """Raise an :class:`InputError` unless shapes fit and covariances are positive definite."""
        require_means(self.c)
        shape = np.shape(self.A)
        fits = len(shape) == 4 and shape[1] > 0 and shape == (self.states, shape[1], self.features, self.features)
        if not fits or not np.isfinite(np.asarray(self.A)).all():
            raise InputError(
                f"A must be finite numbers of shape (state, lag, feature, feature) with one lag at least; came {shape}."
            )
        require_covariances("the covariance", self.covariances, self.states, self.features)

    def readable(self, rows: Float[np.ndarray, "time feature"]) -> Float[np.ndarray, "time feature"]:
        """The observations, if their width is right."""
        return require_width(rows, self.features)

    def log_density(self, steps: ObservedSteps) -> Float[Array, "time state"]:
        """The density given the lags; 0 where one of them is missing."""
        said = self.c + jnp.einsum("tl,klf->tkf", jnp.asarray(steps.past), self.coefficients)
        dense = log_normal(steps.values[:, None, :] - said, jnp.asarray(self.covariances))
        return jnp.where(steps.tells[:, None], dense, 0.0)

    def refit(
        self, steps: ObservedSteps, weights: Float[Array, "time state"], limits: Limits
    ) -> AutoregressiveEmission:
        """Weighted least squares of every state, and the covariance of what they leave."""
        counted = jnp.where(steps.tells[:, None], weights, 0.0)
        rows = jnp.concatenate(
            [jnp.ones((len(counted), 1)), jnp.asarray(steps.past), jnp.asarray(steps.values)], axis=1
        )
        short = max(rows.shape[1] - len(rows), 0)  # the triangle needs as many rows as columns

        def one(state: Any) -> Any:
            c, A, S, w = state
            R = jnp.linalg.qr(jnp.pad(jnp.sqrt(w)[:, None] * rows, ((0, short), (0, 0))), mode="r")
            columns, targets = jnp.split(R, [rows.shape[1] - self.features], axis=1)
            solved = _least_squares(columns, targets)
            left = targets - columns @ solved
            total = jnp.sum(w)
            spread = floored(left.T @ left / jnp.maximum(total, DEAD), limits.floor)
            alive = total > DEAD
            new = solved[1:].reshape(self.lags, self.features, self.features).transpose(0, 2, 1)
            return jnp.where(alive, solved[0], c), jnp.where(alive, new, A), jnp.where(alive, spread, S)

        return AutoregressiveEmission(*jax.lax.map(one, (self.c, self.A, self.covariances, counted.T)))

    def log_prior(self, counts: Any) -> Any:
        """Pseudo-counts say nothing to it."""
        del counts
        return 0.0

    def roots(self) -> Any:
        """Roots of the covariances, and the coefficients."""
        return roots_of(jnp.asarray(self.covariances)), self.coefficients

    def draw(
        self, roots: Any, states: Int[Array, " path"], past: Float[Array, "path lagged"], *, key: Array
    ) -> Float[Array, "path feature"]:
        """One observation for every path, given those before."""
        root, coefficients = roots
        noise = jax.random.normal(key, (len(states), self.features))
        said = jnp.asarray(self.c)[states] + jnp.einsum("nl,nlf->nf", past, coefficients[states])
        return said + jnp.einsum("nfe,ne->nf", root[states], noise)


def _least_squares(
    columns: Float[Array, "row column"], targets: Float[Array, "row feature"]
) -> Float[Array, "column feature"]:
    """The shortest solution, columns brought to length 1 first."""
    length = jnp.sqrt(jnp.sum(columns**2, axis=0))
    length = jnp.where(length > 0, length, 1.0)
    left, values, right = jnp.linalg.svd(columns / length, full_matrices=False)
    kept = values > _RANK * values[0]
    scaled = jnp.where(kept, 1 / jnp.where(kept, values, 1.0), 0.0)[:, None] * (left.T @ targets)
    return (right.T @ scaled) / length[:, None]
