"""Any numbers against any others: outputs over the steps of a sequence, scores against a setting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes

from unrolled.errors import InputError
from unrolled.show._figure import figure
from unrolled.show._layers import draw_curve, draw_members
from unrolled.show._legend import legend_above
from unrolled.show._letters import shortened
from unrolled.show._style import BLACK, LOOKS, REGION, mark_size
from unrolled.show._ticks import log_axis, name_axis, plain_axis
from unrolled.show._view import drawable

__all__ = ["draw_curves"]


def draw_curves(
    x: Any,
    curves: Mapping[str, Any],
    *,
    names: tuple[str, str],
    units: tuple[str, str] = ("", ""),
    truth: Any = None,
    shaded: tuple[float, float] | None = None,
    log: bool = False,
    legend: bool = True,
    axes: Axes | None = None,
) -> Axes:
    """Draw curves over the same x: outputs of networks over the steps, for example, beside what they should be.

    A value that is not finite leaves a gap; so does one that is not above zero on a logarithmic axis.

    Parameters
    ----------
    x
        Where the values stand, shape ``(time,)``.
    curves
        By name, up to six: values ``(time,)``; or ``(member, time)``, thin lines and their median as the strong one.
    names, units
        Of the two axes, x first.
    truth
        What the curves should be, shape ``(time,)``: open circles. NaN: nothing is known.
    shaded
        From where to where x is shaded: the steps that were trained.
    log
        Whether the y axis is logarithmic.
    legend
        Whether the curves are explained; of several panels one is enough.
    axes
        Where to draw; a new figure of one column's width if left out.

    Returns
    -------
    Axes
        What was drawn on.

    Raises
    ------
    InputError
        No curve, more than six, or one that does not fit x.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.show import draw_curves
    >>> steps = np.arange(1, 41)
    >>> outputs = np.sin(0.3 * steps)
    >>> axes = draw_curves(steps, {"network": outputs}, truth=outputs, names=("step", "output"), shaded=(1, 20))
    >>> [text.get_text() for text in axes.get_legend().get_texts()]
    ['network', 'truth']
    """
    across = np.asarray(x, np.float64)
    found = {name: _fitting(name, values, across, log) for name, values in curves.items()}
    if not 1 <= len(found) <= len(LOOKS):
        raise InputError(f"one to {len(LOOKS)} curves can be told apart; came {len(found)}.")
    drawn = axes if axes is not None else figure(55)[1][0]
    if shaded is not None:
        drawn.axvspan(*shaded, color=REGION, lw=0, zorder=0)
    for (name, values), look in zip(found.items(), LOOKS, strict=False):
        draw_members(drawn, across, values, look)
        draw_curve(drawn, across, _median(values), look, label=shortened(name), count=2 * len(across))
    if truth is not None:
        known = _fitting("truth", truth, across, log)
        if len(known) != 1:
            raise InputError(f"truth must have shape ({len(across)},), as x has; came {np.shape(truth)}.")
        found |= {"truth": known}
        drawn.plot(
            across, drawable(known[0]), ls="none", marker="o", ms=1.35 * mark_size(len(across)), mfc="none", mec=BLACK,
            mew=0.5, zorder=3, label="truth",
        )  # fmt: skip
    _write(drawn, np.concatenate([values.ravel() for values in found.values()]), names, units, log)
    if legend:
        legend_above(drawn)
    return drawn


def _fitting(name: str, values: Any, x: Float[np.ndarray, " time"], log: bool) -> Float[np.ndarray, "member time"]:
    """The values as rows, with NaN where there is nothing to draw."""
    rows = np.atleast_2d(np.asarray(values, np.float64))
    if x.ndim != 1 or rows.ndim != 2 or not rows.size or rows.shape[1] != len(x):
        raise InputError(
            f"x must have shape (time,) and curves (time,) or (member, time); {name} has {np.shape(values)}, x has "
            f"{x.shape}."
        )
    return np.where(np.isfinite(rows) & ((rows > 0) if log else True), rows, np.nan)


def _median(rows: Float[np.ndarray, "member time"]) -> Float[np.ndarray, " time"]:
    """The middle one of what is known at each place."""
    middle = np.full(rows.shape[1], np.nan)
    known = np.isfinite(rows).any(axis=0)
    middle[known] = np.nanmedian(rows[:, known], axis=0)
    return middle


def _write(
    axes: Axes, seen: Float[np.ndarray, " _"], names: tuple[str, str], units: tuple[str, str], log: bool
) -> None:
    """Limits, names and units."""
    axes.margins(x=0.02)
    plain_axis(axes.xaxis, names[0], units[0])
    seen = seen[np.isfinite(seen)]
    if log and seen.size:
        log_axis(axes.yaxis, float(seen.min()), float(seen.max()))
        name_axis(axes.yaxis, names[1], units[1])
    else:
        plain_axis(axes.yaxis, names[1], units[1])
