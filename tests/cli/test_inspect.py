"""`unrolled inspect`: what a network does, as text, JSON, tables and figures; and mistakes that are found early."""

import csv
import json
import re

import numpy as np
import pytest

import unrolled
from unrolled.choose import load
from unrolled.dynamics import DrivenNetwork, trajectory
from unrolled.forecast import EchoState
from unrolled.learn import GradientDescent
from unrolled.networks import NetworkDesign, member, random_network
from unrolled.sequence import SequenceModel
from unrolled.types import Batch

_QUICK = ("--runs", "2", "--steps", "400", "--figures", "none")
_RESTS = ("inspect", "--random", "3", "--gain", "0.8", *_QUICK)
_SINE = np.sin(0.3 * np.arange(80))


def _report(folder):
    return json.loads((folder / "report.json").read_text(encoding="utf-8"))


def _table(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _words(text):
    return " ".join(text.split())


def _saved(design, folder, **settings):
    x = np.random.default_rng(0).normal(size=(2, 6, 2))
    model = SequenceModel(NetworkDesign.parse(design), GradientDescent(epochs=1), **settings)
    return model.fit(Batch(x, x[..., :1])).save(folder)


def test_the_exponents_of_a_network_at_rest_are_those_of_its_eigenvalues(run, folder):
    done = run(*_RESTS, "--out", "rest")
    assert done.status == 0, done.err
    W = random_network(3, 0.8).weights()["elman_1.W"]  # without biases it rests at zero, where tanh' is 1
    wanted = np.sort(np.log(np.abs(np.linalg.eigvals(W))))[::-1]
    report = _report(folder / "rest")
    np.testing.assert_allclose(report["lyapunov"], wanted, atol=1e-9)
    exponents = [float(row["exponent"]) for row in _table(folder / "rest" / "exponents.csv")]
    np.testing.assert_allclose(exponents, wanted, atol=1e-9)
    assert report["behaviour"] == "point attractor"
    assert report["behaviours"] == {"point attractor": 2}
    assert report["source"] == {
        "random": 3, "gain": 0.8, "seed": 0, "kind": "elman", "bias": 0.0, "input": [0.0],
    }  # fmt: skip


def test_the_motion_of_one_at_rest_is_how_it_came_there(run, folder):
    assert run(*_RESTS, "--seed", "4", "--out", "rest").status == 0
    rows = _table(folder / "rest" / "motion.csv")
    network = random_network(3, 0.8, seed=4)
    W, b = (np.asarray(network.weights()[f"elman_1.{name}"]) for name in "Wb")
    h = DrivenNetwork(network).starts(2, np.random.default_rng(4))[0]
    for step, row in enumerate(rows, start=1):
        h = np.tanh(W @ h + b)
        assert float(row["time"]) == step
        np.testing.assert_allclose([float(row[f"output {k}"]) for k in (1, 2, 3)], h, atol=1e-12)
    assert len(rows) == 200


def test_text_is_of_sentences_that_fit_and_are_said_once(run, folder, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    done = run("inspect", "--random", "1", "--gain", "0.5", *_QUICK, "--out", "one")
    assert done.status == 0
    lines = done.out.splitlines()
    assert lines[0] == "Random elman network of 1 unit, gain 0.5, seed 0."
    assert max(map(len, lines)) <= 80
    assert len(set(lines)) == len(lines)
    assert "All 2 starts come to the same behaviour." in done.out
    assert "Fixed points: 1 stable, from " in done.out
    assert "half of the variance of the last input only" in _words(done.out)
    assert "nan" not in done.out
    summary = (folder / "one" / "summary.txt").read_text(encoding="utf-8")
    assert _words(done.out).removesuffix("Files are in one").strip() == _words(summary)


def test_json_stands_alone_and_is_the_report(run, folder):
    done = run(*_RESTS, "--out", "made", "--json")
    assert done.err == ""
    assert json.loads(done.out) == _report(folder / "made")


@pytest.mark.parametrize("figures", ["none", "png"])
def test_one_that_runs_off_is_described_like_others(run, folder, figures):
    asked = ("--kind", "elman:relu", "--gain", "3", "--runs", "2", "--steps", "100", "--figures", figures)
    done = run("inspect", "--random", "8", *asked, "--out", "off")
    assert done.status == 0, done.err
    assert "Behaviour: diverging." in done.out
    assert "Lyapunov" not in done.out
    report = _report(folder / "off")
    assert report["behaviour"] == "diverging"
    assert report["lyapunov"] == report["lyapunov_errors"] == []
    assert report["dimension"] is report["entropy"] is report["gradient"] is report["memory"] is None
    states = np.array([list(map(float, list(row.values())[1:])) for row in _table(folder / "off" / "motion.csv")])
    assert np.isfinite(states).all()
    assert len(states) < 200
    W = np.asarray(random_network(8, 3.0).weights()["elman_1.W"])
    np.testing.assert_allclose(states[1:], np.maximum(states[:-1] @ W.T, 0), rtol=1e-9)
    made = {path.name for path in (folder / "off").glob("*.png")}
    assert made == (set() if figures == "none" else {"portrait.png", "motion.png", "eigenvalues.png"})


def test_behaviours_of_one_unit(run, folder):
    """Of tanh(w h) with |w| = 2: at rest on either side of zero where w > 0, a cycle of two steps where w < 0."""
    seen = set()
    for seed in (0, 4):
        W = random_network(1, 1.0, seed=seed).weights()["elman_1.W"].item()
        asked = ("--random", "1", "--seed", str(seed), "--gain", str(2 / abs(W)))
        done = run("inspect", *asked, *_QUICK, "--out", f"seed-{seed}")
        report = _report(folder / f"seed-{seed}")
        stable = 2 if W > 0 else 0
        assert report["fixed_points"] == {"stable": stable, "saddle": 0, "unstable": 1, "marginal": 0}
        assert report["behaviour"] == ("point attractor" if W > 0 else "limit cycle")
        assert report["period"] == (None if W > 0 else 2.0)
        assert ("Period: 2 steps." in done.out) == (W < 0)
        seen.add(W > 0)
    assert seen == {True, False}


def test_a_held_input_moves_where_it_rests(run, folder):
    assert run(*_RESTS, "--input", "0.7", "--out", "held").status == 0
    [row] = _table(folder / "held" / "fixed-points.csv")
    weights = {name: np.asarray(w) for name, w in random_network(3, 0.8).weights().items()}
    h = np.array([float(row[f"h_{k}"]) for k in (1, 2, 3)])
    pushed = weights["elman_1.W"] @ h + weights["elman_1.U"][:, 0] * 0.7 + weights["elman_1.b"]
    np.testing.assert_allclose(np.tanh(pushed), h, atol=1e-9)
    assert np.abs(h).max() > 0.01
    assert _report(folder / "held")["source"]["input"] == [0.7]


def test_a_sweep_says_where_chaos_begins(run, folder):
    done = run("inspect", "--random", "30", "--gain", "0.5:3:3", "--figures", "png", "--out", "way")
    assert done.status == 0, done.err
    rows = _report(folder / "way")["rows"]
    assert [row["gain"] for row in rows] == [0.5, 1.75, 3.0]
    W = random_network(30, 0.5).weights()["elman_1.W"]
    assert rows[0]["lyapunov"] == pytest.approx(np.log(np.abs(np.linalg.eigvals(W)).max()), abs=1e-6)
    assert rows[2]["lyapunov"] > 0.05
    assert re.search(r"at \d of 3 gains, the first of them", _words(done.out))
    assert (folder / "way" / "bifurcation.png").exists()
    assert [float(row["lyapunov"]) for row in _table(folder / "way" / "bifurcation.csv")] == [
        row["lyapunov"] for row in rows
    ]


def test_a_sweep_into_what_diverges(run, folder):
    done = run(
        "inspect", "--random", "3", "--kind", "elman:relu", "--gain", "20:30:2", "--figures", "png", "--out", "w"
    )
    assert done.status == 0, done.err
    assert "At 2 gains it diverges." in _words(done.out)
    assert [row["lyapunov"] for row in _report(folder / "w")["rows"]] == [None, None]


def test_a_long_sweep_prints_twenty_gains(run, folder):
    done = run("inspect", "--random", "1", "--gain", "0:1:41", "--figures", "none", "--out", "w")
    shown = [line for line in done.out.splitlines() if line.startswith("gain ")]
    assert len(shown) == 20
    assert shown[0].split()[1] == "0"
    assert shown[-1].split()[1] == "1"
    assert "All gains are in bifurcation.csv." in done.out
    assert len(_report(folder / "w")["rows"]) == 41


def test_a_member_of_a_saved_ensemble(run, folder):
    _saved("gru:2", "kept", members=2)
    done = run("inspect", "kept", "--member", "1", *_QUICK, "--out", "seen")
    assert done.status == 0, done.err
    assert done.out.startswith("kept (sequence model), member 1, 2 states.")
    [row] = _table(folder / "seen" / "fixed-points.csv")
    h = np.array([float(row["h_1"]), float(row["h_2"])])
    second = DrivenNetwork(member(load("kept").networks, 1))
    np.testing.assert_allclose(trajectory(second, 1, start=h)[0], h, atol=1e-8)
    wrong = run("inspect", "kept", "--member", "2", *_QUICK)
    assert wrong.status == 2
    assert "member must be a whole number from 0 to 1; came 2" in wrong.err


def test_a_reservoir_that_continues_a_series(run, folder):
    EchoState(units=8, members=1).fit(_SINE).save("echo")
    done = run("inspect", "echo", *_QUICK, "--out", "seen")
    assert done.status == 0, done.err
    assert done.out.startswith("echo (echo-state), member 0, 9 states.")
    assert _report(folder / "seen")["states"] == 9
    refused = run("inspect", "echo", "--closed-loop", *_QUICK)
    assert refused.status == 2
    assert "closed on itself anyhow" in refused.err
    assert run("inspect", "echo", "--input", "1", *_QUICK).status == 2


@pytest.mark.parametrize("design", ["bi-gru:2", "dense:2"])
def test_networks_without_a_step_from_state_to_state_are_refused(run, folder, design):
    _saved(design, "kept")
    done = run("inspect", "kept", *_QUICK)
    assert done.status == 2
    assert not (folder / "unrolled-out").exists()


def test_models_without_a_network_and_damaged_ones_are_refused(run, folder):
    unrolled.model("analog").fit(_SINE).save("analog")
    assert "analog has no network" in run("inspect", "analog", *_QUICK).err
    kept = _saved("gru:2", "kept")
    weights = kept / "weights.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[:40])
    assert run("inspect", "kept", *_QUICK).status == 2
    weights.write_bytes(whole[:-8] + np.array([np.nan]).tobytes())
    done = run("inspect", "kept", *_QUICK)
    assert done.status == 2, done.out
    assert "finite" in done.err
    description = json.loads((kept / "model.json").read_text(encoding="utf-8"))
    (kept / "model.json").write_text(json.dumps(description | {"version": 99}), encoding="utf-8")
    assert run("inspect", "kept", *_QUICK).status == 2
    assert not (folder / "unrolled-out").exists()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ((), "name the folder of a saved model"),
        (("model", "--random", "3"), "one of the two"),
        (("nowhere",), "no saved model"),
        (("nowhere", "--gain", "2"), "--gain is for a random network"),
        (("--random", "0"), "--random must be a whole number from 1"),
        (("--random", "3", "--member", "1"), "--member is for a saved model"),
        (("--random", "3", "--closed-loop"), "--closed-loop is for a saved model"),
        (("--random", "3", "--gain", "much"), "--gain takes finite numbers; came 'much'"),
        (("--random", "3", "--gain", "-1"), "--gain must be a finite number of at least 0"),
        (("--random", "3", "--gain", "1:2:x"), "COUNT"),
        (("--random", "3", "--gain", "1:2:1"), "COUNT"),
        (("--random", "3", "--gain", "1:2:3:4"), "FROM:TO:COUNT"),
        (("--random", "3", "--gain", "1:nan"), "finite"),
        (("--random", "3", "--gain", "1:2:3", "--runs", "2"), "leave out --runs"),
        (("--random", "3", "--gain", "1:2:3", "--exponents", "2"), "leave out --exponents"),
        (("--random", "3", "--kind", "spring"), "unknown layer 'spring'"),
        (("--random", "3", "--kind", "dense"), "dense"),
        (("--random", "3", "--kind", "elman:sinh"), "unknown activation 'sinh'"),
        (("--random", "3", "--input", "1,2"), "--input names 2 numbers, and the network has 1 input."),
        (("--random", "3", "--input", "nan"), "--input takes finite numbers"),
        (("--random", "3", "--runs", "0"), "runs must be"),
        (("--random", "3", "--steps", "0"), "steps must be"),
        (("--random", "3", "--exponents", "4"), "exponents must be a whole number from 1 to 3"),
        (("--random", "3", "--bias", "-1"), "bias must be"),
        (("--random", "3", "--seed", "-1"), "seed must be"),
        (("--random", "3", "--figures", "gif"), "gif"),
    ],
)
def test_mistakes_are_told_before_anything_is_run(run, folder, asked, said):
    done = run("inspect", *asked)
    assert done.status == 2
    assert done.out == ""
    assert said in _words(done.err)
    assert not list(folder.iterdir())


def test_results_are_not_written_over_unless_asked(run, folder):
    (folder / "made").mkdir()
    (folder / "made" / "mine.txt").write_text("mine", encoding="utf-8")
    assert run(*_RESTS, "--out", "made").status == 2
    assert run(*_RESTS, "--out", "made", "--overwrite").status == 0
    assert (folder / "made" / "mine.txt").read_text(encoding="utf-8") == "mine"


_SHORT = "y\n" + "".join(f"{value}\n" for value in _SINE)
_RESERVOIR = ("--model", "echo-state", "--members", "1", "--units", "30", "--figures", "none", "--json")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("--model", "analog"), "analog has no network"),
        (("--model", "rnn", "--epochs", "1000000"), "80 known points, too few"),
        (("--model", "rnn", "--target", "x-to-y", "--epochs", "1000000"), "no dynamics"),
    ],
)
def test_what_can_have_no_climate_says_so_before_the_training(run, folder, asked, said):
    (folder / "short.csv").write_text(_SHORT, encoding="utf-8")
    done = run("extrapolate", "short.csv", *asked, "--climate", "--figures", "none")
    assert done.status == 2
    assert said in _words(done.err)


def test_the_climate_of_lorenz_is_made_where_there_is_a_network(run, folder):
    settings = ("--dataset", "lorenz", "--train", "600", "--horizon", "10")
    done = run("extrapolate", *settings, *_RESERVOIR, "--no-climate", "--out", "without")
    assert json.loads(done.out)["climate"] is None
    learns = ("--model", "feed-forward", "--target", "x-to-y", "--epochs", "1", "--members", "1", "--units", "2")
    done = run("extrapolate", *settings, *learns, "--figures", "none", "--json", "--out", "other")
    assert done.status == 0, done.err
    assert json.loads(done.out)["climate"] is None
