"""The two passes through a hidden Markov chain, as they are traced into programs."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from unrolled.types import AnyArray

__all__ = ["Passes", "forward", "passes"]

# Relative densities are not let below this, and a scale is not believed below the second: then logarithms are taken.
_LEAST, _DOUBTFUL = 1e-150, 1e-100
_SUM_TO_ONE = 1e-6
# What a lifted density may have contributed to any probability.
_CONTRIBUTED = 1e-12


class Passes(NamedTuple):
    """What both passes found, for sequences end to end.

    Attributes
    ----------
    filtered, smoothed
        ``P(s_t | y_1..t)`` and ``P(s_t | y)``.
    predicted
        ``P(s_t | y_1..t-1)``.
    pairs
        The sum over steps of ``P(s_{t-1}, s_t | y)``, starts of sequences left out.
    logs
        ``log p(y_t | y_1..t-1)``; -inf where the model says that a step cannot be.
    """

    filtered: Float[Array, "time state"]
    smoothed: Float[Array, "time state"]
    predicted: Float[Array, "time state"]
    pairs: Float[Array, "state state"]
    logs: Float[Array, " time"]


def passes(chain: Any, log_b: Float[Array, "time state"], first: Bool[AnyArray, " time"]) -> Passes:
    r"""Forwards and backwards, scaled; in logarithms where scaling would lose states.

    ``alpha_t ∝ b_t (A' alpha_{t-1})`` with the sum ``c_t``, and ``beta_{t-1} = A (b_t beta_t / c_t)``. Densities are
    divided by the largest of each step before, all at once and outside of the loops, whose bodies are then a few
    products: XLA makes one piece of machine code of so small a loop. This is why the
    two directions are two loops, why ``c_t`` is no logarithm, and why what can be had from their results (predictions,
    pairs) is not computed in them.

    Parameters
    ----------
    chain
        ``initial`` and ``transition``.
    log_b
        Logarithms of the densities.
    first
        Where the chain begins anew.
    """
    scaled, believed = _scaled(chain, log_b, first)
    return jax.lax.cond(believed, lambda: scaled, lambda: _in_logarithms(chain, log_b, first))


def forward(
    chain: Any, log_b: Float[Array, "time state"], first: Bool[AnyArray, " time"]
) -> tuple[Float[Array, "time state"], Float[Array, " time"]]:
    """The first pass alone: filtered probabilities, and ``log p(y_t | y_1..t-1)``."""
    b, lifted, shift = _relative(log_b)
    filtered, c = _scaled_forward(chain, b, first)
    arrived = _through_lifted(chain, _predicted(chain, filtered, first), (b, lifted, c), first)
    believed = jnp.all(c > _DOUBTFUL) & (arrived < _CONTRIBUTED)
    return jax.lax.cond(believed, lambda: (filtered, jnp.log(c) + shift), lambda: _log_forward(chain, log_b, first)[1:])


def _relative(
    log_b: Float[Array, "time state"],
) -> tuple[Float[Array, "time state"], Bool[Array, "time state"], Float[Array, " time"]]:
    """Densities over the largest of each step, which of them were lifted to the least one, and that logarithm."""
    shift = jnp.max(log_b, axis=1)
    shift = jnp.where(jnp.isfinite(shift), shift, 0.0)
    b, possible = jnp.exp(log_b - shift[:, None]), log_b > -jnp.inf
    return jnp.where(possible, jnp.maximum(b, _LEAST), 0.0), possible & (b < _LEAST), shift


def _through_lifted(chain: Any, predicted: Any, densities: Any, first: Any) -> Float[Array, ""]:
    """The most that paths through lifted densities have of the filtered probability of any step.

    An upper bound of the error, since a lifted density is larger than the true one. It can grow: where no transition
    leads from the state that fits to the one that fits later, the path that was lifted is all that is left.
    """
    A, (b, lifted, c) = chain[1], densities

    def onward(arriving: Any, step: Any) -> Any:
        predicted_t, b_t, lifted_t, c_t, begins_next = step
        here = jnp.where(lifted_t, predicted_t, arriving) * b_t / c_t
        return jnp.where(begins_next, 0.0, jnp.sum(here[:, None] * A, axis=0)), jnp.sum(here)

    def most() -> Any:
        steps = (predicted, b, lifted, c, _begins_next(first))
        return jnp.max(jax.lax.scan(onward, jnp.zeros_like(predicted[0]), steps)[1])

    return jax.lax.cond(jnp.any(lifted), most, lambda: jnp.zeros_like(b[0, 0]))


def _scaled(
    chain: Any, log_b: Float[Array, "time state"], first: Bool[AnyArray, " time"]
) -> tuple[Passes, Bool[Array, ""]]:
    """Both passes, and whether they lost nothing.

    A density that was lifted to the least one is no harm as long as paths through it carry next to nothing of any
    filtered and of any smoothed probability, the scales stay far above it, and the products of both passes sum to 1.
    """
    initial, A = chain
    begins = jnp.asarray(first)
    b, lifted, shift = _relative(log_b)
    alpha, c = _scaled_forward(chain, b, first)

    def back(beta: Any, step: Any) -> Any:
        b_t, c_t, begins_t = step
        arriving = b_t * beta / c_t
        return jnp.where(begins_t, 1.0, jnp.sum(A * arriving, axis=1)), arriving

    # P(s_t | y) = alpha_t beta_t = predicted_t (b_t beta_t / c_t)
    arriving = jax.lax.scan(back, jnp.ones_like(initial), (b, c, begins), reverse=True)[1]
    predicted = _predicted(chain, alpha, first)
    smoothed = predicted * arriving
    total = jnp.sum(smoothed, axis=1)
    contributed = jnp.maximum(
        _through_lifted(chain, predicted, (b, lifted, c), first), jnp.max(jnp.where(lifted, smoothed, 0.0))
    )
    believed = jnp.all(c > _DOUBTFUL) & jnp.all(jnp.abs(total - 1) < _SUM_TO_ONE) & (contributed < _CONTRIBUTED)
    pairs = A * (alpha[:-1].T @ jnp.where(begins[1:, None], 0.0, arriving[1:]))
    return Passes(alpha, smoothed / total[:, None], predicted, pairs, jnp.log(c) + shift), believed


def _scaled_forward(
    chain: Any, b: Float[Array, "time state"], first: Bool[AnyArray, " time"]
) -> tuple[Float[Array, "time state"], Float[Array, " time"]]:
    initial, A = chain

    def onward(predicted: Any, step: Any) -> Any:
        b_t, begins_next = step
        joint = predicted * b_t
        c = jnp.sum(joint)
        alpha = joint / c
        return jnp.where(begins_next, initial, jnp.sum(alpha[:, None] * A, axis=0)), (alpha, c)

    return jax.lax.scan(onward, jnp.asarray(initial), (b, _begins_next(first)))[1]


def _begins_next(first: Bool[AnyArray, " time"]) -> Bool[Array, " time"]:
    return jnp.append(jnp.asarray(first)[1:], True)


def _predicted(
    chain: Any, alpha: Float[Array, "time state"], first: Bool[AnyArray, " time"]
) -> Float[Array, "time state"]:
    initial, A = chain
    onward = jnp.concatenate([initial[None], alpha[:-1] @ A])
    return jnp.where(jnp.asarray(first)[:, None], initial, onward)


def _log_forward(
    chain: Any, log_b: Float[Array, "time state"], first: Bool[AnyArray, " time"]
) -> tuple[Float[Array, "time state"], Float[Array, "time state"], Float[Array, " time"]]:
    """The first pass in logarithms: log alpha, alpha, and log c."""
    log_initial, log_A = (jnp.log(part) for part in chain)

    def onward(predicted: Any, step: Any) -> Any:
        log_b_t, begins_next = step
        joint = predicted + log_b_t
        log_c = _log_sum(joint, axis=0)
        alpha = joint - jnp.where(log_c > -jnp.inf, log_c, 0.0)
        return jnp.where(begins_next, log_initial, _log_sum(alpha[:, None] + log_A, axis=0)), (alpha, log_c)

    log_alpha, log_c = jax.lax.scan(onward, log_initial, (log_b, _begins_next(first)))[1]
    return log_alpha, jnp.exp(log_alpha), log_c


def _in_logarithms(chain: Any, log_b: Float[Array, "time state"], first: Bool[AnyArray, " time"]) -> Passes:
    """Both passes for any numbers, many times slower."""
    log_A = jnp.log(chain[1])
    log_alpha, alpha, log_c = _log_forward(chain, log_b, first)
    relative = log_b - jnp.where(log_c > -jnp.inf, log_c, 0.0)[:, None]

    def back(beta: Any, step: Any) -> Any:
        log_b_t, begins = step
        return jnp.where(begins, 0.0, _log_sum(log_A + (log_b_t + beta), axis=1)), beta

    start = jnp.zeros_like(log_b[0])
    log_beta = jax.lax.scan(back, start, (relative, jnp.asarray(first)), reverse=True)[1]
    joint = log_alpha + log_beta
    total = _log_sum(joint, axis=1)
    smoothed = jnp.exp(joint - jnp.where(total > -jnp.inf, total, 0.0)[:, None])
    arriving = jnp.where(jnp.asarray(first)[1:, None], -jnp.inf, (relative + log_beta)[1:])
    pairs = jax.lax.map(
        lambda row: jnp.sum(jnp.exp(row[0][:, None] + row[1] + arriving), axis=0), (log_alpha[:-1].T, log_A)
    )
    return Passes(alpha, smoothed, _predicted(chain, alpha, first), pairs, log_c)


def _log_sum(values: Float[Array, "..."], axis: int) -> Float[Array, "..."]:
    largest = jnp.max(values, axis=axis, keepdims=True)
    largest = jnp.where(jnp.isfinite(largest), largest, 0.0)
    return jnp.log(jnp.sum(jnp.exp(values - largest), axis=axis)) + jnp.squeeze(largest, axis)
