"""Every kind of network as a system: its formulas, by hand and in numpy, step by step. A new kind is a line here."""

from functools import cache

import jax
import numpy as np
import pytest

from network_formulas import by_hand, numbers, random_network
from unrolled.dynamics import ClosedLoop, DrivenNetwork, lyapunov, trajectory
from unrolled.errors import InputError
from unrolled.types import precision

CELLS = ["elman:3", "lstm:3", "gru:3", "mingru:3", "peephole-lstm:3", "lstm-1997:2x2", "leaky-elman:3"]
STACKS = ["gru:2, dense:4:tanh, mingru:3", "elman:2:softmax, elman:2"]
TIME, OUTPUTS = 48, 2
# Cells of a block share the gate that lets them out, and what adds up to 1 has a direction less: J has not full rank.
LOST = {"lstm-1997:2x2": 2, "elman:2:softmax, elman:2": 1}
every_kind = pytest.mark.parametrize("text", [*CELLS, *STACKS])


@cache
def made(text):
    """A network, its state before and inputs."""
    network = random_network(text, features=2, outputs=OUTPUTS, seed=1)
    start = numbers(DrivenNetwork(network).size, seed=2) * 0.3
    return network, start, 0.5 * numbers(TIME, 2, seed=3)


def cut(network, flat):
    """The states of the layers, first to last, each with its activities and then its memory."""
    states, flat = [], list(flat)
    for layer in network.layers:
        if layer.recurrent:
            kind = layer.state_type
            parts = [np.array([flat.pop(0) for _ in range(layer.units)]) for _ in kind._fields]
            states.append(kind(*parts))
    assert not flat
    return tuple(states)


def joined(states):
    return np.concatenate([np.ravel(part) for state in states for part in state])


def first_states(network):
    with precision("float64"):
        return jax.tree.map(np.asarray, network.initial_states())


def step(network, h, x):
    return joined(by_hand(network, x[None], cut(network, h))[1])


def difference_quotients(network, h, x, small=1e-6):
    moved = [(step(network, h + d, x) - step(network, h - d, x)) / (2 * small) for d in small * np.eye(len(h))]
    return np.array(moved).T


@every_kind
def test_a_trajectory_is_the_formulas_step_by_step(text):
    network, start, inputs = made(text)
    system, h = DrivenNetwork(network), start
    states = trajectory(system, inputs=inputs, start=start)
    for now, x in zip(states, inputs, strict=True):
        h = step(network, h, x)
        np.testing.assert_allclose(now, h, rtol=0, atol=1e-12)
    seen = [cut(network, h)[-1].h for h in states]
    np.testing.assert_array_equal(system.observed(states), seen)
    later = trajectory(system, 20, inputs=inputs, start=start, washout=7)
    np.testing.assert_allclose(later, states[7:27], rtol=0, atol=1e-14)


@every_kind
def test_exponents_equal_factors_in_numpy(text):
    network, start, inputs = made(text)
    spectrum = lyapunov(DrivenNetwork(network), TIME, inputs=inputs, start=start, washout=0, seed=4)
    Q = np.linalg.qr(np.random.default_rng(4).normal(size=(len(start), len(start))))[0]
    h, logs, volumes = start, [], []
    for x in inputs:
        J = difference_quotients(network, h, x)
        Q, R = np.linalg.qr(J @ Q)
        with np.errstate(divide="ignore"):
            logs.append(np.log(np.abs(np.diagonal(R))))
            volumes.append(np.log(np.abs(np.linalg.det(J))))
        h = step(network, h, x)
    assert spectrum.steps == TIME
    found, wanted = np.sort(spectrum.exponents), np.sort(np.mean(logs, axis=0))
    lost = np.isneginf(found)
    assert np.count_nonzero(lost) == LOST.get(text, 0)
    assert (wanted[lost] < -15).all()  # differences in numpy leave rounding
    np.testing.assert_allclose(np.sort(spectrum.course.mean(axis=0))[~lost], wanted[~lost], rtol=0, atol=1e-5)
    if not lost.any():
        assert spectrum.course.mean(axis=0).sum() == pytest.approx(np.mean(volumes), abs=1e-5)


@every_kind
def test_a_closed_loop_is_the_network_fed_by_hand(text):
    network, _, inputs = made(text)
    loop = ClosedLoop.after(network, inputs)
    outputs, states = by_hand(network, inputs, first_states(network))
    np.testing.assert_allclose(loop.start, np.concatenate([joined(states), outputs[-1]]), rtol=0, atol=1e-12)
    y, wanted = outputs[-1], []
    for _ in range(8):
        (y,), states = by_hand(network, y[None], states)
        wanted.append(y)
    np.testing.assert_allclose(loop.observed(trajectory(loop, 8)), wanted, rtol=0, atol=1e-11)


def single(network):
    """The same network, its weights rounded to single precision."""
    return jax.tree.map(lambda weight: np.asarray(weight, np.float32), network)


@pytest.mark.parametrize("text", ["lstm:3", "gru:2, dense:4:tanh, mingru:3"])
def test_weights_of_single_precision_go_on_in_double(text):
    network, start, inputs = made(text)
    rounded = single(network)
    h, states = start, trajectory(DrivenNetwork(rounded), inputs=inputs, start=start)
    wide = jax.tree.map(lambda weight: np.asarray(weight, np.float64), rounded)
    for now, x in zip(states, inputs, strict=True):
        h = step(wide, h, x)
        np.testing.assert_allclose(now, h, rtol=0, atol=1e-12)
    one, other = ClosedLoop.after(rounded, inputs), ClosedLoop.after(wide, inputs)
    np.testing.assert_allclose(one.start, other.start, rtol=0, atol=1e-12)
    np.testing.assert_allclose(trajectory(one, 5), trajectory(other, 5), rtol=0, atol=1e-12)


def test_the_precision_of_the_process_changes_nothing():
    network, start, inputs = made("lstm:3")
    usual = trajectory(DrivenNetwork(network), inputs=inputs, start=start)
    exponents = lyapunov(DrivenNetwork(network), TIME, inputs=inputs, start=start, washout=0).exponents
    for wide in (False, True):
        with jax.enable_x64(wide):
            again = trajectory(DrivenNetwork(network), inputs=inputs, start=start)
            assert again.tobytes() == usual.tobytes()
            same = lyapunov(DrivenNetwork(network), TIME, inputs=inputs, start=start, washout=0)
            assert same.exponents.tobytes() == exponents.tobytes()


@pytest.mark.parametrize("output", ["linear", "softmax"])
def test_what_is_fed_back_is_part_of_the_state(output):
    network = random_network("lstm:3", features=1, outputs=2, output=output, feedback=True, seed=2)
    system, inputs = DrivenNetwork(network), numbers(12, 1)
    assert (system.size, system.features) == (8, 1)
    states = trajectory(system, inputs=inputs, start=np.zeros(8))
    outputs, after = by_hand(network, inputs, cut(network, np.zeros(6)))
    seen = outputs if output == "linear" else np.eye(2)[np.argmax(outputs, axis=1)]
    np.testing.assert_allclose(states[:, 6:], seen, rtol=0, atol=1e-12)
    np.testing.assert_allclose(states[-1, :6], joined(after), rtol=0, atol=1e-12)
    np.testing.assert_array_equal(system.observed(states), states[:, :3])
    spectrum = lyapunov(system, 12, inputs=inputs, start=np.zeros(8), washout=0)
    assert np.isfinite(spectrum.largest)
    if output == "softmax":  # a class does not change a little: these two directions are lost at once
        assert np.isneginf(spectrum.exponents[-2:]).all()


def test_learned_starts_begin_a_closed_loop():
    network = random_network("lstm:3", features=1, outputs=1, start="learned", seed=2)
    inputs = numbers(5, 1)
    loop = ClosedLoop.after(network, inputs)
    outputs, states = by_hand(network, inputs, first_states(network))
    np.testing.assert_allclose(loop.start, np.concatenate([joined(states), outputs[-1]]), rtol=0, atol=1e-12)


def test_behind_an_encoder_the_layers_are_left_to_themselves():
    network = random_network("gru:3", features=2, outputs=1, encoder="gru:3", seed=2)
    system = DrivenNetwork(network)
    assert (system.size, system.features) == (4, 0)  # the last output, which is fed back, is one of them
    outputs, _ = by_hand(network, numbers(6, 2), first_states(network), steps=4)
    encoded = by_hand(network, numbers(6, 2), first_states(network), steps=0)[1]
    states = trajectory(system, 4, start=np.concatenate([joined(encoded), np.zeros(1)]))
    np.testing.assert_allclose(states[:, 3:], outputs, rtol=0, atol=1e-12)


def test_dropout_belongs_to_training():
    network, start, inputs = made("elman:3")
    dropping = random_network("elman:3", features=2, outputs=OUTPUTS, seed=1, dropout=0.5)
    one, other = (trajectory(DrivenNetwork(own), inputs=inputs, start=start) for own in (network, dropping))
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (random_network("dense:3"), "without recurrent layers has no states"),
        (random_network("bi-gru:2"), "a bidirectional layer has no single step"),
        (random_network("elman:2").replace({"elman_1.W": np.full((2, 2), np.nan)}), "elman_1.W holds values that are"),
        (jax.tree.map(lambda w: np.stack([w, w]), random_network("elman:2")), "several networks in one; take a member"),
        ("elman:3", "a Network is needed; came str"),
    ],
)
def test_what_has_no_dynamics_is_refused(network, message):
    for kind in (DrivenNetwork, ClosedLoop):
        with pytest.raises(InputError, match=message):
            kind(network)


def test_what_cannot_be_closed_is_refused():
    wrong = [
        random_network("elman:2", features=2, outputs=1),
        random_network("elman:2", features=1, outputs=1, feedback=True),
        random_network("elman:2", features=1, outputs=1, encoder="elman:2"),
    ]
    for network in wrong:
        with pytest.raises(InputError, match="closed on itself by its outputs"):
            ClosedLoop(network)
    network = random_network("elman:2")
    for inputs in (np.ones(3), np.ones((3, 1)), np.ones((0, 2)), np.full((3, 2), np.nan), "abc"):
        with pytest.raises(InputError, match="inputs must be"):
            ClosedLoop.after(network, inputs)
