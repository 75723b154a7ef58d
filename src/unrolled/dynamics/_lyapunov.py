"""Lyapunov exponents along a trajectory."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from unrolled.arguments import require_whole
from unrolled.compilation import compiled
from unrolled.dynamics._averages import averaged
from unrolled.dynamics._lyapunov_spectrum import LyapunovSpectrum
from unrolled.dynamics._system import System, require_system
from unrolled.dynamics._trajectory import MOST_STEPS, checked_start, steps_of, wandered_off
from unrolled.errors import InputError
from unrolled.types import precision

__all__ = ["Frame", "lyapunov", "state_jacobian"]

# Directions are made orthogonal again before the most and the least stretched of them differ by this factor, in
# logarithms: what rounding then leaves of the least one is good to 1e-9.
_SPREAD = 16.0
_MOST_TOGETHER, _FEW = 16, 100
_PROBE = 32
# What rounding leaves of a direction once it is shorter than the longest by this factor, in logarithms, is nothing.
_LOST, _SHARE = 28.0, 0.95
_ROUNDING = -33.0
# One program runs so many blocks, fewer where inputs are wide; the host goes from piece to piece.
_PIECE, _INPUTS = 1024, 4_000_000
_AT_REST = 1e-13
_MOST_FRAME = 20_000_000


class Frame(NamedTuple):
    """A state, and orthonormal directions around it."""

    h: Any
    Q: Any


def lyapunov(
    system: System,
    steps: int = 10_000,
    *,
    count: int | None = None,
    inputs: Any = None,
    start: Any = None,
    washout: int = 1_000,
    seed: int = 0,
) -> LyapunovSpectrum:
    r"""The Lyapunov exponents of a trajectory, free or driven: the rates at which small differences grow or fade.

    Orthonormal directions are carried along by the Jacobian and made orthonormal again by QR factors,

    .. math:: J_t Q_{t-1} = Q_t R_t, \qquad \lambda_i = \langle \log |R_{ii}| \rangle / \Delta t,

    several steps at a time where the spread of the exponents allows it. The average is smooth
    (:func:`~unrolled.dynamics._averages.smooth_weights`), and its error comes from parts of the trajectory. With
    ``count=1`` a single tangent vector is carried along: the way for large networks. Of a trajectory that rests at a
    fixed point the exponents are :math:`\log |\mu|` of the Jacobian's eigenvalues, exactly.

    Parameters
    ----------
    system
        A network (:class:`~unrolled.dynamics.DrivenNetwork`, :class:`~unrolled.dynamics.ClosedLoop`), a map, a flow.
    steps
        How many to average over. With a sequence of inputs there must be that many after the washout.
    count
        How many exponents, the largest; all if left out. The time grows as its square.
    inputs
        Zeros if left out; one row that is held, or a sequence ``(time, feature)``.
    start
        The state to begin in; the system's first one of this seed if left out.
    washout
        Steps before, in which the state comes to its attractor and the directions turn into theirs.
    seed
        Decides a random start, and the first directions.

    Returns
    -------
    LyapunovSpectrum
        Exponents, errors, Kaplan-Yorke dimension.

    Raises
    ------
    InputError
        An argument out of range, or a trajectory that runs off to infinity.

    References
    ----------
    G. Benettin, L. Galgani, A. Giorgilli and J.-M. Strelcyn, Meccanica 15 (1980) 9; R. Engelken, F. Wolf and
    L. F. Abbott, Physical Review Research 5 (2023) 043044 (networks).

    Examples
    --------
    >>> from unrolled.dynamics import logistic_map, lyapunov
    >>> round(lyapunov(logistic_map(4.0), 50_000).largest, 2)  # log 2 = 0.693
    0.69
    """
    require_system(system)
    washout = require_whole("washout", washout, 0, MOST_STEPS)
    require_whole("steps", steps, 1, MOST_STEPS)
    steps, x = steps_of(system, steps, inputs, washout)
    count = require_whole("count", system.size if count is None else count, 1, system.size)
    if count * system.size > _MOST_FRAME:
        raise InputError(
            f"{count:,} exponents of {system.size:,} states take too much memory; ask for fewer, count=1 for example."
        )
    h = checked_start(system, start, seed)
    directions = np.random.default_rng(seed).normal(size=(system.size, count))
    frame = Frame(h, np.linalg.qr(directions)[0])
    frame, probed, done = _probed(system, frame, x, washout)
    together = _together(probed)
    frame = _onward_by(system, frame, _piece(x, done, washout), washout - done, together)
    if x.ndim == 1 and _rests(system, frame.h, x):
        return _at_fixed_point(system, frame.h, x, count)
    logs, together = _measured(system, frame, _piece(x, washout, washout + steps), steps, together)
    rates = logs / (together * system.spacing)
    exponents, errors = averaged(rates)
    order = np.argsort(-exponents, kind="stable")  # directions may not have come to their order yet
    return LyapunovSpectrum(
        exponents[order], errors[order], rates[:, order], len(rates) * together, system.spacing, system.size
    )


def state_jacobian(system: System, h: Any, x: Any) -> Float[np.ndarray, "state state"]:
    """``dF/dh`` at one state and one input."""
    with precision("float64"):
        return np.asarray(_jacobian(system, np.asarray(h, np.float64), np.asarray(x, np.float64)))


def _probed(
    system: System, frame: Frame, x: Float[np.ndarray, "..."], washout: int
) -> tuple[Frame, Float[np.ndarray, "step exponent"], int]:
    """The first steps one by one: how far the exponents lie apart, and how many steps that took."""
    if frame.Q.shape[1] == 1:
        return frame, np.zeros((1, 1)), 0
    count = min(_PROBE, washout) or 1
    after, logs = _along(system, frame, _piece(x, 0, count), count, 1)
    return (after, logs, count) if washout else (frame, logs, 0)


def _together(logs: Float[np.ndarray, "step exponent"]) -> int:
    """Over how many steps directions go without being made orthogonal: a power of two."""
    late = logs[len(logs) // 2 :]
    finite = late[:, np.isfinite(late).all(axis=0)].mean(axis=0)
    spread = float(np.ptp(finite)) if finite.size else 0.0
    fitting = int(min(_MOST_TOGETHER, _SPREAD / max(spread, 1e-3)))
    return 1 << (max(fitting, 1).bit_length() - 1)


def _onward_by(system: System, frame: Frame, x: Float[np.ndarray, "..."], steps: int, together: int) -> Frame:
    """The frame after the washout; of a sequence of inputs none is left out."""
    whole = steps - steps % together
    frame, _ = _along(system, frame, _piece(x, 0, whole), whole, together)
    return _along(system, frame, _piece(x, whole, steps), steps - whole, 1)[0]


def _measured(
    system: System, frame: Frame, x: Float[np.ndarray, "..."], steps: int, together: int
) -> tuple[Float[np.ndarray, "block exponent"], int]:
    """Logarithms of |R_ii| of all blocks, and of how many steps: fewer than planned where the spread is larger."""
    together = min(together, 1 << (steps.bit_length() - 1))
    while x.ndim == 2 and steps % together and steps < _FEW * together:  # of a short sequence every step counts
        together //= 2
    while True:
        _, logs = _along(system, frame, x, steps, together)
        finite = logs[:, np.isfinite(logs).all(axis=0)]
        spread = np.quantile(np.ptp(finite, axis=1), _SHARE) if finite.shape[1] > 1 else 0.0
        if together == 1 or spread <= _LOST:
            return _without_rounding(logs), together
        together //= 2


def _without_rounding(logs: Float[np.ndarray, "block exponent"]) -> Float[np.ndarray, "block exponent"]:
    """Minus infinity for directions of which one step leaves, as a rule, what rounding makes of zero."""
    with np.errstate(invalid="ignore"):
        below = np.median(logs - logs.max(axis=1, keepdims=True), axis=0)
    return np.where(below < _ROUNDING, -np.inf, logs)


def _piece(x: Float[np.ndarray, "..."], first: int, last: int) -> Float[np.ndarray, "..."]:
    return x if x.ndim == 1 else x[first:last]


def _along(
    system: System, frame: Frame, x: Float[np.ndarray, "..."], steps: int, together: int
) -> tuple[Frame, Float[np.ndarray, "block exponent"]]:
    """The frame after so many steps (whole blocks of them, more if need be where inputs are held), and log |R_ii|."""
    blocks = -(-steps // together) if x.ndim == 1 else steps // together
    most = max(1, min(_PIECE, _INPUTS // (_MOST_TOGETHER * max(1, x.shape[-1]))))
    parts = [np.zeros((0, frame.Q.shape[1]))]
    for first in range(0, blocks, most):
        upto = min(first + most, blocks)
        rows = x
        if x.ndim == 2:  # as long for every number of steps together, so that all share a program
            rows = np.zeros((most * _MOST_TOGETHER, x.shape[1]))
            rows[: (upto - first) * together] = x[first * together : upto * together]
        with precision("float64"):
            frame, logs = _blocks(system, frame, rows, upto - first, together, most=most)
        frame, own = Frame(*map(np.asarray, frame)), np.asarray(logs)[: upto - first]
        if wandered_off(frame.h) or np.isnan(own).any():
            raise InputError(
                f"the system runs off to infinity within {upto * together} steps, so that it has no exponents. Take "
                "smaller weights or another start."
            )
        parts.append(own)
    return frame, np.concatenate(parts)


def _rests(system: System, h: Float[np.ndarray, " state"], x: Float[np.ndarray, " feature"]) -> bool:
    with precision("float64"):
        after = np.asarray(_onward(system, h, x))
    return bool(np.abs(after - h).max() <= _AT_REST * max(1.0, float(np.abs(h).max())))


def _at_fixed_point(system: System, h: Any, x: Any, count: int) -> LyapunovSpectrum:
    J = state_jacobian(system, h, x)
    moduli = np.sort(np.abs(np.linalg.eigvals(J)))[::-1][:count]
    moduli[moduli < np.exp(_ROUNDING) * np.abs(J).max()] = 0.0
    with np.errstate(divide="ignore"):
        exponents = np.log(moduli) / system.spacing
    none = np.zeros_like(exponents)
    return LyapunovSpectrum(exponents, none, exponents[None], 1, system.spacing, system.size, exact=True)


@compiled
def _onward(system: System, h: Any, x: Any) -> Array:
    return system.advance(jnp.asarray(h), jnp.asarray(x))


@compiled
def _jacobian(system: System, h: Any, x: Any) -> Array:
    return jax.jacfwd(lambda h: system.advance(h, x))(h)


@partial(compiled, static_argnames="most")
def _blocks(system: System, frame: Frame, inputs: Any, blocks: Any, together: Any, *, most: int) -> tuple[Frame, Array]:
    """The numbers of blocks and of steps in each are arguments, so that they compile nothing."""
    inputs = jnp.asarray(inputs)

    def step(number: Any, frame: Frame) -> Frame:
        x = inputs if inputs.ndim == 1 else inputs[number]
        h, push = jax.linearize(lambda h: system.advance(h, x), frame.h)
        return Frame(h, jax.vmap(push, in_axes=1, out_axes=1)(frame.Q))

    def block(number: Any, carried: tuple[Frame, Array]) -> tuple[Frame, Array]:
        frame, logs = carried
        frame = jax.lax.fori_loop(number * together, (number + 1) * together, step, frame)
        if frame.Q.shape[1] == 1:
            length = jnp.linalg.norm(frame.Q)
            frame, own = Frame(frame.h, frame.Q / jnp.where(length > 0, length, 1)), jnp.log(length)[None]
        else:
            Q, R = jnp.linalg.qr(frame.Q)
            frame, own = Frame(frame.h, Q), jnp.log(jnp.abs(jnp.diagonal(R)))
        return frame, logs.at[number].set(own)

    start = Frame(jnp.asarray(frame.h), jnp.asarray(frame.Q))
    return jax.lax.fori_loop(0, blocks, block, (start, jnp.zeros((most, frame.Q.shape[1]))))
