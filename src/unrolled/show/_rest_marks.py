"""Marks of what stays where it is, or comes back: fixed points by their kind, and cycles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes

from unrolled.dynamics import PeriodicOrbit
from unrolled.show._layers import MARKED
from unrolled.show._style import BLACK, GREY, LOOKS

__all__ = ["KINDS", "draw_cycles", "draw_points"]

# Stable ones filled, unstable ones hollow, saddles half of each; what is neither has a mark of its own.
KINDS: dict[str, dict[str, Any]] = {
    "stable": {"marker": "o", "fillstyle": "full"},
    "saddle": {"marker": "o", "fillstyle": "left", "markerfacecoloralt": "white"},
    "unstable": {"marker": "o", "mfc": "white"},
    "marginal": {"marker": "X", "mfc": "0.7"},
}
_FIRST_LOOK = 2  # the first two are those of the nullclines
_LARGE, _SMALL, _CYCLE = 5.0, 2.6, 4.2


@dataclass(frozen=True)
class _Ring:
    """How cycles of one period look."""

    colour: str
    mark: str


def draw_points(axes: Axes, places: Float[np.ndarray, "point two"], kinds: Sequence[str]) -> None:
    """One mark for every fixed point; those that decide most, the stable ones, on top."""
    size = float(np.clip(_LARGE * (12 / max(len(places), 1)) ** 0.25, _SMALL, _LARGE))
    for order, (kind, mark) in enumerate(KINDS.items()):
        own = places[[one == kind for one in kinds]]
        if len(own):
            style = {"color": BLACK, "mec": BLACK, "mew": 0.7, "ms": size, **mark}
            axes.plot(own[:, 0], own[:, 1], ls="none", marker="o", ms=size + 2, mew=0, color="white", zorder=6)
            label = f"{kind} point" if len(own) == 1 else f"{len(own)} {kind} points"
            axes.plot(own[:, 0], own[:, 1], ls="none", zorder=7 - 0.1 * order, label=label, **style)


def draw_cycles(axes: Axes, places: Sequence[Float[np.ndarray, "step two"]], orbits: Sequence[PeriodicOrbit]) -> None:
    """Linked marks for every cycle, filled where it is stable; those of one period look alike."""
    periods = sorted({orbit.period for orbit in orbits})
    looks = LOOKS[_FIRST_LOOK:]
    rings = {p: _Ring(look.colour, look.mark) for p, look in zip(periods, looks, strict=False)}
    said: set[int] = set()
    for own, orbit in zip(places, orbits, strict=True):
        ring = rings.get(orbit.period, _Ring(GREY, "h"))
        closed = np.concatenate([own, own[:1]])
        key = orbit.period if orbit.period in rings else 0
        label = _named(orbits, orbit.period, rings) if key not in said else None
        said.add(key)
        mark = ring.mark if len(own) <= MARKED else ""
        axes.plot(own[:, 0], own[:, 1], ls="none", marker=mark, ms=_CYCLE + 2, mew=0, color="white", zorder=4.5)
        axes.plot(
            closed[:, 0], closed[:, 1], ls="-", lw=0.6, color=ring.colour, marker=mark,
            ms=_CYCLE, mew=0.6, mec=BLACK, zorder=5, label=label, **_filled(orbit, ring.colour),
        )  # fmt: skip


def _filled(orbit: PeriodicOrbit, colour: str) -> dict[str, Any]:
    if orbit.stability == "saddle":
        return {"mfc": colour, "fillstyle": "left", "markerfacecoloralt": "white"}
    return {"mfc": colour if orbit.stability == "stable" else "white"}


def _named(orbits: Sequence[PeriodicOrbit], period: int, rings: dict[int, _Ring]) -> str:
    if period not in rings:
        return "longer cycles"
    count = sum(orbit.period == period for orbit in orbits)
    turn = f"of {period} steps" if period > 1 else "of one step"
    return f"cycle {turn}" if count == 1 else f"{count} cycles {turn}"
