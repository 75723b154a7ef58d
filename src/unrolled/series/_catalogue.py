"""Series that come with the package, each with its provenance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from unrolled.errors import InputError, nearest_name
from unrolled.series._series import Series, make_series

__all__ = ["Dataset", "dataset", "datasets", "describe", "noisy_sine"]


@dataclass(frozen=True)
class Dataset:
    """An entry of the catalogue.

    Attributes
    ----------
    summary
        One sentence on what the numbers are.
    provenance
        Where they come from and how good they are.
    make
        Gives the series.
    """

    summary: str
    provenance: str
    make: Callable[[], Series]


def noisy_sine(seed: int = 0, points: int = 1000) -> Series:
    r"""A sine under uniform noise, :math:`y_t=\sin(0.02\,t)+2\,u_t` with :math:`u_t` uniform on [0, 1).

    Parameters
    ----------
    seed
        For numpy's ``default_rng``.
    points
        How many values, t = 0, 1, 2, ...

    Returns
    -------
    Series
        With the first four fifths marked as known.

    Raises
    ------
    InputError
        ``points`` is less than one, or ``seed`` is negative.

    Examples
    --------
    >>> from unrolled.series import noisy_sine
    >>> noisy_sine(points=100).known
    80
    """
    if points < 1 or seed < 0:
        raise InputError(f"noisy_sine needs points >= 1 and seed >= 0; came points={points}, seed={seed}.")
    t = np.arange(points, dtype=np.float64)
    values = np.sin(0.02 * t) + 2 * np.random.default_rng(seed).random(points)
    made = make_series(values, t, names=["signal"], x_name="t", name="noisy-sine", source=f"generated, seed {seed}")
    return replace(made, known=max(1, points * 4 // 5))


# As published, to the digit.
_PAIRING = (
    -0.03077640549, -0.08336233266, -0.1446729567, -0.2116753732, -0.2830637392, -0.3581341341, -0.436462435,
    -0.5177783846, -0.6019067271, -0.6887363571, -0.7782028952, -0.8702784034, -0.9649652536, -1.062292565,
    -1.16231451, -1.265109911, -1.370782966, -1.479465113, -1.591317992, -1.70653767,
)  # fmt: skip


def _pairing_particles() -> Series:
    made = make_series(
        _PAIRING, np.arange(2.0, 42.0, 2.0), names=["correlation energy"], units=["level spacing"],
        x_name="particles", name="pairing-particles", source="published coupled-cluster doubles energies",
    )  # fmt: skip
    return replace(made, known=12)


_CATALOGUE = {
    "pairing-particles": Dataset(
        "Correlation energy of the pairing model against the number of particles, 2 to 40.",
        "Coupled-cluster doubles for the half-filled pairing model, level spacing 1, g = 0.5. The published digits "
        "carry the solver's own error, up to 1.3e-7 at 40 particles; pairing_series() gives converged values.",
        _pairing_particles,
    ),
    "noisy-sine": Dataset(
        "A sine under uniform noise of twice its height, 1000 points.",
        "Generated: sin(0.02 t) + 2 U(0, 1) with numpy's default_rng(0); 800 points are known.",
        noisy_sine,
    ),
}


def datasets() -> tuple[str, ...]:
    """The names in the catalogue.

    Examples
    --------
    >>> from unrolled.series import datasets
    >>> datasets()
    ('pairing-particles', 'noisy-sine')
    """
    return tuple(_CATALOGUE)


def describe(name: str) -> Dataset:
    """What a series of the catalogue is and where it comes from; an :class:`InputError` offers the nearest name.

    Examples
    --------
    >>> from unrolled.series import describe
    >>> print(describe("noisy-sine").summary)
    A sine under uniform noise of twice its height, 1000 points.
    """
    if name not in _CATALOGUE:
        raise nearest_name("dataset", name, _CATALOGUE)
    return _CATALOGUE[name]


def dataset(name: str) -> Series:
    """A series of the catalogue; an :class:`InputError` offers the nearest name.

    Examples
    --------
    >>> from unrolled.series import dataset
    >>> dataset("pairing-particles").values[0, 0]
    np.float64(-0.03077640549)
    """
    return describe(name).make()
