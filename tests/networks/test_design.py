import dataclasses
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.errors import InputError
from unrolled.networks import LayerDesign, NetworkDesign, activation, activations, layer_kinds, summarize

layers = st.builds(LayerDesign, st.sampled_from(layer_kinds()), st.integers(1, 100_000), st.sampled_from(activations()))
designs = st.builds(NetworkDesign, st.lists(layers, max_size=6).map(tuple), st.sampled_from(activations()))


@given(designs)
def test_round_trips(design):
    assert NetworkDesign.from_dict(design.to_dict()) == design
    if design.layers:
        assert NetworkDesign.parse(str(design), design.output) == design
    assert hash(design) == hash(NetworkDesign.from_dict(design.to_dict()))


@given(designs, st.integers(1, 9), st.integers(1, 9))
def test_summary_and_count_agree_with_the_shapes(design, features, outputs):
    summary = summarize(design, features, outputs, time=3)
    assert summary.parameters == design.parameter_count(features, outputs)
    assert len(summary.rows) == len(design.layers) + 1
    assert f"total: {summary.parameters:,} parameters" in str(summary)


def test_blanks_capitals_and_defaults():
    assert NetworkDesign.parse(" LSTM : 5 ,, dense:3 ").layers == (
        LayerDesign("lstm", 5, "tanh"),
        LayerDesign("dense", 3, "relu"),
    )
    assert str(NetworkDesign.parse("")) == "no hidden layer"


def test_counts_by_hand():
    # gates x units x (features + units + biases), and a readout
    assert NetworkDesign.parse("elman:5").parameter_count(3, 2) == 5 * (3 + 5 + 1) + 2 * (5 + 1)
    assert NetworkDesign.parse("lstm:5").parameter_count(3, 2) == 4 * 5 * (3 + 5 + 1) + 2 * (5 + 1)
    assert NetworkDesign.parse("gru:5").parameter_count(3, 2) == 3 * 5 * (3 + 5 + 2) + 2 * (5 + 1)
    assert NetworkDesign.parse("dense:5").parameter_count(3, 2) == 5 * (3 + 1) + 2 * (5 + 1)
    assert NetworkDesign().parameter_count(3, 2) == 2 * (3 + 1)


@pytest.mark.parametrize(
    ("text", "changes", "wanted"),
    [
        ("dense:9, gru:4, gru:4", {"units": 7}, "dense:9:relu, gru:7:tanh, gru:7:tanh"),
        ("dense:9, gru:4, gru:5", {"layers": 1}, "dense:9:relu, gru:4:tanh"),
        ("dense:9, gru:4, gru:5", {"layers": 4}, "dense:9:relu, gru:4:tanh, gru:5:tanh, gru:5:tanh, gru:5:tanh"),
        ("gru:4, dense:9", {"layers": 2}, "gru:4:tanh, gru:4:tanh, dense:9:relu"),
        ("gru:4, dense:9, gru:5, dense:8", {"layers": 1}, "gru:4:tanh, dense:9:relu, dense:8:relu"),
        ("dense:9, dense:8", {"layers": 3}, "dense:9:relu, dense:8:relu, dense:8:relu"),
        ("dense:9, dense:8", {"units": 2, "activation": "tanh"}, "dense:2:tanh, dense:2:tanh"),
        ("gru:4, dense:9", {"activation": "relu"}, "gru:4:relu, dense:9:relu"),
        ("gru:4", {}, "gru:4:tanh"),
    ],
)
def test_other_hidden_layers(text, changes, wanted):
    assert str(NetworkDesign.parse(text).with_hidden(**changes)) == wanted


@pytest.mark.parametrize(
    "changes",
    [
        *({"units": units} for units in (0, -1, 1.5, True, "9", 10**12)),
        *({"layers": layers} for layers in (0, 2.5, 5000, "2")),
        *({"activation": name} for name in ("tahn", ["tanh"], 3)),
    ],
)
def test_hidden_layers_that_cannot_be(changes):
    (name,) = changes
    with pytest.raises(InputError, match=name):
        NetworkDesign.parse("gru:4").with_hidden(**changes)


@pytest.mark.parametrize(
    "text",
    [
        *("lstm", "lstm:", "lstm:x", "lstm:-5", "lstm:0", "lstm:5.5", "lstm:5:tanh:1", "lsmt:5", "lstm:5:tahn", ":5"),
        *(f"elman:{10**12}", f"elman:{10**4000}", "lstm:٣:", "elman:²", ", ".join(["elman:1"] * 5000)),
    ],
)
def test_hostile_text(text):
    began = time.perf_counter()
    try:
        made = NetworkDesign.parse(text)
    except InputError:
        made = None
    assert made is None or made.layers == (LayerDesign("lstm", 3),)  # another script's digits are digits
    assert time.perf_counter() - began < 1


@given(st.text(max_size=30))
def test_any_text_is_a_design_or_an_input_error(text):
    try:
        made = NetworkDesign.parse(text)
    except InputError:
        return
    assert NetworkDesign.parse(str(made) if made.layers else "") == made


@pytest.mark.parametrize("text", [None, 5, b"lstm:5", ["lstm:5"]])
def test_a_design_is_text(text):
    with pytest.raises(InputError, match="written in words"):
        NetworkDesign.parse(text)


def test_errors_offer_the_nearest_name():
    with pytest.raises(InputError, match="did you mean 'lstm'"):
        NetworkDesign.parse("lsmt:5")
    with pytest.raises(InputError, match="did you mean 'sigmoid'"):
        activation("sigmod")
    with pytest.raises(InputError, match="has no hidden layers"):
        NetworkDesign().with_hidden(units=3)
    assert NetworkDesign().with_hidden() == NetworkDesign()


def test_designs_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        NetworkDesign().output = "tanh"
