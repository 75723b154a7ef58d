"""Linear recurrences: the next value as a weighted sum of the last ones, the weights fixed or fitted."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb

import numpy as np
from jaxtyping import Float

from unrolled.classical._method import Standard, Values, standardize

__all__ = ["Drift", "LinearRecurrence", "LowRankRecurrence", "Polynomial", "Recurrence", "lagged", "undifferenced"]

# Singular values below this share of the largest are taken as zero.
_CUT = 1e-15


@dataclass(frozen=True, eq=False)
class Recurrence:
    """``z_{t+1} = sum_k weights_k z_{t-k} + intercept``, in standardized values.

    Attributes
    ----------
    weights
        Shape ``(lag,)``, the newest value's first.
    intercept
        What is added.
    standard
        Between the series' units and z.
    """

    weights: Float[np.ndarray, " lag"]
    intercept: float
    standard: Standard

    def extend(self, history: Values, steps: int) -> Values:
        """The next values, each prediction fed back."""
        window = len(self.weights)
        z = np.empty(window + steps)
        z[:window] = self.standard.scale(history[-window:])
        oldest_first = self.weights[::-1]
        with np.errstate(all="ignore"):  # what runs off to infinity says so itself
            for step in range(steps):
                z[window + step] = oldest_first @ z[step : step + window] + self.intercept
        return self.standard.unscale(z[window:])

    def one_step(self, values: Values) -> Values:
        """A prediction of every value that has a whole window before it, from the true values."""
        z = self.standard.scale(values)
        shown = np.lib.stride_tricks.sliding_window_view(z, len(self.weights))[:-1]
        with np.errstate(all="ignore"):
            return self.standard.unscale(shown @ self.weights[::-1] + self.intercept)

    @property
    def growth(self) -> float:
        """The largest modulus of a root of the characteristic polynomial: above 1 the recurrence grows."""
        return float(np.max(np.abs(np.roots([1.0, *-self.weights])), initial=0.0))


@dataclass(frozen=True)
class Polynomial:
    """The polynomial through the last ``points`` values: differences of that order vanish.

    One point is persistence, two points make a straight line, five a quartic.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.classical import Polynomial
    >>> squares = np.array([1.0, 4.0, 9.0, 16.0])
    >>> Polynomial(3).fit(squares).extend(squares, 2).round(9).tolist()
    [25.0, 36.0]
    """

    points: int

    @property
    def least(self) -> int:
        """As many values as it goes through."""
        return max(self.points, 2)

    def fit(self, values: Values) -> Recurrence:
        """The recurrence with binomial coefficients."""
        weights = np.array([(-1.0) ** k * comb(self.points, k + 1) for k in range(self.points)])
        return Recurrence(weights, 0.0, standardize(values)[1])


@dataclass(frozen=True)
class Drift:
    """Straight on at the mean slope of the known values.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.classical import Drift
    >>> known = np.array([0.0, 1.0, 4.0])
    >>> Drift().fit(known).extend(known, 2).round(9).tolist()
    [6.0, 8.0]
    """

    @property
    def least(self) -> int:
        """Two values make a slope."""
        return 2

    def fit(self, values: Values) -> Recurrence:
        """The line through the first value and the last."""
        z, standard = standardize(values)
        return Recurrence(np.ones(1), float((z[-1] - z[0]) / (len(z) - 1)), standard)


@dataclass(frozen=True)
class LinearRecurrence:
    """A recurrence of the last ``window`` differences of order ``difference``, by least squares.

    ``d_{t+1} = sum_k a_k d_{t-k} + c`` with ``d`` the differences of z, and ``ridge |a|^2`` added to the squares.
    Solved by singular values, never by normal equations: these square the condition number, and with window 4 on 7
    points that has cost five digits of a forecast.

    Attributes
    ----------
    window
        How many lags.
    difference
        The order of the differences, 0 for the values themselves.
    ridge
        Weight of the sum of squared coefficients, in standardized values.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.classical import LinearRecurrence
    >>> known = np.array([1.0, 1.0, 2.0, 3.0, 5.0, 8.0, 13.0])
    >>> LinearRecurrence(2).fit(known).extend(known, 3).round(6).tolist()
    [21.0, 34.0, 55.0]
    """

    window: int
    difference: int = 0
    ridge: float = 0.0

    @property
    def least(self) -> int:
        """As many equations as unknowns; a ridge makes do with two."""
        equations = 2 if self.ridge > 0 else self.window + 1
        return self.window + self.difference + equations

    def fit(self, values: Values) -> Recurrence:
        """The coefficients, as weights on values."""
        z, standard = standardize(values)
        shown, targets = lagged(np.diff(z, n=self.difference), self.window)
        solution = _solve(np.column_stack([shown, np.ones(len(shown))]), targets, self.ridge)
        return Recurrence(undifferenced(solution[:-1], self.difference), float(solution[-1]), standard)


@dataclass(frozen=True)
class LowRankRecurrence:
    """A long recurrence of low rank.

    Its window is half of the known values, ``longest`` at the most; its weights are the shortest of that rank. Noise
    that fills all directions is cut away with the small singular values.

    References
    ----------
    Tufts and Kumaresan, *Proceedings of the IEEE* 70 (1982) 975.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.classical import LowRankRecurrence
    >>> known = 0.5 ** np.arange(8)
    >>> LowRankRecurrence(2).fit(known).extend(known, 2).round(9).tolist()
    [0.00390625, 0.001953125]
    """

    rank: int
    difference: int = 0
    longest: int = 24

    @property
    def least(self) -> int:
        """Twice the rank, and two values more; half of the longest window, which is meant for many values."""
        return max(2 * self.rank + self.difference + 2, self.longest // 2 if self.longest > 24 else 0)

    def fit(self, values: Values) -> Recurrence:
        """The shortest weights of that rank."""
        z, standard = standardize(values)
        steps = np.diff(z, n=self.difference)
        shown, targets = lagged(steps, max(self.rank, min(len(steps) // 2, self.longest)))
        U, s, V = np.linalg.svd(shown, full_matrices=False)
        kept = min(self.rank, int(np.count_nonzero(s > _CUT * s[0])))
        weights = V[:kept].T @ ((U[:, :kept].T @ targets) / s[:kept])
        return Recurrence(undifferenced(weights, self.difference), 0.0, standard)


def lagged(
    z: Float[np.ndarray, " time"], window: int
) -> tuple[Float[np.ndarray, "row lag"], Float[np.ndarray, " row"]]:
    """The windows before every value that has one, the newest lag first, and these values."""
    return np.lib.stride_tricks.sliding_window_view(z, window)[:-1, ::-1], z[window:]


def undifferenced(weights: Float[np.ndarray, "*path lag"], difference: int) -> Float[np.ndarray, "*path longer"]:
    """Weights on values, from weights on differences of that order; those of several paths at once.

    With B the step back, ``(1 - B)^d (1 - a_1 B - a_2 B^2 - ...)`` is multiplied out.
    """
    zero = np.zeros((*weights.shape[:-1], 1))
    polynomial = np.concatenate([zero + 1.0, -weights], axis=-1)
    for _ in range(difference):
        polynomial = np.concatenate([polynomial, zero], axis=-1) - np.concatenate([zero, polynomial], axis=-1)
    return -polynomial[..., 1:]


def _solve(columns: np.ndarray, targets: np.ndarray, ridge: float) -> Float[np.ndarray, " column"]:
    if ridge > 0:
        lift = np.sqrt(ridge) * np.eye(columns.shape[1])[:-1]  # the intercept, last, is free
        columns, targets = np.vstack([columns, lift]), np.concatenate([targets, np.zeros(len(lift))])
    return np.linalg.lstsq(columns, targets, rcond=_CUT)[0]
