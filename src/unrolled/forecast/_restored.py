"""A series in a saved model: what is written of it, and what a file must prove before it is believed."""

from __future__ import annotations

import unicodedata
from typing import Any

import numpy as np

from unrolled.arguments import require_whole
from unrolled.errors import InputError
from unrolled.series import Calendar, Series, check
from unrolled.storage import Shapes
from unrolled.windows import Scaler

__all__ = ["describe_series", "require_plain", "restore_notes", "restore_scaler", "restore_series", "series_shapes"]

_MOST_POINTS = 100_000_000
_MOST_FEATURES = 10_000


def describe_series(series: Series) -> dict[str, Any]:
    """The series without its numbers, as plain data."""
    return {
        "points": len(series),
        "names": list(series.names),
        "units": list(series.units),
        "x_name": series.x_name,
        "x_unit": series.x_unit,
        "name": series.name,
        "source": series.source,
        "frame": series.frame,
        "calendar": series.calendar.to_dict() if series.calendar else None,
    }


def series_shapes(data: dict[str, Any]) -> Shapes:
    """The shape and type of the numbers of a described series."""
    points, features = data["points"], len(data["names"])
    require_whole("points", points, 1, _MOST_POINTS)
    require_whole("number of names", features, 1, _MOST_FEATURES)
    return {"series.values": ((points, features), "float64"), "series.x": ((points,), "float64")}


def restore_series(data: dict[str, Any], values: np.ndarray, x: np.ndarray, *, gaps: bool = False) -> Series:
    """The series that was described, checked like any other; ``gaps`` says whether values may be missing."""
    calendar = Calendar.from_dict(data["calendar"]) if data["calendar"] else None
    x_name, x_unit, name, source = (str(data[field]) for field in ("x_name", "x_unit", "name", "source"))
    names, units = tuple(map(str, data["names"])), tuple(map(str, data["units"]))
    for word in (x_name, x_unit, name, source, *names, *units):
        require_plain(word)
    frame = data["frame"] if data["frame"] in ("pandas", "polars", "pyarrow") else None
    if len(units) != len(names):
        raise ValueError("names and units differ in number")
    made = Series(values, x, names, units, x_name, x_unit, name, source, calendar, frame)
    check(made, gaps=gaps)
    return made


def require_plain(text: object) -> None:
    """Text that is printed: no control characters, which a terminal would obey."""
    if not isinstance(text, str) or any(unicodedata.category(letter) == "Cc" for letter in text):
        raise ValueError(f"{text!r} is not plain text")


def restore_notes(notes: object) -> tuple[str, ...]:
    """The notes that were saved; an :class:`InputError` unless they are a list of sentences."""
    if not isinstance(notes, list) or not all(isinstance(note, str) for note in notes):
        raise InputError(f"notes must be a list of sentences; came {type(notes).__name__}: {str(notes)[:80]!r}.")
    for note in notes:
        require_plain(note)
    return tuple(notes)


def restore_scaler(data: dict[str, Any], features: int) -> Scaler:
    """The scaler that was saved; a :class:`ValueError` where no series can have made it."""
    scaler = Scaler.from_dict(data)
    for part in (scaler.offset, scaler.width):
        if part.shape != (features,) or not np.isfinite(part).all():
            raise ValueError("a scaler does not fit the series")
    if not (scaler.width > 0).all():
        raise ValueError("a scaler has no width")
    return scaler
