"""The single door: anything that can be a series."""

import os
from typing import Any

import numpy as np

from unrolled.errors import InputError
from unrolled.series._frames import from_frame, is_frame
from unrolled.series._read import read
from unrolled.series._series import Series, check, make_series, with_every_row
from unrolled.series._table import Chosen

__all__ = ["as_series"]


def as_series(
    source: Any,
    *,
    x_col: str | int | None = None,
    y_col: Chosen = None,
    name: str | None = None,
    gaps: bool = False,
) -> Series:
    """Make a series of whatever came: a series, a file, a data frame, or an array.

    Parameters
    ----------
    source
        A :class:`Series` (returned as it is, unless it has gaps), a path or ``"-"``, a data frame, or numbers of shape
        ``(time,)`` or ``(time, feature)``.
    x_col, y_col
        For files and data frames, as in :func:`~unrolled.series.read`.
    name
        What to call the series.
    gaps
        Whether values may be missing, as in :func:`~unrolled.series.make_series`.

    Returns
    -------
    Series
        Checked.

    Raises
    ------
    InputError
        It can be made into no series, columns were named where there are none, or values are missing without
        ``gaps``.

    Examples
    --------
    >>> from unrolled.series import as_series
    >>> len(as_series([1.0, 4.0, 9.0]))
    3
    """
    if isinstance(source, str | os.PathLike):
        return read(source, x_col=x_col, y_col=y_col, name=name, gaps=gaps)
    if is_frame(source):
        return from_frame(source, x_col=x_col, y_col=y_col, name=name or "frame", gaps=gaps)
    if x_col is not None or y_col is not None:
        raise InputError(f"columns can be chosen in a file or a data frame; came {type(source).__name__}.")
    if isinstance(source, Series):
        if not np.isfinite(source.values).all():
            check(source, gaps=gaps)
        return with_every_row(source) if gaps else source
    if isinstance(source, bytes | bytearray | dict) or source is None:
        raise InputError(f"expected a series, a file, a data frame or an array; came {type(source).__name__}.")
    if isinstance(source, np.ndarray) and source.dtype.kind == "c":
        raise InputError("values are complex; continue the real and the imaginary part as two features.")
    return make_series(source, name=name or "series", gaps=gaps)
