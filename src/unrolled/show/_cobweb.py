"""Maps of one number: the cobweb."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from matplotlib.axes import Axes

from unrolled.arguments import require_array, require_kind
from unrolled.compilation import compiled
from unrolled.dynamics import FixedPoints, System
from unrolled.errors import InputError
from unrolled.show._course import drawn_states, range_of, round_ticks
from unrolled.show._figure import figure
from unrolled.show._legend import legend_above
from unrolled.show._rest_marks import draw_points
from unrolled.show._style import BLACK, GREY, LOOKS
from unrolled.show._ticks import plain_axis
from unrolled.show._view import drawable
from unrolled.types import precision

__all__ = ["draw_cobweb"]

_HEIGHT = 80.0  # mm
_FINE = 512
_STARTS = 64
_MOST_STEPS = 500
_MANY = 60


def draw_cobweb(
    system: System,
    *,
    states: Any = None,
    points: FixedPoints | None = None,
    inputs: Any = None,
    axes: Axes | None = None,
) -> Axes:
    """Draw h_{t+1} against h_t for a system of one number, the diagonal, and a trajectory as steps between the two.

    Parameters
    ----------
    system
        A map, a network or a flow of one number.
    states
        A trajectory, ``(time, 1)`` or ``(time,)``; its last 500 steps are drawn.
    points
        Fixed points: where the curve crosses the diagonal. Filled where stable, hollow where unstable.
    inputs
        One row that is held; zeros if left out.
    axes
        Where to draw; a new figure of one column's width if left out.

    Returns
    -------
    Axes
        What was drawn on.

    Raises
    ------
    InputError
        A system of more numbers, see :func:`draw_phase_portrait`; states or inputs that do not fit.

    Examples
    --------
    >>> from unrolled.dynamics import logistic_map, trajectory
    >>> from unrolled.show import draw_cobweb
    >>> system = logistic_map(3.2)
    >>> axes = draw_cobweb(system, states=trajectory(system, 30))
    >>> axes.get_xlabel(), axes.get_ylabel()
    ('h_t', 'h_{t+1}')
    """
    require_kind("system", system, System)
    if system.size != 1:
        raise InputError(
            f"a cobweb is of states of one number; this system has {system.size}: take draw_phase_portrait."
        )
    held = _held(system, inputs)
    given = np.asarray(states, np.float64)[:, None] if np.ndim(states) == 1 else states
    course = drawn_states(given, 1)[-_MOST_STEPS - 1 :, 0]
    resting = points.states[:, 0] if points is not None else np.zeros(0)
    drawn = axes if axes is not None else figure(_HEIGHT)[1][0]
    starts = system.starts(_STARTS, np.random.default_rng(0))[:, 0]
    low, high = range_of(course, resting) if np.isfinite(course).any() or resting.size else range_of(starts)
    across = np.linspace(low, high, _FINE)
    with precision("float64"):
        after = drawable(np.asarray(_after(system, across[:, None], held))[:, 0])
    drawn.plot([low, high], [low, high], color=GREY, lw=0.8, zorder=1, label="h_{t+1} = h_t")
    drawn.plot(across, after, color=LOOKS[0].colour, lw=1.3, zorder=3, label="map")
    _draw_steps(drawn, course)
    if points is not None:
        draw_points(drawn, np.column_stack([resting, resting]), points.stability)
    drawn.set_xlim(low, high)
    drawn.set_ylim(*_height(after, low, high))
    for axis, name in ((drawn.xaxis, "h_t"), (drawn.yaxis, "h_{t+1}")):
        axis.set_major_locator(round_ticks(6))
        plain_axis(axis, name)
    legend_above(drawn)
    return drawn


def _held(system: System, inputs: Any) -> Float[np.ndarray, " feature"]:
    held = np.zeros(system.features) if inputs is None else require_array("inputs", inputs, "feature")
    if held.shape != (system.features,) or not np.isfinite(held).all():
        raise InputError(f"inputs must be one row of {system.features} finite numbers; came shape {held.shape}.")
    return held


def _draw_steps(axes: Axes, course: Float[np.ndarray, " time"]) -> None:
    """Up to the curve, across to the diagonal, and so on."""
    if len(course) < 2:
        return
    x, y = np.repeat(course, 2)[:-1], np.repeat(course, 2)[1:]
    width = 0.7 if len(course) <= _MANY else 0.35
    axes.plot(x, y, color=BLACK, lw=width, zorder=2, label="trajectory")


def _height(after: Float[np.ndarray, " _"], low: float, high: float) -> tuple[float, float]:
    """The curve, cut where it goes further than half of the width beyond the diagonal's ends."""
    known = after[np.isfinite(after)]
    if not known.size:
        return low, high
    room = 0.5 * (high - low)
    return max(min(low, float(known.min())), low - room), min(max(high, float(known.max())), high + room)


@compiled
def _after(system: System, states: Any, x: Any) -> Array:
    return jax.vmap(lambda h: system.advance(h, x))(jnp.asarray(states))
