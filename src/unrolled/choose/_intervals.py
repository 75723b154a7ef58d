"""Bounds that were measured: on series with known truth where the series is short, on its own past where it is long."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor

import numpy as np
from jaxtyping import Float

from unrolled.choose._calibration import calibration
from unrolled.choose._judged import LEAST_MOVE, Continued, Judged
from unrolled.choose._singularity import widened

__all__ = ["ROUGH", "HalfWidths", "half_widths", "is_rough", "least_widths"]

#: Where the best candidate's score in the known part is above this, there is more noise than in any calibrated series.
ROUGH = -2.3


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
        return f"no {self.level:.12g} % bounds from step {self.missing} on: {self.why}." if self.missing else ""


def half_widths(judged: Judged, continued: Continued, level: float) -> HalfWidths:
    """The half-widths of bounds of that level in percent.

    A short series is given the scale of its error times a factor measured on the truth families, and at least
    :func:`least_widths`. A series of 48 points or more has errors enough of its own: from every origin in its past the
    choice is made as it would have been made then, and of n errors at a step the ``ceil((n + 1) level)``-th is taken;
    with fewer the level cannot be supported.
    """
    return _from_own_past(judged, continued, level) if judged.origins.long else _calibrated(judged, continued, level)


def _calibrated(judged: Judged, continued: Continued, level: float) -> HalfWidths:
    table, points, horizon = calibration(), len(judged.values), len(continued.mean)
    factors = np.array([table.factor(points, step + 1, level) for step in range(horizon)])
    half = np.maximum(np.maximum.accumulate(factors * continued.scale), least_widths(judged, continued, level))
    missing = np.flatnonzero(np.isnan(factors))
    if not missing.size:
        return HalfWidths(level, half)
    if level < table.levels[0]:
        why = f"{table.levels[0]:g} % is the lowest level that was measured"
    elif level > table.attainable:
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
    found = np.maximum(found, LEAST_MOVE * judged.spread)
    widths = np.where(np.isnan(found), np.nan, np.maximum.accumulate(np.nan_to_num(found)))
    if first is None:
        return HalfWidths(level, widths)
    could = f"{attainable:g} % is the most that it supports there" if attainable else "it reaches no further"
    return HalfWidths(level, widths, first, f"the forecasts of its own past are too few, {could}")


def is_rough(judged: Judged) -> bool:
    """Whether a short series is rougher than those that the bounds were measured on."""
    return not judged.origins.long and float(np.min(judged.choice.scores)) > ROUGH


def least_widths(judged: Judged, continued: Continued, level: float) -> Float[np.ndarray, " horizon"]:
    """The least half-widths of a short series: for a singular point ahead, and where it is rough for its past errors.

    Of the errors from the later half of the origins the ``ceil((n + 1) level)``-th smallest is taken at every step, or
    the largest: too few errors make no bounds, but a least width.
    """
    widths = np.zeros(len(continued.mean))
    if is_rough(judged):
        past = judged.past_errors[np.array(judged.origins.starts) >= len(judged.values) / 2]
        for step in range(min(len(widths), past.shape[1])):
            known = np.sort(past[~np.isnan(past[:, step]), step])
            if known.size:
                widths[step] = known[min(ceil((len(known) + 1) * level / 100), len(known)) - 1]
    return widened(np.maximum.accumulate(widths), judged, continued)
