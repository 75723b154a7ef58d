"""The last steps of a motion against time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes

from unrolled.arguments import require_number, require_whole
from unrolled.errors import InputError
from unrolled.show._course import jumps, range_of, round_ticks
from unrolled.show._figure import figure
from unrolled.show._layers import draw_nothing, marks_alone
from unrolled.show._legend import legend_above
from unrolled.show._letters import shortened
from unrolled.show._style import LOOKS, mark_size
from unrolled.show._ticks import plain_axis
from unrolled.show._view import drawable

__all__ = ["draw_motion"]

_MOST = 100_000
_JOINED = 60  # so few dots of a motion that jumps are joined by a hairline, so that their order is seen


def draw_motion(
    values: Any,
    *,
    last: int = 200,
    spacing: float = 1.0,
    names: Sequence[str] | None = None,
    output: str = "output",
    units: tuple[str, str] = ("step", ""),
    axes: Axes | None = None,
) -> Axes:
    """Draw the last steps of up to six outputs against time: dots where they jump from step to step, lines otherwise.

    Time is counted from the beginning of the values, the first of which lies one step after zero. Up to 60 dots are
    joined by a hairline.

    Parameters
    ----------
    values
        States or what is observed, ``(time, output)`` or ``(time,)``.
    last
        How many steps are drawn.
    spacing
        The time that a step takes.
    names
        Of the outputs; numbered if left out.
    output
        What all of them are called, on the axis; of a single one that has a name this name.
    units
        Of time and of the outputs.
    axes
        Where to draw; a new figure of one column's width if left out.

    Returns
    -------
    Axes
        What was drawn on.

    Raises
    ------
    InputError
        More than six outputs, another number of names, other shapes.

    Examples
    --------
    >>> from unrolled.dynamics import lorenz_flow, trajectory
    >>> from unrolled.show import draw_motion
    >>> system = lorenz_flow()
    >>> axes = draw_motion(trajectory(system, 1000), spacing=system.spacing, names=["x", "y", "z"], units=("s", ""))
    >>> axes.get_xlabel(), [text.get_text() for text in axes.get_legend().get_texts()]
    ('time (s)', ['x', 'y', 'z'])
    """
    motion, labels = _checked(values, names)
    last = require_whole("last", last, 1, _MOST)
    require_number("spacing", spacing, above=0.0)
    t = spacing * np.arange(max(1, len(motion) - last + 1), len(motion) + 1.0)
    motion = drawable(motion[-last:])
    drawn = axes if axes is not None else figure(52)[1][0]
    if np.isfinite(motion).any():
        for k, own in enumerate(motion.T):
            _draw(drawn, t, own, k, labels[k] if len(labels) > 1 else None)
        drawn.set_ylim(*range_of(*motion.T))
        plain_axis(drawn.yaxis, labels[0] if len(labels) == 1 and names else output, units[1])
    else:
        draw_nothing(drawn, "no value that is a finite number")
    if len(t):
        room = 0.02 * (t[-1] - t[0]) or 0.5 * spacing
        drawn.set_xlim(t[0] - room, t[-1] + room)
    whole = spacing == 1.0
    drawn.xaxis.set_major_locator(round_ticks(6, integer=whole))
    plain_axis(drawn.xaxis, "time", f"{units[0]}s" if units[0] == "step" else units[0])
    legend_above(drawn)
    return drawn


def _checked(values: Any, names: Sequence[str] | None) -> tuple[Float[np.ndarray, "time output"], list[str]]:
    motion = np.asarray(values, np.float64)
    motion = motion[:, None] if motion.ndim == 1 else motion
    if motion.ndim != 2 or not 1 <= motion.shape[1] <= len(LOOKS):
        raise InputError(
            f"values must have shape (time,) or (time, output), with up to {len(LOOKS)} outputs; came "
            f"{np.shape(values)}: choose some columns."
        )
    count = motion.shape[1]
    if names is not None and (isinstance(names, str) or len(names) != count):
        raise InputError(f"names must be a list of {count}, one for each output; came {names!r}.")
    return motion, [shortened(str(name), 24) for name in names or [f"output {k}" for k in range(1, count + 1)]]


def _draw(axes: Axes, t: Float[np.ndarray, " time"], values: Float[np.ndarray, " time"], k: int, label: str | None):
    look = LOOKS[k]
    if not jumps(values[:, None]):
        axes.plot(t, values, color=look.colour, ls=look.line, lw=1.0, zorder=3, label=label, **marks_alone(values))
        return
    size = 1.6 * mark_size(2 * len(t))
    if len(t) <= _JOINED:
        axes.plot(t, values, color=look.colour, lw=0.35, zorder=2)
    axes.plot(t, values, ls="none", marker=look.mark, ms=size, mew=0, color=look.colour, zorder=3, label=label)
