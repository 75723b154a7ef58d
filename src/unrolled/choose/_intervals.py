"""Bounds that were measured: on series with known truth where the series is short, on its own past where it is long."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor

import numpy as np
from jaxtyping import Float

from unrolled.choose._calibration import calibration
from unrolled.choose._judged import Continued, Judged
from unrolled.choose._singularity import widened

__all__ = ["HalfWidths", "half_widths"]


@dataclass(frozen=True, eq=False)
class HalfWidths:
    """How far the bounds of one level lie from the forecast.

    Attributes
    ----------
    level
        In percent.
    values
        Shape ``(horizon,)``; NaN where the evidence supports no bounds of that level.
    missing
        The first step without bounds, counted from 1; 0 where all are there.
    why
        Why they are missing, and what could be had.
    """

    level: float
    values: Float[np.ndarray, " horizon"]
    missing: int = 0
    why: str = ""

    @property
    def reason(self) -> str:
        """A sentence about the bounds that are missing; empty where all are there."""
        return f"no {self.level:g} % bounds from step {self.missing} on: {self.why}." if self.missing else ""


def half_widths(judged: Judged, continued: Continued, level: float) -> HalfWidths:
    """The half-widths of bounds of that level in percent.

    A short series is given the scale of its error times a factor measured on the truth families. A series of 48 points
    or more has errors enough of its own: from every origin in its past the choice is made as it would have been made
    then, and of n errors at a step the ``ceil((n + 1) level)``-th is taken; with fewer the level cannot be supported.
    """
    return _from_own_past(judged, continued, level) if judged.origins.long else _calibrated(judged, continued, level)


def _calibrated(judged: Judged, continued: Continued, level: float) -> HalfWidths:
    table, points, horizon = calibration(), len(judged.values), len(continued.mean)
    factors = np.array([table.factor(points, step + 1, level) for step in range(horizon)])
    half = widened(factors * continued.scale, judged, continued)
    missing = np.flatnonzero(np.isnan(factors))
    if not missing.size:
        return HalfWidths(level, half)
    if level > table.attainable:
        why = f"{table.attainable:g} % is the highest level that was measured"
    elif points < table.points[0]:
        why = f"bounds were measured for {table.points[0]} known points and more; {points} are known"
    else:
        why = f"for {points} known points bounds were measured up to step {table.steps(points)}"
    return HalfWidths(level, half, int(missing[0]) + 1, why)


def _from_own_past(judged: Judged, continued: Continued, level: float) -> HalfWidths:
    horizon, past = len(continued.mean), judged.past_errors
    errors = np.full((len(past), horizon), np.nan)
    errors[:, : past.shape[1]] = past[:, :horizon]
    found, attainable, first = np.full(errors.shape[1], np.nan), 100.0, None
    for step, column in enumerate(errors.T):
        known = np.sort(column[~np.isnan(column)])
        rank = ceil((len(known) + 1) * level / 100 - 1e-9)
        if rank <= len(known):
            found[step] = known[rank - 1]
        elif first is None:
            first, attainable = step + 1, floor(1000 * len(known) / (len(known) + 1)) / 10
    widths = np.where(np.isnan(found), np.nan, np.maximum.accumulate(np.nan_to_num(found)))
    if first is None:
        return HalfWidths(level, widths)
    could = f"{attainable:g} % is the most that it supports there" if attainable else "it reaches no further"
    return HalfWidths(level, widths, first, f"the forecasts of its own past are too few, {could}")
