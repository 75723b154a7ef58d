"""Exponents: logarithms of eigenvalues for linear maps, known numbers for chaotic ones, and laws for all."""

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from unrolled.compilation import count_compilations
from unrolled.dynamics import (
    DrivenNetwork,
    IteratedMap,
    LyapunovSpectrum,
    henon_map,
    logistic_map,
    lorenz_flow,
    lyapunov,
)
from unrolled.dynamics._averages import averaged, smooth_weights
from unrolled.errors import InputError
from unrolled.networks import Elman, Network, Readout, random_network

seeds = st.integers(0, 2**32)


def linear(W):
    """A network that adds its input to the first unit."""
    n = len(W)
    return DrivenNetwork(Network((Elman(np.eye(n)[:, :1], W, np.zeros(n), "linear"),), Readout(np.eye(n), np.zeros(n))))


def times(h, W):
    return W @ h


def with_gaps(seed, radius, size=3):
    """A random matrix of that spectral radius, and the logarithms of its eigenvalues, which are equal or lie apart."""
    W = np.random.default_rng(seed).normal(size=(size, size))
    W *= radius / np.abs(np.linalg.eigvals(W)).max()
    values = np.linalg.eigvals(W)
    logs = np.sort(np.log(np.abs(values)))[::-1]
    gaps = -np.diff(logs)
    assume(bool(((gaps < 1e-9) | (gaps > 0.15)).all()) and logs[-1] > -8)
    angles = np.abs(np.angle(values[np.abs(values.imag) > 0]))
    assume(all(0.2 < angle < np.pi - 0.2 for angle in angles))
    return W, logs


@given(seeds, st.floats(0.1, 5.0))
def test_at_a_fixed_point_they_are_logarithms_of_eigenvalues(seed, radius):
    W, logs = with_gaps(seed, radius)
    spectrum = lyapunov(IteratedMap(times, W, np.zeros(3)), 10)
    assert spectrum.exact
    np.testing.assert_allclose(spectrum.exponents, logs, rtol=0, atol=1e-9)
    assert not spectrum.errors.any()


@settings(max_examples=15)
@given(seeds)
def test_on_the_way_of_a_linear_map_too(seed):
    W, logs = with_gaps(seed, 0.9999)
    spectrum = lyapunov(IteratedMap(times, W, np.ones(3)), 20_000)
    assert not spectrum.exact
    np.testing.assert_allclose(spectrum.exponents, logs, rtol=0, atol=1e-6)


@settings(max_examples=15)
@given(seeds, st.floats(0.3, 0.99))
def test_inputs_change_no_exponent_of_a_linear_network(seed, radius):
    W, logs = with_gaps(seed, radius)
    x = np.random.default_rng(seed).normal(size=(20_500, 1))
    spectrum = lyapunov(linear(W), 20_000, inputs=x, washout=500)
    np.testing.assert_allclose(spectrum.exponents, logs, rtol=0, atol=1e-6)


def test_one_state():
    assert lyapunov(linear(np.array([[0.5]])), 10).exponents == pytest.approx([np.log(0.5)])
    assert lyapunov(logistic_map(4.0), 50_000).largest == pytest.approx(np.log(2), rel=0.01)


def test_henon():
    spectrum = lyapunov(henon_map(), 100_000)
    assert spectrum.largest == pytest.approx(0.419, abs=0.005)
    assert spectrum.exponents.sum() == pytest.approx(np.log(0.3), abs=1e-10)
    assert spectrum.dimension == pytest.approx(1.258, abs=0.005)
    assert spectrum.entropy == spectrum.largest


def test_lorenz():
    spectrum = lyapunov(lorenz_flow(), 100_000)
    largest, none, least = spectrum.exponents
    assert (largest, least) == (pytest.approx(0.906, rel=0.02), pytest.approx(-14.57, rel=0.02))
    assert abs(none) < 0.01
    assert spectrum.exponents.sum() == pytest.approx(-41 / 3, abs=1e-3)  # the divergence of the flow
    assert spectrum.dimension == pytest.approx(2.062, abs=0.01)
    assert spectrum.zeros == 1


def test_a_large_random_network_turns_chaotic_as_its_gain_grows():
    means = {}
    for gain in (0.9, 1.2):
        systems = [DrivenNetwork(random_network(500, gain, seed=seed)) for seed in range(10)]
        means[gain] = np.mean([lyapunov(system, 1_500, count=1, washout=1_000).largest for system in systems])
    assert means[0.9] < -0.05
    assert means[1.2] > 0


def test_the_first_alone_is_the_first_of_all():
    alone, all_ = (lyapunov(henon_map(), 4_000, count=count) for count in (1, 2))
    assert alone.steps == all_.steps
    assert alone.course.mean() == pytest.approx(all_.course[:, 0].mean(), abs=1e-9)
    assert alone.largest == pytest.approx(all_.largest, abs=all_.errors[0])


def test_a_seed_decides_every_byte_and_no_exponent():
    one, again, other = (lyapunov(henon_map(), 20_000, seed=seed, start=[0.1, 0.1]) for seed in (1, 1, 2))
    assert one.course.tobytes() == again.course.tobytes()
    assert one.exponents.tobytes() == again.exponents.tobytes()
    np.testing.assert_allclose(other.exponents, one.exponents, atol=1e-6)


def test_errors_are_honest():
    """From 20 places on the attractor: the exponents spread as much as they say."""
    starts = np.random.default_rng(0).uniform(-0.1, 0.1, (20, 2))
    made = [lyapunov(henon_map(), 4_000, start=start) for start in starts]
    spread = np.std([one.largest for one in made], ddof=1)
    said = np.sqrt(np.mean([one.errors[0] ** 2 for one in made]))
    assert 1 / 1.5 < spread / said < 1.5


def test_no_input_of_a_sequence_is_left_out():
    """Every number of washout steps and of steps, whatever is made orthogonal together."""

    x = np.random.default_rng(0).uniform(0.1, 0.4, (200, 1))
    network = DrivenNetwork(random_network(1, 1.0, seed=3))
    w = network.network.weights()
    W, U = float(w["elman_1.W"][0, 0]), float(w["elman_1.U"][0, 0])
    for washout, steps in ((0, 1), (5, 7), (37, 50), (33, 160)):
        h, logs = 0.2, []
        for number in range(washout + steps):
            h = np.tanh(W * h + U * x[number, 0])
            logs.append(np.log(abs(W * (1 - h**2))))
        spectrum = lyapunov(network, steps, inputs=x, washout=washout, start=[0.2])
        assert spectrum.steps == steps
        np.testing.assert_allclose(spectrum.course.mean(axis=0), np.mean(logs[washout:]), atol=1e-12)


def test_fewer_steps_than_are_made_orthogonal_together():
    W = np.diag([0.9, 0.8, 0.7])
    x = np.random.default_rng(0).normal(size=(500, 1))
    for steps in (1, 2, 3, 15):
        spectrum = lyapunov(linear(W), steps, inputs=x, washout=485)
        assert spectrum.steps == steps
        np.testing.assert_allclose(spectrum.exponents, np.log([0.9, 0.8, 0.7]), atol=1e-9)


@pytest.mark.parametrize("steps", [10, 20_000])
def test_a_delay_line_loses_every_direction(steps):
    """In one block among many, whatever its weight."""
    system = linear(np.eye(3, k=-1))
    assert lyapunov(system, 10).exponents.tolist() == [-np.inf] * 3
    driven = lyapunov(system, steps, inputs=np.ones((steps + 100, 1)), washout=100)
    assert driven.exponents.tolist() == [-np.inf] * 3
    assert driven.dimension == 0


def test_a_spread_that_grows_late_is_noticed():
    """Near the start directions shrink alike; where it ends they lie e^25 apart after every step."""

    def narrowing(h, _):
        return jnp.stack([0.999 * h[0], h[1] * jnp.exp(-25 * (1 - jnp.abs(h[0])))])

    spectrum = lyapunov(IteratedMap(narrowing, 0.0, np.array([1.0, 0.5])), 2_000, washout=9_000)
    np.testing.assert_allclose(spectrum.exponents, [np.log(0.999), -25], atol=0.01)


def test_numbers_of_steps_and_seeds_compile_nothing():
    system = henon_map()
    lyapunov(system, 100, washout=50)
    with count_compilations() as counted:
        for steps, washout in ((1, 0), (33, 10), (5_000, 1_234)):
            lyapunov(henon_map(1.39), steps, washout=washout, seed=steps)
    assert counted.programs == 0


def spectrum_of(*exponents, size=None, errors=None):
    values = np.array(exponents, float)
    size = len(values) if size is None else size
    none = np.zeros(len(values)) if errors is None else np.array(errors, float)
    return LyapunovSpectrum(values, none, values[None], 1000, 1.0, size)


@pytest.mark.parametrize(
    ("exponents", "wanted"),
    [
        ((0.5, -1.0), 1.5),
        ((0.9, 0.0, -14.5), 2 + 0.9 / 14.5),
        ((0.9, 1e-8, -14.5), 2 + 0.9 / 14.5),
        ((0.4, -0.1, -0.1, -1.0), 3.2),
        ((0.4, -np.inf), 1.0),
        ((0.0, -np.inf, -np.inf), 1.0),
        ((0.0, 0.0, -1.0), 2.0),
        ((-0.1, -0.2), 0.0),
        ((-np.inf,), 0.0),
        ((0.3, 0.1), 2.0),
        ((0.0,), 1.0),
    ],
)
def test_kaplan_yorke(exponents, wanted):
    assert spectrum_of(*exponents).dimension == pytest.approx(wanted, abs=1e-12)


def test_kaplan_yorke_wants_more_exponents():
    assert np.isnan(spectrum_of(0.5, -0.2, size=5).dimension)
    assert spectrum_of(0.5, -0.6, size=5).dimension == pytest.approx(1 + 5 / 6)
    assert spectrum_of(0.02, -1.0, errors=[0.01, 0.0]).dimension == 1  # cannot be told from zero
    assert spectrum_of(0.02, -1.0, errors=[0.01, 0.0]).entropy == 0


@given(st.integers(1, 5_000))
def test_weights_are_a_mean(count):
    weights = smooth_weights(count)
    assert weights.sum() == pytest.approx(1, abs=1e-12)
    assert (weights >= 0).all()
    np.testing.assert_allclose(weights, weights[::-1], rtol=0, atol=1e-15)


def test_weighted_averages_of_a_rotation_converge_fast():
    angles = 2 * np.pi * 0.5 * (np.sqrt(5) - 1) * np.arange(10_000)
    values = np.cos(angles + 0.3) + np.cos(3 * angles)
    errors = [abs(smooth_weights(count) @ values[:count]) for count in (100, 1_000, 10_000)]
    assert errors[1] < 1e-9
    assert errors[2] < 1e-13
    assert abs(values.mean()) > 1e-5


def test_what_is_lost_in_one_block_is_lost_on_average():
    values = np.zeros((2_000, 2))
    values[0, 1] = -np.inf  # where the weight is rounded to zero
    mean, error = averaged(values)
    assert mean.tolist() == [0, -np.inf]
    assert error[0] == 0
    assert np.isnan(error[1])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"steps": 0}, "steps must be a whole number"),
        ({"count": 3}, "count must be a whole number from 1 to 2; came 3"),
        ({"washout": -1}, "washout must be a whole number"),
        ({"seed": -1}, "seed must be a whole number"),
        ({"inputs": np.ones(1)}, "inputs must be one row of 0 numbers"),
        ({"start": [0.1]}, "start must be 2 numbers; came 1"),
        ({"start": [np.nan, 0.1]}, "start must be finite numbers"),
        ({"start": [10.0, 10.0]}, "runs off to infinity"),
    ],
)
def test_what_does_not_fit_is_said(settings, message):
    with pytest.raises(InputError, match=message):
        lyapunov(henon_map(), **settings)


def test_sequences_must_be_long_enough():
    with pytest.raises(InputError, match="a washout of 1000 leaves nothing of a sequence of 10 inputs"):
        lyapunov(linear(np.eye(2)), 10, inputs=np.ones((10, 1)))
    with pytest.raises(InputError, match="steps must be a whole number from 1 to 5; came 6"):
        lyapunov(linear(np.eye(2)), 6, inputs=np.ones((10, 1)), washout=5)
    with pytest.raises(InputError, match="a system is needed"):
        lyapunov(random_network(3, 1.0))
