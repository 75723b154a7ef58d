"""Bifurcation diagrams: dots where the system is, shading where it runs off, the exponent below."""

import numpy as np
import pytest

from unrolled.dynamics import Bifurcation
from unrolled.errors import InputError
from unrolled.show import bifurcation_figure, draw_bifurcation

NAN = np.nan


def diagram(parameters=(1.0, 2.0, 4.0), points=((1, 2), (3, 4), (5, 6)), exponents=(-1.0, 0.0, 0.5)):
    return Bifurcation(*(np.asarray(part, float) for part in (parameters, points, exponents)))


def test_every_value_stands_above_its_parameter():
    axes = draw_bifurcation(diagram(), name="r", output="u")
    (dots,) = axes.get_lines()
    assert dots.get_xydata().tolist() == [[1, 1], [1, 2], [2, 3], [2, 4], [4, 5], [4, 6]]
    assert (dots.get_linestyle(), axes.get_xlabel(), axes.get_ylabel()) == ("None", "r", "u")


def test_where_it_runs_off_is_shaded_half_way_to_the_neighbours():
    axes = draw_bifurcation(diagram(points=((1, 2), (NAN, NAN), (5, NAN))))
    (span,) = axes.patches
    assert (span.get_x(), span.get_x() + span.get_width()) == (1.5, 3.0)
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["runs off"]
    assert axes.get_lines()[0].get_xydata().tolist() == [[1, 1], [1, 2], [4, 5]]


def test_the_figure_has_the_exponent_below_with_a_line_at_zero():
    sheet = bifurcation_figure(diagram((4.0, 1.0, 2.0)), unit="s")
    top, bottom = sheet.axes
    curve, zero = bottom.get_lines()
    assert curve.get_xydata().tolist() == [[1, 0], [2, 0.5], [4, -1]]
    assert list(zero.get_ydata()) == [0, 0]
    assert top.get_xlim() == bottom.get_xlim()
    assert top.get_xlabel() == ""
    assert bottom.get_ylabel().replace("\n", " ") == "largest exponent (1/s)"
    assert bottom.get_ylim()[0] < -1 < 0.5 < bottom.get_ylim()[1]


def test_minus_infinity_leaves_at_the_lower_edge():
    bottom = bifurcation_figure(diagram(exponents=(-np.inf, 0.3, NAN))).axes[1]
    values, low = bottom.get_lines()[0].get_ydata(), bottom.get_ylim()[0]
    assert np.isfinite(values[:2]).all()
    assert values[0] < low < 0
    assert np.isnan(values[2])


def test_many_dots_are_a_picture_and_smaller():
    x = np.linspace(0, 1, 300)
    (dots,) = draw_bifurcation(diagram(x, np.random.default_rng(0).normal(size=(300, 100)), x)).get_lines()
    (few,) = draw_bifurcation(diagram()).get_lines()
    assert dots.get_rasterized()
    assert not few.get_rasterized()
    assert dots.get_markersize() < few.get_markersize()


@pytest.mark.parametrize(
    "odd",
    [
        diagram(points=np.full((3, 2), NAN), exponents=[NAN] * 3),
        diagram([1.0], [[2.0]], [-np.inf]),
        diagram([1.0], [[2.0]], [0.0]),
        diagram(np.zeros(0), np.zeros((0, 5)), np.zeros(0)),
        diagram(points=((0, 0), (0, 0), (1e11, 0))),
    ],
    ids=["off", "one", "zero", "empty", "slowly off"],
)
def test_odd_diagrams_can_be_drawn(odd):
    bifurcation_figure(odd).draw_without_rendering()


def test_something_else_is_refused():
    with pytest.raises(InputError, match="diagram must be a Bifurcation"):
        draw_bifurcation([1, 2])
