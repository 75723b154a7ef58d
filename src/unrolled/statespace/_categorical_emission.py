"""Symbols: emissions that are one of finitely many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from unrolled.errors import InputError
from unrolled.statespace._emissions import DEAD, Limits
from unrolled.statespace._observed_steps import ObservedSteps
from unrolled.types import AnyArray

__all__ = ["CategoricalEmission", "require_symbols"]


@jax.tree_util.register_dataclass
@dataclass(frozen=True, eq=False)
class CategoricalEmission:
    """``P(y_t = symbol | state k) = probabilities[k, symbol]``, symbols being 0, 1, 2, ...

    -1 or NaN is a symbol that was not observed. A symbol that no state emits has probability zero: it is refused by
    name. Pseudo-counts in learning keep every probability above zero.

    Attributes
    ----------
    probabilities
        Rows that sum to 1.

    References
    ----------
    L. R. Rabiner, Proceedings of the IEEE 77 (1989) 257, section III.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.statespace import CategoricalEmission
    >>> CategoricalEmission(np.array([[0.5, 0.5], [0.1, 0.9]])).readable(np.array([[0.0], [2.0]]))
    Traceback (most recent call last):
    unrolled.errors.InputError: symbol 2 is none that the model knows: it has symbols 0 to 1; ...
    """

    probabilities: Float[AnyArray, "*restart state symbol"]

    @property
    def states(self) -> int:
        """How many hidden states it tells apart."""
        return self.probabilities.shape[0]

    @property
    def features(self) -> int:
        """One symbol a step."""
        return 1

    @property
    def lags(self) -> int:
        """It sees no observation but its own."""
        return 0

    def check(self) -> None:
        """Raise an :class:`InputError` unless every row is a distribution."""
        P = np.asarray(self.probabilities)
        good = P.ndim == 2 and P.size > 0 and np.isfinite(P).all() and (P >= 0).all()
        if not good or not np.allclose(P.sum(axis=1), 1, rtol=0, atol=1e-8):
            raise InputError(
                "probabilities of symbols must be numbers of at least 0 of shape (state, symbol), whose rows sum to 1; "
                f"came shape {P.shape}, with rows that sum to {P.sum(axis=-1).tolist()}."
            )

    def readable(self, rows: Float[np.ndarray, "time feature"]) -> Float[np.ndarray, "time feature"]:
        """The symbols, NaN where none was observed; an :class:`InputError` names one that cannot be."""
        symbols = require_symbols(rows)
        known = self.probabilities.shape[1]
        seen = np.unique(symbols[~np.isnan(symbols)]).astype(np.int64)
        beyond = seen[seen >= known]
        if beyond.size:
            raise InputError(
                f"symbol {beyond[0]} is none that the model knows: it has symbols 0 to {known - 1}; learn with "
                f"symbols={beyond[0] + 1} or more, and pseudo-counts."
            )
        never = seen[np.asarray(self.probabilities)[:, seen].max(axis=0, initial=0.0) == 0]
        if never.size:
            raise InputError(
                f"symbol {never[0]} has probability zero in every state: it was not seen in training; learn with "
                "pseudo-counts."
            )
        return symbols

    def log_density(self, steps: ObservedSteps) -> Float[Array, "time state"]:
        """Log P of the symbol; 0 where none was seen."""
        symbols = jnp.asarray(steps.values[:, 0], jnp.int32)
        return jnp.where(steps.tells[:, None], jnp.log(jnp.asarray(self.probabilities)).T[symbols], 0.0)

    def refit(self, steps: ObservedSteps, weights: Float[Array, "time state"], limits: Limits) -> CategoricalEmission:
        """Weighted shares of the symbols, with pseudo-counts."""
        symbols = jnp.asarray(steps.values[:, 0], jnp.int32)
        counted = jnp.where(steps.tells[:, None], weights, 0.0)
        sums = jnp.zeros(self.probabilities.shape[::-1]).at[symbols].add(counted).T + limits.counts
        total = jnp.sum(sums, axis=1, keepdims=True)
        shares = sums / jnp.maximum(total, DEAD)
        return CategoricalEmission(jnp.where(total > DEAD, shares, self.probabilities))

    def log_prior(self, counts: Any) -> Any:
        """``counts`` times the sum of all log P."""
        return jnp.sum(jax.scipy.special.xlogy(counts, self.probabilities))

    def roots(self) -> Float[Array, "state symbol"]:
        """Logarithms of the probabilities."""
        return jnp.log(jnp.asarray(self.probabilities))

    def draw(
        self, roots: Any, states: Int[Array, " path"], past: Float[Array, "path lagged"], *, key: Array
    ) -> Float[Array, "path feature"]:
        """One symbol for every path."""
        del past
        return jnp.asarray(jax.random.categorical(key, roots[states])[:, None], roots.dtype)


def require_symbols(rows: Float[np.ndarray, "time feature"]) -> Float[np.ndarray, "time feature"]:
    """Symbols as numbers, -1 turned into NaN; an :class:`InputError` unless they are whole and of one column."""
    if rows.shape[1] != 1:
        raise InputError(f"symbols come one a step, as (time,) or (time, 1); came {rows.shape[1]} features.")
    symbols = np.where(rows == -1, np.nan, rows)
    seen = symbols[~np.isnan(symbols)]
    odd = seen[(seen < 0) | (seen != np.round(seen)) | (seen > 2**31 - 2)]
    if odd.size:
        raise InputError(f"symbols must be whole numbers from 0 up, or -1 where none was observed; came {odd[0]:g}.")
    return symbols
