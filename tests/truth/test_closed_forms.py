"""Sums, exponentials, oscillations and powers, against what else is true of them."""

import numpy as np
import pytest
from scipy.special import zeta

from unrolled.truth import family
from unrolled.truth._branch_point import branch_point_series


def members(name):
    return [dict(member) for member in family(name).parameters]


@pytest.mark.parametrize("member", members("partial-waves"), ids=str)
def test_partial_waves_are_differences_of_zeta_functions(member):
    made = family("partial-waves").make(**member)
    weights = (1.0, member["next_term"], member["third_term"])
    parts = [
        weight * (zeta(member["power"] + k, 1.5) - zeta(member["power"] + k, made.x + 1.5))
        for k, weight in enumerate(weights)
    ]
    assert np.abs(made.values[:, 0] + sum(parts)).max() < 2e-13 * np.std(made.values[:12])


@pytest.mark.parametrize(
    ("name", "rank"), [("exponentials", lambda m: m + 1), ("damped-oscillations", lambda m: 2 * m + 1)]
)
def test_a_sum_of_powers_follows_a_linear_recurrence_of_its_own_order(name, rank):
    for member in members(name):
        values = family(name).make(**member).values[:, 0]
        order = rank(member["terms"])
        windows = np.lib.stride_tricks.sliding_window_view(values, order + 2)
        sizes = np.linalg.svd(windows, compute_uv=False)
        assert sizes[order] < 1e-14 * sizes[0], member
        assert sizes[order - 1] > 1e-13 * sizes[0], member


def test_exponentials_decay_and_oscillations_do_not_grow():
    for name in ("exponentials", "damped-oscillations"):
        for member in members(name):
            values = family(name).make(**member).values[:, 0]
            assert np.abs(values).max() < 6, member


@pytest.mark.parametrize("member", members("branch-point"), ids=str)
def test_the_branch_point_is_where_the_straight_line_ends(member):
    """Without the slope, the power undone gives the distance to x = 1."""
    made = branch_point_series(**member)
    distance = (member["slope"] * made.x - made.values[:, 0]) ** (1 / member["power"])
    assert distance == pytest.approx(1 - made.x, abs=1e-13)
    assert 1 - made.x[-1] == pytest.approx(member["distance"] * made.spacing, rel=1e-12)
