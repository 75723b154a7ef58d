"""Whether x is evenly spaced, and where it is not."""

import shlex
from collections.abc import Callable

import numpy as np
from jaxtyping import Float, Int

__all__ = ["even_spacing", "explain_uneven", "is_straight"]

# Printed x are rounded: 0.33, 0.67, 1.00, 1.33 lies 2 % of a step off the straight line.
_TOLERANCE = 0.03


def even_spacing(x: Float[np.ndarray, " time"]) -> float | None:
    """The step of x if every x lies within 3 % of a step of a straight line, otherwise ``None``.

    A single point has the step 1.
    """
    if len(x) < 2:
        return 1.0
    rows = np.arange(len(x))
    return float((x[-1] - x[0]) / rows[-1]) if is_straight(x, rows) else None


def is_straight(x: Float[np.ndarray, " time"], rows: Int[np.ndarray, " time"]) -> bool:
    """Whether every x lies within 3 % of a step of a straight line over the numbers of the rows, which begin at 0."""
    # Numbers near the largest overflow, and are then not evenly spaced.
    with np.errstate(over="ignore", invalid="ignore"):
        step = (x[-1] - x[0]) / rows[-1]
        line = x[0] + step * rows
        return bool(np.isfinite(step) and np.all(np.abs(x - line) <= _TOLERANCE * abs(step)))


def explain_uneven(
    x: Float[np.ndarray, " time"], x_name: str, written: Callable[[float], str], unit: str = "", y: str = ""
) -> str:
    """A sentence that says where the step of x changes most, and what can be done about it.

    ``written`` writes one x, ``unit`` follows a step, and ``y`` names what is continued.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        steps = np.diff(x)
        usual = float(np.median(steps))
        row = int(np.argmax(np.abs(steps - usual)))
    here, there = written(float(x[row])), written(float(x[row + 1]))
    plural = "s" if unit in ("month", "day", "second") else ""
    change, normal = (f"{step:.6g} {unit}{plural if step != 1 else ''}".rstrip() for step in (float(steps[row]), usual))
    count = f"--x-col none --y-col {shlex.quote(y)}" if y else "--x-col none"
    return (
        f"{x_name} is not evenly spaced: from row {row + 1} to row {row + 2} it goes from {here} to {there}, a step of "
        f"{change} where {normal} is usual. A window model needs even steps: interpolate the "
        f"series, learn y from x instead (--target x-to-y), or count the rows instead of x ({count})."
    )
