"""Partial-wave sums whose terms fall as known powers."""

from __future__ import annotations

import numpy as np

from unrolled.series import Series, make_series
from unrolled.truth._family import POINTS, Family

__all__ = ["PARTIAL_WAVES", "partial_wave_sums"]


def partial_wave_sums(power: float, next_term: float, third_term: float) -> Series:
    r"""Sums over partial waves up to L = 1 to 24.

    .. math:: S_L = -\sum_{l=1}^{L} \left[ \lambda^{-p} + b\,\lambda^{-p-1} + c\,\lambda^{-p-2} \right],\qquad
        \lambda = l + \tfrac12

    The wave l = 0 is left out: its term would exceed all others by far. In second-order perturbation theory of helium
    the terms fall as :math:`-\tfrac{45}{256}\lambda^{-4} - \tfrac{225}{1024}\lambda^{-6}`: p = 4, b = 0, c = 5/4.

    Parameters
    ----------
    power, next_term, third_term
        p, b and c.

    Returns
    -------
    Series
        24 sums, each to rounding.

    Examples
    --------
    >>> from unrolled.truth._partial_waves import partial_wave_sums
    >>> float(partial_wave_sums(2.0, 0.0, 0.0).values[0, 0])
    -0.4444444444444444

    References
    ----------
    Schwartz, Phys. Rev. 126, 1015 (1962).
    """
    wave = np.arange(1, POINTS + 1) + 0.5
    terms = wave**-power * (1 + next_term / wave + third_term / wave**2)
    return make_series(
        -np.cumsum(terms), np.arange(1, POINTS + 1), names=["energy"], units=["hartree"], x_name="highest wave",
        name=f"partial waves, powers {power:g} (1, {next_term:g}, {third_term:g})",
        source="direct sum of terms (l + 1/2)^-p",
    )  # fmt: skip


PARTIAL_WAVES = Family(
    "partial-waves",
    "Sums over partial waves against the highest wave, whose terms fall as a power and two that follow it.",
    "The direct sum of (l + 1/2)^-p, as in the partial-wave expansion of atoms: Schwartz, Phys. Rev. 126, 1015 (1962).",
    tuple(
        {"power": power, "next_term": next_term, "third_term": third_term}
        for power in (1.5, 2.0, 2.5, 3.0, 4.0)
        for next_term, third_term in ((0.0, 0.0), (0.0, 1.25), (-0.4, 0.0), (3.0, 0.0))
    ),
    lambda member: member["power"] == 4.0,
    partial_wave_sums,
)
