"""How far a forecast is trusted, as figures show it."""

from dataclasses import replace

import numpy as np
import pytest

from unrolled.forecast import Forecast, Verdict
from unrolled.series import Calendar, make_series
from unrolled.show import draw_forecast, draw_half_widths, draw_relative_error, forecast_figure
from unrolled.show._trust import lines_beneath


def marks(axes):
    """Where upright dotted lines stand."""
    return [one.get_xdata()[0] for one in axes.get_lines() if list(one.get_ydata()) == [0, 1]]


def line(axes, label):
    return next((one for one in axes.get_lines() if one.get_label() == label), None)


@pytest.mark.parametrize(("trusted", "place"), [(0, 25.0), (1, 27.0), (7, 39.0)])
def test_the_mark_stands_between_the_last_trusted_step_and_the_next(energies, trained, bounded, trusted, place):
    forecast = replace(bounded, verdict=Verdict(trusted, 8))
    for axes in (
        draw_forecast(trained, forecast),
        draw_half_widths(forecast),
        draw_relative_error(forecast, energies),
    ):
        assert marks(axes) == [place]
    (text,) = draw_forecast(trained, forecast).texts
    assert text.get_text() == (f"trusted to particles = {24 + 2 * trusted}" if trusted else "no step is trusted")


@pytest.mark.parametrize("verdict", [None, Verdict(8, 8), Verdict(9, 12)])
def test_nothing_is_marked_where_all_steps_are_trusted_or_nothing_is_said(trained, bounded, verdict):
    axes = draw_forecast(trained, replace(bounded, verdict=verdict))
    assert not marks(axes)
    assert not axes.texts
    assert line(axes, "not trusted") is None


def test_doubtful_steps_are_dashed_hollow_and_joined_to_the_rest(trained, bounded):
    axes = draw_forecast(trained, bounded)
    good, bad = line(axes, "prediction"), line(axes, "not trusted")
    mean = bounded.mean[:, 0]
    np.testing.assert_array_equal(good.get_ydata(), np.where(np.arange(8) < 2, mean, np.nan))
    np.testing.assert_array_equal(bad.get_ydata(), np.where(np.arange(8) >= 1, mean, np.nan))
    assert bad.get_markevery() == list(range(2, 8))
    assert (good.get_linestyle(), bad.get_linestyle()) == ("-", "--")
    assert (good.get_markerfacecolor(), bad.get_markerfacecolor()) == ("#0072B2", "white")


def test_where_nothing_is_trusted_there_is_no_strong_line(trained, bounded):
    axes = draw_forecast(trained, replace(bounded, verdict=Verdict(0, 8)))
    assert line(axes, "prediction") is None
    assert np.isfinite(line(axes, "not trusted").get_ydata()).all()


@pytest.mark.parametrize("trusted", range(9))
def test_the_words_at_the_mark_lie_in_the_frame_and_above_the_data(trained, bounded, trusted):
    axes = draw_forecast(trained, replace(bounded, bands=(), verdict=Verdict(trusted, 8)))
    axes.figure.draw_without_rendering()
    frame = axes.get_window_extent()
    top = axes.transData.transform((0, trained.values.max()))[1]
    for text in axes.texts:
        box = text.get_window_extent()
        assert frame.x0 <= box.x0 < box.x1 <= frame.x1
        assert top < box.y0 < box.y1 <= frame.y1


def test_falling_x_and_dates_are_marked_in_their_own_terms():
    falling = make_series(np.linspace(1, 2, 8), np.linspace(8.0, 1.0, 8))
    forecast = Forecast(falling.future_x(3), np.ones((1, 3, 1)), falling, verdict=Verdict(1, 3))
    axes = draw_forecast(falling, forecast)
    assert marks(axes) == [-0.5]
    assert axes.texts[0].get_text() == "trusted to x = 0"
    dated = replace(make_series(np.arange(8.0), 19700.0 + np.arange(8)), calendar=Calendar("day"), x_name="date")
    axes = draw_forecast(dated, replace(forecast, series=dated, x=dated.future_x(3)))
    assert marks(axes) == [19708.5]
    assert axes.texts[0].get_text() == "trusted to 2023-12-17"


def test_the_verdict_stands_beneath_in_balanced_lines(trained, bounded):
    lines = lines_beneath(bounded)
    assert " ".join(lines).replace("\N{NO-BREAK SPACE}", " ") == bounded.verdict.headline
    assert 0.6 < len(lines[0]) / len(lines[1]) < 1.6
    assert forecast_figure(trained, bounded).get_supxlabel() == "\n".join(lines)
    assert not lines_beneath(replace(bounded, verdict=None))
    assert forecast_figure(trained, replace(bounded, verdict=None)).get_supxlabel() == ""


def test_more_than_sixty_errors_are_dots_hollow_where_not_trusted():
    truth = make_series(np.arange(1.0, 111.0))
    forecast = Forecast(truth.x[10:], truth.values[None, 10:] * 1.1, truth.head(10), verdict=Verdict(40, 100))
    _, good, bad = draw_relative_error(forecast, truth).get_lines()
    assert (len(good.get_xdata()), len(bad.get_xdata())) == (40, 60)
    assert {one.get_linestyle() for one in (good, bad)} == {"None"}
    assert bad.get_markerfacecolor() == "white" != good.get_markerfacecolor()
    np.testing.assert_allclose(np.append(good.get_ydata(), bad.get_ydata()), 0.1)
