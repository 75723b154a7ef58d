"""The one source of chance: a seed."""

from __future__ import annotations

import numpy as np

from unrolled.arguments import require_whole

__all__ = ["generator", "require_seed"]

_LARGEST_SEED = 2**63 - 1


def generator(seed: int) -> np.random.Generator:
    """Draws that depend on the seed alone, a whole number of at least 0."""
    return np.random.default_rng(require_seed(seed))


def require_seed(seed: int) -> int:
    """The seed, or an error that says what it may be."""
    return require_whole("seed", seed, 0, _LARGEST_SEED)
