"""Models without a memory of their own, from the terminal."""

import json

import numpy as np


def wave(folder):
    t = np.arange(80)
    noise = 0.1 * np.random.default_rng(0).normal(size=80)
    np.savetxt(folder / "wave.csv", np.sin(0.4 * t) + noise, header="y", comments="")


def test_levels_of_a_model_that_has_bounds_cost_no_training(run, folder):
    wave(folder)
    plain = ("extrapolate", "wave.csv", "--model", "linear-autoregression", "--window", "2", "--horizon", "5")
    done = run(*plain, "--level", "50,90", "--json", "--figures", "none", "--out", "a")
    assert done.status == 0, done.err
    forecast = json.loads(done.out)["forecast"]
    assert "lo-90" in json.dumps(forecast)
    assert "training again" not in done.out
    again = run("extrapolate", "--from", "a", "--level", "80", "--horizon", "5", "--json", "--figures", "none")
    assert again.status == 0, again.err
    assert "lo-80" in again.out
    assert run(*plain, "--uncertain", "--figures", "none").status == 0


def test_analogs(run, folder):
    wave(folder)
    options = ("--delays", "3", "--skip", "1", "--neighbours", "9", "--ridge", "0.01", "--no-increments")
    done = run("extrapolate", "wave.csv", "--model", "analog", *options, "--figures", "none", "--out", "a")
    assert done.status == 0, done.err
    assert "analog" in done.out
    assert run("extrapolate", "--from", "a", "--horizon", "3", "--figures", "none").status == 0
    done = run("extrapolate", "wave.csv", "--model", "analog", "--maps", "smooth")
    assert done.status == 2
    assert "maps" in done.err
    done = run("extrapolate", "wave.csv", "--model", "drift", "--neighbours", "3")
    assert done.status == 2
    assert "neighbours says nothing to drift" in done.err
