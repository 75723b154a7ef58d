"""The Morse oscillator in a growing basis."""

from __future__ import annotations

from math import lgamma

import numpy as np
from jaxtyping import Float

from unrolled.series import Series, make_series
from unrolled.truth._family import POINTS, Family
from unrolled.truth._lowest import eigenvalue

__all__ = ["MORSE", "morse_hamiltonian", "morse_series"]


def morse_hamiltonian(size: int, depth: float, frequency: float) -> Float[np.ndarray, "row row"]:
    r"""The Morse oscillator in the first oscillator functions.

    .. math:: H = \frac{p^2}{2} + D \left( 1 - e^{-x} \right)^2,\qquad
        \langle m | e^{-s x} | n \rangle = (-1)^{m+n} e^{\beta^2/2}
        \sum_k \frac{\sqrt{m!\, n!}\; \beta^{m+n-2k}}{k!\, (m-k)!\, (n-k)!},\qquad \beta = \frac{s}{\sqrt{2 \Omega}},

    a sum of positive terms.

    Parameters
    ----------
    size
        How many functions there are.
    depth, frequency
        D, and the frequency :math:`\Omega` of the basis.

    Returns
    -------
    Array of shape ``(size, size)``
        The matrix of H.

    Examples
    --------
    >>> from unrolled.truth._morse import morse_hamiltonian
    >>> morse_hamiltonian(1, 8.0, 4.0).round(6)
    array([[2.240292]])

    References
    ----------
    Morse, Phys. Rev. 34, 57 (1929).
    """
    n = np.arange(size, dtype=np.float64)
    side = np.sqrt(n[1:-1] * n[2:]) if size > 2 else np.empty(0)
    kinetic = np.diag(2 * n + 1)
    if size > 2:
        kinetic -= np.diag(side, 2) + np.diag(side, -2)
    well = np.eye(size) - 2 * _falling(size, 1 / np.sqrt(2 * frequency)) + _falling(size, 2 / np.sqrt(2 * frequency))
    return frequency / 4 * kinetic + depth * well


def _falling(size: int, beta: float) -> Float[np.ndarray, "row row"]:
    """Matrix elements of exp(-s x)."""
    n = np.arange(size)
    factorial = np.array([lgamma(k + 1.0) for k in range(size)])
    steps = np.subtract.outer(n, n)
    # A product of two triangles: A has sqrt(n!) beta^(n-k) / ((n-k)! sqrt(k!)).
    logarithm = (factorial[:, None] - factorial[None, :]) / 2 - factorial[np.abs(steps)] + np.abs(steps) * np.log(beta)
    A = np.where(steps >= 0, np.exp(logarithm), 0.0)
    return np.exp(beta * beta / 2) * (-1.0) ** np.abs(steps) * (A @ A.T)


def morse_series(depth: float, level: int, frequency: float) -> Series:
    """A level of the Morse oscillator against the size of the basis.

    Parameters
    ----------
    depth, level
        D in units of the squared inverse range, and the level counted from 0.
    frequency
        Of the basis, in units of the frequency at the bottom of the well.

    Returns
    -------
    Series
        24 energies, from the smallest basis that has the level.

    Examples
    --------
    >>> from unrolled.truth._morse import morse_series
    >>> round(float(morse_series(8.0, 0, 1.0).values[-1, 0]), 6)
    1.875
    """
    sizes = level + np.arange(1, POINTS + 1)
    full = morse_hamiltonian(int(sizes[-1]), depth, frequency * float(np.sqrt(2 * depth)))
    return make_series(
        [eigenvalue(full[:size, :size], level) for size in sizes.tolist()], sizes, names=["energy"],
        units=["squared inverse range"], x_name="basis functions", source="diagonalization in oscillator functions",
        name=f"Morse oscillator, depth {depth:g}, level {level}, basis frequency {frequency:g}",
    )  # fmt: skip


MORSE = Family(
    "morse-oscillator",
    "Levels of the Morse oscillator against the number of oscillator functions.",
    "Variational convergence with closed-form matrix elements: Morse, Phys. Rev. 34, 57 (1929).",
    tuple(
        {"depth": depth, "level": level, "frequency": frequency}
        for depth in (3.0, 6.0, 12.0, 24.0)
        for level in (0, 1)
        for frequency in (0.4, 1.0, 2.0)
    ),
    lambda member: member["depth"] == 24.0,
    morse_series,
)
