"""Delimited text → a table of columns."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from unrolled.errors import InputError
from unrolled.series._dates import BadCell, is_date, is_time, parse_dates
from unrolled.series._dialect import (
    Lines,
    common_width,
    filled,
    find_delimiter,
    is_value,
    part_lines,
    split,
    split_names,
)
from unrolled.series._numbers import Marks, find_marks, is_blank, is_missing, is_number, parse_numbers
from unrolled.series._table import Column, Table
from unrolled.series._units import split_unit, strip_unit

__all__ = ["Place", "cells_to_column", "parse_text"]

Rows = list[list[str]]

_MOST_COLUMNS = 10_000


def parse_text(text: str, source: str, name: str) -> Table:
    """The columns of a text, its lines ended by line feeds; raises :class:`InputError` for what is no table."""
    lines = part_lines(text)
    if not lines.texts:
        raise InputError(f"{source} holds only comments and no numbers." if lines.comments else f"{source} is empty.")
    delimiter = find_delimiter(lines, source)
    rows = [split(line, delimiter) for line in lines.texts]
    headings = _count_headings(rows, source, lines.numbers)
    body, numbers = _body(rows[headings:], lines.numbers[headings:])
    if not body:
        raise InputError(
            f"{source} holds only a header, {lines.texts[0].strip()[:60]!r}, and no rows of numbers below it."
        )
    width = _width(body, rows[0] if headings else [""])
    labels, units = _headings(lines, headings, width, delimiter)
    if len(labels) != width:
        raise InputError(
            f"{source}: the header in line {lines.numbers[0]} names {_count(len(labels), 'column')} where the rows "
            f"hold {width}. Name every column, or put # before a line that is a title."
        )
    cells = _columns(body, width, numbers, source)
    if len(body) == 1 and width > 2 and not any(labels) and all(map(is_number, body[0])):
        # One unnamed line of numbers is a series written along the line.
        cells, labels, units, numbers = [tuple(body[0])], [""], [""], numbers * width
    if len(cells) > _MOST_COLUMNS:
        raise InputError(f"{source} has {len(cells)} columns; at most {_MOST_COLUMNS} are read.")
    cells, labels, units = _join_times(cells, labels, units)
    marks = _marks(cells, delimiter, source)
    columns = [
        cells_to_column(column, Place(source, position + 1, numbers), label, unit, marks)
        for position, (column, label, unit) in enumerate(zip(cells, labels, units, strict=True))
    ]
    return Table(tuple(columns), source, name, len(cells[0]), numbers)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _count_headings(rows: Rows, source: str, numbers: Sequence[int]) -> int:
    """How many leading rows are headings: none, one of names, or names and units."""
    first = rows[0]
    texts = [i for i, cell in enumerate(first) if not is_value(cell) and not is_missing(cell)]
    if not texts:
        return 0
    following = rows[1:20]
    if any(is_value(cell) for cell in first):
        # Text beside numbers is data if the same column is text further down.
        if all(not any(is_value(row[i]) for row in following if len(row) > i) for i in texts):
            return 0
        raise InputError(
            f"{source}, line {numbers[0]} holds text ({first[texts[0]]!r}) beside numbers. A header names every column "
            "with text, and a row of data holds only numbers: correct that cell, or put # before the line."
        )
    if len(rows) > 2 and not any(map(is_number, rows[1])) and _is_units(rows[1]) and any(map(is_value, rows[2])):
        return 2
    return 1


def _is_units(row: Sequence[str]) -> bool:
    return any(row) and all(strip_unit(cell) is not None for cell in row)


def _body(rows: Rows, numbers: list[int]) -> tuple[Rows, list[int]]:
    """Rows that hold anything: spreadsheets write rows of nothing but delimiters."""
    if all(map(any, rows)):
        return rows, numbers
    kept = [index for index, row in enumerate(rows) if any(row)]
    return [rows[i] for i in kept], [numbers[i] for i in kept]


def _width(body: Rows, heading: Sequence[str]) -> int:
    """How many columns there are: empty ones at the end count where every row has a cell for what the heading names."""
    width, named = common_width(body), filled(heading)
    return named if named > width and all(len(row) >= named for row in body) else width


def _columns(body: Rows, width: int, numbers: Sequence[int], source: str) -> list[tuple[str, ...]]:
    if set(map(len, body)) != {width}:
        for row, number in zip(body, numbers, strict=True):
            cells = len(row) if len(row) < width else filled(row)
            if len(row) < width or cells > width:
                raise InputError(
                    f"{source}, line {number} has {_count(cells, 'cell')} where most lines have {width}. Every row "
                    "needs one cell for each column: complete or remove the line, or put # before it."
                )
    return list(zip(*(row[:width] for row in body), strict=True))


def _headings(lines: Lines, count: int, width: int, delimiter: str) -> tuple[list[str], list[str]]:
    """A name and a unit for every column, from the headings or from the comments above the data."""
    names, units = _heading_lines(lines, count, width, delimiter)
    if names is None:
        return ([""] * width, [""] * width) if not count else (split(lines.texts[0], delimiter), [])
    pairs = [split_unit(name) for name in names]
    below = [strip_unit(unit) or "" for unit in units] if units else [""] * width
    return [name for name, _ in pairs], [unit or other for (_, unit), other in zip(pairs, below, strict=True)]


def _heading_lines(lines: Lines, count: int, width: int, delimiter: str) -> tuple[list[str] | None, list[str] | None]:
    if count:
        units = split_names(lines.texts[1], width, delimiter) if count > 1 else None
        return split_names(lines.texts[0], width, delimiter), units
    *before, last = [split_names(comment, width, delimiter) for comment in ("", *lines.comments[-2:])]
    if last is None or any(map(is_value, last)) or not all(last):
        return None, None
    if width == 1 and len(last[0].split()) > 2:
        # A sentence above a single column is a remark.
        return None, None
    if before and before[-1] and all(before[-1]) and _is_units(last):
        return before[-1], last
    return last, None


def _join_times(
    cells: list[tuple[str, ...]], labels: list[str], units: list[str]
) -> tuple[list[tuple[str, ...]], list[str], list[str]]:
    """A column of dates and the column of times of day behind it are one."""
    for index in range(len(cells) - 1):
        if all(map(is_time, cells[index + 1])) and all(map(is_date, cells[index])):
            joined = tuple(map(" ".join, zip(cells[index], cells[index + 1], strict=True)))
            del cells[index + 1], labels[index + 1], units[index + 1]
            cells[index] = joined
            break
    return cells, labels, units


def _marks(cells: list[tuple[str, ...]], delimiter: str, source: str) -> Marks:
    written = [column for column in cells if any("," in cell for cell in column)]
    if not written:
        return Marks()
    marks = find_marks((cell for column in cells for cell in column), source)
    return marks if delimiter != "," or marks.decimal == "," or marks.thousands else Marks()


@dataclass(frozen=True)
class Place:
    """Where a column of cells stands, for messages: in which source, which column, and which lines (or rows)."""

    source: str
    position: int
    lines: Sequence[int] | None = None

    def problem(self, label: str, bad: BadCell) -> str:
        """The message for a bad cell."""
        row = f"row {bad.row + 1}" if self.lines is None else f"line {self.lines[bad.row]}"
        return f"{self.source}, {row}: {label or f'column {self.position}'} {bad.reason}"


def cells_to_column(cells: Sequence[str], place: Place, label: str, unit: str, marks: Marks) -> Column:
    """A column of text as numbers or dates; what is neither keeps the message for who wants it."""
    try:
        return Column(label, unit, "number", parse_numbers(cells, marks))
    except BadCell as bad:
        trouble = place.problem(label, bad)
    if any(map(is_number, cells)) or all(map(is_missing, cells)):
        try:
            return Column(label, unit, "number", problem=trouble, gapped=_gapped(cells, marks))
        except BadCell as bad:
            return Column(label, unit, "number", problem=trouble, fault=place.problem(label, bad))
    if any(map(is_date, cells)):
        try:
            x, calendar = parse_dates(cells)
        except BadCell as bad:
            return Column(label, unit, "date", problem=place.problem(label, bad))
        return Column(label, unit, "date", x, calendar)
    words = not any(character.isdigit() for cell in cells for character in cell)
    return Column(label, unit, "labels" if words else "text", problem=trouble)


def _gapped(cells: Sequence[str], marks: Marks) -> Float[np.ndarray, " time"]:
    """The numbers, NaN where a cell is blank; raises :class:`BadCell` at the first that is neither."""
    known = np.array([not is_blank(cell) for cell in cells])
    numbers = np.full(len(cells), np.nan)
    try:
        numbers[known] = parse_numbers([cell for cell in cells if not is_blank(cell)], marks)
    except BadCell as bad:
        raise BadCell(int(np.flatnonzero(known)[bad.row]), bad.reason) from None
    return numbers
