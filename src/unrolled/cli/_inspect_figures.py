"""The figures of a network that was looked into."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from unrolled.dynamics import Inspection
    from unrolled.networks import Network

__all__ = ["save_inspection_figures"]

_OUTPUTS = 3
_STARTS = 20
# What comes nearer to its end than this, of the way to it, rests for the eye.
_NEAR, _LEAST = 0.01, 10
# What goes off is shown until it is so many times as far away.
_FAR = 30.0


def save_inspection_figures(seen: Inspection, network: Network | None, folder: Path, kinds: tuple[str, ...]) -> None:
    """Motion, portrait, exponents, gradient, eigenvalues of W, power spectrum, memory: those that there are."""
    from unrolled.show import (
        draw_eigenvalues,
        draw_exponents,
        draw_gradient_flow,
        draw_memory,
        draw_motion,
        draw_power_spectrum,
        save,
    )

    system, unit = seen.system, "step" if seen.system.spacing == 1 else "unit of time"
    with np.errstate(over="ignore", invalid="ignore"):  # of networks whose weights are very large
        save(_portrait(seen), folder / "portrait", kinds)
    outputs = system.observed(_until_rest(seen.course))[:, :_OUTPUTS]
    save(draw_motion(outputs, spacing=system.spacing, units=(unit, "")), folder / "motion", kinds)
    if seen.spectrum is not None:
        save(draw_exponents(seen.spectrum, unit=unit), folder / "exponents", kinds)
    if seen.gradient is not None:
        save(draw_gradient_flow(seen.gradient), folder / "gradient", kinds)
    if network is not None and any(getattr(layer, "looks_back", False) for layer in network.layers):
        save(draw_eigenvalues(network), folder / "eigenvalues", kinds)
    if seen.behaviour.power is not None:
        save(draw_power_spectrum(seen.behaviour.power, unit=unit), folder / "power", kinds)
    if seen.memory is not None:
        save(draw_memory(seen.memory), folder / "memory", kinds)


def _portrait(seen: Inspection) -> Any:
    """The motion; of what rests or diverges the ways of all starts, their states joined."""
    from unrolled.dynamics import plane_of
    from unrolled.show import draw_cobweb, draw_phase_portrait

    system, begun = seen.system, seen.behaviour.verdict in ("point attractor", "diverging")
    states = _ways(seen) if begun else seen.states
    told: dict[str, Any] = {"states": states, "points": seen.points, "inputs": seen.inputs}
    if system.size == 1:
        return draw_cobweb(system, **told)
    if not begun:
        return draw_phase_portrait(system, **told)
    known = states[np.isfinite(states).all(axis=1)]
    plane = plane_of(np.zeros((1, 2)) if system.size == 2 else np.concatenate([known, seen.points.states]))
    axes = draw_phase_portrait(system, plane=plane, **told)
    across, up = plane.project(states).T
    axes.plot(across, up, color="0.42", lw=0.4, zorder=3.9)
    return axes


def _ways(seen: Inspection) -> np.ndarray:
    """How 20 starts at most went to rest, or off, with gaps between them."""
    parts, gap = [], np.full((1, seen.system.size), np.nan)
    for way in seen.approaches[:_STARTS]:
        near = np.abs(np.nan_to_num(way, nan=np.inf)).max(axis=1) <= _FAR * max(1.0, float(np.abs(way[0]).max()))
        parts += [_until_rest(way[: int(np.argmin(near)) if not near.all() else len(way)]), gap]
    return np.concatenate(parts)


def _until_rest(states: np.ndarray) -> np.ndarray:
    """The states, cut where they have long been at rest: after twice the time in which they came there."""
    if not len(states):
        return states
    away = np.abs(states - states[-1]).max(axis=1)
    moving = np.flatnonzero(away > _NEAR * away.max())
    return states[: max(_LEAST, 2 * int(moving[-1] if moving.size else 0))]
