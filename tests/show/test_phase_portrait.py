"""Phase portraits: what stands where, in two dimensions and in the plane of principal components."""

from functools import cache

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.quiver import Quiver

from unrolled.dynamics import FixedPoints, IteratedMap, PeriodicOrbit, henon_map, logistic_map, plane_of
from unrolled.errors import InputError
from unrolled.show import draw_phase_portrait
from unrolled.show._course import jumps, range_of

A = np.array([[0.5, 0.25], [-0.25, 1.5]])
HENON = henon_map()


def _times(h, matrix):
    return matrix @ h


def linear(matrix=A):
    return IteratedMap(_times, jnp.asarray(matrix), np.zeros(len(matrix)))


def points(states, eigenvalues):
    states = np.asarray(states, float)
    eigenvalues = np.asarray(eigenvalues, complex)
    return FixedPoints(states, np.zeros(len(states)), eigenvalues, np.ones(len(states), int), len(states))


def labelled(axes):
    return {one.get_label(): one for one in axes.get_lines() if not one.get_label().startswith("_")}


def arrows(axes):
    (field,) = [one for one in axes.collections if isinstance(one, Quiver)]
    return field


@cache
def circle(turn, count=200):
    t = turn * np.arange(count)
    return np.column_stack([np.cos(t), np.sin(t)])


def test_arrows_point_along_the_step_and_grow_with_it():
    field = arrows(draw_phase_portrait(linear(), states=circle(0.1)))
    h = np.column_stack([field.X, field.Y])
    step = h @ (A - np.eye(2)).T
    drawn = np.column_stack([field.U, field.V])
    length = np.linalg.norm(drawn, axis=1)
    np.testing.assert_allclose(drawn / length[:, None], step / np.linalg.norm(step, axis=1)[:, None], atol=1e-12)
    cell = [np.diff(np.unique(numbers.round(9))).min() for numbers in (field.X, field.Y)]
    size = np.linalg.norm(step / cell, axis=1)
    assert (np.diff(length[np.argsort(size)]) >= -1e-12).all()
    assert 0.3 < length.min() < 0.6 < length.max() < 1.0  # of the distance between two arrows
    assert field.angles == "xy"


def test_nullclines_are_where_a_component_of_the_step_is_zero():
    axes = draw_phase_portrait(HENON, states=circle(0.1))
    first, second = [one for one in axes.collections if not isinstance(one, Quiver)]
    for contour, left_over in (
        (first, lambda u, v: 1 - 1.4 * u**2 + v - u),
        (second, lambda u, v: 0.3 * u - v),
    ):
        u, v = np.concatenate([path.vertices for path in contour.get_paths()]).T
        assert len(u) > 50
        assert np.abs(left_over(u, v)).max() < 2e-3
    assert {"h_1 stays", "h_2 stays"} <= set(labelled(axes))
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("h_1", "h_2")
    assert str(first.get_linestyle()) != str(second.get_linestyle())


def test_a_number_that_stays_everywhere_has_no_nullcline():
    axes = draw_phase_portrait(linear(np.eye(2)), states=circle(0.1))
    assert not axes.collections  # nothing moves: no arrow and no line
    assert set(labelled(axes)) == {"trajectory"}


def test_a_trajectory_is_a_line_or_dots():
    slow, quick = (labelled(draw_phase_portrait(linear(), states=circle(turn)))["trajectory"] for turn in (0.1, 2.0))
    assert (slow.get_linestyle(), slow.get_marker()) == ("-", "None")
    assert (quick.get_linestyle(), quick.get_marker()) == ("None", "o")
    np.testing.assert_allclose(quick.get_xydata(), circle(2.0))


def test_kinds_of_fixed_points_differ_in_more_than_colour():
    eigenvalues = [(0.5, 0.2), (2.0, 0.5), (2.0, 1.5), (1.0, 0.5), (3.0, 0.1)]
    states = np.arange(10.0).reshape(5, 2) / 10
    lines = labelled(draw_phase_portrait(linear(), points=points(states, eigenvalues)))
    expected = {"stable point": [0], "2 saddle points": [1, 4], "unstable point": [2], "marginal point": [3]}
    for label, rows in expected.items():
        np.testing.assert_allclose(lines[label].get_xydata(), states[rows])
    marks = [lines[label] for label in expected]
    looks = {(one.get_marker(), one.get_fillstyle(), str(one.get_markerfacecolor())) for one in marks}
    assert len(looks) == 4


def test_cycles_are_closed_and_their_marks_linked():
    orbits = [
        PeriodicOrbit(np.array([[0.0, 0.0], [1.0, 0.5]]), np.array([0.5, 0.1])),
        PeriodicOrbit(np.array([[0.2, 0.1], [1.0, 0.3]]), np.array([2.0, 3.0])),
        PeriodicOrbit(circle(0.05, 100), np.array([2.0, 0.3])),
    ]
    axes = draw_phase_portrait(linear(), orbits=orbits)
    lines = labelled(axes)
    first = lines["2 cycles of 2 steps"]
    assert first.get_xydata().tolist() == [[0.0, 0.0], [1.0, 0.5], [0.0, 0.0]]
    (second,) = [one for one in axes.get_lines() if one.get_xdata().tolist() == [0.2, 1.0, 0.2]]
    assert first.get_color() == second.get_color() == first.get_markerfacecolor() != second.get_markerfacecolor()
    long = lines["cycle of 100 steps"]
    assert (long.get_marker(), long.get_linestyle()) == ("", "-")


def test_of_more_numbers_the_plane_is_said_and_arrows_start_in_it():
    B = np.diag([0.5, 0.2, 0.9])
    states = np.random.default_rng(0).normal(size=(300, 3)) * [3, 2, 0.1]
    axes = draw_phase_portrait(linear(B), states=states, points=points(np.zeros((1, 3)), [[0.9, 0.5, 0.2]]))
    plane = plane_of(np.concatenate([states, np.zeros((1, 3))]))
    shares = [f"{100 * share:.0f} %" for share in plane.shares]
    assert [axes.get_xlabel(), axes.get_ylabel()] == [
        f"principal component {k} ({share})" for k, share in enumerate(shares, 1)
    ]
    np.testing.assert_allclose(labelled(axes)["trajectory"].get_xydata(), plane.project(states))
    np.testing.assert_allclose(labelled(axes)["stable point"].get_xydata(), plane.project(np.zeros((1, 3))))
    field = arrows(axes)
    h = plane.lift(np.column_stack([field.X, field.Y]))
    step = (h @ (B - np.eye(3))) @ plane.directions.T
    np.testing.assert_allclose(np.arctan2(field.V, field.U), np.arctan2(step[:, 1], step[:, 0]), atol=1e-9)
    assert len(axes.collections) == 1  # no nullclines
    assert "step from the plane" in labelled(axes)


def test_a_motion_that_runs_off_does_not_squeeze_what_came_before():
    states = np.concatenate([circle(0.1, 400), [[1e9, -1e9], [1e308, 1.0], [np.inf, 0.0], [np.nan, 0.0]]])
    axes = draw_phase_portrait(linear(), states=states)
    assert max(np.abs([*axes.get_xlim(), *axes.get_ylim()])) < 10
    axes.figure.draw_without_rendering()


def test_a_motion_that_comes_to_rest_shows_where_it_came_from():
    states = 0.5 ** np.arange(1.0, 1000)[:, None] * np.ones(2)
    low, high = draw_phase_portrait(linear(), states=states).get_xlim()
    assert low < 0
    assert 0.5 < high < 1


@pytest.mark.parametrize(
    "states",
    [None, np.zeros((0, 2)), np.zeros((1, 2)), np.zeros((50, 2)), np.full((3, 2), np.nan), np.full((4, 2), 1e12)],
    ids=["none", "empty", "one", "rest", "nan", "far"],
)
@pytest.mark.parametrize("system", [linear(), HENON, linear(np.zeros((2, 2)))])
def test_odd_motions_can_be_drawn(states, system):
    axes = draw_phase_portrait(system, states=states, points=points(np.zeros((0, 2)), np.zeros((0, 2))))
    axes.figure.draw_without_rendering()
    assert axes.get_xlim()[0] < axes.get_xlim()[1]


def test_hundreds_of_fixed_points_have_smaller_marks():
    many = np.random.default_rng(0).uniform(-1, 1, (400, 2))
    few = labelled(draw_phase_portrait(linear(), points=points(many[:1], [[2.0, 0.1]])))["saddle point"]
    lots = labelled(draw_phase_portrait(linear(), points=points(many, [[2.0, 0.1]] * 400)))["400 saddle points"]
    assert 1.5 < lots.get_markersize() < few.get_markersize()


def test_one_state_of_many_numbers_and_a_given_plane():
    B = np.diag([0.5, 0.2, 0.9])
    alone = draw_phase_portrait(linear(B), states=np.ones((1, 3)))
    assert alone.get_xlabel() == "principal component 1"  # of no variance there is no share
    given = Figure().subplots()
    assert draw_phase_portrait(linear(B), plane=plane_of(np.eye(3)), axes=given) is given
    given.figure.draw_without_rendering()


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: draw_phase_portrait(logistic_map()), "of one number take draw_cobweb"),
        (lambda: draw_phase_portrait(np.eye(2)), "system must be a System"),
        (lambda: draw_phase_portrait(HENON, states=np.zeros((5, 3))), r"shape \(time, 2\).*came \(5, 3\)"),
        (lambda: draw_phase_portrait(HENON, states=np.zeros(2)), r"came \(2,\)"),
        (lambda: draw_phase_portrait(HENON, points=points(np.zeros((1, 3)), [[1, 1, 1]])), "states of 3 numbers"),
        (lambda: draw_phase_portrait(HENON, plane=plane_of(np.eye(3))), "among states of 3 numbers, not of 2"),
        (lambda: draw_phase_portrait(linear(np.eye(3))), "give a trajectory or fixed points"),
        (lambda: draw_phase_portrait(HENON, orbits=[None] * 101), "up to 100 cycles"),
    ],
)
def test_wrong_requests(call, said):
    with pytest.raises(InputError, match=said):
        call()


@settings(max_examples=50, deadline=None)
@given(st.floats(0.01, 0.4), st.floats(0.7, 3.1), st.integers(5, 300), st.floats(1e-6, 1e6))
def test_turning_slowly_is_no_jump_at_any_size(slow, quick, count, size):
    assert not jumps(size * circle(slow, count))
    assert jumps(size * circle(quick, count))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(-1e280, 1e280), max_size=30))
def test_a_view_has_a_width_and_holds_the_middle(values):
    low, high = range_of(np.array(values))
    assert low < high
    if values:
        assert low <= np.percentile(values, 50, method="lower") <= high


def test_cycles_of_more_than_four_periods_are_told_apart_as_longer_ones():
    orbits = [PeriodicOrbit(circle(0.3, period), np.array([2.0, 3.0])) for period in (6, 1, 2, 3, 4, 5)]
    named = [label for label in labelled(draw_phase_portrait(linear(), orbits=orbits)) if "cycle" in label]
    assert sorted(named) == [
        "cycle of 2 steps", "cycle of 3 steps", "cycle of 4 steps", "cycle of one step", "longer cycles",
    ]  # fmt: skip
