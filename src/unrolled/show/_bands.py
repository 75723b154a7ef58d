"""Bounds as shaded regions, and how far they reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self, TypeAlias

import numpy as np
from jaxtyping import Bool, Float
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb

from unrolled.forecast import Band, Forecast
from unrolled.show._abscissa import Abscissa
from unrolled.show._style import LOOKS

__all__ = ["HalfWidths", "any_bounds", "draw_bands", "half_widths", "missing_bounds", "shade_half_widths"]

HalfWidths: TypeAlias = Sequence[tuple[Band, Float[np.ndarray, " horizon"]]]

# How much of the colour of the prediction is in the narrowest and in the widest region: on paper they are two greys,
# and an edge tells them apart where a printer loses the lighter one.
_SHARES = (0.5, 0.2)
_EDGE = 0.25
_ALONE = 0.3  # of the distance between steps: half the width of a step without neighbours


def draw_bands(
    axes: Axes, across: Abscissa, forecast: Forecast, feature: int, within: tuple[float, float] = (-1e300, 1e300)
) -> None:
    """Every level of bounds as a region, the wider behind the narrower, with gaps where there are none.

    Bounds beyond ``within`` are drawn there: far outside of the frame, but where matplotlib can still place them.
    """
    steps = _Steps.of(across, forecast)
    for place, band in _placed(forecast):
        lower, upper = (np.clip(edge[:, feature], *within) for edge in (band.lower, band.upper))
        _shade(axes, steps, (lower, upper), band, place)


def half_widths(
    forecast: Forecast, feature: int, scale: Float[np.ndarray, " horizon"] | float
) -> list[tuple[Band, Float[np.ndarray, " horizon"]]]:
    """Half the distance between the bounds over ``scale``, the narrowest first; NaN where there is none or it is 0."""
    found = []
    for _, band in _placed(forecast):
        with np.errstate(all="ignore"):
            # Halved before they are subtracted: bounds near the largest float would overflow.
            half = (band.upper[:, feature] / 2 - band.lower[:, feature] / 2) / scale
        found.append((band, np.where(half > 0, half, np.nan)))
    return found


def any_bounds(forecast: Forecast, feature: int) -> bool:
    """Whether bounds of any level have a finite width at any step."""
    return any(bool(np.isfinite(half).any()) for _, half in half_widths(forecast, feature, 1.0))


def shade_half_widths(axes: Axes, across: Abscissa, forecast: Forecast, found: HalfWidths) -> None:
    """Shade from the floor of a logarithmic axis up to half-widths, in the looks of the regions that they belong to.

    An infinite half-width is shaded up to the top.
    """
    steps, (bottom, top) = _Steps.of(across, forecast), axes.get_ylim()
    floor = np.full(len(forecast), bottom)
    for place, (band, half) in zip(np.linspace(0, 1, len(found)), found, strict=True):
        _shade(axes, steps, (floor, np.clip(half, bottom, top)), band, float(place))


def missing_bounds(forecast: Forecast) -> str:
    """One sentence on the steps that have no bounds; empty where all have."""
    found: dict[str, list[str]] = {}
    for _, band in _placed(forecast):
        missing = np.any(np.isnan(band.lower) | np.isnan(band.upper), axis=1)
        if np.any(missing):
            found.setdefault(_where(missing), []).append(band.label)
    parts = [f"no {' and '.join(labels)}\N{NO-BREAK SPACE}% bounds{where}" for where, labels in found.items()]
    text = ", ".join(parts)
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _where(missing: Bool[np.ndarray, " horizon"]) -> str:
    first, count, steps = int(np.argmax(missing)), int(np.sum(missing)), len(missing)
    if count == steps:
        return ""
    if count < steps - first:
        return f" at {count} of {steps} steps"
    return f" from step {first + 1} on" if count > 1 else f" at step {first + 1}"


def _placed(forecast: Forecast) -> list[tuple[float, Band]]:
    """The bands from the narrowest, at 0, to the widest, at 1."""
    places = np.linspace(0, 1, len(forecast.bands)).tolist()
    return list(zip(places, sorted(forecast.bands, key=lambda band: band.level), strict=True))


@dataclass(frozen=True)
class _Steps:
    """Where the steps stand on paper, and how wide one without neighbours is drawn."""

    x: Float[np.ndarray, " horizon"]
    wide: float

    @classmethod
    def of(cls, across: Abscissa, forecast: Forecast) -> Self:
        places = np.unique(across.places(np.concatenate([forecast.series.x, forecast.x])))
        pitch = float(np.median(np.diff(places))) if len(places) > 1 else 1.0
        return cls(across.places(forecast.x), _ALONE * pitch)


def _shade(axes: Axes, steps: _Steps, between: Sequence[np.ndarray], band: Band, place: float) -> None:
    order = np.argsort(steps.x)
    lower, upper = (edge[order] for edge in between)
    there = np.isfinite(lower) & np.isfinite(upper)
    if not there.any():
        return
    # A step between two gaps has no width of its own: it becomes two, side by side.
    alone = there & ~np.append(there[1:], False) & ~np.append(False, there[:-1])
    times = 1 + alone
    first = (np.cumsum(times) - times)[alone]
    x, lower, upper, there = (np.repeat(part, times) for part in (steps.x[order], lower, upper, there))
    x[first] -= steps.wide
    x[first + 1] += steps.wide
    share = _SHARES[0] + (_SHARES[1] - _SHARES[0]) * place
    axes.fill_between(
        x, lower, upper, where=there.tolist(), facecolor=_tint(share), edgecolor=_tint(share + _EDGE), lw=0.5,
        zorder=0.6 - 0.2 * place, label=f"{band.label} % bounds",
    )  # fmt: skip


def _tint(share: float) -> tuple[float, float, float]:
    """The colour of the prediction on white; opaque, as some journals ask for files without transparency."""
    red, green, blue = (1 - share * (1 - part) for part in to_rgb(LOOKS[0].colour))
    return red, green, blue
