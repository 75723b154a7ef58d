"""Bounds as regions, and their half-widths."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.collections import PolyCollection

from unrolled.choose import spread_of
from unrolled.errors import InputError
from unrolled.forecast import Band, Forecast, Verdict
from unrolled.series import Calendar, Series, make_series
from unrolled.show import draw_forecast, draw_half_widths, draw_relative_error, forecast_figure, save
from unrolled.show._bands import missing_bounds

NAN, INF = np.nan, np.inf


def regions(axes):
    return [one for one in axes.collections if isinstance(one, PolyCollection) and one.get_label().endswith("bounds")]


def edges(region):
    """Lower and upper edge of a region by x."""
    points = np.concatenate([path.vertices for path in region.get_paths()])
    return {
        x: (points[points[:, 0] == x, 1].min(), points[points[:, 0] == x, 1].max()) for x in np.unique(points[:, 0])
    }


def luminance(colour):
    return float(np.dot([0.2126, 0.7152, 0.0722], np.asarray(colour).ravel()[:3] ** 2.2))


def make_bounded(half, *, trust=None, series: Series | None = None, x=None) -> Forecast:
    """A rising forecast of a rising series with bounds of 68 %, and of 95 % twice as far, at these half-widths."""
    known = make_series(np.linspace(1.0, 2.0, 8), names=["E"], units=["MeV"]) if series is None else series
    column = np.asarray(half, np.float64)[:, None]
    mean = known.values[-1] + 0.1 * np.arange(1, len(column) + 1)[:, None]
    bands = tuple(Band(level, mean - k * column, mean + k * column) for level, k in ((68.0, 0.5), (95.0, 1.0)))
    places = known.future_x(len(column)) if x is None else np.asarray(x, np.float64)
    verdict = None if trust is None else Verdict(trust, len(column))
    return Forecast(places, mean[None], known, bands=bands, verdict=verdict)


def test_the_regions_are_the_bounds(trained, bounded):
    axes = draw_forecast(trained, bounded)
    low, high = axes.get_ylim()
    for region, band in zip(regions(axes), bounded.bands, strict=True):
        assert region.get_label() == f"{band.level:g} % bounds"
        drawn = edges(region)
        for x, lower, upper in zip(bounded.x, band.lower[:, 0], band.upper[:, 0], strict=True):
            np.testing.assert_allclose(np.clip(drawn[x], low, high), np.clip([lower, upper], low, high))


def test_the_wider_lies_behind_and_all_differ_in_grey(trained, bounded):
    narrow, wide = regions(draw_forecast(trained, replace(bounded, bands=bounded.bands[::-1])))
    assert (narrow.get_label(), wide.get_label()) == ("68 % bounds", "95 % bounds")
    assert wide.get_zorder() < narrow.get_zorder() < 1  # known points, curves and marks lie in front
    greys = [luminance(one.get_facecolor()) for one in (wide, narrow)]
    curve = luminance([0.0, 0x72 / 255, 0xB2 / 255])
    assert 1 - greys[0] > 0.2
    assert greys[0] - greys[1] > 0.2
    assert greys[1] - curve > 0.2
    assert all(one.get_facecolor()[0, 3] == 1 for one in (narrow, wide))


def test_missing_bounds_are_gaps_and_said():
    forecast = make_bounded([0.1, 0.2, NAN, 0.4, NAN, NAN])
    for region in regions(draw_forecast(forecast.series, forecast)):
        inside = [x for x in edges(region) if x in forecast.x]
        assert inside == [8.0, 9.0]
        # A step without neighbours is as wide as a part of the distance between steps.
        assert sorted(set(edges(region)) - set(inside)) == pytest.approx([10.7, 11.3])
    assert missing_bounds(forecast) == "No 68 and 95\N{NO-BREAK SPACE}% bounds at 3 of 6 steps."


@pytest.mark.parametrize(
    ("narrow", "wide", "text"),
    [
        ([1, 1, 1], [1, 1, 1], ""),
        ([1, 1, 1], [1, INF, 1], ""),
        ([1, 1, 1], [1, NAN, NAN], "No 95 % bounds from step 2 on."),
        ([1, 1, 1], [1, 1, NAN], "No 95 % bounds at step 3."),
        ([1, 1, NAN], [NAN, NAN, NAN], "No 68 % bounds at step 3, no 95 % bounds."),
        ([NAN, NAN, NAN], [NAN, NAN, NAN], "No 68 and 95 % bounds."),
    ],
)
def test_what_is_missing_in_one_sentence(narrow, wide, text):
    forecast = make_bounded([1.0, 1.0, 1.0])
    bands = [
        replace(band, upper=np.array(upper, float)[:, None])
        for band, upper in zip(forecast.bands, (narrow, wide), strict=True)
    ]
    assert missing_bounds(replace(forecast, bands=tuple(bands))).replace("\N{NO-BREAK SPACE}", " ") == text


@pytest.mark.parametrize("half", [[0.1, 1e5, 1e300], [0.1, INF, INF], [0.1, 8e307, NAN]])
def test_enormous_bounds_do_not_squash_the_known_values(half):
    forecast = make_bounded(half)
    axes = draw_forecast(forecast.series, forecast)
    low, high = axes.get_ylim()
    known = np.ptp(forecast.series.values)
    assert high - low < 5 * known
    drawn = edges(regions(axes)[1])
    assert drawn[forecast.x[1]][0] < low
    assert drawn[forecast.x[1]][1] > high


def test_an_untrusted_prediction_leaves_the_frame_before_it_squashes_the_rest():
    wild = make_bounded([0.1, 0.1, 0.1], trust=1)
    wild = replace(wild, members=np.array([[[2.1], [1e11], [2.3]]]), bands=())
    low, high = draw_forecast(wild.series, wild).get_ylim()
    assert low <= 1
    assert 2.3 < high < 12
    # The same where everything is believed: nothing of it may be hidden.
    assert draw_forecast(wild.series, replace(wild, verdict=None)).get_ylim()[1] >= 1e11


@pytest.mark.parametrize(
    "half",
    [[0.1], [8e307], [INF] * 4, [NAN] * 4, [0.0] * 3, [NAN, 0.2, NAN], np.linspace(0.01, 1.0, 1000), [1e-300, 1e300]],
    ids=["one", "one enormous", "infinite", "missing", "zero", "alone", "thousand", "wide range"],
)
@pytest.mark.parametrize(("miss", "trust"), [(None, None), (0.0, 0), (0.01, 1), (None, 1)])
def test_any_bounds_are_drawn_without_a_warning(half, miss, trust):
    forecast = make_bounded(half, trust=trust)
    values = np.concatenate([forecast.series.values, forecast.mean + (miss or 0.0)])
    truth = None if miss is None else make_series(values, np.concatenate([forecast.series.x, forecast.x]))
    forecast_figure(forecast.series, forecast, truth=truth).draw_without_rendering()


def test_half_widths_are_over_the_spread_and_the_axis_holds_them_all(trained, bounded):
    axes = draw_half_widths(bounded)
    bottom, top = axes.get_ylim()
    for region, k in zip(regions(axes), (1, 2), strict=True):
        expected = k * 0.002 * 4.0 ** np.arange(8) / spread_of(trained.values[:, 0])
        drawn = edges(region)
        np.testing.assert_allclose([drawn[x][1] for x in bounded.x], expected, rtol=1e-9)
        assert {drawn[x][0] for x in bounded.x} == {bottom}
        assert bottom < expected.min() < expected.max() < top
    assert axes.get_yscale() == "log"


@pytest.mark.parametrize("spread", [np.inf, np.nan])
def test_without_a_spread_there_are_words_in_place_of_half_widths_and_errors(bounded, energies, monkeypatch, spread):
    monkeypatch.setattr("unrolled.show._truth.spread_of", lambda _: spread)
    axes = draw_half_widths(bounded)
    assert [text.get_text() for text in axes.texts] == ["no half-width that can be drawn"]
    axes.figure.draw_without_rendering()
    axes = draw_relative_error(bounded, energies, over="spread")
    assert len(axes.texts) == 1
    axes.figure.draw_without_rendering()


def test_values_near_the_largest_float_are_drawn_without_a_warning():
    series = make_series(1e308 * np.array([-1.0, 1.0, -1.5, 1.7, 0.0, 1.7]))
    wide = Band(95, np.full((2, 1), -1.7e308), np.full((2, 1), 1.7e308))
    forecast = Forecast(series.future_x(2), np.full((1, 2, 1), -1.7e308), series, bands=(wide,))
    truth = make_series(np.append(series.values[:, 0], [1.7e308, 1.7e308]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        draw_half_widths(forecast).figure.draw_without_rendering()
        for over in ("truth", "spread"):
            draw_relative_error(forecast, truth, over=over).figure.draw_without_rendering()
        forecast_figure(series, forecast, truth=truth).draw_without_rendering()


def test_without_bounds_there_are_no_half_widths(forecast):
    with pytest.raises(InputError, match="no bounds of a finite width"):
        draw_half_widths(forecast)
    with pytest.raises(InputError, match="no bounds of a finite width"):
        draw_half_widths(make_bounded([INF, NAN, 0.0]))
    with pytest.raises(InputError, match="feature must be from 0 to 0"):
        draw_half_widths(make_bounded([1.0]), feature=1)


def test_the_error_panel_shades_half_widths_over_the_truth(energies, bounded):
    axes = draw_relative_error(bounded, energies)
    expected = 0.004 * 4.0 ** np.arange(8) / np.abs(energies.values[12:, 0])
    drawn = edges(regions(axes)[1])
    np.testing.assert_allclose([drawn[x][1] for x in bounded.x], expected)
    assert axes.get_ylabel().split() == ["relative", "error", "and", "bounds"]


def test_an_infinite_half_width_reaches_the_top():
    forecast = make_bounded([0.1, INF, 0.3])
    axes = draw_half_widths(forecast)
    assert edges(regions(axes)[0])[forecast.x[1]] == pytest.approx(axes.get_ylim())


def test_the_second_panel_has_errors_if_the_truth_is_known_else_half_widths(energies, trained, bounded):
    label = {True: "relative error and bounds", False: "half-width / spread"}
    for known in (True, False):
        _, below = forecast_figure(trained, bounded, truth=energies if known else None).axes
        assert " ".join(below.get_ylabel().split()) == label[known]
    assert len(forecast_figure(trained, replace(bounded, bands=())).axes) == 1


def test_falling_x_and_dates_have_regions_too():
    falling = make_bounded([0.1, 0.2, 0.3], series=make_series(np.linspace(1, 2, 8), np.linspace(2.0, 0.25, 8)))
    assert list(edges(regions(draw_forecast(falling.series, falling))[0])) == pytest.approx([-0.5, -0.25, 0.0])
    months = make_series(np.linspace(1, 2, 8), 600.0 + np.arange(8))
    dated = make_bounded([0.1, 0.2], series=replace(months, calendar=Calendar("month"), x_name="date"))
    places = edges(regions(draw_forecast(dated.series, dated))[0])
    assert list(places) == pytest.approx([18506.0, 18536.0])  # 2020-09-01 and a month later, in days
    forecast_figure(dated.series, dated).draw_without_rendering()


def test_every_feature_has_its_own_bounds():
    series = make_series(np.column_stack([np.arange(8.0), 100 * np.arange(8.0)]))
    mean = np.array([[8.0, 800.0], [9.0, 900.0]])
    half = np.array([1.0, 50.0])
    band = Band(90.0, mean - half, mean + half)
    forecast = Forecast(series.future_x(2), mean[None], series, bands=(band,), verdict=Verdict(1, 2))
    first, second = (edges(regions(draw_forecast(series, forecast, feature=i))[0]) for i in (0, 1))
    assert (first[8.0], second[8.0]) == ((7.0, 9.0), (750.0, 850.0))
    assert len(forecast_figure(series, forecast).axes) == 2


def test_candidates_are_thin_lines_only_if_asked_or_without_bounds(trained, bounded):
    def thin(forecast, **options):
        return sum(one.get_linewidth() < 0.5 for one in draw_forecast(trained, forecast, **options).get_lines())

    assert (thin(bounded), thin(bounded, members=True)) == (0, 3)
    assert thin(replace(bounded, bands=())) == 3
    networks = replace(bounded, ingredients=(), centre=None)
    assert (thin(networks), thin(networks, members=False)) == (3, 0)
    texts = draw_forecast(trained, bounded, members=True).get_legend().get_texts()
    assert "candidates" in [text.get_text() for text in texts]


@pytest.mark.parametrize("judged", [True, False])
def test_no_text_is_cut_or_lies_on_another(tmp_path, energies, trained, bounded, judged):
    far = replace(bounded, bands=tuple(replace(band, lower=np.full((8, 1), NAN)) for band in bounded.bands[1:]))
    for forecast in (bounded, far):
        sheet = forecast_figure(trained, forecast, truth=energies if judged else None)
        save(sheet, tmp_path / "a", ["png"], dpi=100)
        sheet.set_layout_engine("none")
        sheet.draw_without_rendering()
        boxes = [axes.yaxis.label.get_window_extent() for axes in sheet.axes]
        boxes += [axes.xaxis.label.get_window_extent() for axes in sheet.axes if axes.get_xlabel()]
        boxes += [sheet.axes[0].get_legend().get_window_extent(), sheet._supxlabel.get_window_extent()]
        for i, box in enumerate(boxes):
            assert sheet.bbox.x0 <= box.x0 < box.x1 <= sheet.bbox.x1 + 1
            assert sheet.bbox.y0 <= box.y0 < box.y1 <= sheet.bbox.y1 + 1
            assert not any(box.overlaps(other) for other in boxes[:i])
