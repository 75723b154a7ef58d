"""Lyapunov exponents, largest first."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes

from unrolled.arguments import require_kind
from unrolled.dynamics import LyapunovSpectrum
from unrolled.show._course import round_ticks
from unrolled.show._figure import figure
from unrolled.show._layers import MARKED, draw_nothing
from unrolled.show._legend import legend_above
from unrolled.show._style import LOOKS, mark_size
from unrolled.show._ticks import plain_axis
from unrolled.show._upright import draw_zero, mark_place, room_above

__all__ = ["draw_exponents"]

_ROOM = 0.08  # of the height, beyond the largest and the least


def draw_exponents(spectrum: LyapunovSpectrum, *, unit: str = "step", axes: Axes | None = None) -> Axes:
    """Draw every exponent against its number, with its standard error, and the Kaplan-Yorke dimension.

    The dimension is the place up to which exponents, summed from the largest on, are not negative: a dotted line. Up to
    60 exponents are marks, more a curve with a band. Minus infinity is a hollow triangle on the lower edge.

    Parameters
    ----------
    spectrum
        From :func:`unrolled.dynamics.lyapunov`.
    unit
        The unit of time, of which the exponents are per one.
    axes
        Where to draw; a new figure of one column's width if left out.

    Returns
    -------
    Axes
        What was drawn on.

    Examples
    --------
    >>> from unrolled.dynamics import henon_map, lyapunov
    >>> from unrolled.show import draw_exponents
    >>> axes = draw_exponents(lyapunov(henon_map(), 5_000))
    >>> axes.get_xlabel(), axes.get_ylabel(), axes.texts[0].get_text()
    ('index i', 'Lyapunov exponent (1/step)', 'dimension 1.26')
    """
    require_kind("spectrum", spectrum, LyapunovSpectrum)
    drawn = axes if axes is not None else figure(58)[1][0]
    values = np.asarray(spectrum.exponents, np.float64)
    finite, lost = np.isfinite(values), np.isneginf(values)
    draw_zero(drawn)
    drawn.set_xlim(min(0.5, 1 - 0.02 * len(values)), max(len(values) + 0.5, 1.02 * len(values), 1.5))
    if not finite.any() and not lost.any():
        draw_nothing(drawn, "no exponent that is a number")
    else:
        low, high = _ends(values[finite], spectrum.errors[finite])
        floor = low - 2 * _ROOM * (high - low) if lost.any() else low
        drawn.set_ylim(floor - _ROOM * (high - low), high + _ROOM * (high - low))
        _draw(drawn, np.where(finite, values, np.nan), np.nan_to_num(spectrum.errors, posinf=0.0))
        _draw_lost(drawn, lost, floor)
        room_above(drawn)
        plain_axis(drawn.yaxis, "Lyapunov exponent", f"1/{unit}")
        if 0 < spectrum.dimension < np.inf:
            mark_place(drawn, spectrum.dimension, f"dimension {spectrum.dimension:.3g}")
    drawn.xaxis.set_major_locator(round_ticks(8, integer=True))
    plain_axis(drawn.xaxis, "index i")
    legend_above(drawn)
    return drawn


def _ends(values: Float[np.ndarray, " _"], errors: Float[np.ndarray, " _"]) -> tuple[float, float]:
    """All of the exponents with their errors, and zero."""
    known = np.nan_to_num(errors, posinf=0.0)
    low, high = float(np.min(values - known, initial=0.0)), float(np.max(values + known, initial=0.0))
    return (low, high) if high > low else (-1.0, 1.0)


def _draw(axes: Axes, values: Float[np.ndarray, " exponent"], errors: Float[np.ndarray, " exponent"]) -> None:
    index = np.arange(1.0, len(values) + 1)
    look = LOOKS[0]
    if len(values) <= MARKED:
        axes.errorbar(
            index, values, yerr=errors, ls="none", marker="o", ms=mark_size(len(values)), color=look.colour,
            ecolor="0.35", elinewidth=0.7, capsize=1.5, capthick=0.7, zorder=3,
        )  # fmt: skip
        return
    axes.fill_between(index, values - errors, values + errors, color=look.colour, alpha=0.3, lw=0, zorder=2)
    axes.plot(index, values, color=look.colour, lw=1.1, zorder=3)


def _draw_lost(axes: Axes, lost: np.ndarray, floor: float) -> None:
    if not lost.any():
        return
    index = np.flatnonzero(lost) + 1.0
    axes.plot(
        index, np.full(len(index), floor), ls="none", marker="v", ms=max(2.0, mark_size(len(lost))), mfc="white",
        mec=LOOKS[1].colour, mew=0.8, zorder=3, label="minus infinity",
    )  # fmt: skip
