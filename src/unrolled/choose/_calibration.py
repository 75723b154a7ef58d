"""How much larger than its scale the error of a forecast is, as measured on series with known truth."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
from jaxtyping import Float

__all__ = ["Calibration", "calibration"]


@dataclass(frozen=True, eq=False)
class Calibration:
    """Quantiles of ``|error| / scale`` by number of known points, step and level.

    Attributes
    ----------
    points
        Numbers of known points that were measured, rising.
    levels
        In percent, rising.
    factors
        Shape ``(points, step, level)``; NaN where no truth reached so far.
    made_by
        The script, its seed, the digest of the candidates, how many series and families, and a fingerprint.
    """

    points: tuple[int, ...]
    levels: tuple[float, ...]
    factors: Float[np.ndarray, "points step level"]
    made_by: Mapping[str, Any]

    @property
    def attainable(self) -> float:
        """The highest level that was measured."""
        return self.levels[-1]

    def steps(self, points: int) -> int:
        """How many steps ahead were measured, for that many known points or the nearest fewer."""
        rows = self._rows(points)
        return int(np.isfinite(self.factors[rows, :, 0]).any(axis=0).sum()) if rows else 0

    def factor(self, points: int, step: int, level: float) -> float:
        """Half-width over scale at a step, counted from 1; NaN where nothing was measured.

        The largest measured number of points that is not above ``points`` counts; where that did not reach so far, the
        larger of its last step and of the next number that did. Between levels the logarithm is interpolated.
        """
        if not self.levels[0] <= level <= self.attainable or step > self.factors.shape[1]:
            return float("nan")
        largest = 0.0
        for row in reversed(self._rows(points)):
            known = np.flatnonzero(np.isfinite(self.factors[row, :step]).all(axis=1))
            measured = self.factors[row, known[-1]]
            largest = max(largest, float(np.exp(np.interp(level, self.levels, np.log(measured)))))
            if known[-1] == step - 1:
                return largest
        return float("nan")

    def _rows(self, points: int) -> list[int]:
        return [row for row, measured in enumerate(self.points) if measured <= points]


@lru_cache(maxsize=1)
def calibration() -> Calibration:
    """The calibration that comes with the package.

    Examples
    --------
    >>> from unrolled.choose import calibration
    >>> 0 < calibration().factor(12, 8, 68) < calibration().factor(12, 8, 95)
    True
    """
    data = json.loads(files("unrolled.choose").joinpath("calibration.json").read_text(encoding="utf-8"))
    factors = np.array([[[np.nan if f is None else f for f in row] for row in table] for table in data["factors"]])
    return Calibration(tuple(data["points"]), tuple(data["levels"]), factors, data["made_by"])
