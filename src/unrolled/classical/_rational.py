"""Rational continuation by the AAA algorithm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Complex, Float

from unrolled.classical._method import Standard, Values, standardize

__all__ = ["Rational", "RationalFunction", "rational_path"]

_MOST_TERMS = 30
# The last so many values are looked at: a singular value decomposition for every term would take too long on more.
_MOST_POINTS = 60


@dataclass(frozen=True, eq=False)
class RationalFunction:
    r"""A rational function in barycentric form.

    .. math:: r(t) = \sum_j \frac{w_j z_j}{t - t_j} \Bigl/ \sum_j \frac{w_j}{t - t_j}

    Attributes
    ----------
    support
        The t_j, counted from the first fitted value.
    values
        The z_j, standardized.
    weights
        The w_j.
    standard
        Between the series' units and z.
    """

    support: Float[np.ndarray, " term"]
    values: Float[np.ndarray, " term"]
    weights: Float[np.ndarray, " term"]
    standard: Standard

    def extend(self, history: Values, steps: int) -> Values:
        """The next values; the history begins where the fitted values began."""
        t = np.arange(len(history), len(history) + steps, dtype=np.float64)
        with np.errstate(all="ignore"):  # on a pole the value is infinite, and said to be so
            cauchy = 1 / (t[:, None] - self.support)
            # No matrix product: that rounds otherwise when there are more rows, and the first steps would change.
            over, under = np.sum(cauchy * (self.weights * self.values), axis=1), np.sum(cauchy * self.weights, axis=1)
            return self.standard.unscale(over / under)

    def poles(self) -> Complex[np.ndarray, " pole"]:
        """Where the denominator vanishes, in steps from the first fitted value.

        The eigenvalues of an arrowhead pencil (Klein 2012, as in the paper on AAA).
        """
        import scipy.linalg

        terms = len(self.weights)
        arrow, mass = np.zeros((terms + 1, terms + 1)), np.eye(terms + 1)
        arrow[0, 1:], arrow[1:, 0] = self.weights, 1.0
        arrow[1:, 1:] = np.diag(self.support)
        mass[0, 0] = 0.0
        found = scipy.linalg.eigvals(arrow, mass)
        return found[np.isfinite(found)].astype(np.complex128)


@dataclass(frozen=True)
class Rational:
    """The rational function that follows the known values to a tolerance, by the AAA algorithm.

    Attributes
    ----------
    tolerance
        The largest deviation over the largest value, both of standardized values.

    References
    ----------
    Nakatsukasa, Sète and Trefethen, *SIAM Journal on Scientific Computing* 40 (2018) A1494.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.classical import Rational
    >>> known = 1 / (1.0 + np.arange(8))
    >>> Rational(1e-10).fit(known).extend(known, 2).round(9).tolist()
    [0.111111111, 0.1]
    """

    tolerance: float

    @property
    def least(self) -> int:
        """A rational function of two terms goes through three values."""
        return 5

    def fit(self, values: Values) -> RationalFunction:
        """The function that is true to the tolerance with the fewest terms."""
        return rational_path(values, (self.tolerance,))[0]


def rational_path(values: Values, tolerances: Sequence[float]) -> list[RationalFunction]:
    """The fits to several tolerances from one run: a tighter one goes on where a looser one stopped.

    Each step takes the value that is missed most as the next support point, and the weights from the singular vector
    of the smallest singular value of the Loewner matrix ``(z_i - z_j) / (t_i - t_j)``. It ends where there would be
    more weights than other values.
    """
    z, standard = standardize(values[-_MOST_POINTS:])
    t = np.arange(len(values) - len(z), len(values), dtype=np.float64)
    wanted = sorted(set(tolerances), reverse=True)
    size = float(np.max(np.abs(z)))
    found: dict[float, RationalFunction] = {}
    support: list[int] = []
    missed = np.abs(z - z.mean())
    while len(found) < len(wanted):
        support.append(int(np.argmax(missed)))
        law, missed = _with_support(z, t, support, standard)
        ends = 2 * len(support) + 1 > len(z) or len(support) >= _MOST_TERMS
        for tolerance in wanted[len(found) :]:
            if not (ends or missed.max() <= tolerance * size):
                break
            found[tolerance] = law
    return [found[tolerance] for tolerance in tolerances]


def _with_support(
    z: Values, t: Values, support: list[int], standard: Standard
) -> tuple[RationalFunction, Float[np.ndarray, " time"]]:
    """The fit with these support points, and by how much it misses every value; nothing on the support itself."""
    free = np.ones(len(z), bool)
    free[support] = False
    cauchy = 1 / (t[free, None] - t[support])
    weights = _smallest((z[free, None] - z[support]) * cauchy)
    with np.errstate(all="ignore"):
        fitted = (cauchy @ (weights * z[support])) / (cauchy @ weights)
    missed = np.zeros(len(z))
    missed[free] = np.nan_to_num(np.abs(z[free] - fitted), nan=np.inf)
    return RationalFunction(t[support], z[support], weights, standard), missed


def _smallest(loewner: Float[np.ndarray, "row term"]) -> Float[np.ndarray, " term"]:
    """The singular vector of the smallest singular value; the sum where several are smallest, so that none is zero."""
    _, s, V = np.linalg.svd(loewner, full_matrices=loewner.shape[0] < loewner.shape[1])
    chosen = V[len(s) :] if len(V) > len(s) else V[s == s.min()]
    return chosen.sum(axis=0) / np.sqrt(len(chosen))
