"""The pairing model in coupled-cluster doubles, converged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from unrolled.errors import InputError
from unrolled.series._series import Series, make_series

__all__ = ["pairing_energy", "pairing_series"]

_LONGEST_STEP = 0.1
# Where a branch ends, the step is halved until g is known to ten digits.
_SHORTEST_STEP = 1e-10
_NEWTON_STEPS = 12
_MOST_PARTICLES = 2000
# An amplitude whose own derivative is smaller than this is not eliminated.
_SMALL = 0.1

Square = Float[np.ndarray, "pair pair"]


@dataclass(frozen=True)
class _Point:
    """A point of the branch that starts from the free system: amplitudes T at coupling g, and dT/dg."""

    g: float
    T: Square
    slope: Square


def pairing_energy(particles: int, g: float) -> float:
    r"""Correlation energy of the half-filled pairing model in coupled-cluster doubles.

    With :math:`v=-g/2`, holes :math:`f_I=I+v` and particles :math:`f_A=A` the pair amplitudes solve

    .. math:: 0 = v(1+R_A)(1+C_I) + 2\,(f_A-f_I-v(R_A+C_I))\,T_{AI} + 2v\,T_{AI}^2,\qquad E=v\sum_{AI}T_{AI},

    where R and C are the row and column sums of T. Counting holes and particles from the Fermi level makes T
    symmetric, so that C = R. An amplitude is coupled to the others through R alone: Newton's method eliminates
    the amplitudes and solves ``particles / 2`` equations. It follows the branch that starts at g = 0.

    Parameters
    ----------
    particles
        An even number, 2 to 2000; as many levels lie above the Fermi level as below it.
    g
        Strength of the pairing, in units of the level spacing; negative where it repels.

    Returns
    -------
    float
        The energy in units of the level spacing, to about 1e-13.

    Raises
    ------
    InputError
        The number of particles is odd or out of range, or the branch has ended before ``g``: past that point
        the equations have no real solution that is connected to the free system.

    Examples
    --------
    >>> from unrolled.series import pairing_energy
    >>> round(pairing_energy(20, 0.5), 12)
    -0.688736393587

    References
    ----------
    Lietz, Novario, Jansen, Hagen and Hjorth-Jensen, in *An Advanced Course in Computational Nuclear Physics*,
    Lecture Notes in Physics 936 (2017), chapter 8.
    """
    pairs = _pairs(particles)
    if not np.isfinite(g):
        raise InputError(f"g must be a finite number; came {g}.")
    return _energy(_follow(_start(pairs), float(g)))


def pairing_series(particles: int | Sequence[int] = tuple(range(2, 41, 2)), g: float | Sequence[float] = 0.5) -> Series:
    """Correlation energies of the pairing model against the number of particles or against g.

    Parameters
    ----------
    particles, g
        As for :func:`pairing_energy`; one of them is a sequence, and it becomes x.

    Returns
    -------
    Series
        Energies in units of the level spacing.

    Raises
    ------
    InputError
        As for :func:`pairing_energy`; or both, or neither, are sequences.

    Examples
    --------
    >>> from unrolled.series import pairing_series
    >>> pairing_series(particles=8, g=[0.1, 0.2, 0.3]).x_name
    'g'
    """
    if isinstance(particles, int) and not isinstance(g, int | float):
        x, x_name, what = list(g), "g", f"{particles} particles"
        energies = _along_coupling(particles, x)
    elif isinstance(g, int | float) and not isinstance(particles, int):
        x, x_name, what = list(particles), "particles", f"g = {g:g}"
        energies = [pairing_energy(n, g) for n in x]
    else:
        raise InputError("give a sequence for one of particles and g, and a single value for the other.")
    return make_series(
        energies, x, names=["correlation energy"], units=["level spacing"], x_name=x_name,
        name=f"pairing model, {what}", source="coupled-cluster doubles, converged",
    )  # fmt: skip


def _along_coupling(particles: int, couplings: Sequence[float]) -> list[float]:
    """Energies at several g, each continued from the one before where that lies nearer to zero."""
    start = point = _start(_pairs(particles))
    energies = []
    for g in couplings:
        if not np.isfinite(g):
            raise InputError(f"g must be a finite number; came {g}.")
        outward = point.g * g > 0 and abs(g) >= abs(point.g)
        point = _follow(point if outward else start, float(g))
        energies.append(_energy(point))
    return energies


def _pairs(particles: int) -> int:
    if particles < 2 or particles % 2 or particles > _MOST_PARTICLES:
        raise InputError(f"particles must be an even number from 2 to {_MOST_PARTICLES}; came {particles}.")
    return int(particles) // 2


def _start(pairs: int) -> _Point:
    T = np.zeros((pairs, pairs))
    step, _ = _solve(T, 0.0, _by_v(T))
    return _Point(0.0, T, step / 2)


def _gap(pairs: int) -> Square:
    """Energy of a pair above a hole, both counted from the Fermi level, without interaction."""
    level = np.arange(pairs, dtype=np.float64)
    return level[:, None] + level[None, :] + 1


def _residual(T: Square, v: float) -> Square:
    R = T.sum(1)
    both = R[:, None] + R[None, :]
    return v * np.multiply.outer(1 + R, 1 + R) + 2 * (_gap(len(T)) - v - v * both) * T + 2 * v * T * T


def _by_v(T: Square) -> Square:
    R = T.sum(1)
    return np.multiply.outer(1 + R, 1 + R) - 2 * T * (1 + R[:, None] + R[None, :]) + 2 * T * T


def _solve(T: Square, v: float, F: Square) -> tuple[Square, float]:
    r"""The step J^{-1} F of Newton's method, and the sign of det J; J is the derivative of the residual by T.

    With :math:`d=\partial F_{AI}/\partial T_{AI}` at fixed R and :math:`a_{AI}=\partial F_{AI}/\partial R_A`,

    .. math:: d\,t_{AI} + a_{AI} r_A + a_{IA} r_I = F_{AI},\qquad r_A = \sum_I t_{AI}.

    Every t with a sizeable d is eliminated; the few others stay unknown beside r.
    """
    pairs = len(T)
    R = T.sum(1)
    d = 2 * (_gap(pairs) - v - v * (R[:, None] + R[None, :])) + 4 * v * T
    a = v * (1 + R)[None, :] - 2 * v * T
    small = np.abs(d) < _SMALL
    inverse = np.where(small, 0.0, 1 / np.where(small, 1.0, d))
    rows, columns = np.nonzero(small)
    own = np.arange(len(rows))
    matrix = np.zeros((pairs + len(rows), pairs + len(rows)))
    matrix[:pairs, :pairs] = np.diag(1 + (a * inverse).sum(1)) + a.T * inverse
    matrix[rows, pairs + own] = -1
    matrix[pairs + own, rows] += a[rows, columns]
    matrix[pairs + own, columns] += a[columns, rows]
    matrix[pairs + own, pairs + own] = d[rows, columns]
    unknown = np.linalg.solve(matrix, np.concatenate([(F * inverse).sum(1), F[rows, columns]]))
    r = unknown[:pairs]
    step = (F - a * r[:, None] - a.T * r[None, :]) * inverse
    step[rows, columns] = unknown[pairs:]
    return step, float(np.linalg.slogdet(matrix)[0] * np.prod(np.sign(np.where(small, 1.0, d))))


def _correct(guess: Square, g: float) -> _Point | None:
    """Newton's method from predicted amplitudes; ``None`` where it does not settle on the same branch."""
    T, v, last = guess, -g / 2, np.inf
    for _ in range(_NEWTON_STEPS):
        F = _residual(T, v)
        size = float(np.max(np.abs(F)))
        try:
            # Rounding ends the descent a little above zero.
            if size < 1e-10 and (size >= last / 4 or size == 0):
                slope, sign = _solve(T, v, _by_v(T))
                # det J > 0 at g = 0 and vanishes where two branches meet: beyond lies the other branch.
                return _Point(g, T, slope / 2) if sign > 0 else None
            T, last = T - _solve(T, v, F)[0], size
        except np.linalg.LinAlgError:
            return None
        if not np.isfinite(size) or np.max(np.abs(T)) > 1e6:
            return None
    return None


def _follow(point: _Point, g: float) -> _Point:
    """The branch continued to g, in steps that keep every correction small beside the step itself."""
    step = _LONGEST_STEP
    while point.g != g:
        ahead = g - point.g
        trial = g if abs(ahead) <= step else float(point.g + np.copysign(step, ahead))
        change = (trial - point.g) * point.slope
        found = _correct(point.T + change, trial)
        if found is None or _strays(found.T - point.T, change):
            step = min(step, abs(ahead)) / 2
            if step < _SHORTEST_STEP:
                raise _ended(point, g)
            continue
        point, step = found, min(2 * step, _LONGEST_STEP * max(1.0, abs(found.g)))
    return point


def _strays(moved: Square, predicted: Square) -> bool:
    return bool(np.max(np.abs(moved - predicted)) > 0.5 * np.max(np.abs(predicted)) + 1e-12)


def _ended(point: _Point, g: float) -> InputError:
    return InputError(
        f"the coupled-cluster equations for {2 * len(point.T)} particles have no real solution at g = {g:g}: the "
        f"branch that starts from the free system ends at g = {point.g:.6g}. Choose g nearer to zero, or fewer "
        "particles."
    )


def _energy(point: _Point) -> float:
    return float(-point.g / 2 * point.T.sum())
