"""The Ising chain in a transverse field."""

from __future__ import annotations

import numpy as np

from unrolled.series import Series, make_series
from unrolled.truth._family import POINTS, Family

__all__ = ["ISING", "along_field", "along_sites", "ising_energy"]


def ising_energy(sites: int, field: float) -> float:
    r"""Ground-state energy per site of the periodic Ising chain in a transverse field.

    .. math:: H = -\sum_{i=1}^{N} \left( \sigma^z_i \sigma^z_{i+1} + h\, \sigma^x_i \right),\qquad
        \frac{E}{N} = -\frac1N \sum_{n=0}^{N-1} \sqrt{(1-h)^2 + 4 h \sin^2(k_n/2)},\qquad k_n = \frac{(2n+1)\pi}{N}

    Parameters
    ----------
    sites
        N, at least 2; with 2 sites the bond counts twice.
    field
        h, positive; in the limit of many sites 1 is critical.

    Returns
    -------
    float
        The energy in units of the exchange.

    Examples
    --------
    >>> from unrolled.truth._ising import ising_energy
    >>> round(ising_energy(2, 1.0), 12)
    -1.414213562373

    References
    ----------
    Pfeuty, Annals of Physics 57, 79 (1970).
    """
    half = (np.arange(sites) + 0.5) * np.pi / sites
    return float(-np.sum(np.hypot(1 - field, 2 * np.sqrt(field) * np.sin(half))) / sites)


def along_sites(field: float) -> Series:
    """Energies per site of 2 to 25 sites.

    Parameters
    ----------
    field
        h, positive.

    Returns
    -------
    Series
        24 energies in units of the exchange.

    Examples
    --------
    >>> from unrolled.truth._ising import along_sites
    >>> along_sites(1.0).x_name
    'sites'
    """
    sites = np.arange(2, POINTS + 2)
    return _series([ising_energy(count, field) for count in sites.tolist()], sites, "sites", f"field {field:g}")


def along_field(sites: int, start: float, step: float) -> Series:
    """Energies per site at 24 fields.

    Parameters
    ----------
    sites
        N, at least 2.
    start, step
        The first field and the distance to the next, positive.

    Returns
    -------
    Series
        24 energies in units of the exchange.

    Examples
    --------
    >>> from unrolled.truth._ising import along_field
    >>> along_field(6, 0.1, 0.1).x_name
    'field'
    """
    field = start + step * np.arange(POINTS)
    what = f"{sites} sites, field {start:g} to {field[-1]:g}"
    return _series([ising_energy(sites, h) for h in field.tolist()], field, "field", what)


def _series(energies: list[float], x: np.ndarray, x_name: str, what: str) -> Series:
    return make_series(
        energies, x, names=["energy per site"], units=["exchange"], x_name=x_name,
        name=f"Ising chain in a transverse field, {what}", source="free fermions, closed form",
    )  # fmt: skip


def _make(field: float | None = None, sites: int = 0, start: float = 0.0, step: float = 0.0) -> Series:
    return along_field(sites, start, step) if field is None else along_sites(field)


# The model is dual: field 1/h gives the series of h up to a factor, so no field is the inverse of another.
_FIELDS = (0.5, 0.57, 0.64, 0.71, 0.78, 0.85, 0.92, 0.97, 1.0, 1.02, 1.06, 1.12, 1.2, 1.36, 1.5, 1.65, 1.9)

ISING = Family(
    "ising-transverse",
    "Ground-state energy per site of the periodic Ising chain in a transverse field, against the sites or the field.",
    "Closed form by free fermions: Pfeuty, Annals of Physics 57, 79 (1970).",
    (
        *({"field": field} for field in _FIELDS),
        *(
            {"sites": sites, "start": start, "step": step}
            for sites in (6, 10, 20)
            for start, step in ((0.1, 0.08), (0.54, 0.04))
        ),
    ),
    lambda member: 0.95 < member.get("field", 0.0) < 1.1,
    _make,
)
