"""Analog forecasters: the choice inside the known part, files, and what is refused."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest

import unrolled
from unrolled import choose
from unrolled.classical import Analog, KernelAnalog
from unrolled.errors import InputError
from unrolled.forecast import AnalogForecaster, Estimator, Fitted, says_nothing
from unrolled.forecast._analog_choice import analog_candidates, choose_analogs
from unrolled.series import lorenz

WAVE = np.sin(0.3 * np.arange(260)) + 0.4 * np.sin(0.13 * np.arange(260))
PAIR = np.stack([WAVE, np.roll(WAVE, 7) ** 2], axis=1)
GIVEN = AnalogForecaster(delays=3, skip=2, neighbours=12, ridge=1e-6)
SMOOTH = AnalogForecaster(delays=3, skip=2, width=1.0, ridge=1e-6)
MODELS = {
    "given": GIVEN,
    "chosen": AnalogForecaster(delays=3, neighbours=12),
    "values": replace(GIVEN, increments=False),
    "kernel": SMOOTH,
}
KERNEL = {"map": "kernel"} | asdict(KernelAnalog())
every_model = pytest.mark.parametrize("name", MODELS)


@every_model
def test_it_is_an_estimator(name):
    model = MODELS[name]
    assert isinstance(model, Estimator)
    fitted = model.fit(PAIR[:200])
    assert isinstance(fitted, Fitted)
    json.dumps(model.describe(2), allow_nan=False)
    np.testing.assert_array_equal(model.fit(PAIR[:200]).predict(9).mean, fitted.predict(9).mean)
    longer = fitted.update(PAIR[200])
    np.testing.assert_array_equal(longer.predict(3).members, fitted.predict(3, history=PAIR[:201]).members)


@every_model
def test_one_step_is_the_first_step_of_the_loop(name):
    fitted = MODELS[name].fit(PAIR[:200])
    made = fitted.one_step(PAIR[:230])
    assert made.rows[0] == fitted.window
    for row in (200, 229):
        first = fitted.predict(1, history=PAIR[:row]).mean[0]
        np.testing.assert_allclose(made.mean[made.rows == row][0], first, rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(fitted.one_step().mean, made.mean[: 200 - fitted.window])
    assert len(fitted.one_step(PAIR[: fitted.window]).rows) == 0


def test_a_learned_value_is_not_its_own_analog():
    noise = np.random.default_rng(0).normal(size=200)
    fitted = AnalogForecaster(delays=1, skip=1, neighbours=1, ridge=0.0).fit(noise)
    assert np.std(fitted.one_step().residuals) > 0.5 * np.std(noise)


@every_model
def test_saved_and_loaded_it_gives_the_same_bytes(name, tmp_path):
    fitted = MODELS[name].fit(PAIR[:200]).update(PAIR[200])
    again = unrolled.load(fitted.save(tmp_path / "model"))
    assert (again.model, again.chosen, again.learned) == (fitted.model, fitted.chosen, 200)
    np.testing.assert_array_equal(again.predict(30).members, fitted.predict(30).members)
    np.testing.assert_array_equal(again.one_step().mean, fitted.one_step().mean)


def test_the_median_of_the_best_is_the_forecast():
    forecast = AnalogForecaster(delays=4, combined=3).fit(WAVE[:200]).predict(30)
    assert forecast.members.shape == (3, 30, 1)
    assert len(set(forecast.labels)) == 3
    np.testing.assert_array_equal(forecast.mean, np.median(forecast.members, axis=0))
    assert np.abs(forecast.mean[:, 0] - WAVE[200:230]).max() < 0.05


def test_the_choice_sees_the_known_part_alone_and_gains():
    series = lorenz(500)
    fitted = AnalogForecaster(delays=3, combined=1).fit(series.values[:460, 0])
    assert len(fitted.chosen) == 1
    candidates = analog_candidates(460, 1, delays=3)
    assert fitted.chosen[0] in candidates
    assert 3 < len(candidates) < 60
    z = series.values[:460, :1] / 8
    assert choose_analogs(z, candidates, 2)[0] == choose_analogs(z, candidates[::-1], 1)[0]


def test_what_is_left_open_and_what_is_given():
    for one in analog_candidates(300, 2):
        assert 3 <= 2 * one.delays <= 24
        assert 4 * one.span <= 180
    assert {one.skip for one in analog_candidates(300, 1, skip=2)} == {2}
    assert {one.neighbours for one in analog_candidates(300, 1, neighbours=7)} == {7}
    assert {one.width for one in analog_candidates(300, 1, width=0.7)} == {0.7}
    kinds = {kind: {type(one) for one in analog_candidates(300, 1, maps=kind)} for kind in ("local", "kernel")}
    assert kinds == {"local": {Analog}, "kernel": {KernelAnalog}}
    assert {one.ridge for one in analog_candidates(300, 1, ridge=0.5)} == {0.5}
    assert analog_candidates(300, 1, delays=4, skip=2, neighbours=9, ridge=0.0) == [Analog(4, 2, 9, 0.0)]


def test_few_points_are_enough():
    wave = np.sin(1.1 * np.arange(40.0))
    for points in range(12, 22):
        assert np.isfinite(AnalogForecaster().fit(wave[:points]).predict(8).mean).all()
    assert AnalogForecaster().fit(np.full(14, 0.1)).predict(2).mean.tolist() == [[0.1], [0.1]]


def test_by_name():
    assert unrolled.model("analog", delays=3, skip=2, neighbours=12, ridge=1e-6) == GIVEN
    assert {"epochs", "window", "units"} <= says_nothing("analog")
    assert {"neighbours", "combined"} <= says_nothing("rnn") & says_nothing("drift") & choose.says_nothing("auto")


@pytest.mark.parametrize(
    ("model", "values", "said"),
    [
        (AnalogForecaster(delays=0), WAVE, "delays must be a whole number from 1"),
        (AnalogForecaster(delays="best"), WAVE, "delays must be a number, or 'auto'; came 'best'"),
        (AnalogForecaster(skip=1.5), WAVE, "skip"),
        (AnalogForecaster(neighbours=0), WAVE, "neighbours"),
        (AnalogForecaster(ridge=-1.0), WAVE, "ridge"),
        (AnalogForecaster(width=0.0), WAVE, "width must be a finite number above 0"),
        (AnalogForecaster(maps="locl"), WAVE, "did you mean 'local'"),
        (AnalogForecaster(width=1.0, neighbours=5), WAVE, "local maps have neighbours, the kernel has a width"),
        (AnalogForecaster(maps="kernel", neighbours=5), WAVE, "neighbours belong to local maps"),
        (AnalogForecaster(increments=1), WAVE, "increments"),
        (AnalogForecaster(combined=0), WAVE, "combined"),
        (AnalogForecaster(seed=-1), WAVE, "seed"),
        (AnalogForecaster(), WAVE[:11], "analog chooses its settings among 12 known points and more; .* has 11"),
        (GIVEN, WAVE[:6], "a skip of 2 takes at least 7 known points; .* has 6. Take fewer delays or a smaller skip."),
        (AnalogForecaster(delays=900), WAVE, "with 900 delays chooses its settings among 903 .* Take fewer delays."),
        (AnalogForecaster(skip=900), WAVE, "with a skip of 900 chooses its .* Take a smaller skip."),
        (AnalogForecaster(delays=2), WAVE[:9], r"analog chooses its settings among 12 known points and more; .* 9\.$"),
        (replace(GIVEN, neighbours=1000), WAVE[:60], "1000 neighbours are more than the 55 states .*; take at most 55"),
        (AnalogForecaster(neighbours=60), WAVE[:60], "60 neighbours are more than the 5"),
        (replace(GIVEN, delays=1000, skip=1), np.zeros(200_001), "fewer delays or points"),
        (GIVEN, [1.0, np.nan, 2.0, 3.0], "finite"),
        (replace(GIVEN, neighbours=2), unrolled.make_series(np.arange(9.0), [0, 1, 2, 3, 4, 5, 6, 7, 9]), "spac"),
    ],
)
def test_wrong_requests(model, values, said):
    with pytest.raises(InputError, match=said):
        model.fit(values)


def test_wrong_continuations():
    fitted = GIVEN.fit(WAVE)
    with pytest.raises(InputError, match="learns y from x"):
        fitted.predict(x=[1.0])
    with pytest.raises(InputError, match="horizon"):
        fitted.predict(0)
    with pytest.raises(InputError, match="learned 1 features; the history has 2"):
        fitted.predict(2, history=PAIR)
    with pytest.raises(InputError, match="needs 5 known values; the history has 4"):
        fitted.predict(2, history=WAVE[:4])
    for model in (GIVEN, replace(GIVEN, neighbours="auto", width=1.0)):
        one = model.fit(WAVE)
        far = one.update(1e200)
        for ask in (lambda one=one: one.predict(2, history=WAVE * 1e200), lambda far=far: far.predict(2), far.one_step):
            with pytest.raises(InputError, match=r"y is .*e\+\d+ in row .* give a history in the same units"):
                ask()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d["model"].update(delays=0), "damaged: delays"),
        (lambda d: d["model"].update(ridge="x"), "damaged: ridge must be a number, or 'auto'"),
        (lambda d: d["model"].update(name="a\x1b[2J"), "plain text"),
        (lambda d: d["model"].update(other=1), "damaged"),
        (lambda d: d["chosen"][0].update(delays=10**9), "damaged: delays"),
        (lambda d: d["chosen"][0].update(delays=300), "damaged: points must be a whole number from 601"),
        (lambda d: d["chosen"][0].update(neighbours="auto"), "damaged: neighbours"),
        (lambda d: d["chosen"][0].update(increments="yes"), "damaged: increments"),
        (lambda d: d["chosen"][0].update(other=1), "damaged"),
        (lambda d: d["chosen"][0].update(map="other"), "damaged"),
        (lambda d: d["chosen"][0].update(map="kernel"), "damaged"),
        (lambda d: d.update(chosen=[KERNEL | {"width": 0.0}]), "damaged: width"),
        (lambda d: d.update(chosen=[KERNEL | {"states": 10**6}]), "damaged: states"),
        (lambda d: d.update(chosen=[]), "damaged: number of chosen settings"),
        (lambda d: d.update(chosen=d["chosen"] * 200), "damaged: number of chosen settings"),
        (lambda d: d.update(chosen=7), "damaged"),
        (lambda d: d.update(learned=261), "damaged: learned"),
        (lambda d: d.update(learned=3), "damaged: points"),
        (lambda d: d.pop("chosen"), "damaged"),
    ],
)
def test_damaged_files(tmp_path, change, said):
    folder = GIVEN.fit(WAVE).save(tmp_path / "model")
    description = json.loads((folder / "model.json").read_text())
    change(description)
    (folder / "model.json").write_text(json.dumps(description))
    with pytest.raises(InputError, match=said):
        unrolled.load(folder)
