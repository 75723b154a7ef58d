"""What numbers went in, as a hash."""

from __future__ import annotations

import hashlib

import numpy as np

from unrolled.series import Series

__all__ = ["data_sha256"]


def data_sha256(series: Series) -> str:
    """The hash of the numbers alone: x, then the values row by row, as little-endian float64; gaps as the usual NaN."""
    digest = hashlib.sha256()
    values = np.where(np.isnan(series.values), np.nan, series.values)  # of NaN there are many, and all mean the same
    for numbers in (series.x, values):
        digest.update(np.ascontiguousarray(numbers, "<f8").tobytes())
    return digest.hexdigest()
