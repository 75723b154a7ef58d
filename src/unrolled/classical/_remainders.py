"""Extrapolation with a model of the remainder: Levin, and Richardson with a known and with an unknown power."""

from __future__ import annotations

import numpy as np

from unrolled.classical._accelerations import Estimates
from unrolled.classical._method import Values

__all__ = ["estimated_power", "levin_u", "richardson", "richardson_unknown"]

# Outside these powers of 1/x a sequence is not taken to follow one.
_LEAST_POWER, _MOST_POWER = 0.05, 20.0


def levin_u(values: Values, beta: float = 1.0, order: int | None = None) -> Estimates:
    r"""Levin's u transformation: the remainder after a term is that term times n, up to a polynomial in 1/n.

    .. math:: y_j = S + \omega_j \sum_{i=0}^{k-1} \frac{c_i}{(j+\beta)^i},\qquad
        \omega_j = (j + \beta)\,(y_j - y_{j-1}),\qquad j = 0, 1, \ldots

    S and all c follow from :math:`y_0 \ldots y_{k+1}`: divided differences of order k in :math:`1/(j+\beta)` remove the
    polynomial, so that :math:`S = \delta^k(y/\omega) / \delta^k(1/\omega)`. The first value gives the first difference
    and no more, so that adding a constant to all values adds it to the limit.

    Parameters
    ----------
    values
        y, shape ``(time,)``, at least three.
    beta
        Where the count begins: 1 for partial sums from the first term on.
    order
        The highest k, at least 1, so that only the last k + 2 values count; none for the highest that the values allow.

    Returns
    -------
    Estimates
        The limit from the first 3, 4, ..., n values, shape ``(time - 2,)``; not a number from the first pair of equal
        neighbours on.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.classical import levin_u
    >>> n = np.arange(1, 11)
    >>> bool(abs(levin_u(np.cumsum((-1.0) ** (n + 1) / n))[-1] - np.log(2)) < 1e-10)
    True

    References
    ----------
    Levin, Int. J. Comput. Math. B 3, 371 (1973); Sidi, Practical Extrapolation Methods, chapters 6 and 19 (2003).
    """
    place = np.arange(1, len(values)) + beta
    return _eliminated(values[1:], place * np.diff(values), 1 / place, order)[1:]


def richardson(values: Values, x: Values, power: float = 1.0, order: int | None = None) -> Estimates:
    r"""Richardson's extrapolation to infinite x with a known leading power.

    .. math:: y_j = S + x_j^{-p} \sum_{i=0}^{k-1} c_i\, x_j^{-i}

    S and all c follow from k + 1 values, by divided differences in 1/x as in :func:`levin_u`.

    Parameters
    ----------
    values
        y, shape ``(time,)``, at least three.
    x
        Where they stand, positive and rising, shape ``(time,)``; even steps are not needed.
    power
        p > 0.
    order
        The highest k, at least 1, so that only the last k + 1 values count; none for the highest that the values allow.

    Returns
    -------
    Estimates
        The limit from the first 3, 4, ..., n values, shape ``(time - 2,)``.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.classical import richardson
    >>> x = np.array([2.0, 3.0, 4.0, 5.0])
    >>> richardson(7 + x**-2.5 - x**-3.5, x, power=2.5).round(12).tolist()
    [7.0, 7.0]

    References
    ----------
    Sidi, Practical Extrapolation Methods, chapters 1, 2 and 7 (2003).
    """
    return _eliminated(values, (x / x[0]) ** -power, x[0] / x, order)[2:]


def richardson_unknown(values: Values) -> Estimates:
    r"""Extrapolation to infinite x where the values approach the limit as a power that has to be estimated.

    .. math:: y_j = S + (x_j + x_0)^{-p} \left[ c_0 + \frac{c_1}{x_j + x_0} + \ldots \right],\qquad
        s^{(k+1)}_j = s^{(k)}_{j+1} - \frac{2k + p + 1}{2k + p}\,
        \frac{\Delta s^{(k)}_{j+1}\,\Delta s^{(k)}_j}{\Delta^2 s^{(k)}_j}

    Each step, Aitken's with another factor, removes two powers. The power comes from the differences d of the values:
    :math:`d_j / (d_j - d_{j+1})` grows by :math:`1/(p + 1)` a step. The same process with p = 2 sharpens these
    estimates of p. Neither x nor its origin need be known, only that its steps are even.

    Parameters
    ----------
    values
        y, evenly spaced, shape ``(time,)``, at least four.

    Returns
    -------
    Estimates
        The limit from the first 4, 5, ..., n values, shape ``(time - 3,)``; not a number where the estimated power
        lies outside 0.05 to 20.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.classical import richardson_unknown
    >>> x = np.arange(1, 13)
    >>> bool(abs(richardson_unknown(4 + 1 / np.sqrt(x))[-1] - 4) < 1e-8)
    True

    References
    ----------
    Bjørstad, Dahlquist and Grosse, BIT 21, 56 (1981).
    """
    ends = range(4, len(values) + 1)
    return np.array([_with_power(values[:end], estimated_power(values[:end])) for end in ends], dtype=np.float64)


def estimated_power(values: Values) -> float:
    """The power p of :func:`richardson_unknown`, from at least four values; not a number where no power shows."""
    steps = np.diff(values)
    with np.errstate(all="ignore"):
        powers = 1 / np.diff(steps[:-1] / -np.diff(steps)) - 1
    return _modified(powers, 2.0) if np.isfinite(powers).all() else np.nan


def _with_power(values: np.ndarray, power: float) -> float:
    return _modified(values, power) if _LEAST_POWER <= power <= _MOST_POWER else np.nan


def _modified(column: np.ndarray, power: float) -> float:
    """The newest entry of the last column of the modified Aitken process."""
    while len(column) > 2:
        step = np.diff(column)
        with np.errstate(all="ignore"):
            raised = column[1:-1] - (power + 1) / power * step[1:] * step[:-1] / np.diff(step)
        column = np.where(np.isfinite(raised), raised, column[2:])
        power += 2
    return float(column[-1])


def _eliminated(values: np.ndarray, remainders: np.ndarray, points: np.ndarray, order: int | None) -> np.ndarray:
    """S of ``values = S + remainders * polynomial(points)``, from the first 1, 2, ... values, to at most that order."""
    highest = len(values) - 1 if order is None else min(order, len(values) - 1)
    estimates = values[:1]
    with np.errstate(all="ignore"):
        top, bottom = values / remainders, 1 / remainders
        for k in range(1, highest + 1):
            width = points[k:] - points[:-k]
            top, bottom = np.diff(top) / width, np.diff(bottom) / width
            estimates = np.append(estimates, (top / bottom)[: None if k == highest else 1])
    return estimates
