import dataclasses

import numpy as np
import pytest
from matplotlib.patches import Rectangle

from unrolled.errors import InputError
from unrolled.forecast import Forecast, OneStep
from unrolled.series import Calendar, make_series
from unrolled.show import comparison_figure, draw_comparison, draw_forecast, draw_relative_error, forecast_figure


def line(axes, label):
    return next(one for one in axes.get_lines() if one.get_label() == label)


def region(axes):
    (span,) = [patch for patch in axes.patches if isinstance(patch, Rectangle) and patch.get_label() == "training"]
    return span.get_x(), span.get_x() + span.get_width()


def forecast_of(series, *members, x=None):
    values = np.array(members, np.float64)[:, :, None]
    places = series.future_x(values.shape[1]) if x is None else np.array(x, np.float64)
    return Forecast(places, values, series)


def test_the_lines_carry_the_data(energies, trained, forecast):
    axes = draw_forecast(trained, forecast, truth=energies)
    assert np.array_equal(line(axes, "known").get_xydata(), np.column_stack([trained.x, trained.values]))
    assert np.array_equal(line(axes, "truth").get_xydata(), np.column_stack([energies.x, energies.values])[12:])
    assert np.array_equal(line(axes, "mean of 3 members").get_ydata(), forecast.mean[:, 0])
    thin = [one for one in axes.get_lines() if one.get_linewidth() < 0.5 and one.get_ls() == "-"]
    assert np.array_equal([one.get_ydata() for one in thin], forecast.members[:, :, 0])


def test_the_training_region_is_shaded_and_axes_are_named(trained, forecast):
    axes = draw_forecast(trained, forecast)
    assert region(axes) == (2.0, 24.0)
    assert axes.get_xlabel() == "particles"
    assert axes.get_ylabel().split() == ["correlation", "energy", "(level", "spacing)"]


def test_falling_x_shades_the_same_stretch_and_is_matched_by_x():
    truth = make_series(np.arange(8.0), np.linspace(2.0, 0.25, 8))
    known = truth.head(5)
    forecast = forecast_of(known, [5.5, 6.6, 7.7])
    assert region(draw_forecast(known, forecast, truth=truth)) == (1.0, 2.0)
    (errors,) = draw_relative_error(forecast, truth).get_lines()
    assert errors.get_xdata().tolist() == [0.25, 0.5, 0.75]
    np.testing.assert_allclose(errors.get_ydata(), 0.1)


def test_a_single_member_is_a_prediction_without_thin_lines(trained, forecast):
    axes = draw_forecast(trained, dataclasses.replace(forecast, members=forecast.members[:1]))
    assert [one.get_label() for one in axes.get_lines()] == ["known", "prediction"]


def test_many_members_are_thinned_to_a_hundred(trained, forecast):
    many = dataclasses.replace(forecast, members=np.repeat(forecast.members, 100, axis=0))
    assert len(draw_forecast(trained, many).get_lines()) == 100 + 2


def test_predictions_in_any_order_of_x_are_drawn_in_order():
    known = make_series([1.0, 2.0, 3.0])
    axes = draw_forecast(known, forecast_of(known, [5.0, 4.0], x=[4, 3]))
    assert line(axes, "prediction").get_xydata().tolist() == [[3, 4], [4, 5]]


def test_a_stray_member_does_not_squeeze_the_rest():
    known = make_series(np.arange(10.0))
    axes = draw_forecast(known, forecast_of(known, *[[10.0, 11.0]] * 998, [10.0, 1e3], [10.0, -1e3]))
    low, high = axes.get_ylim()
    assert low >= -12
    assert high <= 23


def test_one_step_predictions_stay_within_the_series(trained, forecast):
    x = np.append(trained.x[2:], [26.0, 28.0])
    steps = OneStep(x, np.arange(2, 14), np.ones((2, 12, 1)), np.ones((12, 1)))
    assert line(draw_forecast(trained, forecast, one_step=steps), "one step").get_xdata().tolist() == x[:-2].tolist()


def test_dates_are_written_as_dates_and_the_year_in_the_name():
    calendar = Calendar("day", offset="")
    series = dataclasses.replace(
        make_series(np.arange(30.0), 19700.0 + np.arange(30)), calendar=calendar, x_name="date"
    )
    axes = draw_forecast(series, forecast_of(series, [30.0, 31.0]))
    assert region(axes) == (19700.0, 19729.0)
    assert axes.get_xlabel() == "date, 2023-12 to 2024-01"


def test_dates_that_matplotlib_cannot_write_are_numbers():
    series = dataclasses.replace(make_series(np.arange(9.0), np.arange(9) * 1e5), calendar=Calendar("month"))
    axes = draw_forecast(series, forecast_of(series, [9.0]))
    assert axes.get_xlabel() == "x (10⁵ months since 1970)"
    assert region(axes) == (0.0, 8e5)


def test_the_figure_has_an_error_panel_only_where_the_truth_is_known(energies, trained, forecast):
    assert len(forecast_figure(trained, forecast).axes) == 1
    assert len(forecast_figure(trained, forecast, truth=trained).axes) == 1
    top, bottom = forecast_figure(trained, forecast, truth=energies).axes
    assert (top.get_xlabel(), bottom.get_xlabel()) == ("", "particles")
    assert bottom.get_yscale() == "log"
    np.testing.assert_allclose(bottom.get_lines()[0].get_ydata(), 0.01)


def test_an_exact_prediction_is_a_gap_on_the_logarithmic_axis():
    truth = make_series([1.0, 2.0, 3.0, 4.0])
    (errors,) = draw_relative_error(forecast_of(truth.head(2), [3.0, 4.4]), truth).get_lines()
    np.testing.assert_allclose(errors.get_ydata(), [np.nan, 0.1])
    draw_relative_error(forecast_of(truth.head(2), [3.0, 4.0]), truth).figure.draw_without_rendering()


@pytest.mark.parametrize(("features", "panels", "last"), [(2, 2, "t"), (8, 6, "t\nand 2 more features, not drawn")])
def test_every_feature_has_a_panel_up_to_six(features, panels, last):
    series = make_series(np.random.default_rng(0).random((10, features)), x_name="t")
    forecast = Forecast(series.future_x(3), np.zeros((2, 3, features)), series)
    axes = forecast_figure(series, forecast).axes
    assert [one.get_ylabel() for one in axes] == [f"y{i + 1}" for i in range(panels)]
    assert axes[-1].get_xlabel() == last
    assert sum(one.get_legend() is not None for one in axes) == 1


def test_a_comparison_tells_curves_apart_without_colour(energies, trained, forecast):
    several = {f"model {i}": forecast for i in range(6)}
    axes = draw_comparison(trained, several, truth=energies)
    curves = [line(axes, label) for label in several]
    assert len({one.get_marker() for one in curves}) == 6
    assert len({(one.get_linestyle(), one._unscaled_dash_pattern) for one in curves}) == 6
    assert len({one.get_color() for one in curves}) == 6
    assert len(comparison_figure(trained, several, truth=energies).axes) == 2


@pytest.mark.parametrize("size", [1e-8, 1e8, 1e300, 1e308])
def test_any_size_of_value_is_drawn(size):
    series = make_series(np.linspace(-1, 1, 8) * size)
    forecast_figure(series, forecast_of(series, [size, size / 2])).draw_without_rendering()


def test_wrong_input_is_named(energies, trained, forecast):
    two = make_series(np.ones((20, 2)))
    with pytest.raises(InputError, match="feature must be from 0 to 0"):
        draw_forecast(trained, forecast, feature=1)
    with pytest.raises(InputError, match="the truth has 2 features"):
        draw_forecast(trained, forecast, truth=two)
    with pytest.raises(InputError, match="the forecast has 1 features"):
        draw_forecast(two, forecast)
    with pytest.raises(InputError, match="holds none of the predicted particles"):
        draw_relative_error(forecast, trained)
    with pytest.raises(InputError, match="1 to 6 forecasts; came 0"):
        draw_comparison(trained, {})
    with pytest.raises(InputError, match="came 7"):
        draw_relative_error({str(i): forecast for i in range(7)}, energies)
