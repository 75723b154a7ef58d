"""Sequence transformations that need the values alone: Aitken, Wynn and Brezinski."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from jaxtyping import Float

from unrolled.classical._method import Values

__all__ = ["Estimates", "aitken", "brezinski_theta", "wynn_epsilon"]

Estimates: TypeAlias = Float[np.ndarray, " estimate"]


def aitken(values: Values) -> Estimates:
    r"""Aitken's delta-squared process, iterated.

    .. math:: s^{(0)}_j = y_j,\qquad
        s^{(k+1)}_j = s^{(k)}_{j+2} - \frac{(s^{(k)}_{j+2} - s^{(k)}_{j+1})^2}
        {s^{(k)}_{j+2} - 2 s^{(k)}_{j+1} + s^{(k)}_j}

    One step is exact for :math:`y_j = S + a q^j`. Every step costs two values.

    Parameters
    ----------
    values
        y, shape ``(time,)``, at least three.

    Returns
    -------
    Estimates
        The limit from the first 3, 4, ..., n values, shape ``(time - 2,)``. Where a formula divides by zero, its newest
        ingredient stands.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.classical import aitken
    >>> aitken(np.array([1.0, 1.5, 1.75, 1.875])).tolist()
    [2.0, 2.0]

    References
    ----------
    Aitken, Proc. Roy. Soc. Edinburgh 46, 289 (1926).
    """
    columns = [values]
    while len(columns[-1]) > 2:
        before = columns[-1]
        step = np.diff(before)
        with np.errstate(all="ignore"):
            columns.append(_mended(before[2:] - step[1:] ** 2 / np.diff(step), before[2:]))
    return _newest(columns, 2)


def wynn_epsilon(values: Values) -> Estimates:
    r"""Wynn's epsilon algorithm for the Shanks transformation.

    .. math:: \epsilon^{(j)}_{-1} = 0,\quad \epsilon^{(j)}_0 = y_j,\quad
        \epsilon^{(j)}_{k+1} = \epsilon^{(j+1)}_{k-1} + \frac{1}{\epsilon^{(j+1)}_k - \epsilon^{(j)}_k}

    Columns of even order estimate the limit: :math:`\epsilon_{2k}` is exact for S and k exponentials, of any signs.

    Parameters
    ----------
    values
        y, shape ``(time,)``, at least three.

    Returns
    -------
    Estimates
        The limit from the first 3, 4, ..., n values, shape ``(time - 2,)``. Where a formula divides by zero, its newest
        ingredient stands.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.classical import wynn_epsilon
    >>> t = np.arange(5)
    >>> wynn_epsilon(2 + 0.5**t + 0.25**t)[-1].round(12).item()
    2.0

    References
    ----------
    Wynn, Math. Tables Aids Comput. 10, 91 (1956); Shanks, J. Math. Phys. 34, 1 (1955).
    """
    odd, columns = np.zeros(len(values) + 1), [values]
    while len(columns[-1]) > 2:
        even = columns[-1]
        with np.errstate(all="ignore"):
            odd = odd[1:-1] + 1 / np.diff(even)
            columns.append(_mended(even[1:-1] + 1 / np.diff(odd), even[2:]))
    return _newest(columns, 2)


def brezinski_theta(values: Values) -> Estimates:
    r"""Brezinski's theta algorithm, for convergence like a geometric series and like a power alike.

    .. math:: \theta^{(j)}_{2k+1} = \theta^{(j+1)}_{2k-1} + \frac{1}{\Delta\theta^{(j)}_{2k}},\qquad
        \theta^{(j)}_{2k+2} = \theta^{(j+1)}_{2k}
        + \frac{\Delta\theta^{(j+1)}_{2k}\,\Delta\theta^{(j+1)}_{2k+1}}{\Delta^2\theta^{(j)}_{2k+1}}

    It starts with :math:`\theta_{-1} = 0` and :math:`\theta_0 = y`; :math:`\Delta` acts on j. Every estimate costs
    three values.

    Parameters
    ----------
    values
        y, shape ``(time,)``, at least four.

    Returns
    -------
    Estimates
        The limit from the first 4, 5, ..., n values, shape ``(time - 3,)``. Where a formula divides by zero, its newest
        ingredient stands.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.classical import brezinski_theta
    >>> n = np.arange(1, 14)
    >>> abs(brezinski_theta(np.cumsum(1 / n**2))[-1] - np.pi**2 / 6) < 1e-6
    np.True_

    References
    ----------
    Brezinski, C. R. Acad. Sci. Paris A 273, 727 (1971).
    """
    odd, columns = np.zeros(len(values) + 1), [values]
    while len(columns[-1]) > 3:
        even = columns[-1]
        with np.errstate(all="ignore"):
            odd = odd[1 : len(even)] + 1 / np.diff(even)
            moved = np.diff(even)[1:-1] * np.diff(odd)[1:] / np.diff(odd, n=2)
            columns.append(_mended(even[1:-2] + moved, even[3:]))
        odd = odd[:-1]
    return _newest(columns, 3)


def _mended(column: np.ndarray, ingredient: np.ndarray) -> np.ndarray:
    """The column; where it is not finite, the newest value that went into it."""
    return np.where(np.isfinite(column), column, ingredient)


def _newest(columns: list[np.ndarray], cost: int) -> np.ndarray:
    """For every number of values the newest entry of the highest column that they reach."""
    ends = range(cost, len(columns[0]))
    return np.array([columns[end // cost][end - cost * (end // cost)] for end in ends], dtype=np.float64)
