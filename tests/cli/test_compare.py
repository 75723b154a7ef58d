"""`unrolled compare`: one table of settings against error."""

import csv
import io
import json
import warnings

import pytest
from rich.progress import Progress

import unrolled
from unrolled.cli._progress import counting
from unrolled.evaluate import default_origins, rolling_origins

_FAST = ("--epochs", "2", "--members", "1", "--figures", "none")


def _table(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_sweep_is_one_table(run, folder):
    done = run("compare", "--sweep", "units=2,3", "--sweep", "layers=1,2", *_FAST, "--out", "o")
    assert done.status == 0
    rows = _table(folder / "o" / "compare.csv")
    settings = [(row["units"], row["layers"]) for row in rows]
    assert settings == [(units, layers) for units in "23" for layers in "12"]
    for row in rows:
        made = unrolled.model("rnn", units=int(row["units"]), layers=int(row["layers"]), epochs=2, members=1)
        trial = unrolled.extrapolate(unrolled.dataset("pairing-particles"), made)
        assert float(row["mse_forecast"]) == trial.scores.mse_forecast
        assert float(row["mse_all"]) == trial.scores.mse_all
        assert float(row["max_relative_error"]) == trial.scores.max_relative_error
        assert int(row["parameters"]) == made.summary().parameters
        assert f"{trial.scores.mse_forecast:.2e}" in done.out
    assert "pairing-particles: 12 of 20 points learned, 8 predicted." in done.out
    assert "Files are in o" in done.out


def test_the_report_holds_every_row(run, folder):
    done = run("compare", "--sweep", "units=2,3", *_FAST, "--json", "--out", "o")
    report = json.loads(done.out)
    assert done.out == (folder / "o" / "report.json").read_text(encoding="utf-8")
    assert [row["settings"] for row in report["rows"]] == [{"model": "rnn", "units": n} for n in (2, 3)]
    assert all(row["score"]["mse_forecast"] > 0 for row in report["rows"])
    assert (report["schema"], report["train"], report["horizon"]) == (2, 12, 8)


def test_models_side_by_side(run, folder):
    done = run("compare", "--model", "rnn, autoregression,rnn", "--sweep", "window=2,3", *_FAST[2:], "--out", "o")
    assert done.status == 0
    named = [(row["model"], row["window"]) for row in _table(folder / "o" / "compare.csv")]
    assert named == [("rnn", "2"), ("rnn", "3"), ("autoregression", "2"), ("autoregression", "3")]


def test_the_two_ways_in_one_table_and_one_figure(run, folder):
    options = ("--units", "3", "--epochs", "2", "--members", "1", "--figures", "png")
    done = run("compare", "--sweep", "target=window,x-to-y", *options, "--out", "o")
    assert done.status == 0
    assert [row["target"] for row in _table(folder / "o" / "compare.csv")] == ["window", "x-to-y"]
    assert {path.name for path in (folder / "o").glob("*.png")} == {"forecasts.png", "sweep.png"}


def test_the_last_quarter_of_a_file_is_kept_back(run, folder):
    (folder / "f.csv").write_text("".join(f"{x} {x**0.5}\n" for x in range(1, 21)))
    report = json.loads(run("compare", "f.csv", "--units", "3", *_FAST, "--json").out)
    assert (report["train"], report["horizon"]) == (15, 5)


def test_a_longer_horizon_is_scored_as_far_as_the_truth_goes(run):
    report = json.loads(run("compare", "--units", "3", *_FAST, "--json", "--horizon", "11").out)
    short = json.loads(run("compare", "--units", "3", *_FAST, "--json").out)
    assert report["horizon"] == 11
    assert report["rows"][0]["score"] == short["rows"][0]["score"]


@pytest.mark.parametrize("figures", ["none", "png"])
def test_a_combination_that_fails_is_a_row_that_says_why(run, folder, figures):
    (folder / "huge.csv").write_text("x,y\n" + "".join(f"{x},{x + 1}e300\n" for x in range(10)))
    options = ("--units", "3", "--epochs", "2", "--members", "1", "--figures", figures)
    done = run("compare", "huge.csv", "--sweep", "scale=none,standard", *options, "--out", "o")
    assert done.status == 0
    failed, good = _table(folder / "o" / "compare.csv")
    assert failed["mse_forecast"] == ""
    assert "infinite" in failed["failure"]
    assert good["failure"] == ""
    assert "failed" in done.out
    assert "rnn, scale=none: training failed" in done.out


def test_verbose_names_every_row_on_standard_error(run):
    done = run("compare", "--sweep", "units=2,3", *_FAST, "--verbose")
    lines = done.err.splitlines()
    assert [line.split(":")[0] for line in lines] == ["rnn, units=2", "rnn, units=3"]


def test_numbers_stay_whole_on_a_narrow_terminal(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    assert "…" not in run("compare", "--sweep", "units=2,3", *_FAST).out


def test_rolling_origins_are_a_table_a_file_and_part_of_the_report(run, folder):
    names = "auto,recurrence,rational"
    done = run("compare", "--model", names, "--origins", "4", "--figures", "none", "--out", "o")
    assert done.status == 0
    models = {name: unrolled.model(name) for name in names.split(",")}
    series = unrolled.dataset("pairing-particles")
    table = rolling_origins(series, models, origins=default_origins(series, models.values(), 4), horizon=8)
    written = {
        (row["model"], int(row["origin"]), int(row["step"])): row for row in _table(folder / "o" / "rolling.csv")
    }
    assert len(written) == 3 * sum(min(8, 20 - origin) for origin in table.origins)
    for (name, origin, step), row in written.items():
        assert float(row["error"]) == table.errors[name][table.origins.index(origin), step - 1, 0]
        assert row["feature"] == series.names[0]
    report = json.loads((folder / "o" / "report.json").read_text(encoding="utf-8"))["rolling"]
    assert report["origins"] == list(table.origins)
    for entry in report["models"]:
        assert entry["error"] == pytest.approx(table.geometric_mean(entry["model"]).tolist())
        assert entry["counts"] == table.counts(entry["model"]).tolist()
        assert entry["failures"] == []
        line = [line for line in done.out.splitlines() if line.split()[:1] == [entry["model"]]][-1]
        assert line.split()[1:6] == [*(f"{entry['error'][step - 1]:.1e}" for step in (1, 2, 4, 8)), "4"]
    assert "over 4 origins with 10 to 19 of 20 points known" in " ".join(done.out.split())


def test_without_models_the_automatic_choice_meets_those_that_cost_little(run, folder):
    (folder / "f.csv").write_text("".join(f"{x} {x**0.5}\n" for x in range(1, 17)))
    report = json.loads(run("compare", "f.csv", "--origins", "2", "--figures", "none", "--json").out)
    names = [row["settings"]["model"] for row in report["rows"]]
    assert {"auto", "recurrence", "rational", "persistence"} <= set(names)
    assert [entry["model"] for entry in report["rolling"]["models"]] == names
    assert all(row["parameters"] is None for row in report["rows"])


def test_models_of_any_kind_side_by_side_in_figures(run, folder):
    options = ("--units", "3", "--epochs", "2", "--members", "1", "--origins", "2", "--figures", "png")
    done = run("compare", "--model", "rnn,autoregression,drift,auto", *options, "--out", "o")
    assert done.status == 0
    assert {path.name for path in (folder / "o").glob("*.png")} == {"forecasts.png", "sweep.png", "rolling.png"}
    assert [row["model"] for row in _table(folder / "o" / "compare.csv")] == ["rnn", "autoregression", "drift", "auto"]


def test_origins_that_fail_are_counted_and_explained(run):
    done = run("compare", "--model", "drift,holonomic-recurrence", "--figures", "none")
    line = [line for line in done.out.splitlines() if line.startswith(" holonomic")][-1]
    assert "9 of 10" in line
    assert "holonomic-recurrence, 10 points known: holonomic-recurrence takes at least 11" in " ".join(done.out.split())


def test_the_table_of_origins_can_be_left_out_and_asked_for(run, folder):
    assert (
        json.loads(run("compare", "--model", "drift", "--origins", "0", "--figures", "none", "--json").out)["rolling"]
        is None
    )
    sweep = ("compare", "--model", "polynomial,trend", "--sweep", "degree=1,2", "--figures", "none", "--json")
    assert json.loads(run(*sweep).out)["rolling"] is None
    models = json.loads(run(*sweep, "--origins", "3").out)["rolling"]["models"]
    assert [entry["model"] for entry in models] == [
        f"{name}, degree={degree}" for name in ("polynomial", "trend") for degree in (1, 2)
    ]


def test_verbose_names_every_fit_of_the_rolling_origins(run):
    done = run("compare", "--model", "drift", "--origins", "2", "--figures", "none", "--verbose")
    assert done.err.splitlines()[1:] == ["drift: from 10 points", "drift: from 19 points"]


def test_a_default_that_does_not_suit_the_points_is_left_out_and_a_named_one_is_an_error(run, folder):
    (folder / "f.csv").write_text("".join(f"{x},{x**0.5}\n" for x in range(1, 7)))
    done = run("compare", "f.csv", "--figures", "none", "--json")
    assert [row["settings"]["model"] for row in json.loads(done.out)["rows"]] == [
        "auto", "rational", "drift", "persistence",
    ]  # fmt: skip
    assert done.err.splitlines() == [
        "unrolled: recurrence is left out: recurrence takes at least 7 known points; f has 5.",
        "unrolled: bayesian-recurrence is left out: bayesian-recurrence takes at least 6 known points; f has 5.",
    ]
    named = run("compare", "f.csv", "--model", "drift,recurrence", "--figures", "none")
    assert (named.status, named.err) == (2, "unrolled: recurrence takes at least 7 known points; f has 5.\n")


def test_what_suits_none_of_the_defaults_is_an_error(run, folder):
    (folder / "f.csv").write_text("1,1\n2,2\n4,3\n5,4\n6,5\n7,6\n")
    done = run("compare", "f.csv")
    assert (done.status, done.err.count("\n")) == (2, 1)
    assert "evenly spaced" in done.err


def test_a_model_that_is_named_twice_is_compared_once_and_said(run):
    done = run("compare", "--model", "drift,drift", "--origins", "0", "--figures", "none", "--json")
    assert len(json.loads(done.out)["rows"]) == 1
    assert done.err == "unrolled: drift is named 2 times in --model; it is compared once.\n"


def test_the_bar_moves_at_every_origin_on_a_terminal(monkeypatch):
    shown = io.StringIO()
    monkeypatch.setattr(shown, "isatty", lambda: True)
    monkeypatch.setattr("sys.stderr", shown)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    moved = []
    monkeypatch.setattr(Progress, "update", lambda _, __, **now: moved.append(now))
    with counting(3, verbose=False) as watch:
        rolling_origins(
            range(12), {"drift": unrolled.model("drift")}, origins=(6, 8, 10), watch=watch,
        )  # fmt: skip
    assert moved == [{"advance": 1, "now": f"drift, {origin} points"} for origin in (6, 8, 10)]


def test_numbers_near_the_largest_float_are_drawn_or_left_out_quietly(run, folder):
    (folder / "f.csv").write_text("n,E\n" + "".join(f"{k},{1e308 * (1 - 1 / k)!r}\n" for k in range(1, 13)))
    for verb in ("extrapolate", "compare"):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            done = run(verb, "f.csv", "--figures", "png", "--out", verb)
        assert (done.status, done.err) == (0, "")
        assert list((folder / verb).glob("*.png"))
