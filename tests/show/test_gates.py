"""The drawing of gates over time shows the numbers that the gates had."""

from functools import cache

import numpy as np
import pytest
from matplotlib.figure import Figure

from unrolled.errors import InputError
from unrolled.networks import NetworkDesign, forward_pass, gate_traces, member_keys
from unrolled.show import draw_gate_traces, gate_figure, save

BATCH, TIME = 2, 70
ROWS = {
    "lstm:3": ["input", "write", "keep", "read", "memory s"],
    "peephole-lstm:3": ["input", "write", "keep", "read", "memory s"],
    "lstm-1997:2x2": ["input", "write", "read", "memory s"],
    "gru:3": ["input", "reset", "update", "memory h"],
    "mingru:3": ["input", "update", "memory h"],
}


@cache
def trace(text):
    network = NetworkDesign.parse(text).initialize(2, 1, key=member_keys(0, 1)[0])
    (made,) = gate_traces(network, np.random.default_rng(0).normal(size=(BATCH, TIME, 2))).values()
    return made


@pytest.mark.parametrize("text", ROWS)
def test_every_row_shows_what_it_names(text):
    seen = trace(text)
    drawn = draw_gate_traces(seen, sequence=1, units=[2, 0])
    assert [panel.get_ylabel() for panel in drawn] == ROWS[text]
    np.testing.assert_array_equal([line.get_ydata() for line in drawn[0].get_lines()], np.asarray(seen.x[1]).T)
    for panel, name in zip(drawn[1:-1], ROWS[text][1:-1], strict=True):
        lines = np.array([line.get_ydata() for line in panel.get_lines()])
        np.testing.assert_array_equal(lines, np.asarray(seen.gates[name])[1][:, [2, 0]].T)
        low, high = panel.get_ylim()
        assert (-0.2 < low < 0, 1 < high < 1.2) == (True, True)
    memory = seen.h if text.startswith(("gru", "mingru")) else seen.s
    lines = np.array([line.get_ydata() for line in drawn[-1].get_lines()])
    np.testing.assert_array_equal(lines, np.asarray(memory)[1][:, [2, 0]].T)
    assert [text.get_text() for text in drawn[1].get_legend().get_texts()] == ["unit 2", "unit 0"]
    assert drawn[-1].get_xlabel() == "step t"
    assert {panel.get_xlim() for panel in drawn} == {(0.5, TIME + 0.5)}


def test_one_unit_needs_no_legend_and_many_are_cut():
    assert draw_gate_traces(trace("lstm:3"), units=[1])[1].get_legend() is None
    assert len(draw_gate_traces(trace("lstm:9"))[1].get_lines()) == 6


def test_units_can_be_told_apart_in_grey():
    lines = draw_gate_traces(trace("lstm:3"))[-1].get_lines()
    assert len({str(line.get_linestyle()) + str(line._dash_pattern) for line in lines}) == 3
    for line in draw_gate_traces(trace("lstm:3"))[0].get_lines():  # inputs have no colour that a unit has
        assert line.get_color() not in {unit.get_color() for unit in lines}


def test_the_figure_and_given_axes(tmp_path):
    sheet = gate_figure(trace("lstm:3"), units=[0])
    assert len(sheet.axes) == 5
    (path,) = save(sheet, tmp_path / "gates", ["png"], dpi=60)
    assert path.stat().st_size > 1000
    given = Figure().subplots(4, 1)
    assert draw_gate_traces(trace("gru:3"), axes=given) == tuple(given)


def test_what_does_not_fit_is_said():
    seen = trace("lstm:3")
    with pytest.raises(InputError, match="needs as many axes; came 2"):
        draw_gate_traces(seen, axes=Figure().subplots(1, 2))
    with pytest.raises(InputError, match="sequence must be a whole number from 0 to 1; came 2"):
        draw_gate_traces(seen, sequence=2)
    with pytest.raises(InputError, match="units must be a whole number from 0 to 2; came 3"):
        draw_gate_traces(seen, units=[3])
    with pytest.raises(InputError, match="units must name from one to 6 units; came 0"):
        draw_gate_traces(seen, units=[])
    plain = NetworkDesign.parse("elman:2").initialize(1, 1, key=member_keys(0, 1)[0])
    with pytest.raises(InputError, match="this layer has no gates"):
        gate_figure(forward_pass(plain, np.ones((1, 3, 1)))["elman_1"])
