import warnings

import numpy as np
import pytest

import unrolled
from unrolled.errors import InputError, TrainingError
from unrolled.forecast import describe_models
from unrolled.forecast import settings as known_settings

SERIES = unrolled.dataset("pairing-particles")
KNOWN = SERIES.head(12)
SMALL = {"units": 4, "epochs": 2, "members": 1}


@pytest.mark.parametrize("name", ["rnn-2layer", "lstm-2layer", "dense-gru-2layer"])
def test_the_lectures_large_networks_run(name):
    fitted = unrolled.model(name, epochs=2, members=1).fit(KNOWN)
    assert fitted.history.loss.shape == (1, 2)
    assert fitted.history.validation_loss.shape == (1, 2)  # the last window of ten
    assert np.isfinite(fitted.predict(8).mean).all()


def test_the_lectures_network_continues_the_lectures_series():
    forecast = unrolled.model("rnn").fit(KNOWN).predict(8)
    error = np.sum((forecast.mean[:, 0] - SERIES.values[12:, 0]) ** 2) / 20
    assert error < 1.5e-4
    assert forecast.members.shape == (16, 8, 1)
    assert forecast.x.tolist() == SERIES.x[12:].tolist()
    assert (forecast.spread > 0).all()
    again = unrolled.model("rnn").fit(KNOWN).predict(8)
    np.testing.assert_array_equal(again.members, forecast.members)


def test_noisy_sine_runs_padded():
    series = unrolled.dataset("noisy-sine").head(60)
    fitted = unrolled.model("noisy-sine", epochs=1, members=1).fit(series)
    made = fitted.one_step()
    assert made.members.shape == (1, 60, 1)  # as many predictions as points
    assert made.rows.tolist() == list(range(4, 64))
    assert made.x[-1] == pytest.approx(series.x[-1] + 4 * series.spacing)
    assert len(fitted.predict(3)) == 3


def test_every_model_says_what_it_is():
    assert ("auto", *describe_models()) == unrolled.models()
    for name in describe_models():
        made = unrolled.model(name)
        assert made.name == name
        if isinstance(made, unrolled.Forecaster):
            assert made.summary().parameters > 0


def test_every_setting_reaches_its_place():
    made = unrolled.model(
        "rnn",
        optimizer="sgd",
        learning_rate=0.5,
        momentum=0.9,
        nesterov=True,
        epochs=3,
        clip_norm=1.0,
        window=5,
        seed=4,
    )
    assert (made.learner.optimizer.name, made.learner.optimizer.rate) == ("sgd", 0.5)
    assert (made.learner.optimizer.momentum, made.learner.optimizer.nesterov) == (0.9, True)
    assert (made.learner.epochs, made.learner.clip_norm, made.window, made.seed) == (3, 1.0, 5, 4)
    assert not unrolled.model("rnn", stateful=True, batch_size=3).learner.shuffle
    assert unrolled.model("rnn", network="gru:7", output="tanh").design.output == "tanh"
    assert set(known_settings()) > {"network", "window", "epochs", "optimizer", "members"}


@pytest.mark.parametrize(
    ("name", "changed", "words"),
    [
        ("rn", {}, "unknown model 'rn'; did you mean 'rnn'"),
        (["rnn"], {}, "unknown model"),
        ("rnn", {"epoch": 3}, "unknown setting 'epoch'; did you mean 'epochs'"),
        ("autoregression", {"epochs": 3}, "solved in one step, so epochs says nothing"),
        ("autoregression", {"units": 3}, "no hidden layers"),
        ("rnn", {"activation": "tahn"}, "did you mean 'tanh'"),
        ("rnn", {"loss": "mse"}, "unknown loss"),
        ("rnn", {"optimizer": "adma"}, "did you mean 'adam'"),
        ("rnn", {"output": "linaer"}, "did you mean 'linear'"),
        ("rnn", {"network": 5}, "written in words"),
        ("rnn", {"stateful": True, "shuffle": True}, "set shuffle=False"),
    ],
)
def test_wrong_requests(name, changed, words):
    with pytest.raises(InputError, match=words):
        unrolled.model(name, **changed)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("window", [0, -1, 2.5, "2", None, True, 11, 10**30]),
        ("lags_as", ["feature", None, 1]),
        ("target", ["windows", None]),
        ("scale", ["minmax", None]),
        ("pad", ["yes", None, 1]),
        ("members", [0, -1, 2.5, "many", None, 10**9]),
        ("seed", [-1, 1.2, "x", None, 2**64]),
        ("precision", ["float16", 32, None]),
        ("epochs", [0, 2.5, "many", None]),
        ("batch_size", [0, 2.5, "x"]),
        ("units", [0, 1.5, "x", 10**12]),
        ("layers", [0, 1.5, "x", 10**12]),
        ("validation", [-1, 1, "x"]),
        ("learning_rate", [0, -1, "x"]),
    ],
)
def test_wrong_settings_are_named_before_any_training(name, values):
    for value in values:
        with pytest.raises(InputError, match=name.split("_", maxsplit=1)[0]):
            unrolled.model("rnn", **{name: value}).fit(KNOWN)


@pytest.mark.parametrize(
    ("changed", "points", "words"),
    [
        ({"window": 11}, 12, "use a window of at most 10"),
        ({"window": 2}, 3, "3 known points are too few for a window of 2: .* at most 1"),
        ({"window": 1}, 2, "three points are the least"),
        ({"target": "x-to-y"}, 1, "2 known points are the least"),
        ({"validation": 0.99}, 12, "leaves none to train on"),
        ({"stateful": True, "batch_size": 4}, 12, "divides the 9 training windows"),
    ],
)
def test_series_that_do_not_suit(changed, points, words):
    with pytest.raises(InputError, match=words):
        unrolled.model("rnn", **changed).fit(SERIES.head(points))


def test_networks_that_would_fit_in_no_computer():
    with pytest.raises(InputError, match="take fewer units"):
        unrolled.model("rnn", units=100_000).fit(KNOWN)


def test_uneven_x_says_where():
    x = [0.0, 1.0, 2.0, 4.0, 5.0, 6.0]
    uneven = unrolled.make_series(np.arange(6.0), x)
    with pytest.raises(InputError, match="from row 3 to row 4 it goes from 2 to 4"):
        unrolled.model("autoregression").fit(uneven)
    fitted = unrolled.model("autoregression").fit(np.arange(6.0))
    with pytest.raises(InputError, match="not evenly spaced"):
        fitted.predict(2, history=uneven)


def test_falling_x():
    series = unrolled.make_series([1.0, 2.0, 4.0, 8.0, 16.0], [10.0, 8.0, 6.0, 4.0, 2.0])
    forecast = unrolled.model("autoregression").fit(series).predict(3)
    np.testing.assert_allclose(forecast.x, [0.0, -2.0, -4.0], atol=1e-12)
    np.testing.assert_allclose(forecast.mean[:, 0], [32, 64, 128])


def test_y_from_x_with_uneven_x():
    """A straight line through uneven x is what least squares finds."""
    x = np.array([0.0, 1.0, 3.0, 4.0, 9.0])
    series = unrolled.make_series(np.column_stack([2 * x - 1, 5 - x]), x)
    fitted = unrolled.model("autoregression", target="x-to-y").fit(series)
    forecast = fitted.predict(x=[2.0, 20.0])
    np.testing.assert_allclose(forecast.mean, [[3, 3], [39, -15]], atol=1e-12)
    np.testing.assert_allclose(fitted.one_step().residuals, 0, atol=1e-12)
    np.testing.assert_allclose(fitted.update([1.0, 1.0], x=11.0).series.x[-1], 11.0)
    with pytest.raises(InputError, match=r"not evenly spaced, so a horizon names no places; give x="):
        fitted.predict(2)
    network = unrolled.model("rnn", target="x-to-y", scale="range", **SMALL).fit(series)
    assert network.predict(x=5.0).mean.shape == (1, 2)


def test_wrong_questions():
    fitted = unrolled.model("autoregression").fit(KNOWN)
    for horizon in (0, -1, 2.5, "8", None, True, 10**9):
        with pytest.raises(InputError, match="horizon"):
            fitted.predict(horizon)
    with pytest.raises(InputError, match="only to a model that learns y from x"):
        fitted.predict(x=[1.0])
    with pytest.raises(InputError, match="needs 2 known values; the history has 1"):
        fitted.predict(1, history=[1.0])
    with pytest.raises(InputError, match="learned 1 features; the history has 2"):
        fitted.predict(1, history=np.ones((5, 2)))
    with pytest.raises(InputError, match="too long for 2 known points"):
        fitted.one_step([1.0, 2.0])
    for value in ("x", [1.0, 2.0], float("nan"), None, [[1.0], [2.0]]):
        with pytest.raises(InputError):
            fitted.update(value)
    for x in ("x", float("nan"), 0.0, [1.0, 2.0]):
        with pytest.raises(InputError):
            fitted.update(1.0, x=x)
    other = unrolled.model("autoregression", target="x-to-y").fit(KNOWN)
    for x in ("x", [], [float("nan")], [[1.0]]):
        with pytest.raises(InputError, match="x must be"):
            other.predict(x=x)


@pytest.mark.parametrize("value", [0.0, 1.0, -3.0, 1e300])
def test_constant_series(value):
    fitted = unrolled.model("autoregression").fit(np.full(8, value))
    np.testing.assert_allclose(fitted.predict(3).mean, value, rtol=1e-9)
    assert "The known part is constant." in fitted.notes
    scaled = unrolled.model("rnn", scale="standard", **SMALL).fit(np.full(8, value))
    assert np.isfinite(scaled.predict(3).mean).all()


@pytest.mark.parametrize("size", [1e300, 1e-300])
def test_numbers_of_any_size(size):
    values = np.array([1.0, 2.0, 4.0, 8.0, 16.0, 32.0]) * size / 64
    forecast = unrolled.model("autoregression", scale="range").fit(values).predict(1)
    np.testing.assert_allclose(forecast.mean[0, 0] / size, 1.0, rtol=1e-9)
    scaled = unrolled.model("rnn", scale="standard", **SMALL).fit(values)
    assert np.isfinite(scaled.predict(2).mean).all()
    assert not scaled.notes
    for name, settings in (("rnn", SMALL), ("autoregression", {})):
        model = unrolled.model(name, **settings)
        if name == "rnn" and size == 1e300:
            with pytest.raises(TrainingError, match="scale the data"):
                model.fit(values)
            continue
        raw = model.fit(values)
        assert np.isfinite(raw.predict(1).mean).all()
        assert name == "autoregression" or "far from 1" in raw.notes[0]


def test_values_beyond_float32_say_so():
    for name, settings in (("rnn", SMALL), ("autoregression", {})):
        with warnings.catch_warnings(), pytest.raises(TrainingError):
            unrolled.model(name, precision="float32", **settings).fit(np.arange(1.0, 9.0) * 1e300)


def test_a_continuation_that_runs_off():
    fitted = unrolled.model("autoregression", window=1).fit(10.0 ** np.arange(8))
    with pytest.raises(TrainingError, match="ran off to infinity at step 3"):
        fitted.predict(400)


def test_frames_and_words():
    fitted = unrolled.model("rnn", units=4, epochs=2, members=2).fit(KNOWN)
    forecast = fitted.predict(2)
    assert repr(forecast) == f"Forecast of {KNOWN.name!r}, 2 steps, 2 members"
    assert list(forecast.columns()) == [KNOWN.x_name, KNOWN.names[0], f"{KNOWN.names[0]}-spread"]
    np.testing.assert_allclose(forecast.spread, forecast.members.std(axis=0, ddof=1), rtol=1e-12)
    np.testing.assert_allclose(forecast.mean, forecast.members.mean(axis=0), rtol=1e-12)
    assert len(forecast.to_frame("polars")) == 2


def test_watching_changes_nothing():
    seen = []
    watched = unrolled.model("rnn", **SMALL).fit(KNOWN, watch=lambda history, epochs: seen.append((history, epochs)))
    assert seen[-1][1] == 2
    np.testing.assert_array_equal(seen[-1][0].loss, watched.history.loss)
    np.testing.assert_array_equal(unrolled.model("rnn", **SMALL).fit(KNOWN).predict(2).mean, watched.predict(2).mean)
