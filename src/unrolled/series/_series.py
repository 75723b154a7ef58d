"""The first noun: a series of known numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from unrolled.errors import InputError
from unrolled.series._calendar import Calendar
from unrolled.series._rows import every_row
from unrolled.series._spacing import even_spacing, explain_uneven

__all__ = ["BRIDGED", "OTHERS", "Series", "check", "make_series", "with_every_row"]

#: What can be done where values are missing, beside removing rows.
BRIDGED = "Or take a model that bridges gaps (--model structural)."
#: What can be done about a column in which all are missing.
OTHERS = "leave this column out, or choose others (--y-col)"


@dataclass(frozen=True, eq=False)
class Series:
    """Numbers in order, with what is needed to draw them and to name them.

    Attributes
    ----------
    values
        What is continued, shape ``(time, feature)``. NaN says that a value is missing, which only models that bridge
        gaps are given; see ``has_gaps``.
    x
        Where each row stands, shape ``(time,)``, strictly rising or strictly falling. Dates are numbers here:
        ``calendar`` turns them back.
    names, units
        One of each for every feature; a unit is ``""`` where none is known.
    x_name, x_unit
        Name and unit of x.
    name, source
        What to call the series, and where it came from (a path, a reference).
    calendar
        How x is written as dates; ``None`` where x is a plain number.
    frame
        The data frame library that the numbers came from (``"pandas"``, ``"polars"``, ``"pyarrow"``), so that
        the same kind goes out; ``None`` otherwise.
    known
        How many of the leading rows a default run should train on; ``None`` says all of them.
    """

    values: Float[np.ndarray, "time feature"]
    x: Float[np.ndarray, " time"]
    names: tuple[str, ...]
    units: tuple[str, ...]
    x_name: str = "x"
    x_unit: str = ""
    name: str = "series"
    source: str = ""
    calendar: Calendar | None = None
    frame: str | None = None
    known: int | None = None

    def __len__(self) -> int:
        return self.values.shape[0]

    def __repr__(self) -> str:
        return f"Series({self.name!r}, {len(self)} points, {', '.join(self.names)} against {self.x_name})"

    @property
    def spacing(self) -> float | None:
        """The step of x, negative where x falls; ``None`` where x is not evenly spaced."""
        return even_spacing(self.x)

    @property
    def is_constant(self) -> bool:
        """Whether every feature keeps its first known value."""
        return bool(np.all(self.constant))

    @property
    def constant(self) -> Bool[np.ndarray, " feature"]:
        """Which features keep their first known value."""
        missing = np.isnan(self.values)
        first = self.values[np.argmin(missing, axis=0), np.arange(len(self.names))]
        return np.all((self.values == first) | missing, axis=0)

    @property
    def has_gaps(self) -> bool:
        """Whether a value is missing."""
        return bool(np.isnan(self.values).any())

    def head(self, count: int) -> Series:
        """The first ``count`` rows."""
        known = None if self.known is None or self.known >= count else self.known
        return replace(self, values=self.values[:count], x=self.x[:count], known=known)

    def require_even(self) -> float:
        """The step of x, or an error that says where the step changes."""
        spacing = self.spacing
        if spacing is None:
            unit = self.calendar.step if self.calendar else self.x_unit
            raise InputError(explain_uneven(self.x, self.x_name, self.format_x, unit, ",".join(self.names)))
        return spacing

    def future_x(self, horizon: int) -> Float[np.ndarray, " horizon"]:
        """The next ``horizon`` values of x at the same step."""
        return self.x[-1] + self.require_even() * np.arange(1, horizon + 1)

    def format_x(self, x: float) -> str:
        """One value of x as a person writes it: a date where x came as dates."""
        return self.calendar.format(x) if self.calendar else f"{x:.10g}"


def make_series(
    values: Any,
    x: Any = None,
    *,
    names: Sequence[str] | None = None,
    units: Sequence[str] | None = None,
    x_name: str = "x",
    x_unit: str = "",
    name: str = "series",
    source: str = "array",
    gaps: bool = False,
) -> Series:
    """Make a series from arrays, checking everything that can be wrong with them.

    Parameters
    ----------
    values
        Anything that numpy turns into numbers, shape ``(time,)`` or ``(time, feature)``.
    x
        Where each value stands, shape ``(time,)``; 0, 1, 2, ... if left out.
    names, units
        One for each feature.
    x_name, x_unit, name, source
        For axes, tables and the report.
    gaps
        Whether values may be missing: NaN, None or masked. Rows that x leaves out are then rows without a value, as
        :func:`with_every_row` makes them.

    Returns
    -------
    Series
        Values and x in float64, checked to be finite (or missing), of equal length, and x to keep its direction.

    Raises
    ------
    InputError
        No values, a value that is not finite, a feature without any known value, x and values of unequal length, x
        that repeats or turns round.

    Examples
    --------
    >>> from unrolled.series import make_series
    >>> s = make_series([1.0, 4.0, 9.0, 16.0], x=[1, 2, 3, 4], names=["y"])
    >>> len(s), s.spacing
    (4, 1.0)
    >>> make_series([1.0, None, 9.0, 25.0], x=[1, 2, 3, 5], gaps=True).values[:, 0].tolist()
    [1.0, nan, 9.0, nan, 25.0]
    """
    matrix = _as_matrix(values)
    positions = np.arange(len(matrix), dtype=np.float64) if x is None else _as_numbers(x, "x").reshape(-1)
    if len(positions) != len(matrix):
        raise InputError(
            f"x and y are of unequal length: {len(positions)} values of {x_name} for {len(matrix)} rows of y."
        )
    columns = matrix.shape[1]
    labels = tuple(names) if names is not None else _default_names(columns)
    marks = tuple(units) if units is not None else ("",) * columns
    if len(labels) != columns or len(marks) != columns:
        raise InputError(
            f"names and units need one entry for each of the {columns} features; came {len(labels)} and {len(marks)}."
        )
    for numbers in (matrix, positions):
        numbers.setflags(write=False)
    made = Series(matrix, positions, labels, marks, x_name, x_unit, name, source)
    check(made, gaps=gaps)
    return with_every_row(made) if gaps else made


def with_every_row(series: Series) -> Series:
    """The series with a row for every step of x: those that were left out have no value.

    As :func:`~unrolled.series._rows.every_row` finds them; where it finds none, the series as it is.
    """
    found = every_row(series.x)
    if found is None:
        return series
    rows, x = found
    values = np.full((len(x), len(series.names)), np.nan)
    values[rows] = series.values
    for numbers in (values, x):
        numbers.setflags(write=False)
    known = None if series.known is None else int(rows[series.known - 1]) + 1
    return replace(series, values=values, x=x, known=known)


def check(made: Series, lines: Sequence[int] | None = None, *, gaps: bool = False) -> None:
    """Raise an :class:`InputError` if a series could not be worked with.

    ``lines`` are the lines of a file that the rows stand in; errors then name these. With ``gaps`` values may be
    missing, as long as every feature has one.
    """
    labels = (made.x_name, *made.names)
    twice = next((name for i, name in enumerate(labels) if name in labels[:i]), None)
    if twice is not None:
        raise InputError(f"x and the features need names that differ; {twice!r} came twice.")
    if len(made) == 0 or not made.names:
        raise InputError(f"{made.source or made.name} holds no numbers.")
    for label, values in zip(made.names, made.values.T, strict=True):
        _check_values(label, values, lines, gaps=gaps)
    bad = np.flatnonzero(~np.isfinite(made.x))
    if bad.size:
        raise InputError(f"{made.x_name} is not a finite number in {_place(bad[0], lines)}.")
    _check_direction(made, lines)


def _check_values(label: str, values: Float[np.ndarray, " time"], lines: Sequence[int] | None, *, gaps: bool) -> None:
    bad = np.flatnonzero(np.isinf(values) if gaps else ~np.isfinite(values))
    if bad.size:
        first = values[bad[0]]
        advice = f" {BRIDGED}" if np.isnan(first) else ""
        raise InputError(
            f"{label} is {first} in {_place(bad[0], lines)}; every value must be a finite number. Remove the row, or "
            f"fill it in.{advice}"
        )
    if np.isnan(values).all():
        raise InputError(f"{label} has no known value; {OTHERS}.")


def _place(row: int | np.integer, lines: Sequence[int] | None) -> str:
    return f"row {row + 1}" if lines is None else f"line {lines[int(row)]}"


def _check_direction(made: Series, lines: Sequence[int] | None) -> None:
    # Differences of the largest numbers overflow; comparisons do not.
    rises, falls = made.x[1:] > made.x[:-1], made.x[1:] < made.x[:-1]
    same = np.flatnonzero(~(rises | falls))
    of_file = "" if lines is None else f"{made.source}: "
    advice = (
        "Each x must occur once and in order; if this column is not x, name the right one (--x-col NAME, or "
        "--x-col none to count the rows)."
    )
    if same.size:
        row = int(same[0])
        raise InputError(
            f"{of_file}{made.x_name} = {made.format_x(float(made.x[row]))} occurs twice, in {_place(row, lines)} and "
            f"{_place(row + 1, lines)}. {advice}"
        )
    turned = np.flatnonzero(rises != rises[:1])
    if turned.size:
        row = int(turned[0])
        here, there = (made.format_x(float(value)) for value in made.x[row : row + 2])
        raise InputError(
            f"{of_file}{made.x_name} changes direction in {_place(row + 1, lines)}, from {here} to {there}. {advice}"
        )


def _default_names(columns: int) -> tuple[str, ...]:
    return ("y",) if columns == 1 else tuple(f"y{i + 1}" for i in range(columns))


def _as_numbers(values: Any, what: str) -> np.ndarray:
    try:
        if isinstance(values, np.ma.MaskedArray):  # what is masked is a gap, whatever lies under the mask
            values = np.ma.filled(values.astype(np.float64), np.nan)
        return np.array(values, dtype=np.float64)  # a copy: what the caller does to his own array is his own
    except (TypeError, ValueError) as error:
        raise InputError(f"{what} must be numbers: {error}.") from None


def _as_matrix(values: Any) -> np.ndarray:
    numbers = _as_numbers(values, "values")
    if numbers.ndim == 1:
        numbers = numbers[:, None]
    if numbers.ndim != 2 or numbers.shape[1] == 0:
        raise InputError(f"values must have shape (time,) or (time, feature); came {numbers.shape}.")
    return np.ascontiguousarray(numbers)
