"""Spectra, the 0-1 test, memory, bifurcations, planes and climates."""

import jax.numpy as jnp
import numpy as np
import pytest
import scipy.signal
from hypothesis import given, settings
from hypothesis import strategies as st

from unrolled.compilation import count_compilations
from unrolled.dynamics import (
    DrivenNetwork,
    IteratedMap,
    bifurcation,
    climate_of,
    climate_of_values,
    compare_climates,
    effective_memory,
    henon_map,
    logistic_map,
    motion_in_plane,
    plane_of,
    power_spectrum,
    trajectory,
    zero_one_test,
)
from unrolled.errors import InputError
from unrolled.networks import Elman, Network, NetworkDesign, Readout, member_keys, random_network

TIME = np.arange(4_096)


def linear(W, U):
    n = len(W)
    return Network((Elman(U, W, np.zeros(n), "linear"),), Readout(np.ones((1, n)), np.zeros(1)))


def test_spectra_equal_welch():
    values = np.random.default_rng(0).normal(size=(1_000, 2))
    made = power_spectrum(values, spacing=0.1, segment=200)
    frequencies, density = scipy.signal.welch(values, 10.0, nperseg=200, axis=0)
    np.testing.assert_allclose(made.frequencies, frequencies[1:])
    np.testing.assert_allclose(made.density, density[1:].sum(axis=1))
    assert made.density.sum() * made.frequencies[0] == pytest.approx(values.var(axis=0).sum(), rel=0.1)
    assert made.flatness > 0.8


@given(st.floats(0.02, 0.45), st.floats(0, 6), st.floats(0.01, 100.0))
def test_the_strongest_frequency_of_a_sine(frequency, phase, spacing):
    values = np.sin(2 * np.pi * frequency * TIME + phase)
    made = power_spectrum(values, spacing=spacing)
    assert made.dominant * spacing == pytest.approx(frequency, abs=1e-4)
    assert made.flatness < 0.01


@pytest.mark.parametrize("level", [0.0, 0.1, -1e9])
def test_what_does_not_move_has_no_frequency(level):
    made = power_spectrum(np.full(500, level))
    assert np.isnan(made.dominant)
    assert np.isnan(made.flatness)
    assert not made.density.any()


@pytest.mark.parametrize(
    ("values", "settings", "message"),
    [
        (np.zeros(7), {}, "with 8 times at least"),
        (np.zeros((9, 0)), {}, "with 8 times at least"),
        (np.zeros((9, 2, 2)), {}, "must be an array of numbers"),
        (["a"] * 9, {}, "must be an array of numbers"),
        (np.full(9, np.nan), {}, "values must be finite numbers"),
        (np.zeros(9), {"spacing": 0.0}, "spacing must be"),
        (np.zeros(9), {"segment": 10}, "segment must be a whole number from 8 to 9"),
    ],
)
def test_spectra_of_what_is_no_motion(values, settings, message):
    with pytest.raises(InputError, match=message):
        power_spectrum(values, **settings)


def test_the_zero_one_test():
    regular, chaotic = (trajectory(logistic_map(r), 5_000, washout=500)[:, 0] for r in (3.55, 3.97))
    assert zero_one_test(regular) < 0.1
    assert zero_one_test(chaotic) > 0.95
    sines = np.sin(TIME) + np.sin(np.sqrt(2) * TIME)
    assert abs(zero_one_test(sines)) < 0.15
    assert zero_one_test(np.random.default_rng(0).normal(size=4_000)) > 0.95
    assert zero_one_test(chaotic) == zero_one_test(chaotic)
    assert zero_one_test(1e6 * chaotic + 1e8) == pytest.approx(zero_one_test(chaotic), abs=1e-4)
    assert abs(zero_one_test(np.ones(300))) < 0.2
    with pytest.raises(InputError, match="200 numbers at least; came 199"):
        zero_one_test(np.zeros(199))
    with pytest.raises(InputError, match="values must be finite numbers"):
        zero_one_test(np.full(300, np.inf))


@pytest.mark.parametrize("length", [1, 5])
def test_memory_of_a_delay_line(length):
    memory = effective_memory(linear(np.eye(length, k=-1), np.eye(length)[:, :1]), delays=10)
    np.testing.assert_allclose(memory.capacity[:length], 1, atol=1e-9)
    np.testing.assert_allclose(memory.capacity[length:], 0, atol=0.02)
    assert memory.reach == length - 1
    assert memory.total == pytest.approx(length, rel=0.05)
    assert str(memory).startswith(f"memory: {memory.total:.3g} values in all")


def test_memory_of_a_linear_network_is_its_number_of_units():
    """H. Jaeger, GMD Report 152, proposition 2: independent inputs, units that are independent of each other."""
    rng = np.random.default_rng(0)
    Q = np.linalg.qr(rng.normal(size=(12, 12)))[0]
    memory = effective_memory(linear(0.9 * Q, rng.normal(size=(12, 1))), delays=200)
    assert memory.total == pytest.approx(12, rel=0.05)
    assert (np.diff(memory.capacity[[0, 10, 40, 150]]) < 0).all()


def test_memory_of_closed_form():
    """One unit h' = a h + x: the share a^2k (1 - a^2) of the variance comes from k steps ago."""
    memory = effective_memory(linear(np.array([[0.7]]), np.ones((1, 1))), delays=6)
    np.testing.assert_allclose(memory.capacity, 0.49 ** np.arange(6) * 0.51, atol=0.03)
    assert memory.reach == 0
    none = effective_memory(linear(np.zeros((1, 1)), np.zeros((1, 1))), delays=3)
    assert none.reach is None
    assert none.total == pytest.approx(0, abs=0.01)


def test_what_has_no_memory_to_measure():
    encoder = NetworkDesign.parse("gru:2", encoder="gru:2").initialize(1, 1, key=member_keys(0, 1)[0])
    network = random_network(3, 0.5)
    for bad, told, message in (
        (encoder, {}, "a network without inputs has none to remember"),
        (network, {"delays": 0}, "delays must be a whole number"),
        (network, {"scale": 0.0}, "scale must be"),
        (network, {"seed": -1}, "seed must be a whole number"),
        (random_network(2_001, 0.5), {}, "of 2,000 states at most; this network has 2,001"),
        (linear(2 * np.eye(1), np.ones((1, 1))), {}, "runs off to infinity"),
    ):
        with pytest.raises(InputError, match=message):
            effective_memory(bad, **told)


def test_bifurcation_of_the_logistic_map():
    r = [0.5, 1.5, 2.8, 3.2, 3.5, 3.83, 3.9, 4.0, 4.5]
    made = bifurcation(logistic_map, r, kept=120, washout=2_000)
    periods = [len(set(row.round(5).tolist())) for row in made.points[:6]]
    assert periods == [1, 1, 1, 2, 4, 3]  # and not 0 for ever, where it lay for r < 1
    np.testing.assert_allclose(made.points[:3, -1], [0, 1 / 3, 1 - 1 / 2.8], atol=1e-6)
    assert np.sign(made.exponents[:8]).tolist() == [-1] * 6 + [1, 1]
    np.testing.assert_allclose(made.exponents[:3], np.log(np.abs([0.5, 0.5, 2 - 2.8])), atol=1e-6)
    two = 4 + 2 * 3.2 - 3.2**2
    assert made.exponents[3] == pytest.approx(np.log(abs(two)) / 2, abs=1e-3)
    assert np.isnan(made.points[8]).all()
    assert np.isnan(made.exponents[8])


def test_following_goes_on_from_the_last_end():
    """h' = tanh(3 h + p) is bistable: on the way up the lower state is followed, until it ends."""

    def bent(h, p):
        return jnp.tanh(3 * h + p)

    def make(p):
        return IteratedMap(bent, p, np.array([-0.5]))

    values = np.linspace(-2, 2, 17)
    up, down = (bifurcation(make, row, kept=2, washout=300).points[:, -1] for row in (values, values[::-1]))
    assert up[8] < -0.9
    assert down[8] > 0.9
    anew = bifurcation(make, values[::-1], kept=2, washout=300, follow=False).points[:, -1]
    assert anew[8] < -0.9
    again = bifurcation(make, [2.0, 0.5], kept=2).points
    np.testing.assert_allclose(again[:, 1], np.tanh(3 * again[:, 0] + [2.0, 0.5]), atol=1e-12)


def test_parameters_compile_nothing():
    bifurcation(logistic_map, [3.0], kept=50)
    with count_compilations() as counted:
        bifurcation(logistic_map, [3.1, 3.9, 2.2], kept=50)
    assert counted.programs == 0


@pytest.mark.parametrize(
    ("make", "settings", "message"),
    [
        (logistic_map, {"parameters": []}, "parameters must be a whole number"),
        (logistic_map, {"kept": 0}, "kept must be a whole number"),
        (logistic_map, {"output": 1}, "output must be a whole number from 0 to 0"),
        (logistic_map, {"follow": 1}, "follow must be True or False"),
        (logistic_map, {"kept": 90_000_000}, "are more than 100,000,000"),
        (logistic_map, {"inputs": [1.0]}, "inputs must be one row of 0 numbers"),
        (lambda r: r, {}, "a system is needed"),
        (lambda r: DrivenNetwork(random_network(2, r)), {"inputs": np.ones((9, 1))}, "inputs are held while"),
        (lambda r: DrivenNetwork(random_network(round(r), r)), {}, "systems of 3 and of 2 states"),
    ],
)
def test_what_cannot_be_followed(make, settings, message):
    with pytest.raises(InputError, match=message):
        bifurcation(make, **{"parameters": [3.0, 2.0]} | settings)


@settings(max_examples=20)
@given(st.integers(0, 2**32), st.integers(3, 6))
def test_laws_of_a_plane(seed, size):
    rng = np.random.default_rng(seed)
    states = rng.normal(size=(30, size)) @ rng.normal(size=(size, size))
    plane = plane_of(states)
    np.testing.assert_allclose(plane.directions @ plane.directions.T, np.eye(2), atol=1e-12)
    places = plane.project(states)
    np.testing.assert_allclose(plane.project(plane.lift(places)), places, atol=1e-10)
    variance = np.linalg.eigvalsh(np.cov(states.T))[::-1]
    np.testing.assert_allclose(plane.shares, variance[:2] / variance.sum(), atol=1e-12)
    np.testing.assert_allclose(places.var(axis=0, ddof=1), variance[:2], rtol=1e-9)
    assert 0 < plane.shares[1] <= plane.shares[0] <= 1
    turned = plane_of(states[::-1])
    np.testing.assert_allclose(turned.directions, plane.directions, atol=1e-9)


def test_motion_is_a_step():
    system = henon_map()
    plane = plane_of(np.zeros((3, 2)))
    assert plane.whole
    made = motion_in_plane(system, plane, (-1, 1), (-0.5, 0.5), grid=5)
    for i, v in enumerate(made.second):
        for j, u in enumerate(made.first):
            step = np.array([1 - 1.4 * u**2 + v - u, 0.3 * u - v])
            np.testing.assert_allclose(made.steps[i, j], step, atol=1e-12)
            assert made.speeds[i, j] == pytest.approx(np.linalg.norm(step))
    network = DrivenNetwork(random_network(4, 1.0))
    through = plane_of(trajectory(network, 50))
    held = motion_in_plane(network, through, (-1, 1), (-1, 1), inputs=[0.5], grid=4)
    w = network.network.weights()
    h = through.lift(np.array([-1.0, -1.0]))
    step = np.tanh(w["elman_1.W"] @ h + 0.5 * w["elman_1.U"][:, 0]) - h
    np.testing.assert_allclose(held.steps[0, 0], through.directions @ step, atol=1e-12)
    assert held.speeds[0, 0] == pytest.approx(np.linalg.norm(step))


def test_planes_that_are_none():
    plane = plane_of(np.zeros((3, 2)))
    for states in (np.zeros((3, 1)), np.zeros((0, 3)), np.full((2, 3), np.nan)):
        with pytest.raises(InputError, match="a plane needs finite states of two numbers at least"):
            plane_of(states)
    assert plane_of(np.ones((1, 4))).shares == (0.0, 0.0)
    network = DrivenNetwork(random_network(3, 1.0))
    for system, given_plane, ends, told, message in (
        (network, plane, (0, 1), {}, "states of 2 numbers, not of 3"),
        (henon_map(), "plane", (0, 1), {}, "plane must be a Plane"),
        (henon_map(), plane, 1.0, {}, "first must be an array"),
        (henon_map(), plane, (1, 0), {}, "the lesser one first"),
        (henon_map(), plane, (0, np.nan), {}, "two finite numbers"),
        (henon_map(), plane, (0, 1), {"grid": 1}, "grid must be a whole number"),
        (henon_map(), plane, (0, 1), {"inputs": np.ones((3, 0))}, "the input is held"),
    ):
        with pytest.raises(InputError, match=message):
            motion_in_plane(system, given_plane, ends, (0, 1), **told)


def test_climates():
    same = compare_climates(henon_map(), henon_map(), 5_000)
    assert same.histogram_distances.max() < 0.1
    assert same.spectrum_distances.max() < 0.1
    assert str(same).startswith("histograms differ by")
    other = compare_climates(henon_map(1.0), henon_map(), 5_000)
    assert other.histogram_distances.max() > 0.3
    assert other.spectrum_distances.max() > 0.3
    known = climate_of_values(trajectory(henon_map(), 5_000, washout=100))
    assert compare_climates(henon_map(), known, 5_000).histogram_distances.max() < 0.1


def test_distances_of_histograms_and_spectra():
    values = np.random.default_rng(0).normal(size=(4_000, 1))
    shifted = climate_of_values(values + values.std())
    compared = type(compare_climates(henon_map(), henon_map(), 100))(climate_of_values(values), shifted)
    np.testing.assert_allclose(compared.histogram_distances, 1, atol=1e-6)
    np.testing.assert_allclose(compared.spectrum_distances, 0, atol=1e-6)


def test_a_loop_that_runs_off_is_noted():
    compared = compare_climates(IteratedMap(lambda h, a: a * h, 2.0, np.ones(1)), logistic_map(), 500)
    assert compared.learned is None
    assert str(compared).startswith("in the long run the network is of no use: the system runs off to infinity")
    assert np.isnan(compared.histogram_distances).all()
    assert np.isnan(compared.spectrum_distances).all()
    with pytest.raises(InputError, match="puts out 2 numbers at a time and the system shows 1"):
        compare_climates(henon_map(), logistic_map(), 500)
    with pytest.raises(InputError, match="runs off"):
        compare_climates(logistic_map(), logistic_map(4.5), 500)
    with pytest.raises(InputError, match="steps must be a whole number from 32"):
        climate_of(henon_map(), 31)
    with pytest.raises(InputError, match="32 finite rows"):
        climate_of_values(np.zeros((31, 1)))


def test_exponents_as_many_as_the_dimension_needs():
    """Ten maps side by side, each chaotic: four exponents are too few to know a dimension of ten."""

    def beside(h, r):
        return r * h * (1 - h)

    apart = IteratedMap(beside, 4.0, np.linspace(0.1, 0.3, 10))
    climate = climate_of(apart, 500, start=np.linspace(0.1, 0.3, 10))
    assert len(climate.spectrum.exponents) == 10
    assert climate.spectrum.dimension == 10
