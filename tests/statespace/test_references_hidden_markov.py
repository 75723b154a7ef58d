"""Hidden Markov models against hmmlearn."""

import json
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest

from unrolled.statespace import (
    CategoricalEmission,
    DiagonalEmission,
    GaussianEmission,
    HiddenMarkov,
    forward_backward,
    learn_hidden_markov,
    viterbi,
)

REFERENCES = Path(__file__).parent.parent / "references"
CASES = json.loads((REFERENCES / "hidden_markov.json").read_text())["cases"]
EMISSIONS = {
    "full": (GaussianEmission, ("mean", "covariance")),
    "diag": (DiagonalEmission, ("mean", "covariance")),
    "categorical": (CategoricalEmission, ("probability",)),
}


@pytest.fixture(scope="module")
def stored():
    with np.load(REFERENCES / "hidden_markov.npz") as file:
        return dict(file)


def of(stored, key):
    """The arrays of one case by their names."""
    return {name.removeprefix(f"{key}."): array for name, array in stored.items() if name.startswith(f"{key}.")}


def hidden_markov(arrays, kind):
    made, names = EMISSIONS[kind]
    return HiddenMarkov(arrays["initial"], arrays["transition"], made(*(arrays[name] for name in names)))


def sequences(arrays, case):
    return np.split(arrays["y"], np.cumsum(case["lengths"])[:-1])


def equal(found, wanted):
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-6 * np.max(np.abs(wanted)))


def parts(model):
    """Arrays by hmmlearn's meaning, in one order."""
    emission = {name: np.asarray(value) for name, value in vars(model.emission).items()}
    return [np.asarray(model.initial), np.asarray(model.transition), *emission.values()]


def in_order_of(found, wanted):
    """The states of one model in the order of another's: learning sorts them."""
    orders = map(np.array, permutations(range(found.states)))
    return min((found.permuted(order) for order in orders), key=lambda one: apart(one, wanted))


def apart(found, wanted):
    return sum(np.abs(a - b).max() for a, b in zip(parts(found), parts(wanted), strict=True))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["key"])
def test_posterior_and_mode(stored, case):
    wanted = of(stored, case["key"])
    model, y = hidden_markov(wanted, case["emission"]), sequences(wanted, case)
    found = forward_backward(model, y)
    equal(found.smoothed, wanted["posterior"])
    equal(found.log_likelihood, wanted["log_likelihood"])
    path, log_probabilities = viterbi(model, y)
    np.testing.assert_array_equal(path, wanted["mode"])
    equal(log_probabilities.sum(), wanted["mode_log_probability"])


# One sequence after two would be another program and the same sums.
LEARNED = [case for case in CASES if len(case["lengths"]) == 2 or case["emission"] == "full"]


@pytest.mark.parametrize("case", LEARNED, ids=lambda case: case["key"])
def test_expectation_maximization(stored, case):
    given = of(stored, case["key"])
    start, y = hidden_markov(of(stored, f"{case['key']}.start"), case["emission"]), sequences(given, case)
    for steps in case["steps"]:
        wanted = of(stored, f"{case['key']}.after {steps}")
        found = learn_hidden_markov(y, start=start, iterations=steps, tolerance=0.0, floor=1e-12)
        assert len(found.history) == steps + 1
        equal(found.log_likelihood, wanted["log_likelihood"])
        model = hidden_markov(wanted, case["emission"])
        for ours, theirs in zip(parts(in_order_of(found.model, model)), parts(model), strict=True):
            equal(ours, theirs)
