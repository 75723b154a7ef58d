"""How the long-run behaviour of a system changes with a parameter."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from unrolled.arguments import require_kind
from unrolled.dynamics import Bifurcation
from unrolled.show._course import range_of, round_ticks
from unrolled.show._figure import figure
from unrolled.show._layers import draw_nothing, marks_alone
from unrolled.show._legend import legend_above
from unrolled.show._style import BLACK, LOOKS, REGION
from unrolled.show._ticks import plain_axis
from unrolled.show._upright import draw_zero
from unrolled.show._view import drawable

__all__ = ["bifurcation_figure", "draw_bifurcation"]

_HEIGHT, _SHARES = 92.0, (5.0, 3.0)  # mm, and of the two panels
_MOST_VECTOR = 20_000  # more dots are a picture in a PDF, too
_SIZE, _LEAST_SIZE = 40.0, 0.5
_TICKS = 6


def draw_bifurcation(diagram: Bifurcation, *, name: str = "gain", output: str = "h", axes: Axes | None = None) -> Axes:
    """Draw what a system shows after a washout against a parameter: a dot a step.

    Values of the parameter at which the system runs off are shaded.

    Parameters
    ----------
    diagram
        From :func:`unrolled.dynamics.bifurcation`.
    name, output
        What the parameter is called, and what is observed.
    axes
        Where to draw; a new figure of one column's width if left out.

    Returns
    -------
    Axes
        What was drawn on.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.dynamics import bifurcation, logistic_map
    >>> from unrolled.show import draw_bifurcation
    >>> axes = draw_bifurcation(bifurcation(logistic_map, np.linspace(2.8, 4, 20), kept=50), name="r")
    >>> axes.get_xlabel(), axes.get_ylabel()
    ('r', 'h')
    """
    require_kind("diagram", diagram, Bifurcation)
    drawn = axes if axes is not None else figure(62)[1][0]
    known = np.isfinite(drawable(diagram.points))
    _shade(drawn, diagram, "runs off")
    if known.any():
        x = np.repeat(diagram.parameters, diagram.points.shape[1])[known.ravel()]
        y = diagram.points[known]
        size = float(np.clip(_SIZE / np.sqrt(len(y)), _LEAST_SIZE, 2.0))
        drawn.plot(x, y, ls="none", marker="o", ms=size, mew=0, color=BLACK, zorder=3, rasterized=len(y) > _MOST_VECTOR)
        drawn.set_ylim(*range_of(y))
        plain_axis(drawn.yaxis, output)
    else:
        draw_nothing(drawn, "the system runs off everywhere")
    _write_parameter(drawn, diagram, name)
    legend_above(drawn)
    return drawn


def bifurcation_figure(diagram: Bifurcation, *, name: str = "gain", output: str = "h", unit: str = "step") -> Figure:
    """A figure of one column's width: what is observed above, and below the largest Lyapunov exponent.

    Above zero the motion is chaotic. An exponent of minus infinity, or far below the others, leaves at the lower edge.

    Parameters
    ----------
    diagram, name, output
        As in :func:`draw_bifurcation`.
    unit
        The unit of time, of which the exponents are per one.

    Returns
    -------
    Figure
        To be saved with :func:`save`.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.dynamics import bifurcation, logistic_map
    >>> from unrolled.show import bifurcation_figure
    >>> sheet = bifurcation_figure(bifurcation(logistic_map, np.linspace(2.8, 4, 20), kept=50), name="r")
    >>> [axes.get_ylabel().replace(chr(10), " ") for axes in sheet.axes]
    ['h', 'largest exponent (1/step)']
    """
    require_kind("diagram", diagram, Bifurcation)
    sheet, (top, bottom) = figure(_HEIGHT, panels=_SHARES)
    draw_bifurcation(diagram, name=name, output=output, axes=top)
    top.set_xlabel("")
    _shade(bottom, diagram)
    _draw_exponents(bottom, diagram, unit)
    _write_parameter(bottom, diagram, name)
    sheet.align_ylabels((top, bottom))
    return sheet


def _draw_exponents(axes: Axes, diagram: Bifurcation, unit: str) -> None:
    order = np.argsort(diagram.parameters, kind="stable")
    x, exponents = diagram.parameters[order], diagram.exponents[order]
    finite = exponents[np.isfinite(exponents)]
    if not finite.size:
        draw_nothing(axes, "no exponent that is a finite number")
        return
    low, high = range_of(finite)
    low, high = min(low, -0.1 * high), max(high, -0.1 * low)
    # What is lower, and minus infinity, is drawn on its way out.
    values = np.where(np.isnan(exponents), np.nan, np.maximum(exponents, low - (high - low)))
    axes.plot(x, values, color=LOOKS[0].colour, lw=0.8, zorder=3, **marks_alone(values))
    draw_zero(axes)
    axes.set_ylim(low, high)
    axes.yaxis.set_major_locator(round_ticks(4))
    plain_axis(axes.yaxis, "largest exponent", f"1/{unit}")


def _shade(axes: Axes, diagram: Bifurcation, label: str | None = None) -> None:
    """Half way to the neighbours on either side of every value at which the system runs off."""
    lost = np.isnan(drawable(diagram.points)).all(axis=1)
    if lost.all():
        return
    values = np.unique(diagram.parameters)
    edges = np.concatenate([values[:1], (values[1:] + values[:-1]) / 2, values[-1:]])
    for k in np.flatnonzero(np.isin(values, diagram.parameters[lost])).tolist():
        axes.axvspan(edges[k], edges[k + 1], facecolor=REGION, edgecolor="none", lw=0, zorder=0, label=label)
        label = None


def _write_parameter(axes: Axes, diagram: Bifurcation, name: str) -> None:
    values = diagram.parameters if diagram.parameters.size else np.array([0.0, 1.0])
    ends = float(values.min()), float(values.max())
    room = 0.02 * (ends[1] - ends[0]) or 0.05 * (abs(ends[0]) or 1.0)
    axes.set_xlim(ends[0] - room, ends[1] + room)
    axes.xaxis.set_major_locator(round_ticks(_TICKS))
    plain_axis(axes.xaxis, name)
