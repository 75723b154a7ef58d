"""`unrolled extrapolate` as it is without options: chosen, combined, bounded, judged."""

import csv
import json
import math

import numpy as np
import pytest

import unrolled

_FAST = ("--figures", "none")
_TABLE = "x,y\n" + "".join(f"{x},{math.exp(-x / 5) + 0.3 * math.exp(-x)!r}\n" for x in range(14))


def _rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def trial():
    return unrolled.extrapolate(unrolled.dataset("pairing-particles"), unrolled.model("auto"))


def test_the_report_and_the_tables_say_what_python_says(run, folder, trial):
    report = json.loads(run("extrapolate", *_FAST, "--json", "--out", "o").out)
    forecast = trial.forecast
    assert report["model"]["name"] == "auto"
    assert report["model"]["candidates"] + len(report["model"]["networks"]) == len(forecast.ingredients)
    assert len(report["model"]["candidates_sha256"]) == 64
    assert report["model"]["calibration"]["candidates_sha256"]
    assert [entry["mean"] for entry in report["forecast"]] == forecast.mean[:, 0].tolist()

    assert report["bands"] == [{"level": 68, "reason": ""}, {"level": 95, "reason": ""}]
    predicted = [row for row in _rows(folder / "o" / "forecast.csv") if row["part"] == "forecast"]
    for band in forecast.bands:
        for name, bound in (("lo", band.lower), ("hi", band.upper)):
            column = f"{name}-{band.label}"
            assert [entry[column] for entry in report["forecast"]] == bound[:, 0].tolist()
            assert [float(row[column]) for row in predicted] == bound[:, 0].tolist()

    assert forecast.verdict is not None
    assert report["verdict"] == {
        "trust_until": forecast.verdict.trust_until,
        "headline": forecast.verdict.headline,
        "reasons": [reason.as_dict() for reason in forecast.verdict.reasons],
    }


def test_the_candidates_are_listed_with_scores_and_weights(run, folder, trial):
    report = json.loads(run("extrapolate", *_FAST, "--json", "--out", "o").out)
    written = _rows(folder / "o" / "candidates.csv")
    expected = [(one.name, one.score, one.weight, one.feature) for one in trial.forecast.ingredients]
    assert [tuple(one.values()) for one in report["candidates"]] == expected
    read = [
        (row["name"], float(row["score"]) if row["score"] else None, float(row["weight"]), row["feature"])
        for row in written
    ]
    assert read == expected
    assert sum(row[2] for row in read) == pytest.approx(1)
    labels = list(_rows(folder / "o" / "members.csv")[0])[2:]
    assert tuple(labels) == trial.forecast.labels


def test_a_person_sees_bounds_verdict_and_candidates(run, folder, trial):
    out = run("extrapolate", *_FAST, "--out", "o").out
    count = len(trial.forecast.ingredients)
    assert f"12 of 20 points learned, 8 predicted; model auto, {count} candidates, seed 0." in " ".join(out.split())
    assert "spread " not in out.split("Candidates")[0].partition("\n")[2].split("─")[0]
    assert "interval" not in out
    for band in trial.forecast.bands:
        assert f"{band.upper[-1, 0] - trial.forecast.mean[-1, 0]:.1e}" in out
    assert trial.forecast.verdict.headline in " ".join(out.split())
    for reason in trial.forecast.verdict.reasons:
        assert reason.text in " ".join(out.split())
    heaviest = trial.forecast.ingredients[0]
    line = next(line for line in out.splitlines() if heaviest.name in line)
    assert line.split()[-3:] == [f"{10**heaviest.score:.1e}", f"{100 * heaviest.weight:.1f}", "%"]
    assert f"… and {count - 10} more" in out
    assert out.startswith((folder / "o" / "summary.txt").read_text(encoding="utf-8"))


def test_the_table_fits_a_terminal(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert max(map(len, run("extrapolate", *_FAST).out.splitlines())) <= 80


def test_levels_of_ones_own(run, folder):
    report = json.loads(run("extrapolate", *_FAST, "--json", "--level", "90, 50", "--out", "o").out)
    assert [band["level"] for band in report["bands"]] == [50, 68, 90, 95]
    assert [bool(band["reason"]) for band in report["bands"]] == [False, True, False, True]
    last = report["forecast"][-1]
    assert (last["lo-68"], last["hi-95"]) == (None, None)
    assert last["lo-90"] < last["lo-50"] < last["mean"] < last["hi-50"] < last["hi-90"]
    header = (folder / "o" / "forecast.csv").read_text(encoding="utf-8").splitlines()[0].split(",")
    assert header[5:13] == [f"{side}-{level}" for level in (50, 68, 90, 95) for side in ("lo", "hi")]
    again = json.loads(run("extrapolate", *_FAST, "--json", "--from", "o", "--level", "50", "--horizon", "8").out)
    assert again["forecast"][-1]["lo-50"] == last["lo-50"]


def test_what_cannot_be_bounded_is_null_and_says_why(run, folder):
    """Not asked for, the usual levels are left out as far as the evidence goes; asked for, they are refused."""
    done = run("extrapolate", *_FAST, "--horizon", "60", "--out", "o")
    assert done.status == 0
    report = json.loads((folder / "o" / "report.json").read_text(encoding="utf-8"))
    reasons = [band["reason"] for band in report["bands"]]
    assert all("bounds from step" in reason for reason in reasons)
    assert report["forecast"][-1]["lo-68"] is None
    assert report["forecast"][0]["lo-68"] is not None
    for reason in reasons:
        assert reason[1:] in " ".join(done.out.split())
    refused = run("extrapolate", *_FAST, "--horizon", "60", "--level", "68", "--out", "p")
    assert refused.status == 2
    assert refused.err.startswith(f"unrolled: {reasons[0]} Lower --level or --horizon")
    assert not (folder / "p").exists()


def test_a_saved_choice_goes_on_with_identical_numbers(run, folder):
    run("extrapolate", *_FAST, "--out", "a")
    done = run("extrapolate", *_FAST, "--from", "a", "--dataset", "pairing-particles", "--out", "b")
    assert done.status == 0
    for name in ("forecast.csv", "members.csv", "candidates.csv"):
        assert (folder / "a" / name).read_bytes() == (folder / "b" / name).read_bytes()


def test_settings_of_a_network_ask_for_a_network(run, folder):
    report = json.loads(run("extrapolate", *_FAST, "--json", "--units", "3", "--epochs", "2", "--members", "1").out)
    assert report["model"]["name"] == "rnn"
    assert report["candidates"] == []
    assert report["verdict"] is None
    assert {band["reason"] for band in report["bands"]} == {"bounds need rolling origins; ask for them with --level."}
    assert {entry["lo-68"] for entry in report["forecast"]} == {None}


def test_two_columns_have_candidates_each(run, folder):
    rows = "".join(f"{x},{math.exp(-x / 4)!r},{x * x}\n" for x in range(12))
    (folder / "two.csv").write_text("x,a,b\n" + rows)
    done = run("extrapolate", "two.csv", *_FAST, "--train", "9", "--out", "o")
    assert "Candidates for a" in done.out
    assert "Candidates for b" in done.out
    assert {row["feature"] for row in _rows(folder / "o" / "candidates.csv")} == {"a", "b"}


@pytest.mark.parametrize("model", [("--model", "drift"), ("--model", "polynomial", "--degree", "2")])
def test_a_single_model_is_bounded_when_asked(run, folder, model):
    (folder / "e.csv").write_text(_TABLE)
    plain = run("extrapolate", "e.csv", *model, *_FAST, "--out", "p")
    assert "Bounds need rolling origins; ask for them with --level." in plain.out
    done = run("extrapolate", "e.csv", *model, *_FAST, "--level", "68", "--horizon", "2", "--out", "o")
    assert done.status == 0
    report = json.loads((folder / "o" / "report.json").read_text(encoding="utf-8"))
    assert report["bands"][0] == {"level": 68, "reason": ""}
    assert "forecasts of its own past" in report["notes"][-1]
    assert report["forecast"][0]["lo-68"] < report["forecast"][0]["mean"] < report["forecast"][0]["hi-68"]
    assert "68" in done.out
    assert "Bounds need" not in done.out


def test_a_network_is_bounded_by_training_again(run):
    options = ("--units", "2", "--epochs", "2", "--members", "1", *_FAST, "--horizon", "3", "--level", "50")
    done = run("extrapolate", *options, "--verbose", "--json")
    report = json.loads(done.out)
    assert all(entry["hi-50"] > entry["lo-50"] for entry in report["forecast"])
    assert [line for line in done.err.splitlines() if line.startswith("rnn: from")] == ["rnn: from 9 points"]


def test_a_saved_single_model_is_not_trained_again_for_bounds(run, folder):
    run("extrapolate", "--model", "drift", *_FAST, "--out", "a")
    done = run("extrapolate", "--from", "a", "--level", "68")
    assert done.status == 2
    assert "leave out --level or --from" in done.err


def test_sample_paths_have_bounds_of_their_own(run, folder):
    done = run("extrapolate", "--model", "bayesian-recurrence", *_FAST, "--json")
    report = json.loads(done.out)
    assert [band["reason"] for band in report["bands"]] == ["", ""]
    for entry in report["forecast"]:
        assert entry["lo-95"] < entry["lo-68"] < entry["hi-68"] < entry["hi-95"]
    assert "−" in run("extrapolate", "--model", "bayesian-recurrence", *_FAST).out


def test_a_constant_series_can_be_continued(run, folder):
    (folder / "same.csv").write_text("x,y\n" + "".join(f"{x},3.5\n" for x in range(12)))
    report = json.loads(run("extrapolate", "same.csv", *_FAST, "--json").out)
    np.testing.assert_allclose([entry["mean"] for entry in report["forecast"]], 3.5)
