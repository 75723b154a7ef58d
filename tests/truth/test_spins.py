"""Spins: matrices in the whole space, closed forms, the same equations in extended precision."""

import numpy as np
import pytest

from unrolled.truth import family
from unrolled.truth._heisenberg import heisenberg_energy, heisenberg_series
from unrolled.truth._ising import along_field, along_sites, ising_energy
from unrolled.truth._lipkin import lipkin_energy, lipkin_series

X, Z = np.array([[0.0, 1.0], [1.0, 0.0]]), np.diag([1.0, -1.0])


def at(matrix, site, sites):
    return np.kron(np.kron(np.eye(2**site), matrix), np.eye(2 ** (sites - site - 1)))


def bond(matrix, site, sites):
    return at(matrix, site, sites) @ at(matrix, (site + 1) % sites, sites)


@pytest.mark.parametrize("field", [0.5, 1.0, 1.65])
@pytest.mark.parametrize("sites", [2, 3, 4, 5, 8])
def test_ising_equals_the_whole_matrix(sites, field):
    H = -sum(bond(Z, i, sites) + field * at(X, i, sites) for i in range(sites))
    assert ising_energy(sites, field) == pytest.approx(np.linalg.eigvalsh(H)[0] / sites, abs=1e-13)


@pytest.mark.parametrize("sites", [2, 7, 25])
def test_ising_at_the_critical_field_has_a_closed_form(sites):
    assert ising_energy(sites, 1.0) == pytest.approx(-2 / (sites * np.sin(np.pi / (2 * sites))), rel=1e-15)


def test_ising_series():
    assert along_sites(0.5).values[3, 0] == ising_energy(5, 0.5)
    made = along_field(6, 0.1, 0.08)
    assert made.values[2, 0] == ising_energy(6, float(made.x[2]))


def test_no_two_fields_are_dual():
    fields = [member["field"] for member in family("ising-transverse").parameters if "field" in member]
    assert all(abs(one * other - 1) > 1e-3 for one in fields for other in fields if one != 1 or other != 1)


def dense_ring(sites, anisotropy):
    """The lowest energies by magnetization: a bond counts its z parts, and exchanges spins that differ."""
    lowest = {}
    for m in (0, 1, 2):
        states = [state for state in range(2**sites) if state.bit_count() == sites // 2 + m]
        place = {state: row for row, state in enumerate(states)}
        H = np.zeros((len(states), len(states)))
        for state, row in place.items():
            for i in range(sites):
                one, other = 1 << i, 1 << (i + 1) % sites
                differ = bool(state & one) != bool(state & other)
                H[row, row] += anisotropy * (-0.25 if differ else 0.25)
                if differ:
                    H[row, place[state ^ one ^ other]] += 0.5
        lowest[m] = np.linalg.eigvalsh(H)[0]
    return lowest


@pytest.mark.parametrize("anisotropy", [-0.95, -0.7, 0.0, 1.0])
@pytest.mark.parametrize("sites", [4, 6, 10])
def test_rings_equal_the_whole_matrix(sites, anisotropy):
    for magnetization, energy in dense_ring(sites, anisotropy).items():
        assert heisenberg_energy(sites, anisotropy, magnetization) == pytest.approx(energy, abs=1e-13)


@pytest.mark.parametrize("sites", [4, 18, 50])
def test_free_fermions_have_a_closed_form(sites):
    assert heisenberg_energy(sites, 0.0) == pytest.approx(-1 / np.sin(np.pi / sites), rel=1e-15)


@pytest.mark.parametrize("anisotropy", [-0.4, 0.3, 1.0])
@pytest.mark.parametrize(("sites", "magnetization"), [(6, 0), (26, 1), (50, 0), (50, 2)])
def test_rings_in_extended_precision(sites, anisotropy, magnetization):
    """Roots as rapidities of the other form, x = tanh / tan, corrected by residuals of longer numbers."""
    delta, count = np.longdouble(anisotropy), sites // 2 - magnetization
    numbers = np.arange(count, dtype=np.longdouble) - np.longdouble(count - 1) / 2
    momenta = 2 * np.pi * numbers / sites  # free fermions, to be continued in small steps of the anisotropy
    turn = 2 * np.arccos(np.longdouble(-1))

    def residual(k, strength):
        # Orbach's phase between two flipped spins of momenta pi + k.
        p, q = k[:, None], k[None, :]
        scatter = 2 * np.arctan2(strength * np.sin((p - q) / 2), np.cos((p + q) / 2) + strength * np.cos((p - q) / 2))
        return sites * k - turn * numbers - scatter.sum(1)

    for strength in np.linspace(0, delta, 31)[1:]:
        for _ in range(7 if strength == delta else 2):
            F = residual(momenta, strength)
            step = np.longdouble(1e-9)
            J = np.array([(residual(momenta + step * unit, strength) - F) / step for unit in np.eye(count)]).T
            momenta = momenta - np.linalg.solve(J.astype(float), F.astype(float))
    energy = sites * delta / 4 - np.sum(delta + np.cos(momenta))
    assert heisenberg_energy(sites, anisotropy, magnetization) == pytest.approx(float(energy), rel=1e-14, abs=1e-14)


def test_long_rings_approach_the_known_limit():
    energy = heisenberg_energy(200, 1.0) / 200
    assert energy == pytest.approx(0.25 - np.log(2) - np.pi**2 / (12 * 200**2), abs=5e-7)


def test_ring_series():
    assert heisenberg_series(0.4, 0).values[1, 0] == heisenberg_energy(8, 0.4) / 8
    assert heisenberg_series(0.4, 1).values[1, 0] == heisenberg_energy(8, 0.4, 1) - heisenberg_energy(8, 0.4)


def lipkin_levels(particles, coupling):
    """All particles one by one: the symmetric states are in the space of 2^N."""
    up = np.array([[0.0, 1.0], [0.0, 0.0]])
    plus = sum(at(up, i, particles) for i in range(particles))
    H = sum(at(Z, i, particles) for i in range(particles)) / 2
    return np.linalg.eigvalsh(H - coupling / (2 * (particles - 1)) * (plus @ plus + plus.T @ plus.T)) + particles / 2


@pytest.mark.parametrize("coupling", [0.3, 1.0, 1.8])
@pytest.mark.parametrize("particles", [2, 4, 6, 8])
def test_lipkin_equals_the_whole_matrix(particles, coupling):
    levels = lipkin_levels(particles, coupling)
    assert lipkin_energy(particles, coupling) == pytest.approx(levels[0], abs=1e-13)
    assert np.abs(levels - lipkin_energy(particles, coupling, 1)).min() < 1e-13


def test_two_and_four_particles_have_closed_forms():
    assert lipkin_energy(2, 0.7) == pytest.approx(1 - np.sqrt(1.49), abs=1e-15)
    assert lipkin_energy(4, 0.9) == pytest.approx(2 - np.sqrt(4 + 12 * 0.3**2), abs=1e-15)
    assert lipkin_energy(4, 0.9, 1) == pytest.approx(2.0, abs=1e-14)


@pytest.mark.parametrize("coupling", [0.5, 1.0, 1.5])
def test_lipkin_in_extended_precision(coupling):
    """Newton's method on the continued fraction of the tridiagonal matrix."""
    J = np.longdouble(24)
    m = np.arange(-J, J - 1, 2)
    up = (J * (J + 1) - m * (m + 1)) * (J * (J + 1) - (m + 1) * (m + 2)) * (np.longdouble(coupling) / 94) ** 2
    for level in (0, 1):
        energy = np.longdouble(lipkin_energy(48, coupling, level))

        def determinant(trial):
            before, now = np.longdouble(1), -trial
            for place, square in zip(2 * np.arange(1, 25, dtype=np.longdouble), up, strict=True):
                before, now = now, (place - trial) * now - square * before
            return now

        step = np.longdouble(1e-10)
        slope = (determinant(energy + step) - determinant(energy - step)) / (2 * step)
        assert abs(determinant(energy) / slope) < 2e-14


def test_lipkin_series():
    assert lipkin_series(0.3, 0).values[4, 0] == lipkin_energy(10, 0.3)
    assert lipkin_series(0.3, 1).values[4, 0] == lipkin_energy(10, 0.3, 1) - lipkin_energy(10, 0.3)
