"""Structural models and linear dynamical systems as estimators: exact bounds, gaps, files, and what is refused."""

import json
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import unrolled
from linear_gaussian_cases import complete
from unrolled.errors import InputError
from unrolled.forecast import (
    Estimator,
    Fitted,
    LinearDynamicalSystem,
    Structural,
    components_of,
    says_nothing,
    settings,
    takes_gaps,
)

G = np.random.default_rng(0)
T = np.arange(90)
WAVE = 5 + 0.1 * T + 2 * np.sin(2 * np.pi * T / 12) + 0.4 * G.normal(size=90)
PAIR = np.stack([WAVE, 100 * np.cos(2 * np.pi * T / 12) + 20 * G.normal(size=90)], axis=1)
GAPPED = np.where((T > 40) & (T < 46), np.nan, WAVE)
MODELS = {
    "trend": (Structural(), WAVE),
    "trend and season": (Structural("trend, season:12:1"), WAVE),
    "two features": (Structural("level"), PAIR),
    "two units": (LinearDynamicalSystem(units=2), WAVE),
    "two units, two features": (LinearDynamicalSystem(units=2, iterations=20, levels=(90.0,)), PAIR),
    "gaps": (Structural("trend, season:12:1"), GAPPED),
    "gaps in one of two": (
        LinearDynamicalSystem(units=2, iterations=20), np.where(T[:, None] % np.array([7, 90]) == 3, np.nan, PAIR),
    ),
}  # fmt: skip
every_model = pytest.mark.parametrize("name", MODELS)


@pytest.fixture(scope="module")
def fits():
    return {name: model.fit(values[:80]) for name, (model, values) in MODELS.items()}


@every_model
def test_the_forecast_is_that_of_the_joint_gaussian(name, fits):
    fitted = fits[name]
    forecast = fitted.predict(4)
    features = forecast.mean.shape[1] // len(fitted.systems)
    for i, system in enumerate(fitted.systems):
        # So many of the last rows that nothing is unknown: the first state is that of a filter.
        columns = slice(i * features, (i + 1) * features)
        known = fitted.series.values[:, columns]
        y = np.concatenate([known, np.full((4, features), np.nan)])
        mean, P = complete(replace(system, P=np.minimum(system.P, 1e3 * np.nanvar(known))), y)
        place = len(y) * system.units + 80 * features
        wanted, spread = mean[place:].reshape(4, -1), np.sqrt(np.diag(P)[place:]).reshape(4, -1)
        np.testing.assert_allclose(forecast.mean[:, columns], wanted, rtol=1e-3, atol=1e-3 * np.nanstd(known))
        from scipy.stats import norm

        for band in forecast.bands:
            z = norm.ppf(0.5 + band.level / 200)
            np.testing.assert_allclose(band.upper[:, columns] - wanted, z * spread, rtol=2e-3)
            np.testing.assert_allclose(band.upper + band.lower, 2 * forecast.mean, rtol=1e-9)


@every_model
def test_it_is_an_estimator(name, fits):
    model, values = MODELS[name]
    fitted = fits[name]
    assert isinstance(model, Estimator)
    assert isinstance(fitted, Fitted)
    assert takes_gaps(model)
    json.dumps(model.describe(values.ndim), allow_nan=False)
    np.testing.assert_array_equal(model.fit(values[:80]).predict(9).mean, fitted.predict(9).mean)
    assert [band.level for band in fitted.predict(2).bands] == list(model.levels)


@every_model
def test_one_step_and_update_are_the_filter_going_on(name, fits):
    fitted, values = fits[name], MODELS[name][1]
    made = fitted.one_step(values[:85])
    assert made.rows[0] == fitted.model.window
    assert made.rows[-1] == 84
    for row in (60, 84):
        first = fitted.predict(1, history=values[:row]).mean[0]
        np.testing.assert_allclose(made.mean[row - made.rows[0]], first, rtol=1e-6, atol=1e-7)
    longer = fitted.update(values[80])
    np.testing.assert_allclose(longer.predict(3).mean, fitted.predict(3, history=values[:81]).mean, rtol=1e-10)
    unknown = fitted.update(np.full(np.shape(values[80]), np.nan))
    np.testing.assert_allclose(unknown.predict(1).mean, fitted.predict(2).mean[1:], rtol=1e-7)
    if len(fitted.systems) == 1:
        np.testing.assert_allclose(unknown.predict(1).bands[0].upper, fitted.predict(2).bands[0].upper[1:], rtol=1e-6)


def test_one_step_begins_where_the_first_state_is_known(fits):
    late = np.where((T < 4) | (T == 7), np.nan, WAVE)
    assert fits["trend"].one_step(late[:20]).rows.tolist() == list(range(6, 20))
    assert fits["trend and season"].one_step(late[:20]).rows.tolist() == list(range(9, 20))
    either = np.stack([late, WAVE], axis=1)[:20]
    assert fits["two features"].one_step(either).rows[0] == 5
    assert fits["two units, two features"].one_step(either[:, ::-1]).rows[0] == 5
    assert len(fits["trend"].one_step(late[:6]).rows) == 0


@every_model
def test_saved_and_loaded_it_gives_the_same_bytes(name, fits, tmp_path):
    fitted = fits[name].update(np.full(np.shape(MODELS[name][1][80]), np.nan))
    again = unrolled.load(fitted.save(tmp_path / "model"))
    assert again.model == fitted.model
    assert (again.notes, again.values, again.scores) == (fitted.notes, fitted.values, fitted.scores)
    np.testing.assert_array_equal(again.series.values, fitted.series.values)
    one, other = again.predict(5), fitted.predict(5)
    np.testing.assert_array_equal(one.mean, other.mean)
    np.testing.assert_array_equal(one.bands[0].lower, other.bands[0].lower)


def test_a_gap_is_bridged(fits):
    mean, deviation = fits["gaps"].signal()
    gap = (T[:80] > 40) & (T[:80] < 46)
    truth = (5 + 0.1 * T + 2 * np.sin(2 * np.pi * T / 12))[:80]
    assert np.abs(mean[gap, 0] - truth[gap]).max() < 0.6
    _, less = fits["gaps"].signal(WAVE[:80])
    assert (deviation[gap] > 1.01 * less[gap]).all()
    inside = np.abs(mean[:, 0] - truth) < 2 * deviation[:, 0]
    assert inside.mean() > 0.9


def test_components_can_be_told_apart(fits):
    parts = components_of(fits["trend and season"])["y"]
    assert set(parts) == {"trend", "season 12"}
    np.testing.assert_allclose(parts["season 12"][0], 2 * np.sin(2 * np.pi * T[:80] / 12), atol=0.7)
    np.testing.assert_allclose(parts["trend"][0], 5 + 0.1 * T[:80], atol=0.8)
    total = parts["trend"][0] + parts["season 12"][0]
    np.testing.assert_allclose(total, fits["trend and season"].signal()[0][:, 0], rtol=1e-9)
    with pytest.raises(InputError, match="linear-dynamical-system has no components"):
        components_of(fits["two units"])


def test_the_number_of_units_is_chosen_on_the_known_part():
    fitted = LinearDynamicalSystem(iterations=10).fit(WAVE[:60] - 0.1 * T[:60])
    assert fitted.systems[0].units >= 2
    assert set(fitted.scores) >= {1, 2, 3}
    assert max(fitted.scores, key=fitted.scores.get) == fitted.systems[0].units
    again = unrolled.model("linear-dynamical-system", units=3, iterations=5).fit(WAVE[:60])
    assert (again.systems[0].units, dict(again.scores)) == (3, {})


def test_constant_and_huge_and_tiny_series():
    for values in (np.full(30, 7.0), np.zeros(30)):
        for model in (Structural(), LinearDynamicalSystem(units=1)):
            forecast = model.fit(values).predict(3)
            np.testing.assert_allclose(forecast.mean[:, 0], values[:3], atol=1e-3)
            assert np.isfinite(forecast.bands[0].upper).all()
    for size in (1e120, 1e-120):
        for model in (Structural(), LinearDynamicalSystem(units=2, iterations=5)):
            one, other = model.fit(size * WAVE).predict(3).mean / size, model.fit(WAVE).predict(3).mean
            np.testing.assert_allclose(one, other, rtol=1e-3)


def test_by_name():
    assert unrolled.model("structural", components="level") == Structural("level")
    assert unrolled.model("linear-dynamical-system", units=3, iterations=7) == LinearDynamicalSystem(3, 7)
    for name in ("structural", "linear-dynamical-system"):
        assert {"epochs", "window", "optimizer", "rho"} <= says_nothing(name)
        assert {"iterations", "levels", "seed"} <= set(settings()) - says_nothing(name)
    assert {"components", "iterations"} <= says_nothing("rnn") & says_nothing("drift") & says_nothing("echo-state")


@pytest.mark.parametrize(
    ("model", "values", "said"),
    [
        (Structural("seasons"), WAVE, "a component is level"),
        (Structural(3), WAVE, "components must be a str"),
        (Structural("trend, season:24"), WAVE[:20], "takes at least 22 known values; y has 20"),
        (Structural(iterations=0), WAVE, "iterations"),
        (Structural(levels=(1e-300,)), WAVE, "level must be a finite number of at least 0.1"),
        (Structural(levels=(99.99999999999999,)), WAVE, "at least 0.1 and at most 99.99; came 99.99"),
        (Structural(levels=(95.0, 95.0000001)), WAVE, "level takes at most 4 decimals; came 95.0000001. Round it"),
        (Structural(levels=(68.0, 68.0)), WAVE, "one level twice"),
        (Structural(levels=68.0), WAVE, "levels must be a tuple"),
        (Structural(), np.full(30, np.nan), "known value"),
        (Structural(), 1e200 * WAVE, "variance is beyond double precision; scale the data"),
        (LinearDynamicalSystem(), 1e-200 * WAVE, "variance is beyond double precision; scale the data"),
        (Structural(), np.where(T == 3, np.inf, WAVE), "inf"),
        (LinearDynamicalSystem(units=0), WAVE, "units must be a whole number"),
        (LinearDynamicalSystem(units="best"), WAVE, "or 'auto'; came 'best'"),
        (LinearDynamicalSystem(units=30), WAVE, "at least 120 known values for 30 hidden units; y has 90"),
        (LinearDynamicalSystem(), WAVE[:9], "at least 12 known values"),
        (LinearDynamicalSystem(), np.where(T == 60, WAVE, np.nan), "at least 12 known values; y has 1"),
        (
            LinearDynamicalSystem(),
            np.where([T < 0, T % 9 > 0], np.nan, PAIR.T).T,
            "at least 12 known values; y2 has 10",
        ),
        (LinearDynamicalSystem(seed=-1), WAVE, "seed"),
        (LinearDynamicalSystem(units=2), np.stack([WAVE, np.full(90, np.nan)], axis=1), "known value"),
    ],
)
def test_wrong_requests(model, values, said):
    with pytest.raises(InputError, match=said):
        model.fit(values)


def test_a_history_needs_what_settles_the_first_state(fits):
    fitted = fits["trend and season"]
    few = np.where(T[:20] % 5, np.nan, WAVE[:20])
    assert np.ptp(fitted.predict(12, history=few).bands[0].upper) < 1e4
    few[0] = np.nan
    for history in (WAVE[:3], few):
        for ask in (lambda known: fitted.predict(2, history=known), fitted.one_step, fitted.states):
            with pytest.raises(InputError, match="needs 4 known values; the history has 3"):
                ask(history)


def test_wrong_continuations(fits):
    fitted = fits["two features"]
    with pytest.raises(InputError, match="learns y from x"):
        fitted.predict(x=[1.0])
    with pytest.raises(InputError, match="horizon"):
        fitted.predict(0)
    for ask in (lambda: fitted.predict(2, history=PAIR * 1e200), lambda: fitted.update([1.0, 1e200])):
        with pytest.raises(InputError, match="beyond double precision; scale the data"):
            ask()
    with pytest.raises(InputError, match="learned 2 features; the history has 1"):
        fitted.predict(2, history=np.ones(5))
    with pytest.raises(InputError, match="known value"):
        fitted.predict(2, history=np.full((5, 2), np.nan))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d.update(units=3), "damaged: .*2 hidden units|bytes|shape"),
        (lambda d: d.update(units=10**12), "units must be a whole number"),
        (lambda d: d["model"].update(components="level"), "damaged: .*1 hidden units"),
        (lambda d: d["model"].update(kind="other"), "damaged"),
        (lambda d: d["model"].update(name="a\x1b[2J"), "plain text"),
        (lambda d: d["model"].update(levels=[0]), "damaged: level"),
        (lambda d: d.update(values=[{"level": 1.0}]), "every feature has its parameters"),
        (lambda d: d.update(values=[{"level": "x", "slope": 1.0, "noise": 1.0}]), "level must be a finite number"),
        (lambda d: d["values"][0].update(noise=-5.0), "damaged: noise must be a finite number of at least 0"),
        (lambda d: d["values"][0].update(noise=5.0), "damaged: .*R is not that of the values"),
        (lambda d: d["values"][0].update(level=float("nan")), "damaged: level must be a finite number|NaN"),
        (lambda d: d["values"][0].update(slope=5.0), "damaged: .*Q is not that of the values"),
        (lambda d: d.update(scores={"a\x1b": 1.0}), "plain text"),
        (lambda d: d.update(scores={"a": 1.0}), "damaged"),
        (lambda d: d.update(notes="abc"), "notes must be a list"),
        (lambda d: d.pop("units"), "damaged"),
    ],
)
def test_damaged_files(fits, tmp_path, change, said):
    folder = fits["trend"].save(tmp_path / "model")
    description = json.loads((folder / "model.json").read_text())
    change(description)
    (folder / "model.json").write_text(json.dumps(description))
    with pytest.raises(InputError, match=said):
        unrolled.load(folder)


@pytest.mark.parametrize(
    ("name", "damage", "said"),
    [
        ("system.R", lambda part: -part, "damaged: R must be a covariance"),
        ("system.Q", lambda part: part + np.array([[0.0, 1.0], [0.0, 0.0]]), "damaged: Q must be symmetric"),
        ("system.W", lambda part: part.astype(np.float32), "system.W should be float64"),
        ("system.W", lambda part: part * np.nan, "not finite"),
        ("series.seen", lambda part: part.astype(np.int32), "bytes|bool"),
        ("series.seen", lambda part: part & False, "damaged"),
        ("series.values", lambda part: part * 1e200, "damaged: y is near .* beyond double precision"),
        ("series.seen", lambda part: part & (np.arange(len(part)) == 3)[:, None], "needs 2 known values"),
    ],
)
def test_damaged_numbers(fits, tmp_path, name, damage, said):
    folder = fits["trend"].save(tmp_path / "model")
    tensors = load_file(folder / "weights.safetensors")
    save_file(tensors | {name: damage(tensors[name])}, folder / "weights.safetensors")
    with pytest.raises(InputError, match=said):
        unrolled.load(folder)
