"""The pairing model: dense matrices, refined amplitudes, direct sums."""

from functools import cache
from itertools import combinations

import numpy as np
import pytest

from unrolled.errors import InputError
from unrolled.series import pairing_energy
from unrolled.truth import family, pairing_perturbation
from unrolled.truth._pairing_ccd import along_particles
from unrolled.truth._pairing_exact import exact_energies


@cache
def dense_matrices(levels, pairs):
    """Energies of the states above that of the reference state, and which are one moved pair apart."""
    states = list(combinations(range(levels), pairs))
    place = {state: row for row, state in enumerate(states)}
    moved = np.zeros((len(states), len(states)))
    for state, row in place.items():
        for left in state:
            for entered in set(range(levels)) - set(state):
                moved[row, place[tuple(sorted({*state, entered} - {left}))]] = 1
    return np.diag([2.0 * (sum(state) - sum(range(pairs))) for state in states]), moved


def dense_energy(levels, pairs, g):
    """The lowest energy above that of the reference state; every state carries -g/2 for every pair."""
    energies, moved = dense_matrices(levels, pairs)
    return np.linalg.eigvalsh(energies - g / 2 * moved)[0]


@pytest.mark.parametrize("g", [-2.0, -0.5, 0.03, 0.72, 2.4])
@pytest.mark.parametrize(
    ("levels", "pairs"), [(2, 1), (4, 2), (6, 3), (8, 4), (10, 5), (3, 2), (9, 2), (26, 2), (11, 3)]
)
def test_exact_energies_equal_those_of_the_whole_matrix(levels, pairs, g):
    exact = exact_energies(levels, pairs, np.array([g]))[0]
    assert exact == pytest.approx(dense_energy(levels, pairs, g), rel=1e-12, abs=1e-13)


@pytest.mark.parametrize(
    ("particles", "energy"), [(4, -0.0832257156), (8, -0.2102575472), (12, -0.3539114769), (16, -0.5089564909)]
)
def test_exact_energies_known_before(particles, energy):
    assert exact_energies(particles, particles // 2, np.array([0.5]))[0] == pytest.approx(energy, abs=6e-11)


def test_exact_energies_in_any_order():
    g = np.array([0.7, -0.3, 0.0, 2.0, 0.1])
    alone = [exact_energies(12, 6, np.array([value]))[0] for value in g]
    assert exact_energies(12, 6, g) == pytest.approx(alone, abs=1e-14)
    assert alone[2] == 0


@pytest.mark.parametrize("particles", [2, 8, 24])
def test_all_agree_up_to_the_order_that_they_share(particles):
    """The distance to second order is of third order, the same for both; theirs is of fourth."""
    small = np.array([0.004, 0.008])
    second = np.array([pairing_perturbation(particles, g) for g in small])
    clusters = np.array([pairing_energy(particles, g) for g in small])
    exact = exact_energies(particles, particles // 2, small)
    third = (exact - second) / small**3
    assert third[1] == pytest.approx(third[0], rel=0.02)
    assert np.abs(clusters - exact).max() < 0.05 * np.abs(exact - second).max()


@pytest.mark.parametrize(("particles", "g"), [(2, 0.5), (4, -1.8), (14, 0.3), (96, 4.0)])
def test_second_order_is_the_sum_over_holes_and_particles(particles, g):
    half = particles // 2
    hole, particle = np.arange(half) - g / 2, np.arange(half, particles)
    gap = 2 * (particle[:, None] - hole[None, :])
    assert pairing_perturbation(particles, g) == pytest.approx(-np.sum((g / 2) ** 2 / gap), rel=1e-13)


@pytest.mark.parametrize(
    ("particles", "g", "message"),
    [(3, 0.5, "even"), (0, 0.5, "particles"), (4, -2.0, "above -2"), (4, np.nan, "finite")],
)
def test_second_order_needs_a_closed_shell_and_positive_gaps(particles, g, message):
    with pytest.raises(InputError, match=message):
        pairing_perturbation(particles, g)


def refined_energy(particles, g):
    """Amplitudes corrected by the residual of the published equations in extended precision."""
    from unrolled.series._pairing import _follow, _solve, _start

    pairs, v = particles // 2, np.longdouble(-g) / 2
    T = _follow(_start(pairs), g).T.astype(np.longdouble)
    level = np.arange(pairs, dtype=np.longdouble)
    for _ in range(3):
        R = T.sum(1)
        both = R[:, None] + R[None, :]
        gap = level[:, None] + level[None, :] + 1
        F = v * (1 + both + R[:, None] * R[None, :]) + 2 * (gap - v - v * both) * T + 2 * v * T * T
        T = T - _solve(T.astype(float), float(v), F.astype(float))[0]
    return float(v * T.sum())


@pytest.mark.parametrize(
    ("particles", "g"), [(48, 0.56), (40, 0.6), (48, -2.0), (24, 0.72), (8, 1.632), (6, 1.92), (2, 0.1)]
)
def test_coupled_cluster_energies_are_converged(particles, g):
    assert pairing_energy(particles, g) == pytest.approx(refined_energy(particles, g), rel=2e-13)


def test_a_series_ends_where_its_solution_ends():
    assert len(along_particles(0.6)) == 20
    with pytest.raises(InputError, match="branch"):
        along_particles(0.62)


def test_series_are_made_of_single_energies():
    for name, one in (
        ("pairing-ccd-particles", lambda x, member: pairing_energy(int(x), member["g"])),
        ("pairing-ccd-coupling", lambda x, member: pairing_energy(member["particles"], x)),
        ("pairing-exact-coupling", lambda x, member: dense_energy(member["particles"], member["particles"] // 2, x)),
        ("pairing-exact-levels", lambda x, member: dense_energy(int(x), member["pairs"], member["g"])),
        ("pairing-perturbation", lambda x, member: pairing_perturbation(int(x), member["g"])),
    ):
        chosen = family(name)
        for member in chosen.parameters[3:5]:
            made = chosen.make(**member)
            for row in (0, 7):
                expected = one(float(made.x[row]), member)
                assert made.values[row, 0] == pytest.approx(expected, rel=1e-11, abs=1e-14), (name, member, row)
