"""Learning hidden Markov models by expectation maximization, the whole of it one program."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from unrolled.compilation import compiled
from unrolled.statespace._emissions import DEAD, Emission, Limits
from unrolled.statespace._forward_backward import passes
from unrolled.statespace._hidden_markov import HiddenMarkov
from unrolled.statespace._observed_steps import ObservedSteps
from unrolled.types import AnyArray

__all__ = ["Climbed", "climb", "climb_from"]

_STAYS = 0.9  # the share of steps that stay in their state, at first guess


class Climbed(NamedTuple):
    """Where learning ended.

    Attributes
    ----------
    model
        The last one whose likelihood was taken.
    log_likelihood, objective
        Of this model; the second with what pseudo-counts add.
    history
        The objective before every M step, and after the last; NaN beyond the end.
    steps
        How many M steps there were.
    converged
        Whether the last step gained less than the tolerance.
    weight, level
        How many steps belong to each state, and the mean of the first feature in it.
    """

    model: HiddenMarkov
    log_likelihood: Any
    objective: Any
    history: Float[AnyArray, "*restart iteration"]
    steps: Any
    converged: Any
    weight: Float[AnyArray, "*restart state"]
    level: Float[AnyArray, "*restart state"]


class _Climbing(NamedTuple):
    model: HiddenMarkov
    log_likelihood: Array
    history: Array
    step: Array
    done: Array
    converged: Array
    weight: Array
    level: Array


@partial(compiled, many_pieces=True, static_argnames="iterations")
def climb(
    emission: Emission,
    steps: ObservedSteps,
    weights: Float[AnyArray, "restart time state"],
    limits: Limits,
    tolerance: Any,
    *,
    iterations: int,
) -> Climbed:
    """Learn from several starts, one after the other; every part of the result has a leading axis of them.

    Parameters
    ----------
    emission
        Of the right kind and shape; it is refitted at once.
    steps
        The observations.
    weights
        Of every start: how much each step belongs to each state.
    limits
        Floor and pseudo-counts.
    tolerance
        The gain in units of the objective's size, or of 1, below which learning has converged.
    iterations
        M steps at most.
    """

    def one(start: Float[Array, "time state"]) -> Climbed:
        states = emission.states
        stay = _STAYS if states > 1 else 1.0
        away = (1 - stay) / max(states - 1, 1)
        transition = jnp.full((states, states), away) + (stay - away) * jnp.eye(states)
        model = HiddenMarkov(jnp.full(states, 1.0 / states), transition, emission.refit(steps, start, limits))
        return _climb(model, steps, limits, tolerance, iterations)

    return jax.lax.map(one, jnp.asarray(weights))


@partial(compiled, many_pieces=True, static_argnames="iterations")
def climb_from(
    model: HiddenMarkov, steps: ObservedSteps, limits: Limits, tolerance: Any, *, iterations: int
) -> Climbed:
    """Learn on from a model; the result has a leading axis of one start."""
    started = jax.tree.map(jnp.asarray, model)
    return jax.tree.map(lambda leaf: leaf[None], _climb(started, steps, limits, tolerance, iterations))


def _climb(model: HiddenMarkov, steps: ObservedSteps, limits: Limits, tolerance: Any, iterations: int) -> Climbed:
    """E and M steps until nothing is gained, in one loop."""
    zeros = jnp.zeros(model.states)
    start = _Climbing(
        model, jnp.array(0.0), jnp.full(iterations + 1, jnp.nan), jnp.array(0), jnp.array(False), jnp.array(False),
        zeros, zeros,
    )  # fmt: skip
    end = jax.lax.while_loop(lambda at: ~at.done, lambda at: _onward(at, steps, limits, tolerance, iterations), start)
    steps_made = end.step - 1
    return Climbed(
        end.model, end.log_likelihood, end.history[steps_made], end.history, steps_made, end.converged, end.weight,
        end.level,
    )  # fmt: skip


def _onward(at: _Climbing, steps: ObservedSteps, limits: Limits, tolerance: Any, iterations: int) -> _Climbing:
    """The likelihood of the model, and the next model unless this is the last."""
    model = at.model
    found = passes((model.initial, model.transition), model.emission.log_density(steps), steps.first)
    real = jnp.asarray(steps.real)
    total = jnp.sum(jnp.where(real, found.logs, 0.0))
    objective = total + _log_prior(model, limits.counts)
    gain = objective - at.history[at.step - 1]
    size = jnp.maximum(jnp.abs(objective), 1.0)
    converged = (at.step > 0) & (gain <= tolerance * size)
    done = converged | (at.step >= iterations) | ~jnp.isfinite(objective)
    gamma = jnp.where(real[:, None], found.smoothed, 0.0)
    chain = _chain(model, gamma, found.pairs, steps, limits.counts)
    new = HiddenMarkov(*chain, model.emission.refit(steps, gamma, limits))
    kept = jax.tree.map(lambda old, fresh: jnp.where(done, old, fresh), model, new)
    seen = gamma * jnp.asarray(steps.seen)[:, :1]
    level = jnp.sum(seen * steps.values[:, :1], axis=0) / jnp.maximum(jnp.sum(seen, axis=0), DEAD)
    history = at.history.at[at.step].set(objective)
    return _Climbing(kept, total, history, at.step + 1, done, converged, jnp.sum(gamma, axis=0), level)


def _chain(
    model: HiddenMarkov, gamma: Float[Array, "time state"], pairs: Float[Array, "state state"], steps: ObservedSteps,
    counts: Any,
) -> tuple[Float[Array, " state"], Float[Array, "state state"]]:  # fmt: skip
    """Shares of starts and of transitions; the row of a state that is never left stays as it was."""
    starts = jnp.sum(jnp.where(jnp.asarray(steps.first)[:, None], gamma, 0.0), axis=0) + counts
    sums = pairs + counts
    left = jnp.sum(sums, axis=1, keepdims=True)
    rows = jnp.where(left > DEAD, sums / jnp.maximum(left, DEAD), model.transition)
    return starts / jnp.sum(starts), rows


def _log_prior(model: HiddenMarkov, counts: Any) -> Array:
    chain = jnp.sum(jax.scipy.special.xlogy(counts, model.initial))
    chain += jnp.sum(jax.scipy.special.xlogy(counts, model.transition))
    return chain + model.emission.log_prior(counts)
