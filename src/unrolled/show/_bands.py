"""Bounds as shaded regions, and how far they reach."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb

from unrolled.forecast import Band, Forecast
from unrolled.show._layers import drawable
from unrolled.show._style import LOOKS

__all__ = ["HalfWidths", "any_bounds", "draw_bands", "half_widths", "shade_half_widths"]

HalfWidths: TypeAlias = Sequence[tuple[Band, Float[np.ndarray, " horizon"]]]

# How much of the colour of the prediction is in the narrowest and in the widest region: on paper they are two greys,
# and an edge tells them apart where a printer loses the lighter one.
_SHARES = (0.5, 0.2)
_EDGE = 0.25


def draw_bands(axes: Axes, x: Float[np.ndarray, " horizon"], forecast: Forecast, feature: int) -> None:
    """Every level of bounds as a region, the wider behind the narrower, with gaps where there are none.

    ``x`` are the places on paper, in the order of the forecast.
    """
    order = np.argsort(x)
    for place, band in _placed(forecast):
        lower, upper = (drawable(edge[order, feature]) for edge in (band.lower, band.upper))
        _shade(axes, x[order], (lower, upper), band, place)


def half_widths(
    forecast: Forecast, feature: int, scale: Float[np.ndarray, " horizon"] | float
) -> list[tuple[Band, Float[np.ndarray, " horizon"]]]:
    """Half the distance between the bounds over ``scale``, the narrowest first; NaN where there is no such number."""
    found = []
    for _, band in _placed(forecast):
        with np.errstate(all="ignore"):
            # Halved before they are subtracted: bounds near the largest float would overflow.
            half = (band.upper[:, feature] / 2 - band.lower[:, feature] / 2) / scale
        found.append((band, np.where(np.isfinite(half) & (half > 0), half, np.nan)))
    return found


def any_bounds(forecast: Forecast, feature: int) -> bool:
    """Whether there are bounds of any level at any step."""
    return any(bool(np.isfinite(half).any()) for _, half in half_widths(forecast, feature, 1.0))


def shade_half_widths(axes: Axes, x: Float[np.ndarray, " horizon"], found: HalfWidths) -> None:
    """Shade from the floor of a logarithmic axis up to half-widths, in the looks of the regions that they belong to."""
    order = np.argsort(x)
    floor = np.full(len(x), axes.get_ylim()[0])
    for place, (band, half) in zip(np.linspace(0, 1, len(found)), found, strict=True):
        _shade(axes, x[order], (floor, half[order]), band, float(place))


def _placed(forecast: Forecast) -> list[tuple[float, Band]]:
    """The bands from the narrowest, at 0, to the widest, at 1."""
    places = np.linspace(0, 1, len(forecast.bands)).tolist()
    return list(zip(places, sorted(forecast.bands, key=lambda band: band.level), strict=True))


def _shade(axes: Axes, x: np.ndarray, between: tuple[np.ndarray, np.ndarray], band: Band, place: float) -> None:
    lower, upper = between
    there = np.isfinite(lower) & np.isfinite(upper)
    if not there.any():
        return
    share = _SHARES[0] + (_SHARES[1] - _SHARES[0]) * place
    # The edge is all that is seen of a single step between two gaps.
    axes.fill_between(
        x, lower, upper, where=there.tolist(), facecolor=_tint(share), edgecolor=_tint(share + _EDGE), lw=0.5,
        zorder=0.6 - 0.2 * place, label=f"{band.label} % bounds",
    )  # fmt: skip


def _tint(share: float) -> tuple[float, float, float]:
    """The colour of the prediction on white; opaque, as some journals ask for files without transparency."""
    red, green, blue = (1 - share * (1 - part) for part in to_rgb(LOOKS[0].colour))
    return red, green, blue
