"""Losses, one-step predictions, sweeps."""

import numpy as np
import pytest

from unrolled.errors import InputError
from unrolled.forecast import OneStep
from unrolled.learn import History, Status
from unrolled.series import noisy_sine
from unrolled.show import draw_loss, draw_one_step, draw_sweep


def labelled(axes):
    return {one.get_label(): one for one in axes.get_lines() if not one.get_label().startswith("_")}


def test_the_strong_line_is_the_median_of_members_that_did_not_fail(history):
    lines = labelled(draw_loss(history))
    assert set(lines) == {"failed (1)", "training, median of 3", "validation, median of 3"}
    expected = np.nanmedian(history.loss[1:], axis=0)
    np.testing.assert_allclose(lines["training, median of 3"].get_ydata(), expected)
    np.testing.assert_allclose(lines["validation, median of 3"].get_ydata(), 2 * expected)
    assert lines["training, median of 3"].get_xdata().tolist() == list(range(1, 11))
    assert lines["failed (1)"].get_markevery() == [4]


def test_loss_axis_is_logarithmic_and_named(history):
    axes = draw_loss(history, name="mean squared error")
    assert (axes.get_yscale(), axes.get_xlabel(), axes.get_ylabel()) == ("log", "epoch", "mean squared error")
    axes.figure.draw_without_rendering()


@pytest.mark.parametrize("values", [[0.0, 0.0, 0.0], [1.0], [np.nan, np.nan], [5.0, np.nan], [1.0, 0.0], [-1.0, 2.0]])
@pytest.mark.parametrize("status", [Status.FINISHED, Status.NOT_FINITE])
def test_odd_losses_can_be_drawn(values, status):
    loss = np.array([values])
    draw_loss(History(loss, None, np.array([len(values)]), (status,))).figure.draw_without_rendering()


def test_a_single_dip_does_not_stretch_the_axis(history):
    loss = np.ones((5, 4))
    loss[0, 2] = 1e-30
    axes = draw_loss(History(loss, None, np.full(5, 4), (Status.FINISHED,) * 5))
    assert axes.get_ylim()[0] > 1e-3


def test_no_epochs_is_an_error():
    with pytest.raises(InputError, match="no epochs"):
        draw_loss(History(np.ones((1, 0)), None, np.array([0]), (Status.FINISHED,)))


def part_of(series, start, stop):
    rows = np.arange(start, stop)
    return OneStep(rows.astype(np.float64), rows, np.ones((2, len(rows), 1)), np.ones((len(rows), 1)))


def test_one_step_predictions_over_all_points():
    signal = noisy_sine()
    parts = [("training part", part_of(signal, 4, 804)), ("test part", part_of(signal, 804, 1004))]
    axes = draw_one_step(signal, parts, trained=signal.head(800))
    lines = labelled(axes)
    assert len(lines["data"].get_xdata()) == 1000
    assert lines["training part"].get_xdata().tolist() == list(range(4, 804))
    assert lines["test part"].get_xdata().tolist() == list(range(804, 1000))  # padding has no place in the data
    (span,) = axes.patches
    assert (span.get_x(), span.get_width()) == (0.0, 799.0)


def test_one_step_needs_parts_of_the_same_features():
    signal = noisy_sine(points=20)
    with pytest.raises(InputError, match="1 to 6 parts; came 0"):
        draw_one_step(signal, [])
    wide = OneStep(np.arange(3.0), np.arange(3), np.ones((1, 3, 2)), np.ones((3, 2)))
    with pytest.raises(InputError, match="wide has 2 features where noisy-sine has 1"):
        draw_one_step(signal, [("wide", wide)])


def test_sweep_keeps_the_order_and_both_errors():
    axes = draw_sweep(["units=200", "units=50"], [1e-6, 2e-4], [3e-6, 4e-4])
    assert [text.get_text() for text in axes.get_yticklabels()] == ["units=200", "units=50"]
    assert axes.yaxis_inverted()
    lines = labelled(axes)
    assert lines["forecast"].get_xydata().tolist() == [[1e-6, 0], [2e-4, 1]]
    assert lines["all points"].get_xydata().tolist() == [[3e-6, 0], [4e-4, 1]]
    assert axes.get_xscale() == "log"


def test_errors_without_a_place_are_said_in_words():
    axes = draw_sweep(["a", "b", "c"], [0.0, float("nan"), 1.0])
    assert [text.get_text() for text in axes.texts] == ["zero", "not finite"]
    draw_sweep(["a"], [float("inf")]).figure.draw_without_rendering()


def test_long_tables_are_cut_and_say_so():
    axes = draw_sweep([f"n={i}" for i in range(130)], [1.0] * 130)
    assert len(axes.get_yticks()) == 100
    assert axes.get_ylabel() == "30 more rows are not drawn"


@pytest.mark.parametrize(("labels", "errors"), [([], []), (["a"], [1.0, 2.0])])
def test_a_sweep_needs_an_error_for_every_setting(labels, errors):
    with pytest.raises(InputError, match="every setting needs its error"):
        draw_sweep(labels, errors)
