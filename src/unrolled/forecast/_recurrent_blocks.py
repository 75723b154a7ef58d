"""Linear recurrences of matrices over many steps: stepped through at first, then whole blocks by one product each."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from jaxtyping import Float

__all__ = ["BLOCK", "continued"]

#: How many steps are one product.
BLOCK = 64

Force = Callable[[int, int], Float[np.ndarray, "step feature column"]]


def continued(
    A: Float[np.ndarray, "lag feature feature"],
    recent: Float[np.ndarray, "lag feature column"],
    force: Force,
    steps: int,
) -> Iterator[Float[np.ndarray, "step feature column"]]:
    r"""The next values of :math:`x_t = \sum_l A_l x_{t-l} + f_t`, in blocks of 64 steps, the last cut to what is asked.

    Within a block x is linear in what came before it and in f, :math:`x = M x_{\mathrm{before}} + T f`. A block is
    computed whole, so that a longer horizon changes no step before. From the block after what ran off to infinity on,
    all is NaN.

    Parameters
    ----------
    A
        Coefficients.
    recent
        The values before, the latest first.
    force
        ``force(start, count)`` is :math:`f` of so many steps from that one on, which is 0 for the first; it may be
        asked beyond the last step.
    steps
        How many.
    """
    block = _stepped(A, recent, force(0, min(BLOCK, steps)))
    yield block
    if steps <= BLOCK:
        return
    memory, reply = _responses(A)
    for start in range(BLOCK, steps, BLOCK):
        if np.isfinite(block).all():
            recent = np.concatenate([block[::-1], recent])[: len(A)]
            f = force(start, BLOCK)
            made = memory @ recent.reshape(memory.shape[1], -1) + reply @ f.reshape(len(reply), -1)
            # A product makes NaN of zero times infinity, so that steps before would be lost too.
            block = made.reshape(f.shape) if np.isfinite(made).all() else _stepped(A, recent, f)
        else:
            block = np.full_like(block, np.nan)
        yield block[: steps - start]


def _stepped(
    A: Float[np.ndarray, "lag feature feature"],
    recent: Float[np.ndarray, "lag feature column"],
    force: Float[np.ndarray, "step feature column"],
) -> Float[np.ndarray, "step feature column"]:
    """Step by step."""
    found = np.empty(force.shape)
    for step, f in enumerate(force):
        found[step] = f + np.einsum("lij,ljk->ik", A, recent)
        recent = np.concatenate([found[step][None], recent[:-1]])
    return found


def _responses(
    A: Float[np.ndarray, "lag feature feature"],
) -> tuple[Float[np.ndarray, "row past"], Float[np.ndarray, "row column"]]:
    """M and T of a block."""
    lag, features = A.shape[:2]
    wide = lag * features
    memory = _stepped(A, np.eye(wide).reshape(lag, features, wide), np.zeros((BLOCK, features, wide)))
    impulse = np.zeros((BLOCK, features, features))
    impulse[0] = np.eye(features)
    weights = _stepped(A, np.zeros((lag, features, features)), impulse)
    rows, columns = np.indices((BLOCK, BLOCK))
    later = np.where((rows >= columns)[:, :, None, None], weights[np.maximum(rows - columns, 0)], 0.0)
    size = BLOCK * features
    return memory.reshape(size, wide), later.transpose(0, 2, 1, 3).reshape(size, size)
