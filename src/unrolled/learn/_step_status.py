"""How one step of an algorithm ended, and where its batches come from."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Any, TypeAlias

__all__ = ["Draw", "StepStatus"]

#: ``draw(count, key=key)``: a fresh batch.
Draw: TypeAlias = Callable[..., Any]


class StepStatus(IntEnum):
    """How a step ended: a value, because compiled code cannot raise."""

    TAKEN = 0
    NOT_TAKEN = 1
    NEGATIVE_CURVATURE = 2
    NOT_FINITE = 3

    @property
    def text(self) -> str:
        """The status in words."""
        return {
            StepStatus.TAKEN: "taken",
            StepStatus.NOT_TAKEN: "not taken: no share of it made the loss less; the damping grows",
            StepStatus.NEGATIVE_CURVATURE: "taken up to a direction of negative curvature",
            StepStatus.NOT_FINITE: "not taken: the loss, its gradient or the curvature is infinite or NaN",
        }[self]
