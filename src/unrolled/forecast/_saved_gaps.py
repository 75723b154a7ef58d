"""A series with gaps in a saved model: which values are there stands beside them, since a file holds no NaN."""

from __future__ import annotations

from typing import Any

import numpy as np

from unrolled.forecast._restored import restore_series, series_shapes
from unrolled.series import Series
from unrolled.storage import Shapes

__all__ = ["gapped_series", "gapped_shapes", "gapped_tensors"]


def gapped_tensors(series: Series) -> dict[str, np.ndarray]:
    """The numbers of a series, 0 where they are missing, and where they are not."""
    seen = np.isfinite(series.values)
    return {"series.values": np.where(seen, series.values, 0.0), "series.seen": seen, "series.x": series.x}


def gapped_shapes(data: dict[str, Any]) -> Shapes:
    """The shape and type of these numbers, from the description of the series."""
    shapes = series_shapes(data)
    return shapes | {"series.seen": (shapes["series.values"][0], "bool")}


def gapped_series(data: dict[str, Any], tensors: dict[str, np.ndarray]) -> Series:
    """The series again, checked."""
    values = np.where(tensors["series.seen"], tensors["series.values"], np.nan)
    return restore_series(data, values, tensors["series.x"], gaps=True)
