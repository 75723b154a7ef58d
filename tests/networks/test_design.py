import dataclasses
import json
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.errors import InputError
from unrolled.networks import LayerDesign, NetworkDesign, activation, activations, layer_kinds, summarize

plain_layers = st.builds(
    LayerDesign, st.sampled_from(layer_kinds()), st.integers(1, 100_000), st.sampled_from(activations())
)
in_blocks = st.builds(
    lambda kind, blocks, block, truncated: LayerDesign(kind, blocks * block, block=block, truncated=truncated),
    st.sampled_from(["lstm-1997", "bi-lstm-1997"]),
    st.integers(1, 300),
    st.integers(1, 300),
    st.booleans(),
)
layers = plain_layers | in_blocks


@st.composite
def designs(draw):
    """Designs of all settings that go together."""
    row = draw(st.lists(layers, max_size=6))
    feedback = draw(st.booleans()) and not any(layer.kind.startswith("bi-") for layer in row)
    recurrent = [layer for layer in row if layer.recurrent]
    settings = {"feedback": feedback}
    if row:
        settings["dropout"] = draw(st.floats(0, 1, exclude_max=True))
    if feedback and recurrent and draw(st.booleans()):
        settings["encoder"] = tuple(LayerDesign(layer.kind, layer.units) for layer in recurrent)
    if recurrent and not feedback:
        settings["reads"] = draw(st.sampled_from(["steps", "final"]))
    if (recurrent or feedback) and draw(st.booleans()):
        settings |= {"start": "learned", "sequences": draw(st.integers(0, 9))}
    elif recurrent:
        settings["start"] = draw(st.floats(allow_nan=False, allow_infinity=False))
    if row and draw(st.booleans()):
        chosen = draw(st.lists(st.integers(0, row[-1].width - 1), min_size=1, max_size=4, unique=True))
        return NetworkDesign(tuple(row), observed=tuple(chosen), **settings)
    return NetworkDesign(tuple(row), draw(st.sampled_from(activations())), **settings)


@given(designs())
def test_round_trips(design):
    again = NetworkDesign.from_dict(json.loads(json.dumps(design.to_dict())))
    assert again == design
    assert hash(again) == hash(design)
    if design.layers:
        texts = str(design).split(" -> ")
        encoder = texts[0] if design.encoder else ""
        plain = NetworkDesign.parse(texts[-1], design.output, encoder=encoder, feedback=design.feedback)
        assert (plain.layers, plain.encoder) == (design.layers, design.encoder)


@given(designs(), st.integers(1, 9), st.integers(1, 9))
def test_summary_and_count_agree_with_the_shapes(design, features, outputs):
    outputs = len(design.observed) if design.observed else outputs
    summary = summarize(design, features, outputs, time=3)
    assert summary.parameters == design.parameter_count(features, outputs)
    assert len(summary.rows) == len(design.encoder) + len(design.layers) + 1
    assert f"total: {summary.parameters:,} parameters" in str(summary)


def test_observed_units_may_come_as_a_list():
    design = NetworkDesign.parse("gru:2", observed=[1, 0])
    assert design == NetworkDesign.parse("gru:2", observed=(1, 0))
    assert isinstance(hash(design), int)
    assert NetworkDesign([LayerDesign("gru", 2)], observed=np.array([1, 0])) == design
    assert NetworkDesign.parse("gru:2", observed=(np.int32(1), np.int64(0))) == design


def test_numpy_numbers_become_plain_ones():
    design = NetworkDesign.parse("gru:2", observed=(np.int64(1),), dropout=np.float32(0.5), start=np.float32(0.25))
    assert [type(value) for value in (design.dropout, design.start, design.observed[0])] == [float, float, int]
    assert NetworkDesign.from_dict(json.loads(json.dumps(design.to_dict()))) == design


@pytest.mark.parametrize("name", ["layers", "encoder"])
@pytest.mark.parametrize("row", ["gru:3", ["gru:3"], 3, None, {"gru": 3}])
def test_words_are_for_parse(name, row):
    settings = {"layers": (LayerDesign("gru", 3),), "feedback": True, name: row}
    with pytest.raises(InputError, match=rf"{name} must be a tuple of LayerDesign; .*NetworkDesign.parse\('gru:3'"):
        NetworkDesign(**settings)


def test_what_says_nothing_is_not_written():
    """Files of designs that earlier releases know are what they were."""
    plain = {"layers": [{"kind": "gru", "units": 2, "activation": "tanh"}], "output": "linear"}
    assert NetworkDesign.parse("gru:2").to_dict() == plain
    assert NetworkDesign.from_dict(plain) == NetworkDesign.parse("gru:2")
    settings = {"start": "learned", "sequences": 3, "dropout": 0.5, "reads": "final", "observed": (1, 0)}
    for name, value in settings.items():
        start = {"start": "learned"} if name == "sequences" else {}
        written = NetworkDesign.parse("gru:2", **start, **{name: value}).to_dict()
        assert written == plain | start | {name: list(value) if name == "observed" else value}
    written = NetworkDesign.parse("gru:2", encoder="gru:2").to_dict()
    assert written == plain | {"feedback": True, "encoder": plain["layers"]}


def test_a_learned_first_output_is_counted_where_there_is_no_readout():
    design = NetworkDesign.parse("gru:2", observed=(0,), feedback=True, start="learned")
    assert [row.parameters for row in summarize(design, 1, 1, time=3).rows] == [38, 1]
    assert design.parameter_count(1, 1) == 39


def test_blanks_capitals_and_defaults():
    assert NetworkDesign.parse(" LSTM : 5 ,, dense:3 ").layers == (
        LayerDesign("lstm", 5, "tanh"),
        LayerDesign("dense", 3, "relu"),
    )
    assert str(NetworkDesign.parse("")) == "no hidden layer"
    assert str(NetworkDesign.parse("Bi-LSTM:3, bi-mingru:2, mingru:4:tanh, bi-gru:2:relu")) == (
        "bi-lstm:3:tanh, bi-mingru:2:linear, mingru:4:tanh, bi-gru:2:relu"
    )
    assert [LayerDesign(kind, 3).width for kind in ("gru", "bi-gru", "dense")] == [3, 6, 3]


def test_an_encoder_in_words():
    design = NetworkDesign.parse("lstm:4, dense:3", encoder="dense:7, lstm:4")
    assert design.feedback
    assert str(design) == "dense:7:relu, lstm:4:tanh -> lstm:4:tanh, dense:3:relu"
    assert [row.name for row in summarize(design, 2, 1, time=5).rows] == [
        "encoder_dense_1",
        "encoder_lstm_1",
        "lstm_1",
        "dense_1",
        "readout",
    ]


def test_counts_by_hand():
    # gates x units x (features + units + biases), and a readout
    assert NetworkDesign.parse("elman:5").parameter_count(3, 2) == 5 * (3 + 5 + 1) + 2 * (5 + 1)
    assert NetworkDesign.parse("lstm:5").parameter_count(3, 2) == 4 * 5 * (3 + 5 + 1) + 2 * (5 + 1)
    assert NetworkDesign.parse("gru:5").parameter_count(3, 2) == 3 * 5 * (3 + 5 + 2) + 2 * (5 + 1)
    assert NetworkDesign.parse("dense:5").parameter_count(3, 2) == 5 * (3 + 1) + 2 * (5 + 1)
    assert NetworkDesign().parameter_count(3, 2) == 2 * (3 + 1)
    assert NetworkDesign.parse("mingru:5").parameter_count(3, 2) == 2 * 5 * (3 + 1) + 2 * (5 + 1)
    # both directions, and a readout that sees both
    assert NetworkDesign.parse("bi-lstm:5").parameter_count(3, 2) == 2 * 4 * 5 * (3 + 5 + 1) + 2 * (2 * 5 + 1)
    assert NetworkDesign.parse("bi-gru:5").parameter_count(3, 2) == 2 * 3 * 5 * (3 + 5 + 2) + 2 * (2 * 5 + 1)
    # feedback of 2 outputs; initial states of 4 sequences; no readout
    assert NetworkDesign.parse("elman:5", feedback=True).parameter_count(3, 2) == 5 * (3 + 2 + 5 + 1) + 2 * (5 + 1)
    learned = NetworkDesign.parse("lstm:5", start="learned", sequences=4)
    assert learned.parameter_count(3, 2) == 4 * 5 * (3 + 5 + 1) + 2 * (5 + 1) + 4 * 2 * 5
    assert NetworkDesign.parse("elman:5", observed=(0, 3)).parameter_count(3, 2) == 5 * (3 + 5 + 1)


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
    ("text", "settings", "words"),
    [
        *(("gru:2", {"start": start}, "start must be") for start in ("lerned", True, None, float("nan"), [0.0])),
        *(("gru:2", {"start": "learned", "sequences": n}, "sequences must be") for n in (-1, 1.5, True, "3", 10**9)),
        ("gru:2", {"sequences": 3}, "sequences have initial states .* start='learned'"),
        *(("gru:2", {"dropout": share}, "dropout must be") for share in (-0.1, 1.0, 2, True, "0.5", float("nan"))),
        ("", {"dropout": 0.3}, "dropout drops activities of hidden layers, and this network has none"),
        *(("dense:2", {"start": start}, "start says how states begin") for start in (0.5, "learned")),
        ("dense:2", {"start": 0.5, "feedback": True}, "without recurrent layers has none: leave start=0.5 out"),
        *(("gru:2", {"feedback": flag}, "feedback must be True or False") for flag in (1, "yes", None)),
        *(("gru:2", {"reads": way}, r"unknown way of reading \(reads\)") for way in ("finale", 3, None)),
        ("dense:2", {"reads": "final"}, "reads='final' needs a recurrent layer"),
        ("gru:2", {"reads": "final", "feedback": True}, "reads='final' needs .* no outputs that are fed back"),
        ("bi-gru:2", {"feedback": True}, "bi-gru:2:tanh needs the whole sequence"),
        ("bi-gru:2", {"encoder": "bi-gru:2"}, "bi-gru:2:tanh needs the whole sequence"),
        ("gru:2", {"encoder": "gru:3"}, "same kinds and sizes .* gru:3:tanh and gru:2:tanh"),
        ("gru:2", {"encoder": "dense:2"}, "came none and gru:2:tanh"),
        ("dense:2", {"encoder": "dense:2"}, "came none and none"),
        ("gru:2", {"encoder": "gru:2", "feedback": False}, "feedback=True"),
        ("gru:2", {"encoder": "gru:2:tanh:5"}, "a layer is written kind:units"),
        ("gru:2", {"encoder": 5}, "written in words"),
        ("", {"observed": (0,)}, "observed must name units"),
        ("bi-gru:2", {"observed": (4,)}, "observed must name units from 0 to 3"),
        *(
            ("gru:2", {"observed": odd}, "observed must name units")
            for odd in ((), (2,), (-1,), (0.5,), ("0",), (True,))
        ),
        *(("gru:2", {"observed": odd}, "observed must name units") for odd in (1, "01", [[0]])),
        ("gru:2", {"observed": (1, 1)}, r"observed names a unit twice; came \(1, 1\)"),
        ("gru:2", {"observed": (0,), "output": "tanh"}, "output='tanh'"),
        ("bi-dense:2", {}, "unknown layer 'bi-dense'"),
    ],
)
def test_settings_that_cannot_be(text, settings, words):
    with pytest.raises(InputError, match=words):
        NetworkDesign.parse(text, **settings)


def test_layers_of_both_rows_are_counted():
    row = ", ".join(["elman:1"] * 501)
    with pytest.raises(InputError, match="1000 layers at the most; came 1002"):
        NetworkDesign.parse(row, encoder=row)


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
