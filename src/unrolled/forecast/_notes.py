"""What a user should know before believing a forecast."""

from __future__ import annotations

import numpy as np

from unrolled.series import Series

__all__ = ["left_out", "notes"]


def notes(known: Series, *, raw: bool) -> tuple[str, ...]:
    """Sentences about the known part; ``raw`` says that networks are trained on its values as they are."""
    made = []
    if known.is_constant:
        made.append("The known part is constant.")
    if len(known.names) > 1:
        made.append(f"{', '.join(known.names)} are learned together, each from all; --y-col takes one alone.")
    size = float(np.max(np.abs(known.values)))
    if raw and not 1e-4 <= size <= 1e4 and size > 0:
        made.append(
            f"The largest known value is {size:.3g}, far from 1: a network trained on raw values cannot resolve it; "
            "scale the series (--scale standard)."
        )
    return tuple(made)


def left_out(kept: tuple[int, ...], members: int) -> tuple[str, ...]:
    """A sentence if members were lost in training."""
    lost = members - len(kept)
    return (f"{lost} of {members} members were left out: their loss became infinite.",) if lost else ()
