"""Series with gaps: lines are broken, single points can be seen, and what is missing decides no limits."""

from dataclasses import replace

import numpy as np
import pytest

from unrolled.forecast import Band, Forecast, OneStep
from unrolled.series import make_series
from unrolled.show import comparison_figure, draw_forecast, draw_one_step, draw_relative_error, forecast_figure

NAN = np.nan
SERIES = make_series([NAN, 2, 3, NAN, 5, NAN, NAN, 8, 9, NAN, 11, 12, NAN, 14, NAN], gaps=True)
KNOWN = SERIES.head(10)


@pytest.fixture
def forecast():
    return Forecast(np.arange(10.0, 15.0), np.full((1, 5, 1), 10.0), KNOWN)


def _line(axes, label):
    (found,) = [line for line in axes.get_lines() if line.get_label() == label]
    return found


def _marked(line):
    """Where a mark is drawn."""
    every = line.get_markevery()
    x, y = line.get_data()
    chosen = np.arange(len(x)) if every is None else np.array(every)
    return [] if line.get_marker() == "None" else x[chosen[np.isfinite(y[chosen])]].tolist()


def test_what_is_known_and_true_is_dots_without_those_that_are_missing(forecast):
    axes = draw_forecast(KNOWN, forecast, truth=SERIES)
    assert _marked(_line(axes, "known")) == [1, 2, 4, 7, 8]
    assert _marked(_line(axes, "truth")) == [10, 11, 13]
    low, high = axes.get_ylim()
    assert 0 < low < 2
    assert 14 < high < 16
    # The stretch that was learned begins and ends where x does, known or not.
    assert axes.patches[0].get_x() == 0.0
    assert axes.patches[0].get_width() == 9.0


def test_errors_are_drawn_where_there_is_a_truth(forecast):
    (errors,) = draw_relative_error(forecast, SERIES).get_lines()
    np.testing.assert_allclose(errors.get_ydata(), [1 / 11, 2 / 12, NAN, 4 / 14, NAN])
    half = np.full((5, 1), 2.0)
    bounded = replace(forecast, bands=(Band(68.0, forecast.mean - half, forecast.mean + half),))
    spread = draw_relative_error(bounded, SERIES, over="spread").get_lines()[0].get_ydata()
    np.testing.assert_allclose(spread, np.array([1, 2, NAN, 4, NAN]) / np.std([2, 3, 5, 8, 9]))
    for truth in (SERIES, None, replace(SERIES, values=np.where(SERIES.x[:, None] < 10, SERIES.values, NAN))):
        sheet = forecast_figure(KNOWN, bounded, truth=truth)
        sheet.draw_without_rendering()
        judged = truth is SERIES
        assert ("half-width" in sheet.axes[1].get_ylabel()) is not judged


def test_a_value_alone_between_two_gaps_is_a_dot_on_its_line():
    mean = np.array([1.0, NAN, 3.0, NAN, 5.0, 6.0, NAN, 8.0])
    part = OneStep(np.arange(1.0, 9.0), np.arange(1, 9), mean[None, :, None], KNOWN.values[1:9])
    whole = replace(part, members=np.ones((1, 8, 1)))
    for axes in (
        draw_one_step(KNOWN, [("one step", part)]),
        draw_forecast(KNOWN, Forecast(np.array([10.0]), np.ones((1, 1, 1)), KNOWN), one_step=part),
    ):
        assert _marked(_line(axes, "one step")) == [1, 3, 8]
    assert _marked(_line(draw_one_step(KNOWN, [("one step", whole)]), "one step")) == []


def test_many_errors_without_marks_show_single_ones_all_the_same():
    truth = make_series(np.where(np.arange(100) % 2, NAN, 2.0), gaps=True)
    known = truth.head(20)
    several = {name: Forecast(truth.x[20:], np.full((1, 80, 1), 3.0), known) for name in "ab"}
    _, errors = comparison_figure(known, several, truth=truth).axes
    for line in errors.get_lines():
        assert _marked(line) == list(range(20, 100, 2))
