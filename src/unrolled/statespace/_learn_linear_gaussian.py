"""Expectation-maximization for linear dynamical systems: one compiled program to the end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from unrolled.arguments import require_moderate, require_number, require_whole
from unrolled.compilation import compiled
from unrolled.errors import InputError, TrainingError, nearest_name
from unrolled.statespace._expected_sums import Patterns, expected_sums, find_patterns
from unrolled.statespace._linear_gaussian import LinearGaussian, checked_system
from unrolled.statespace._maximization import Learnable, allowed, maximized
from unrolled.statespace._observations import Observations, as_sequences
from unrolled.types import AnyArray, precision

__all__ = ["LearnedLinearGaussian", "learn_linear_gaussian"]

_MOST_ITERATIONS = 1_000_000
_FLOOR = 1e-8
_COVARIANCES = ("Q", "R", "P")
# By rounding a likelihood may go down by this share of itself.
_ROUNDING = 1e-9
_RUNNING, _CONVERGED, _STUCK, _BROKEN = 0, 1, 2, 3


@dataclass(frozen=True, eq=False)
class LearnedLinearGaussian:
    """What expectation-maximization found.

    Attributes
    ----------
    model
        The system after the last step.
    log_likelihoods
        Of the observations, before the first step and after each, never falling.
    converged
        Whether the last step gained no more than the tolerance.
    notes
        Sentences for whoever uses the result.
    """

    model: LinearGaussian
    log_likelihoods: Float[np.ndarray, " step"]
    converged: bool
    notes: tuple[str, ...] = ()


def learn_linear_gaussian(
    model: LinearGaussian,
    y: Any,
    inputs: Any = None,
    *,
    learned: Iterable[str] | None = None,
    diagonal: Iterable[str] = (),
    iterations: int = 100,
    tolerance: float = 1e-6,
    floor: float | None = None,
) -> LearnedLinearGaussian:
    """Learn a system from observations by expectation-maximization.

    The expectation step smooths the states with the present parameters; the maximization step is two regressions on
    them and what these leave. The likelihood never falls. Missing values stay missing: their distribution, given the
    state and what was seen beside them, enters the sums.

    Parameters
    ----------
    model
        Where it begins; parts that are ``None`` stay so.
    y
        One sequence as in :func:`filter_states`, or a list of arrays ``(time, feature)`` of any lengths.
    inputs
        x_t, or a list of such.
    learned
        The names of the parts that are learned, such as ``("Q", "R")``; all that are there if left out.
    diagonal
        Those of Q, R and P that are to stay diagonal.
    iterations
        At most so many steps.
    tolerance
        The end: a step that gains less than this for each observed number.
    floor
        No eigenvalue of R falls below it; if left out, 1e-8 of the least variance of a feature.

    Returns
    -------
    LearnedLinearGaussian
        The system, the course of the likelihood, and notes.

    Raises
    ------
    InputError
        A system, observations or settings that cannot be.
    TrainingError
        The observations have no finite likelihood under the first system.

    References
    ----------
    R. Shumway and D. Stoffer, Journal of Time Series Analysis 3 (1982) 253; Z. Ghahramani and G. Hinton, University of
    Toronto CRG-TR-96-2 (1996).

    Examples
    --------
    >>> import jax, numpy as np
    >>> from unrolled.statespace import LinearGaussian, learn_linear_gaussian, sample_linear_gaussian
    >>> one = np.eye(1)
    >>> true = LinearGaussian(W=0.9 * one, V=one, Q=one, R=0.5 * one, m=np.zeros(1), P=one)
    >>> y = sample_linear_gaussian(true, 400, key=jax.random.key(0)).observations
    >>> start = LinearGaussian(W=0.5 * one, V=one, Q=one, R=one, m=np.zeros(1), P=one)
    >>> found = learn_linear_gaussian(start, y, learned=("W", "Q", "R"))
    >>> bool(abs(found.model.W[0, 0] - 0.9) < 0.05), bool(np.all(np.diff(found.log_likelihoods) > -1e-6))
    (True, True)
    """
    model = checked_system(model)
    free = _learnable(model, learned, diagonal)
    iterations = require_whole("iterations", iterations, 1, _MOST_ITERATIONS)
    require_number("tolerance", tolerance, least=0.0)
    observed, lengths = as_sequences(model, y, inputs)
    require_moderate("y", np.where(observed.seen, observed.y, np.nan))
    floor = _FLOOR * _size(observed) if floor is None else floor
    require_number("floor", floor, least=0.0)
    least = max(floor, float(np.finfo(np.float64).tiny))
    gain = tolerance * int(observed.seen.sum())
    buffer = max(1024, 1 << (iterations - 1).bit_length())
    with precision("float64"):
        data = _Data(observed, lengths, find_patterns(observed))
        found = _learn(model, data, _Limits(iterations, gain, least), free=free, buffer=buffer)
    return _told(jax.tree.map(np.asarray, found), model)


def _size(observed: Observations) -> float:
    """The least variance of a feature; of one that is constant its square counts, and 1 where it is zero."""
    y, seen = np.asarray(observed.y), np.asarray(observed.seen)
    columns = [y[..., i][seen[..., i]] for i in range(y.shape[-1]) if seen[..., i].any()]
    return min(float(np.var(column) or np.mean(column**2) or 1.0) for column in columns)


def _learnable(model: LinearGaussian, learned: Iterable[str] | None, diagonal: Iterable[str]) -> Learnable:
    names = tuple(model.present if learned is None else (learned,) if isinstance(learned, str) else learned)
    for name in names:
        if name not in model.present:
            raise nearest_name("part of the system", name, model.present)
    if not names:
        raise InputError(f"nothing is to be learned; name one part at least, of {', '.join(model.present)}.")
    kept = (diagonal,) if isinstance(diagonal, str) else tuple(diagonal)
    for name in kept:
        if name not in _COVARIANCES:
            raise nearest_name("covariance that can be diagonal", name, _COVARIANCES)
    return Learnable(frozenset(names), frozenset(kept))


class _Course(NamedTuple):
    """The best system so far, the one to be tried next, and the course of the likelihood."""

    model: LinearGaussian
    tried: LinearGaussian
    reached: Float[Array, ""]
    history: Float[Array, " buffer"]
    done: Int[Array, ""]
    status: Int[Array, ""]


class _Data(NamedTuple):
    observed: Observations
    lengths: Int[AnyArray, " sequence"]
    patterns: Patterns


class _Limits(NamedTuple):
    iterations: Any
    gain: Any
    floor: Any


@partial(compiled, many_pieces=True, static_argnames=("free", "buffer"))
def _learn(model: LinearGaussian, data: _Data, limits: _Limits, *, free: Learnable, buffer: int) -> _Course:
    def step(course: _Course) -> _Course:
        sums = expected_sums(course.tried, *data)
        before, after = course.reached, sums.log_likelihood
        # Not so where it is NaN; the first only has to be finite.
        fine = jnp.isfinite(after) & ((after >= before - _ROUNDING * (1 + jnp.abs(before))) | (course.done == 0))
        ended = jnp.where(after - before <= limits.gain, _CONVERGED, _RUNNING)
        failed = jnp.where(course.done == 0, _BROKEN, _STUCK)
        return _Course(
            jax.tree.map(lambda new, old: jnp.where(fine, new, old), course.tried, course.model),
            maximized(course.tried, sums, free, limits.floor),
            reached := jnp.where(fine, after, before),
            course.history.at[course.done].set(reached),
            course.done + 1,
            jnp.where(fine, ended, failed),
        )

    start = allowed(jax.tree.map(jnp.asarray, model), free, limits.floor)
    begun = jnp.asarray(-jnp.inf), jnp.full(buffer + 1, jnp.nan), jnp.asarray(0), jnp.asarray(_RUNNING)
    first = _Course(start, start, *begun)

    def goes_on(course: _Course) -> Array:
        return (course.status == _RUNNING) & (course.done <= limits.iterations)

    return jax.lax.while_loop(goes_on, step, first)


def _told(course: _Course, start: LinearGaussian) -> LearnedLinearGaussian:
    done, status = int(course.done) - 1, int(course.status)
    if status == _BROKEN:
        raise TrainingError(
            "the observations have no finite likelihood under the first system; begin with a larger R, or with a W "
            "whose states do not blow up."
        )
    history = np.asarray(course.history)[: done + 1]
    notes = []
    if status == _RUNNING:
        notes.append(f"After {done} steps the likelihood was still rising, by {history[-1] - history[-2]:.2g} in the "
                     "last; more iterations would take it further.")  # fmt: skip
    if status == _STUCK:
        notes.append(f"Step {done} could not improve the likelihood in double precision; the system before it is kept.")
    elif status == _CONVERGED and done == 1:
        notes.append("The first step gained no more than the tolerance: the first system was a maximum already.")
    model = LinearGaussian(**{name: getattr(course.model, name) for name in start.present})
    return LearnedLinearGaussian(model, history, status != _RUNNING, tuple(notes))
