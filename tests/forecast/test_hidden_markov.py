"""Hidden Markov models of series: the library's numbers in the series' units, regimes, files, and what is refused."""

import json
from dataclasses import replace

import numpy as np
import pytest

import unrolled
from unrolled.errors import InputError, TrainingError
from unrolled.forecast import Estimator, Fitted, HiddenMarkovForecaster, takes_gaps
from unrolled.statespace import HiddenMarkov, forecast_hidden_markov

RNG = np.random.default_rng(6)
STATES = np.arange(120) // 15 % 2
PLAIN = 50.0 + 10 * STATES + RNG.normal(size=120)
GAPPED = np.column_stack([PLAIN, 1e-3 * RNG.normal(size=120)])
GAPPED[[7, 40, 41], [0, 1, 1]] = np.nan
GAPPED[60] = np.nan
SMALL = HiddenMarkovForecaster(restarts=2, members=5)
MODELS = {
    "gaussian": (SMALL, GAPPED),
    "diagonal": (replace(SMALL, emission="diagonal", levels=(50.0,)), GAPPED),
    "autoregressive": (replace(SMALL, emission="autoregressive", lags=2), PLAIN[:, None]),
}
every_model = pytest.mark.parametrize("name", MODELS)


def series(values):
    return unrolled.make_series(values, np.arange(len(values)) * 0.5, gaps=True)


@pytest.fixture(scope="module")
def fitted():
    return {name: model.fit(series(values)) for name, (model, values) in MODELS.items()}


@every_model
def test_the_forecast_is_the_mixture_in_units_of_the_series(fitted, name):
    one = fitted[name]
    made = one.predict(6)
    found = forecast_hidden_markov(one.chain, one.scaler.scale(one.series.values), 6)
    np.testing.assert_allclose(made.mean, one.scaler.unscale(found.mean), rtol=1e-12)
    assert made.members.shape == (5, 6, one.series.values.shape[1])
    deviation = np.sqrt(found.variance) * one.scaler.width
    assert len(made.bands) == len(one.model.levels)
    for band in made.bands:
        assert (band.lower < band.upper).all()
        assert (band.upper - band.lower < 2 * deviation / np.sqrt(1 - band.level / 100)).all()  # Chebyshev
    np.testing.assert_array_equal(one.predict(3).members, made.members[:, :3])
    np.testing.assert_allclose(made.x, one.series.x[-1] + 0.5 * np.arange(1, 7))


@every_model
def test_one_step_is_the_first_step_of_the_forecast(fitted, name):
    one = fitted[name]
    made = one.one_step()
    for row in (30, 90, 119):
        at = int(np.flatnonzero(made.rows == row)[0])
        first = one.predict(1, history=one.series.head(row)).mean
        np.testing.assert_allclose(made.members[0, at], first[0], rtol=1e-9)
    assert made.rows[0] == one.model.window
    late = one.series.values[:30].copy()
    late[:3, 0] = np.nan
    assert one.one_step(series(late)).rows[0] == 3 + one.model.window


@every_model
def test_regimes_are_those_that_made_the_series(fitted, name):
    one = fitted[name]
    regimes = one.regimes()
    if name == "autoregressive":  # a jump is explained by the row after it, if at all
        assert regimes.path.shape == (120,)
    else:
        assert np.mean(regimes.path == STATES) > 0.97
    np.testing.assert_allclose(regimes.probabilities.sum(axis=1), 1, rtol=1e-12)
    frame = regimes.to_frame("polars")
    assert frame.columns == ["x", "state", "p-0", "p-1"]
    assert frame["state"].to_list() == regimes.path.tolist()
    again = one.regimes(one.series.head(20))
    assert again.path.shape == (20,)


@every_model
def test_saved_and_loaded_it_gives_the_same_bytes(fitted, name, tmp_path):
    value = np.where(np.arange(fitted[name].series.values.shape[1]) == 1, np.nan, 51.0)
    one = fitted[name].update(value)
    again = unrolled.load(one.save(tmp_path / "model"))
    assert (again.model, again.notes) == (one.model, one.notes)
    made, wanted = again.predict(9), one.predict(9)
    np.testing.assert_array_equal(made.members, wanted.members)
    np.testing.assert_array_equal(made.mean, wanted.mean)
    np.testing.assert_array_equal(made.bands[0].upper, wanted.bands[0].upper)
    np.testing.assert_array_equal(again.regimes().probabilities, one.regimes().probabilities)


@every_model
def test_it_is_an_estimator(fitted, name):
    model, values = MODELS[name]
    assert isinstance(model, Estimator)
    assert isinstance(fitted[name], Fitted)
    assert takes_gaps(model)
    json.dumps(model.describe(2), allow_nan=False)
    again = model.fit(series(values)).predict(4)
    np.testing.assert_array_equal(again.members, fitted[name].predict(4).members)
    longer = fitted[name].update(np.full(values.shape[1], 50.0))
    whole = np.concatenate([values, np.full((1, values.shape[1]), 50.0)])
    np.testing.assert_array_equal(longer.predict(3).mean, fitted[name].predict(3, history=series(whole)).mean)


def test_files_from_when_every_emission_had_lags(fitted, tmp_path):
    folder = fitted["gaussian"].save(tmp_path / "model")
    description = json.loads((folder / "model.json").read_text())
    description["model"]["lags"] = 1
    (folder / "model.json").write_text(json.dumps(description))
    assert unrolled.load(folder).model == SMALL


def test_parameters_are_counted():
    assert replace(SMALL, emission="autoregressive").describe(1)["lags"] == 1
    assert SMALL.describe(2)["parameters"] == 2 * (2 + 3) + 2 * 1 + 1
    assert replace(SMALL, emission="diagonal", states=3).describe(2)["parameters"] == 3 * 4 + 3 * 2 + 2
    assert replace(SMALL, emission="autoregressive", lags=2).describe(1)["parameters"] == 2 * 4 + 2 + 1


def test_what_is_constant_is_continued():
    made = unrolled.model("hidden-markov").fit(np.full(20, 3.0)).predict(2)
    np.testing.assert_allclose(made.mean, 3.0)


def test_recurrences_that_grow_are_an_error():
    one = replace(SMALL, emission="autoregressive", states=1).fit(3.0 ** np.arange(12))
    assert one.predict(2).mean[1, 0] == pytest.approx(3.0**13, rel=1e-3)
    with pytest.raises(TrainingError, match="ran off to infinity at step"):
        one.predict(2000)


@pytest.mark.parametrize(
    ("model", "values", "said"),
    [
        (replace(SMALL, states=0), PLAIN, "states"),
        (replace(SMALL, emission="gauss"), PLAIN, "did you mean 'gaussian'"),
        (replace(SMALL, emission="autoregressive", lags=0), PLAIN, "lags must be a whole"),
        (replace(SMALL, lags=3), PLAIN, "lags says nothing to states whose emission is gaussian"),
        (replace(SMALL, restarts=0), PLAIN, "restarts"),
        (replace(SMALL, iterations=0), PLAIN, "iterations"),
        (replace(SMALL, members=0), PLAIN, "members"),
        (replace(SMALL, levels=(100.0,)), PLAIN, "level"),
        (replace(SMALL, levels=68.0), PLAIN, "levels"),
        (replace(SMALL, seed=-1), PLAIN, "seed"),
        (SMALL, [1.0, 2.0, 3.0], "at least 4 known values for 2 states; y has 3"),
        (SMALL, [np.nan, 2.0] * 3, "at least 4 known values for 2 states; y has 3"),
        (replace(SMALL, emission="autoregressive"), [1.0, np.nan] * 9 + [1.0], "4 rows known with the 1 before each"),
        (replace(SMALL, emission="autoregressive", lags=3), [1.0, 2.0] * 4 + [np.nan], "last 3 rows"),
        (SMALL, PLAIN * 1e200, "beyond double precision"),
        (SMALL, [np.nan] * 9, "no known value|holds no"),
    ],
)
def test_wrong_requests(model, values, said):
    with pytest.raises(InputError, match=said):
        model.fit(values)


def test_wrong_continuations(fitted):
    one = fitted["gaussian"]
    with pytest.raises(InputError, match="learns y from x"):
        one.predict(x=[1.0])
    with pytest.raises(InputError, match="horizon"):
        one.predict(0)
    for ask in (lambda: one.predict(2, history=GAPPED * 1e200), lambda: one.update([1.0, 1e200])):
        with pytest.raises(InputError, match="beyond double precision; scale the data"):
            ask()
    with pytest.raises(InputError, match="learned 2 features; the history has 1"):
        one.predict(2, history=PLAIN)
    with pytest.raises(InputError, match="too much memory"):
        replace(one, model=replace(SMALL, members=10_000)).predict(100_000)
    with pytest.raises(InputError, match="needs 2 known values"):
        fitted["autoregressive"].predict(2, history=[1.0])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d["model"].update(states=3), "bytes|shape"),
        (lambda d: d["model"].update(states=0), "damaged: states"),
        (lambda d: d["model"].update(emission="categorical"), "damaged: unknown emission"),
        (lambda d: d["model"].update(emission="diagonal"), "bytes|shape|tensors"),
        (lambda d: d["model"].update(levels=[200]), "damaged"),
        (lambda d: d["model"].update(levels=None), "damaged"),
        (lambda d: d["model"].update(kind="other"), "damaged"),
        (lambda d: d["model"].update(name="a\x1b[2J"), "plain text"),
        (lambda d: d["model"].update(members=10**9), "damaged: members"),
        (lambda d: d["scale"].update(width=[1.0, -2.0]), "scaler"),
        (lambda d: d["scale"].update(width=[1.0]), "scaler"),
        (lambda d: d.pop("scale"), "damaged"),
        (lambda d: d.update(notes=["a\x1b[2J"]), "plain text"),
        (lambda d: d.update(notes="abc"), "notes must be a list of sentences"),
        (lambda d: d["series"].update(points=-1), "damaged"),
    ],
)
def test_damaged_descriptions(fitted, tmp_path, change, said):
    folder = fitted["gaussian"].save(tmp_path / "model")
    description = json.loads((folder / "model.json").read_text())
    change(description)
    (folder / "model.json").write_text(json.dumps(description))
    with pytest.raises(InputError, match=said):
        unrolled.load(folder)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda chain: replace(chain, initial=np.array([1.5, -0.5])), "damaged: initial must be probabilities"),
        (lambda chain: replace(chain, transition=np.full((2, 2), 0.4)), "damaged: row 0 of transition must sum to 1"),
        (lambda chain: replace(chain, emission=replace(chain.emission, covariances=-np.ones((2, 2, 2)))), "positive"),
        (lambda chain: replace(chain, emission=replace(chain.emission, means=np.full((2, 2), np.inf))), "finite"),
        (lambda chain: HiddenMarkov(np.ones(1), np.ones((1, 1)), chain.emission), "bytes|shape"),
    ],
)
def test_damaged_numbers(fitted, tmp_path, change, said):
    one = fitted["gaussian"]
    with pytest.raises(InputError, match=said):
        unrolled.load(replace(one, chain=change(one.chain)).save(tmp_path / "model"))
