"""How states begin: as a constant, as learned, as given."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from network_formulas import by_hand, compiled, equal, like, numbers, of_sequence, product, random_network
from unrolled.errors import InputError
from unrolled.networks import NetworkDesign, Start, initialize_members, map_members, member, member_keys, merge_given
from unrolled.types import precision

BATCH, TIME, FEATURES, SEQUENCES = 3, 9, 2, 4
STACK = "dense:2:tanh, lstm:2, bi-gru:2, mingru:2, lstm-1997:1x2"
NAMES = ["lstm_1.h_0", "lstm_1.s_0", "bi-gru_1.forward.h_0", "bi-gru_1.backward.h_0", "mingru_1.h_0"]
NAMES += ["lstm-1997_1.h_0", "lstm-1997_1.s_0"]
INDEX = np.array([2, 0, 2])


@pytest.fixture(autouse=True)
def _float64():
    with precision("float64"):
        yield


@pytest.mark.parametrize("constant", [0.0, -0.7])
def test_a_constant(constant):
    network = random_network(STACK, start=constant)
    states = network.initial_states((BATCH,))
    assert [np.shape(leaf) for leaf in jax.tree.leaves(states)] == [(BATCH, 2)] * len(NAMES)
    assert all(np.all(leaf == constant) for leaf in jax.tree.leaves(states))
    assert not set(NAMES) & network.weights().keys()


@cache
def learned(sequences):
    """Outputs and gradients of a network with learned initial states."""
    network = random_network(STACK, start="learned", sequences=sequences)
    inputs, weigh = numbers(BATCH, TIME, FEATURES), numbers(BATCH, TIME, 2, seed=2)
    index = INDEX if sequences else None

    @compiled
    def run(network):
        def error(network):
            outputs, _ = network.run(inputs, network.initial_states((BATCH,), index))
            return jnp.sum(weigh * outputs), outputs

        return jax.value_and_grad(error, has_aux=True)(network)

    return network, inputs, run


every_way = pytest.mark.parametrize("sequences", [0, SEQUENCES])


@every_way
def test_learned_states_are_weights_at_the_beginning(sequences):
    network, inputs, run = learned(sequences)
    weights = network.weights()
    assert list(weights)[-len(NAMES) :] == NAMES
    assert {weights[name].shape for name in NAMES} == {(SEQUENCES, 2) if sequences else (2,)}
    (_, outputs), _ = run(network)
    for i in range(BATCH):
        states = of_sequence(network.start.states, INDEX[i]) if sequences else network.start.states
        equal(outputs[i], by_hand(network, inputs[i], states)[0])


@every_way
def test_the_gradient_goes_back_to_them(sequences):
    network, _, run = learned(sequences)
    _, gradient = run(network)
    direction = like(network, 3)

    def moved(step):
        return run(jax.tree.map(lambda leaf, d: leaf + step * d, network, direction))[0][0]

    slope = float(moved(1e-5) - moved(-1e-5)) / 2e-5
    assert float(product(gradient, direction)) == pytest.approx(slope, abs=1e-6, rel=1e-6)
    for name, weight in gradient.weights().items():
        assert np.any(weight), name
        if sequences and name in NAMES:  # sequences 1 and 3 were not there
            assert np.any(np.asarray(weight) != 0, axis=1).tolist() == [True, False, True, False]


def test_new_sequences_begin_in_the_mean():
    network = random_network("lstm:2", start="learned", sequences=SEQUENCES)
    (state,) = network.initial_states((BATCH,))
    (own,) = network.initial_states((BATCH,), INDEX)
    for part, mine, all_of_them in zip(state, own, network.start.states[0], strict=True):
        equal(part, np.broadcast_to(all_of_them.mean(axis=0), (BATCH, 2)))
        equal(mine, all_of_them[INDEX])


def test_a_learned_first_output():
    start = Start(output=np.arange(6.0).reshape(3, 2))
    assert start.first_output(2, (2,), float, np.array([2, 0])).tolist() == [[4.0, 5.0], [0.0, 1.0]]
    assert start.first_output(2, (), float).tolist() == [2.0, 3.0]
    assert Start(output=np.ones(2)).first_output(2, (1, 3), float).shape == (1, 3, 2)
    assert Start().first_output(2, (4,), float).tolist() == [[0.0, 0.0]] * 4


def test_the_first_guess_is_random_and_small():
    design = NetworkDesign.parse("lstm:50, gru:30", start="learned", sequences=7, feedback=True)
    weights = design.initialize(2, 2, key=member_keys(0, 1)[0]).weights()
    assert {name: w.shape for name, w in weights.items()} == design.shapes(2, 2)
    assert list(weights)[-4:] == ["lstm_1.h_0", "lstm_1.s_0", "gru_1.h_0", "readout.y_0"]
    for name in list(weights)[-4:-1]:
        assert 0.05 < weights[name].std() < 0.2
    assert weights["readout.y_0"].shape == (7, 2)
    plain = NetworkDesign.parse("lstm:50, gru:30", feedback=True).initialize(2, 2, key=member_keys(0, 1)[0])
    for name, weight in plain.weights().items():  # the other weights are what they were
        np.testing.assert_array_equal(weight, weights[name])


def test_members_learn_states_of_their_own():
    design = NetworkDesign.parse("lstm:2", start="learned", sequences=SEQUENCES)
    networks = initialize_members(design, FEATURES, 1, keys=member_keys(0, 2))
    inputs = numbers(BATCH, TIME, FEATURES)

    def outputs(network):
        return network.run(inputs, network.initial_states((BATCH,), INDEX))[0]

    mapped, second = compiled(lambda networks: (map_members(outputs, networks), outputs(member(networks, 1))))(networks)
    equal(mapped[1], second)
    assert not np.allclose(mapped[0], mapped[1])
    assert NetworkDesign.of(networks) == NetworkDesign.of(member(networks, 0)) == design


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        (STACK, {}),
        (STACK, {"start": 0.5}),
        (STACK, {"start": "learned"}),
        (STACK, {"start": "learned", "sequences": 3}),
        ("gru:2", {"start": "learned", "sequences": 3, "feedback": True}),
        ("gru:2", {"start": "learned", "encoder": "dense:3, gru:2"}),
        ("gru:2", {"start": "learned", "observed": (1,)}),
        ("bi-lstm:2", {"start": "learned", "reads": "final", "dropout": 0.1}),
    ],
)
def test_a_network_says_what_its_design_was(text, settings):
    design = NetworkDesign.parse(text, **settings)
    outputs = 1 if design.observed else 2
    network = design.initialize(FEATURES, outputs, key=member_keys(0, 1)[0])
    assert NetworkDesign.of(network) == design
    again = design.network(network.weights(), FEATURES, outputs)
    assert jax.tree.structure(again) == jax.tree.structure(network)
    assert {name: w.shape for name, w in network.weights().items()} == design.shapes(FEATURES, outputs)


def test_states_that_the_data_give():
    network = random_network("lstm:2, elman:3")
    states = like(network.initial_states((BATCH,)), 1)
    given = np.full((BATCH, 2), np.nan)
    given[1] = [5.0, np.nan]
    merged = merge_given(states, network.recurrent_names, {"lstm_1.s": given, "elman_1.h": np.zeros((BATCH, 3))})
    wanted = states[0].s.copy()
    wanted[1, 0] = 5.0
    equal(merged[0].s, wanted, atol=0)
    equal(merged[0].h, states[0].h, atol=0)
    assert not np.any(merged[1].h)
    assert merge_given(states, network.recurrent_names, None) is states


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("lstm_2.h", "unknown recurrent layer 'lstm_2'; did you mean 'lstm_1'"),
        ("lstm_1", "unknown recurrent layer 'lstm_1'"),
        ("lstm_1.c", "lstm_1 has no state 'c'"),
        ("elman_1.s", "elman_1 has no state 's'"),
        ("bi-gru_1.h", "bi-gru_1 has no state 'h' that can be given"),
    ],
)
def test_states_that_cannot_be_given(name, words):
    network = random_network("lstm:2, elman:3, bi-gru:2")
    with pytest.raises(InputError, match=words):
        merge_given(network.initial_states(), network.recurrent_names, {name: np.ones(2)})
