"""Dates as people and programs write them."""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from unrolled.series._calendar import Calendar, count_dates

__all__ = ["BadCell", "is_date", "is_time", "parse_dates"]

_TIME = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"\s*(?P<offset>[zZ]|[-+]\d{2}:?\d{2})?"
)
_DATE = re.compile(
    r"(?:(?P<year>\d{4})(?:(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})"
    r"|[-/](?P<only_month>\d{1,2}))"
    r"|(?P<dot_day>\d{1,2})\.(?P<dot_month>\d{1,2})\.(?P<dot_year>\d{4})"
    r"|(?P<a>\d{1,2})(?P<ab>[-/])(?P<b>\d{1,2})(?P=ab)(?P<ab_year>\d{4}))"
    rf"(?:[Tt\s]\s*{_TIME})?",
    re.ASCII,
)
_ONLY_TIME = re.compile(_TIME, re.ASCII)


@dataclass(eq=False)
class BadCell(Exception):
    """A cell that could not be read: where it is in its column, and why."""

    row: int
    reason: str


@dataclass(frozen=True)
class _Order:
    """Which of a and b is the day where a column is written ``a/b/2024``."""

    day_first: bool


def is_date(cell: str) -> bool:
    """Whether a cell has the shape of a date, with or without a time of day."""
    return _DATE.fullmatch(cell) is not None


def is_time(cell: str) -> bool:
    """Whether a cell has the shape of a time of day alone."""
    return _ONLY_TIME.fullmatch(cell) is not None


def parse_dates(cells: Sequence[str]) -> tuple[np.ndarray, Calendar]:
    """A column of dates as x, shape ``(time,)``, and the calendar that writes them back.

    Understands ``2024-05-31``, ``2024/05/31``, ``2024-05``, ``31.05.2024`` and ``31/05/2024`` or ``05/31/2024``,
    where one number above 12 must show which of the two it is; each with a time of day and an offset.
    Raises :class:`BadCell`.
    """
    quick = _parse_iso(cells)
    if quick is not None:
        return count_dates(quick)
    matches = [_DATE.fullmatch(cell) for cell in cells]
    order = _order(matches)
    found: list[dt.datetime] = []
    offsets: list[str] = []
    shapes: set[str] = set()
    for row, match in enumerate(matches):
        if match is None:
            raise BadCell(row, f"is {cells[row]!r} where the other rows hold dates")
        shapes.add(_shape(match))
        if len(shapes) > 1:
            raise BadCell(row, f"is {cells[row]!r}, a date written differently from the rows before")
        found.append(_moment(match, order, row))
        offsets.append(_offset(match))
    moments, offset = _one_clock(found, offsets)
    return count_dates(moments, with_day=shapes != {"month"}, offset=offset)


def _parse_iso(cells: Sequence[str]) -> np.ndarray | None:
    """The common case, ten times faster: full ISO dates of one length without offsets; ``None`` for all others."""
    unit = {10: "D", 16: "m", 19: "s"}.get(len(cells[0]))
    text = "".join(cells)
    # numpy warns of offsets, and takes forms that nobody means: what it read must be what was written.
    if unit is None or text.count("-") != 2 * len(cells) or not set(text) <= set("0123456789-:T "):
        return None
    try:
        moments = np.array(cells, dtype=f"datetime64[{unit}]")
    except ValueError:
        return None
    written = np.strings.replace(np.array(cells), " ", "T")
    same = np.all(np.datetime_as_string(moments) == written)
    return moments if same and np.all(moments > np.datetime64("0001")) else None


def _shape(match: re.Match[str]) -> str:
    if match["only_month"]:
        return "month"
    return "year first" if match["year"] else "dots" if match["dot_day"] else "a/b"


def _order(matches: Sequence[re.Match[str] | None]) -> _Order:
    pairs = {row: (int(m["a"]), int(m["b"])) for row, m in enumerate(matches) if m and m["a"]}
    if not pairs:
        return _Order(day_first=True)
    day_first, month_first = any(a > 12 for a, _ in pairs.values()), any(b > 12 for _, b in pairs.values())
    if day_first == month_first:
        row = next((i for i, (_, b) in pairs.items() if b > 12), next(iter(pairs)))
        match = matches[row]
        why = (
            "which is no date if the day comes first as in other rows"
            if day_first
            else "where day and month cannot be told apart; no row has a day above 12"
        )
        raise BadCell(row, f"is {match[0] if match else ''!r}, {why}; write dates as 2024-05-31")
    return _Order(day_first)


def _moment(match: re.Match[str], order: _Order, row: int) -> dt.datetime:
    year = match["year"] or match["dot_year"] or match["ab_year"]
    first, second = ("b", "a") if order.day_first else ("a", "b")
    month = match["month"] or match["only_month"] or match["dot_month"] or match[first]
    day = match["day"] or match["dot_day"] or match[second] or "1"
    microseconds = int((match["fraction"] or "0").ljust(6, "0")[:6])
    hour, minute, second = (int(match[part] or 0) for part in ("hour", "minute", "second"))
    try:
        return dt.datetime(int(year), int(month), int(day), hour, minute, second, microseconds)
    except ValueError as error:
        raise BadCell(row, f"is {match[0]!r}, which is no date: {error}") from None


def _offset(match: re.Match[str]) -> str:
    offset = (match["offset"] or "").upper()
    return f"{offset[:3]}:{offset[-2:]}" if len(offset) == 5 else offset


def _one_clock(found: list[dt.datetime], offsets: list[str]) -> tuple[np.ndarray, str]:
    """All moments on one clock: the one they were written in, or universal time where that changes."""
    moments = np.array(found, dtype="datetime64[us]")
    if len(set(offsets)) == 1:
        return moments, offsets[0]
    if "" in offsets:
        row = next(i for i, offset in enumerate(offsets) if (offset == "") != (offsets[0] == ""))
        raise BadCell(row, "has an offset from universal time in some rows only")
    shifts = np.array([_minutes(offset) for offset in offsets], dtype="timedelta64[m]")
    return moments - shifts, "Z"


def _minutes(offset: str) -> int:
    if offset == "Z":
        return 0
    return int(offset[0] + "1") * (60 * int(offset[1:3]) + int(offset[4:6]))
