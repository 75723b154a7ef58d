"""Reservoirs: the sparse sweep against a plain loop, the spectral radius against all eigenvalues."""

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from network_formulas import equal, numbers
from unrolled.errors import InputError
from unrolled.networks import (
    LayerDesign,
    LeakyElman,
    NetworkDesign,
    Reservoir,
    ReservoirDesign,
    Scattered,
    collect_states,
    member_keys,
    spectral_radius,
    state_blocks,
    unroll,
)
from unrolled.types import precision


def drawn(features=2, seed=0, **settings):
    return ReservoirDesign(**settings).draw(features, key=member_keys(seed, 1)[0])


def by_loop(reservoir, inputs, h):
    f = {"tanh": np.tanh, "relu": lambda a: np.maximum(a, 0), "linear": lambda a: a}[reservoir.activation]
    W, made = reservoir.W(), []
    for x in inputs:
        h = (1 - reservoir.leak) * h + reservoir.leak * f(reservoir.U @ x + W @ h + reservoir.b)
        made.append(h)
    return np.array(made)


# 300 units with 10 connections are shifted, with 40 they are too but the sum is not written out, 20 units with 10 are
# multiplied densely; 7 inputs are multiplied as a matrix.
SIZES = {
    "sparse": {"units": 300, "connections": 10},
    "many connections": {"units": 300, "connections": 40},
    "dense": {"units": 20, "connections": 10},
    "all": {"units": 12, "connections": 50},
    "one": {"units": 1, "connections": 1},
}


@pytest.mark.parametrize("features", [1, 7])
@pytest.mark.parametrize("size", SIZES)
def test_states_equal_a_plain_loop(size, features):
    reservoir = drawn(features, **SIZES[size], rho=0.8, leak=0.4)
    inputs, start = numbers(60, features), numbers(reservoir.units, seed=3)
    states, last = collect_states(reservoir, inputs, start)
    wanted = by_loop(reservoir, inputs, start)
    equal(states, wanted, atol=1e-12)
    equal(last, wanted[-1], atol=1e-12)


@pytest.mark.parametrize("activation", ["relu", "linear"])
def test_other_activations(activation):
    reservoir = drawn(1, units=30, activation=activation, leak=1.0)
    inputs = numbers(20, 1)
    equal(collect_states(reservoir, inputs)[0], by_loop(reservoir, inputs, np.zeros(30)), atol=1e-12)


def test_blocks_are_one_series():
    """A series in pieces, each going on from the last state, is the series; and leaves the precision alone."""
    reservoir = drawn(1, units=100)
    inputs = numbers(5000, 1)
    states, last = collect_states(reservoir, inputs)
    equal(states[[0, 2047, 2048, 4999]], by_loop(reservoir, inputs, np.zeros(100))[[0, 2047, 2048, 4999]], atol=1e-12)
    first, between = collect_states(reservoir, inputs[:1234])
    rest, end = collect_states(reservoir, inputs[1234:], between)
    np.testing.assert_array_equal(np.concatenate([first, rest]), states)
    np.testing.assert_array_equal(end, last)
    seen = 0
    for start, block in state_blocks(reservoir, inputs):
        assert start == seen
        assert not jax.config.jax_enable_x64
        seen += len(block)
    assert seen == 5000


def test_the_dense_cell_is_the_same_layer():
    reservoir = drawn(2, units=50, connections=5, leak=0.6)
    cell = reservoir.cell()
    inputs = numbers(30, 2)
    with precision("float64"):
        h, _ = unroll(cell, inputs, cell.initial_state())
    equal(collect_states(reservoir, inputs)[0], h, atol=1e-12)
    again = Reservoir.of(cell)
    np.testing.assert_array_equal(again.W(), reservoir.W())
    assert again.values.shape == (5, 50)
    uneven = np.diag([1.0, 0.0, 2.0]) + np.diag([3.0, 0.0], 1)
    np.testing.assert_array_equal(Reservoir.of(LeakyElman(np.ones((3, 1)), uneven, np.zeros(3))).W(), uneven)


@given(units=st.integers(2, 60), connections=st.integers(1, 8), rho=st.floats(0.1, 2.0), seed=st.integers(0, 99))
def test_the_spectral_radius_is_what_was_asked(units, connections, rho, seed):
    reservoir = drawn(1, seed, units=units, connections=connections, rho=rho)
    W = reservoir.W()
    assert np.count_nonzero(W, axis=1).tolist() == [min(units, connections)] * units
    # With one connection the weights of a ring are of many sizes, and the eigenvalues less well known.
    rounding = 1e-10 if connections > 1 else 1e-6
    assert np.max(np.abs(np.linalg.eigvals(W))) == pytest.approx(rho, rel=rounding)


def test_the_spectral_radius_of_a_large_matrix():
    reservoir = drawn(1, units=900, rho=1.3)
    assert np.max(np.abs(np.linalg.eigvals(reservoir.W()))) == pytest.approx(1.3, rel=1e-10)
    assert spectral_radius(reservoir.values, reservoir.senders) == pytest.approx(1.3, rel=1e-12)


def shifts(units, *offsets):
    """Senders: every unit sees those at the same distances."""
    return (np.arange(units) + np.array(offsets)[:, None]) % units


@pytest.mark.parametrize("units", [7, 500])
def test_the_spectral_radius_of_a_ring(units):
    """W^n is the product of all weights, times 1; of weights of many sizes eigenvalue routines keep a few digits."""
    values = np.exp(np.random.default_rng(units).normal(size=(1, units)))
    power = np.eye(units)
    for _ in range(units):
        power = values.T * np.roll(power, -3, axis=0)
    np.testing.assert_allclose(power, power[0, 0] * np.eye(units), rtol=1e-11)
    ring = shifts(units, 3)
    assert spectral_radius(values, ring) == pytest.approx(power[0, 0] ** (1 / units), rel=1e-12)
    assert spectral_radius(np.where(values > 1, -2.0, 2.0), ring) == pytest.approx(2.0, rel=1e-14)


def test_the_spectral_radius_of_two_shifts():
    """Many eigenvalues of almost one size; all weights alike, they are the sums of two roots of 1."""
    senders = shifts(420, 60, 79)
    values = np.array([[1.0], [-0.7]]) * np.ones(420)
    assert spectral_radius(values, senders) == pytest.approx(1.7, rel=1e-12)
    random = np.random.default_rng(0).uniform(-1, 1, (2, 500))
    W = np.zeros((500, 500))
    np.put_along_axis(W, shifts(500, 60, 79).T, random.T, axis=1)
    wanted = np.max(np.abs(np.linalg.eigvals(W)))
    assert spectral_radius(random, shifts(500, 60, 79)) == pytest.approx(wanted, rel=1e-10)


def test_the_spectral_radius_of_a_matrix_without_a_loop_is_zero():
    chain = np.zeros((1, 200), np.int32)
    chain[0, 1:] = np.arange(199)
    values = np.ones((1, 200))
    values[0, 0] = 0.0
    assert spectral_radius(values, chain) == 0.0
    values[0, 0] = 0.25  # the first unit sees itself
    assert spectral_radius(values, chain) == 0.25
    delay_line = Reservoir(np.ones((200, 1)), np.zeros(200), np.where(chain == 0, 0.0, 1.0), Scattered(chain), 1.0)
    with pytest.raises(InputError, match=r"cannot be set to 0\.5: its connections form no loop"):
        delay_line.with_spectral_radius(0.5)
    with pytest.raises(InputError, match="no loop"):
        Reservoir.of(LeakyElman(np.ones((3, 1)), np.zeros((3, 3)), np.zeros(3))).with_spectral_radius(0.5)


def test_the_key_decides():
    one, same, other = (drawn(1, seed, units=30) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.values, same.values)
    assert (one.values != other.values).any()
    smaller = drawn(1, 1, units=30, input_scale=0.5, bias_scale=0.0, rho=0.45)
    equal(smaller.U, one.U / 2)
    equal(smaller.values, one.values / 2)
    assert not smaller.b.any()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"rho": 0.0}, "rho must be a finite number above 0"),
        ({"rho": -1.0}, "rho"),
        ({"rho": np.nan}, "rho"),
        ({"leak": 0.0}, "leak must be a finite number above 0"),
        ({"leak": 1.5}, "leak must be a share above 0 and up to 1; came 1.5"),
        ({"units": 0}, "units"),
        ({"connections": 0}, "connections"),
        ({"input_scale": -0.1}, "input_scale"),
        ({"bias_scale": np.inf}, "bias_scale"),
        ({"activation": "tahn"}, "did you mean 'tanh'"),
        ({"activation": "softmax"}, "softmax"),
    ],
)
def test_wrong_settings(changed, said):
    with pytest.raises(InputError, match=said):
        drawn(1, **changed)


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        (np.zeros((0, 2)), "one step at least"),
        (np.zeros((5, 3)), "has 2 inputs; came 3"),
        (np.array([[1.0, np.nan]]), "finite"),
    ],
)
def test_wrong_inputs(inputs, said):
    with pytest.raises(InputError, match=said):
        collect_states(drawn(2, units=5), inputs)


def test_leaky_layers_in_designs():
    design = NetworkDesign.parse("leaky-elman:5:tanh:0.25, bi-leaky-elman:3")
    assert str(design) == "leaky-elman:5:tanh:0.25, bi-leaky-elman:3:tanh:0.3"
    network = design.initialize(1, 1, key=member_keys(0, 1)[0])
    assert network.layers[0].leak == 0.25
    assert NetworkDesign.of(network) == design
    assert NetworkDesign.from_dict(design.to_dict()) == design
    assert design.with_hidden(units=4).layers[0] == LayerDesign("leaky-elman", 4, "tanh", leak=0.25)
    assert "leak" not in NetworkDesign.parse("elman:3").to_dict()["layers"][0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("leaky-elman:5:tanh:2", "leak must be a share"),
        ("leaky-elman:5:tanh:much", "came 'much'"),
        ("elman:5:tanh:0.5", "written kind:units"),
    ],
)
def test_wrong_leaks(text, said):
    with pytest.raises(InputError, match=said):
        NetworkDesign.parse(text)
    with pytest.raises(InputError, match="elman has no setting leak"):
        LayerDesign("elman", 5, "tanh", leak=0.5)
