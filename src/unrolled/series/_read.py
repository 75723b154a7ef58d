"""A file → a series."""

import os
from pathlib import Path

from unrolled.errors import InputError
from unrolled.series._delimited import parse_text
from unrolled.series._series import Series
from unrolled.series._source import decode, read_bytes
from unrolled.series._table import Chosen, Table, select

__all__ = ["read", "read_table"]


def read(
    path: str | os.PathLike[str],
    *,
    x_col: str | int | None = None,
    y_col: Chosen = None,
    name: str | None = None,
    gaps: bool = False,
) -> Series:
    r"""Read a series from a file, whatever program wrote it.

    Text in columns (comma, semicolon, tab or blanks; decimal point or comma; with or without a header, units,
    comments and dates), Parquet, ``.npy`` and ``.npz`` are told apart by their content.

    Parameters
    ----------
    path
        A file, or ``"-"`` for standard input.
    x_col
        The column of x, by name or by number counted from 1 (a name wins); ``"none"`` counts the rows. Left
        out, the first of several columns is x, and a single column is counted. If the first column is named
        as y, the rows are counted.
    y_col
        What to continue: one column, a list of them, or names parted by commas; left out, every column that
        is not x.
    name
        What to call the series; the file's name without its ending if left out.
    gaps
        Whether cells of y may be blank (also ``NA``, ``nan``, ``null``, ``-``), which are then gaps in the series, NaN;
        those below the last known value too. Rows that an otherwise even x leaves out are gaps as well. Cells of x
        must be known.

    Returns
    -------
    Series
        Columns as features. Dates become months, days or seconds since 1970 and ``calendar`` writes them back.

    Raises
    ------
    InputError
        The file is missing, unreadable, larger than 512 MB, not a table of numbers, or holds a cell that is
        no finite number; the message names the line and the column.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from unrolled.series import read
    >>> file = pathlib.Path(tempfile.mkdtemp(), "energy.csv")
    >>> _ = file.write_text("N;E [MeV]\n2;-0,5\n4;-1,25\n6;-2,0\n")
    >>> s = read(file)
    >>> s.names, s.units, s.values[:, 0].tolist()
    (('E',), ('MeV',), [-0.5, -1.25, -2.0])
    """
    return select(read_table(path, name), x_col, y_col, gaps=gaps)


def read_table(path: str | os.PathLike[str], name: str | None = None) -> Table:
    """The columns of a file."""
    written = os.fspath(path)
    if not written:
        raise InputError("the name of the file is empty; expected a file of numbers, or - for standard input.")
    file = None if written == "-" else Path(written)
    source, name = ("standard input", name or "stdin") if file is None else (written, name or file.stem)
    data = read_bytes(file)
    try:
        return _parsed(data, source, name)
    except MemoryError:
        raise InputError(f"{source} does not fit into memory; keep only the columns that are needed.") from None


def _parsed(data: bytes, source: str, name: str) -> Table:
    if data.startswith(b"PAR1"):
        from unrolled.series._parquet import parse_parquet

        return parse_parquet(data, source, name)
    if data.startswith((b"\x93NUMPY", b"PK\x03\x04")):
        from unrolled.series._arrays import parse_arrays

        return parse_arrays(data, source, name)
    return parse_text(decode(data, source), source, name)
