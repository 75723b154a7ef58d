"""Bounds from ranked errors: the textbook rank, honest refusals, and coverage on data that have any."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import unrolled
from unrolled.errors import InputError
from unrolled.evaluate import bound_origins, conformal_bands, extrapolate, require_levels, rolling_origins, with_bounds
from unrolled.forecast import Forecast
from unrolled.series import make_series

_NOISE = np.random.default_rng(7).normal(size=400)
_LAST = unrolled.model("persistence")


def _forecast(steps=1):
    return Forecast(np.arange(steps) + 4.0, np.full((1, steps, 1), 10.0), make_series(np.arange(4.0)))


@given(st.integers(1, 60), st.floats(1, 99.5))
def test_the_rank_is_the_textbooks(count, level):
    errors = np.random.default_rng(count).permutation(np.arange(1.0, count + 1)) * (-1.0) ** np.arange(count)
    (band,) = conformal_bands(_forecast(), errors[:, None, None], [level])
    rank = int(np.ceil((count + 1) * level / 100 - 1e-9))
    if rank <= count:  # the errors are 1, 2, ..., count in size, so the rank is the half-width
        assert band.upper[0, 0] == 10.0 + rank
        assert band.lower[0, 0] == 10.0 - rank
        assert band.reason == ""
    else:
        assert np.isnan(band.lower).all()
        assert np.isnan(band.upper).all()
        assert f"supports {np.floor(1000 * count / (count + 1)) / 10:g} % at most" in band.reason


@pytest.mark.parametrize(("count", "level"), [(19, 95.0), (4, 80.0), (9, 90.0), (99, 99.0)])
def test_the_attainable_level_is_attained(count, level):
    errors = np.arange(1.0, count + 1)[:, None, None]
    (band,) = conformal_bands(_forecast(), errors, [level])
    assert band.upper[0, 0] == 10.0 + count
    (band,) = conformal_bands(_forecast(), errors[1:], [level])
    assert f"no {level:g} % bounds from step 1 on" in band.reason


def test_steps_that_no_error_reaches():
    errors = np.array([[1.0, 2.0, np.nan], [2.0, 3.0, np.nan], [3.0, np.nan, np.nan]])[:, :, None]
    low, high = conformal_bands(_forecast(3), errors, [50, 75])
    np.testing.assert_array_equal(low.upper[:, 0], [12.0, 13.0, np.nan])
    assert "from step 3 on" in low.reason
    assert "none of them reaches step 3" in low.reason
    np.testing.assert_array_equal(high.upper[:, 0], [13.0, np.nan, np.nan])
    assert "from step 2 on" in high.reason
    assert "none of them reaches step 3" in high.reason
    (short,) = conformal_bands(_forecast(2), errors[:, :2], [75])
    assert "2 of them reach step 2, which supports 66.6 % at most" in short.reason


def test_bounds_are_of_the_models_own_past():
    trial = extrapolate(_NOISE[:60], _LAST, train=50, horizon=5)
    bounded = with_bounds(trial, (68, 95))
    origins = bound_origins(trial.series.head(50), _LAST, 5, (68, 95))
    assert len(origins) == 21
    assert (origins[0], origins[-1]) == (25, 45)
    table = rolling_origins(_NOISE[:50], {"a": _LAST}, origins=origins, horizon=5)
    ranked = np.sort(np.abs(table.errors["a"][:, :, 0]), axis=0)
    for band, rank in zip(bounded.forecast.bands, (15, 21), strict=True):
        np.testing.assert_array_equal(band.upper[:, 0], trial.forecast.mean[:, 0] + ranked[rank - 1])
        assert band.reason == ""
    assert (
        bounded.notes[-1]
        == "The bounds are from 21 forecasts of its own past, each learned anew, from 25 to 45 points."
    )
    assert bounded.scores == trial.scores


def test_coverage_on_noise():
    """Independent values and their mean as the forecast: exchangeable, so the level is what it says, within chance."""
    drift, inside = unrolled.model("trend", degree=0), []
    for start in range(0, 360, 4):
        trial = with_bounds(extrapolate(_NOISE[start : start + 41], drift, train=40, horizon=1), (80,))
        (band,) = trial.forecast.bands
        inside.append(band.lower[0, 0] <= trial.truth[0, 0] <= band.upper[0, 0])
    assert 0.7 < np.mean(inside) < 0.92


@pytest.mark.parametrize(
    ("points", "horizon", "levels", "expected"),
    [
        (100, 10, (68,), 40),  # a model that costs little
        (100, 10, (99,), 98),  # too few with the whole horizon: all there are
        (30, 5, (95,), 19),
        (12, 8, (68,), 3),
    ],
)
def test_where_bounds_are_from(points, horizon, levels, expected):
    origins = bound_origins(make_series(np.arange(float(points))), _LAST, horizon, levels)
    assert len(origins) == expected
    assert origins == tuple(sorted(set(origins)))


def test_a_network_is_trained_no_more_often_than_needed():
    origins = bound_origins(make_series(np.arange(100.0)), unrolled.model("rnn"), 10, (68, 80))
    assert len(origins) == 4
    assert (origins[0], origins[-1]) == (50, 90)


def test_too_few_points_are_heard_before_the_training():
    series = make_series(np.arange(12.0))
    require_levels(series, _LAST, 8, (75,))
    with pytest.raises(InputError, match=r"no 90 % bounds from step 3 on.* 3 of them reach step 8, .* 75 % at most"):
        require_levels(series, _LAST, 8, (75, 90))
    with pytest.raises(InputError, match="none of them reaches step 11"):
        require_levels(series, _LAST, 12, (50,))
    for level in (0, 100, float("nan")):
        with pytest.raises(InputError, match="level"):
            require_levels(series, _LAST, 1, (level,))


def test_trials_that_cannot_be_bounded():
    series = make_series(_NOISE[:30])
    trial = extrapolate(series, _LAST, train=20)
    other = unrolled.evaluate.extrapolate_from(trial.fitted, series, train=25, horizon=2)
    with pytest.raises(InputError, match="training again"):
        with_bounds(other, (68,))
    alone = with_bounds(extrapolate(series.head(2), _LAST, horizon=2), (50,))
    assert "none of them reaches step 1" in alone.forecast.bands[0].reason
