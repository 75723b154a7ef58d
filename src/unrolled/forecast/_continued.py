"""What is asked of every model that is continued: steps, a history, levels, a size."""

from __future__ import annotations

from typing import Any

import numpy as np

from unrolled.arguments import require_level, require_moderate, require_whole
from unrolled.errors import InputError
from unrolled.series import Series, as_series

__all__ = [
    "checked_history",
    "checked_horizon",
    "fewest_known",
    "first_settled",
    "require_known",
    "require_levels",
    "require_moderate_columns",
]

_MOST_STEPS = 1_000_000


def checked_horizon(horizon: Any, x: Any) -> int:
    """How many steps to continue, or an :class:`InputError`: at least one, and no ``x``."""
    if x is not None:
        raise InputError("x can be given only to a model that learns y from x; give a horizon.")
    return require_whole("horizon", horizon, 1, _MOST_STEPS)


def checked_history(data: Any, learned: Series, least: int, *, gaps: bool = False, even: bool = True) -> Series:
    """The series to continue from, or an :class:`InputError` if it does not fit what was learned.

    Every feature needs ``least`` known values; with ``gaps`` others may be missing.
    """
    known = as_series(data, gaps=gaps)
    features = learned.values.shape[1]
    if known.values.shape[1] != features:
        raise InputError(f"the model learned {features} features; the history has {known.values.shape[1]}.")
    if np.isnan(known.values).all(axis=0).any():
        raise InputError("a feature of the history has no known value; there is nothing to continue it from.")
    require_known(known, least)
    if even:
        known.require_even()
    return known


def require_known(known: Series, least: int) -> None:
    """Raise an :class:`InputError` unless every feature of a history has so many known values."""
    name, count = fewest_known(known)
    if count < least:
        of = f" of {name}" if len(known.names) > 1 else ""
        raise InputError(f"the model needs {least} known values{of}; the history has {count}. Give a longer one.")


def fewest_known(known: Series) -> tuple[str, int]:
    """The feature with the fewest known values, and how many it has."""
    counts = np.count_nonzero(~np.isnan(known.values), axis=0)
    return known.names[int(np.argmin(counts))], int(counts.min())


def first_settled(known: Series, least: int) -> int:
    """The first row before which every feature has so many known values, or the number of rows if there is none."""
    before = np.cumsum(~np.isnan(known.values), axis=0)
    return min(1 + int(np.max(np.count_nonzero(before < least, axis=0))), len(known))


def require_levels(levels: Any) -> None:
    """Raise an :class:`InputError` unless these are levels of intervals, in percent, each named once."""
    if not isinstance(levels, tuple | list):
        raise InputError(f"levels must be a tuple of percentages, as in (68, 95); came {levels!r}.")
    for level in levels:
        require_level(level)
    if len(set(levels)) < len(levels):
        raise InputError(f"levels names one level twice: {', '.join(f'{level}' for level in levels)}.")


def require_moderate_columns(known: Series) -> None:
    """Raise an :class:`InputError` if covariances of these values would overflow or vanish."""
    for name, column in zip(known.names, known.values.T, strict=True):
        require_moderate(name, column)
