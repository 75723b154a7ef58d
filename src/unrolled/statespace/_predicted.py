"""What comes next: exact forecasts, and samples."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from unrolled.arguments import require_kind, require_whole
from unrolled.compilation import compiled
from unrolled.errors import InputError
from unrolled.statespace._finite import require_finite
from unrolled.statespace._forms import square_root
from unrolled.statespace._kalman_filter import Filtered
from unrolled.statespace._linear_gaussian import LinearGaussian, checked_system
from unrolled.statespace._observations import as_inputs, state_offsets
from unrolled.types import AnyArray, precision

__all__ = ["Ahead", "Sample", "predict_ahead", "sample_linear_gaussian"]

_MOST_STEPS = 1_000_000


class Ahead(NamedTuple):
    """States and observations to come, each Gaussian.

    Attributes
    ----------
    mean, covariance
        Of the observations, noise included, ``(horizon, feature)`` and ``(horizon, feature, feature)``.
    state_mean, state_covariance
        Of the states.
    """

    mean: Float[AnyArray, "horizon feature"]
    covariance: Float[AnyArray, "horizon feature feature"]
    state_mean: Float[AnyArray, "horizon unit"]
    state_covariance: Float[AnyArray, "horizon unit unit"]


class Sample(NamedTuple):
    """One draw of states and observations, ``(time, unit)`` and ``(time, feature)``."""

    states: Float[AnyArray, "time unit"]
    observations: Float[AnyArray, "time feature"]


def predict_ahead(model: LinearGaussian, filtered: Filtered, horizon: int, inputs: Any = None) -> Ahead:
    """The exact distribution of what comes after the end of a filtered series.

    ``m <- W m + U x + b``, ``P <- W P W^T + Q``; observed ``N(V m + D x + c, V P V^T + R)``.

    Parameters
    ----------
    model
        The system.
    filtered
        What :func:`filter_states` found.
    horizon
        How many steps.
    inputs
        x_t of these steps, for a model that takes inputs.

    Raises
    ------
    InputError
        A horizon below 1, inputs that do not fit.
    TrainingError
        The system grows, and ran off to infinity.

    Examples
    --------
    The variance of a random walk grows by that of its noise.

    >>> import numpy as np
    >>> from unrolled.statespace import LinearGaussian, filter_states, predict_ahead
    >>> one = np.eye(1)
    >>> walk = LinearGaussian(W=one, V=one, Q=0.1 * one, R=one, m=np.zeros(1), P=one)
    >>> ahead = predict_ahead(walk, filter_states(walk, [1.0, 2.0, 3.0]), 2)
    >>> ahead.mean[:, 0].round(3).tolist(), ahead.covariance[:, 0, 0].round(3).tolist()
    ([1.686, 1.686], [1.422, 1.522])
    """
    model, steps = checked_system(model), require_whole("horizon", horizon, 1, _MOST_STEPS)
    if filtered.mean.shape[1] != model.units:
        raise InputError(f"the states that were filtered have {filtered.mean.shape[1]} units; the model {model.units}.")
    x = as_inputs(model, inputs, steps)
    padded = 1 << (steps - 1).bit_length()  # horizons share programs
    x = np.concatenate([x, np.zeros((padded - steps, x.shape[1]))])
    with precision("float64"):
        made = _ahead(model, jnp.asarray(filtered.mean[-1]), jnp.asarray(filtered.covariance[-1]), x)
        found = Ahead(*(np.asarray(part)[:steps] for part in made))
    require_finite(found.mean, found.covariance)
    return found


@compiled
def _ahead(model: LinearGaussian, mean: Array, covariance: Array, inputs: Array) -> tuple[Array, ...]:
    W, V, Q, R = (jnp.asarray(part) for part in (model.W, model.V, model.Q, model.R))

    def step(carried: tuple[Array, Array], offset: Array) -> tuple[tuple[Array, Array], tuple[Array, ...]]:
        mean, P = carried
        mean, P = W @ mean + offset, W @ P @ W.T + Q
        return (mean, P), (V @ mean, V @ P @ V.T + R, mean, P)

    _, (observed, spread, means, covariances) = jax.lax.scan(step, (mean, covariance), state_offsets(model, inputs))
    return observed + _shown(model, inputs), spread, means, covariances


def _shown(model: LinearGaussian, inputs: Array) -> Array:
    """``D x_t + c``."""
    offset = jnp.zeros(model.features) if model.c is None else jnp.asarray(model.c)
    return offset if model.D is None else offset + inputs @ model.D.T


def sample_linear_gaussian(model: LinearGaussian, steps: int, inputs: Any = None, *, key: Any) -> Sample:
    """Draw states and observations from the first step on.

    Parameters
    ----------
    model
        The system; singular covariances are drawn from too.
    steps
        How many.
    inputs
        x_t, for a model that takes inputs.
    key
        Decides the draw.

    Examples
    --------
    >>> import jax, numpy as np
    >>> from unrolled.statespace import LinearGaussian, sample_linear_gaussian
    >>> one = np.eye(1)
    >>> still = LinearGaussian(W=one, V=one, Q=0 * one, R=0 * one, m=2 * np.ones(1), P=0 * one)
    >>> sample_linear_gaussian(still, 3, key=jax.random.key(0)).observations[:, 0].tolist()
    [2.0, 2.0, 2.0]
    """
    model = checked_system(model)
    require_whole("steps", steps, 1, _MOST_STEPS)
    require_kind("key", key, jax.Array)
    x = as_inputs(model, inputs, int(steps))
    with precision("float64"):
        found = Sample(*map(np.asarray, _drawn(model, x, key, steps=int(steps))))
    require_finite(found.states, found.observations)
    return found


@partial(compiled, static_argnames="steps")
def _drawn(model: LinearGaussian, inputs: Array, key: Array, *, steps: int) -> tuple[Array, Array]:
    of_states, of_observations = jax.random.split(key)
    w = jax.random.normal(of_states, (steps, model.units), jnp.float64)
    e = jax.random.normal(of_observations, (steps, model.features), jnp.float64)
    Q, R, P = (square_root(jnp.asarray(part)) for part in (model.Q, model.R, model.P))
    first = jnp.asarray(model.m) + P @ w[0]
    noise = w[1:] @ Q.T + state_offsets(model, inputs)[1:]

    def step(h: Array, noise: Array) -> tuple[Array, Array]:
        h = jnp.asarray(model.W) @ h + noise
        return h, h

    _, rest = jax.lax.scan(step, first, noise)
    states = jnp.concatenate([first[None], rest])
    return states, states @ jnp.asarray(model.V).T + _shown(model, inputs) + e @ R.T
