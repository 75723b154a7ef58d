"""The Kalman filter: what the observations so far say about the state, and how probable they are."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from unrolled.compilation import compiled
from unrolled.errors import InputError
from unrolled.statespace._associative import filter_associatively
from unrolled.statespace._forms import FORMS, Correction, masked, require_form
from unrolled.statespace._linear_gaussian import LinearGaussian, checked_system
from unrolled.statespace._observations import Observations, as_observations, state_offsets
from unrolled.types import AnyArray, precision

__all__ = ["Filtered", "filter_observations", "filter_states", "log_likelihood", "require_regular"]

# From one step to the next a covariance that has settled changes by rounding alone.
_SETTLED = 4e-15


class Filtered(NamedTuple):
    """What is known of every state from the observations up to its own step.

    Attributes
    ----------
    mean, covariance
        Of h_t given y_1 ... y_t, ``(time, unit)`` and ``(time, unit, unit)``.
    predicted_mean, predicted_covariance
        Of h_t given y_1 ... y_{t-1}.
    log_likelihoods
        ``log p(y_t | y_1 ... y_{t-1})``, ``(time,)``; 0 where nothing was observed.
    """

    mean: Float[AnyArray, "time unit"]
    covariance: Float[AnyArray, "time unit unit"]
    predicted_mean: Float[AnyArray, "time unit"]
    predicted_covariance: Float[AnyArray, "time unit unit"]
    log_likelihoods: Float[AnyArray, " time"]

    @property
    def log_likelihood(self) -> float:
        """Of all observations."""
        return float(np.sum(self.log_likelihoods))


def filter_states(model: LinearGaussian, y: Any, inputs: Any = None, *, form: str = "covariance") -> Filtered:
    """Infer every hidden state from the observations up to its own step.

    ``K_t = P V^T (V P V^T + R)^-1``, ``m <- m + K_t (y_t - V m - D x_t - c)``, then ``m <- W m + U x + b`` and
    ``P <- W P W^T + Q``. Where nothing is missing gains settle; they are then used as they are, and a step costs two
    small products.

    Parameters
    ----------
    model
        The system.
    y
        Observations, shape ``(time, feature)``, or ``(time,)`` of one feature. NaN: not observed, the whole step or
        some of its features.
    inputs
        x_t, shape ``(time, input)``, for a model that takes them.
    form
        ``"covariance"``; ``"square-root"``, which carries a square root and is right where covariances are nearly
        singular; ``"associative"``, which takes all steps at once by a scan of depth log(time), for accelerators.

    Returns
    -------
    Filtered
        Means, covariances and likelihoods.

    Raises
    ------
    InputError
        A system that cannot be, observations that do not fit or are all missing, or a covariance of an observation that
        is singular; the message names the step.

    References
    ----------
    R. E. Kalman, Journal of Basic Engineering 82 (1960) 35; P. Kaminski, A. Bryson and S. Schmidt, IEEE Transactions on
    Automatic Control 16 (1971) 727 (square roots); S. Sarkka and A. Garcia-Fernandez, the same 66 (2021) 299
    (associative).

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.statespace import LinearGaussian, filter_states
    >>> one = np.eye(1)
    >>> walk = LinearGaussian(W=one, V=one, Q=0.1 * one, R=one, m=np.zeros(1), P=one)
    >>> found = filter_states(walk, [1.0, np.nan, 3.0])
    >>> found.covariance[:, 0, 0].round(3).tolist(), round(found.log_likelihood, 3)
    ([0.5, 0.6, 0.412], -4.538)
    """
    require_form(form, ("associative",))
    model = checked_system(model)
    observed = as_observations(model, y, inputs)
    with precision("float64"):
        found = Filtered(*map(np.asarray, _filtered(model, observed, form=form)))
    require_regular(found.log_likelihoods)
    return found


def log_likelihood(model: LinearGaussian, y: Any, inputs: Any = None) -> float:
    """How probable the observations are: ``sum_t log p(y_t | y_1 ... y_{t-1})``.

    Arguments and errors are those of :func:`filter_states`; no state is kept.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.statespace import LinearGaussian, log_likelihood
    >>> one = np.eye(1)
    >>> still = LinearGaussian(W=one, V=one, Q=0 * one, R=one, m=np.zeros(1), P=0 * one)
    >>> bool(np.isclose(log_likelihood(still, [0.0]), -0.5 * np.log(2 * np.pi)))
    True
    """
    model = checked_system(model)
    observed = as_observations(model, y, inputs)
    with precision("float64"):
        found = np.asarray(_likelihoods(model, observed))
    require_regular(found)
    return float(np.sum(found))


def require_regular(log_likelihoods: Float[AnyArray, " time"]) -> None:
    """Raise an :class:`InputError` at the first step that has no likelihood."""
    bad = np.flatnonzero(~np.isfinite(np.asarray(log_likelihoods)))
    if bad.size:
        raise InputError(
            f"the covariance of what is observed, V P V^T + R, is singular or infinite at step {bad[0] + 1}: with no "
            "noise at all an observation has no density. Give R a positive diagonal, and W eigenvalues that do not "
            "blow up."
        )


class _Carried(NamedTuple):
    mean: Float[Array, " unit"]
    factor: Float[Array, "unit unit"]
    correction: Correction
    settled: Bool[Array, ""]


def filter_observations(
    model: LinearGaussian, observed: Observations, form: str = "covariance", *, states: bool = True
) -> tuple[Array, ...]:
    """The filter inside a compiled program: the fields of :class:`Filtered`, or the likelihoods alone."""
    way = FORMS[form]
    Q, offsets = way.of(jnp.asarray(model.Q)), state_offsets(model, observed.inputs)
    W, V, R = jnp.asarray(model.W), jnp.asarray(model.V), jnp.asarray(model.R)
    following = jnp.concatenate([offsets[1:], offsets[:1]])  # the last is not used

    def step(carried: _Carried, given: tuple[Array, Array, Array]) -> tuple[_Carried, tuple[Array, ...]]:
        y, seen, offset = given
        complete = jnp.all(seen)
        reuse = carried.settled & complete
        correction, factor, same = jax.lax.cond(
            reuse,
            lambda: (carried.correction, carried.factor, jnp.asarray(True)),
            lambda: corrected(carried.factor, seen),
        )
        surprise = jnp.where(seen, y - V @ carried.mean, 0.0)
        mean = carried.mean + correction.gain @ surprise
        likelihood = correction.log_density(surprise, seen)
        onward = _Carried(W @ mean + offset, factor, correction, complete & same)
        if not states:
            return onward, (likelihood,)
        return onward, (mean, correction.factor, carried.mean, carried.factor, likelihood)

    def corrected(factor: Array, seen: Array) -> tuple[Correction, Array, Array]:
        correction = way.correct(factor, *masked(V, R, seen))
        onward = way.onward(correction.factor, W, Q)
        return correction, onward, jnp.all(jnp.abs(onward - factor) <= _SETTLED * way.size(onward))

    n, p = V.shape[1], V.shape[0]
    nothing = Correction(jnp.zeros((n, p)), jnp.zeros((p, p)), jnp.zeros((n, n)))
    start = _Carried(jnp.asarray(model.m), way.of(jnp.asarray(model.P)), nothing, jnp.asarray(False))
    _, found = jax.lax.scan(step, start, (observed.centred(model), jnp.asarray(observed.seen), following))
    if not states:
        return found
    mean, factor, predicted_mean, predicted_factor, likelihood = found
    return mean, way.covariance(factor), predicted_mean, way.covariance(predicted_factor), likelihood


@partial(compiled, static_argnames="form")
def _filtered(model: LinearGaussian, observed: Observations, form: str) -> tuple[Array, ...]:
    return (filter_associatively if form == "associative" else partial(filter_observations, form=form))(model, observed)


@compiled
def _likelihoods(model: LinearGaussian, observed: Observations) -> Array:
    return filter_observations(model, observed, states=False)[0]
