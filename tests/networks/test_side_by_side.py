"""Two networks side by side: each does what it does alone."""

from functools import partial

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from network_formulas import FORMULAS, by_hand, compiled, equal, numbers, random_network
from unrolled.dynamics import DrivenNetwork, lyapunov
from unrolled.errors import InputError
from unrolled.networks import Network, NetworkDesign, initialize_members, member_keys, side_by_side
from unrolled.networks import random_network as drawn_network
from unrolled.types import precision

# What the first and the second are made of; sizes differ, kinds do not.
CASES = {
    **{kind: (f"{kind}:3", f"{kind}:5", {}) for kind in FORMULAS},
    "blocks": ("lstm-1997:2x2", "lstm-1997:3x2", {}),
    "leak": ("leaky-elman:3:tanh:0.3", "leaky-elman:2:tanh:0.3", {}),
    "stack": ("lstm:3, dense:4:tanh, mingru:3", "lstm:2, dense:2:tanh, mingru:5", {}),
    "both directions": ("bi-gru:2, bi-lstm:3, dense:3", "bi-gru:4, bi-lstm:1, dense:2", {}),
    "final": ("lstm:3, bi-elman:2, dense:2", "lstm:2, bi-elman:3, dense:3", {"reads": "final"}),
    "learned": ("gru:3, lstm:2", "gru:2, lstm:3", {"start": "learned"}),
    "feedback": ("gru:3", "gru:4", {"feedback": True, "start": "learned"}),
    "feedback from zero": ("elman:3", "elman:2", {"feedback": True}),
    "dense alone": ("dense:3, dense:2:sigmoid", "dense:2, dense:4:sigmoid", {}),
    "linear": ("", "", {}),
}
SIZES = ((2, 3), (1, 2))  # inputs and outputs of each
TIME, BATCH = 9, 2
every_case = pytest.mark.parametrize("case", CASES)


@pytest.fixture(autouse=True)
def _float64():
    with precision("float64"):
        yield


def pair(case):
    *texts, settings = CASES[case]
    return [
        random_network(text, *sizes, seed=seed, **settings)
        for seed, (text, sizes) in enumerate(zip(texts, SIZES, strict=True))
    ]


@compiled
def _outputs(network, inputs):
    return network(inputs)


def alone(network, inputs):
    """The outputs by the formulas, in numpy, of one sequence."""
    states = jax.tree.map(np.asarray, network.initial_states())
    first = None if network.start.output is None else np.asarray(network.start.output)
    return by_hand(network, inputs, states, first=first)[0]


def on_both(networks, inputs):
    edge = networks[0].features
    return np.concatenate([alone(networks[0], inputs[:, :edge]), alone(networks[1], inputs[:, edge:])], axis=1)


@every_case
def test_outputs_are_those_of_each_on_its_own_inputs(case):
    networks = pair(case)
    both = side_by_side(*networks)
    inputs = numbers(BATCH, TIME, 3)
    made = np.asarray(_outputs(both, inputs))
    for i in range(BATCH):
        equal(made[i], on_both(networks, inputs[i]), atol=1e-12)


@every_case
def test_nothing_is_lost_and_nothing_is_new(case):
    networks = pair(case)
    both = side_by_side(*networks)
    design = NetworkDesign.of(both)
    assert (both.features, both.outputs, both.recurrent) == (3, 5, networks[0].recurrent)
    assert {name: weight.shape for name, weight in both.weights().items()} == design.shapes(3, 5)
    for name, weight in both.weights().items():
        parts = np.concatenate([np.ravel(network.weights()[name]) for network in networks])
        np.testing.assert_array_equal(np.sort(weight[weight != 0]), np.sort(parts[parts != 0]))


def test_an_encoder_hands_on_the_states_of_both():
    networks = [
        random_network(text, *sizes, seed=seed, encoder=text)
        for seed, (text, sizes) in enumerate(zip(("gru:3", "gru:2"), SIZES, strict=True))
    ]
    inputs = numbers(TIME, 3)
    made = side_by_side(*networks)(inputs)
    for network, own, seen in zip(networks, (made[:, :3], made[:, 3:]), (inputs[:, :2], inputs[:, 2:]), strict=True):
        equal(own, by_hand(network, seen, network.initial_states(), steps=TIME)[0], atol=1e-12)


def test_units_that_are_looked_at():
    networks = [
        random_network(text, 1, len(seen), seed=seed, observed=seen)
        for seed, (text, seen) in enumerate((("bi-elman:2", (3, 0)), ("bi-elman:3", (5, 1, 2))))
    ]
    inputs = numbers(TIME, 2)
    both = side_by_side(*networks)
    assert both.readout.chosen == (6, 0, 9, 3, 4)  # forward 0 1 | 2 3 4, backward 5 6 | 7 8 9
    equal(both(inputs), on_both(networks, inputs), atol=1e-12)


@pytest.mark.parametrize(("starts", "wanted"), [((0.5, 0.5), 0.5), ((0.1, 0.25), None), ((0.5, "learned"), None)])
def test_initial_states_are_kept(starts, wanted):
    networks = [random_network("lstm:2", 1, 1, seed=seed, start=start) for seed, start in enumerate(starts)]
    both = side_by_side(*networks)
    assert bool(both.start.states) is (wanted is None)
    assert wanted is None or both.start.constant == wanted
    (found,), *(((first,), (second,))) = (network.initial_states() for network in (both, *networks))
    for part in ("h", "s"):
        own = [getattr(state, part) for state in (first, second)]
        np.testing.assert_array_equal(getattr(found, part), np.concatenate(own))


def test_initial_states_for_each_sequence():
    make = partial(random_network, features=1, outputs=1, start="learned")
    each, one = make("gru:2", sequences=3), make("gru:4", seed=1)
    both = side_by_side(each, one)
    index = np.array([2, 0])
    (found,) = both.initial_states((2,), index)
    np.testing.assert_array_equal(found.h[:, :2], each.start.states[0].h[index])
    np.testing.assert_array_equal(found.h[:, 2:], np.stack([one.start.states[0].h] * 2))
    with pytest.raises(InputError, match="each of 2 sequences here and of 3 there"):
        side_by_side(each, make("gru:1", sequences=2))


@pytest.mark.parametrize(("gain", "atol"), [(1.6, 5e-4), (0.5, 1e-10)])
def test_the_exponents_of_the_whole_are_those_of_both(gain, atol):
    """Averages along the trajectory of random inputs; logarithms of eigenvalues where an input is held."""
    networks = [drawn_network(4, gain, seed=4), drawn_network(5, 0.8, seed=5)]
    systems = [DrivenNetwork(network) for network in (*networks, side_by_side(*networks))]
    inputs = numbers(4000, 2) if gain > 1 else numbers(2)
    ways = [(inputs[..., :1], slice(4)), (inputs[..., 1:], slice(4, 9)), (inputs, slice(9))]
    start = numbers(9, seed=2)
    *apart, whole = (
        lyapunov(system, 3500, inputs=x, start=start[own], washout=500)
        for system, (x, own) in zip(systems, ways, strict=True)
    )
    assert whole.exact is (gain < 1)
    wanted = np.sort(np.concatenate([spectrum.exponents for spectrum in apart]))[::-1]
    np.testing.assert_allclose(whole.exponents, wanted, rtol=0, atol=atol)


def test_coupled_programs_disturb_each_other():
    networks = [drawn_network(units, 1.0, seed=units) for units in (80, 120)]
    apart, coupled = side_by_side(*networks), side_by_side(*networks, coupling=0.5, seed=3)
    own = np.arange(200) < 80
    between = own[:, None] != own
    before, after = (network.weights() for network in (apart, coupled))
    for name in before:
        if name != "elman_1.W":
            np.testing.assert_array_equal(before[name], after[name])
    np.testing.assert_array_equal(before["elman_1.W"][~between], after["elman_1.W"][~between])
    added = after["elman_1.W"][between]
    assert added.size == 2 * 80 * 120
    assert added.std() == pytest.approx(0.5 / np.sqrt(200), rel=4 / np.sqrt(2 * added.size))
    assert added.mean() == pytest.approx(0, abs=4 * 0.5 / np.sqrt(200 * added.size))
    np.testing.assert_array_equal(
        side_by_side(*networks, coupling=0.5, seed=3).weights()["elman_1.W"], after["elman_1.W"]
    )
    inputs = numbers(TIME, 2)
    changed = inputs + np.array([0.0, 1.0])  # of the second alone
    assert np.abs(apart(changed) - apart(inputs))[:, 0].max() < 1e-12
    assert np.abs(coupled(changed) - coupled(inputs))[:, 0].max() > 1e-3


@pytest.mark.parametrize("kind", ["lstm", "gru", "peephole-lstm", "lstm-1997", "bi-gru"])
def test_every_gate_is_coupled(kind):
    networks = [random_network(f"{kind}:{units}", 1, 1, seed=units) for units in (2, 3)]
    apart, coupled = side_by_side(*networks), side_by_side(*networks, coupling=1.0)
    for name, weight in apart.weights().items():
        more = coupled.weights()[name]
        np.testing.assert_array_equal(more[weight != 0], weight[weight != 0])
        assert name.endswith(".W") is bool((more != weight).any())
        if name.endswith(".W"):
            assert (more != 0).all()


kinds = st.sampled_from([*FORMULAS, "dense"])
sizes = st.integers(1, 4)


@given(st.lists(kinds, max_size=3), st.data())
def test_shapes_add_up(row, data):
    made = []
    for seed in (0, 1):
        text = ", ".join(f"{kind}:{data.draw(sizes)}" for kind in row)
        made.append(random_network(text, data.draw(sizes), data.draw(sizes), seed=seed))
    both = side_by_side(*made)
    design = NetworkDesign.of(both)
    for number, layer in enumerate(design.layers):
        own = [NetworkDesign.of(network).layers[number] for network in made]
        assert layer.units == own[0].units + own[1].units
        assert (layer.kind, layer.activation) == (own[0].kind, own[0].activation)
    assert both.features == sum(network.features for network in made)
    assert both.outputs == sum(network.outputs for network in made)
    filled = sum(np.count_nonzero(weight) for weight in both.weights().values())
    assert filled == sum(weight.size for network in made for weight in network.weights().values())


make = partial(random_network, features=1, outputs=1)


@pytest.mark.parametrize(
    ("first", "second", "settings", "words"),
    [
        (make("gru:2"), make("lstm:2"), {}, "same kinds.*; came gru_1 tanh, readout linear and lstm_1 tanh"),
        (make("gru:2"), make("gru:2, gru:2"), {}, "same kinds"),
        (make("elman:2"), make("elman:2:relu"), {}, "elman_1 tanh.* and elman_1 relu"),
        (make("elman:2"), make("elman:2", output="tanh"), {}, "readout linear and .* readout tanh"),
        (make("leaky-elman:2"), make("leaky-elman:2:tanh:0.5"), {}, "leak=0.3.* and .*leak=0.5"),
        (make("lstm-1997:4"), make("lstm-1997:2x2"), {}, "block=1.* and .*block=2"),
        (make("elman:2"), make("elman:2", feedback=True), {}, "the same feedback; came False and True"),
        (make("gru:2"), make("gru:2", reads="final"), {}, "the same reads; came 'steps' and 'final'"),
        (make("gru:2"), make("gru:2", dropout=0.1), {}, "the same dropout"),
        (make("elman:2:softmax"), make("elman:2:softmax"), {}, "softmax of elman_1 in first"),
        (make("elman:2"), make("elman:2", output="softmax"), {}, "softmax of readout in second"),
        (make("mingru:2"), make("mingru:2"), {"coupling": 1.0}, "no W between units"),
        (make("elman:2"), make("elman:2"), {"coupling": -1.0}, "coupling must be"),
        (make("elman:2"), make("elman:2"), {"seed": 0.5}, "seed must be a whole number"),
        (make("elman:2"), NetworkDesign.parse("elman:2"), {}, "second must be a Network; came NetworkDesign"),
    ],
)  # fmt: skip
def test_what_does_not_go_together(first, second, settings, words):
    with pytest.raises(InputError, match=words):
        side_by_side(first, second, **settings)


def test_several_networks_in_one():
    members = initialize_members(NetworkDesign.parse("elman:2"), 1, 1, keys=member_keys(0, 2))
    assert isinstance(members, Network)
    with pytest.raises(InputError, match="first is several networks in one"):
        side_by_side(members, members)
