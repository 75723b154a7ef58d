"""What is asked of every model that is continued: steps, a history, levels."""

from __future__ import annotations

from typing import Any

from unrolled.arguments import require_number, require_whole
from unrolled.errors import InputError
from unrolled.series import Series, as_series

__all__ = ["checked_history", "require_levels", "require_steps"]

_MOST_STEPS = 1_000_000


def require_steps(horizon: Any, x: Any) -> int:
    """How many steps to continue, or an :class:`InputError`: at least one, and no ``x``."""
    if x is not None:
        raise InputError("x can be given only to a model that learns y from x; give a horizon.")
    return require_whole("horizon", horizon, 1, _MOST_STEPS)


def checked_history(data: Any, learned: Series, least: int) -> Series:
    """The series to continue from, or an :class:`InputError` if it does not fit what was learned."""
    known = as_series(data)
    features = learned.values.shape[1]
    if known.values.shape[1] != features:
        raise InputError(f"the model learned {features} features; the history has {known.values.shape[1]}.")
    if len(known) < least:
        raise InputError(f"the model needs {least} known values; the history has {len(known)}.")
    known.require_even()
    return known


def require_levels(levels: Any) -> None:
    """Raise an :class:`InputError` unless these are levels of intervals, in percent, each named once."""
    if not isinstance(levels, tuple | list):
        raise InputError(f"levels must be a tuple, as in (68, 95); came {levels!r}.")
    for level in levels:
        require_number("level", level, above=0.0, below=100.0)
    if len(set(levels)) < len(levels):
        raise InputError(f"levels names one level twice: {', '.join(f'{level}' for level in levels)}.")
