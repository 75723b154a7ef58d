"""Mistakes that once were: each would pass unnoticed without its test."""

from dataclasses import replace

import numpy as np
import pytest

import unrolled
from unrolled.errors import InputError
from unrolled.evaluate import extrapolate, extrapolate_from, sweep
from unrolled.report import forecast_csv, trial_report

SERIES = unrolled.dataset("pairing-particles")
LINEAR = unrolled.model("autoregression")


def test_a_flat_truth_is_one_feature_not_a_matrix():
    forecast = LINEAR.fit(SERIES.head(12)).predict(8)
    flat, column = (unrolled.score(forecast, truth) for truth in (SERIES.values[12:, 0], SERIES.values[12:]))
    assert flat == column
    with pytest.raises(InputError, match="shape"):
        unrolled.score(forecast, np.ones((8, 2)))
    with pytest.raises(InputError, match="infinite"):
        unrolled.score(forecast, [np.inf] * 8)


def test_what_the_caller_does_to_his_array_changes_no_model():
    y = np.array([1.0, 2.0, 4.0, 8.0, 16.0])
    fitted = LINEAR.fit(y)
    before = fitted.predict(2).mean.copy()
    y[-1] = 1000.0
    assert np.array_equal(fitted.predict(2).mean, before)
    with pytest.raises(ValueError, match="read-only"):
        fitted.series.values[0] = 5.0


def test_requests_that_contradict_themselves_are_refused_before_the_training():
    with pytest.raises(InputError, match="no order in time"):
        unrolled.model("rnn", target="x-to-y", stateful=True, batch_size=2).fit(SERIES.head(12))
    with pytest.raises(InputError, match="not both"):
        unrolled.model("rnn", units=2, epochs=1, members=1, target="x-to-y").fit(SERIES).predict(5, x=[1.0])
    for extent in ({"train": 12.0}, {"horizon": 2.5}):
        with pytest.raises(InputError, match="whole number"):
            extrapolate(SERIES, LINEAR, **extent)
    with pytest.raises(InputError, match="linear output"):
        sweep(
            SERIES,
            [{"model": "rnn", "epochs": 10**6}, {"model": "autoregression", "output": "tanh"}],
            train=12,
            horizon=8,
        )


def test_the_head_of_a_dataset_is_known_as_far_as_it_goes():
    assert SERIES.head(10).known is None
    assert SERIES.head(15).known == 12
    assert len(extrapolate(SERIES.head(10), LINEAR).forecast) == 3


def test_padding_is_no_truth_to_predict_from():
    model = unrolled.model("noisy-sine", epochs=1, members=1)
    trial = extrapolate(replace(unrolled.dataset("noisy-sine").head(60), known=40), model)
    rows = [line.split(",") for line in forecast_csv(trial).splitlines()[1:]]
    assert [row[-1] != "" for row in rows] == [False] * 4 + [True] * 36 + [False] * 4 + [True] * 16


def test_a_saved_model_that_goes_on_from_other_numbers_was_not_trained_on_them():
    fitted = LINEAR.fit(SERIES.head(12))
    assert extrapolate_from(fitted, SERIES, train=12, horizon=2).trained
    other = extrapolate_from(fitted, SERIES, train=14, horizon=2)
    assert not other.trained
    assert set(other.one_step) == {"history", "test"}
    assert forecast_csv(other).splitlines()[1].split(",")[2] == "history"


def test_a_model_of_sequences_gives_as_many_outputs_as_asked_for():
    inputs = np.random.default_rng(0).normal(size=(4, 6, 1))
    batch = unrolled.Batch(inputs, np.cumsum(inputs, axis=1))
    design = unrolled.NetworkDesign.parse("elman:3:linear")
    fitted = unrolled.SequenceModel(design, unrolled.GradientDescent(epochs=2)).fit(batch)
    everything = fitted.predict(inputs, last=6)
    assert everything.shape == (1, 4, 6, 1)
    assert np.allclose(everything[:, :, -1:], fitted.predict(inputs), rtol=1e-12)
    with pytest.raises(InputError, match="last"):
        fitted.predict(inputs, last=7)


def test_a_report_averages_over_the_members_that_still_train():
    model = unrolled.model("rnn", units=3, members=4, epochs=40, patience=1, learning_rate=0.3)
    trial = extrapolate(SERIES, model)
    assert len(set(trial.fitted.history.epochs.tolist())) > 1
    assert np.isfinite(trial_report(trial, total_seconds=1.0)["history"]["loss"]).all()


def test_columns_cannot_hide_each_other():
    with pytest.raises(InputError, match="'x' came twice"):
        unrolled.make_series([1.0, 2.0], names=["x"])
    with pytest.raises(InputError, match="'a' came twice"):
        unrolled.make_series(np.ones((3, 2)), names=["a", "a"])
