"""The limit that the known part of a series approaches."""

from __future__ import annotations

import numpy as np

from unrolled.classical import Limit, find_limit
from unrolled.errors import InputError
from unrolled.series import Series

__all__ = ["find_limits", "thin_evidence"]

_LEAST = 4
_FEW = 8


def find_limits(known: Series) -> tuple[Limit, ...]:
    """The limit of every feature, by :func:`unrolled.classical.find_limit`.

    Parameters
    ----------
    known
        What is known, and nothing beyond it: at least four points at even steps. Where x is positive and rises,
        Richardson's extrapolation takes it for the size; otherwise, and for dates, the points are counted.

    Returns
    -------
    tuple of Limit
        One a feature.

    Raises
    ------
    InputError
        Fewer than four points, a value that is missing, uneven spacing, a feature that is constant.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.evaluate import find_limits
    >>> from unrolled.series import make_series
    >>> limit, = find_limits(make_series(np.cumsum(1 / np.arange(1, 13) ** 2), x=np.arange(1, 13)))
    >>> bool(abs(limit.value - np.pi**2 / 6) < 1e-9)
    True
    """
    if len(known) < _LEAST:
        raise InputError(
            f"a limit needs at least {_LEAST} known points; {known.name} has {len(known)}. Leave out --limit."
        )
    if known.has_gaps:
        raise InputError(f"a limit needs every value, and {known.name} has gaps. Leave out --limit.")
    step = known.require_even()
    for name, column in zip(known.names, known.values.T, strict=True):
        if np.all(column == column[0]):
            raise InputError(
                f"{name} is constant over the {len(known)} points that are learned, so it approaches nothing; leave "
                "out --limit, or choose other columns with --y-col."
            )
    # Printed x are rounded: their straight line is meant.
    x = known.x[0] + step * np.arange(len(known)) if step > 0 and known.calendar is None else None
    return tuple(find_limit(column, x) for column in known.values.T)


def thin_evidence(limit: Limit, known: Series, feature: int) -> tuple[str, ...]:
    """Sentences about a limit that little speaks for; none where the evidence is good."""
    found = []
    if len(known) < _FEW:
        found.append(f"Only {len(known)} points are known; the methods can hardly be told apart by them.")
    if limit.converges and limit.half_width >= abs(limit.value - known.values[-1, feature]) > 0:
        found.append("The half width is as large as the way from the last value to the limit: it is a guess.")
    return tuple(found)
