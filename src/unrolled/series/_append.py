"""One more row at the end of a series."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from unrolled.errors import InputError
from unrolled.series._series import Series, check, with_every_row

__all__ = ["appended"]


def appended(series: Series, value: Any, x: float | None = None, *, gaps: bool = False) -> Series:
    """The series with one more value known.

    Parameters
    ----------
    series
        What was known.
    value
        The value, or one for every feature.
    x
        Where it stands; the next x at even spacing if left out.
    gaps
        Whether the value may be missing (NaN), and rows before it left out, as in
        :func:`~unrolled.series.make_series`; a series that has gaps may get more in any case.

    Raises
    ------
    InputError
        Not one value a feature, not numbers, or an x that does not come next.

    Examples
    --------
    >>> from unrolled.series import appended, make_series
    >>> appended(make_series([1.0, 2.0]), 4.0).values[:, 0].tolist()
    [1.0, 2.0, 4.0]
    """
    features = series.values.shape[1]
    row = _numbers("value", value).reshape(1, -1)
    if row.shape[1] != features:
        raise InputError(f"update needs one value for each of the {features} features; came {row.shape[1]}.")
    place = series.future_x(1) if x is None else _numbers("x", x).reshape(-1)
    if len(place) != 1:
        raise InputError(f"update takes one row, with one x; came {len(place)} of them.")
    longer = replace(series, values=np.concatenate([series.values, row]), x=np.concatenate([series.x, place]))
    gaps = gaps or series.has_gaps
    check(longer, gaps=gaps)
    return with_every_row(longer) if gaps else longer


def _numbers(name: str, values: Any) -> np.ndarray:
    try:
        return np.asarray(values, np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{name} must be numbers; came {values!r}.") from None
