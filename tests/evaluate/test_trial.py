"""A trial: what is trained on, what is predicted, and what is compared with what."""

from dataclasses import replace

import numpy as np
import pytest

import unrolled
from unrolled.errors import InputError
from unrolled.evaluate import default_extent, extrapolate, extrapolate_from
from unrolled.series import make_series

_SINE = np.sin(np.arange(20) / 3)


def _linear(**changed):
    return unrolled.model("autoregression", **changed)


def _net(**changed):
    return unrolled.model("rnn", **{"units": 3, "epochs": 2, "members": 2} | changed)


@pytest.mark.parametrize(
    ("points", "known", "train", "horizon", "expected"),
    [
        (20, None, None, None, (20, 6)),  # a file: all points, and a third of their number
        (20, 12, None, None, (12, 8)),  # the catalogue says what is known
        (20, 12, 15, None, (15, 5)),
        (20, 12, None, 3, (12, 3)),
        (20, 12, None, 30, (12, 30)),
        (20, 12, 20, None, (20, 6)),
        (20, None, 20, 1, (20, 1)),
        (2, None, None, None, (2, 1)),
        (1, None, 1, None, (1, 1)),
    ],
)
def test_the_extent_where_it_is_left_open(points, known, train, horizon, expected):
    series = replace(make_series(np.arange(points)), known=known)
    assert default_extent(series, train, horizon) == expected


@pytest.mark.parametrize(
    ("train", "horizon"), [(0, None), (-1, None), (21, None), (None, 0), (None, -3), (None, 10**7)]
)
def test_extents_that_cannot_be(train, horizon):
    with pytest.raises(InputError, match=r"(train|horizon) must be from 1 to"):
        default_extent(make_series(np.arange(20)), train, horizon)


def test_the_model_sees_the_training_part_only():
    values = _SINE.copy()
    first = extrapolate(values, _net(), train=12)
    values[12:] += 5
    second = extrapolate(values, _net(), train=12)
    np.testing.assert_array_equal(first.forecast.members, second.forecast.members)
    assert first.scores != second.scores


def test_truth_is_what_comes_after_the_training_part():
    trial = extrapolate(_SINE, _linear(), train=12, horizon=5)
    assert trial.truth[:, 0].tolist() == _SINE[12:17].tolist()
    assert trial.forecast.x.tolist() == [12, 13, 14, 15, 16]
    partly = extrapolate(_SINE, _linear(), train=18, horizon=5)
    assert partly.truth[:, 0].tolist() == _SINE[18:].tolist()
    assert partly.forecast.x.tolist() == [18, 19, 20, 21, 22]
    assert partly.scores.mse_forecast == pytest.approx(np.mean((partly.forecast.mean[:2, 0] - _SINE[18:]) ** 2))
    beyond = extrapolate(_SINE, _linear())
    assert len(beyond.truth) == 0
    assert beyond.scores.mse_all is None


def test_one_step_predictions_by_hand():
    """A linear recurrence fitted to the first 12, its one-step predictions computed by numpy."""
    noisy = _SINE + 0.1 * np.cos(7 * np.arange(20))
    trial = extrapolate(noisy, _linear(window=2), train=12)
    lags = np.column_stack([noisy[:-2], noisy[1:-1], np.ones(18)])
    weights = np.linalg.lstsq(lags[:10], noisy[2:12], rcond=None)[0]
    predicted = lags @ weights
    assert trial.one_step["train"].rows.tolist() == list(range(2, 12))
    assert trial.one_step["test"].rows.tolist() == list(range(12, 20))
    np.testing.assert_allclose(trial.one_step["train"].mean[:, 0], predicted[:10], atol=1e-12)
    np.testing.assert_allclose(trial.one_step["test"].mean[:, 0], predicted[10:], atol=1e-12)
    np.testing.assert_array_equal(trial.one_step["test"].truth[:, 0], noisy[12:])
    # The first step of the continuation is the one-step prediction from the last known values.
    assert trial.forecast.mean[0, 0] == pytest.approx(trial.one_step["test"].mean[0, 0], abs=1e-14)


def test_a_padding_model_pads_both_parts():
    trial = extrapolate(_SINE, unrolled.model("noisy-sine", epochs=1, members=1), train=12)
    assert trial.one_step["train"].rows.max() >= 12
    assert trial.one_step["test"].rows.min() == 16
    assert len(trial.one_step["train"].x) == 12
    assert len(trial.one_step["test"].x) == 8


def test_uneven_x_is_learned_as_it_is():
    x = np.array([0.0, 1.0, 1.5, 4.0, 5.0, 5.25, 7.0, 9.0, 10.0])
    trial = extrapolate(make_series(x**2, x), _net(target="x-to-y"), train=6)
    assert trial.forecast.x.tolist() == [7.0, 9.0, 10.0]
    assert trial.truth[:, 0].tolist() == [49.0, 81.0, 100.0]
    np.testing.assert_array_equal(trial.forecast.members, trial.fitted.predict(x=[7.0, 9.0, 10.0]).members)
    with pytest.raises(InputError, match="say where to predict"):
        extrapolate(make_series(x**2, x), _net(target="x-to-y", epochs=500_000))


def test_places_of_ones_own_have_no_truth():
    x = np.array([0.0, 1.0, 1.5, 4.0, 5.0])
    trial = extrapolate(make_series(x**2, x), _net(target="x-to-y"), x=[4.5, 20.0])
    assert trial.placed
    assert trial.forecast.x.tolist() == [4.5, 20.0]
    assert trial.truth.shape == (0, 1)
    assert trial.scores.mse_forecast is None


def test_y_from_x_goes_on_past_the_end_at_the_series_step():
    series = make_series(_SINE, 0.5 * np.arange(20))
    trial = extrapolate(series, _net(target="x-to-y"), train=18, horizon=4)
    np.testing.assert_allclose(trial.forecast.x, [9.0, 9.5, 10.0, 10.5])
    assert len(trial.truth) == 2


def test_a_step_that_changes_later_is_found_before_the_training():
    series = make_series(np.arange(10.0), [0, 1, 2, 3, 4, 5, 6, 8, 9, 12])
    with pytest.raises(InputError, match="from row 9 to row 10"):
        extrapolate(series, _net(epochs=500_000, units=500), train=6)


def test_known_places_are_kept_to_the_bit():
    x = np.round(np.arange(1, 15) / 3, 2)
    trial = extrapolate(make_series(x**2, x), _linear(), train=10)
    assert trial.forecast.x.tolist() == x[10:].tolist()


def test_a_trained_model_gives_the_same_trial():
    series = make_series(_SINE)
    first = extrapolate(series, _net(), train=12)
    again = extrapolate_from(first.fitted, series, train=12, horizon=8)
    np.testing.assert_array_equal(first.forecast.members, again.forecast.members)
    assert first.scores == again.scores
    assert again.seconds.fit == 0


def test_seconds_are_seconds():
    trial = extrapolate(_SINE, _net(), train=12)
    assert all(0 <= value < 60 for value in vars(trial.seconds).values())
