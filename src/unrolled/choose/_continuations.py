"""What every candidate says from every origin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from unrolled.choose._analogs import continue_analog
from unrolled.choose._candidates import LONG, Candidate
from unrolled.classical import Analog, KernelAnalog, Law, Rational, rational_path

__all__ = ["LEAST_ORIGIN", "Continuations", "Origins", "continue_candidates", "extend_all", "find_laws", "rolling"]

#: The fewest known values that anything is continued from.
LEAST_ORIGIN = 4
# A short series is judged at every point, with more weight on the last ones: there the pattern is best known. A long
# one is judged at wider steps, further back and further ahead.
_STRIDES_IN_LONG = 40


@dataclass(frozen=True)
class Origins:
    """Where forecasts start, inside the known values and at their end.

    Attributes
    ----------
    points
        The number of known values, the last origin.
    stride
        How far apart the origins are.
    starts
        The origins in rising order, ``points`` last.
    ahead
        How many steps from an origin are judged.
    half_life
        In how many strides back the weight of an origin halves.
    """

    points: int
    stride: int
    starts: tuple[int, ...]
    ahead: int
    half_life: float

    @property
    def long(self) -> bool:
        """Whether the series is long enough to be judged by its own past alone."""
        return self.points >= LONG


def rolling(points: int) -> Origins:
    """The origins for that many known values.

    Examples
    --------
    >>> from unrolled.choose import rolling
    >>> rolling(8).starts
    (4, 5, 6, 7, 8)
    """
    stride = max(1, points // _STRIDES_IN_LONG)
    count, ahead, half_life = (36, 18, 6.0) if points >= LONG else (12, 8, 2.0)
    starts = range(points - count * stride, points + 1, stride)
    return Origins(points, stride, tuple(s for s in starts if s >= LEAST_ORIGIN), ahead * stride, half_life)


@dataclass(frozen=True, eq=False)
class Continuations:
    """What every candidate says from every origin.

    Attributes
    ----------
    origins
        Where the forecasts start.
    predicted
        Shape ``(candidate, origin, step)``; NaN where a candidate has too few values, or nothing is known.
    """

    origins: Origins
    predicted: Float[np.ndarray, "candidate origin step"]


def continue_candidates(
    values: Float[np.ndarray, " time"], candidates: Sequence[Candidate], origins: Origins
) -> Continuations:
    """Continue the leading values by every candidate from every origin, as far as it is judged.

    Parameters
    ----------
    values
        The known values; from an origin o a candidate sees ``values[:o]`` and nothing beyond it.
    candidates
        Who is asked.
    origins
        Where from.
    """
    predicted = np.full((len(candidates), len(origins.starts), origins.ahead), np.nan)
    analogs = {row: one.method for row, one in enumerate(candidates) if isinstance(one.method, Analog | KernelAnalog)}
    for row, method in analogs.items():
        predicted[row] = continue_analog(values, method, origins)
    others = [row for row in range(len(candidates)) if row not in analogs]
    asked = [candidates[row] for row in others]
    for place, start in enumerate(origins.starts):
        steps = min(origins.points - start, origins.ahead)
        if steps:
            known = values[:start].copy()
            predicted[others, place, :steps] = extend_all(find_laws(known, asked), known, steps)
    return Continuations(origins, predicted)


def find_laws(known: Float[np.ndarray, " time"], candidates: Sequence[Candidate]) -> tuple[Law | None, ...]:
    """The law of every candidate; ``None`` where it has too few values."""
    found: list[Law | None] = [None] * len(candidates)
    rational: dict[int, float] = {}
    with np.errstate(all="ignore"):
        for row, candidate in enumerate(candidates):
            if len(known) < candidate.method.least:
                continue
            if isinstance(candidate.method, Rational):
                rational[row] = candidate.method.tolerance
            else:
                found[row] = candidate.method.fit(known)
        # One run of the algorithm serves all tolerances.
        for row, law in zip(rational, rational_path(known, tuple(rational.values())), strict=True):
            found[row] = law
    return tuple(found)


def extend_all(
    laws: Sequence[Law | None], history: Float[np.ndarray, " time"], steps: int
) -> Float[np.ndarray, "candidate steps"]:
    """The next values by every law; NaN where there is none."""
    found = np.full((len(laws), steps), np.nan)
    with np.errstate(all="ignore"):
        for row, law in enumerate(laws):
            if law is not None:
                found[row] = law.extend(history, steps)
    return found
