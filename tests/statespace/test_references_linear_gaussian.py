"""Linear-Gaussian systems against statsmodels, pykalman and dynamax."""

import json
from pathlib import Path

import numpy as np
import pytest

from unrolled.statespace import (
    Cycle,
    LinearGaussian,
    Season,
    Structure,
    Trend,
    filter_states,
    learn_linear_gaussian,
    log_likelihood,
    predict_ahead,
    smooth_states,
)

REFERENCES = Path(__file__).parent.parent / "references"
DESCRIBED = json.loads((REFERENCES / "state_space.json").read_text())
PARTS = ("W", "V", "Q", "R", "m", "P", "b", "c", "U", "D")


@pytest.fixture(scope="module")
def stored():
    with np.load(REFERENCES / "state_space.npz") as file:
        return dict(file)


def of(stored, key):
    """The arrays of one case by their names."""
    return {name.removeprefix(f"{key}."): array for name, array in stored.items() if name.startswith(f"{key}.")}


def system(arrays):
    """Parts without a column are not there."""
    return LinearGaussian(**{name: arrays[name] for name in PARTS if name in arrays and arrays[name].size})


def equal(found, wanted):
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-6 * np.max(np.abs(wanted)))


@pytest.mark.parametrize("key", [case["key"] for case in DESCRIBED["cases"] + DESCRIBED["structures"]])
def test_filter_and_smoother(stored, key):
    wanted = of(stored, key)
    model, y = system(wanted), wanted["y"]
    x = wanted["x"] if model.inputs else None
    filtered, smoothed = filter_states(model, y, x), smooth_states(model, y, x)
    equal(filtered.mean, wanted["filtered_mean"])
    equal(filtered.covariance, wanted["filtered_covariance"])
    equal(smoothed.mean, wanted["smoothed_mean"])
    equal(smoothed.covariance, wanted["smoothed_covariance"])
    if "cross" in wanted:
        equal(smoothed.cross, wanted["cross"])
    for found in (filtered.log_likelihood, smoothed.log_likelihood, log_likelihood(model, y, x)):
        equal(found, wanted["log_likelihood"])


@pytest.mark.parametrize("key", [case["key"] for case in DESCRIBED["structures"]])
def test_forecasts(stored, key):
    wanted = of(stored, key)
    model = system(wanted)
    found = predict_ahead(model, filter_states(model, wanted["y"]), len(wanted["forecast_mean"]))
    equal(found.mean[:, 0], wanted["forecast_mean"])
    equal(found.covariance[:, 0, 0], wanted["forecast_variance"])


def test_a_structure_is_the_same_system(stored):
    """A first state of which nothing is known has the variance 100 there, that is a million times 1e-4."""
    described = DESCRIBED["structures"][1]
    wanted, given = of(stored, described["key"]), described["parameters"]
    deviation = {name.removeprefix("sigma2."): value**0.5 for name, value in given.items() if "sigma2" in name}
    values = {"level": deviation["level"], "slope": deviation["trend"], "season 5": deviation["freq_seasonal_5(2)"]}
    values |= {"cycle": deviation["cycle"], "period of cycle": 2 * np.pi / given["frequency.cycle"]}
    values |= {"damping of cycle": given["damping.cycle"], "noise": deviation["irregular"]}
    found = Structure((Trend(), Season(5), Cycle())).system(values, variance=1e-4)
    for name in PARTS[:6]:
        np.testing.assert_allclose(getattr(found, name), wanted[name], rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("case", DESCRIBED["learned"], ids=lambda case: case["key"])
def test_expectation_maximization(stored, case):
    begun = of(stored, case["key"])
    names = PARTS[:8] if case["offsets"] else PARTS[:6]
    for steps in case["steps"]:
        wanted = of(stored, f"{case['key']}.after {steps}")
        start = LinearGaussian(**{name: begun[name] for name in names})
        found = learn_linear_gaussian(start, begun["y"], iterations=steps, tolerance=0.0, floor=0.0)
        assert len(found.log_likelihoods) == steps + 1
        equal(found.log_likelihoods[-1], wanted["log_likelihood"])
        for name in names:
            equal(getattr(found.model, name), wanted[name])
