"""Parquet files, through pyarrow."""

import io

from unrolled.errors import InputError
from unrolled.series._table import Table

__all__ = ["parse_parquet"]

# A constant column of a thousand million rows fits into a kilobyte.
_MOST_CELLS = 64 * 1024**2


def parse_parquet(data: bytes, source: str, name: str) -> Table:
    """The columns of a Parquet file; its size is checked in its footer before it is unpacked."""
    try:
        import pyarrow.parquet as pq
    except ImportError:
        raise InputError(f"{source} is a Parquet file; reading it needs pip install 'unrolled[parquet]'.") from None
    from unrolled.series._frames import frame_to_table

    try:
        file = pq.ParquetFile(io.BytesIO(data))
        rows, columns = file.metadata.num_rows, file.metadata.num_columns
        if rows * columns > _MOST_CELLS:
            raise InputError(f"{source} is too large: {rows} rows and {columns} columns; keep only what is needed.")
        table = file.read()
        return frame_to_table(table, name, source, remember=False)
    except InputError:
        raise
    # Damaged files fail in many layers of pyarrow, each with its own exception.
    except Exception as error:
        raise InputError(f"{source} is a damaged Parquet file: {_first_line(error)}.") from None


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
