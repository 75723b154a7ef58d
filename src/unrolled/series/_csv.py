"""Series and tables as CSV text."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Sequence
from typing import Any

from unrolled.series._series import Series

__all__ = ["csv_number", "csv_place", "csv_text", "series_csv"]


def series_csv(series: Series) -> str:
    """A series as text that :func:`read` reads back, units in the header.

    Examples
    --------
    >>> from unrolled.series import make_series, series_csv
    >>> print(series_csv(make_series([0.5, 0.25], x=[1, 2], names=["E"], units=["MeV"])), end="")
    x,E [MeV]
    1.0,0.5
    2.0,0.25
    """
    labels = [(series.x_name, series.x_unit), *zip(series.names, series.units, strict=True)]
    header = [f"{name} [{unit}]" if unit else name for name, unit in labels]
    rows = [[csv_place(series, x), *map(csv_number, y)] for x, y in zip(series.x, series.values, strict=True)]
    return csv_text(header, rows)


def csv_place(series: Series, x: float) -> str:
    """One x: a date where the series has dates, otherwise every digit."""
    return series.format_x(float(x)) if series.calendar else csv_number(x)


def csv_number(value: float | None) -> str:
    """Every digit of a number; nothing for a missing one."""
    return "" if value is None or not math.isfinite(value) else repr(float(value))


def csv_text(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A header and rows, commas between."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()
