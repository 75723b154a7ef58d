"""Recurrences whose coefficients change with time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from unrolled.classical._method import Standard, Values, standardize

__all__ = ["Holonomic", "HolonomicRecurrence"]

# Singular values below this share of the largest are taken as zero.
_CUT = 1e-15


@dataclass(frozen=True, eq=False)
class Holonomic:
    """What :class:`HolonomicRecurrence` finds.

    Attributes
    ----------
    coefficients
        ``a_kd``, shape ``(window + 1, degree + 1)``: of the value k steps back, times s to the power d.
    inhomogeneous
        The coefficients of the powers of s that stand alone.
    points
        How many values it was fitted on; ``s = (t - points + 1) / points``.
    standard
        Between the series' units and z.
    """

    coefficients: Float[np.ndarray, "lag power"]
    inhomogeneous: Float[np.ndarray, " alone"]
    points: int
    standard: Standard

    def extend(self, history: Values, steps: int) -> Values:
        """The next values, each prediction fed back; the history begins where the fitted values began.

        Where the leading coefficient vanishes the law says nothing: from there on the values are infinite or NaN.
        """
        back = len(self.coefficients) - 1
        z = np.empty(back + steps)
        z[:back] = self.standard.scale(history[-back:])
        s = (np.arange(len(history), len(history) + steps) - self.points + 1.0) / self.points
        # No matrix product: that rounds otherwise when there are more rows, and the first steps would change.
        lags = np.ascontiguousarray(np.polynomial.polynomial.polyval(s, self.coefficients.T).T)
        alone = np.sum(_powers(s, len(self.inhomogeneous)) * self.inhomogeneous, axis=1)
        with np.errstate(all="ignore"):  # a leading coefficient of zero is a singular point; the result says so
            for step in range(steps):
                known = lags[step, 1:] @ z[step : step + back][::-1] + alone[step]
                z[back + step] = -known / lags[step, 0]
        return self.standard.unscale(z[back:])

    def singularities(self) -> Float[np.ndarray, " root"]:
        """The times t, counted from the first fitted value, at which the leading coefficient vanishes."""
        roots = np.roots(self.coefficients[0, ::-1])
        real = roots[np.abs(roots.imag) < 1e-9 * (1 + np.abs(roots))].real
        return np.sort(real * self.points + self.points - 1)


@dataclass(frozen=True)
class HolonomicRecurrence:
    r"""A linear recurrence whose coefficients are polynomials in time.

    .. math:: \sum_{k=0}^{L} \Bigl(\sum_{d} a_{kd}\, s^d\Bigr) z_{t-k} + \sum_{d} c_d\, s^d = 0

    with s the time from the last known value over their number. Sums with power-law tails, square-root branch points
    and many variational energies obey such a law exactly or nearly; constant coefficients cannot follow them. The
    coefficients are the singular vector of the smallest singular value, the columns scaled to one length.

    Attributes
    ----------
    window
        L, how far it looks back.
    degree
        The degree of the polynomials.
    alone
        How many powers of s stand alone: 0, 1 or 2.

    References
    ----------
    Guttmann, *Asymptotic analysis of power-series expansions*, in Phase Transitions and Critical Phenomena 13 (1989),
    where such laws of the coefficients of a series are called differential approximants.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.classical import HolonomicRecurrence
    >>> t = np.arange(10.0)
    >>> root = np.cumprod((t + 0.5) / (t + 1))  # its ratios change with t
    >>> law = HolonomicRecurrence(1, 1, 2).fit(root[:8])
    >>> bool(np.allclose(law.extend(root[:8], 2), root[8:], rtol=1e-9))
    True
    """

    window: int
    degree: int = 1
    alone: int = 1

    @property
    def least(self) -> int:
        """As many equations as unknowns."""
        return self.window + (self.window + 1) * (self.degree + 1) + self.alone - 1

    def fit(self, values: Values) -> Holonomic:
        """The law of these values."""
        z, standard = standardize(values)
        points = len(z)
        rows = np.arange(self.window, points)
        powers = _powers((rows - points + 1.0) / points, max(self.degree + 1, self.alone))
        blocks = [z[rows - k, None] * powers[:, : self.degree + 1] for k in range(self.window + 1)]
        columns = np.hstack([*blocks, powers[:, : self.alone]])
        lengths = np.linalg.norm(columns, axis=0)
        lengths[lengths == 0] = 1.0
        leading = np.zeros(len(lengths))
        leading[: self.degree + 1] = _powers(np.array([1 / points]), self.degree + 1)[0]
        smallest = _smallest(columns / lengths, leading / lengths) / lengths
        split = (self.window + 1) * (self.degree + 1)
        coefficients = smallest[:split].reshape(self.window + 1, self.degree + 1)
        return Holonomic(coefficients, smallest[split:], points, standard)


def _smallest(
    columns: Float[np.ndarray, "row column"], leading: Float[np.ndarray, " column"]
) -> Float[np.ndarray, " column"]:
    """The singular vector of the smallest singular value.

    Where several laws hold to rounding, as for a constant series, that one of them whose leading coefficient, the
    product with ``leading``, is largest at the first unknown value: others may say nothing about it.
    """
    if not np.any(columns[:, leading != 0]):  # the values do not move at all
        return leading
    _, s, V = np.linalg.svd(columns, full_matrices=columns.shape[0] < columns.shape[1])
    laws = V[np.count_nonzero(s > _CUT * s[0]) :]
    return laws.T @ (laws @ leading) if len(laws) > 1 else V[-1]


def _powers(s: np.ndarray, count: int) -> Float[np.ndarray, "time power"]:
    return s[:, None] ** np.arange(count)
