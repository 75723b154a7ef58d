"""Maps, flows and their trajectories, beside loops in numpy."""

import jax.numpy as jnp
import numpy as np
import pytest
import scipy.integrate
from hypothesis import given, settings
from hypothesis import strategies as st

from unrolled.compilation import count_compilations
from unrolled.dynamics import DrivenNetwork, Flow, IteratedMap, henon_map, logistic_map, lorenz_flow, trajectory
from unrolled.errors import InputError
from unrolled.networks import random_network
from unrolled.series import lorenz


def halves(h, a):
    return a * h


@settings(max_examples=20)
@given(st.floats(0.0, 1.0), st.integers(1, 60), st.integers(0, 40))
def test_a_map_is_a_loop(a, steps, washout):
    start = np.array([0.1, -0.2])
    h, wanted = start, []
    for _ in range(washout + steps):
        h = np.array([1 - a * h[0] ** 2 + h[1], 0.3 * h[0]])
        wanted.append(h)
    made = trajectory(henon_map(a), steps, start=start, washout=washout)
    np.testing.assert_allclose(made, wanted[washout:], rtol=0, atol=1e-6)  # chaotic ones part slowly


def test_pieces_are_one_trajectory():
    """Longer than one compiled piece, and in the middle of one."""
    whole = trajectory(logistic_map(3.7), 10_000)
    assert whole.shape == (10_000, 1)
    np.testing.assert_array_equal(trajectory(logistic_map(3.7), 1_000, washout=8_999), whole[8_999:9_999])
    inputs = np.random.default_rng(0).normal(size=(9_000, 1))
    system = DrivenNetwork(random_network(3, 0.9))
    driven = trajectory(system, inputs=inputs, start=np.zeros(3))
    w, h = system.network.weights(), np.zeros(3)
    for x in inputs:
        h = np.tanh(w["elman_1.W"] @ h + w["elman_1.U"] @ x + w["elman_1.b"])
    np.testing.assert_allclose(driven[-1], h, atol=1e-12)


def test_a_flow_equals_scipy():
    def f(_, h):
        return [10 * (h[1] - h[0]), h[0] * (28 - h[2]) - h[1], h[0] * h[1] - 8 / 3 * h[2]]

    made = trajectory(lorenz_flow(0.02, 8), 50)
    times = 0.02 * np.arange(1, 51)
    wanted = scipy.integrate.solve_ivp(f, (0, 1), [1.0, 1.0, 20.0], t_eval=times, rtol=1e-11, atol=1e-11).y.T
    np.testing.assert_allclose(made, wanted, rtol=0, atol=1e-4)
    coarse = np.abs(trajectory(lorenz_flow(0.02, 2), 10) - wanted[:10]).max()
    fine = np.abs(trajectory(lorenz_flow(0.02, 4), 10) - wanted[:10]).max()
    assert 8 < coarse / fine < 32  # of fourth order


def test_the_series_is_the_same_system():
    known = lorenz(200, step=0.02).values
    np.testing.assert_allclose(trajectory(lorenz_flow(0.02, 10), 5, start=known[0]), known[1:6], rtol=0, atol=2e-3)


def test_lists_and_whole_numbers_are_states():
    one = trajectory(IteratedMap(halves, 0.5, [4, 8]), 2)
    assert one.tolist() == [[2.0, 4.0], [1.0, 2.0]]
    assert one.dtype == np.float64


def test_starts():
    system = henon_map()
    starts = system.starts(5, np.random.default_rng(0))
    assert starts[0].tolist() == [0.1, 0.1]
    assert len(np.unique(starts, axis=0)) == 5
    network = DrivenNetwork(random_network(4, 1.0))
    one, again, other = (trajectory(network, 1, seed=seed) for seed in (0, 0, 1))
    assert one.tobytes() == again.tobytes() != other.tobytes()


def test_lengths_and_parameters_share_a_program():
    trajectory(logistic_map(3.1), 100)
    with count_compilations() as counted:
        for steps, r in ((65, 3.2), (127, 3.3), (128, 3.9)):
            trajectory(logistic_map(r), steps)
    assert counted.programs == 0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: IteratedMap(halves, 0.5, 1.0), r"start must be an array of numbers of shape \(state,\)"),
        (lambda: IteratedMap(halves, 0.5, np.zeros((2, 2))), r"start must be an array of numbers of shape \(state,\)"),
        (lambda: IteratedMap(halves, 0.5, np.zeros(0)), "start must be finite numbers, one at least"),
        (lambda: IteratedMap(halves, 0.5, np.array([np.nan])), "start must be finite numbers"),
        (lambda: IteratedMap(lambda h, a: h[0], 0.5, np.zeros(1)), "function must give 1 real numbers"),
        (lambda: IteratedMap(lambda h, a: (h, h), 0.5, np.zeros(1)), "function must give 1 real numbers"),
        (lambda: IteratedMap(lambda h, a: h > 0, 0.5, np.zeros(1)), "function must give 1 real numbers"),
        (lambda: Flow(lambda h, a: h[:1], 0.5, np.zeros(2)), "derivative must give 2 real numbers"),
        (lambda: Flow(halves, 0.5, np.zeros(2), 0.0), "step must be"),
        (lambda: Flow(halves, 0.5, np.zeros(2), 0.1, 0), "parts must be a whole number"),
        (lambda: logistic_map(np.nan), "r must be a finite number"),
        (lambda: lorenz_flow(beta=np.inf), "beta must be a finite number"),
    ],
)
def test_what_is_no_system_is_said_at_once(make, message):
    with pytest.raises(InputError, match=message):
        make()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "say how many steps"),
        ({"steps": 0}, "steps must be a whole number"),
        ({"steps": 2.5}, "steps must be a whole number"),
        ({"steps": 5, "washout": -1}, "washout must be a whole number"),
        ({"steps": 5, "inputs": [1.0, 2.0]}, "inputs must be one row of 1 numbers"),
        ({"steps": 5, "inputs": 1.0}, "inputs must be one row of 1 numbers"),
        ({"steps": 5, "inputs": "abc"}, "came no numbers"),
        ({"steps": 5, "inputs": [[1.0], [1.0, 2.0]]}, "came no numbers"),
        ({"steps": 5, "inputs": [np.inf]}, "inputs must be finite numbers"),
        ({"inputs": np.ones((3, 1)), "washout": 3}, "a washout of 3 leaves nothing of a sequence of 3 inputs"),
        ({"inputs": np.ones((3, 1)), "steps": 4}, "steps must be a whole number from 1 to 3; came 4"),
        ({"steps": 5, "start": [1.0]}, "start must be 2 numbers; came 1"),
        ({"steps": 5, "start": [1.0, np.nan]}, "start must be finite numbers"),
        ({"steps": 5, "seed": -1}, "seed must be a whole number"),
    ],
)
def test_what_does_not_fit_is_said(settings, message):
    with pytest.raises(InputError, match=message):
        trajectory(DrivenNetwork(random_network(2, 1.0)), **settings)


def test_too_much_is_said():
    with pytest.raises(InputError, match="are more than 500,000,000 numbers"):
        trajectory(DrivenNetwork(random_network(50, 1.0)), 100_000_000)
    with pytest.raises(InputError, match="a system is needed"):
        trajectory(np.eye(2), 5)


@pytest.mark.parametrize("washout", [0, 20, 5_000])
def test_running_off_says_when(washout):
    growing = IteratedMap(halves, 2.0, np.array([1.0]))
    with pytest.raises(InputError, match="runs off to infinity: after 40 steps its state is beyond 1e"):
        trajectory(growing, 100, washout=washout)
    assert trajectory(growing, 39)[-1, 0] == 2.0**39


def test_infinite_states_of_a_function_are_found():
    with pytest.raises(InputError, match="after 1 steps"):
        trajectory(IteratedMap(lambda h, a: a / h, 1.0, np.zeros(1)), 3)
    assert jnp.zeros(1).dtype == jnp.float32  # the process is as it was
