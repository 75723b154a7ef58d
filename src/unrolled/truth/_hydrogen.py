"""Hydrogen in a growing oscillator basis."""

from __future__ import annotations

from math import lgamma

import numpy as np
from jaxtyping import Float

from unrolled.series import Series, make_series
from unrolled.truth._family import POINTS, Family
from unrolled.truth._lowest import eigenvalue

__all__ = ["HYDROGEN", "hydrogen_hamiltonian", "hydrogen_series"]


def hydrogen_hamiltonian(size: int, wave: int, frequency: float) -> Float[np.ndarray, "row row"]:
    r"""Hydrogen in the first radial oscillator functions of one partial wave.

    With :math:`t = \Omega r^2` the functions are :math:`r^{l+1} e^{-t/2} L_n^{l+1/2}(t)`, normalized. The kinetic
    energy is tridiagonal. Because :math:`L_n^{l+1/2} = \sum_k c_{n-k} L_k^l` with :math:`c_m = (1/2)_m / m!`, and the
    functions :math:`L_k^l` are orthogonal under 1/r,

    .. math:: \langle n | r^{-1} | m \rangle
        = \sqrt\Omega\, N_n N_m \sum_k c_{n-k} c_{m-k} \frac{\Gamma(k+l+1)}{k!},\qquad
        N_n^2 = \frac{n!}{\Gamma(n+l+3/2)},

    a sum of positive terms.

    Parameters
    ----------
    size
        How many functions there are.
    wave, frequency
        l, and the frequency :math:`\Omega` of the basis in atomic units.

    Returns
    -------
    Array of shape ``(size, size)``
        The matrix of :math:`p^2/2 - 1/r` in hartree.

    Examples
    --------
    >>> from unrolled.truth._hydrogen import hydrogen_hamiltonian
    >>> hydrogen_hamiltonian(1, 0, 1.0).round(6)
    array([[-0.378379]])
    """
    n = np.arange(size, dtype=np.float64)
    factorial, half, whole = (
        np.array([lgamma(k + shift) for k in range(size)]) for shift in (1.0, wave + 1.5, wave + 1.0)
    )
    c = np.cumprod(np.append(1.0, (n[1:] - 0.5) / n[1:]))
    steps = np.subtract.outer(np.arange(size), np.arange(size))
    A = np.where(steps >= 0, c[np.abs(steps)], 0.0) * np.exp((factorial - half) / 2)[:, None]
    A = A * np.exp((whole - factorial) / 2)
    side = np.sqrt(n[1:] * (n[1:] + wave + 0.5))
    kinetic = np.diag(2 * n + wave + 1.5) + np.diag(side, 1) + np.diag(side, -1)
    return frequency / 2 * kinetic - np.sqrt(frequency) * (A @ A.T)


def hydrogen_series(wave: int, level: int, frequency: float) -> Series:
    """A level of hydrogen against the size of the basis.

    Parameters
    ----------
    wave, level
        The partial wave l, and the level in it counted from 0.
    frequency
        Of the basis, in atomic units.

    Returns
    -------
    Series
        24 energies in hartree, from the smallest basis that has the level.

    Examples
    --------
    >>> from unrolled.truth._hydrogen import hydrogen_series
    >>> round(float(hydrogen_series(0, 0, 1.0).values[-1, 0]), 4)
    -0.4985
    """
    sizes = level + np.arange(1, POINTS + 1)
    full = hydrogen_hamiltonian(int(sizes[-1]), wave, frequency)
    return make_series(
        [eigenvalue(full[:size, :size], level) for size in sizes.tolist()], sizes, names=["energy"], units=["hartree"],
        x_name="basis functions", source="diagonalization in oscillator functions",
        name=f"hydrogen, partial wave {wave}, level {level}, basis frequency {frequency:g}",
    )  # fmt: skip


HYDROGEN = Family(
    "hydrogen-oscillator",
    "Levels of hydrogen against the number of radial oscillator functions.",
    "Variational convergence with closed-form matrix elements; exact levels -1/(2 n^2), Schrodinger (1926).",
    tuple(
        {"wave": wave, "level": level, "frequency": frequency}
        for wave, level in ((0, 0), (0, 1), (1, 0), (1, 1))
        for frequency in (0.05, 0.15, 0.4, 1.0, 3.0)
    ),
    lambda member: member["frequency"] == 3.0,
    hydrogen_series,
)
