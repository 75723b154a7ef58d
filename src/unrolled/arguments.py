"""Checks of arguments: the value, or an error that names the argument, says what it takes and what came."""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np

from unrolled.errors import InputError

__all__ = [
    "MOST",
    "require_array",
    "require_flag",
    "require_kind",
    "require_level",
    "require_moderate",
    "require_number",
    "require_whole",
    "unmasked",
]

#: The most sequences, steps or symbols that are asked for; more is a mistake.
MOST = 1_000_000_000
_SMALLEST, _LARGEST = 1e-130, 1e130
_LEAST_LEVEL, _MOST_LEVEL, _LEVEL_DECIMALS = 0.1, 99.99, 4


def require_whole(name: str, value: Any, least: int, most: int) -> int:
    """The value, or an :class:`InputError` that names the argument: a whole number from ``least`` to ``most``.

    Examples
    --------
    >>> from unrolled.arguments import require_whole
    >>> require_whole("window", 2.5, 1, 100)
    Traceback (most recent call last):
    unrolled.errors.InputError: window must be a whole number from 1 to 100; came 2.5.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not least <= value <= most:
        raise InputError(f"{name} must be a whole number from {least} to {most}; came {value!r}.")
    return int(value)


def require_number(
    name: str,
    value: Any,
    *,
    least: float = -math.inf,
    above: float = -math.inf,
    most: float = math.inf,
    below: float = math.inf,
) -> None:
    """Raise an :class:`InputError` that names the argument unless it is a finite number within these bounds.

    Examples
    --------
    >>> from unrolled.arguments import require_number
    >>> require_number("slope", 1.5, least=0.0, below=1.0)
    Traceback (most recent call last):
    unrolled.errors.InputError: slope must be a finite number of at least 0 and below 1; came 1.5.
    """
    number = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    # A whole number is compared, not converted: it may be too long for a float. A short float would convert the limits.
    exact = float(value) if isinstance(value, np.floating) else value
    if not number or not (abs(exact) <= sys.float_info.max and above < exact < below and least <= exact <= most):
        bounds = [f"at least {least:g}"] * (least > -math.inf) + [f"above {above:g}"] * (above > -math.inf)
        bounds += [f"at most {most:g}"] * (most < math.inf) + [f"below {below:g}"] * (below < math.inf)
        within = f" {' and '.join(bounds)}".replace(" at", " of at", 1) if bounds else ""
        raise InputError(f"{name} must be a finite number{within}; came {value!r}.")


def require_level(level: Any) -> None:
    """Raise an :class:`InputError` unless this is a level of bounds, in percent: from 0.1 to 99.99, with 4 decimals.

    Six digits write each of them, so that no two have one name.

    Examples
    --------
    >>> from unrolled.arguments import require_level
    >>> require_level(100.0)
    Traceback (most recent call last):
    unrolled.errors.InputError: level must be a finite number of at least 0.1 and at most 99.99; came 100.0.
    >>> require_level(95.0000001)
    Traceback (most recent call last):
    unrolled.errors.InputError: level takes at most 4 decimals; came 95.0000001. Round it.
    """
    require_number("level", level, least=_LEAST_LEVEL, most=_MOST_LEVEL)
    if round(float(level), _LEVEL_DECIMALS) != float(level):
        raise InputError(f"level takes at most {_LEVEL_DECIMALS} decimals; came {float(level)}. Round it.")


def require_kind(name: str, value: Any, kinds: type | tuple[type, ...]) -> None:
    """Raise an :class:`InputError` that names the argument unless it is an instance of one of these classes.

    Examples
    --------
    >>> from unrolled.arguments import require_kind
    >>> require_kind("seeds", "0", (list, tuple))
    Traceback (most recent call last):
    unrolled.errors.InputError: seeds must be a list or tuple; came '0'.
    """
    known = kinds if isinstance(kinds, tuple) else (kinds,)
    if isinstance(value, known) and not isinstance(value, type):
        return
    names = " or ".join(kind.__name__ for kind in known)
    came = f"the class {value.__name__}: add parentheses" if isinstance(value, type) else f"{value!r}"
    article = "an" if names[0].lower() in "aeiou" else "a"
    raise InputError(f"{name} must be {article} {names}; came {came}.")


def require_array(name: str, value: Any, *axes: str) -> np.ndarray:
    """The value as an array of real numbers with these axes, or an :class:`InputError` that names the argument.

    Floating-point numbers keep their type, others become float64.

    Examples
    --------
    >>> from unrolled.arguments import require_array
    >>> require_array("states", [[1, 2]], "time", "unit").tolist()
    [[1.0, 2.0]]
    >>> require_array("states", [1.0, 2.0], "time", "unit")
    Traceback (most recent call last):
    unrolled.errors.InputError: states must be an array of numbers of shape (time, unit); came shape (2,).
    """
    wanted = f"{name} must be an array of numbers of shape ({', '.join(axes)}{',' * (len(axes) == 1)})"
    try:
        array = np.asarray(value)
    except ValueError:
        raise InputError(f"{wanted}; came rows of several lengths.") from None
    if array.dtype.kind not in "fiub":
        raise InputError(f"{wanted}; came {type(value).__name__} of {array.dtype}.")
    if array.ndim != len(axes):
        raise InputError(f"{wanted}; came shape {array.shape}.")
    return array if array.dtype.kind == "f" else array.astype(np.float64)


def unmasked(value: Any) -> Any:
    """The value itself; of a masked array its numbers, NaN where they are masked.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.arguments import unmasked
    >>> unmasked(np.ma.array([1, 2], mask=[False, True])).tolist()
    [1.0, nan]
    """
    if not isinstance(value, np.ma.MaskedArray) or value.dtype.kind not in "fiub":
        return value
    return np.ma.filled(value.astype(np.result_type(value.dtype, np.float32)), np.nan)


def require_moderate(name: str, values: np.ndarray) -> None:
    """Raise an :class:`InputError` that names the numbers if their variance would overflow or vanish; NaN is none.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.arguments import require_moderate
    >>> require_moderate("y", np.array([0.0, 1e200]))
    Traceback (most recent call last):
    unrolled.errors.InputError: y is near 1e+200: its variance is beyond double precision; scale the data.
    """
    size = np.max(np.abs(values[~np.isnan(values)]), initial=0.0)
    if size and not _SMALLEST <= size <= _LARGEST:
        raise InputError(f"{name} is near {size:.0e}: its variance is beyond double precision; scale the data.")


def require_flag(name: str, value: Any) -> None:
    """Raise an :class:`InputError` that names the argument unless it is true or false."""
    if not isinstance(value, bool | np.bool_):
        raise InputError(f"{name} must be True or False; came {value!r}.")
