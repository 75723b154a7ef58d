"""A series and its companion: a cheap series at the same places that is known further."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import numpy as np
from jaxtyping import Float

from unrolled.errors import InputError
from unrolled.series._door import as_series
from unrolled.series._frames import frame_to_table, is_frame
from unrolled.series._read import read_table
from unrolled.series._series import Series
from unrolled.series._table import Chosen, Table, choose_columns, column_numbers, columns_series, find_column

__all__ = ["as_companion", "as_paired"]


def as_paired(
    source: Any, companion: Any, *, x_col: str | int | None = None, y_col: Chosen = None, name: str | None = None
) -> tuple[Series, Series]:
    r"""Make a series, and the companion that stands beside it.

    Parameters
    ----------
    source
        Anything that :func:`~unrolled.series.as_series` takes. In a file or a data frame whose column is the companion
        the last cells of y may be empty.
    companion
        The name of a column of the file or data frame, or its number counted from 1; otherwise a series, or numbers
        from the first place of y on.
    x_col, y_col, name
        As in :func:`~unrolled.series.read`; the companion's column is not taken as x or y.

    Returns
    -------
    tuple of Series
        The series, as far as it is known, and the companion.

    Raises
    ------
    InputError
        Either can be made into no series, a cell is empty that is needed, or the companion stands at other places.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from unrolled.series import as_paired
    >>> file = pathlib.Path(tempfile.mkdtemp(), "energy.csv")
    >>> _ = file.write_text("N,E,second order\n2,-0.5,-0.4\n4,-1.25,-1.1\n6,,-1.7\n")
    >>> series, companion = as_paired(file, "second order")
    >>> series.values[:, 0].tolist(), companion.values[:, 0].tolist()
    ([-0.5, -1.25], [-0.4, -1.1, -1.7])
    """
    named = isinstance(companion, str | int) and not isinstance(companion, bool)
    if named and isinstance(source, str | os.PathLike):
        return _select(read_table(source, name), companion, x_col, y_col)
    if named and is_frame(source):
        return _select(frame_to_table(source, name or "frame", "the data frame"), companion, x_col, y_col)
    if named:
        raise InputError(
            f"a companion is named by its column in a file or a data frame; beside {type(source).__name__} give its "
            f"values. Came {companion!r}."
        )
    series = as_series(source, x_col=x_col, y_col=y_col, name=name)
    return series, as_companion(companion, series)


def as_companion(companion: Any, known: Series) -> Series:
    """A companion as a series of one feature that begins where the known series begins.

    Parameters
    ----------
    companion
        Numbers from the first known place on, or a series.
    known
        What it stands beside; numbers that go on after its end stand at its next places.

    Raises
    ------
    InputError
        Not numbers, not finite, several features, or other places than those of the known series.

    Examples
    --------
    >>> from unrolled.series import as_companion, make_series
    >>> as_companion([1.0, 2.0, 3.0], make_series([1.5, 2.5], x=[10, 20])).x.tolist()
    [10.0, 20.0, 30.0]
    """
    if isinstance(companion, Series):
        return _at_the_same_places(companion, known)
    try:
        values = np.array(companion, np.float64).reshape(-1, 1)
    except (TypeError, ValueError):
        raise InputError("the companion must be numbers, one for every known point and every step ahead.") from None
    if not np.isfinite(values).all():
        raise InputError("the companion holds a value that is not finite; leave it out, with all that come after it.")
    beyond = len(values) - len(known)
    x = known.x[: len(values)] if beyond <= 0 else np.concatenate([known.x, known.future_x(beyond)])
    return replace(
        known, values=values, x=x, names=("companion",), units=("",), name="companion", source="array", known=None
    )


def _at_the_same_places(companion: Series, known: Series) -> Series:
    if len(companion.names) != 1:
        raise InputError(
            f"a companion is one column; {companion.name} has {len(companion.names)}: {', '.join(companion.names)}."
        )
    shared = min(len(companion), len(known))
    apart = np.flatnonzero(companion.x[:shared] != known.x[:shared])
    if apart.size:
        row = int(apart[0])
        here, there = (made.format_x(float(made.x[row])) for made in (known, companion))
        raise InputError(
            f"the companion {companion.names[0]} must stand at the places of the series; in row {row + 1} the series "
            f"is at {known.x_name} = {here} and the companion at {there}."
        )
    return companion


def _select(table: Table, companion: str | int, x_col: str | int | None, y_col: Chosen) -> tuple[Series, Series]:
    """The series and the companion that a table holds; the last cells of y may be blank."""
    aside = find_column(table, companion)
    x, chosen = choose_columns(table, x_col, y_col, aside)
    # The first of several columns is x; to take the next one in its place would be a guess.
    usual = choose_columns(table, None, y_col)[0] if x_col is None and len(table.columns) > 2 else x
    for role, others in (("x", [x, usual]), ("y", chosen)):
        if aside in others:
            raise InputError(
                f"{table.source}: {table.label(aside)} cannot be both {role} and the companion; name another column "
                f"as the companion, or as {role} with --{role}-col."
            )
    beside = columns_series(table, x, [aside], [column_numbers(table, aside, "companion", x)])
    leading = [_leading(table, index, x) for index in chosen]
    if len(set(map(len, leading))) > 1:
        told = ", ".join(f"{table.label(i)} in {len(n)} rows" for i, n in zip(chosen, leading, strict=True))
        raise InputError(
            f"{table.source}: y must be known equally far beside a companion; came {told}. Choose --y-col."
        )
    return columns_series(table, x, chosen, leading), beside


def _leading(table: Table, index: int, x_index: int | None) -> Float[np.ndarray, " known"]:
    found = table.columns[index].leading
    return column_numbers(table, index, "y beside a companion", x_index) if found is None else found
