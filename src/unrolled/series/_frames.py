"""Data frames of any library in, and the same kind out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from unrolled.errors import InputError, nearest_name
from unrolled.series._arrays import array_column
from unrolled.series._delimited import Place, cells_to_column
from unrolled.series._numbers import Marks
from unrolled.series._series import Series
from unrolled.series._table import Chosen, Column, Table, select
from unrolled.series._units import split_unit

__all__ = ["frame_from_columns", "frame_to_table", "from_frame", "is_frame"]


_KINDS = ("pandas", "polars", "pyarrow")


def is_frame(anything: object) -> bool:
    """Whether an object is a data frame, or one column of it, of a library that narwhals knows."""
    import narwhals as nw

    return nw.from_native(anything, pass_through=True, allow_series=True) is not anything


def from_frame(
    frame: Any, *, x_col: str | int | None = None, y_col: Chosen = None, name: str = "frame", gaps: bool = False
) -> Series:
    """A series from a data frame of pandas, polars or pyarrow.

    Parameters
    ----------
    frame
        A data frame, or a single column of one. An index of pandas that is named or holds dates is a first
        column.
    x_col, y_col
        As in :func:`~unrolled.series.read`.
    name
        What to call the series.
    gaps
        Whether values of y may be missing (null, NaN), as in :func:`~unrolled.series.read`.

    Returns
    -------
    Series
        It remembers the library in ``frame``.

    Raises
    ------
    InputError
        The frame is empty, of an unknown kind, or holds what :func:`~unrolled.series.read` would refuse.

    Examples
    --------
    >>> import polars as pl
    >>> from unrolled.series import from_frame
    >>> s = from_frame(pl.DataFrame({"N": [2, 4, 6], "E": [-0.5, -1.25, -2.0]}))
    >>> s.x_name, s.names, s.frame
    ('N', ('E',), 'polars')
    """
    return select(frame_to_table(frame, name, "the data frame"), x_col, y_col, gaps=gaps)


def frame_to_table(native: Any, name: str, source: str, *, remember: bool = True) -> Table:
    """The columns of a data frame; ``remember`` says whether a series made of it goes out as the same kind."""
    import narwhals as nw

    try:
        frame = nw.from_native(_with_index(native), pass_through=True, allow_series=True)
    except ValueError as error:
        raise InputError(f"{source} cannot be read: {' '.join(str(error).split())}") from None
    if isinstance(frame, nw.Series):
        frame = frame.to_frame()
    elif isinstance(frame, nw.LazyFrame):
        frame = frame.collect()
    elif not isinstance(frame, nw.DataFrame):
        raise InputError(f"expected a data frame of pandas, polars or pyarrow; came {type(native).__name__}.")
    if len(frame) == 0 or not frame.columns:
        raise InputError(f"{source} is empty; expected columns of numbers.")
    made = tuple(_column(column, source, i + 1) for i, column in enumerate(frame.iter_columns()))
    kind = frame.implementation.value
    known = kind if kind in _KINDS else "pandas"
    return Table(made, source, name, len(frame), frame=known if remember else None)


def _with_index(native: Any) -> Any:
    """A pandas object with an index that says something made a column; anything else as it is."""
    index = getattr(native, "index", None)
    if not type(native).__module__.startswith("pandas") or index is None:
        return native
    if type(native).__name__ == "Series":
        native = native.to_frame("y" if native.name is None else native.name)
    dated = type(index).__name__ in ("DatetimeIndex", "PeriodIndex")
    if not dated and all(label is None for label in index.names):
        return native
    return native.reset_index(names=["date"]) if index.names == [None] else native.reset_index()


def _column(column: Any, source: str, position: int) -> Column:
    import narwhals as nw

    label, unit = split_unit(str(column.name))
    if column.dtype.is_numeric() or column.dtype == nw.Boolean:
        made = array_column(label, column.cast(nw.Float64).to_numpy().astype(np.float64), source)
    elif column.dtype in (nw.Datetime, nw.Date):
        moments, offset = _moments(column)
        made = array_column(label, moments, source, offset)
    else:
        cells = ["" if value is None else str(value).strip() for value in column.to_list()]
        made = cells_to_column(cells, Place(source, position), label, unit, Marks())
    return replace(made, unit=unit)


def _moments(column: Any) -> tuple[np.ndarray, str]:
    """Dates as ``datetime64``: local midnights where a time zone is given and all are such, else universal time."""
    import narwhals as nw

    plain = column.cast(nw.Datetime("us")) if column.dtype == nw.Date else column
    if getattr(plain.dtype, "time_zone", None) is None:
        return plain.to_numpy().astype("datetime64[us]"), ""
    local = plain.dt.replace_time_zone(None).to_numpy().astype("datetime64[us]")
    if np.all(local == local.astype("datetime64[D]")):
        return local, ""
    return plain.dt.convert_time_zone("UTC").dt.replace_time_zone(None).to_numpy().astype("datetime64[us]"), "Z"


def frame_from_columns(columns: Mapping[str, Any], kind: str) -> Any:
    """Columns as a data frame of the library that a series came from.

    Parameters
    ----------
    columns
        Arrays of equal length by name; dates as ``datetime64``.
    kind
        ``"pandas"``, ``"polars"`` or ``"pyarrow"``, as in ``Series.frame``.

    Returns
    -------
    DataFrame
        Of that library.

    Raises
    ------
    InputError
        The library is unknown or not installed.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.series import frame_from_columns
    >>> frame_from_columns({"x": np.array([1.0, 2.0])}, "polars").columns
    ['x']
    """
    import narwhals as nw

    if kind not in _KINDS:
        raise nearest_name("kind of data frame", kind, _KINDS)
    backend: Any = kind
    arrays = {label: np.asarray(values) for label, values in columns.items()}
    if len({len(values) for values in arrays.values()}) > 1:
        sizes = ", ".join(f"{label}: {len(values)}" for label, values in arrays.items())
        raise InputError(f"the columns of a data frame need one length; came {sizes}.")
    try:
        return nw.from_dict(arrays, backend=backend).to_native()
    except ImportError:
        raise InputError(f"a data frame of kind {kind!r} needs pip install {kind}.") from None
