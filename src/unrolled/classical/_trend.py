"""A polynomial trend fitted to all known values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from unrolled.classical._method import Standard, Values, standardize

__all__ = ["Trend", "TrendFunction"]


@dataclass(frozen=True, eq=False)
class TrendFunction:
    """What :class:`Trend` finds: Chebyshev coefficients on the known stretch."""

    coefficients: Float[np.ndarray, " power"]
    points: int
    standard: Standard

    def extend(self, history: Values, steps: int) -> Values:
        """The next values; the history begins where the fitted values began."""
        t = np.arange(len(history), len(history) + steps)
        place = _on_the_known_stretch(t, self.points)
        return self.standard.unscale(np.polynomial.chebyshev.chebval(place, self.coefficients))


@dataclass(frozen=True)
class Trend:
    """The polynomial of that degree that lies nearest to all known values: for data that carry noise.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.classical import Trend
    >>> known = np.array([0.0, 1.1, 1.9, 3.0])
    >>> Trend(1).fit(known).extend(known, 1).round(3).tolist()
    [3.95]
    """

    degree: int

    @property
    def least(self) -> int:
        """One value more than coefficients."""
        return self.degree + 2

    def fit(self, values: Values) -> TrendFunction:
        """The coefficients, by singular values."""
        z, standard = standardize(values)
        basis = np.polynomial.chebyshev.chebvander(_on_the_known_stretch(np.arange(len(z)), len(z)), self.degree)
        return TrendFunction(np.linalg.lstsq(basis, z, rcond=None)[0], len(z), standard)


def _on_the_known_stretch(t: np.ndarray, points: int) -> Float[np.ndarray, " time"]:
    return 2.0 * t / (points - 1) - 1.0
