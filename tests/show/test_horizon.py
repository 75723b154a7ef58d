"""Errors on logarithmic axes: of rolling origins, and over the spread."""

import numpy as np
import pytest

from unrolled.choose import spread_of
from unrolled.errors import InputError
from unrolled.forecast import Forecast
from unrolled.series import make_series
from unrolled.show import comparison_figure, draw_error_by_horizon, draw_relative_error, forecast_figure


def line(axes, label):
    return next(one for one in axes.get_lines() if one.get_label() == label)


@pytest.mark.parametrize("errors", [[1e-12, 1.0], [0.5], [0.0, 1e-3, np.inf, np.nan, 2.0], [1e-250, 1e250]])
def test_the_axis_holds_every_finite_error(errors):
    axes = draw_error_by_horizon({"model": errors, "other": [0.1, 0.2]})
    drawn = line(axes, "model")
    expected = [e if np.isfinite(e) and e > 0 else np.nan for e in errors]
    np.testing.assert_array_equal(drawn.get_ydata(), expected)
    assert drawn.get_xdata().tolist() == list(range(1, len(errors) + 1))
    low, high = axes.get_ylim()
    assert low < np.nanmin(expected) <= np.nanmax(expected) < high
    assert axes.get_yscale() == "log"
    axes.figure.draw_without_rendering()


@pytest.mark.parametrize("errors", [[0.0, 0.0, 0.0], [np.nan], [np.inf, 0.0]])
def test_without_any_error_above_zero_the_axis_says_so(errors):
    axes = draw_error_by_horizon({"exact": errors})
    assert [text.get_text() for text in axes.texts] == ["no error above zero"]
    assert not axes.get_yticks().size
    low, high = axes.get_xlim()
    assert low < 1 <= len(errors) < high
    axes.figure.draw_without_rendering()


def test_six_models_have_a_name_and_a_look_the_others_are_grey():
    table = {f"m{i}": [10.0**-i, 10.0**-i] for i in range(9)}
    axes = draw_error_by_horizon(table)
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels == ["3 more", "m3", "m4", "m5", "m6", "m7", "m8"]
    assert len({line(axes, name).get_marker() for name in labels[1:]}) == 6
    grey = line(axes, "3 more")
    assert np.isnan(grey.get_ydata()).sum() == 3
    named = draw_error_by_horizon(table, named=["m0"])
    assert [text.get_text() for text in named.get_legend().get_texts()] == ["8 more", "m0"]


def test_steps_are_whole_numbers():
    for steps in (1, 2, 7, 1000):
        axes = draw_error_by_horizon({"model": np.full(steps, 0.1)})
        low, high = axes.get_xlim()
        ticks = [tick for tick in axes.get_xticks() if low <= tick <= high]
        assert ticks
        assert all(tick == round(tick) for tick in ticks)


@pytest.mark.parametrize("models", [1, 6, 30])
def test_the_legend_fits_the_sheet(models):
    axes = draw_error_by_horizon({f"a model with a name {i}": [0.1 * (i + 1), 0.2] for i in range(models)})
    axes.figure.draw_without_rendering()
    legend, frame, paper = axes.get_legend().get_window_extent(), axes.get_window_extent(), axes.figure.bbox
    assert legend.y0 >= frame.y1 - 1
    assert paper.x0 <= legend.x0 < legend.x1 <= paper.x1
    assert legend.y1 <= paper.y1 + 1


def test_wrong_tables_are_named():
    with pytest.raises(InputError, match="the table is empty"):
        draw_error_by_horizon({})
    with pytest.raises(InputError, match="that of m has shape"):
        draw_error_by_horizon({"m": []})
    with pytest.raises(InputError, match="'b' is not in the table"):
        draw_error_by_horizon({"a": [1.0]}, named=["b"])
    with pytest.raises(InputError, match="came 7 names"):
        draw_error_by_horizon({str(i): [1.0] for i in range(7)}, named=[str(i) for i in range(7)])


def waves():
    truth = make_series(np.sin(np.arange(30.0)))
    known = truth.head(20)
    return truth, known, Forecast(truth.x[20:], truth.values[None, 20:] + 0.1, known)


def test_where_the_truth_passes_zero_errors_are_over_the_spread():
    truth, known, forecast = waves()
    over = 0.1 / spread_of(known.values[:, 0])
    single = forecast_figure(known, forecast, truth=truth).axes[1]
    several = comparison_figure(known, {"one": forecast}, truth=truth).axes[1]
    for axes in (single, several):
        assert axes.get_ylabel().split() == ["error", "/", "spread"]
        np.testing.assert_allclose(axes.get_lines()[0].get_ydata(), over)
    plain = draw_relative_error(forecast, truth)
    np.testing.assert_allclose(plain.get_lines()[0].get_ydata(), 0.1 / np.abs(truth.values[20:, 0]))


def test_an_error_is_over_the_truth_or_the_spread():
    truth, _, forecast = waves()
    with pytest.raises(InputError, match="unknown scale of the error 'spred'; did you mean 'spread'"):
        draw_relative_error(forecast, truth, over="spred")


def test_an_exact_forecast_has_words_in_place_of_errors():
    truth, known, forecast = waves()
    exact = Forecast(forecast.x, truth.values[None, 20:], known)
    axes = draw_relative_error(exact, truth)
    assert [text.get_text() for text in axes.texts] == ["no error above zero"]
    low, high = axes.get_xlim()
    assert low < 20
    assert high > 29
