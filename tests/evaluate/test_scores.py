"""Scores against hand computations."""

import math

import numpy as np
import pytest

import unrolled
from unrolled.evaluate import Scores, score
from unrolled.forecast import Forecast
from unrolled.series import make_series


def _forecast(members, known=6):
    members = np.asarray(members, np.float64)
    return Forecast(np.arange(members.shape[1]) + float(known), members, make_series(np.arange(1.0, known + 1)))


def test_the_lectures_figure_counts_known_points_as_no_error():
    # Two members, mean 2 and 5; truths 1 and 7: errors 1 and 2, squares 1 and 4.
    made = score(_forecast([[[1.0], [4.0]], [[3.0], [6.0]]], known=6), np.array([[1.0], [7.0]]))
    assert made == Scores(mse_all=(1 + 4) / 8, mse_forecast=2.5, max_relative_error=1.0)


def test_only_what_is_known_is_scored():
    forecast = _forecast([[[2.0], [9.0], [100.0]]], known=4)
    assert score(forecast, np.array([[1.0]])) == Scores(1 / 5, 1.0, 1.0)
    assert score(forecast, np.zeros((0, 1))) == Scores(None, None, None)
    # More truth than forecast: the rest says nothing.
    assert score(_forecast([[[2.0]]], known=4), np.array([[1.0], [50.0]])) == Scores(1 / 5, 1.0, 1.0)


def test_features_count_alike():
    forecast = Forecast(np.array([4.0]), np.array([[[1.0, 4.0]]]), make_series(np.ones((4, 2))))
    assert score(forecast, np.array([[2.0, 2.0]])) == Scores((1 + 4) / 2 / 5, 2.5, 1.0)


def test_a_truth_of_zero():
    assert score(_forecast([[[1.0]]]), np.array([[0.0]])).max_relative_error == math.inf
    assert score(_forecast([[[0.0]]]), np.array([[0.0]])).max_relative_error == 0.0


@pytest.mark.filterwarnings("error")
def test_sizes_whose_squares_overflow():
    made = score(_forecast([[[3e200]]]), np.array([[1e200]]))
    assert made.mse_forecast == math.inf
    assert made.max_relative_error == pytest.approx(2.0)


def test_a_perfect_continuation_scores_zero():
    trial = unrolled.extrapolate(2.0 ** np.arange(12), unrolled.model("autoregression"), train=8)
    assert trial.scores.max_relative_error < 1e-9
