"""A cheap series beside the expensive one, known further: what is continued is their ratio, difference or relation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from jaxtyping import Float

from unrolled.choose._candidates import Candidate
from unrolled.classical import Law, Method
from unrolled.errors import InputError
from unrolled.series import Series, as_companion

__all__ = ["ByCompanion", "WithCompanion", "companion_candidates", "companion_ways", "in_units", "require_companion"]

Way = Literal["ratio", "difference", "relation"]


@dataclass(frozen=True, eq=False)
class ByCompanion:
    """A law of the ratio, the difference or the remainder of the linear relation to a companion.

    Attributes
    ----------
    law
        Of what is continued.
    way
        ``"ratio"``: ``y / c``; ``"difference"`` and ``"relation"``: ``y - slope c - offset``.
    companion
        The values c, known further than y.
    slope, offset
        Of the relation; 1 and 0 for the difference.
    """

    law: Law
    way: Way
    companion: Float[np.ndarray, " longer"]
    slope: float = 1.0
    offset: float = 0.0

    def extend(self, history: Float[np.ndarray, " time"], steps: int) -> Float[np.ndarray, " steps"]:
        """The next values of y, from the known values of the companion; NaN where these end."""
        known = len(history)
        ahead = np.full(steps, np.nan)
        given = self.companion[known : known + steps]
        ahead[: len(given)] = given
        if self.way == "ratio":
            return self.law.extend(history / self.companion[:known], steps) * ahead
        remainder = history - self.slope * self.companion[:known] - self.offset
        return self.law.extend(remainder, steps) + self.slope * ahead + self.offset


@dataclass(frozen=True, eq=False)
class WithCompanion:
    """A method that looks at a series beside its companion.

    Attributes
    ----------
    method
        What finds the law of the ratio, difference or remainder.
    way
        Which of them.
    companion
        The values of the companion, from the first known value of the series on.
    """

    method: Method
    way: Way
    companion: Float[np.ndarray, " longer"]

    @property
    def least(self) -> int:
        """As many as the method takes; three more for a relation, whose two numbers are fitted too."""
        return self.method.least + (3 if self.way == "relation" else 0)

    def fit(self, values: Float[np.ndarray, " time"]) -> ByCompanion:
        """The law of these values beside the companion's first ones."""
        beside = self.companion[: len(values)]
        if self.way == "ratio":
            return ByCompanion(self.method.fit(values / beside), self.way, self.companion)
        slope, offset = _relation(values, beside) if self.way == "relation" else (1.0, 0.0)
        law = self.method.fit(values - slope * beside - offset)
        return ByCompanion(law, self.way, self.companion, slope, offset)


def companion_candidates(
    candidates: Sequence[Candidate], companion: Float[np.ndarray, " longer"]
) -> tuple[Candidate, ...]:
    """The candidates themselves, and each of them on the ratio, the difference and the relation to a companion.

    Parameters
    ----------
    candidates
        Of the series alone.
    companion
        From the first known value on. A ratio is left out where a value of it is zero.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.choose import classical_candidates, companion_candidates
    >>> alone = classical_candidates()
    >>> len(companion_candidates(alone, np.arange(1.0, 9.0))) == 4 * len(alone)
    True
    """
    words = {"ratio": "of the ratio", "difference": "of the difference", "relation": "beside the relation"}
    return (
        *candidates,
        *(
            replace(one, name=f"{one.name}, {words[way]}", method=WithCompanion(one.method, way, companion))
            for way in companion_ways(companion)
            for one in candidates
        ),
    )


def in_units(companion: Float[np.ndarray, " longer"], exponent: int) -> Float[np.ndarray, " longer"]:
    """The values in units of two to a power; an :class:`InputError` where that is beyond the largest float."""
    with np.errstate(over="ignore"):
        scaled = np.ldexp(companion, -exponent)
    if not np.isfinite(scaled).all():
        raise InputError("the companion is too large beside the series for double precision; scale it down.")
    return scaled


def companion_ways(companion: Float[np.ndarray, " longer"]) -> tuple[Way, ...]:
    """How a series can be continued beside a companion: no ratio where a value of that is zero."""
    return ("ratio", "difference", "relation") if np.all(companion != 0) else ("difference", "relation")


def require_companion(companion: Any, known: Series) -> Series:
    """A companion, checked: finite, at the places of the series, and known further.

    Raises
    ------
    InputError
        Not numbers, not finite, at other places, or no longer than the series.
    """
    made = as_companion(companion, known)
    if len(made) <= len(known):
        raise InputError(
            f"the companion must be known further than the series: {len(known)} points of the series are known, and "
            f"{len(made)} of the companion."
        )
    return made


def _relation(values: Float[np.ndarray, " time"], beside: Float[np.ndarray, " time"]) -> tuple[float, float]:
    """Slope and offset of the line of y against the companion, by least squares."""
    centre, middle = beside.mean(), values.mean()
    deviations = beside - centre
    size = float(np.max(np.abs(deviations)))
    if size == 0:
        return 0.0, float(middle)
    deviations = deviations / size
    slope = float(deviations @ (values - middle)) / float(deviations @ deviations) / size
    return slope, float(middle - slope * centre)
