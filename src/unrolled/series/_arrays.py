"""NumPy's own files, ``.npy`` and ``.npz``, without pickles."""

import io
import zipfile
from typing import Any

import numpy as np

from unrolled.errors import InputError
from unrolled.series._calendar import count_dates
from unrolled.series._source import LIMIT, what_kind
from unrolled.series._table import Column, Table

__all__ = ["array_column", "parse_arrays"]


def parse_arrays(data: bytes, source: str, name: str) -> Table:
    """Each one-dimensional array, field or column of a matrix as a column of the table."""
    arrays = {"": _array(data, source)} if data.startswith(b"\x93NUMPY") else _archive(data, source)
    columns = [column for label, array in arrays.items() for column in _columns(label, array, source)]
    lengths = {label: len(values) for label, values in columns}
    if not columns or max(lengths.values()) == 0:
        raise InputError(f"{source} holds no numbers.")
    if len(set(lengths.values())) > 1:
        sizes = ", ".join(f"{label or 'array'}: {length}" for label, length in lengths.items())
        raise InputError(f"{source} holds arrays of unequal length ({sizes}); x and y need one length.")
    made = tuple(array_column(label, values, source) for label, values in columns)
    return Table(made, source, name, len(columns[0][1]))


def array_column(label: str, values: np.ndarray, source: str, offset: str = "") -> Column:
    """A column from an array of numbers or ``datetime64``; a gap in it is a problem for who wants the column."""
    if values.dtype.kind == "M":
        gaps = np.flatnonzero(np.isnat(values))
        if gaps.size:
            return Column(label, "", "date", problem=f"{source}, row {gaps[0] + 1}: {label or 'x'} is empty")
        x, calendar = count_dates(values, offset=offset)
        return Column(label, "", "date", x, calendar)
    if values.dtype.kind not in "biuf":
        return Column(label, "", "text", problem=f"{source}: {label or 'the array'} holds {values.dtype}, not numbers")
    numbers = values.astype(np.float64)
    bad, infinite = np.flatnonzero(~np.isfinite(numbers)), np.flatnonzero(np.isinf(numbers))
    if not bad.size:
        return Column(label, "", "number", numbers)
    problem, fault = (
        f"{source}, row {row + 1}: {label or 'a column'} is {numbers[row]}; every value must be a finite number. "
        "Remove the row, or fill it in"
        for row in (bad[0], infinite[0] if infinite.size else bad[0])
    )
    if infinite.size:
        return Column(label, "", "number", problem=problem, fault=fault)
    return Column(label, "", "number", problem=problem, gapped=numbers)


def _columns(label: str, array: np.ndarray, source: str) -> list[tuple[str, np.ndarray]]:
    if array.dtype.names:
        return [(field, array[field]) for field in array.dtype.names if array.ndim == 1 and array[field].ndim == 1]
    if array.ndim == 1:
        return [(label, array)]
    if array.ndim == 2 and 0 < array.shape[1] <= 10_000:
        return [(f"{label} {i + 1}".strip() if label else "", array[:, i]) for i in range(array.shape[1])]
    raise InputError(f"{source} holds an array of shape {array.shape}; expected (time,) or (time, feature).")


def _array(data: bytes, source: str) -> np.ndarray:
    """An array whose header agrees with the bytes that follow it; nothing is allocated before that is known."""
    file = io.BytesIO(data)
    try:
        version = np.lib.format.read_magic(file)
        header: Any = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, fortran, dtype = header(file)
        if dtype.hasobject:
            raise InputError(f"{source} holds Python objects; save plain numbers instead.")
        rest = data[file.tell() :]
        flat = np.frombuffer(rest, dtype=dtype)
        return flat.reshape(shape, order="F" if fortran else "C")
    except InputError:
        raise
    # NumPy evaluates the header as Python: damaged ones raise anything from SyntaxError to OverflowError.
    except Exception as error:
        raise InputError(f"{source} is a damaged NumPy file: {error}.") from None


def _archive(data: bytes, source: str) -> dict[str, np.ndarray]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [entry for entry in archive.infolist() if entry.filename.endswith(".npy")]
            if sum(entry.file_size for entry in entries) > LIMIT:
                raise InputError(f"{source} unpacks to more than {LIMIT // 1024**2} MB.")
            members = {entry.filename[:-4]: archive.open(entry).read(entry.file_size + 1) for entry in entries}
    except InputError:
        raise
    # A damaged archive fails in zipfile, in zlib or in struct.
    except Exception as error:
        raise InputError(f"{source} is a damaged zip archive: {error}.") from None
    if not members:
        raise InputError(f"{source} is {what_kind(data)}.")
    return {label: _array(member, f"{source}, {label}") for label, member in members.items()}
