"""Numbers that speak for or against a forecast."""

from __future__ import annotations

from math import comb

import numpy as np

from unrolled.choose._judged import Continued, Judged
from unrolled.classical import Recurrence, RecurrencePosterior

__all__ = ["noise_level", "worst_growth"]

# Differences of rising order of a smooth series shrink; where four in a row stay within a factor of three, they are
# noise.
_ORDERS, _FLAT = 4, 3.0
# If a candidate has predicted better than that, it was no noise.
_MARGIN = 0.5
_LEAST_WEIGHT = 0.3


def worst_growth(judged: Judged, continued: Continued) -> tuple[float, float] | None:
    """The largest root of the heaviest candidate, and by how much it makes an error grow; ``None`` if it has no say."""
    heaviest = int(np.argmax(continued.weights))
    law = judged.laws[heaviest]
    law = law.mean if isinstance(law, RecurrencePosterior) else law
    if continued.weights[heaviest] < _LEAST_WEIGHT or not isinstance(law, Recurrence):
        return None
    modulus = law.growth
    with np.errstate(over="ignore"):
        return modulus, float(np.float64(modulus) ** len(continued.mean))


def noise_level(judged: Judged) -> float | None:
    r"""The standard deviation of noise in the last digits; ``None`` where none can be told.

    Noise of deviation s gives differences of order k the deviation :math:`s\sqrt{\binom{2k}{k}}`; what is smooth
    shrinks from order to order. (On 259 series of 12 points without noise this found none; with noise of 1 % of the
    spread it found some on four of five, and four of five levels were between 0.35 and 1.7 times the true one.)
    """
    values = judged.values[-60:]
    if len(values) < _ORDERS + 4:
        return None
    orders = range(1, min(len(values) - 2, 16))
    found = np.array([np.sqrt(np.mean(np.diff(values, n=k) ** 2) / comb(2 * k, k)) for k in orders])[-_ORDERS:]
    if not found.min() > 0 or found.max() > _FLAT * found.min():
        return None
    level = float(np.exp(np.mean(np.log(found))))
    best = float(np.min(judged.choice.scores))
    return level if best > np.log10(level / judged.spread) - _MARGIN else None
