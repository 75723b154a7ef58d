"""Weights of candidates."""

from dataclasses import replace

import numpy as np
import pytest

from unrolled.errors import InputError
from unrolled.forecast import Forecast, Ingredient
from unrolled.series import make_series
from unrolled.show import candidates_figure, draw_candidates


def widths(axes):
    return [bar.get_width() for bar in axes.patches]


def texts(axes):
    return [text.get_text() for text in axes.texts]


def test_the_bars_are_the_weights_the_heaviest_first(bounded):
    axes = draw_candidates(replace(bounded, ingredients=bounded.ingredients[::-1]))
    assert widths(axes) == [0.5, 0.3, 0.2]  # the one without weight is left out
    assert texts(axes) == ["one", "−6.12", "two", "−3.00", "three", "not judged"]
    tops = [bar.get_y() for bar in axes.patches]
    assert tops == sorted(tops)
    assert axes.yaxis_inverted()
    assert axes.get_xlim()[0] == 0


@pytest.mark.parametrize("most", [1, 2, 3, 9])
def test_the_bars_and_the_rest_make_up_all(bounded, most):
    axes = draw_candidates(bounded, most=most)
    rest = sum(one.weight for one in bounded.ingredients[most:])
    assert sum(widths(axes)) + rest == pytest.approx(1)
    said = axes.get_xlabel().splitlines()[-1]
    assert said == f"{min(most, 3)} of 4 candidates, {100 * sum(widths(axes)):.3g} % of the weight"


def test_names_and_scores_lie_in_the_frame_and_on_no_bar_but_their_own(bounded):
    long = tuple(replace(one, name="a candidate of a very long name " * 4) for one in bounded.ingredients)
    axes = draw_candidates(replace(bounded, ingredients=long))
    axes.figure.draw_without_rendering()
    frame = axes.get_window_extent()
    bars = [bar.get_window_extent() for bar in axes.patches]
    for text in axes.texts:
        box = text.get_window_extent()
        assert frame.x0 <= box.x0 < box.x1 <= frame.x1 + 1
        middle = (box.y0 + box.y1) / 2
        assert not any(bar.y0 < middle < bar.y1 and bar.x1 > box.x0 for bar in bars)
    assert texts(axes)[0].endswith("…")


def test_every_feature_has_a_panel_with_its_own_candidates():
    series = make_series(np.random.default_rng(0).random((9, 2)), names=["$p$", "T"])
    made = (Ingredient("a", -1.0, 0.75, "$p$"), Ingredient("b", -2.0, 0.25, "$p$"), Ingredient("a", -3.0, 1.0, "T"))
    forecast = Forecast(series.future_x(2), np.zeros((1, 2, 2)), series, ingredients=made)
    sheet = candidates_figure(forecast)
    assert [widths(axes) for axes in sheet.axes] == [[0.75, 0.25], [1.0]]
    assert [axes.get_title("left") for axes in sheet.axes] == [
        "$p$: 2 of 2 candidates, 100 % of the weight",
        "T: 1 of 1 candidates, 100 % of the weight",
    ]
    assert [bool(axes.get_xlabel()) for axes in sheet.axes] == [False, True]
    assert sheet.axes[0].get_xlim()[1] >= 1
    sheet.draw_without_rendering()


def test_no_weight_at_all_is_an_empty_figure(bounded):
    empty = tuple(replace(one, weight=0.0) for one in bounded.ingredients)
    axes = draw_candidates(replace(bounded, ingredients=empty))
    assert not widths(axes)
    assert axes.get_xlabel().endswith("0 of 4 candidates, 0 % of the weight")
    axes.figure.draw_without_rendering()


def test_wrong_input_is_named(forecast, bounded):
    with pytest.raises(InputError, match="not chosen from candidates"):
        draw_candidates(forecast)
    with pytest.raises(InputError, match="not chosen from candidates"):
        candidates_figure(forecast)
    with pytest.raises(InputError, match="feature must be from 0 to 0"):
        draw_candidates(bounded, feature=1)
    for most in (0, -1, 2.5):
        with pytest.raises(InputError, match="most must be a whole number from 1"):
            draw_candidates(bounded, most=most)


@pytest.mark.parametrize("weight", [0.0, np.nan])
def test_a_whole_figure_without_any_weight_says_so(bounded, weight):
    none = tuple(replace(one, weight=weight) for one in bounded.ingredients)
    sheet = candidates_figure(replace(bounded, ingredients=none))
    assert texts(sheet.axes[0]) == ["no candidate has any weight"]
    sheet.draw_without_rendering()


def test_a_weight_that_is_no_number_counts_as_none_and_comes_last(bounded):
    first, *rest = bounded.ingredients
    axes = candidates_figure(replace(bounded, ingredients=(replace(first, weight=np.nan, score=np.nan), *rest))).axes[0]
    assert widths(axes) == [0.3, 0.2]
    assert axes.get_xlabel().endswith("2 of 4 candidates, 100 % of the weight")
    axes.figure.draw_without_rendering()
