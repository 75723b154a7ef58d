"""What runs off to infinity is no forecast."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from unrolled.errors import TrainingError
from unrolled.types import AnyArray

__all__ = ["require_finite"]


def require_finite(*parts: Float[AnyArray, "time ..."]) -> None:
    """Raise a :class:`TrainingError` that names the first step at which one of these is not finite."""
    rows = [np.isfinite(np.asarray(part)).reshape(len(part), -1).all(axis=1) for part in parts]
    bad = [int(np.argmin(fine)) for fine in rows if not fine.all()]
    if bad:
        raise TrainingError(
            f"the continuation ran off to infinity at step {min(bad) + 1}; lower the horizon, or take a model that "
            "does not grow."
        )
