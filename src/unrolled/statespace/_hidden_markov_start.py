"""Where learning of a hidden Markov model begins: to which state every step belongs, at first guess."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from jaxtyping import Array, Float, Int

from unrolled.statespace._autoregressive_emission import AutoregressiveEmission
from unrolled.statespace._categorical_emission import CategoricalEmission
from unrolled.statespace._diagonal_emission import DiagonalEmission
from unrolled.statespace._emissions import Emission
from unrolled.statespace._gaussian_emission import GaussianEmission

__all__ = ["EMISSIONS", "FLOORS", "first_weights"]

_SURE = 0.9  # of the weight of a step, to the state that it is given to
_ROUNDS = 10  # of k-means
_MOST_ROWS = 20_000  # as many are grouped; the others go to the nearest centre
_SEGMENTS = 5  # a state, at least

#: By name: an emission of so many states that fits these features, lags and symbols, to be refitted at once.
EMISSIONS: dict[str, Callable[[int, Float[np.ndarray, " feature"], Float[np.ndarray, " feature"], int, int], Any]] = {
    "gaussian": lambda K, mean, var, lags, symbols: GaussianEmission(_each(K, mean), _each(K, np.diag(var))),
    "diagonal": lambda K, mean, var, lags, symbols: DiagonalEmission(_each(K, mean), _each(K, var)),
    "categorical": lambda K, mean, var, lags, symbols: CategoricalEmission(np.full((K, symbols), 1.0 / symbols)),
    "autoregressive": lambda K, mean, var, lags, symbols: AutoregressiveEmission(
        _each(K, mean), np.zeros((K, lags, len(mean), len(mean))), _each(K, np.diag(var))
    ),
}

#: The least variance, as a share of that of all values, where none is given. A recurrence may leave next to nothing.
FLOORS = {"gaussian": 1e-4, "diagonal": 1e-4, "categorical": 1e-4, "autoregressive": 1e-10}


def first_weights(
    rows: Float[np.ndarray, "time feature"], emission: Emission, restart: int, *, key: Array
) -> Float[np.ndarray, "time state"]:
    """Weights of every step for the first M step.

    Restart 0 cuts the first feature at its quantiles, for states that differ by their level. After it, in turn:
    stretches of time at random, for states that differ by anything else; and groups around random centres. Symbols and
    recurrences begin from stretches alone.

    Parameters
    ----------
    rows
        The values, end to end; NaN where nothing was observed.
    emission
        Decides how many states there are, and what they may differ by.
    restart
        The number of this start.
    key
        Its own random key.
    """
    rng = np.random.default_rng(np.asarray(jax.random.key_data(key)).tolist())
    states = emission.states
    by_level = isinstance(emission, GaussianEmission | DiagonalEmission)
    if by_level and restart % 2 == 0:
        labels = _quantiles(rows, states) if restart == 0 else _groups(rows, states, rng)
    else:
        labels = _stretches(len(rows), states, rng)
    weights = np.full((len(rows), states), (1 - _SURE) / states)
    weights[np.arange(len(rows)), labels] += _SURE
    return weights


def _each(states: int, value: np.ndarray) -> np.ndarray:
    return np.repeat(np.asarray(value, np.float64)[None], states, axis=0)


def _filled(rows: Float[np.ndarray, "time feature"]) -> Float[np.ndarray, "time feature"]:
    """Standardized, with 0 in place of what is missing."""
    seen = ~np.isnan(rows)
    count = np.maximum(seen.sum(axis=0), 1)
    mean = np.where(seen, rows, 0).sum(axis=0) / count
    spread = np.sqrt(np.where(seen, (rows - mean) ** 2, 0).sum(axis=0) / count)
    return np.where(seen, (rows - mean) / np.where(spread > 0, spread, 1), 0)


def _quantiles(rows: Float[np.ndarray, "time feature"], states: int) -> Int[np.ndarray, " time"]:
    ranks = np.argsort(np.argsort(_filled(rows)[:, 0], kind="stable"), kind="stable")
    return ranks * states // len(rows)


def _stretches(count: int, states: int, rng: np.random.Generator) -> Int[np.ndarray, " time"]:
    """Pieces of random length, every state at least once where there are steps enough."""
    pieces = min(count, _SEGMENTS * states)
    cuts = np.sort(rng.choice(count, pieces, replace=False))
    cuts[0] = 0
    labels = np.concatenate([rng.permutation(states) for _ in range(-(-pieces // states))])[:pieces]
    return np.repeat(labels, np.diff(np.append(cuts, count)))


def _groups(rows: Float[np.ndarray, "time feature"], states: int, rng: np.random.Generator) -> Int[np.ndarray, " time"]:
    """k-means from centres that are drawn far from each other."""
    z = _filled(rows)
    chosen = z if len(z) <= _MOST_ROWS else z[rng.choice(len(z), _MOST_ROWS, replace=False)]
    centres = chosen[rng.integers(len(chosen))][None]
    while len(centres) < states:
        far = _distances(chosen, centres).min(axis=1)
        share = far / far.sum() if far.sum() > 0 else None
        centres = np.concatenate([centres, chosen[rng.choice(len(chosen), p=share)][None]])
    for _ in range(_ROUNDS):
        labels = _distances(chosen, centres).argmin(axis=1)
        own = [chosen[labels == k] for k in range(states)]
        centres = np.stack([one.mean(axis=0) if len(one) else old for one, old in zip(own, centres, strict=True)])
    return _distances(z, centres).argmin(axis=1)


def _distances(
    z: Float[np.ndarray, "time feature"], centres: Float[np.ndarray, "centre feature"]
) -> Float[np.ndarray, "time centre"]:
    return np.stack([((z - centre) ** 2).sum(axis=1) for centre in centres], axis=1)
