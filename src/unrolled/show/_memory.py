"""How far back inputs can be read from the state of a network."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from unrolled.arguments import require_kind
from unrolled.dynamics import Memory
from unrolled.show._course import round_ticks
from unrolled.show._figure import figure
from unrolled.show._layers import draw_curve, draw_nothing
from unrolled.show._legend import legend_above
from unrolled.show._style import LOOKS
from unrolled.show._ticks import name_axis, plain_axis
from unrolled.show._upright import mark_place, room_above

__all__ = ["draw_memory"]

_OPEN = 0.05


def draw_memory(memory: Memory, *, axes: Axes | None = None) -> Axes:
    """Draw the share of an input's variance that is found in the state, against how many steps ago the input was.

    The dotted horizontal line is what forgotten inputs show by chance; the dotted upright one stands at the reach, the
    longest delay at which half of the variance is found. The total over all delays stands beside the curve's name.

    Parameters
    ----------
    memory
        From :func:`unrolled.dynamics.effective_memory`.
    axes
        Where to draw; a new figure of one column's width if left out.

    Returns
    -------
    Axes
        What was drawn on.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.dynamics import Memory
    >>> from unrolled.show import draw_memory
    >>> axes = draw_memory(Memory(np.array([1.0, 0.9, 0.6, 0.2, 0.01]), 0.01))
    >>> axes.get_xlabel(), axes.texts[0].get_text()
    ('delay (steps)', 'reach 2')
    """
    require_kind("memory", memory, Memory)
    drawn = axes if axes is not None else figure(55)[1][0]
    last = max(float(len(memory.capacity) - 1), 1.0)
    drawn.set_xlim(-0.03 * last, 1.03 * last)
    if np.isfinite(memory.capacity).any():
        _draw(drawn, memory)
        name_axis(drawn.yaxis, "share of variance")
    else:
        draw_nothing(drawn, "nothing was measured")
    drawn.xaxis.set_major_locator(round_ticks(7, integer=True))
    plain_axis(drawn.xaxis, "delay", "steps")
    legend_above(drawn)
    return drawn


def _draw(axes: Axes, memory: Memory) -> None:
    delays = np.arange(float(len(memory.capacity)))
    total = f"{memory.total:.3g} in all" if np.isfinite(memory.total) else "not all known"
    draw_curve(axes, delays, memory.capacity, LOOKS[0], label=f"found, {total}", count=2 * len(delays))
    if np.isfinite(memory.floor):
        axes.axhline(memory.floor, color="0.35", ls=":", lw=1.0, zorder=1, label="by chance")
    axes.axhline(0.5, color="0.85", lw=0.6, zorder=0.5)
    axes.set_ylim(-_OPEN, 1 + _OPEN)
    room_above(axes)
    axes.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])
    if memory.reach is not None:
        mark_place(axes, float(memory.reach), f"reach {memory.reach}")
