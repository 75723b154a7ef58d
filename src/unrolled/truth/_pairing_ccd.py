"""The pairing model in coupled-cluster doubles, against the number of particles and against the coupling."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from unrolled.errors import InputError
from unrolled.series import Series, make_series, pairing_energy, pairing_series
from unrolled.truth._family import POINTS, Family

__all__ = ["CCD_COUPLING", "CCD_PARTICLES", "along_coupling", "along_particles"]

_FEWEST = 20


def along_particles(g: float) -> Series:
    """Correlation energies of 2, 4, ..., 48 particles, or as far as the solution exists.

    Parameters
    ----------
    g
        Strength of the pairing, in units of the level spacing.

    Returns
    -------
    Series
        20 to 24 energies in units of the level spacing.

    Raises
    ------
    InputError
        The solution ends before 40 particles.

    Examples
    --------
    >>> from unrolled.truth._pairing_ccd import along_particles
    >>> len(along_particles(0.3)), len(along_particles(0.6))
    (24, 20)
    """
    particles, energies = np.arange(2, 2 * POINTS + 1, 2), []
    for count in particles.tolist():
        try:
            energies.append(pairing_energy(count, g))
        except InputError:
            if len(energies) < _FEWEST:
                raise
            break
    return make_series(
        energies, particles[: len(energies)], names=["correlation energy"], units=["level spacing"],
        x_name="particles", name=f"pairing model, coupled-cluster doubles, g = {g:g}",
        source="coupled-cluster doubles, converged",
    )  # fmt: skip


def along_coupling(particles: int, start: float, step: float) -> Series:
    """Correlation energies at 24 couplings.

    Parameters
    ----------
    particles
        An even number.
    start, step
        The first coupling and the distance to the next, in units of the level spacing.

    Returns
    -------
    Series
        24 energies in units of the level spacing.

    Raises
    ------
    InputError
        The solution ends before the last coupling.

    Examples
    --------
    >>> from unrolled.truth._pairing_ccd import along_coupling
    >>> along_coupling(8, 0.02, 0.02).x_name
    'g'
    """
    made = pairing_series(particles, (start + step * np.arange(POINTS)).tolist())
    return replace(made, name=f"pairing model, coupled-cluster doubles, {particles} particles from g = {start:g}")


_PROVENANCE = (
    "Converged solution of the amplitude equations: Lietz et al., Lecture Notes in Physics 936 (2017), chapter 8."
)

CCD_PARTICLES = Family(
    "pairing-ccd-particles",
    "Correlation energy of the half-filled pairing model in coupled-cluster doubles against the number of particles.",
    _PROVENANCE,
    tuple(
        {"g": g}
        for g in (
            -2.0, -1.4, -1.0, -0.7, -0.4, -0.2, 0.1, 0.15, 0.2, 0.25, 0.3,
            0.34, 0.38, 0.42, 0.45, 0.48, 0.5, 0.52, 0.54, 0.56, 0.58, 0.6,
        )
    ),
    lambda member: member["g"] > 0.5,
    along_particles,
)  # fmt: skip

# The branch ends 1.5 to 2.5 % beyond the last coupling; with 4 and 6 particles it does not end.
_STEPS = {
    4: 0.1, 6: 0.08, 8: 0.068, 10: 0.052, 12: 0.0445, 14: 0.04, 16: 0.037, 18: 0.0345, 20: 0.0328, 22: 0.0313, 24: 0.03,
}  # fmt: skip

CCD_COUPLING = Family(
    "pairing-ccd-coupling",
    "Correlation energy of the half-filled pairing model in coupled-cluster doubles against the coupling.",
    _PROVENANCE,
    tuple(
        {"particles": particles, "start": start, "step": step}
        for particles, longest in _STEPS.items()
        for start, step in ((longest, longest), (-0.5, 0.05))
    ),
    lambda member: member["particles"] >= 22,
    along_coupling,
)
