"""A series with gaps from a file to figures, by the smallest model that bridges them."""

import csv
import io
import json
import math
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from typer.testing import CliRunner

import unrolled
from unrolled.choose import model as named_model
from unrolled.cli._app import app
from unrolled.cli._tables import trial_text
from unrolled.errors import InputError
from unrolled.evaluate import (
    Scores,
    bound_origins,
    default_origins,
    extrapolate_from,
    find_limits,
    require_levels,
    rolling_origins,
    score,
    sweep,
    with_bounds,
)
from unrolled.forecast import Estimator, Fitted, Forecast, OneStep, describe_series, require_learnable, restore_series
from unrolled.metrics import max_relative_error, mean_squared_error
from unrolled.report import data_sha256, forecast_csv, rolling_csv, sweep_csv, sweep_report, to_json, trial_report
from unrolled.series import Series, appended, as_series, make_series

NAN = np.nan


def _last_known(values):
    """In every row the last value that is known by then; 0 before the first."""
    known = np.maximum.accumulate(np.where(np.isnan(values), -1, np.arange(len(values))[:, None]), axis=0)
    return np.where(known < 0, 0.0, np.take_along_axis(values, np.maximum(known, 0), axis=0))


@dataclass(frozen=True)
class LastKnown:
    """Goes on with the last known value of every feature."""

    name: str = "last-known"
    seed: int = 0
    target: str = "window"
    window: int = 0
    takes_gaps: bool = True

    def check(self, known):
        known.require_even()

    def fit(self, data, *, watch=None):
        known = as_series(data, gaps=self.takes_gaps)
        self.check(known)
        return FittedLastKnown(self, known)

    def describe(self, features):
        return {"name": self.name, "parameters": None}


@dataclass(frozen=True)
class FittedLastKnown:
    """What it goes on from."""

    model: LastKnown
    series: Series
    notes: tuple = ()
    history: None = None

    def predict(self, horizon=None, *, x=None, history=None):
        known = self.series if history is None else as_series(history, gaps=True)
        mean = np.repeat(_last_known(known.values)[-1:], horizon, axis=0)
        return Forecast(known.future_x(horizon), mean[None], known)

    def one_step(self, data=None):
        known = as_series(self.series if data is None else data, gaps=True)
        mean = _last_known(known.values)[:-1]
        return OneStep(known.x[1:], np.arange(1, len(known)), mean[None], known.values[1:])

    def update(self, value, x=None):
        return replace(self, series=appended(self.series, value, x, gaps=True))

    def save(self, folder):
        Path(folder).mkdir()
        return Path(folder)


MODEL, DRIFT = LastKnown(), unrolled.model("drift")
# Whole rows, single cells of either feature, points between two gaps, the ends: everything is missing somewhere.
TWO = np.stack([np.sin(0.4 * np.arange(40)), 5 + 0.1 * np.arange(40)], axis=1)
TWO[[7, 8, 20, 22, 33, 39]] = NAN
TWO[[0, 12, 30, 35], 0] = NAN
TWO[[13, 36], 1] = NAN


@pytest.fixture
def trial():
    return unrolled.extrapolate(make_series(TWO, gaps=True), MODEL, train=30, horizon=12)


def test_the_model_is_an_estimator():
    assert isinstance(MODEL, Estimator)
    assert isinstance(MODEL.fit(TWO), Fitted)


def test_truths_that_are_missing_are_left_out_of_scores():
    forecast = Forecast(
        np.array([4.0, 5.0, 6.0]), np.array([[[2.0], [9.0], [4.0]]]), make_series([1, NAN, 1, 1], gaps=True)
    )
    made = score(forecast, np.array([[1.0], [NAN], [2.0]]))
    assert made == Scores(mse_all=(1 + 4) / (2 + 3), mse_forecast=2.5, max_relative_error=1.0)
    assert score(forecast, [NAN, NAN, NAN]) == Scores()
    assert mean_squared_error(np.ones(3), np.array([3.0, NAN, 1.0])) == 2.0
    assert math.isnan(mean_squared_error(np.ones(1), np.array([NAN])))
    assert math.isnan(max_relative_error(np.ones(1), np.array([NAN])))


def test_a_trial(trial):
    known = ~np.isnan(TWO[30:])
    errors = (trial.forecast.mean[:10] - TWO[30:])[known]
    assert trial.scores.mse_forecast == pytest.approx(np.mean(errors**2))
    share = known.sum() / (known.sum() + np.count_nonzero(~np.isnan(TWO[:30])))
    assert trial.scores.mse_all == pytest.approx(np.mean(errors**2) * share)
    assert trial.trained
    np.testing.assert_array_equal(trial.forecast.mean[0], [TWO[29, 0], TWO[29, 1]])
    assert np.isnan(trial.one_step["train"].residuals[[6, 7]]).all()
    again = extrapolate_from(trial.fitted, trial.series, train=30, horizon=12)
    assert again.scores == trial.scores
    assert trial.fitted.update([NAN, 1.0]).series.has_gaps


def test_no_other_model_is_given_gaps():
    gapped = make_series([1.0, 2.0, NAN, 4.0, 5.0, 6.0, 7.0, 8.0], gaps=True)
    for model in (DRIFT, unrolled.model("auto"), unrolled.model("rnn"), unrolled.model("echo-state")):
        with pytest.raises(InputError, match=r"y is nan in row 3; .*--model structural"):
            unrolled.extrapolate(gapped, model)
        with pytest.raises(InputError, match="y is nan in row 3"):
            model.fit(gapped)
    with pytest.raises(InputError, match="nan in row 3"):
        DRIFT.fit(gapped.head(2)).predict(2, history=gapped)
    with pytest.raises(InputError, match="drift bridges no gaps, and y has no value at x = 2"):
        require_learnable(DRIFT, gapped)
    with pytest.raises(InputError, match=r"has gaps\. Leave out --limit"):
        find_limits(gapped)


def test_rows_that_are_missing_altogether(tmp_path):
    (tmp_path / "a.csv").write_text("x,y\n1,2\n2,3\n4,5\n5,6\n6,7\n8,9\n")
    trial = unrolled.extrapolate(tmp_path / "a.csv", MODEL, train=6)
    assert (len(trial.series), trial.forecast.x.tolist()) == (8, [7.0, 8.0])
    assert trial.scores.mse_forecast == 4.0
    with pytest.raises(InputError, match="x is not evenly spaced"):
        unrolled.extrapolate(tmp_path / "a.csv", DRIFT)


def test_rolling_origins_skip_what_nobody_knows():
    # y = t but for row 5: every error is minus the step, except at and after the gap.
    y = np.arange(10.0)
    y[5] = NAN
    table = rolling_origins(y, {"m": MODEL, "drift": DRIFT}, origins=[4, 6], horizon=3)
    np.testing.assert_array_equal(table.errors["m"][:, :, 0], [[-1, NAN, -3], [-2, -3, -4]])
    assert table.counts("m").tolist() == [2, 1, 2]
    np.testing.assert_allclose(table.geometric_mean("m") * np.nanstd(y), [2**0.5, 3, 12**0.5])
    assert list(table.failures["drift"]) == [6]
    assert "bridges gaps" in table.failures["drift"][6]
    assert rolling_csv(table).splitlines()[2] == "m,4,2,y,"
    with pytest.raises(InputError, match="nan in row 6"):
        rolling_origins(y, {"drift": DRIFT})
    gapped = make_series(y, gaps=True)
    assert default_origins(gapped.head(7), [DRIFT, MODEL]) == (3, 4, 5, 6)
    with pytest.raises(InputError, match="drift bridges no gaps"):
        default_origins(make_series([1, NAN, 3, 4], gaps=True), [DRIFT])
    assert default_origins(make_series([NAN, NAN, NAN, 1, 2], gaps=True), [MODEL]) == (4,)


def test_bounds_are_ranked_among_the_errors_that_there_are():
    y = np.random.default_rng(3).normal(size=60)
    y[::3] = NAN
    trial = with_bounds(unrolled.extrapolate(y, MODEL, train=60, horizon=2), (90,))
    (band,) = trial.forecast.bands
    assert band.reason == ""
    origins = bound_origins(trial.series, MODEL, 2, (90,))
    errors = rolling_origins(y, {"m": MODEL}, origins=origins, horizon=2).errors["m"]
    for step in range(2):
        sizes = np.sort(np.abs(errors[~np.isnan(errors[:, step, 0]), step, 0]))
        rank = math.ceil((len(sizes) + 1) * 0.9 - 1e-9)
        assert band.upper[step, 0] - trial.forecast.mean[step, 0] == pytest.approx(sizes[rank - 1])


def test_more_origins_are_asked_where_values_are_missing():
    y = np.sin(np.arange(60.0))
    y[-20::2] = NAN
    series = make_series(y, gaps=True)
    for level, needed in ((90, 9), (97.5, 39)):
        origins = np.array(bound_origins(series, MODEL, 2, (level,)))
        for step in (0, 1):
            assert np.count_nonzero(~np.isnan(y[origins + step])) >= needed
    require_levels(series, MODEL, 2, (97.5,))
    with pytest.raises(InputError, match=r"no 98 % bounds from step 2 on: .* 48 of them reach step 2"):
        require_levels(series, MODEL, 2, (98,))


def test_bounds_of_one_feature_that_is_hardly_known():
    values = np.stack([np.arange(30.0), np.where(np.arange(30) % 4, NAN, 1.0)], axis=1)
    trial = unrolled.extrapolate(values, MODEL, horizon=1)
    (band,) = with_bounds(trial, (95,)).forecast.bands
    assert np.isfinite(band.upper[0, 0])
    assert np.isnan(band.upper[0, 1])
    assert "no 95 % bounds from step 1 on" in band.reason


def test_the_record_has_empty_cells_and_null(trial):
    rows = list(csv.DictReader(io.StringIO(forecast_csv(trial))))
    found = {(row["x"], row["name"]): row["truth"] for row in rows}
    assert len(rows) == 2 * 42
    for (place, name), truth in found.items():
        value = TWO[int(float(place)), int(name[1]) - 1] if float(place) < 40 else NAN
        assert truth == ("" if np.isnan(value) else repr(float(value)))
    assert "nan" not in forecast_csv(trial)
    report = json.loads(to_json(trial_report(trial, total_seconds=0.0)), parse_constant=pytest.fail)
    assert report["series"]["missing"] == 2 * 6 + 4 + 2
    assert [entry.get("truth", "none") for entry in report["forecast"]][:2] == [None, TWO[30, 1]]
    assert report["score"]["mse_forecast"] == trial.scores.mse_forecast
    assert report["one_step"]["mse_train"] == pytest.approx(np.nanmean(trial.one_step["train"].residuals ** 2))
    text = trial_text(trial)
    assert "30 of 40 points learned (11 values missing)" in text
    assert "nan" not in text


def test_nothing_to_compare_with_is_no_score(trial):
    hidden = replace(trial.series, values=np.where(np.arange(40)[:, None] < 30, TWO, NAN))
    rows = sweep(hidden, [{"model": "m"}], train=30, horizon=5, make=lambda _: MODEL)
    assert rows[0].trial.scores == Scores()
    assert sweep_csv(rows).splitlines()[1] == f"m,,,,,{rows[0].trial.seconds.fit:.3f},"
    report = json.loads(to_json(sweep_report(hidden, rows, train=30, horizon=5, total_seconds=0.0)))
    assert report["rows"][0]["score"]["mse_forecast"] is None
    assert "nan" not in trial_text(rows[0].trial)
    for names, message in (("last-known,drift", "drift bridges no gaps"), ("drift", "y1 is nan in row 1")):
        chosen = [{"model": name} for name in names.split(",")]
        with pytest.raises(InputError, match=message):
            sweep(hidden, chosen, train=30, horizon=5, make=lambda name: DRIFT if name == "drift" else MODEL)


def test_every_nan_has_the_same_hash():
    values = np.array([1.0, NAN])
    other = np.array([1.0, -NAN])
    assert values.tobytes() != other.tobytes()
    assert data_sha256(make_series(values, gaps=True)) == data_sha256(make_series(other, gaps=True))


def test_a_saved_series_says_whether_it_may_have_gaps():
    series = make_series([1.0, NAN, 2.0], gaps=True)
    parts = describe_series(series), series.values, series.x
    np.testing.assert_array_equal(restore_series(*parts, gaps=True).values, series.values)
    with pytest.raises(InputError, match="y is nan"):
        restore_series(*parts)
    with pytest.raises(InputError, match="y is inf"):
        restore_series(parts[0], np.array([[1.0], [np.inf], [2.0]]), series.x, gaps=True)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """The command in an empty folder, which knows ``last-known`` beside the models that have names."""

    def named(name, **settings):
        return LastKnown(**settings) if name == "last-known" else named_model(name, **settings)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("unrolled.choose.model", named)
    monkeypatch.setattr("unrolled.choose.load", lambda _: MODEL.fit([1.0, NAN, 3.0, 4.0]))
    rows = "".join(f"{i},{'' if np.isnan(y) else y}\n" for i, y in enumerate(TWO[:, 1].tolist()) if i not in (20, 22))
    (tmp_path / "a.csv").write_text(f"x,y\n{rows}")

    def run(*words):
        done = CliRunner().invoke(app, [*words, "--out", "o", "--overwrite", "--figures", "none"])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return SimpleNamespace(status=done.exit_code, out=done.stdout, err=done.stderr, folder=tmp_path / "o")

    return run


def test_the_command_line(run):
    done = run("extrapolate", "a.csv", "--model", "last-known", "--train", "30", "--level", "68")
    assert done.status == 0, done.err
    assert "30 of 40 points learned (5 values missing), 10 predicted" in done.out
    report = json.loads((done.folder / "report.json").read_text(), parse_constant=pytest.fail)
    assert (report["series"]["missing"], report["series"]["spacing"]) == (8, 1.0)
    assert "nan" not in (done.folder / "forecast.csv").read_text()
    done = run("extrapolate", "a.csv", "--model", "last-known", "--limit")
    assert (done.status, "has gaps. Leave out --limit" in done.err) == (2, True)
    done = run("extrapolate", "a.csv", "--from", "somewhere", "--train", "30")
    assert done.status == 0, done.err
    done = run("extrapolate", "--from", "somewhere", "--horizon", "2")
    assert done.status == 0, done.err


@pytest.mark.parametrize("model", ["drift", "auto"])
def test_the_command_line_says_which_model_bridges_gaps(run, model):
    done = run("extrapolate", "a.csv", "--model", model)
    assert done.status == 2
    assert done.err == (
        "unrolled: a.csv, line 9: y is empty; every row needs a number. Remove the row, or fill it in. Or take a model "
        "that bridges gaps (--model structural).\n"
    )


def test_models_side_by_side(run, monkeypatch):
    done = run("compare", "a.csv", "--model", "last-known", "--origins", "4")
    assert done.status == 0, done.err
    assert "nan" not in (done.folder / "compare.csv").read_text() + (done.folder / "rolling.csv").read_text()
    done = run("compare", "a.csv", "--model", "last-known,drift")
    assert (done.status, "drift bridges no gaps, and y has no value at x = 7" in done.err) == (2, True)
    done = run("compare", "a.csv", "--model", "drift")
    assert (done.status, "line 9: y is empty" in done.err) == (2, True)
    monkeypatch.setattr("unrolled.cli._compare.default_models", lambda _: ["drift", "last-known"])
    done = run("compare", "a.csv", "--origins", "0")
    assert done.status == 0, done.err
    assert "drift is left out: drift bridges no gaps, and y has no value at x = 7." in done.err
