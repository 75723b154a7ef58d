"""Classical models as estimators: the same interface as the networks, the same answers as their methods."""

import numpy as np
import pytest

import unrolled
from unrolled.classical import LinearRecurrence, Polynomial
from unrolled.errors import InputError, TrainingError
from unrolled.forecast import CLASSICAL, ClassicalForecaster, says_nothing, settings

SERIES = unrolled.dataset("pairing-particles")
KNOWN = SERIES.head(12)
VALUES = KNOWN.values[:, 0]


@pytest.mark.parametrize("name", CLASSICAL)
def test_the_forecast_is_the_method_s(name):
    fitted = unrolled.model(name).fit(KNOWN)
    forecast = fitted.predict(5)
    law = fitted.model.method.fit(VALUES.copy())
    np.testing.assert_array_equal(forecast.mean[:, 0], law.extend(VALUES.copy(), 5))
    assert forecast.x.tolist() == SERIES.x[12:17].tolist()
    assert fitted.model.describe(1)["name"] == name


@pytest.mark.parametrize("name", CLASSICAL)
def test_settings_belong_to_their_models(name):
    mute = says_nothing(name)
    assert "units" in mute
    assert "seed" not in mute
    assert set(settings()) - mute == {"seed", *CLASSICAL[name].settings}
    with pytest.raises(InputError, match="units says nothing to"):
        unrolled.model(name, units=3)


def test_features_are_continued_each_on_its_own():
    both = unrolled.make_series(np.column_stack([VALUES, np.arange(12.0) ** 2]), names=["a", "b"])
    forecast = unrolled.model("polynomial", degree=2).fit(both).predict(2)
    np.testing.assert_allclose(forecast.mean[:, 1], [144.0, 169.0])
    alone = unrolled.model("polynomial", degree=2).fit(KNOWN).predict(2)
    np.testing.assert_array_equal(forecast.mean[:, 0], alone.mean[:, 0])


def test_a_recurrence_keeps_its_coefficients():
    fitted = unrolled.model("recurrence", window=2).fit(2.0 ** np.arange(8))
    history = 3.0 * 2.0 ** np.arange(4)
    np.testing.assert_allclose(fitted.predict(2, history=history).mean[:, 0], [48.0, 96.0])
    longer = fitted.update(256.0)
    np.testing.assert_allclose(longer.predict(1).mean[:, 0], [512.0])
    assert longer.laws is fitted.laws


def test_a_function_of_time_goes_on_from_where_it_is():
    t = np.arange(10.0)
    fitted = unrolled.model("rational").fit(1 / (t[:8] + 3))
    longer = fitted.update(1 / 11.0)
    np.testing.assert_allclose(longer.predict(1).mean[0, 0], 1 / 12.0, rtol=1e-8)


def test_one_step_predictions_see_only_what_came_before():
    fitted = unrolled.model("rational").fit(KNOWN)
    made = fitted.one_step()
    for row, value in zip(made.rows, made.mean[:, 0], strict=True):
        head = VALUES[:row].copy()
        assert value == fitted.model.method.fit(head).extend(head, 1)[0]
    linear = unrolled.model("recurrence", window=2).fit(KNOWN).one_step()
    assert linear.rows.tolist() == list(range(2, 12))
    law = LinearRecurrence(2).fit(VALUES.copy())
    np.testing.assert_array_equal(linear.mean[:, 0], law.one_step(VALUES.copy()))


def test_sample_paths_are_fed_back():
    generator = np.random.default_rng(0)
    values = np.zeros(400)
    for t in range(1, 400):
        values[t] = 0.9 * values[t - 1] + generator.normal()
    forecast = unrolled.model("bayesian-recurrence", window=1, seed=1).fit(values).predict(30)
    assert forecast.members.shape == (400, 30, 1)
    # The deviation of the process h steps ahead is sqrt((1 - 0.81^h) / 0.19).
    for step in (0, 4, 29):
        expected = np.sqrt((1 - 0.81 ** (step + 1)) / 0.19)
        assert forecast.spread[step, 0] == pytest.approx(expected, rel=0.2)
    half = (forecast.bands[1].upper - forecast.bands[1].lower)[:, 0] / 2
    assert half[-1] == pytest.approx(1.96 / np.sqrt(0.19), rel=0.25)
    again = unrolled.model("bayesian-recurrence", window=1, seed=1).fit(values).predict(30)
    np.testing.assert_array_equal(again.members, forecast.members)


def test_bounds_are_columns_of_the_frame():
    frame = unrolled.model("bayesian-recurrence").fit(KNOWN).predict(3).to_frame("pandas")
    assert list(frame.columns)[-4:] == [f"correlation energy-{side}-{n}" for n in (68, 95) for side in ("lo", "hi")]
    assert (frame["correlation energy-lo-95"] < frame["correlation energy-lo-68"]).all()


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: unrolled.model("recurrence", window=6).fit(KNOWN), "takes at least 13 known points; .* has 12"),
        (lambda: unrolled.model("recurrence", window=0), "window"),
        (lambda: unrolled.model("recurrence", ridge=-1.0), "ridge"),
        (lambda: unrolled.model("rational", tolerance="small"), "tolerance"),
        (lambda: unrolled.model("polynomial", degree=50), "degree"),
        (lambda: unrolled.model("polynomial", window=5), "window says nothing to polynomial, which takes degree"),
        (lambda: unrolled.model("rnn", tolerance=1.0, members=1), "tolerance says nothing to rnn"),
        (lambda: unrolled.model("persistence").fit(KNOWN).predict(x=[1.0]), "learns y from x"),
        (lambda: unrolled.model("persistence").fit(KNOWN).predict(2, history=[[1.0, 2.0]]), "learned 1 features"),
        (lambda: unrolled.model("recurrence").fit(KNOWN).predict(2, history=[1.0]), "needs 3 known values"),
        (lambda: unrolled.model("drift").fit(unrolled.make_series([1.0, 2.0, 3.0], [0, 1, 5])), "spac"),
    ],
)
def test_errors_say_what_to_do(call, said):
    with pytest.raises(InputError, match=said):
        call()


def test_a_continuation_that_runs_off_is_an_error():
    fitted = ClassicalForecaster(Polynomial(2), "line").fit([0.0, 1e308])
    with pytest.raises(TrainingError, match="line ran off to infinity at step 1"):
        fitted.predict(3)
