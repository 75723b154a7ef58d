"""Rows that an evenly spaced x leaves out."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from unrolled.series._spacing import even_spacing, is_straight

__all__ = ["every_row"]

# More rows than this times those that are there would be nearly nothing but gaps: such an x is uneven.
_MOST_TIMES = 10


def every_row(
    x: Float[np.ndarray, " time"],
) -> tuple[Int[np.ndarray, " time"], Float[np.ndarray, " row"]] | None:
    r"""Where the rows stand among all those that x would have at even steps, and these x.

    With d the smallest step, row t stands at :math:`k_t = \sum_{s \le t} \mathrm{round}((x_s - x_{s-1}) / d)`, and x
    is evenly spaced but for the rows that it leaves out if every :math:`x_t` lies close to
    :math:`x_0 + k_t (x_T - x_0) / k_T`. Printed x are rounded, so d is the mean of all steps that are about as long.
    Steps of this length must be usual: rows that are missing here and there leave one in :math:`k_T / T` steps, and at
    least half as many are expected. Otherwise a single x off the steps of the others would put an empty row between
    every two.

    Parameters
    ----------
    x
        Strictly rising or strictly falling.

    Returns
    -------
    tuple or None
        The rows, and all x; those of rows that were left out lie evenly between their neighbours. ``None`` where no
        row is left out, where x is not evenly spaced otherwise, where the smallest step is not the usual one, or where
        more than nine of ten rows would be empty.

    Examples
    --------
    >>> import numpy as np
    >>> rows, x = every_row(np.array([1.0, 2.0, 4.0, 5.0]))
    >>> rows.tolist(), x.tolist()
    ([0, 1, 3, 4], [1.0, 2.0, 3.0, 4.0, 5.0])
    >>> every_row(np.array([1.0, 2.0, 4.3, 5.0])) is None
    True
    """
    if len(x) < 3 or even_spacing(x) is not None:
        return None
    with np.errstate(all="ignore"):
        steps = np.diff(x)
        smallest = steps[np.argmin(np.abs(steps))]
        usual = np.mean(steps[np.round(steps / smallest) == 1])
        times = np.round(steps / usual)
        count = np.sum(times) + 1
    if not (np.all(times >= 1) and count <= _MOST_TIMES * len(x) and _is_usual(times)):
        return None
    rows = np.concatenate([[0], np.cumsum(times)]).astype(int)
    return (rows, np.interp(np.arange(int(count)), rows, x)) if is_straight(x, rows) else None


def _is_usual(times: Float[np.ndarray, " step"]) -> bool:
    """Whether steps of length 1 are more than half of those that rows missing at random would leave."""
    return bool(2 * np.count_nonzero(times == 1) * np.sum(times) > len(times) ** 2)
