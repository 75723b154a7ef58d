"""Sums of damped oscillations."""

from __future__ import annotations

import numpy as np

from unrolled.series import Series, make_series
from unrolled.truth._family import POINTS, Family

__all__ = ["DAMPED_OSCILLATIONS", "damped_oscillation"]


def damped_oscillation(terms: int, draw: int) -> Series:
    r"""A sum of damped cosines about a constant.

    .. math:: y_t = y_0 + \sum_{i=1}^{m} a_i\, e^{-r_i t} \cos(\omega_i t + \varphi_i),\qquad t = 0, \ldots, 23

    Periods lie between 5 and 30 steps, one in each of m equal parts of that range on a logarithmic scale; rates between
    0 and 0.1, amplitudes between 0.3 and 1.

    Parameters
    ----------
    terms
        m, the number of cosines.
    draw
        Which draw of periods, rates, amplitudes and phases.

    Returns
    -------
    Series
        24 values, each to rounding.

    Examples
    --------
    >>> from unrolled.truth._damped_oscillations import damped_oscillation
    >>> len(damped_oscillation(1, 0))
    24
    """
    random = np.random.default_rng([terms, draw, 14])
    periods = 5.0 * 6.0 ** ((np.arange(terms) + random.random(terms)) / terms)
    rates = random.uniform(0.0, 0.1, terms)
    amplitudes = random.uniform(0.3, 1.0, terms)
    phases = random.uniform(0.0, 2 * np.pi, terms)
    centre = random.uniform(-1.0, 1.0)
    t = np.arange(POINTS, dtype=np.float64)[:, None]
    values = centre + (amplitudes * np.exp(-rates * t) * np.cos(2 * np.pi / periods * t + phases)).sum(1)
    return make_series(
        values, t[:, 0], names=["signal"], x_name="t", name=f"{terms} damped oscillations, draw {draw}",
        source="closed form",
    )  # fmt: skip


DAMPED_OSCILLATIONS = Family(
    "damped-oscillations",
    "Sums of one to three damped cosines about a constant.",
    "The closed form sum of a exp(-r t) cos(w t + p), its numbers drawn with a fixed seed.",
    tuple({"terms": m, "draw": draw} for m, draws in ((1, 9), (2, 9), (3, 5)) for draw in range(draws)),
    lambda member: member["terms"] == 3,
    damped_oscillation,
)
