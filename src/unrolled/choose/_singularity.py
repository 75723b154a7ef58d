"""Where the candidates see a singular point ahead."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from unrolled.choose._judged import Continued, Judged
from unrolled.classical import Holonomic, Law, RationalFunction

__all__ = ["Singularity", "find_singularity", "widened"]

# Candidates with less weight have no say; those that see a singular point must have half of the weight.
_LEAST_WEIGHT, _LEAST_SHARE = 0.02, 0.5
# A pole counts as real if its imaginary part is below this share of its distance.
_NEARLY_REAL = 0.05
# Seen from before, a branch point looks further away than it is, on the truth families by up to a fifth.
_REACH = 0.8


@dataclass(frozen=True)
class Singularity:
    """A singular point ahead.

    Attributes
    ----------
    distance
        From the last known value, in steps.
    share
        The weight of the candidates that see one.
    """

    distance: float
    share: float


def find_singularity(judged: Judged, continued: Continued) -> Singularity | None:
    """The singular point that candidates of at least half the weight see ahead; ``None`` where there is none.

    A recurrence with changing coefficients has one where its leading coefficient vanishes, a rational function at its
    poles on the real axis. The weighted median of the nearest ones is given.
    """
    last = len(judged.values) - 1
    window = max(2.0 * len(continued.mean), float(len(judged.values)))
    seen, weights = [], []
    for law, weight in zip(judged.laws, continued.weights, strict=True):
        ahead = _singular_points(law) - last if weight >= _LEAST_WEIGHT else np.empty(0)
        ahead = ahead[(ahead > 0) & (ahead <= window)]
        if ahead.size:
            seen.append(float(ahead.min()))
            weights.append(float(weight))
    share = float(np.sum(weights))
    if share < _LEAST_SHARE:
        return None
    order = np.argsort(seen)
    middle = int(np.argmax(np.cumsum(np.array(weights)[order]) >= share / 2))
    return Singularity(float(np.array(seen)[order][middle]), share)


def widened(half: Float[np.ndarray, " horizon"], judged: Judged, continued: Continued) -> Float[np.ndarray, " horizon"]:
    r"""Half-widths that allow for the singular point lying nearer than it seems.

    Near a square-root branch point :math:`f \approx a - b\sqrt{t_s - t}`, so that a step at t is wrong by up to
    :math:`b\sqrt{t_s - t} = 2\,|f'(t)|\,(t_s - t)` if the point is at t already. Steps that lie beyond 0.8 of the
    distance are given at least that.
    """
    found = find_singularity(judged, continued)
    if found is None or len(half) < _REACH * found.distance:
        return half
    steps = np.arange(1, len(half) + 1)
    slope = np.abs(np.diff(continued.mean, prepend=judged.values[-1]))
    left = np.maximum(found.distance - steps, (1 - _REACH) * found.distance)
    return np.where(steps >= _REACH * found.distance, np.maximum(half, 2 * slope * left), half)


def _singular_points(law: Law | None) -> Float[np.ndarray, " point"]:
    """In steps from the first known value."""
    if isinstance(law, Holonomic):
        return law.singularities()
    if isinstance(law, RationalFunction):
        poles = law.poles()
        where, off = np.real(poles), np.imag(poles)
        return where[np.abs(off) <= _NEARLY_REAL * np.abs(where - law.support.max())]
    return np.empty(0)
