"""What every classical continuation is: a method, and the law that it finds in known values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

__all__ = ["Law", "Method", "Standard", "Values", "standardize"]

#: Numbers in order; of any number, so that what goes in and what comes out may differ in length.
Values = Float[np.ndarray, " _"]

_NEAR_LARGEST = 1e290


@runtime_checkable
class Law(Protocol):
    """What a method has found: it continues a series without looking at the method again."""

    def extend(self, history: Values, steps: int) -> Float[np.ndarray, " steps"]:
        """The next ``steps`` values after ``history``, in closed loop."""
        ...


@runtime_checkable
class Method(Protocol):
    """A rule for finding a law in known values, evenly spaced."""

    @property
    def least(self) -> int:
        """The fewest known values that it takes."""
        ...

    def fit(self, values: Values) -> Law:
        """The law of these values."""
        ...


@dataclass(frozen=True)
class Standard:
    """``z = (y - centre) / width``; the width carries the sign of the total change.

    Methods work on z, so that y and ``a y + b`` are continued alike, and y and ``-2^k y`` to the same digits: division
    by a power of two and a change of sign are exact.

    Attributes
    ----------
    centre
        The mean of the known values.
    width
        Their standard deviation, negative where the last lies below the first; 1 where all are equal.
    """

    centre: float
    width: float

    def scale(self, values: Values) -> Values:
        """From the series' units to z; infinite where that is beyond the largest float."""
        with np.errstate(over="ignore"):
            return (values - self.centre) / self.width

    def unscale(self, z: np.ndarray) -> np.ndarray:
        """From z to the series' units; infinite where that is beyond the largest float."""
        with np.errstate(over="ignore"):
            return z * self.width + self.centre


def standardize(values: Values) -> tuple[Values, Standard]:
    """Known values brought to mean 0, standard deviation 1 and a rising trend, and how to go back.

    Parameters
    ----------
    values
        The known values and nothing beyond them.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.classical import standardize
    >>> z, standard = standardize(np.array([5.0, 2.0, 1.0, 0.0]))
    >>> bool(z[-1] > z[0]), standard.centre
    (True, 2.0)
    """
    # Near the largest float sums would overflow; a power of two changes no digit.
    unit = 2.0**64 if np.max(np.abs(values)) > _NEAR_LARGEST else 1.0
    values = values / unit
    centre = float(np.mean(values))
    deviations = values - centre
    if np.all(deviations == deviations[0]):  # the mean of equal values can be off by rounding
        return np.zeros_like(deviations), Standard(float(values[0]) * unit, 1.0)
    largest = float(np.max(np.abs(deviations)))
    if not largest > 0:
        return np.zeros_like(deviations), Standard(centre, 1.0)
    # In units of the largest deviation, so that squares neither overflow nor vanish.
    width = largest * float(np.sqrt(np.mean((deviations / largest) ** 2))) or largest
    signed = width if _rises(deviations) else -width
    # A value at the mean would be a zero with the sign of the width, which linear algebra does not overlook.
    return deviations / signed + 0.0, Standard(centre * unit, signed * unit)


def _rises(deviations: Values) -> bool:
    """Whether the last value lies above the first; where they are equal, the first that differs decides."""
    changes = np.flatnonzero(deviations != deviations[0])
    last = -1 if deviations[-1] != deviations[0] else changes[0]
    return bool(deviations[last] > deviations[0])
