"""Columns that came from anywhere, and which of them are x and y."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from jaxtyping import Float

from unrolled.errors import InputError, nearest_name
from unrolled.series._calendar import Calendar
from unrolled.series._series import BRIDGED, OTHERS, Series, check, with_every_row
from unrolled.series._units import split_unit

__all__ = [
    "Chosen",
    "Column",
    "EndsEarly",
    "Table",
    "choose_columns",
    "column_numbers",
    "columns_series",
    "find_column",
    "select",
]

_WHERE_WHOLE = {
    "companion": "A companion is needed in every row.",
    "y beside a companion": "Beside a companion only the last cells of y may be empty.",
}

Chosen = str | int | Sequence[str] | Sequence[int] | None


class EndsEarly(InputError):
    """The last cells of y are empty, and another column goes on.

    Attributes
    ----------
    why
        What is wrong, in sentences.
    beside
        Who goes on, as "mp2 or mp3".
    """

    def __init__(self, why: str, beside: str) -> None:
        super().__init__(f"{why} If {beside} goes on beside it as a cheap series, name it with --companion.")
        self.why, self.beside = why, beside


@dataclass(frozen=True)
class Column:
    """One column: its numbers, or the reason why it has none.

    Attributes
    ----------
    name, unit
        ``""`` where none was given.
    kind
        ``"labels"`` are words without digits, ``"text"`` is anything else that is neither number nor date.
    numbers
        Numbers, or dates as numbers; ``None`` where ``problem`` says why the column cannot be used.
    calendar
        How dates are written back.
    problem
        An error's message, raised only if somebody needs the column.
    gapped
        Where nothing is wrong but that cells are blank: the numbers, NaN where there is none.
    fault
        What is wrong beside blank cells, where both is the case: an error's message.
    """

    name: str
    unit: str = ""
    kind: Literal["number", "date", "labels", "text"] = "number"
    numbers: Float[np.ndarray, " time"] | None = None
    calendar: Calendar | None = None
    problem: str = ""
    gapped: Float[np.ndarray, " time"] | None = None
    fault: str = ""

    @property
    def leading(self) -> Float[np.ndarray, " known"] | None:
        """Where nothing is wrong but that the last cells are blank: the numbers above them."""
        if self.gapped is None:
            return None
        known = np.flatnonzero(~np.isnan(self.gapped))
        return self.gapped[: known.size] if 0 < known.size == known[-1] + 1 else None


@dataclass(frozen=True)
class Table:
    """Columns of equal length, and where each row stands in its file.

    Attributes
    ----------
    columns
        From left to right.
    source, name
        Where they came from, and what to call them.
    places
        What an error calls each row, as ``line 12``; ``None`` for ``row 1``, ``row 2``, ...
    rows
        How many rows there are.
    frame
        The data frame library, as in :class:`Series`.
    """

    columns: tuple[Column, ...]
    source: str
    name: str
    rows: int
    places: Sequence[int] | None = None
    frame: str | None = None

    def label(self, index: int) -> str:
        """What a message calls a column."""
        name = self.columns[index].name
        return name if name else f"column {index + 1}"


def select(table: Table, x_col: str | int | None, y_col: Chosen, *, gaps: bool = False) -> Series:
    """The series that a table holds: ``x_col`` against ``y_col``, or what stands first against the rest.

    Where neither is named, a single column of numbers is y and the rows are counted; otherwise the first
    column is x and all others are y. A first column of words, or of row numbers without a heading, is left
    out. ``x_col="none"`` counts the rows and takes every column of numbers as y. With ``gaps`` values of y may be
    missing, and rows too.

    Raises
    ------
    InputError
        An unknown column, one of text, or a series that :func:`check` refuses.
    """
    x_index, y_indexes = choose_columns(table, x_col, y_col)
    numbers = [column_numbers(table, index, "y", x_index, gaps=gaps) for index in y_indexes]
    made = columns_series(table, x_index, y_indexes, numbers, gaps=gaps)
    return with_every_row(made) if gaps else made


def columns_series(
    table: Table,
    x_index: int | None,
    y_indexes: Sequence[int],
    numbers: Sequence[Float[np.ndarray, " known"]],
    *,
    gaps: bool = False,
) -> Series:
    """The series of these columns, checked; ``numbers`` are those of y, which may end before x does."""
    rows = len(numbers[0])
    if x_index is None:
        x, x_column = np.arange(table.rows, dtype=np.float64), Column("index")
    else:
        x, x_column = column_numbers(table, x_index, "x"), table.columns[x_index]
    values = np.column_stack(numbers)
    made = Series(
        values=values,
        x=x[:rows],
        names=_unique([table.columns[i].name for i in y_indexes]),
        units=tuple(table.columns[i].unit for i in y_indexes),
        x_name=x_column.name or "x",
        x_unit=x_column.unit,
        name=table.name,
        source=table.source,
        calendar=x_column.calendar,
        frame=table.frame,
    )
    check(made, table.places, gaps=gaps)
    return made


def choose_columns(
    table: Table, x_col: str | int | None, y_col: Chosen, aside: int | None = None
) -> tuple[int | None, list[int]]:
    """The columns of x and y; the one that stands ``aside`` is taken only where it is named."""
    chosen = None if y_col is None else _resolve_all(table, y_col)
    left_out = _left_out(table) | ({aside} if aside is not None else set())
    if x_col is None:
        x = _default_x(table, chosen, left_out)
    elif str(x_col).lower() == "none" and "none" not in _known(table):
        x, left_out = None, left_out | {i for i, c in enumerate(table.columns) if c.kind == "date"}
    else:
        x = find_column(table, x_col)
    if chosen is None:
        chosen = [i for i in range(len(table.columns)) if i != x and i not in left_out]
    if x in chosen:
        raise InputError(f"{table.source}: {table.label(x)} cannot be both x and y.")
    if not chosen:
        raise InputError(
            f"{table.source} has no column of numbers left for y; its columns are {', '.join(_known(table))}."
        )
    return x, chosen


def _left_out(table: Table) -> set[int]:
    """The first column, if it only names or numbers the rows."""
    first, rest = table.columns[0], table.columns[1:]
    if first.kind == "labels" and any(column.kind == "number" for column in rest):
        return {0}
    if len(rest) > 1 and not first.name and all(column.name for column in rest) and first.numbers is not None:
        steps = first.numbers - np.arange(len(first.numbers))
        if first.kind == "number" and np.all(steps == steps[0]) and steps[0] in (0, 1):
            return {0}
    return set()


def _default_x(table: Table, chosen: list[int] | None, left_out: set[int]) -> int | None:
    candidates = [i for i in range(len(table.columns)) if i not in left_out]
    if chosen is not None:
        return candidates[0] if candidates and candidates[0] not in chosen else None
    if len(candidates) == 1 and table.columns[candidates[0]].kind != "date":
        return None
    return candidates[0] if candidates else None


def _resolve_all(table: Table, given: str | int | Sequence[str] | Sequence[int]) -> list[int]:
    if isinstance(given, str) and "," in given and not _named(table, given.strip()):
        given = [part.strip() for part in given.split(",")]
    several = [given] if isinstance(given, str | int) else list(given)
    indexes = [find_column(table, one) for one in several]
    if len(set(indexes)) < len(indexes):
        raise InputError(f"{table.source}: a column is named twice in y: {', '.join(map(str, several))}.")
    return indexes


def find_column(table: Table, given: str | int) -> int:
    """The index of a column that a user names, as its heading has it with or without the unit, or numbers from 1."""
    name = str(given).strip()
    named = _named(table, name)
    if len(named) > 1:
        numbers = " and ".join(str(i + 1) for i in named)
        raise InputError(f"{table.source} has {len(named)} columns called {name}; choose by number: {numbers}.")
    if named:
        return named[0]
    if name.isascii() and name.isdigit() and len(name) < 10 and 1 <= int(name) <= len(table.columns):
        return int(name) - 1
    raise nearest_name(f"column of {table.source}", name, _known(table))


def _named(table: Table, name: str) -> list[int]:
    """Who has that name; if nobody has, who has that name and unit, as in ``E [MeV]``."""
    named = [i for i, column in enumerate(table.columns) if column.name == name]
    return named or [i for i, column in enumerate(table.columns) if (column.name, column.unit) == split_unit(name)]


def _known(table: Table) -> list[str]:
    return [column.name or str(i + 1) for i, column in enumerate(table.columns)]


def column_numbers(
    table: Table, index: int, role: str, x_index: int | None = None, *, gaps: bool = False
) -> Float[np.ndarray, " time"]:
    """The numbers of a column in the role of x, y or companion; an :class:`InputError` where it has none.

    With ``gaps`` blank cells are NaN.
    """
    column = table.columns[index]
    if gaps and column.gapped is not None:
        return column.gapped
    if role == "y" and column.gapped is not None and np.isnan(column.gapped).all():
        raise InputError(f"{table.source}: {table.label(index)} has no known value; {OTHERS}.")
    if gaps and column.fault:
        column = replace(column, problem=column.fault)
    if column.numbers is None or (role != "x" and column.kind == "date"):
        why = column.problem or f"{table.source}: {table.label(index)} holds dates; {role} must be numbers"
        others = [
            table.label(i) for i, c in enumerate(table.columns) if c.kind == "number" and i not in (index, x_index)
        ]
        if column.kind == "number" and role == "y" and column.leading is not None and others:
            raise EndsEarly(f"{why}.", " or ".join(others[:5]))
        raise InputError(f"{why}. {_advice(role, column, others)}".rstrip())
    return column.numbers


def _advice(role: str, column: Column, others: list[str]) -> str:
    if column.kind == "number":
        if column.problem.endswith("expected a number"):
            return "Correct the cell, or choose other columns (--x-col, --y-col)."
        return BRIDGED if role == "y" and column.gapped is not None else _WHERE_WHOLE.get(role, "")
    if not others:
        return "The file has no other column of numbers."
    options = ", ".join(f"'{name}'" for name in others[:5])
    if role == "x":
        date = " If it is a date, write it as 2024-05-31." if column.kind == "text" else ""
        return f"Choose another x (--x-col, one of {options}), or count the rows (--x-col none).{date}"
    option, purpose = ("--companion", "another companion") if role == "companion" else ("--y-col", "what to continue")
    return f"Choose {purpose} ({option}, from {options})."


def _unique(names: list[str]) -> tuple[str, ...]:
    """Names for y: given ones, y or y1, y2, ... where there are none, and no name twice."""
    blank = "y" if len(names) == 1 else "y{}"
    made: list[str] = []
    for index, name in enumerate(names):
        label, count = name or blank.format(index + 1), 1
        while label in made:
            count += 1
            label = f"{name} ({count})"
        made.append(label)
    return tuple(made)
