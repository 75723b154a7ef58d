"""Functions with a branch point just beyond the last point."""

from __future__ import annotations

import numpy as np

from unrolled.series import Series, make_series
from unrolled.truth._family import POINTS, Family

__all__ = ["BRANCH_POINT", "branch_point_series"]


def branch_point_series(power: float, distance: float, slope: float) -> Series:
    r"""A power of the distance to a branch point, on a straight line.

    .. math:: f(x) = s\,x - (1 - x)^p,\qquad x_k = \frac{k}{23 + d},\qquad k = 0, \ldots, 23

    The branch point is x = 1, so that the last point lies d steps in front of it. Where a solution of nonlinear
    equations ends, p = 1/2.

    Parameters
    ----------
    power, distance, slope
        p, d in steps of x, and s.

    Returns
    -------
    Series
        24 values, each to rounding.

    Examples
    --------
    >>> from unrolled.truth._branch_point import branch_point_series
    >>> float(branch_point_series(0.5, 1.0, 0.0).values[0, 0])
    -1.0
    """
    k = np.arange(POINTS, dtype=np.float64)
    last = POINTS - 1 + distance
    # The distance to the branch point is counted from there: 1 - x would lose digits.
    values = slope * k / last - ((POINTS - 1 - k + distance) / last) ** power
    return make_series(
        values, k / last, names=["f"], x_name="x", name=f"branch point of power {power:.3g}, {distance:g} steps ahead",
        source=f"closed form {slope:g} x - (1 - x)^{power:.3g}",
    )  # fmt: skip


BRANCH_POINT = Family(
    "branch-point",
    "A straight line and a power of the distance to a branch point that lies up to 12 steps beyond the last point.",
    "The closed form s x - (1 - x)^p, as at the turning point of a solution (p = 1/2) or at criticality.",
    tuple(
        {"power": power, "distance": distance, "slope": slope}
        for distance in (12.0, 5.0, 2.0, 1.0, 0.3)
        for power, slope in ((1 / 3, 0.0), (0.5, 0.7), (1.5, -1.0), (2.5, 0.4))
    ),
    lambda member: member["distance"] == 0.3,
    branch_point_series,
)
