"""Checks of arguments: the value, or an error that names the argument, says what it takes and what came."""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np

from unrolled.errors import InputError

__all__ = ["MOST", "require_flag", "require_kind", "require_number", "require_whole"]

#: The most sequences, steps or symbols that are asked for; more is a mistake.
MOST = 1_000_000_000


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
    plain = value.item() if isinstance(value, np.generic) else value
    number = isinstance(plain, int | float) and not isinstance(plain, bool)
    # Compared, not converted: a whole number may be too long for a float.
    if not number or not (abs(plain) <= sys.float_info.max and above < plain < below and least <= plain <= most):
        bounds = [f"at least {least:g}"] * (least > -math.inf) + [f"above {above:g}"] * (above > -math.inf)
        bounds += [f"at most {most:g}"] * (most < math.inf) + [f"below {below:g}"] * (below < math.inf)
        within = f" {' and '.join(bounds)}".replace(" at", " of at", 1) if bounds else ""
        raise InputError(f"{name} must be a finite number{within}; came {value!r}.")


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


def require_flag(name: str, value: Any) -> None:
    """Raise an :class:`InputError` that names the argument unless it is true or false."""
    if not isinstance(value, bool | np.bool_):
        raise InputError(f"{name} must be True or False; came {value!r}.")
