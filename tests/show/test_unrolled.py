"""The drawing of the unrolled network follows the network."""

import pytest

from unrolled.errors import InputError
from unrolled.networks import NetworkDesign, member_keys
from unrolled.show import draw_unrolled
from unrolled.show._plan import plan


def planned(text, *, features=1, outputs=1, steps=3, window=None):
    return plan(NetworkDesign.parse(text), features, outputs, steps, window)


def symbols(made, kind):
    return [box.text for box in made.boxes if box.kind == kind]


def test_the_textbook_drawing():
    made = planned("elman:200:tanh")
    assert symbols(made, "input") == ["$x_{t-1}$", "$x_{t}$", "$x_{t+1}$"]
    assert symbols(made, "hidden") == ["$h_{t-1}$", "$h_{t}$", "$h_{t+1}$"]
    assert symbols(made, "output") == ["$y_{t-1}$", "$y_{t}$", "$y_{t+1}$"]
    assert made.shapes == {"U": "200×1", "W": "200×200", "V": "1×200"}
    # W runs between the steps, into the first and out of the last.
    assert [arrow.matrix for arrow in made.arrows].count("W") == 4


def test_a_window_model_has_one_output_and_starts_at_zero():
    made = planned("dense:16, elman:32, dense:8", window=3)
    assert symbols(made, "output") == ["$y_{3}$"]
    assert symbols(made, "edge") == ["0"]
    by_row = [[box.column for box in made.boxes if box.row == row and box.kind == "hidden"] for row in (1, 2, 3)]
    assert by_row == [[0, 1, 2], [0, 1, 2], [2]]
    assert {arrow.matrix for arrow in made.arrows if arrow.start[1] == arrow.end[1]} == {"W_{2}"}


def test_long_windows_leave_out_the_middle():
    made = planned("gru:5", window=50)
    assert symbols(made, "input") == ["$x_{1}$", "$x_{2}$", "$x_{50}$"]
    assert symbols(made, "gap") == ["⋯", "⋯"]
    assert made.shapes["W"] == "3·5×5"


def test_a_memory_has_its_own_arrow():
    made = planned("lstm:250, lstm:250", steps=2)
    assert symbols(made, "hidden")[0] == "$h_{t}^{(1)}$\n$s_{t}^{(1)}$"
    assert [arrow.matrix for arrow in made.arrows].count("s") == 2 * 3
    assert made.shapes == {
        "U_{1}": "4·250×1", "W_{1}": "4·250×250", "U_{2}": "4·250×250", "W_{2}": "4·250×250", "V": "1×250",
    }  # fmt: skip


def test_without_hidden_layers_and_without_recurrence():
    linear = planned("", features=4, outputs=2, window=1)
    assert linear.shapes == {"V": "2×4"}
    assert [(box.text, box.kind) for box in linear.boxes] == [("$x_{t}$", "input"), ("$y_{t}$", "output")]
    dense = planned("dense:3, dense:2", window=3)
    assert all(arrow.start[0] == arrow.end[0] == 2 for arrow in dense.arrows)
    assert not symbols(dense, "edge")


def test_deep_networks_leave_out_the_middle_layers():
    made = planned(", ".join(["elman:4"] * 40))
    assert [row.layer for row in made.rows] == [0, 1, 2, 3, 0, 38, 39, 40, 0]
    assert made.rows[4].text == "34 more\nlayers"


@pytest.mark.parametrize(
    "text",
    ["", "dense:3", "elman:2", "lstm:2, gru:3", "dense:2, elman:3, dense:4, lstm:5", "mingru:2, peephole-lstm:2"],
)
@pytest.mark.parametrize("window", [None, 1, 2, 9])
def test_every_arrow_joins_two_boxes(text, window):
    made = planned(text, window=window)
    places = [(box.column, box.row) for box in made.boxes]
    assert len(set(places)) == len(places)
    assert {place for arrow in made.arrows for place in (arrow.start, arrow.end)} <= set(places)
    assert {arrow.matrix for arrow in made.arrows} - {"", "s"} == set(made.shapes)
    draw_unrolled(NetworkDesign.parse(text), window=window)


def test_the_same_matrix_has_the_same_colour_and_its_shape_in_the_legend():
    axes = draw_unrolled(NetworkDesign.parse("elman:7, elman:5"), features=2)
    colours = {}
    for text in axes.texts:
        if text.get_text().startswith(("$U", "$V", "$W")):
            colours.setdefault(text.get_text(), set()).add(text.get_color())
    assert {name: len(found) for name, found in colours.items()} == dict.fromkeys(colours, 1)
    assert len(colours) == len(set().union(*colours.values())) == 5
    entries = [text.get_text() for text in axes.get_legend().get_texts()]
    assert entries == ["$U_{1}$  7×2", "$W_{1}$  7×7", "$U_{2}$  5×7", "$W_{2}$  5×5", "$V$  1×5"]


def test_a_network_speaks_for_itself():
    network = NetworkDesign.parse("dense:3:relu, lstm:2").initialize(4, 1, key=member_keys(0, 1)[0])
    assert plan(network, 1, 1, 3, None) == planned("dense:3:relu, lstm:2", features=4)


def test_numbers_below_one_are_named():
    with pytest.raises(InputError, match="must be 1 or more; came 1, 1, 0, None"):
        draw_unrolled(NetworkDesign(), steps=0)
    with pytest.raises(InputError, match="came 1, 1, 3, 0"):
        draw_unrolled(NetworkDesign(), window=0)


def test_blocks_and_cells_that_do_not_look_back():
    made = planned("lstm-1997:2x2, mingru:3", steps=2)
    assert made.rows[1].text == "LSTM 1997\n4 tanh"
    assert [(row.memory, row.recurrent_matrix) for row in made.rows[1:3]] == [(True, "W_{1}"), (False, "")]
    assert made.shapes == {"U_{1}": "2·4×1", "W_{1}": "2·4×4", "U_{2}": "2·3×4", "V": "1×3"}
    assert planned("lstm-1997:2x3").shapes == {"U": "10×1", "W": "10×6", "V": "1×6"}


def test_both_directions():
    """Arrows have two heads; in a window states enter from both ends."""
    made = planned("bi-lstm:2", steps=3)
    level = [arrow for arrow in made.arrows if arrow.start[1] == arrow.end[1]]
    assert len(level) == 2 * 4
    assert all(arrow.both for arrow in level)
    assert made.shapes == {"U": "2× 4·2×1", "W": "2× 4·2×2", "V": "1×4"}
    made = planned("bi-gru:2, elman:2", window=2)
    entering = [(a.start, a.end) for a in made.arrows if a.start[1] == a.end[1] and not a.both]
    assert sorted(entering) == [((-1, 1), (0, 1)), ((-1, 2), (0, 2)), ((0, 2), (1, 2)), ((2, 1), (1, 1))]
    assert sorted((box.column, box.row, box.text) for box in made.boxes if box.kind == "edge") == [
        (-1, 1, "0"), (-1, 2, "0"), (2, 1, "0"),
    ]  # fmt: skip
    draw_unrolled(NetworkDesign.parse("bi-mingru:2, bi-lstm-1997:1x2"), window=3)
