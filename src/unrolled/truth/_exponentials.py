"""Sums of decaying exponentials."""

from __future__ import annotations

import numpy as np

from unrolled.series import Series, make_series
from unrolled.truth._family import POINTS, Family

__all__ = ["EXPONENTIALS", "exponential_sum"]


def exponential_sum(terms: int, draw: int) -> Series:
    r"""A sum of exponentials on the way to its limit.

    .. math:: y_t = y_\infty + \sum_{i=1}^{m} a_i\, e^{-r_i t},\qquad t = 0, \ldots, 23

    The rates are drawn evenly on a logarithmic scale, one in each of m equal parts of [0.02, 0.8], so that none is
    hidden by another; the sizes of the amplitudes lie between 0.3 and 1, their signs are free.

    Parameters
    ----------
    terms
        m, the number of exponentials.
    draw
        Which draw of rates and amplitudes.

    Returns
    -------
    Series
        24 values, each to rounding.

    Examples
    --------
    >>> from unrolled.truth._exponentials import exponential_sum
    >>> len(exponential_sum(2, 0))
    24
    """
    random = np.random.default_rng([terms, draw, 13])
    rates = 0.02 * 40.0 ** ((np.arange(terms) + random.random(terms)) / terms)
    amplitudes = random.choice([-1.0, 1.0], terms) * random.uniform(0.3, 1.0, terms)
    limit = random.uniform(-1.0, 1.0)
    t = np.arange(POINTS, dtype=np.float64)
    values = limit + (amplitudes * np.exp(-np.multiply.outer(t, rates))).sum(1)
    return make_series(
        values, t, names=["signal"], x_name="t", name=f"{terms} exponentials, draw {draw}", source="closed form"
    )


EXPONENTIALS = Family(
    "exponentials",
    "Sums of two to four exponentials that decay to a limit.",
    "The closed form sum of a exp(-r t), rates and amplitudes drawn with a fixed seed.",
    tuple({"terms": m, "draw": draw} for m, draws in ((2, 10), (3, 9), (4, 5)) for draw in range(draws)),
    lambda member: member["terms"] == 4,
    exponential_sum,
)
