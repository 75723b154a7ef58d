"""The quartic oscillator in a growing basis."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from unrolled.series import Series, make_series
from unrolled.truth._family import POINTS, Family
from unrolled.truth._lowest import eigenvalue

__all__ = ["ANHARMONIC", "anharmonic_hamiltonian", "anharmonic_series"]


def anharmonic_hamiltonian(size: int, strength: float, frequency: float, odd: int) -> Float[np.ndarray, "row row"]:
    r"""The quartic oscillator in the first oscillator functions of one parity.

    .. math:: H = \frac{p^2}{2} + \frac{x^2}{2} + \lambda x^4
        = \Omega \left( n + \tfrac12 \right) + \frac{1 - \Omega^2}{2} x^2 + \lambda x^4,\qquad
        x = \frac{a + a^\dagger}{\sqrt{2 \Omega}}

    Parameters
    ----------
    size
        How many functions of the parity there are.
    strength, frequency
        :math:`\lambda` and the frequency :math:`\Omega` of the basis.
    odd
        1 for the odd functions, 0 for the even ones.

    Returns
    -------
    Array of shape ``(size, size)``
        The matrix of H.

    Examples
    --------
    >>> from unrolled.truth._anharmonic import anharmonic_hamiltonian
    >>> anharmonic_hamiltonian(2, 0.0, 1.0, 0).diagonal()
    array([0.5, 2.5])
    """
    # The square of x reaches two functions further; x^4 is cut off after it has been formed.
    n = odd + 2.0 * np.arange(size + 1)
    side = np.sqrt((n[:-1] + 1) * (n[:-1] + 2))
    x2 = (np.diag(2 * n + 1) + np.diag(side, 1) + np.diag(side, -1)) / (2 * frequency)
    H = np.diag(frequency * (n + 0.5)) + (1 - frequency**2) / 2 * x2 + strength * x2 @ x2
    return H[:size, :size]


def anharmonic_series(strength: float, frequency: float, level: int) -> Series:
    """A level of the quartic oscillator against the size of the basis.

    Parameters
    ----------
    strength, frequency
        Of the quartic term, and of the basis.
    level
        0 for the ground state; odd levels are odd functions.

    Returns
    -------
    Series
        24 energies, from two functions more than the smallest basis that has the level.

    Examples
    --------
    >>> from unrolled.truth._anharmonic import anharmonic_series
    >>> round(float(anharmonic_series(1.0, 2.0, 0).values[-1, 0]), 9)
    0.803770651
    """
    index, odd = divmod(level, 2)
    sizes = index + np.arange(3, POINTS + 3)
    full = anharmonic_hamiltonian(int(sizes[-1]), strength, frequency, odd)
    return make_series(
        [eigenvalue(full[:size, :size], index) for size in sizes.tolist()], sizes, names=["energy"],
        units=["oscillator quantum"], x_name="basis functions", source="diagonalization in oscillator functions",
        name=f"quartic oscillator, strength {strength:g}, level {level}, basis frequency {frequency:g}",
    )  # fmt: skip


ANHARMONIC = Family(
    "anharmonic-oscillator",
    "Levels of the quartic oscillator against the number of oscillator functions.",
    "Variational convergence in oscillator functions: Bender and Wu, Phys. Rev. 184, 1231 (1969).",
    tuple(
        {"strength": strength, "frequency": frequency, "level": level}
        for strength, frequency in (
            (0.1, 0.4),
            (0.1, 8.0),
            (1.0, 0.5),
            (1.0, 1.0),
            (1.0, 20.0),
            (10.0, 0.5),
            (10.0, 1.0),
            (10.0, 2.0),
            (100.0, 0.5),
            (100.0, 1.0),
            (100.0, 2.0),
        )
        for level in (0, 3)
    ),
    lambda member: member["strength"] == 100.0,
    anharmonic_series,
)
