"""Laws of the tail, fitted to the last values: an exponential and a power."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TypeAlias

import numpy as np

from unrolled.classical._accelerations import Estimates
from unrolled.classical._method import Values

__all__ = ["exponential_tail", "power_tail"]

# From nonlinear parameters and a number of points: the column e of y = S + a e, and its derivatives.
Law: TypeAlias = Callable[[np.ndarray, int], tuple[np.ndarray, np.ndarray]]

_MOST_STEPS = 60
# A search whose last step is larger than this has found nothing.
_STILL = 1e-6


def exponential_tail(values: Values, points: int = 3) -> Estimates:
    r"""The limit of an exponential through the last values.

    .. math:: y_t = S + a\, q^t,\qquad -1 < q < 1

    Through three values it is Aitken's closed form; through more it is fitted by least squares: S and a are linear, q
    is sought on a grid of decays from 0.005 to 7 a step of either sign and refined by Gauss-Newton steps. All linear
    systems are solved by singular values.

    Parameters
    ----------
    values
        y, evenly spaced, shape ``(time,)``.
    points
        How many of the last values are fitted, from 3 to ``time``.

    Returns
    -------
    Estimates
        The limit from the first ``points``, ``points + 1``, ..., n values, shape ``(time - points + 1,)``; not a number
        where no such tail fits better than one at the edge of the search.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.classical import exponential_tail
    >>> exponential_tail(5 - 2 * 0.8 ** np.arange(6), points=5).round(10).tolist()
    [5.0, 5.0]
    """
    if points > 3:
        return _over_windows(_exponential, values, points)
    steps = np.diff(values)
    with np.errstate(all="ignore"):
        ratios = steps[1:] / steps[:-1]
        return np.where(np.abs(ratios) < 1, values[2:] + steps[1:] * ratios / (1 - ratios), np.nan)


def power_tail(values: Values, points: int = 6) -> Estimates:
    r"""The limit of a power law through the last values.

    .. math:: y_j = S + a\,(x_j + x_0)^{-p}

    fitted by least squares: S and a are linear, :math:`x_0` and p are sought on a grid (p from 0.05 to 20, the first of
    the last values from 0.1 to 200 steps after the pole at :math:`-x_0`) and refined by Gauss-Newton steps. Since
    :math:`x_0` is free and the steps are even, x itself is not needed.

    Parameters
    ----------
    values
        y, evenly spaced, shape ``(time,)``.
    points
        How many of the last values are fitted, from 4 to ``time``.

    Returns
    -------
    Estimates
        The limit from the first ``points``, ``points + 1``, ..., n values, shape ``(time - points + 1,)``; not a number
        where no such tail fits better than one at the edge of the search.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.classical import power_tail
    >>> power_tail(5 - 2 / (np.arange(1, 9) + 0.5) ** 2, points=7).round(10).tolist()
    [5.0, 5.0]
    """
    return _over_windows(_power, values, points)


def _exponential(parameters: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    ratio, t = parameters[0], np.arange(count, dtype=np.float64)
    return ratio**t, (t * ratio ** np.maximum(t - 1, 0))[:, None]


def _power(parameters: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """In logarithms of the distance from the pole to the first point, in steps, and of p."""
    (start, power), t = np.exp(parameters), np.arange(count, dtype=np.float64)
    logarithms = np.log1p(t / start)
    column = np.exp(-power * logarithms)
    return column, (power * column)[:, None] * np.stack([t / (t + start), -logarithms], axis=1)


def _grid(law: Law) -> np.ndarray:
    """Where the search begins; its edges are the bounds."""
    if law is _exponential:
        decays = np.exp(-np.geomspace(0.005, 7.0, 24))
        return np.concatenate([-decays, [0.0], decays[::-1]])[:, None]
    return np.log([[start, power] for start in np.geomspace(0.1, 200.0, 24) for power in np.geomspace(0.05, 20.0, 20)])


@lru_cache(maxsize=32)
def _directions(law: Law, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The grid, and the column of every point of it, free of its mean and of length one."""
    grid = _grid(law)
    columns = np.stack([law(parameters, count)[0] for parameters in grid])
    columns -= columns.mean(axis=1, keepdims=True)
    return grid, columns / np.linalg.norm(columns, axis=1, keepdims=True)


def _over_windows(law: Law, values: np.ndarray, points: int) -> np.ndarray:
    windows = np.lib.stride_tricks.sliding_window_view(values, points)
    return np.array([_fitted_limit(law, window) for window in windows], dtype=np.float64)


def _fitted_limit(law: Law, values: np.ndarray) -> float:
    """S of the best fit: the best point of the grid, then Gauss-Newton steps that never raise the cost."""
    grid, directions = _directions(law, len(values))
    low, high = grid.min(axis=0), grid.max(axis=0)
    parameters = grid[int(np.argmax(np.abs(directions @ (values - values.mean()))))]
    exact = len(values) * (np.finfo(np.float64).eps * float(np.max(np.abs(values)))) ** 2
    limit, step, cost = _linear_fit(law, values, parameters)
    moved = np.inf
    for _ in range(_MOST_STEPS):
        trial = np.clip(parameters + step, low, high)
        moved = float(np.max(np.abs(trial - parameters)))
        if moved <= 1e-13 or cost <= exact:
            break
        trial_limit, trial_step, trial_cost = _linear_fit(law, values, trial)
        if trial_cost > cost * (1 + 1e-9):
            step = step / 2
        else:
            parameters, limit, step, cost = trial, trial_limit, trial_step, trial_cost
    inside = bool(np.all((low < parameters) & (parameters < high)))
    return limit if inside and (moved <= _STILL or cost <= exact) else np.nan


def _linear_fit(law: Law, values: np.ndarray, parameters: np.ndarray) -> tuple[float, np.ndarray, float]:
    """S, the Gauss-Newton step of the nonlinear parameters and the sum of squares, S and a being at their best."""
    column, derivatives = law(parameters, len(values))
    basis = np.stack([np.ones_like(column), column], axis=1)
    targets = np.column_stack([values, derivatives])
    solution = np.linalg.lstsq(basis, targets, rcond=None)[0]
    left = targets - basis @ solution
    step = np.linalg.lstsq(solution[1, 0] * left[:, 1:], left[:, 0], rcond=None)[0]
    return float(solution[0, 0]), step, float(left[:, 0] @ left[:, 0])
