"""Continuations by hidden Markov models: against sums over all paths, and against draws."""

from itertools import pairwise, product

import jax
import numpy as np
import pytest
from scipy.stats import norm

from unrolled.errors import InputError, TrainingError
from unrolled.statespace import (
    AutoregressiveEmission,
    CategoricalEmission,
    DiagonalEmission,
    GaussianEmission,
    HiddenMarkov,
    draw_series,
    filter_hidden_markov,
    forecast_hidden_markov,
    forward_backward,
    mixture_quantiles,
    sample_future,
)

CHAIN = np.array([0.6, 0.4]), np.array([[0.9, 0.1], [0.3, 0.7]])
RNG = np.random.default_rng(8)
S = np.array([[[1.0, 0.5], [0.5, 2.0]], [[0.3, -0.1], [-0.1, 0.2]]])
EMISSIONS = {
    "gaussian": GaussianEmission(np.array([[0.0, 1.0], [4.0, -2.0]]), S),
    "diagonal": DiagonalEmission(np.array([[0.0, 1.0], [4.0, -2.0]]), np.array([[1.0, 0.5], [0.1, 2.0]])),
    "autoregressive": AutoregressiveEmission(
        np.array([[0.5, -1.0], [0.0, 0.3]]), 0.3 * RNG.normal(size=(2, 2, 2, 2)), S
    ),
}
Y = RNG.normal(size=(12, 2))
KEY = jax.random.key(3)
every_emission = pytest.mark.parametrize("kind", EMISSIONS)


def over_paths(model, steps):
    """Mean and variance of the last step, as a mixture over all paths of the states."""
    now, emission = filter_hidden_markov(model, Y)[0][-1], model.emission
    weights, means, variances = [], [], []
    for path in product(range(2), repeat=steps):
        weight = now @ model.transition[:, path[0]]
        weight *= np.prod([model.transition[i, j] for i, j in pairwise(path)])
        mean, C = np.concatenate([Y[-1], Y[-2]]), np.zeros((4, 4))
        for k in path:
            if isinstance(emission, AutoregressiveEmission):
                F = np.block([[emission.A[k, 0], emission.A[k, 1]], [np.eye(2), np.zeros((2, 2))]])
                g, noise = np.concatenate([emission.c[k], [0, 0]]), np.zeros((4, 4))
                noise[:2, :2] = emission.covariances[k]
                mean, C = F @ mean + g, F @ C @ F.T + noise
            else:
                mean, C = emission.means[k], np.diag(emission.variances[k])
        weights.append(weight)
        means.append(mean[:2])
        variances.append(np.diag(C)[:2])
    weights, means, variances = map(np.array, (weights, means, variances))
    mean = weights @ means
    return mean, weights @ (variances + (means - mean) ** 2)


@every_emission
def test_mean_and_variance_are_those_of_all_paths(kind):
    model = HiddenMarkov(*CHAIN, EMISSIONS[kind])
    found = forecast_hidden_markov(model, Y, 5)
    for steps in (1, 2, 5):
        mean, variance = over_paths(model, steps)
        np.testing.assert_allclose(found.mean[steps - 1], mean, rtol=1e-10)
        np.testing.assert_allclose(found.variance[steps - 1], variance, rtol=1e-10)
    now = filter_hidden_markov(model, Y)[0][-1]
    np.testing.assert_allclose(found.states[4], now @ np.linalg.matrix_power(model.transition, 5), atol=1e-14)


@every_emission
def test_draws_have_the_forecast_mean_and_variance(kind):
    model = HiddenMarkov(*CHAIN, EMISSIONS[kind])
    found, drawn = forecast_hidden_markov(model, Y, 4), sample_future(model, Y, 4, 20_000, key=KEY)
    error = np.sqrt(found.variance / len(drawn))
    assert (np.abs(drawn.mean(axis=0) - found.mean) < 5 * error).all()
    np.testing.assert_allclose(drawn.var(axis=0), found.variance, rtol=0.1)


def test_a_step_after_the_end_is_a_step_that_was_not_observed():
    """One oracle more: the posterior of a missing step is the forecast of the states."""
    model = HiddenMarkov(*CHAIN, EMISSIONS["gaussian"])
    longer = np.concatenate([Y, np.full((3, 2), np.nan)])
    np.testing.assert_allclose(
        forward_backward(model, longer).smoothed[-3:], forecast_hidden_markov(model, Y, 3).states, atol=1e-12
    )


def test_quantiles_solve_for_the_distribution_function():
    model = HiddenMarkov(*CHAIN, EMISSIONS["diagonal"])
    found, levels = forecast_hidden_markov(model, Y, 6), [0.001, 0.2, 0.5, 0.95]
    made = found.quantiles(levels)
    for feature in range(2):
        means, deviations = model.emission.means[:, feature], np.sqrt(model.emission.variances[:, feature])
        below = np.sum(found.states * norm.cdf((made[:, :, feature, None] - means) / deviations), axis=-1)
        np.testing.assert_allclose(below, np.repeat(levels, 6).reshape(4, 6), rtol=1e-10)
    one = mixture_quantiles(np.ones((1, 1)), np.array([[1e8]]), np.array([[1e-3]]), [0.975])
    assert one[0, 0, 0] - 1e8 == pytest.approx(1.959964e-3, rel=1e-4)


def test_symbols_have_probabilities():
    P = np.array([[0.5, 0.5, 0.0], [0.1, 0.2, 0.7]])
    model = HiddenMarkov(*CHAIN, CategoricalEmission(P))
    found = forecast_hidden_markov(model, [0, 2, -1, 2], 3)
    np.testing.assert_allclose(found.symbols, found.states @ P, atol=1e-15)
    drawn = sample_future(model, [0, 2, -1, 2], 3, 20_000, key=KEY)[:, :, 0]
    shares = np.stack([(drawn == symbol).mean(axis=0) for symbol in range(3)], axis=1)
    np.testing.assert_allclose(shares, found.symbols, atol=0.02)
    with pytest.raises(InputError, match="quantiles of sample_future"):
        found.quantiles([0.5])


def test_a_drawn_series_has_the_shares_of_the_chain():
    states, values = draw_series(HiddenMarkov(*CHAIN, EMISSIONS["gaussian"]), 20_000, key=KEY)
    assert values.shape == (20_000, 2)
    np.testing.assert_allclose(np.bincount(states) / 20_000, [0.75, 0.25], atol=0.03)
    assert np.mean((states[:-1] == 0) & (states[1:] == 1)) / np.mean(states == 0) == pytest.approx(0.1, abs=0.01)
    np.testing.assert_allclose(values[states == 1].mean(axis=0), [4.0, -2.0], atol=0.05)
    np.testing.assert_allclose(np.cov(values[states == 0].T), S[0], atol=0.1)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda model: forecast_hidden_markov(model, Y, 0), "horizon"),
        (lambda model: forecast_hidden_markov(model, [Y, Y], 2), "one sequence is continued at a time; came 2"),
        (lambda model: forecast_hidden_markov(model, Y[:1], 2), "needs the last 2 steps"),
        (lambda model: sample_future(model, np.where(Y[-2] == Y, np.nan, Y), 2, 1, key=KEY), "all of them known"),
        (lambda model: sample_future(model, Y, 2, 0, key=KEY), "count"),
        (lambda model: forecast_hidden_markov(model, Y, 2).quantiles([0.5]), "quantiles of sample_future"),
        (lambda model: mixture_quantiles(np.ones((1, 1)), np.ones((1, 1)), np.ones((1, 1)), [1.0]), "level"),
        (lambda model: draw_series(model, 0, key=KEY), "steps"),
    ],
)
def test_wrong_requests(call, said):
    with pytest.raises(InputError, match=said):
        call(HiddenMarkov(*CHAIN, EMISSIONS["autoregressive"]))


def test_a_variance_far_below_the_level_is_not_lost():
    """Both states are one recurrence about 1e6 with deviations of 1e-3: its variances are known."""
    emission = AutoregressiveEmission(np.full((2, 1), 1e5), np.full((2, 1, 1, 1), 0.9), np.full((2, 1, 1), 1e-6))
    model = HiddenMarkov(np.array([0.5, 0.5]), np.array([[0.9, 0.1], [0.1, 0.9]]), emission)
    found = forecast_hidden_markov(model, np.full(3, 1e6), 3)
    np.testing.assert_allclose(found.variance[:, 0], 1e-6 * np.cumsum(0.81 ** np.arange(3)), rtol=1e-6)


def test_a_recurrence_that_grows_is_an_error():
    emission = AutoregressiveEmission(np.zeros((1, 1)), np.full((1, 1, 1, 1), 2.0), np.ones((1, 1, 1)))
    with pytest.raises(TrainingError, match="ran off to infinity at step"):
        forecast_hidden_markov(HiddenMarkov(np.ones(1), np.ones((1, 1)), emission), [1.0], 1200)
