"""The Lipkin-Meshkov-Glick model."""

from __future__ import annotations

import numpy as np

from unrolled.series import Series, make_series
from unrolled.truth._family import POINTS, Family
from unrolled.truth._lowest import eigenvalue

__all__ = ["LIPKIN", "lipkin_energy", "lipkin_series"]


def lipkin_energy(particles: int, coupling: float, level: int = 0) -> float:
    r"""An energy of the Lipkin model above that of the unperturbed ground state.

    .. math:: H = J_z - \frac{\chi}{2(N-1)} \left( J_+^2 + J_-^2 \right)

    in the multiplet J = N/2, restricted to :math:`m = -J, -J+2, \ldots`: a tridiagonal matrix. In the limit of many
    particles the ground state changes its character at :math:`\chi = 1`.

    Parameters
    ----------
    particles
        N, even.
    coupling
        :math:`\chi`.
    level
        0 for the ground state, 1 for the first excitation within the same symmetry.

    Returns
    -------
    float
        The energy plus N/2, in units of the level spacing.

    Examples
    --------
    >>> from unrolled.truth._lipkin import lipkin_energy
    >>> round(lipkin_energy(2, 1.0), 12)
    -0.414213562373

    References
    ----------
    Lipkin, Meshkov and Glick, Nucl. Phys. 62, 188 (1965).
    """
    J = particles / 2
    m = np.arange(-J, J + 1, 2)
    raised = m[:-1]
    up = np.sqrt((J * (J + 1) - raised * (raised + 1)) * (J * (J + 1) - (raised + 1) * (raised + 2)))
    side = -coupling / (2 * (particles - 1)) * up
    return eigenvalue(np.diag(m + J) + np.diag(side, 1) + np.diag(side, -1), level)


def lipkin_series(coupling: float, excited: int) -> Series:
    """The ground state or the excitation against the number of particles.

    Parameters
    ----------
    coupling
        1 in the limit of many particles is critical.
    excited
        0: the correlation energy of the ground state, 1: the energy of the first excitation.

    Returns
    -------
    Series
        24 energies in units of the level spacing, for 2, 4, ..., 48 particles.

    Examples
    --------
    >>> from unrolled.truth._lipkin import lipkin_series
    >>> lipkin_series(1.0, 1).names
    ('excitation energy',)
    """
    particles = np.arange(2, 2 * POINTS + 1, 2)
    energies = [lipkin_energy(count, coupling) for count in particles.tolist()]
    if excited:
        energies = [
            lipkin_energy(n, coupling, 1) - ground for n, ground in zip(particles.tolist(), energies, strict=True)
        ]
    what = "excitation energy" if excited else "correlation energy"
    return make_series(
        energies, particles, names=[what], units=["level spacing"], x_name="particles",
        name=f"Lipkin model, {what}, coupling {coupling:g}", source="diagonalization of the multiplet J = N/2",
    )  # fmt: skip


LIPKIN = Family(
    "lipkin",
    "Ground state and excitation of the Lipkin-Meshkov-Glick model against the number of particles.",
    "Diagonalization in the multiplet J = N/2: Lipkin, Meshkov and Glick, Nucl. Phys. 62, 188 (1965).",
    tuple(
        {"coupling": coupling, "excited": excited}
        for coupling in (0.3, 0.5, 0.7, 0.85, 0.95, 1.0, 1.05, 1.15, 1.3, 1.5, 1.8)
        for excited in (0, 1)
    ),
    lambda member: member["coupling"] >= 1.5,
    lipkin_series,
)
