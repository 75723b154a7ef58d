"""`unrolled inspect` from the command line: what it prints, what it writes, what it refuses."""

import csv
import json
import shutil
from math import isnan

import numpy as np
import pytest

RANDOM = ("--random", 4, "--runs", 2, "--steps", 500, "--figures", "none")
FIELDS = {
    "schema", "source", "states", "spacing", "behaviour", "certain", "evidence", "period", "zero_one", "behaviours",
    "lyapunov", "lyapunov_errors", "dimension", "entropy", "fixed_points", "memory", "gradient", "seconds", "versions",
    "platform", "created",
}  # fmt: skip


@pytest.fixture
def saved(run):
    done = run(
        "extrapolate", "--model", "rnn", "--units", 3, "--epochs", 2, "--members", 2, "--figures", "none", "--out", "m"
    )
    assert done.status == 0, done.err
    return "m"


def test_json_alone_says_what_a_network_at_rest_does(run, folder):
    done = run("inspect", *RANDOM, "--gain", 0.5, "--out", "a", "--json")
    assert done.status == 0, done.err
    report = json.loads(done.out)
    assert set(report) >= FIELDS
    assert report == json.loads((folder / "a" / "report.json").read_text())
    assert report["behaviour"] == "point attractor"
    assert report["behaviours"] == {"point attractor": 2}
    # It rests at zero, where the Jacobian is W.
    W = 0.5 / 2 * np.random.default_rng(0).normal(size=(4, 4))
    wanted = np.sort(np.log(np.abs(np.linalg.eigvals(W))))[::-1]
    np.testing.assert_allclose(report["lyapunov"], wanted, atol=1e-6)
    assert report["fixed_points"] == {"stable": 1, "saddle": 0, "unstable": 0, "marginal": 0}
    assert report["gradient"]["norm"][0] == 1
    assert len(report["memory"]["capacity"]) == 8


def test_tables_hold_what_the_report_says(run, folder):
    report = json.loads(run("inspect", *RANDOM, "--gain", 0.5, "--out", "a", "--json").out)
    with (folder / "a" / "exponents.csv").open() as file:
        rows = list(csv.DictReader(file))
    np.testing.assert_allclose([float(row["exponent"]) for row in rows], report["lyapunov"])
    for name in ("fixed-points.csv", "motion.csv", "gradient.csv", "memory.csv", "summary.txt"):
        assert (folder / "a" / name).read_text()


def test_a_network_that_runs_off_is_no_failure(run):
    done = run("inspect", *RANDOM, "--gain", 9, "--kind", "elman:linear", "--json")
    assert done.status == 0, done.err
    report = json.loads(done.out)
    assert report["behaviour"] == "diverging"
    assert report["lyapunov"] == []
    assert report["gradient"] is None


def test_a_sweep_has_a_row_for_every_gain(run, folder):
    done = run("inspect", "--random", 4, "--gain", "0.5:1.5:3", "--figures", "none", "--out", "s", "--json")
    assert done.status == 0, done.err
    rows = json.loads(done.out)["rows"]
    assert [row["gain"] for row in rows] == [0.5, 1.0, 1.5]
    assert rows[0]["lyapunov"] < 0
    assert not isnan(rows[0]["least"])
    assert len((folder / "s" / "bifurcation.csv").read_text().splitlines()) == 4


def test_a_saved_model_is_closed_on_itself(run, saved):
    done = run("inspect", saved, "--runs", 1, "--steps", 200, "--figures", "none", "--json", "--member", 1)
    assert done.status == 0, done.err
    report = json.loads(done.out)
    assert report["spacing"] == 2.0  # the series counts particles in twos
    assert report["source"]["member"] == 1


def test_a_damaged_or_newer_model_is_refused(run, folder, saved):
    described = folder / saved / "model" / "model.json"
    whole = json.loads(described.read_text())
    described.write_text(json.dumps(whole | {"version": 99}))
    done = run("inspect", saved)
    assert done.status == 2
    assert "99" in done.err
    described.write_text(json.dumps(whole))
    weights = folder / saved / "model" / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-8])
    assert run("inspect", saved).status == 2
    shutil.rmtree(folder / saved / "model")
    assert run("inspect", saved).status == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "--random"),
        (("m", "--random", 3), "one of the two"),
        (("--random", 0), "--random"),
        (("--random", 3, "--gain", "x"), "--gain"),
        (("--random", 3, "--gain", "1:2:x"), "COUNT"),
        (("--random", 3, "--gain", "-1"), "gain"),
        (("--random", 3, "--kind", "elmann"), "elman"),
        (("--random", 3, "--kind", "mingru"), "W"),
        (("--random", 3, "--input", "1,2"), "--input"),
        (("--random", 3, "--input", "nan"), "--input"),
        (("--random", 3, "--member", 1), "--member"),
        (("--random", 3, "--exponents", 9), "exponents"),
        (("--random", 3, "--runs", 0), "runs"),
        (("nothing-here",), "nothing-here"),
    ],
)
def test_mistakes_are_told_in_a_sentence(run, folder, arguments, said):
    done = run("inspect", *arguments)
    assert done.status == 2
    assert said in done.err
    assert not list(folder.iterdir())


def test_a_model_without_a_network_says_what_to_take(run):
    made = run("extrapolate", "--model", "persistence", "--figures", "none", "--out", "p")
    assert made.status == 0, made.err
    done = run("inspect", "p")
    assert done.status == 2
    assert "echo-state" in done.err


def test_a_climate_is_refused_before_the_training(run):
    done = run("extrapolate", "--model", "persistence", "--climate", "--figures", "none")
    assert done.status == 2
    assert "network" in done.err


def test_the_long_run_of_a_reservoir_is_reported(run, folder):
    settings = ("--model", "echo-state", "--units", 40, "--members", 1, "--rho", 0.3, "--leak", 1, "--input-scale", 0.1)
    done = run("extrapolate", "--dataset", "lorenz", *settings, "--figures", "none", "--json", "--horizon", 20)
    assert done.status == 0, done.err
    climate = json.loads(done.out)["climate"]
    np.testing.assert_allclose(climate["system"]["lyapunov"][0], 0.906, rtol=0.1)
    if climate["network"] is not None:
        assert set(climate["histogram_distance"]) == {"x", "y", "z"}
    assert (
        run(
            "extrapolate", *settings, "--dataset", "lorenz", "--no-climate", "--figures", "none", "--horizon", 20
        ).status
        == 0
    )
