"""Numbers as programs of all countries and decades write them."""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from unrolled.errors import InputError
from unrolled.series._dates import BadCell

__all__ = ["Marks", "find_marks", "is_blank", "is_missing", "is_number", "parse_numbers"]

_EXPONENT = r"(?:[eEdDqQ][-+]?\d+)?"
_PLAIN = re.compile(
    r"(?P<mantissa>[-+]?(?:\d+\.?\d*|\.\d+))(?:[eEdDqQ](?P<power>[-+]?\d+)|(?P<bare>[-+]\d{3}))?", re.ASCII
)
# What a cell says about the decimal mark. The order matters: the first that fits is taken.
_EVIDENCE = re.compile(
    rf"(?P<grouped_comma>[-+]?[1-9]\d{{0,2}}(?:,\d{{3}})+\.\d*{_EXPONENT}|[-+]?[1-9]\d{{0,2}}(?:,\d{{3}}){{2,}})"
    rf"|(?P<grouped_point>[-+]?[1-9]\d{{0,2}}(?:\.\d{{3}})+,\d*{_EXPONENT}|[-+]?[1-9]\d{{0,2}}(?:\.\d{{3}}){{2,}})"
    r"|(?P<either_comma>[-+]?[1-9]\d{0,2},\d{3})"
    r"|(?P<either_point>[-+]?[1-9]\d{0,2}\.\d{3})"
    rf"|(?P<comma>[-+]?\d*,\d+(?:[eEdDqQ][-+]?\d+|[-+]\d{{3}})?)"
    rf"|(?P<point>[-+]?(?:\d+\.\d*|\.\d+)(?:[eEdDqQ][-+]?\d+|[-+]\d{{3}})?)",
    re.ASCII,
)
_MISSING = {
    "", "-", "--", "?", ".", "na", "n/a", "#n/a", "nan", "+nan", "-nan", "null", "none", "nil", "missing",
    "nat", "<na>", "inf", "-inf", "+inf", "infinity", "-infinity", "+infinity", "1.#inf",
    "-1.#inf", "1.#qnan", "-1.#ind",
}  # fmt: skip


@dataclass(frozen=True)
class Marks:
    """The decimal mark, and the mark between thousands (``""`` where there is none)."""

    decimal: str = "."
    thousands: str = ""


def is_missing(cell: str) -> bool:
    """Whether a cell stands for no number, or for none that is finite."""
    return len(cell) <= 9 and cell.lower() in _MISSING


def is_blank(cell: str) -> bool:
    """Whether a cell stands for a number that is not known; an infinite one is no such."""
    return is_missing(cell) and "inf" not in cell.lower()


def is_number(cell: str) -> bool:
    """Whether a cell is a number under one reading of its marks or another."""
    return _match(cell) is not None or _EVIDENCE.fullmatch(cell) is not None


def find_marks(cells: Iterable[str], say: str) -> Marks:
    """What decimal mark a file uses, from all its cells; ``say`` names the file in the error.

    A comma or a point followed by three digits may part thousands or decimals: only other numbers can tell.
    """
    found: dict[str, str] = {}
    for cell in cells:
        if match := _EVIDENCE.fullmatch(cell):
            found.setdefault(match.lastgroup or "", cell)
    comma = found.get("comma") or found.get("grouped_point")
    point = found.get("point") or found.get("grouped_comma")
    if comma and point:
        raise InputError(
            f"{say} has a decimal comma in some numbers ({comma}) and a decimal point in others ({point}); "
            "write all of them with a decimal point."
        )
    if comma:
        return Marks(",", "." if "grouped_point" in found else "")
    if not point and "either_comma" in found:
        raise InputError(
            f"{say} holds {found['either_comma']}, whose comma may part thousands or decimals, and no number that "
            "tells which; write it with a decimal point and no mark between thousands."
        )
    return Marks(".", "," if "grouped_comma" in found else "")


def parse_numbers(cells: Sequence[str], marks: Marks) -> np.ndarray:
    """A column of numbers in float64, shape ``(time,)``; raises :class:`BadCell` at the first that is none."""
    written = [_to_point(cell, marks) for cell in cells] if marks != Marks() else cells
    text = "".join(written)
    numbers = None
    # float() also takes 1_000 and digits of other scripts.
    if text.isascii() and "_" not in text:
        try:
            numbers = np.array(list(map(float, written)))
        except ValueError:
            numbers = None
    if numbers is None:
        numbers = np.array([_number(cell, row, cells[row]) for row, cell in enumerate(written)])
    bad = np.flatnonzero(~np.isfinite(numbers))
    if bad.size:
        raise BadCell(int(bad[0]), _explain(cells[int(bad[0])]))
    return numbers


def _to_point(cell: str, marks: Marks) -> str:
    if marks.thousands and marks.thousands in cell:
        match = _EVIDENCE.fullmatch(cell)
        grouped = {",": ("grouped_comma", "either_comma"), ".": ("grouped_point", "either_point")}[marks.thousands]
        if match and match.lastgroup in grouped:
            cell = cell.replace(marks.thousands, "")
    if marks.decimal == ",":
        # A point that is left is neither decimal nor between thousands.
        return cell.replace(".", "?").replace(",", ".")
    return cell


def _match(cell: str) -> re.Match[str] | None:
    match = _PLAIN.fullmatch(cell)
    # Fortran leaves out the letter, never the point: 1.5-102, but not 15-102.
    return None if match and match["bare"] and "." not in match["mantissa"] else match


def _number(written: str, row: int, cell: str) -> float:
    match = _match(written)
    if match is None:
        raise BadCell(row, _explain(cell))
    return float(f"{match['mantissa']}e{match['power'] or match['bare'] or 0}")


def _explain(cell: str) -> str:
    shown = repr(cell if len(cell) <= 40 else cell[:37] + "...")
    if cell == "":
        return "is empty; every row needs a number. Remove the row, or fill it in"
    if is_missing(cell):
        return f"is {shown}; every value must be a finite number. Remove the row, or fill it in"
    if set(cell) == {"*"}:
        return f"is {shown}, a number too wide for its Fortran format; write it with a wider one"
    if is_number(cell):
        if _match(cell) and math.isinf(_number(cell, 0, cell)):
            return f"is {shown}, too large for a number in double precision"
        return f"is {shown}, whose marks do not agree with the other numbers of the file; use a decimal point only"
    return f"is {shown}; expected a number"
