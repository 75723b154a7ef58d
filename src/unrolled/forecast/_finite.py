"""Members of an ensemble whose continuation stayed finite."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from unrolled.errors import TrainingError

__all__ = ["finite_members"]


def finite_members(members: Float[np.ndarray, "member horizon feature"]) -> np.ndarray:
    """Which members are finite to the end; a :class:`TrainingError` if none is."""
    finite = np.isfinite(members).all(axis=(1, 2))
    if not finite.any():
        first = int(np.argmax(~np.isfinite(members).all(axis=(0, 2)))) + 1
        raise TrainingError(
            f"the continuation of every member ran off to infinity at step {first}; lower the horizon or scale the "
            "data."
        )
    return np.asarray(finite)
