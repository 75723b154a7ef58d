"""The pairing model in second-order perturbation theory."""

from __future__ import annotations

import numpy as np

from unrolled.arguments import require_number, require_whole
from unrolled.errors import InputError
from unrolled.series import Series, make_series
from unrolled.truth._family import POINTS, Family

__all__ = ["PERTURBATION", "pairing_perturbation", "perturbation_series"]

_MOST_PARTICLES = 1_000_000


def pairing_perturbation(particles: int, g: float) -> float:
    r"""Correlation energy of the half-filled pairing model in second-order perturbation theory.

    With single-particle energies of the reference state, holes lowered by g/2,

    .. math:: E_2 = -\frac{g^2}{4} \sum_{a,i=0}^{n-1} \frac{1}{2(a+i+1)+g}
        = -\frac{g^2}{4} \sum_{k=1}^{2n-1} \frac{\min(k,\,2n-k)}{2k+g},\qquad n = \text{particles}/2.

    It is the cheap companion of :func:`unrolled.series.pairing_energy`, and agrees with it up to terms of third order.

    Parameters
    ----------
    particles
        An even number, at least 2; as many levels lie above the Fermi level as below it.
    g
        Strength of the pairing, in units of the level spacing; above -2, where a denominator vanishes.

    Returns
    -------
    float
        The energy in units of the level spacing.

    Raises
    ------
    InputError
        The number of particles is odd or out of range, or g is not a finite number above -2.

    Examples
    --------
    >>> from unrolled.truth import pairing_perturbation
    >>> pairing_perturbation(2, 0.5)
    -0.025

    References
    ----------
    Lietz, Novario, Jansen, Hagen and Hjorth-Jensen, in *An Advanced Course in Computational Nuclear Physics*,
    Lecture Notes in Physics 936 (2017), chapter 8.
    """
    require_whole("particles", particles, 2, _MOST_PARTICLES)
    require_number("g", g, above=-2.0)
    if particles % 2:
        raise InputError(f"particles must be an even number; came {particles}.")
    k = np.arange(1, particles, dtype=np.float64)
    return float(-(g * g) / 4 * np.sum(np.minimum(k, particles - k) / (2 * k + g)))


def perturbation_series(g: float) -> Series:
    """Second-order energies of 2, 4, ..., 48 particles.

    Parameters
    ----------
    g
        Strength of the pairing, in units of the level spacing.

    Returns
    -------
    Series
        24 energies in units of the level spacing.

    Examples
    --------
    >>> from unrolled.truth._pairing_perturbation import perturbation_series
    >>> len(perturbation_series(0.5))
    24
    """
    particles = 2 * np.arange(1, POINTS + 1)
    return make_series(
        [pairing_perturbation(count, g) for count in particles.tolist()], particles, names=["correlation energy"],
        units=["level spacing"], x_name="particles", source="second-order perturbation theory, closed sum",
        name=f"pairing model, second order, g = {g:g}",
    )  # fmt: skip


PERTURBATION = Family(
    "pairing-perturbation",
    "Correlation energy of the half-filled pairing model in second order against the number of particles.",
    "Closed sum of second-order perturbation theory: Lietz et al., Lecture Notes in Physics 936 (2017), chapter 8.",
    tuple(
        {"g": g}
        for g in (
            -1.9, -1.75, -1.5, -1.2, -0.9, -0.5, 0.1, 0.4, 0.8, 1.3, 2.0, 3.0, 4.5, 6.5, 9.0, 13.0,
            18.0, 25.0, 35.0, 50.0,
        )
    ),
    lambda member: member["g"] > 15,
    perturbation_series,
)  # fmt: skip
