"""The Heisenberg ring and its anisotropic relatives, by the Bethe equations."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from unrolled.errors import InputError
from unrolled.series import Series, make_series
from unrolled.truth._family import POINTS, Family

__all__ = ["HEISENBERG", "heisenberg_energy", "heisenberg_series"]

_NEWTON_STEPS = 50

Roots = Float[np.ndarray, " root"]


def heisenberg_energy(sites: int, anisotropy: float, magnetization: int = 0) -> float:
    r"""The lowest energy of a ring of spins 1/2 with a given magnetization.

    .. math:: H = \sum_{i=1}^{N} S^x_i S^x_{i+1} + S^y_i S^y_{i+1} + \Delta S^z_i S^z_{i+1}

    With :math:`\Delta = \cos\gamma` and :math:`\theta_n(x) = 2 \arctan[\tanh(\gamma x) / \tan(n \gamma / 2)]` the
    M = N/2 - m real roots x solve the Bethe equations for the numbers :math:`I_j = -(M-1)/2, \ldots, (M-1)/2`:

    .. math:: N \theta_1(x_j) = 2 \pi I_j + \sum_k \theta_2(x_j - x_k),\qquad
        E = \frac{N \Delta}{4} - \sum_j \frac{\sin^2 \gamma}{2\,[\sinh^2 \gamma x_j + \sin^2(\gamma/2)]}.

    Parameters
    ----------
    sites
        N, even.
    anisotropy
        :math:`\Delta`, above -1 and at most 1.
    magnetization
        m, 0 for the ground state.

    Returns
    -------
    float
        The energy in units of the exchange.

    Raises
    ------
    InputError
        Newton's method does not settle.

    Examples
    --------
    >>> from unrolled.truth._heisenberg import heisenberg_energy
    >>> round(heisenberg_energy(4, 1.0), 12)
    -2.0

    References
    ----------
    Bethe, Z. Phys. 71, 205 (1931); Orbach, Phys. Rev. 112, 309 (1958).
    """
    gamma = float(np.arccos(anisotropy))
    count = sites // 2 - magnetization
    numbers = np.arange(count) - (count - 1) / 2
    # The roots of a long ring without magnetization.
    x = np.arcsinh(np.tan(2 * np.pi * numbers / sites)) / np.pi
    last = np.inf
    for _ in range(_NEWTON_STEPS):
        apart = x[:, None] - x[None, :]
        F = sites * _phase(x, gamma, 1) - 2 * np.pi * numbers - _phase(apart, gamma, 2).sum(1)
        size = float(np.max(np.abs(F), initial=0.0))
        # Rounding ends the descent a little above zero.
        if size < 1e-15 or (size < 1e-9 and size >= last / 4):
            return sites * anisotropy / 4 - float(np.sum(_one_energy(x, gamma)))
        slope = _slope(apart, gamma, 2)
        x, last = x - np.linalg.solve(np.diag(sites * _slope(x, gamma, 1) - slope.sum(1)) + slope, F), size
    raise InputError(f"the Bethe equations for {sites} sites do not settle at anisotropy {anisotropy:g}.")


def _phase(x: np.ndarray, gamma: float, n: int) -> np.ndarray:
    return 2 * np.arctan(np.tanh(gamma * x) / np.tan(n * gamma / 2) if gamma > 0 else 2 * x / n)


def _slope(x: np.ndarray, gamma: float, n: int) -> np.ndarray:
    if gamma == 0:
        return (4 / n) / (1 + (2 * x / n) ** 2)
    return gamma * np.sin(n * gamma) / (np.sinh(gamma * x) ** 2 + np.sin(n * gamma / 2) ** 2)


def _one_energy(x: Roots, gamma: float) -> Roots:
    if gamma == 0:
        return 2 / (1 + 4 * x * x)
    return np.sin(gamma) ** 2 / (2 * (np.sinh(gamma * x) ** 2 + np.sin(gamma / 2) ** 2))


def heisenberg_series(anisotropy: float, magnetization: int) -> Series:
    """The ground-state energy per site or the gap of rings of 6, 8, ..., 52 spins.

    Parameters
    ----------
    anisotropy
        Above -1 and at most 1, the Heisenberg ring; 0 is the ring of free fermions.
    magnetization
        0: the energy per site; else: the distance to the lowest state of this magnetization.

    Returns
    -------
    Series
        24 energies in units of the exchange.

    Examples
    --------
    >>> from unrolled.truth._heisenberg import heisenberg_series
    >>> heisenberg_series(1.0, 0).names
    ('energy per site',)
    """
    sites = 6 + 2 * np.arange(POINTS)
    ground = [heisenberg_energy(count, anisotropy) for count in sites.tolist()]
    if magnetization:
        upper = [heisenberg_energy(count, anisotropy, magnetization) for count in sites.tolist()]
        what, energies = f"gap to magnetization {magnetization}", np.array(upper) - np.array(ground)
    else:
        what, energies = "energy per site", np.array(ground) / sites
    return make_series(
        energies, sites, names=[what], units=["exchange"], x_name="sites",
        name=f"ring of spins 1/2, {what}, anisotropy {anisotropy:g}", source="Bethe equations, solved to rounding",
    )  # fmt: skip


HEISENBERG = Family(
    "heisenberg-chain",
    "Ground-state energy per site and gaps of rings of spins 1/2 against the number of sites.",
    "Real roots of the Bethe equations: Bethe, Z. Phys. 71, 205 (1931); Orbach, Phys. Rev. 112, 309 (1958).",
    tuple(
        {"anisotropy": anisotropy, "magnetization": magnetization}
        # Not 0: the ring of free fermions repeats the Ising chain at its critical field, of half as many sites.
        for anisotropy in (-0.95, -0.85, -0.7, -0.4, -0.1, 0.3, 0.6, 1.0)
        for magnetization in (0, 1, 2)
    ),
    lambda member: member["anisotropy"] < -0.8,
    heisenberg_series,
)
