"""The record: always JSON, hashes of the numbers alone, tables that say what they hold."""

import hashlib
import json
import math
import struct
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import unrolled
from unrolled.evaluate import rolling_origins, sweep
from unrolled.forecast import Band, Ingredient
from unrolled.report import (
    all_bands,
    candidates_csv,
    data_sha256,
    describe_rolling,
    forecast_csv,
    history_csv,
    members_csv,
    rolling_csv,
    sweep_csv,
    sweep_report,
    to_json,
    trial_report,
)
from unrolled.series import make_series

_PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4) | st.tuples(inner, inner),
    max_leaves=20,
)


def _finite(value):
    if isinstance(value, dict):
        return {key: _finite(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _refuse(name):
    raise AssertionError(name)


@given(st.dictionaries(st.text(), _PLAIN))
def test_a_report_is_always_json_and_keeps_every_digit(report):
    assert json.loads(to_json(report), parse_constant=_refuse) == _finite(report)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=8))
def test_the_hash_is_of_x_and_values_as_little_endian_doubles(values):
    series = make_series(values)
    numbers = [*range(len(values)), *values]
    expected = hashlib.sha256(struct.pack(f"<{len(numbers)}d", *numbers)).hexdigest()
    assert data_sha256(series) == expected
    assert data_sha256(replace(series, name="other", units=("MeV",))) == expected


def test_the_hash_feels_the_last_bit_and_the_order():
    series = unrolled.dataset("pairing-particles")
    touched = series.values.copy()
    touched[3, 0] = np.nextafter(touched[3, 0], 1)
    assert data_sha256(replace(series, values=touched)) != data_sha256(series)
    assert data_sha256(replace(series, x=series.x + 1)) != data_sha256(series)


@pytest.fixture(scope="module")
def trial():
    values = [[math.sin(x / 4), math.cos(x / 3)] for x in range(16)]
    series = make_series(values, names=["a, b", 'say "c"'], units=["m", ""], name="two")
    model = unrolled.model("rnn", units=3, epochs=4, members=3, patience=2, learning_rate=0.3)
    return unrolled.extrapolate(series, model, train=10, horizon=4)


def test_the_forecast_table_has_every_row_once(trial):
    lines = forecast_csv(trial).splitlines()
    assert lines[0] == "x,name,part,mean,spread,lo-68,hi-68,lo-95,hi-95,truth,one_step"
    assert len(lines) == 1 + 2 * 16
    import csv

    rows = list(csv.DictReader(lines))
    parts = {part: sorted({float(row["x"]) for row in rows if row["part"] == part}) for part in ("train", "forecast")}
    assert parts == {"train": list(range(10)), "forecast": [10, 11, 12, 13]}
    assert {float(row["x"]) for row in rows if row["part"] == "known"} == {14, 15}
    assert {row["name"] for row in rows} == {"a, b", 'say "c"'}
    for row in rows:
        column = 0 if row["name"] == "a, b" else 1
        assert float(row["truth"]) == trial.series.values[int(float(row["x"])), column]
        assert (row["mean"] == "") == (row["part"] != "forecast")


def test_the_history_table_ends_where_each_member_ended(trial):
    rows = [line.split(",") for line in history_csv(trial.fitted.history).splitlines()[1:]]
    for member, epochs in enumerate(trial.fitted.history.epochs):
        assert [int(row[0]) for row in rows if row[1] == str(member)] == list(range(1, epochs + 1))
    assert "nan" not in history_csv(trial.fitted.history)


def test_members_that_were_left_out_keep_their_numbers_free(trial):
    header = members_csv(replace(trial, forecast=replace(trial.forecast, kept=(0, 2, 5)))).splitlines()[0]
    assert header == "x,name,member_0,member_2,member_5"


def test_members_lost_on_the_way_are_a_note(trial):
    lost = replace(trial, forecast=replace(trial.forecast, members=trial.forecast.members[:1]))
    assert lost.notes[-1] == "2 of 3 members were left out: their continuation ran off to infinity."
    assert trial_report(lost, total_seconds=1.0)["notes"] == list(lost.notes)
    assert trial.notes == trial.fitted.notes


def test_a_report_says_what_made_it(trial):
    report = trial_report(trial, total_seconds=9.0, import_seconds=2.0)
    assert report["versions"]["unrolled"] == unrolled.__version__
    assert report["seconds"] | {"total": 9.0, "import": 2.0} == report["seconds"]
    assert report["seed"] == 0
    assert report["model"]["learner"]["optimizer"]["learning_rate"] == 0.3
    assert report["model"]["learner"]["patience"] == 2
    assert len(report["forecast"]) == 8
    assert [entry["truth"] for entry in report["forecast"]] == trial.truth.ravel().tolist()


def test_dates_are_written_as_dates(tmp_path):
    rows = "".join(f"2021-{month:02d}-01,{month / 7}\n" for month in range(1, 13))
    (tmp_path / "d.csv").write_text("date,y\n" + rows)
    trial = unrolled.extrapolate(tmp_path / "d.csv", unrolled.model("autoregression"), horizon=2)
    assert [entry["x"] for entry in trial_report(trial, total_seconds=1.0)["forecast"]] == ["2022-01-01", "2022-02-01"]
    assert "2021-03-01" in forecast_csv(trial)


def test_a_sweep_of_nothing_is_a_header():
    assert sweep_csv([]).startswith("mse_forecast,")


def test_bounds_have_their_columns_whether_there_are_any_or_not(trial):
    import csv

    rows = [row for row in csv.DictReader(forecast_csv(trial).splitlines()) if row["part"] == "forecast"]
    assert {row[column] for row in rows for column in ("lo-68", "hi-68", "lo-95", "hi-95")} == {""}
    mean = trial.forecast.mean
    partly = np.where(np.arange(4)[:, None] < 2, 0.5, np.nan)
    bands = (Band(99.5, mean - 2, mean + 2), Band(80, mean - partly, mean + partly, "no 80 % bounds from step 3 on."))
    bounded = replace(trial, forecast=replace(trial.forecast, bands=bands))
    assert [band.label for band in all_bands(bounded.forecast)] == ["68", "80", "95", "99.5"]
    header = forecast_csv(bounded).splitlines()[0]
    assert header == ("x,name,part,mean,spread,lo-68,hi-68,lo-80,hi-80,lo-95,hi-95,lo-99.5,hi-99.5,truth,one_step")
    rows = [row for row in csv.DictReader(forecast_csv(bounded).splitlines()) if row["part"] == "forecast"]
    assert [float(row["lo-99.5"]) for row in rows] == (mean - 2).ravel().tolist()
    assert [row["hi-80"] == "" for row in rows] == [False] * 4 + [True] * 4
    report = json.loads(to_json(trial_report(bounded, total_seconds=1.0)))
    assert [entry["hi-80"] is None for entry in report["forecast"]] == [False] * 4 + [True] * 4
    assert report["bands"][0]["reason"] == "the levels are 99.5, 80; ask for others with --level."
    assert report["bands"][1]["reason"] == "no 80 % bounds from step 3 on."


def test_members_with_names_go_by_these(trial):
    labels = ("recurrence 2", "trend, of degree 1", "drift")
    named = replace(trial, forecast=replace(trial.forecast, labels=labels))
    assert members_csv(named).splitlines()[0] == 'x,name,recurrence 2,"trend, of degree 1",drift'


def test_candidates_are_written_with_every_digit(trial):
    made = (Ingredient("drift, or so", -1.25, 0.75, "a, b"), Ingredient("trend", None, 0.25, "a, b"))
    chosen = replace(trial, forecast=replace(trial.forecast, ingredients=made))
    assert candidates_csv(chosen) == 'feature,name,score,weight\n"a, b","drift, or so",-1.25,0.75\n"a, b",trend,,0.25\n'
    assert trial_report(chosen, total_seconds=1.0)["candidates"][1] == {
        "name": "trend", "score": None, "weight": 0.25, "feature": "a, b",
    }  # fmt: skip


def test_rolling_origins_as_text_and_as_data():
    models = {"last": unrolled.model("persistence"), "long": unrolled.model("recurrence", window=5)}
    table = rolling_origins(np.arange(13.0), models, origins=[10, 12], horizon=2)
    assert rolling_csv(table).splitlines() == [
        "model,origin,step,feature,error",
        *("last,10,1,y,-1.0", "last,10,2,y,-2.0", "last,12,1,y,-1.0"),
        *("long,10,1,y,", "long,10,2,y,"),
        rolling_csv(table).splitlines()[-1],
    ]
    assert rolling_csv(table).splitlines()[-1].startswith("long,12,1,y,")
    data = json.loads(to_json(describe_rolling(table)))
    assert data["origins"] == [10, 12]
    assert data["spread"]["y"] == pytest.approx(np.std(np.arange(13.0)))
    last, long = data["models"]
    assert last["error"] == pytest.approx([1 / data["spread"]["y"], 2 / data["spread"]["y"]])
    assert (last["counts"], last["failures"]) == ([2, 1], [])
    assert long["counts"] == [1, 0]
    assert long["error"][1] is None
    assert [failure["origin"] for failure in long["failures"]] == [10]


def test_a_model_without_weights_has_none_to_count():
    rows = sweep(make_series(np.arange(8.0)), [{"model": "drift"}], train=6, horizon=2)
    assert sweep_csv(rows).splitlines()[1].split(",")[4] == ""
    report = sweep_report(rows[0].trial.series, rows, train=6, horizon=2, total_seconds=1.0)
    assert report["rows"][0]["parameters"] is None
    assert report["rolling"] is None
