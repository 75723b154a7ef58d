"""Layers that run both ways."""

import jax
import numpy as np
import pytest

from network_formulas import FORMULAS, compiled, equal, like, numbers, random_network
from unrolled.networks import Bidirectional, BothStates, NetworkDesign, unroll
from unrolled.types import precision

BATCH, TIME, UNITS, FEATURES = 2, 9, 3, 2


@pytest.fixture(autouse=True)
def _float64():
    with precision("float64"):
        yield


def test_one_cell_forward_and_one_on_the_flipped_sequence():
    """For all kinds: outputs side by side, the final states those of each."""
    layers = {kind: random_network(f"bi-{kind}:{UNITS}").layers[0] for kind in FORMULAS}
    inputs = numbers(BATCH, TIME, FEATURES)
    states = {kind: like(layer.initial_state((BATCH,)), 2) for kind, layer in layers.items()}

    @compiled
    def run(layers):
        both = {kind: unroll(layer, inputs, states[kind]) for kind, layer in layers.items()}
        ahead = {kind: unroll(layer.forward, inputs, states[kind].forward) for kind, layer in layers.items()}
        behind = {
            kind: unroll(layer.backward, inputs[:, ::-1], states[kind].backward) for kind, layer in layers.items()
        }
        return both, ahead, behind

    both, ahead, behind = run(layers)
    for kind in FORMULAS:
        h, after = both[kind]
        assert h.shape == (BATCH, TIME, 2 * UNITS)
        equal(h[..., :UNITS], ahead[kind][0])
        equal(h[..., UNITS:], np.asarray(behind[kind][0])[:, ::-1])
        equal(after, BothStates(ahead[kind][1], behind[kind][1]))
        equal(after.h, np.concatenate([h[:, -1, :UNITS], h[:, 0, UNITS:]], axis=-1))


def test_a_flipped_sequence_and_exchanged_cells_give_flipped_outputs():
    layer = random_network("bi-gru:3").layers[0]
    exchanged = Bidirectional(layer.backward, layer.forward)
    inputs, state = numbers(TIME, FEATURES), like(layer.initial_state(), 2)

    @compiled
    def both(layer, exchanged):
        ahead = unroll(layer, inputs, state)
        return ahead, unroll(exchanged, inputs[::-1], BothStates(state.backward, state.forward))

    (h, after), (other, other_after) = both(layer, exchanged)
    equal(h, np.concatenate([other[::-1, UNITS:], other[::-1, :UNITS]], axis=-1))
    equal(after, BothStates(other_after.backward, other_after.forward))


def test_names_shapes_and_numbers_of_weights():
    network = NetworkDesign.parse("dense:4, bi-lstm:3, gru:5")
    shapes = network.shapes(2, 1)
    assert list(shapes)[2:8] == [f"bi-lstm_1.{way}.{name}" for way in ("forward", "backward") for name in "UWb"]
    assert shapes["bi-lstm_1.backward.U"] == (12, 4)
    assert shapes["gru_1.U"] == (15, 6)
    made = random_network("bi-lstm:3", 4).layers[0]
    assert (made.kind, made.units, made.features, made.activation) == ("bi-lstm", 3, 4, "tanh")
    assert not np.array_equal(made.forward.U, made.backward.U)
    # PyTorch has a second bias in an LSTM and an Elman cell, which adds nothing: 4 gates of 3 units more, both ways.
    torch = 2 * 4 * 3 * (4 + 3 + 2)
    assert sum(w.size for w in made.weights().values()) == torch - 2 * 4 * 3


def test_the_keep_gates_of_both_start_open():
    weights = NetworkDesign.parse("bi-lstm:2").initialize(1, 1, key=jax.random.key(0)).weights()
    for way in ("forward", "backward"):
        assert weights[f"bi-lstm_1.{way}.b"].tolist() == [0.0] * 2 + [1.0] * 2 + [0.0] * 4
