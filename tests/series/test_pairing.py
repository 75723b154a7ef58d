import numpy as np
import pytest
from scipy.optimize import root

from unrolled.errors import InputError
from unrolled.series import dataset, pairing_energy, pairing_series


@pytest.mark.parametrize("g", [-3.0, -0.5, 0.0, 0.1, 0.5, 2.0, 5.0])
def test_two_particles_have_a_closed_form(g):
    assert pairing_energy(2, g) == pytest.approx(1 - np.sqrt(1 + g * g / 4), abs=1e-14)


@pytest.mark.parametrize(("particles", "energy"), [(20, -0.688736393587), (40, -1.706537803768)])
def test_converged_values(particles, energy):
    assert pairing_energy(particles, 0.5) == pytest.approx(energy, abs=1e-11)


def amplitude_equations(T, pairs, v):
    """The equations as published, without symmetry and without eliminating anything."""
    T = T.reshape(pairs, pairs)
    hole, particle = np.arange(pairs) + v, np.arange(pairs, 2 * pairs)
    R, C = T.sum(1)[:, None], T.sum(0)[None, :]
    gap = particle[:, None] - hole[None, :]
    return (v + 2 * gap * T + v * (R + C) + v * R * C - 2 * v * T * (R + C) + 2 * v * T**2).ravel()


@pytest.mark.parametrize(("particles", "g"), [(4, 0.5), (8, 0.3), (10, -1.0), (12, 0.7), (20, 0.5)])
def test_equals_a_general_solver_of_the_full_equations(particles, g):
    pairs = particles // 2
    T = np.zeros(pairs * pairs)
    for step in np.linspace(0, g, 11)[1:]:
        T = root(amplitude_equations, T, (pairs, -step / 2), tol=1e-13).x
    assert np.abs(amplitude_equations(T, pairs, -g / 2)).max() < 1e-12
    assert pairing_energy(particles, g) == pytest.approx(-g / 2 * T.sum(), abs=1e-12)


@pytest.mark.parametrize(("particles", "g"), [(2, 0.5), (20, 0.802), (72, 0.5), (300, 0.3)])
def test_residual_is_at_rounding(particles, g):
    from unrolled.series._pairing import _follow, _start

    pairs = particles // 2
    point = _follow(_start(pairs), g)
    # The solver counts holes downward from the Fermi level, the equations upward.
    T = point.T[:, ::-1]
    assert np.abs(amplitude_equations(T.ravel(), pairs, -g / 2)).max() < 1e-12 * pairs


def test_catalogue_agrees_with_the_solver():
    published, converged = dataset("pairing-particles"), pairing_series()
    assert np.array_equal(published.x, converged.x)
    assert np.abs(published.values - converged.values).max() < 1.5e-7


@pytest.mark.parametrize(("particles", "g"), [(20, 0.803), (20, 0.9), (20, 5.0), (74, 0.5), (100, 0.5)])
def test_past_the_end_of_the_branch_is_an_error(particles, g):
    with pytest.raises(InputError, match=f"{particles} particles have no real solution at g = {g:g}.*ends at g = 0"):
        pairing_energy(particles, g)


def test_the_branch_ends_where_it_is_known_to():
    with pytest.raises(InputError, match=r"ends at g = 0\.802\d"):
        pairing_energy(20, 1.0)


def test_against_coupling_each_value_is_that_of_a_single_run():
    g = [0.1, 0.3, 0.2, -0.4, -0.5, 0.0, 0.6]
    along = [pairing_series(particles=12, g=[value, 2.0 * value + 1e-3]).values[0, 0] for value in g[:3]]
    assert along == pytest.approx([pairing_energy(12, value) for value in g[:3]], abs=1e-13)
    rising = pairing_series(particles=12, g=sorted(g))
    assert rising.x_name == "g"
    assert rising.values[:, 0] == pytest.approx([pairing_energy(12, value) for value in sorted(g)], abs=1e-13)


def test_energy_is_continuous_up_to_the_fold():
    g = np.linspace(0, 0.802, 400).tolist()
    energies = pairing_series(particles=20, g=g).values[:, 0]
    steps = np.diff(energies)
    assert np.all(steps < 0)
    assert np.all(np.diff(steps) < 1e-12)


@pytest.mark.parametrize("particles", [0, -2, 3, 2002])
def test_bad_particle_numbers(particles):
    with pytest.raises(InputError, match="even number from 2 to 2000"):
        pairing_energy(particles, 0.5)


@pytest.mark.parametrize("g", [float("nan"), float("inf")])
def test_bad_coupling(g):
    with pytest.raises(InputError, match="g must be a finite number"):
        pairing_energy(4, g)


def test_series_needs_exactly_one_sequence():
    with pytest.raises(InputError, match="a sequence for one"):
        pairing_series(particles=4, g=0.5)
    with pytest.raises(InputError, match="a sequence for one"):
        pairing_series(particles=(2, 4), g=[0.1, 0.2])
