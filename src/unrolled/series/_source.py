"""Bytes in, from a file or from standard input, and bytes → text."""

import codecs
import difflib
import re
import sys
from pathlib import Path

from unrolled.errors import InputError

__all__ = ["LIMIT", "decode", "read_bytes", "what_kind"]

LIMIT = 512 * 1024**2
"""The largest input that is read, in bytes."""

_KINDS = {
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"%PDF": "a PDF document",
    b"\x1f\x8b": "a gzip archive; unpack it first",
    b"BZh": "a bzip2 archive; unpack it first",
    b"\xfd7zXZ": "an xz archive; unpack it first",
    b"PK\x03\x04": "an Excel workbook or a zip archive; save the numbers as CSV",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook; save the numbers as CSV",
    b"\x89HDF": "an HDF5 file; export the numbers as CSV",
    b"CDF\x01": "a NetCDF file; export the numbers as CSV",
    b"CDF\x02": "a NetCDF file; export the numbers as CSV",
    b"SQLite format 3": "an SQLite database; export the numbers as CSV",
    b"\x7fELF": "a program",
    b"MATLAB 5.0": "a MATLAB file; export the numbers as CSV",
}
_BYTE_ORDER_MARKS = (
    # UTF-32 first: its mark begins like that of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
# Minus signs and blanks of word processors and web pages.
_TYPOGRAPHY = str.maketrans({"−": "-", "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2007": " ", "\ufeff": ""})


def read_bytes(path: Path | None, limit: int = LIMIT) -> bytes:
    """Everything in a file, or in standard input where ``path`` is ``None``; else an :class:`InputError`."""
    if path is None:
        return _within(_standard_input(limit + 1), "standard input", limit)
    try:
        if path.is_dir():
            raise InputError(f"{path} is a folder; expected a file of numbers.{_contents(path)}")
        size = path.stat().st_size
        if size > limit:
            raise _too_large(str(path), f"{size / 1024**2:.0f} MB", limit)
        with path.open("rb") as file:
            return _within(file.read(limit + 1), str(path), limit)
    except FileNotFoundError:
        raise InputError(f"there is no file {path}.{_near(path)}") from None
    except PermissionError:
        raise InputError(f"{path} may not be read: permission denied.") from None
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{str(path)!r} cannot be read: {error}.") from None


def decode(data: bytes, source: str) -> str:
    """Bytes as text, its lines ended by line feeds: by byte-order mark, else UTF-8, else Latin-1."""
    if kind := what_kind(data):
        raise InputError(f"{source} is {kind}; expected a text file with columns of numbers, or Parquet.")
    text = _ended(_decoded(data, source).replace("\r\n", "\n").replace("\r", "\n"))
    if _CONTROL.search(text):
        raise InputError(f"{source} is not text (it holds control characters); expected columns of numbers.")
    if not text.strip():
        raise InputError(f"{source} is empty; expected columns of numbers.")
    return text if text.isascii() else text.translate(_TYPOGRAPHY)


def what_kind(data: bytes) -> str | None:
    """What a file is that is not text, in words; ``None`` where it may be text."""
    return next((kind for magic, kind in _KINDS.items() if data.startswith(magic)), None)


def _ended(text: str) -> str:
    """A text without the empty lines at its end; a tab that ends its last line stands before an empty cell."""
    filled = text.rstrip("\x1a\n \t")
    rest, *_ = text[len(filled) :].split("\n", 1)
    return filled + rest.replace("\x1a", "")


def _decoded(data: bytes, source: str) -> str:
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            try:
                return data[len(mark) :].decode(encoding)
            except UnicodeDecodeError:
                raise InputError(f"{source} is damaged: it begins as {encoding.upper()} text and is not.") from None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _standard_input(size: int) -> bytes:
    if sys.stdin is None:
        raise InputError("there is no standard input to read; name a file.")
    return sys.stdin.buffer.read(size)


def _within(data: bytes, source: str, limit: int) -> bytes:
    if len(data) > limit:
        raise _too_large(source, "more", limit)
    return data


def _too_large(source: str, size: str, limit: int) -> InputError:
    return InputError(
        f"{source} is too large: it holds {size}, and at most {limit / 1024**2:.0f} MB are read. "
        "Keep only the columns and rows that are needed."
    )


def _near(path: Path) -> str:
    """Files in the same folder with names like the missing one."""
    if not path.parent.is_dir():
        return f" The folder {path.parent} does not exist either."
    try:
        names = sorted(entry.name for entry in path.parent.iterdir())[:5000]
    except OSError:
        return ""
    close = difflib.get_close_matches(path.name, names, n=3, cutoff=0.6)
    close = close or [name for name in names if path.stem and Path(name).stem == path.stem][:3]
    return f" Did you mean {' or '.join(str(path.with_name(name)) for name in close)}?" if close else ""


def _contents(path: Path) -> str:
    try:
        names = sorted(
            e.name for e in path.iterdir() if e.suffix.lower() in (".csv", ".dat", ".txt", ".tsv", ".parquet")
        )
    except OSError:
        return ""
    return f" It holds {', '.join(names[:5])}{', ...' if len(names) > 5 else ''}." if names else ""
