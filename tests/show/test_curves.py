"""Curves of any numbers: what is drawn, where, and what is refused."""

import numpy as np
import pytest

from unrolled.errors import InputError
from unrolled.show import draw_curves, figure

STEPS = np.arange(1.0, 31.0)
NAMES = ("step", "output")


def line(axes, label):
    return next(one for one in axes.get_lines() if one.get_label() == label)


def test_values_stand_where_they_belong_and_gaps_stay_gaps():
    values = np.sin(STEPS)
    values[4], values[7] = np.nan, np.inf
    axes = draw_curves(STEPS, {"network": values}, truth=np.cos(STEPS), names=NAMES, units=("", "MeV"))
    drawn = line(axes, "network")
    np.testing.assert_array_equal(drawn.get_xdata(), STEPS)
    np.testing.assert_array_equal(drawn.get_ydata(), np.where(np.isfinite(values), values, np.nan))
    np.testing.assert_array_equal(line(axes, "truth").get_ydata(), np.cos(STEPS))
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("step", "output (MeV)")


def test_members_are_thin_lines_and_their_median_a_strong_one():
    rows = np.stack([STEPS, 2 * STEPS, 9 * STEPS])
    rows[:, 3] = np.nan
    axes = draw_curves(STEPS, {"one": STEPS, "members": rows}, names=NAMES)
    np.testing.assert_array_equal(line(axes, "members").get_ydata(), np.where(STEPS == 4, np.nan, 2 * STEPS))
    thin = [one for one in axes.get_lines() if one.get_linewidth() < 0.5]
    assert len(thin) == len(rows)
    assert {one.get_color() for one in thin} == {line(axes, "members").get_color()}
    assert line(axes, "one").get_color() != line(axes, "members").get_color()


def test_a_logarithmic_axis_holds_all_that_is_above_zero():
    values = np.where(STEPS < 3, 0.0, 10.0**-STEPS)
    axes = draw_curves(STEPS, {"error": values, "level": np.full(30, 0.5)}, names=NAMES, log=True)
    assert axes.get_yscale() == "log"
    low, high = axes.get_ylim()
    assert low < 1e-30
    assert high > 0.5
    assert np.isnan(line(axes, "error").get_ydata()[:2]).all()
    draw_curves(STEPS, {"nothing": np.zeros(30)}, names=NAMES, log=True).figure.draw_without_rendering()


def test_of_several_panels_one_explains_the_curves():
    sheet, panels = figure(80, panels=(1, 1))
    for panel in panels:
        draw_curves(STEPS, {"network": STEPS}, names=NAMES, shaded=(1, 20), legend=panel is panels[0], axes=panel)
        assert len(panel.patches) == 1
    assert panels[0].get_legend() is not None
    assert panels[1].get_legend() is None
    sheet.draw_without_rendering()


def test_what_cannot_be_drawn_is_named():
    with pytest.raises(InputError, match="one to 6 curves can be told apart; came 0"):
        draw_curves(STEPS, {}, names=NAMES)
    with pytest.raises(InputError, match="came 7"):
        draw_curves(STEPS, {str(i): STEPS for i in range(7)}, names=NAMES)
    with pytest.raises(InputError, match=r"network has \(3,\), x has \(30,\)"):
        draw_curves(STEPS, {"network": STEPS[:3]}, names=NAMES)
    with pytest.raises(InputError, match=r"truth must have shape \(30,\)"):
        draw_curves(STEPS, {"network": STEPS}, truth=np.ones((2, 30)), names=NAMES)
