"""How every figure looks: one set of colours, sizes and marks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

__all__ = ["BLACK", "COLUMN_WIDTH", "FONT", "GREY", "LOOKS", "REGION", "Dashes", "Look", "mark_size"]

Dashes: TypeAlias = str | tuple[int, tuple[float, ...]]

COLUMN_WIDTH = 86.0  # mm, one column of a journal of the American Physical Society
FONT = 8.0  # pt
BLACK, GREY = "black", "0.55"
REGION = "0.92"  # the training region


@dataclass(frozen=True)
class Look:
    """Colour, line and mark of one curve: any one of the three tells it from the others."""

    colour: str
    line: Dashes
    mark: str


# The colours of Okabe and Ito without their yellow, which is too light for a line. Neighbours differ in grey too.
LOOKS = (
    Look("#0072B2", "-", "s"),
    Look("#D55E00", (0, (4.0, 1.5)), "^"),
    Look("#009E73", (0, (1.2, 1.2)), "D"),
    Look("#CC79A7", (0, (4.0, 1.2, 1.0, 1.2)), "v"),
    Look("#56B4E9", (0, (7.0, 2.0)), "P"),
    Look("#E69F00", (0, (2.5, 1.0)), "X"),
)


def mark_size(points: int) -> float:
    """The size of marks, in points, when that many stand side by side in one column.

    Examples
    --------
    >>> from unrolled.show._style import mark_size
    >>> mark_size(20), mark_size(1000)
    (3.6, 1.2)
    """
    return min(3.6, max(1.2, 190.0 / max(points, 1)))
