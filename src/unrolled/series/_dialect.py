"""How a text file is laid out: which lines hold data, and what parts its cells."""

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from unrolled.errors import InputError
from unrolled.series._dates import is_date, is_time
from unrolled.series._numbers import is_missing, is_number

__all__ = ["Lines", "common_width", "filled", "find_delimiter", "is_value", "part_lines", "split", "split_names"]

_COMMENT = ("#", "%", "!", "//", "@")
_TRAILING_COMMENT = re.compile(r"(?<!\s)\s+[#!].*$")
_SEPARATOR = re.compile(r"sep=(.)", re.IGNORECASE)
_QUOTED_OR_BLANK = re.compile(r'"[^"]*"|\S+')
# Before brackets and around slashes a blank does not part names: E [MeV], E / MeV.
_NAME_GAP = re.compile(r"(?<![/\s])\s+(?![\[(/\s])")
_SAMPLE = 100

# In order of preference where the evidence is equal; "" is a single column, " " any number of blanks.
_DELIMITERS = ("\t", ";", ",", " ", "")


@dataclass(frozen=True)
class Lines:
    """The lines of a text, told apart.

    Attributes
    ----------
    texts, numbers
        Lines with content, and their numbers in the file, counted from 1.
    comments
        The block of comment lines before the first content, without their markers.
    delimiter
        What a first line ``sep=;`` asked for; ``None`` where there is none.
    """

    texts: list[str]
    numbers: list[int]
    comments: list[str]
    delimiter: str | None


def part_lines(text: str) -> Lines:
    """Content and comments, told apart by ``#``, ``%``, ``!``, ``//``, ``@`` and, where it is no delimiter, ``;``."""
    raw = text.split("\n")
    delimiter = None
    if match := _SEPARATOR.fullmatch(raw[0].strip(" \"'")):
        delimiter, raw[0] = match[1], ""
    markers = (*_COMMENT, ";") if _semicolon_comments(raw) else _COMMENT
    texts: list[str] = []
    numbers: list[int] = []
    comments: list[str] = []
    for number, line in enumerate(raw, start=1):
        bare = line.strip()
        if bare.startswith(markers):
            if not texts:
                comments.append(bare.lstrip("".join(markers)).strip())
        elif bare:
            texts.append(_without_comment(line))
            numbers.append(number)
    return Lines(texts, numbers, comments, delimiter)


def _semicolon_comments(raw: Sequence[str]) -> bool:
    others = [line for line in raw if line.strip() and not line.lstrip().startswith(";")]
    return any(line.lstrip().startswith(";") for line in raw) and bool(others) and not any(";" in o for o in others)


def _without_comment(line: str) -> str:
    if ("#" in line or "!" in line) and '"' not in line and is_value(re.split(r"[\s,;]", line.strip())[0]):
        return _TRAILING_COMMENT.sub("", line)
    return line


def is_value(cell: str) -> bool:
    """Whether a cell is a number, a date or a time of day."""
    return is_number(cell) or is_date(cell) or is_time(cell)


def split(line: str, delimiter: str) -> list[str]:
    """The cells of a line, without the blanks and quotation marks around them."""
    if delimiter == "":
        return [line.strip().strip('"').strip()]
    if delimiter == " ":
        return [cell.strip('"') for cell in _QUOTED_OR_BLANK.findall(line)] if '"' in line else line.split()
    if '"' not in line:
        return [cell.strip() for cell in line.split(delimiter)]
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter, skipinitialspace=True))]
    except csv.Error:
        return [cell.strip().strip('"') for cell in line.split(delimiter)]


def split_names(line: str, width: int, delimiter: str) -> list[str] | None:
    """Headings for ``width`` columns, with units kept beside their names; ``None`` where none fit."""
    cells = [split(line, delimiter), _NAME_GAP.split(line.strip()), re.split(r"\s{2,}|\t", line.strip())]
    cells += [split(line, other) for other in ("\t", ";", ",")] + [[line.strip()]]
    for names in cells:
        # Some programs end every line with a delimiter.
        while len(names) > width and not names[-1]:
            names.pop()
        if len(names) == width:
            return [name.strip().strip('"').strip() for name in names]
    return None


def find_delimiter(lines: Lines, source: str) -> str:
    """The delimiter under which most rows have the same number of cells, and most cells are values."""
    if lines.delimiter is not None:
        return " " if lines.delimiter == " " else lines.delimiter
    sample = lines.texts[:_SAMPLE] + lines.texts[_SAMPLE:][-20:]
    scores = {delimiter: _score(sample, delimiter) for delimiter in _DELIMITERS}
    best = max(_DELIMITERS, key=lambda delimiter: scores[delimiter])
    if scores[best][0] == 0.0 and len(lines.texts) == 1:
        raise InputError(f"{source} holds only a header, {_short(lines.texts[0])}, and no rows of numbers below it.")
    if scores[best][0] == 0.0:
        raise InputError(
            f"{source} holds no numbers; its first line is {_short(lines.texts[0])}. Expected columns of numbers "
            "parted by commas, semicolons, tabs or blanks."
        )
    return best


def _score(sample: Sequence[str], delimiter: str) -> tuple[float, bool]:
    rows = [split(line, delimiter) for line in sample]
    # One or two lines may be headings; a file of one or two rows has none to spare.
    body = rows[2:] or rows[-1:]
    width = common_width(rows if len(set(map(len, rows))) == 1 else body)
    if delimiter and width == 1:
        return 0.0, False
    alike = sum(len(row) >= width >= filled(row) for row in body)
    cells = [cell for row in body for cell in row[:width]]
    good = sum(1.0 if is_value(cell) else 0.4 if is_missing(cell) else 0.0 for cell in cells)
    share = round(good / max(len(cells), 1) * alike / len(body), 6)
    if delimiter == "" and any("," in line for line in sample) and ("," in sample[0] or is_value(rows[0][0])):
        # 0,5 below E is one number; 0,5 below x,E, or below nothing, are two.
        return 0.1 * share, False
    if delimiter == "" and "\t" in sample[0].strip() and all("\t" in line for line in sample):
        return 0.1 * share, False  # a last column that is empty throughout
    return share, _heads(sample[0], rows[0], width, delimiter)


def _heads(line: str, first: Sequence[str], width: int, delimiter: str) -> bool:
    """Whether the first line, be it a heading or not, fits a body of this width."""
    return len(first) >= width >= filled(first) or (delimiter == " " and split_names(line, width, " ") is not None)


def common_width(rows: Sequence[Sequence[str]]) -> int:
    """How many columns the rows have, leaving out empty ones behind trailing delimiters."""
    lengths = set(map(len, rows))
    if len(lengths) > 1:
        counts = Counter(map(filled, rows))
        return max(counts, key=lambda width: (counts[width], width))
    width = lengths.pop()
    while width > 1 and not any(row[width - 1] for row in rows):
        width -= 1
    return width


def filled(row: Sequence[str]) -> int:
    """How many cells a row has up to its last that is not empty."""
    width = len(row)
    while width > 1 and not row[width - 1]:
        width -= 1
    return width


def _short(text: str) -> str:
    text = text.strip()
    return repr(text if len(text) <= 60 else text[:57] + "...")
