"""Where a system goes from every place of a plane: arrows, and the lines on which one of two numbers stays."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes

from unrolled.dynamics import Plane, System, motion_in_plane
from unrolled.show._style import LOOKS

__all__ = ["draw_arrows", "draw_nullclines"]

_ARROWS, _FINE = 17, 121
_LEAST, _MOST = 0.35, 0.95  # of the distance between two arrows
_ARROW_GREY = "0.62"


def draw_arrows(axes: Axes, system: System, plane: Plane, inputs: Any, label: str) -> None:
    """An arrow from each of a grid of places, along the step; the longer the step the longer, up to the next one."""
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    inset = 0.5 / _ARROWS
    across = (left + inset * (right - left), right - inset * (right - left))
    up = (low + inset * (high - low), high - inset * (high - low))
    motion = motion_in_plane(system, plane, across, up, inputs=inputs, grid=_ARROWS)
    cell = np.array([across[1] - across[0], up[1] - up[0]]) / (_ARROWS - 1)
    with np.errstate(invalid="ignore", over="ignore"):
        sizes = np.linalg.norm(motion.steps / cell, axis=-1)
    known = np.isfinite(sizes) & (sizes > 0)
    if not known.any():
        return
    x, y = (grid[known] for grid in np.meshgrid(motion.first, motion.second))
    # Angles are those of the data, and lengths those of paper: a length of one is the distance of two arrows.
    steps = motion.steps[known]
    u, v = (steps / np.abs(steps).max(axis=1, keepdims=True)).T
    u, v = np.array([u, v]) / np.hypot(u, v) * _lengths(sizes[known])
    axes.quiver(
        x, y, u, v, angles="xy", scale=_ARROWS, scale_units="width", units="width", width=0.0028, headwidth=4,
        headlength=5, headaxislength=4.5, color=_ARROW_GREY, zorder=1, pivot="tail",
    )  # fmt: skip
    axes.plot([], [], ls="none", marker=r"$\rightarrow$", ms=7, mew=0, color=_ARROW_GREY, label=label)


def draw_nullclines(axes: Axes, system: System, plane: Plane, inputs: Any) -> None:
    """The lines on which h_1 stays, and those on which h_2 does: where they cross is a fixed point."""
    motion = motion_in_plane(system, plane, axes.get_xlim(), axes.get_ylim(), inputs=inputs, grid=_FINE)
    for k, look in enumerate(LOOKS[:2]):
        step = np.where(np.isfinite(motion.steps[..., k]), motion.steps[..., k], np.nan)
        if not np.nanmin(step, initial=np.inf) < 0 < np.nanmax(step, initial=-np.inf):
            continue
        axes.contour(
            motion.first, motion.second, np.ma.masked_invalid(step), levels=[0.0], colors=[look.colour],
            linestyles=[look.line], linewidths=[1.1], zorder=3,
        )  # fmt: skip
        axes.plot([], [], ls=look.line, color=look.colour, lw=1.1, label=f"h_{k + 1} stays")


def _lengths(sizes: Float[np.ndarray, " arrow"]) -> Float[np.ndarray, " arrow"]:
    """From the shortest to the longest arrow: half of the range at the median step."""
    middle = float(np.median(sizes))
    return _LEAST + (_MOST - _LEAST) * sizes / (sizes + middle)
