"""What comes next, by a hidden Markov model: mixtures over its states, and draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from unrolled.arguments import MOST, require_kind, require_number, require_whole
from unrolled.compilation import compiled
from unrolled.errors import InputError
from unrolled.statespace._autoregressive_emission import AutoregressiveEmission
from unrolled.statespace._categorical_emission import CategoricalEmission
from unrolled.statespace._finite import require_finite
from unrolled.statespace._hidden_markov import HiddenMarkov, checked_chain
from unrolled.statespace._observed_steps import sequences_of
from unrolled.statespace._state_posterior import filter_hidden_markov
from unrolled.statespace._switching_moments import switching_moments
from unrolled.types import precision

__all__ = ["HiddenMarkovForecast", "draw_series", "forecast_hidden_markov", "mixture_quantiles", "sample_future"]

_HALVINGS = 100
_FAR = 40.0  # standard deviations beyond which a normal distribution has nothing in double precision


@dataclass(frozen=True, eq=False)
class HiddenMarkovForecast:
    """The distribution of every future step.

    Attributes
    ----------
    states
        ``P(s_{T+h} | y)``.
    mean, variance
        Of every feature: exact, for autoregressive emissions too. ``None`` for symbols.
    symbols
        ``P(y_{T+h} | y)`` of every symbol; ``None`` for numbers.
    model
        That said it.
    """

    states: Float[np.ndarray, "horizon state"]
    mean: Float[np.ndarray, "horizon feature"] | None
    variance: Float[np.ndarray, "horizon feature"] | None
    symbols: Float[np.ndarray, "horizon symbol"] | None
    model: HiddenMarkov

    def quantiles(self, levels: Sequence[float]) -> Float[np.ndarray, "level horizon feature"]:
        """Quantiles of the mixture, one feature at a time; an :class:`InputError` where it is none of Gaussians."""
        emission: Any = self.model.emission
        if self.mean is None or isinstance(emission, AutoregressiveEmission):
            raise InputError("these emissions have no mixture of few Gaussians; take quantiles of sample_future.")
        return mixture_quantiles(self.states, np.asarray(emission.means), np.sqrt(emission.variances), levels)


def forecast_hidden_markov(model: HiddenMarkov, y: Any, horizon: int) -> HiddenMarkovForecast:
    r"""The distribution of the next steps after one sequence.

    ``P(s_{T+h} | y) = filtered_T transition^h``; the observation is a mixture with these weights. With lags the mean
    and the covariance of what is remembered are carried on for every state, and mixed where states come together: this
    is exact, however many paths there are.

    Parameters
    ----------
    model
        A hidden Markov model.
    y
        One sequence; its last ``lags`` steps must be known.
    horizon
        How many steps.

    Raises
    ------
    InputError
        Several sequences, a horizon below 1, unknown last values, or as :func:`forward_backward`.

    References
    ----------
    W. Zucchini, I. L. MacDonald and R. Langrock, Hidden Markov Models for Time Series (2016), section 5.2; O. L. V.
    Costa, M. D. Fragoso and R. P. Marques, Discrete-Time Markov Jump Linear Systems (2005), section 3.2.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.statespace import DiagonalEmission, HiddenMarkov, forecast_hidden_markov
    >>> emission = DiagonalEmission(np.array([[0.0], [8.0]]), np.ones((2, 1)))
    >>> model = HiddenMarkov(np.array([0.5, 0.5]), np.array([[0.75, 0.25], [0.25, 0.75]]), emission)
    >>> forecast_hidden_markov(model, [0.0, 0.1], 2).mean.round(3).tolist()
    [[2.0], [3.0]]
    """
    steps = require_whole("horizon", horizon, 1, MOST)
    model, filtered, past = _end(model, y)
    states = future_states(model, filtered, steps)
    emission: Any = model.emission
    if isinstance(emission, CategoricalEmission):
        return HiddenMarkovForecast(states, None, None, states @ np.asarray(emission.probabilities), model)
    if isinstance(emission, AutoregressiveEmission):
        mean, variance = switching_moments(model, filtered, past, steps)
    else:
        mean = states @ emission.means
        apart = (np.asarray(emission.means) - mean[:, None]) ** 2
        variance = np.einsum("hk,hkf->hf", states, apart + emission.variances)
    require_finite(mean, variance)
    return HiddenMarkovForecast(states, mean, variance, None, model)


def future_states(
    model: HiddenMarkov, filtered: Float[np.ndarray, " state"], horizon: int
) -> Float[np.ndarray, "horizon state"]:
    """``filtered transition^h`` for h from 1: powers are put together from half as many."""
    powers = np.asarray(model.transition)[None]
    while len(powers) < horizon:
        powers = np.concatenate([powers, powers @ powers[-1]])
    return filtered @ powers[:horizon]


def mixture_quantiles(
    weights: Float[np.ndarray, "horizon state"], means: Float[np.ndarray, "state feature"],
    deviations: Float[np.ndarray, "state feature"], levels: Sequence[float],
) -> Float[np.ndarray, "level horizon feature"]:  # fmt: skip
    """Quantiles of mixtures of Gaussians, by bisection of their distribution functions.

    Parameters
    ----------
    weights
        Of the states, at every step.
    means, deviations
        Of every feature, by state.
    levels
        Shares between 0 and 1.

    Raises
    ------
    InputError
        A level that is no such share.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.statespace import mixture_quantiles
    >>> both = mixture_quantiles(np.array([[0.5, 0.5]]), np.array([[-3.0], [3.0]]), np.ones((2, 1)), [0.25, 0.75])
    >>> both[:, 0, 0].round(2).tolist()
    [-3.0, 3.0]
    """
    from scipy.special import ndtr

    for level in levels:
        require_number("level", level, above=0.0, below=1.0)
    wanted = np.asarray(levels, np.float64)[:, None, None]
    shape = (len(levels), len(weights), means.shape[1])
    low = np.broadcast_to((means - _FAR * deviations).min(axis=0), shape)
    high = np.broadcast_to((means + _FAR * deviations).max(axis=0), shape)
    for _ in range(_HALVINGS):
        middle = low / 2 + high / 2
        below = sum(weights[:, k, None] * ndtr((middle - means[k]) / deviations[k]) for k in range(len(means)))
        low, high = np.where(below < wanted, middle, low), np.where(below < wanted, high, middle)
    return low / 2 + high / 2


def sample_future(
    model: HiddenMarkov, y: Any, horizon: int, count: int, *, key: Array
) -> Float[np.ndarray, "path horizon feature"]:
    """Continuations of one sequence, drawn with their states; arguments and errors as :func:`forecast_hidden_markov`.

    Parameters
    ----------
    model, y, horizon
        As there.
    count
        How many continuations.
    key
        A random key.

    Examples
    --------
    >>> import jax, numpy as np
    >>> from unrolled.statespace import CategoricalEmission, HiddenMarkov, sample_future
    >>> model = HiddenMarkov(np.array([1.0, 0.0]), np.eye(2)[::-1], CategoricalEmission(np.eye(2)))
    >>> sample_future(model, [0, 1], 3, 1, key=jax.random.key(0))[0, :, 0].tolist()
    [0.0, 1.0, 0.0]
    """
    steps = require_whole("horizon", horizon, 1, MOST)
    require_whole("count", count, 1, MOST)
    model, filtered, past = _end(model, y)
    begin = filtered @ np.asarray(model.transition)
    return _drawn(model, begin, past, steps=steps, count=count, key=key)[1]


def draw_series(
    model: HiddenMarkov, steps: int, *, key: Array
) -> tuple[Int[np.ndarray, " time"], Float[np.ndarray, "time feature"]]:
    """States and observations, drawn from the model's own beginning; lags before it are 0.

    Examples
    --------
    >>> import jax, numpy as np
    >>> from unrolled.statespace import CategoricalEmission, HiddenMarkov, draw_series
    >>> model = HiddenMarkov(np.array([1.0, 0.0]), np.eye(2)[::-1], CategoricalEmission(np.eye(2)))
    >>> draw_series(model, 3, key=jax.random.key(0))[0].tolist()
    [0, 1, 0]
    """
    model = checked_chain("model", model)
    count = require_whole("steps", steps, 1, MOST)
    past = np.zeros(model.emission.lags * model.emission.features)
    states, values = _drawn(model, np.asarray(model.initial), past, steps=count, count=1, key=key)
    return states[0], values[0]


def _end(model: HiddenMarkov, y: Any) -> tuple[HiddenMarkov, Float[np.ndarray, " state"], Float[np.ndarray, " lagged"]]:
    """The model in float64, filtered probabilities after the last step, and the last values, the latest first."""
    model, sequences = checked_chain("model", model), sequences_of(y)
    if len(sequences) != 1:
        raise InputError(f"one sequence is continued at a time; came {len(sequences)}.")
    filtered = filter_hidden_markov(model, sequences[0])[0]
    lags = model.emission.lags
    last = sequences[0][len(sequences[0]) - lags :][::-1] if lags else np.zeros((0, 1))
    if len(last) < lags or np.isnan(last).any():
        raise InputError(f"a continuation needs the last {lags} steps, all of them known.")
    return model, filtered[-1], last.reshape(-1)


def _drawn(
    model: HiddenMarkov,
    begin: Float[np.ndarray, " state"],
    past: Float[np.ndarray, " lagged"],
    *,
    steps: int,
    count: int,
    key: Array,
) -> tuple[Int[np.ndarray, "path time"], Float[np.ndarray, "path time feature"]]:
    require_kind("key", key, jax.Array)
    padded = max(16, 1 << (steps - 1).bit_length())
    with precision("float64"):
        states, values = _draw_paths(model, begin, past, key, steps=padded, count=count)
        return np.asarray(states)[:, :steps], np.asarray(values)[:, :steps]


@partial(compiled, static_argnames=("steps", "count"))
def _draw_paths(
    model: HiddenMarkov, begin: Any, past: Any, key: Array, *, steps: int, count: int
) -> tuple[Array, Array]:
    emission = model.emission
    roots, sums = emission.roots(), jnp.cumsum(jnp.asarray(model.transition), axis=1)

    def of_share(u: Any, cumulated: Any) -> Array:
        chosen = jnp.sum(u[:, None] * cumulated[..., -1:] >= cumulated, axis=1).astype(jnp.int32)
        return jnp.minimum(chosen, model.states - 1)

    def onward(at: Any, number: Any) -> Any:
        state, lagged = at
        for_state, for_value = jax.random.split(jax.random.fold_in(key, number))
        u = jax.random.uniform(for_state, (count,))
        cumulated = jnp.where(number == 0, jnp.cumsum(jnp.asarray(begin)), sums[state])
        state = of_share(u, cumulated)
        value = emission.draw(roots, state, lagged, key=for_value)
        kept = jnp.concatenate([value, lagged], axis=1)[:, : lagged.shape[1]]
        return (state, kept), (state, value)

    start = (jnp.zeros(count, jnp.int32), jnp.broadcast_to(jnp.asarray(past), (count, len(past))))
    states, values = jax.lax.scan(onward, start, jnp.arange(steps))[1]
    return states.T, values.transpose(1, 0, 2)
