"""The figures of a network that was looked into."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from unrolled.dynamics import Inspection
    from unrolled.networks import Network

__all__ = ["save_inspection_figures"]

_OUTPUTS = 3


def save_inspection_figures(seen: Inspection, network: Network | None, folder: Path, kinds: tuple[str, ...]) -> None:
    """Motion, portrait, exponents, gradient, eigenvalues of W, power spectrum, memory: those that there are."""
    from unrolled.show import (
        draw_cobweb,
        draw_eigenvalues,
        draw_exponents,
        draw_gradient_flow,
        draw_memory,
        draw_motion,
        draw_phase_portrait,
        draw_power_spectrum,
        save,
    )

    system, unit = seen.system, "step" if seen.system.spacing == 1 else "unit of time"
    moving = seen.behaviour.verdict != "diverging"
    portrait = draw_cobweb if system.size == 1 else draw_phase_portrait
    save(portrait(system, states=seen.states if moving else None, points=seen.points), folder / "portrait", kinds)
    if moving:
        outputs = system.observed(seen.states)[:, :_OUTPUTS]
        drawn = draw_motion(outputs, spacing=system.spacing, units=(unit, ""))
        save(drawn, folder / "motion", kinds)
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
