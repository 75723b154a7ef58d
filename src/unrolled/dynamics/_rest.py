"""Where a system rests: slow states by descent on the speed, and fixed points from them by Newton's method."""

from __future__ import annotations

from collections.abc import Iterator

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from unrolled.compilation import compiled
from unrolled.dynamics._system import System
from unrolled.types import precision

__all__ = ["SHORT", "distances", "jacobians", "newton", "slow_states"]

_DESCENT_STEPS, _FIRST_RATE, _LAST_RATE = 400, 0.1, 1e-3
_NEWTON_STEPS, _HALVINGS = 40, 12
#: Longer steps of Newton's method end where the gates of a cell are shut to the last digit and nothing moves: no fixed
#: point of the cell but of its rounding.
SHORT = 0.1
# Jacobians of so many numbers at a time.
_AT_ONCE, _CHEAP = 8_000_000, 100_000
_LEAST_LANES = 16


def slow_states(
    system: System, states: Float[np.ndarray, "start state"], x: Float[np.ndarray, " feature"]
) -> Float[np.ndarray, "start state"]:
    """States at which ``|F(h) - h|^2 / 2`` is small, by Adam from each start; infinite or NaN where that ran off."""
    filled = _filled(states)
    with precision("float64"):
        return np.asarray(_descended(system, filled, x))[: len(states)]


def newton(
    system: System,
    states: Float[np.ndarray, "start state"],
    x: Float[np.ndarray, " feature"],
    tolerance: float,
    *,
    longest: float = SHORT,
) -> tuple[Float[np.ndarray, "start state"], Bool[np.ndarray, " start"]]:
    """Newton's method with steps halved until the speed falls; the states, and whether each rests to the tolerance.

    No step is longer than ``longest`` times the size of the state, or than that where the size is below 1.
    """
    h = states.copy()
    going = np.isfinite(h).all(axis=1)
    at = distances(system, h, x)
    for _ in range(_NEWTON_STEPS):
        going &= at > 1e-3 * tolerance * _sizes(h)  # some digits more than asked for
        rows = np.flatnonzero(going)
        if not rows.size:
            break
        steps = _limited(_newton_steps(system, h[rows], x), longest * _sizes(h[rows]))
        moved, reached = _halved(system, h[rows], steps, at[rows], x)
        better = reached < at[rows]
        h[rows[better]], at[rows[better]] = moved[better], reached[better]
        going[rows[~better]] = False
    return h, at <= tolerance * _sizes(h)


def distances(
    system: System, states: Float[np.ndarray, "start state"], x: Float[np.ndarray, " feature"]
) -> Float[np.ndarray, " start"]:
    """The largest change of any number in one step."""
    with precision("float64"):
        after = np.asarray(_after(system, _filled(states), x))[: len(states)]
    with np.errstate(invalid="ignore"):
        moved = np.abs(after - states).max(axis=1)
    return np.where(np.isfinite(moved), moved, np.inf)


def jacobians(
    system: System, states: Float[np.ndarray, "point state"], x: Float[np.ndarray, " feature"]
) -> Iterator[tuple[slice, Float[np.ndarray, "part state state"]]]:
    """``dF/dh`` at each, as many at a time as fit into little memory."""
    least, most = (1 << max(0, (some // system.size**2).bit_length() - 1) for some in (_CHEAP, _AT_ONCE))
    lanes = min(_lanes(len(states), min(least, _LEAST_LANES)), most)
    for first in range(0, len(states), lanes):
        part = states[first : first + lanes]
        filled = np.concatenate([part, np.repeat(part[-1:], lanes - len(part), axis=0)])
        with precision("float64"):
            yield slice(first, first + len(part)), np.asarray(_jacobians(system, filled, x))[: len(part)]


def _newton_steps(system: System, h: Float[np.ndarray, "row state"], x: Float[np.ndarray, " feature"]) -> np.ndarray:
    """``(I - J)^-1 (F(h) - h)``, on the host: batches of such systems inside a program can block."""
    with precision("float64"):
        missing = np.asarray(_after(system, _filled(h), x))[: len(h)] - h
    steps = np.zeros_like(h)
    for rows, J in jacobians(system, h, x):
        A = np.eye(system.size) - J
        fine = np.isfinite(A).all(axis=(1, 2))
        A[~fine] = np.eye(system.size)
        try:
            steps[rows] = np.linalg.solve(A, missing[rows][..., None])[..., 0]
        except np.linalg.LinAlgError:  # one of them is singular: there is a direction along which all rest
            steps[rows] = [
                np.linalg.lstsq(own, left, rcond=1e-12)[0] for own, left in zip(A, missing[rows], strict=True)
            ]
    return steps


def _limited(steps: Float[np.ndarray, "row state"], longest: Float[np.ndarray, " row"]) -> np.ndarray:
    size = np.abs(steps).max(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return steps * np.where(size > longest, longest / size, 1.0)[:, None]


def _halved(
    system: System, h: np.ndarray, steps: np.ndarray, at: np.ndarray, x: np.ndarray
) -> tuple[Float[np.ndarray, "row state"], Float[np.ndarray, " row"]]:
    moved = h + steps
    reached = distances(system, moved, x)
    for _ in range(_HALVINGS):
        worse = np.flatnonzero(~(reached < at))
        if not worse.size:
            break
        steps[worse] *= 0.5
        moved[worse] = h[worse] + steps[worse]
        reached[worse] = distances(system, moved[worse], x)
    return moved, reached


def _sizes(states: Float[np.ndarray, "start state"]) -> Float[np.ndarray, " start"]:
    return np.maximum(np.abs(np.where(np.isfinite(states), states, 0)).max(axis=1), 1.0)


def _filled(states: Float[np.ndarray, "start state"]) -> Float[np.ndarray, "lane state"]:
    lanes = _lanes(len(states))
    return np.concatenate([states, np.repeat(states[-1:], lanes - len(states), axis=0)])


def _lanes(count: int, least: int = _LEAST_LANES) -> int:
    """The next power of four, so that programs are shared by searches that end start by start."""
    return max(least, 1 << 2 * -(-(count - 1).bit_length() // 2))


@compiled
def _after(system: System, states: Array, x: Array) -> Array:
    return jax.vmap(lambda h: system.advance(h, x))(jnp.asarray(states))


@compiled
def _jacobians(system: System, states: Array, x: Array) -> Array:
    return jax.vmap(jax.jacfwd(lambda h: system.advance(h, x)))(jnp.asarray(states))


@compiled
def _descended(system: System, states: Array, x: Array) -> Array:
    def speed(states: Array) -> Array:
        after = jax.vmap(lambda h: system.advance(h, x))(states)
        return 0.5 * jnp.sum((after - states) ** 2)

    def step(carried: tuple[Array, Array, Array], number: Array) -> tuple[tuple[Array, Array, Array], None]:
        h, mean, square = carried
        gradient = jax.grad(speed)(h)
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * gradient**2
        done = number / _DESCENT_STEPS
        rate = _FIRST_RATE * (_LAST_RATE / _FIRST_RATE) ** done
        unbiased = mean / (1 - 0.9 ** (number + 1)), square / (1 - 0.999 ** (number + 1))
        return (h - rate * unbiased[0] / (jnp.sqrt(unbiased[1]) + 1e-12), mean, square), None

    h = jnp.asarray(states)
    zero = jnp.zeros_like(h)
    return jax.lax.scan(step, (h, zero, zero), jnp.arange(_DESCENT_STEPS, dtype=h.dtype))[0][0]
