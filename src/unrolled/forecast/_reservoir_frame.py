"""Between a series and a reservoir: a base and scalers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from unrolled.forecast._base import Base, FittedBase
from unrolled.series import Series
from unrolled.types import AnyArray
from unrolled.windows import Scaler, fit_scaler

__all__ = ["ReservoirFrame", "ReservoirLaw", "frame_lags"]

# Remainders below this share of the known values are rounding, and nothing to learn from.
_ROUNDING = 1e-13


class ReservoirLaw(NamedTuple):
    """What a closed loop needs beside the reservoir and its readout; all of it arrays.

    Attributes
    ----------
    weights, intercept
        Of the base, the oldest value's weights first, ``(lag, feature)`` and ``(feature,)``.
    offset, width
        Of what the readout says, ``(feature,)``.
    """

    weights: Float[AnyArray, "lag feature"]
    intercept: Float[AnyArray, " feature"]
    offset: Float[AnyArray, " feature"]
    width: Float[AnyArray, " feature"]


@dataclass(frozen=True, eq=False)
class ReservoirFrame:
    """The reservoir sees scaled values z, and its readout says ``z_{t+1} - base(z_t, ...)``, scaled.

    Attributes
    ----------
    base
        The recurrences; without a base they say zero, and hold the scale of the values.
    scale_out
        Between what the base leaves and what the readout says.
    """

    base: FittedBase
    scale_out: Scaler

    @classmethod
    def fit(cls, known: Series, base: str, scale: str) -> ReservoirFrame:
        """Fitted on the known part; with a base z are the standardized values of that."""
        method, features = Base.parse(base), known.values.shape[1]
        if method.method is None:
            scaler = fit_scaler(known.values, scale)
            silent = FittedBase(np.zeros((features, 1)), np.zeros(features), scaler.offset, scaler.width)
            return cls(silent, Scaler(np.zeros(features), np.ones(features)))
        fitted = FittedBase.of([method.fit(column) for column in known.values.T.copy()])
        z = fitted.scale(known.values)
        left = z[fitted.weights.shape[1] :] - fitted.one_step(z)
        floor = np.maximum(_ROUNDING * np.std(z, axis=0), np.finfo(np.float64).tiny)
        return cls(fitted, Scaler(left.mean(axis=0), np.maximum(left.std(axis=0), floor)))

    @property
    def lags(self) -> int:
        """How many values the base weighs; 1 without a base."""
        return self.base.weights.shape[1]

    def said(self, z: Float[np.ndarray, "time feature"]) -> Float[np.ndarray, "row feature"]:
        """What the base says of every value that has all its lags before it."""
        return self.base.one_step(z)

    def law(self) -> ReservoirLaw:
        """For the closed loop."""
        weights = np.ascontiguousarray(self.base.weights[:, ::-1].T)
        return ReservoirLaw(weights, self.base.intercept, self.scale_out.offset, self.scale_out.width)


def frame_lags(base: str) -> int:
    """How many values that base weighs; 1 for none."""
    return max(Base.parse(base).lags, 1)
