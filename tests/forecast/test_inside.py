"""What is inside a fitted model: its system and its network."""

import numpy as np
import pytest

import unrolled
from unrolled.dynamics import ClosedLoop, DrivenNetwork, trajectory
from unrolled.errors import InputError
from unrolled.forecast import EchoState, NextGenerationReservoir, closed_loop_system, inside
from unrolled.learn import GradientDescent
from unrolled.networks import NetworkDesign
from unrolled.sequence import SequenceModel
from unrolled.types import Batch

_SINE = np.sin(0.3 * np.arange(80))


@pytest.fixture(scope="module")
def sequence_model():
    x = np.random.default_rng(0).normal(size=(2, 5, 2))
    return SequenceModel(NetworkDesign.parse("gru:2"), GradientDescent(epochs=1), members=2).fit(Batch(x, x))


@pytest.mark.parametrize("number", [0, 1])
def test_a_sequence_model_is_driven_and_gives_what_it_predicts(sequence_model, number):
    system, network = inside(sequence_model, number=number)
    assert type(system) is DrivenNetwork
    x = np.random.default_rng(1).normal(size=(7, 2))
    weights = {name: np.asarray(w)[number] for name, w in sequence_model.networks.weights().items()}
    for name, w in network.weights().items():
        np.testing.assert_array_equal(w, weights[name])
    states = trajectory(system, inputs=x, start=np.zeros(2))
    outputs, _ = network.run(x, network.initial_states())
    np.testing.assert_allclose(states @ weights["readout.V"].T + weights["readout.c"], outputs, atol=1e-6)


def test_closed_its_outputs_are_its_inputs(sequence_model):
    system, network = inside(sequence_model, closed=True)
    assert type(system) is ClosedLoop
    assert system.size == 4
    assert system.features == 0
    h = np.array([0.1, -0.2, 0.3, 0.4])
    driven = trajectory(DrivenNetwork(network), inputs=h[None, 2:], start=h[:2])[0]
    after = trajectory(system, 1, start=h)[0]
    np.testing.assert_allclose(after[:2], driven, atol=1e-12)
    weights = network.weights()
    np.testing.assert_allclose(after[2:], weights["readout.V"] @ driven + weights["readout.c"], atol=1e-12)


def test_a_reservoir_comes_with_its_layer():
    fitted = EchoState(units=6, members=2).fit(_SINE)
    for number in (0, 1):
        system, network = inside(fitted, number=number)
        assert system.size == 7
        [W] = [w for name, w in network.weights().items() if name.endswith(".W")]
        assert W.shape == (6, 6)
        reservoir = fitted.members()[number].reservoir
        np.testing.assert_array_equal(W, reservoir.cell().W)
    first, second = (inside(fitted, number=k)[1].weights() for k in (0, 1))
    assert any(not np.array_equal(first[name], second[name]) for name in first)


def test_products_of_delays_have_no_network():
    fitted = NextGenerationReservoir(delays=2).fit(_SINE)
    system, network = inside(fitted)
    assert network is None
    loop = closed_loop_system(fitted)
    np.testing.assert_array_equal(trajectory(system, 5), trajectory(loop, 5))


def test_what_is_not_there_is_refused(sequence_model):
    with pytest.raises(InputError, match="the number of the member must be a whole number from 0 to 1; came 2"):
        inside(sequence_model, number=2)
    with pytest.raises(InputError, match="the number of the member"):
        inside(EchoState(units=4, members=1).fit(_SINE), number=1)
    with pytest.raises(InputError, match="analog has no network"):
        inside(unrolled.model("analog").fit(_SINE))
