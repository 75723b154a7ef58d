"""Exponents, and what follows from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

__all__ = ["LyapunovSpectrum"]

# An exponent within so many standard errors of zero, or so near to it, is taken for one that is zero.
_ERRORS, _ZERO = 3.0, 1e-7


@dataclass(frozen=True, eq=False)
class LyapunovSpectrum:
    """The exponents at which neighbouring trajectories part, largest first.

    Attributes
    ----------
    exponents
        For each unit of time (a step, in a network); minus infinity where a direction is lost in one step.
    errors
        Standard errors, from averages over 20 parts of the trajectory; zero where the exponents are exact.
    course
        Sums of logarithms over blocks of steps, over their time, ``(block, exponent)``: the local exponents.
    steps
        How many steps were averaged over.
    spacing
        The time that a step takes.
    size
        How many exponents there are in all.
    exact
        Whether they are those of eigenvalues, at a fixed point.

    Examples
    --------
    >>> from unrolled.dynamics import henon_map, lyapunov
    >>> spectrum = lyapunov(henon_map(), 20_000)
    >>> spectrum.exponents.round(1).tolist(), round(spectrum.dimension, 1)
    ([0.4, -1.6], 1.3)
    """

    exponents: Float[np.ndarray, " exponent"]
    errors: Float[np.ndarray, " exponent"]
    course: Float[np.ndarray, "block exponent"]
    steps: int
    spacing: float
    size: int
    exact: bool = False

    @property
    def largest(self) -> float:
        """The largest exponent."""
        return float(self.exponents[0])

    @property
    def zeros(self) -> int:
        """How many exponents cannot be told from zero: within three standard errors, or 1e-7 a step."""
        return int(np.count_nonzero(self._is_zero))

    @property
    def dimension(self) -> float:
        """The Kaplan-Yorke dimension: ``j + (sum of the first j) / |next|``, j the most whose sum is not negative.

        Exponents that cannot be told from zero count as zero. NaN where the sum stays positive and more exponents than
        were computed would be needed.

        References
        ----------
        P. Frederickson, J. L. Kaplan, E. D. Yorke and J. A. Yorke, Journal of Differential Equations 49 (1983) 185.
        """
        values = np.where(self._is_zero, 0.0, self.exponents)
        sums = np.cumsum(values)
        negative = np.flatnonzero(sums < 0)
        if not negative.size:
            return float(self.size) if len(values) == self.size else np.nan
        j = int(negative[0])
        if j == 0:
            return 0.0
        return float(j + sums[j - 1] / abs(values[j]))

    @property
    def entropy(self) -> float:
        """The sum of the positive exponents, in nats for each unit of time: an upper bound of the entropy rate."""
        return float(self.exponents[(self.exponents > 0) & ~self._is_zero].sum())

    @property
    def _is_zero(self) -> np.ndarray:
        near = np.maximum(_ERRORS * np.nan_to_num(self.errors), _ZERO / self.spacing)
        return np.abs(self.exponents) <= (np.full_like(near, _ZERO / self.spacing) if self.exact else near)

    def __str__(self) -> str:
        shown = ", ".join(f"{value:.4g}" for value in self.exponents[:5])
        more = f", and {len(self.exponents) - 5} more" if len(self.exponents) > 5 else ""
        return f"exponents {shown}{more} for each unit of time; dimension {self.dimension:.3g}"
