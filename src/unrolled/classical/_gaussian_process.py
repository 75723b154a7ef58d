"""Gaussian-process continuation in closed form."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float

from unrolled.classical._method import Standard, Values, standardize

__all__ = ["GaussianProcess", "GaussianProcessFunction"]

# Correlation lengths over the known stretch, and variances of the noise over that of the signal.
_LENGTHS = np.geomspace(0.15, 6.0, 16)
_NOISES = (1e-12, 1e-10, 1e-8, 1e-6, 1e-4, 1e-2)
# The last so many values are looked at: the matrices grow with the square of their number.
_MOST_POINTS = 60


@dataclass(frozen=True, eq=False)
class GaussianProcessFunction:
    """What :class:`GaussianProcess` finds.

    Attributes
    ----------
    coefficients
        ``K^{-1} z``.
    t
        Where the fitted values stand, in steps from the first known one.
    length
        The correlation length in steps.
    variance, noise
        Of the signal, and of the noise over that.
    standard
        Between the series' units and z.
    """

    coefficients: Float[np.ndarray, " time"]
    t: Float[np.ndarray, " time"]
    length: float
    variance: float
    noise: float
    standard: Standard

    def extend(self, history: Values, steps: int) -> Values:
        """The posterior mean at the next places; the history begins where the fitted values began."""
        # No matrix product: that rounds otherwise when there are more rows, and the first steps would change.
        return self.standard.unscale(np.sum(self._covariance(history, steps) * self.coefficients, axis=1))

    def deviation(self, history: Values, steps: int) -> Values:
        """The posterior standard deviation of the signal there."""
        across = self._covariance(history, steps)
        known = _kernel(self.t[:, None] - self.t, self.length) + self.noise * np.eye(len(self.t))
        explained = np.sum(across * np.linalg.solve(known, across.T).T, axis=1)
        return np.sqrt(self.variance * np.maximum(1.0 - explained, 0.0)) * abs(self.standard.width)

    def _covariance(self, history: Values, steps: int) -> Float[np.ndarray, "steps time"]:
        t = np.arange(len(history), len(history) + steps, dtype=np.float64)
        return _kernel(t[:, None] - self.t, self.length)


@dataclass(frozen=True)
class GaussianProcess:
    r"""A Gaussian process with kernel :math:`\sigma^2 \exp(-(t-t')^2/2\ell^2)` and noise.

    Length and noise are those of a grid that make the known values most likely; the variance that does so is
    :math:`\sigma^2 = z^\top K^{-1} z / n`. The factors of the grid depend on the number of values alone and are kept.

    References
    ----------
    Rasmussen and Williams, *Gaussian Processes for Machine Learning* (2006), equations 2.25 and 5.8.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.classical import GaussianProcess
    >>> known = np.sin(0.3 * np.arange(20))
    >>> bool(abs(GaussianProcess().fit(known).extend(known, 1)[0] - np.sin(6.0)) < 1e-3)
    True
    """

    @property
    def least(self) -> int:
        """Four values."""
        return 4

    def fit(self, values: Values) -> GaussianProcessFunction:
        """The most likely process of the grid."""
        z, standard = standardize(values[-_MOST_POINTS:])
        vectors, eigenvalues, grid = _grid(len(z))
        along = z @ vectors
        variance = np.maximum(np.mean(along**2 / eigenvalues, axis=1), np.finfo(np.float64).tiny)
        best = int(np.argmax(-len(z) * np.log(variance) - np.sum(np.log(eigenvalues), axis=1)))
        length, noise = grid[best]
        # Never by an inverse: its rounding, at a noise of 1e-12, has cost a forecast five digits.
        coefficients = vectors[best] @ (along[best] / eigenvalues[best])
        t = np.arange(len(values) - len(z), len(values), dtype=np.float64)
        return GaussianProcessFunction(coefficients, t, length, float(variance[best]), noise, standard)


def _kernel(distance: np.ndarray, length: float) -> np.ndarray:
    return np.exp(-0.5 * (distance / length) ** 2)


@lru_cache(maxsize=64)
def _grid(points: int) -> tuple[np.ndarray, np.ndarray, list[tuple[float, float]]]:
    """Eigenvectors and eigenvalues of K at every point of the grid where it is positive definite in float64."""
    t = np.arange(points, dtype=np.float64)
    vectors, eigenvalues, grid = [], [], []
    for length in (_LENGTHS * (points - 1)).tolist():
        kernel = _kernel(t[:, None] - t, length)
        for noise in _NOISES:
            values, directions = np.linalg.eigh(kernel + noise * np.eye(points))
            if values[0] < noise / 2:  # rounding has eaten what the noise had put there
                continue
            vectors.append(directions)
            eigenvalues.append(values)
            grid.append((length, noise))
    return np.array(vectors), np.array(eigenvalues), grid
