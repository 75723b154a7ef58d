"""Figures of dynamics as files: the same bytes twice, and legends that stand above the frame."""

import numpy as np
import pytest

from unrolled.dynamics import (
    Bifurcation,
    Memory,
    bifurcation,
    fixed_points,
    henon_map,
    logistic_map,
    lyapunov,
    power_spectrum,
    trajectory,
)
from unrolled.networks import random_network
from unrolled.show import (
    bifurcation_figure,
    draw_bifurcation,
    draw_climate,
    draw_cobweb,
    draw_eigenvalues,
    draw_exponents,
    draw_memory,
    draw_motion,
    draw_phase_portrait,
    draw_power_spectrum,
    save,
)

HENON, LOGISTIC = henon_map(), logistic_map(3.8)
MANY = Bifurcation(np.arange(210.0), np.random.default_rng(0).normal(size=(210, 100)), np.zeros(210))


def portrait():
    return draw_phase_portrait(HENON, states=trajectory(HENON, 300), points=fixed_points(HENON, starts=16))


def cobweb():
    return draw_cobweb(LOGISTIC, states=trajectory(LOGISTIC, 30), points=fixed_points(LOGISTIC, starts=16))


DRAWN = {
    "portrait": portrait,
    "cobweb": cobweb,
    "bifurcation": lambda: draw_bifurcation(bifurcation(logistic_map, [3.0, 3.9, 4.5], kept=20, follow=False)),
    "exponents": lambda: draw_exponents(lyapunov(HENON, 500)),
    "eigenvalues": lambda: draw_eigenvalues(random_network(20, 1.2)),
    "power": lambda: draw_power_spectrum(power_spectrum(trajectory(HENON, 500))),
    "memory": lambda: draw_memory(Memory(np.linspace(1, 0, 20), 0.01)),
    "motion": lambda: draw_motion(trajectory(HENON, 100)),
    "climate": lambda: draw_climate({"one": np.sin(np.arange(99.0)), "two": np.cos(np.arange(99.0))}),
}


@pytest.mark.parametrize("name", DRAWN)
def test_the_same_data_give_the_same_bytes(name, tmp_path):
    files = [save(DRAWN[name](), tmp_path / stem, ["png", "pdf", "svg"], dpi=80) for stem in ("one", "two")]
    for first, second in zip(*files, strict=True):
        assert first.read_bytes() == second.read_bytes()
        assert first.stat().st_size > 1000


def test_dots_that_are_a_picture_give_the_same_bytes(tmp_path):
    (one,), (two,) = (save(bifurcation_figure(MANY), tmp_path / stem, ["pdf"]) for stem in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()
    assert one.stat().st_size < 500_000


@pytest.mark.parametrize("name", DRAWN)
def test_the_legend_stands_above_the_frame(name):
    axes = DRAWN[name]()
    axes.figure.draw_without_rendering()
    legend = axes.get_legend()
    if legend is None:
        assert name in {"exponents", "power"}
        return
    assert legend.get_window_extent().y0 >= axes.get_window_extent().y1 - 1
    assert legend.get_window_extent().x0 >= -1
