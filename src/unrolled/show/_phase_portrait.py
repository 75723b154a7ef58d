"""A system in a plane of its states: where it goes from everywhere, and where it stays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes

from unrolled.arguments import require_kind
from unrolled.dynamics import FixedPoints, PeriodicOrbit, Plane, System, plane_of
from unrolled.errors import InputError
from unrolled.show._course import drawn_states, jumps, range_of, round_ticks
from unrolled.show._field import draw_arrows, draw_nullclines
from unrolled.show._figure import figure
from unrolled.show._legend import legend_above
from unrolled.show._rest_marks import draw_cycles, draw_points
from unrolled.show._ticks import plain_axis

__all__ = ["draw_phase_portrait"]

_HEIGHT = 84.0  # mm
_STARTS = 64
_MOST_NUMBERS = 2_000_000  # a plane is laid through every so many states where there are more
_MOST_CYCLES = 100
_TRAJECTORY, _CLOUD, _MANY = "0.2", "0.42", 250
_DOTS, _SIZES = 80.0, (0.6, 2.4)


def draw_phase_portrait(
    system: System,
    *,
    states: Any = None,
    points: FixedPoints | None = None,
    orbits: Sequence[PeriodicOrbit] = (),
    plane: Plane | None = None,
    inputs: Any = None,
    axes: Axes | None = None,
) -> Axes:
    r"""Draw where a system goes from the states of a plane, with a trajectory, fixed points and cycles.

    Arrows point along :math:`F(h) - h`; longer ones stand for longer steps, none reaches beyond the next arrow. In two
    dimensions lines show where h_1 and where h_2 stays: they cross at the fixed points. Of more numbers the plane is
    that of the two largest principal components of what is drawn, and arrows start from states *in* that plane; what is
    drawn beside them may lie off it. A trajectory is dots where it jumps from step to step, and a line otherwise, its
    last 20,000 states.

    Parameters
    ----------
    system
        A network, a map or a flow, of two numbers at least.
    states
        A trajectory, ``(time, state)``.
    points
        Fixed points: filled where stable, half filled saddles, hollow where unstable, crosses where marginal.
    orbits
        Cycles, 100 at most: marks that are linked, filled and hollow likewise.
    plane
        Another plane, from :func:`unrolled.dynamics.plane_of`.
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
        A system of one number (see :func:`draw_cobweb`), states of another system, a system of more than two numbers
        and nothing to lay a plane through.

    Examples
    --------
    >>> from unrolled.dynamics import fixed_points, henon_map, trajectory
    >>> from unrolled.show import draw_phase_portrait
    >>> system = henon_map()
    >>> axes = draw_phase_portrait(system, states=trajectory(system, 500), points=fixed_points(system, starts=20))
    >>> axes.get_xlabel(), [text.get_text() for text in axes.get_legend().get_texts()]
    ('h_1', ['step', 'h_1 stays', 'h_2 stays', 'trajectory', '2 saddle points'])
    """
    require_kind("system", system, System)
    if system.size < 2:
        raise InputError("a phase portrait needs states of two numbers at least; of one number take draw_cobweb.")
    if len(orbits) > _MOST_CYCLES:
        raise InputError(f"up to {_MOST_CYCLES} cycles can be drawn; came {len(orbits)}.")
    course = drawn_states(states, system.size)
    known = course[np.isfinite(course).all(axis=1)]
    resting = [_fitting(system, one.states) for one in ([points] if points is not None else []) + list(orbits)]
    plane = _laid(system, [known, *resting]) if plane is None else plane
    if plane.directions.shape[1] != system.size:
        raise InputError(f"the plane lies among states of {plane.directions.shape[1]} numbers, not of {system.size}.")
    drawn = axes if axes is not None else figure(_HEIGHT)[1][0]
    seen = [plane.project(part) for part in (known, *resting) if len(part)]
    seen = seen or [plane.project(system.starts(_STARTS, np.random.default_rng(0)))]
    drawn.set_xlim(*range_of(*(part[:, 0] for part in seen)))
    drawn.set_ylim(*range_of(*(part[:, 1] for part in seen)))
    draw_arrows(drawn, system, plane, inputs, "step" if plane.whole else "step from the plane")
    if plane.whole:
        draw_nullclines(drawn, system, plane, inputs)
    _draw_course(drawn, plane.project(course), jumps(course))
    draw_cycles(drawn, [plane.project(orbit.states) for orbit in orbits], orbits)
    if points is not None:
        draw_points(drawn, plane.project(points.states), points.stability)
    _write(drawn, plane)
    return drawn


def _fitting(system: System, states: Float[np.ndarray, "point state"]) -> Float[np.ndarray, "point state"]:
    if states.ndim != 2 or states.shape[1] != system.size:
        raise InputError(
            f"fixed points and cycles have states of {states.shape[-1]} numbers, the system of {system.size}; take "
            "those of this system."
        )
    return states


def _laid(system: System, parts: Sequence[Float[np.ndarray, "_ state"]]) -> Plane:
    if system.size == 2:
        return plane_of(np.zeros((1, 2)))
    states = np.concatenate(parts)
    if not len(states):
        raise InputError(
            f"of states of {system.size} numbers a plane is seen: give a trajectory or fixed points to lay it through, "
            "or the plane."
        )
    return plane_of(states[:: -(-states.size // _MOST_NUMBERS)])


def _draw_course(axes: Axes, places: Float[np.ndarray, "time two"], jumping: bool) -> None:
    known = places[np.isfinite(places).all(axis=1)]
    if not len(known):
        return
    if jumping or np.ptp(known, axis=0).max() == 0:
        look = {"ls": "none", "marker": "o", "ms": float(np.clip(_DOTS / np.sqrt(len(known)), *_SIZES)), "mew": 0}
    else:
        look = {"ls": "-", "lw": 0.7}
    axes.plot(
        places[:, 0],
        places[:, 1],
        color=_CLOUD if len(known) > _MANY and jumping else _TRAJECTORY,
        zorder=4,
        label="trajectory",
        **look,
    )


def _write(axes: Axes, plane: Plane) -> None:
    for k, axis in enumerate((axes.xaxis, axes.yaxis)):
        axis.set_major_locator(round_ticks(6))
        share = f" ({100 * plane.shares[k]:.0f} %)" if sum(plane.shares) > 0 else ""
        plain_axis(axis, f"h_{k + 1}" if plane.whole else f"principal component {k + 1}{share}")
    legend_above(axes)
