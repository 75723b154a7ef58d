"""Whether the differences of a sequence shrink fast enough for a limit to be believed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from unrolled.classical._method import Values
from unrolled.classical._remainders import estimated_power

__all__ = ["Shrinkage", "shrinkage"]

# Over the known stretch the differences must fall at least to this share.
_LEAST_FALL = 0.5
# Where they keep their sign, they must go on falling over the last half: else a drift follows the approach.
_LEAST_LATE_FALL = 0.7
# A slope counts when it is this many standard errors from zero.
_CLEAR = 1.5
# Below this power of 1/x a limit cannot be told from a logarithm.
_LEAST_POWER = 0.2
_MOST_POWER = 15.0


@dataclass(frozen=True)
class Shrinkage:
    """What the differences say.

    Attributes
    ----------
    converges
        Whether a limit should be believed.
    reason
        Why, in words with numbers.
    """

    converges: bool
    reason: str


def shrinkage(values: Values, rounding: float) -> Shrinkage:
    r"""Judge the differences d of a sequence.

    Lines are fitted by least squares to :math:`\log |d_j|`: against j, with slope :math:`\log q`, as of an exponential
    approach, and against :math:`\log j`, with slope :math:`-(p + 1)`, as of a power. Differences of one sign follow a
    power where two estimates of p from one value more and less agree, or else where the second line fits better; a
    limit is then believed from p = 0.2 on, because with p = 0 the values grow like a logarithm. Otherwise it is
    believed where q is clearly below 1 and :math:`q^{n-1} \le 1/2`. It never is where the last half of the differences
    clearly grows or, keeping one sign, stays.

    Parameters
    ----------
    values
        The sequence, evenly spaced, shape ``(time,)``, at least four.
    rounding
        Differences up to this size are taken as zero.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.classical._differences import shrinkage
    >>> print(shrinkage(0.4 ** np.arange(8), 1e-15).reason)
    the differences shrink by a factor of 0.4 a step.
    >>> print(shrinkage(1.2 ** np.arange(8), 1e-15).reason)
    the differences grow by a factor of 1.2 a step: the sequence does not approach a limit.
    """
    steps = np.diff(values)
    if np.all(np.abs(steps[-2:]) <= rounding):
        return Shrinkage(True, "the last differences are no larger than rounding: the sequence has arrived.")
    logarithms = np.log(np.maximum(np.abs(steps), rounding))
    place = np.arange(1, len(steps) + 1, dtype=np.float64)
    last = slice(-max(3, (len(steps) + 1) // 2), None)
    late = _line(place[last], logarithms[last])
    if late.slope > max(_CLEAR * late.error, 1e-3):
        return Shrinkage(
            False,
            f"the differences grow by a factor of {math.exp(late.slope):.3g} a step: the sequence does not approach a "
            "limit.",
        )
    one_sign = bool(np.all(steps[last] > 0) or np.all(steps[last] < 0))
    power = _power(values, _line(np.log(place[last] + 0.5), logarithms[last]), late) if one_sign else None
    if power is not None:
        return _logarithmic(power)
    drifts = one_sign and late.slope * len(logarithms[last]) > math.log(_LEAST_LATE_FALL)
    whole = _line(place, logarithms)
    clear = whole.slope < -_CLEAR * whole.error and whole.slope * len(steps) <= math.log(_LEAST_FALL)
    return _geometric(math.exp(late.slope), clear and not drifts, alternating=bool(np.all(steps[1:] * steps[:-1] < 0)))


class _Line(NamedTuple):
    slope: float
    error: float
    misfit: float


def _line(x: np.ndarray, y: np.ndarray) -> _Line:
    """The least-squares line, the standard error of its slope and the sum of squares that is left."""
    x, y = x - x.mean(), y - y.mean()
    square = float(x @ x)
    slope = float(x @ y) / square
    misfit = float(np.sum((y - slope * x) ** 2))
    return _Line(slope, math.sqrt(misfit / max(len(x) - 2, 1) / square), misfit)


def _power(values: Values, by_power: _Line, by_factor: _Line) -> float | None:
    """The power p where the differences fall as a power: two estimates that agree, else the slope if it fits better."""
    if len(values) > 4:
        shorter, power = estimated_power(values[:-1]), estimated_power(values)
        agree = abs(power - shorter) <= 0.1 * (power + 1)
        # An unknown origin of x changes the slope, but not beyond a factor of two over the last half.
        if agree and 0.5 <= (power + 1) / max(-by_power.slope, 0.05) <= 2 and power + 1 < _MOST_POWER:
            return power
    falls = by_power.slope < -0.05
    return -by_power.slope - 1 if falls and by_power.misfit < by_factor.misfit else None


def _logarithmic(power: float) -> Shrinkage:
    if power >= _LEAST_POWER:
        return Shrinkage(
            True, f"the convergence is logarithmic: the distance to the limit falls as the power {-power:.3g} of x."
        )
    return Shrinkage(
        False,
        f"the differences fall only as the power {-power - 1:.3g} of x, and below -1 would be needed: no limit should "
        "be believed.",
    )


def _geometric(factor: float, believed: bool, *, alternating: bool) -> Shrinkage:
    how = "alternate in sign and " if alternating else ""
    if believed:
        return Shrinkage(True, f"the differences {how}shrink by a factor of {factor:.3g} a step.")
    return Shrinkage(
        False,
        f"the differences {how}do not shrink enough, by a factor of {factor:.3g} a step: no limit should be believed.",
    )
