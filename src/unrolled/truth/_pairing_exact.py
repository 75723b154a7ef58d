"""The pairing model solved exactly."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from unrolled.errors import InputError
from unrolled.series import Series, make_series
from unrolled.truth._family import POINTS, Family

__all__ = ["EXACT_COUPLING", "EXACT_LEVELS", "along_coupling", "along_levels", "exact_energies"]

_LONGEST_STEP = 0.2
_NEWTON_STEPS = 20


def exact_energies(
    levels: int, pairs: int, couplings: Float[np.ndarray, " coupling"]
) -> Float[np.ndarray, " coupling"]:
    r"""Exact correlation energies of the pairing model at several couplings.

    .. math:: H = \sum_p e_p N_p - \tfrac{g}{2} \sum_{pq} P_p^\dagger P_q,\qquad e_p = 2(p-1)

    Richardson's state of M pairs with rapidities w has the numbers :math:`u_p = G \sum_a 1/(e_p - w_a)`, G = g/2, which
    solve quadratic equations without the singularities of the w:

    .. math:: u_p^2 = u_p + G \sum_{q \ne p} \frac{u_p - u_q}{e_p - e_q}.

    At G = 0 they are the occupations n. With u = n + d and :math:`B_{pq} = 1/(e_p - e_q)`, and because
    :math:`\sum_p e_p u_p = E + G M (L - M + 1)`, the energy above that of the reference state has no term of first
    order:

    .. math:: E - E_0 = \sum_p e_p (2 n_p - 1) \left[ G \sum_q B_{pq} (d_p - d_q) - d_p^2 \right].

    Parameters
    ----------
    levels, pairs
        L and M; the M lowest of L levels are filled in the reference state.
    couplings
        g in units of the level spacing, shape ``(coupling,)``.

    Returns
    -------
    Array of shape ``(coupling,)``
        Energies in units of the level spacing, of the state that the reference state turns into.

    Raises
    ------
    InputError
        Newton's method does not settle.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.truth._pairing_exact import exact_energies
    >>> round(float(exact_energies(8, 4, np.array([0.5]))[0]), 10)
    -0.2102575472

    References
    ----------
    Richardson, Phys. Lett. 3, 277 (1963); Faribault, El Araby, Sträter and Gritsev, Phys. Rev. B 83, 235124 (2011).
    """
    energies = np.empty(len(couplings))
    # Outward from zero on both sides, each solution from the one before.
    order = np.argsort(np.abs(couplings), kind="stable")
    for side in (couplings[order] >= 0, couplings[order] < 0):
        G, d = 0.0, np.zeros(levels)
        for index in order[side]:
            target = float(couplings[index]) / 2
            for trial in _between(G, target):
                d = _occupations(levels, pairs, trial, d)
            G = target
            energies[index] = _energy(levels, pairs, G, d)
    return energies


def _between(start: float, end: float) -> Float[np.ndarray, " step"]:
    steps = max(1, int(np.ceil(abs(end - start) / _LONGEST_STEP)))
    return np.append(start + (end - start) / steps * np.arange(1, steps), end)


def _model(levels: int, pairs: int) -> tuple[Float[np.ndarray, " level"], Float[np.ndarray, " level"], np.ndarray]:
    """Energies counted from the Fermi level, occupations, and B."""
    e = 2.0 * np.arange(levels) - (2 * pairs - 1)
    gap = e[:, None] - e[None, :]
    return e, (e < 0).astype(np.float64), np.where(gap == 0, 0.0, 1 / np.where(gap == 0, 1.0, gap))


def _occupations(levels: int, pairs: int, G: float, d: Float[np.ndarray, " level"]) -> Float[np.ndarray, " level"]:
    """The numbers u less the occupations, by Newton's method."""
    _, n, B = _model(levels, pairs)
    sign, rows, first = 2 * n - 1, B.sum(1), n * B.sum(1) - B @ n
    last = np.inf
    for _ in range(_NEWTON_STEPS):
        F = d * d + sign * d - G * (first + rows * d - B @ d)
        size = float(np.max(np.abs(F)))
        # Rounding ends the descent a little above zero.
        if size < 1e-17 or (size < 1e-11 and size >= last / 4):
            return d
        J = np.diag(2 * d + sign - G * rows) + G * B
        # Strong pairing brings solutions of other numbers of pairs near; the row of ones keeps them away.
        d, last = d - np.linalg.lstsq(np.vstack([J, np.ones(levels)]), np.append(F, d.sum()), rcond=None)[0], size
    raise InputError(f"the equations for {pairs} pairs on {levels} levels do not settle at g = {2 * G:g}.")


def _energy(levels: int, pairs: int, G: float, d: Float[np.ndarray, " level"]) -> float:
    e, n, B = _model(levels, pairs)
    return float(np.sum(e * (2 * n - 1) * (G * (B.sum(1) * d - B @ d) - d * d)))


def along_coupling(particles: int, start: float, step: float) -> Series:
    """Exact correlation energies of the half-filled model at 24 couplings.

    Parameters
    ----------
    particles
        An even number; as many levels lie above the Fermi level as below it.
    start, step
        The first coupling and the distance to the next, in units of the level spacing.

    Returns
    -------
    Series
        24 energies in units of the level spacing.

    Examples
    --------
    >>> from unrolled.truth._pairing_exact import along_coupling
    >>> len(along_coupling(8, 0.1, 0.1))
    24
    """
    g = start + step * np.arange(POINTS)
    return make_series(
        exact_energies(particles, particles // 2, g), g, names=["correlation energy"], units=["level spacing"],
        x_name="g", name=f"pairing model, exact, {particles} particles, g = {start:g} to {g[-1]:g}",
        source="exact solution by Richardson's equations",
    )  # fmt: skip


def along_levels(pairs: int, g: float) -> Series:
    """Exact correlation energies of a few pairs against the number of levels.

    Parameters
    ----------
    pairs
        How many pairs there are.
    g
        Strength of the pairing, in units of the level spacing.

    Returns
    -------
    Series
        24 energies in units of the level spacing, from one level more than pairs.

    Examples
    --------
    >>> from unrolled.truth._pairing_exact import along_levels
    >>> float(along_levels(2, 0.5).x[0])
    3.0
    """
    levels = pairs + np.arange(1, POINTS + 1)
    coupling = np.array([g], dtype=np.float64)
    return make_series(
        [exact_energies(count, pairs, coupling)[0] for count in levels.tolist()], levels, names=["correlation energy"],
        units=["level spacing"], x_name="levels", name=f"pairing model, exact, {pairs} pairs, g = {g:g}",
        source="exact solution by Richardson's equations",
    )  # fmt: skip


_PROVENANCE = (
    "Richardson's exact solution, in the quadratic equations of Faribault et al., Phys. Rev. B 83, 235124 (2011)."
)

EXACT_COUPLING = Family(
    "pairing-exact-coupling",
    "Exact correlation energy of the half-filled pairing model against the coupling.",
    _PROVENANCE,
    tuple(
        {"particles": particles, "start": start, "step": step}
        for particles in (4, 6, 8, 10, 12, 14, 16, 20)
        for start, step in ((0.1, 0.1), (0.03, 0.03), (-0.5, 0.05))
    ),
    lambda member: member["particles"] >= 16,
    along_coupling,
)

EXACT_LEVELS = Family(
    "pairing-exact-levels",
    "Exact correlation energy of two to six pairs against the number of levels.",
    _PROVENANCE,
    tuple({"pairs": pairs, "g": g} for pairs in (2, 3, 4, 6) for g in (-0.8, 0.3, 0.6, 1.0, 1.5)),
    lambda member: member["g"] == 1.5,
    along_levels,
)
