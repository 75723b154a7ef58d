"""What comes out: a forecast, or one-step predictions on known data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from unrolled.forecast._verdict import Verdict
from unrolled.series import Series, frame_from_columns

__all__ = ["Band", "Forecast", "Ingredient", "OneStep"]


@dataclass(frozen=True, eq=False)
class Band:
    """Bounds between which the truth lies with a given frequency.

    Attributes
    ----------
    level
        That frequency, in percent.
    lower, upper
        Shape ``(horizon, feature)``; NaN where the evidence supports no bounds of that level.
    reason
        Why some are missing, and which level could be had; empty where none is.
    """

    level: float
    lower: Float[np.ndarray, "horizon feature"]
    upper: Float[np.ndarray, "horizon feature"]
    reason: str = ""

    @property
    def label(self) -> str:
        """The level as it is written in names of columns: 68, 99.5."""
        return f"{self.level:g}"


@dataclass(frozen=True)
class Ingredient:
    """One of the candidates that a forecast was chosen from.

    Attributes
    ----------
    name
        What it is, in words.
    score
        Mean log10 of its error over the spread of the known values, on rolling origins; lower is better. ``None``
        where it could not be judged.
    weight
        What it counts in the forecast, from 0 to 1.
    feature
        Which column of the series it continues.
    """

    name: str
    score: float | None
    weight: float
    feature: str


@dataclass(frozen=True, eq=False)
class Forecast:
    """A continuation: the prediction, what it is made of, and bounds where they can be supported.

    Attributes
    ----------
    x
        Where the predictions stand, shape ``(horizon,)``.
    members
        One continuation a member, shape ``(member, horizon, feature)``: networks of an ensemble, sample paths, or
        candidates that were combined.
    series
        The known part that is continued, with names and units.
    kept
        The numbers of these members in the ensemble that was asked for; those that are missing ran off to infinity,
        in training or here. ``None`` says that they are all.
    centre
        The prediction where it is not the mean over members, shape ``(horizon, feature)``.
    labels
        What the members are called, where they are not numbered networks.
    bands
        Bounds, one object a level.
    verdict
        How far to believe it, where the model can say.
    ingredients
        The candidates that it was chosen from, the heaviest first; empty for a single model.
    """

    x: Float[np.ndarray, " horizon"]
    members: Float[np.ndarray, "member horizon feature"]
    series: Series
    kept: tuple[int, ...] | None = None
    centre: Float[np.ndarray, "horizon feature"] | None = None
    labels: tuple[str, ...] | None = None
    bands: tuple[Band, ...] = ()
    verdict: Verdict | None = None
    ingredients: tuple[Ingredient, ...] = ()

    def __len__(self) -> int:
        return len(self.x)

    @property
    def mean(self) -> Float[np.ndarray, "horizon feature"]:
        """The prediction: the mean over members, unless the model combines them otherwise."""
        return _mean(self.members) if self.centre is None else self.centre

    @property
    def spread(self) -> Float[np.ndarray, "horizon feature"]:
        """The standard deviation over members; zero for a single one. It is not an interval."""
        return _spread(self.members)

    def columns(self) -> dict[str, Any]:
        """x, and of every feature mean, spread and bounds (``lo-68``, ``hi-68``), by name."""
        calendar = self.series.calendar
        x = [calendar.format(v) for v in self.x] if calendar else self.x
        found: dict[str, Any] = {self.series.x_name: x}
        for i, name in enumerate(self.series.names):
            found[name] = self.mean[:, i]
            found[f"{name}-spread"] = self.spread[:, i]
            for band in self.bands:
                found[f"{name}-lo-{band.label}"] = band.lower[:, i]
                found[f"{name}-hi-{band.label}"] = band.upper[:, i]
        return found

    def to_frame(self, kind: str | None = None) -> Any:
        """The forecast as a data frame of the library that the series came from.

        Parameters
        ----------
        kind
            ``"pandas"``, ``"polars"`` or ``"pyarrow"``, where another is wanted or the series was no data frame.
        """
        return frame_from_columns(self.columns(), kind or self.series.frame or "pandas")

    def __repr__(self) -> str:
        steps, count = len(self), len(self.members)
        return f"Forecast of {self.series.name!r}, {steps} step{'s' * (steps != 1)}, {count} member{'s' * (count != 1)}"


@dataclass(frozen=True, eq=False)
class OneStep:
    """One-step predictions on known data, each from the true values before it.

    Attributes
    ----------
    x
        Where the predictions stand.
    rows
        Which rows of the series they are.
    members
        Shape ``(member, time, feature)``.
    truth
        What the windows had as targets (repetitions of the last value where the windows were padded).
    """

    x: Float[np.ndarray, " time"]
    rows: Int[np.ndarray, " time"]
    members: Float[np.ndarray, "member time feature"]
    truth: Float[np.ndarray, "time feature"]

    @property
    def mean(self) -> Float[np.ndarray, "time feature"]:
        """The mean over members."""
        return _mean(self.members)

    @property
    def residuals(self) -> Float[np.ndarray, "time feature"]:
        """Truth minus prediction."""
        return self.truth - self.mean


def _mean(members: Float[np.ndarray, "member time feature"]) -> Float[np.ndarray, "time feature"]:
    # Divided before it is summed: the sum over members of values near the largest float would overflow.
    return np.sum(members / len(members), axis=0)


def _spread(members: Float[np.ndarray, "member time feature"]) -> Float[np.ndarray, "time feature"]:
    if len(members) < 2:
        return np.zeros(members.shape[1:])
    difference = members - _mean(members)
    largest = np.max(np.abs(difference), axis=0)
    safe = np.where(largest > 0, largest, 1.0)
    return safe * np.sqrt(np.sum((difference / safe) ** 2, axis=0) / (len(members) - 1)) * (largest > 0)
