"""Scaling, fitted on the known part only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from unrolled.errors import nearest_name

__all__ = ["SCALES", "Scaler", "fit_scaler"]

#: The names of the ways to scale values.
SCALES = ("none", "standard", "range")


@dataclass(frozen=True, eq=False)
class Scaler:
    """``scaled = (value - offset) / width`` for every feature.

    Attributes
    ----------
    offset, width
        Shape ``(feature,)``; the width is never zero.
    """

    offset: Float[np.ndarray, " feature"]
    width: Float[np.ndarray, " feature"]

    def scale(self, values: Float[np.ndarray, "... feature"]) -> Float[np.ndarray, "... feature"]:
        """From the series' units to the network's."""
        # Divided first: the difference of two values near the largest float would overflow.
        return values / self.width - self.offset / self.width

    def unscale(self, values: Float[np.ndarray, "... feature"]) -> Float[np.ndarray, "... feature"]:
        """Back to the series' units."""
        return values * self.width + self.offset

    def to_dict(self) -> dict[str, list[float]]:
        """Plain data for JSON."""
        return {"offset": self.offset.tolist(), "width": self.width.tolist()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Scaler:
        """The scaler that :meth:`to_dict` described."""
        return cls(np.asarray(data["offset"], np.float64), np.asarray(data["width"], np.float64))


def fit_scaler(values: Float[np.ndarray, "time feature"], scale: str) -> Scaler:
    """A scaler for these values.

    Parameters
    ----------
    values
        The training part, and nothing beyond it.
    scale
        ``"none"`` leaves the values; ``"standard"`` brings mean 0 and standard deviation 1; ``"range"`` brings the
        least value to 0 and the greatest to 1. A constant feature is only shifted.

    Raises
    ------
    InputError
        An unknown name.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.windows import fit_scaler
    >>> fit_scaler(np.array([[1.0], [3.0]]), "standard").scale(np.array([[5.0]])).tolist()
    [[3.0]]
    """
    if scale not in SCALES:
        raise nearest_name("scale", scale, SCALES)
    features = values.shape[1]
    if scale == "none":
        return Scaler(np.zeros(features), np.ones(features))
    # In units of the largest value, so that squares and sums stay finite at 1e300 and above zero at 1e-300.
    largest = np.max(np.abs(values), axis=0)
    largest = np.where(largest > 0, largest, 1.0)
    relative = values / largest
    if scale == "standard":
        offset, width = relative.mean(axis=0), relative.std(axis=0)
    else:
        offset, width = relative.min(axis=0), np.ptp(relative, axis=0)
    spread = width * largest
    return Scaler(offset * largest, np.where(spread > np.finfo(np.float64).tiny, spread, largest))
