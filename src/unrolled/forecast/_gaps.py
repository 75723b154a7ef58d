"""Which models bridge gaps, and what the others say to a series that has some."""

from __future__ import annotations

import numpy as np

from unrolled.errors import InputError
from unrolled.forecast._estimator import Estimator
from unrolled.series import Series, check

__all__ = ["require_learnable", "takes_gaps"]


def takes_gaps(model: Estimator) -> bool:
    """Whether a model learns from series in which values are missing: its ``takes_gaps``, False where it has none.

    Examples
    --------
    >>> import unrolled
    >>> from unrolled.forecast import takes_gaps
    >>> takes_gaps(unrolled.model("drift"))
    False
    """
    return bool(getattr(model, "takes_gaps", False))


def require_learnable(model: Estimator, known: Series) -> None:
    """Raise an :class:`InputError` if the model could not learn that series: its gaps, or what its own check says.

    Parameters
    ----------
    model
        Any estimator.
    known
        What it is to learn; values may be missing.

    Raises
    ------
    InputError
        A value is missing and the model bridges no gaps, a feature has no known value, or the model's own reason.

    Examples
    --------
    >>> import unrolled
    >>> from unrolled.forecast import require_learnable
    >>> gapped = unrolled.make_series([1.0, None, 3.0], gaps=True)
    >>> try:
    ...     require_learnable(unrolled.model("drift"), gapped)
    ... except unrolled.InputError as error:
    ...     print(error)
    drift bridges no gaps, and y has no value at x = 1. Fill it in, or take another model (--model structural).
    """
    if known.has_gaps:
        if not takes_gaps(model):
            row, feature = np.argwhere(np.isnan(known.values))[0]
            place = f"{known.x_name} = {known.format_x(float(known.x[row]))}"
            raise InputError(
                f"{model.name} bridges no gaps, and {known.names[feature]} has no value at {place}. Fill it in, or "
                "take another model (--model structural)."
            )
        check(known, gaps=True)
    model.check(known)
