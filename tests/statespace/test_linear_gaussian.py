"""Filter, smoother and likelihood against dense joint Gaussians, in every form; laws; what is refused."""

from dataclasses import replace

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linear_gaussian_cases import blocks, complete, conditioned, joint, observations, system
from unrolled.errors import InputError, TrainingError
from unrolled.statespace import (
    LinearGaussian,
    choose_units,
    filter_states,
    log_likelihood,
    predict_ahead,
    sample_linear_gaussian,
    smooth_states,
    subspace_system,
)

FORMS = ("covariance", "square-root", "associative")
every_form = pytest.mark.parametrize("form", FORMS)

CASES = {
    "full": (system(0), observations(0, 6, 2), None),
    "gaps": (system(1), observations(1, 6, 2, missing=0.4), None),
    "one feature": (system(2, units=2, features=1), observations(2, 6, 1, missing=0.3), None),
    "inputs": (system(3, inputs=2), observations(3, 6, 2, missing=0.2), observations(4, 6, 2)),
    "no noise of states": (replace(system(5), Q=np.zeros((3, 3))), observations(5, 6, 2), None),
    "first state known": (replace(system(6), P=np.zeros((3, 3))), observations(6, 6, 2, missing=0.3), None),
    "more features than units": (system(7, units=1, features=3), observations(7, 6, 3, missing=0.3), None),
}
every_case = pytest.mark.parametrize("case", CASES)


@every_form
@every_case
def test_it_is_what_the_joint_gaussian_says(case, form):
    model, y, x = CASES[case]
    filtered, smoothed = (run(model, y, x, form=form) for run in (filter_states, smooth_states))
    for t in range(len(y)):
        mean, P, _ = conditioned(model, y, x, until=t + 1)
        means, covariances, _ = blocks(mean, P, len(y))
        np.testing.assert_allclose(filtered.mean[t], means[t], atol=1e-8)
        np.testing.assert_allclose(filtered.covariance[t], covariances[t], atol=1e-8)
        if t + 1 < len(y):
            np.testing.assert_allclose(filtered.predicted_mean[t + 1], means[t + 1], atol=1e-8)
            np.testing.assert_allclose(filtered.predicted_covariance[t + 1], covariances[t + 1], atol=1e-8)
    mean, P, density = conditioned(model, y, x)
    for found, wanted in zip(smoothed[:3], blocks(mean, P, len(y)), strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-8)
    assert filtered.log_likelihood == pytest.approx(density, abs=1e-8)
    assert smoothed.log_likelihood == pytest.approx(density, abs=1e-8)
    assert log_likelihood(model, y, x) == pytest.approx(density, abs=1e-8)


@every_form
@pytest.mark.parametrize("Q", [[10.0, 1e-4], [1.0, 0.0]], ids=["noisy", "one unit without noise"])
def test_units_of_measurement_change_nothing(form, Q):
    """One unit in pascals, the other a small fraction, and the one with the large numbers settles first."""
    plain = LinearGaussian(np.diag([0.5, 1.0]), np.eye(2), np.diag(Q), np.eye(2), np.zeros(2), np.eye(2))
    size = np.array([1e5, 1e-3])
    scaled = replace(plain, Q=plain.Q * size[:, None] * size, R=np.diag(size**2), P=np.diag(size**2))
    y = sample_linear_gaussian(plain, 40, key=jax.random.key(0)).observations
    mean, P, density = conditioned(plain, y)
    means, covariances, _ = blocks(mean, P, len(y))
    found = smooth_states(scaled, y * size, form=form)
    np.testing.assert_allclose(found.mean / size, means, atol=1e-8)
    np.testing.assert_allclose(found.covariance / (size[:, None] * size), covariances, atol=1e-8)
    assert found.log_likelihood == pytest.approx(density - len(y) * np.log(size).sum(), rel=1e-10)


@every_form
def test_a_singular_covariance_is_singular_in_any_unit(form):
    """A unit that is known for ever, beside one of large and one of small numbers."""
    noise = np.diag([1.0, 0.0, 1.0])
    V = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]])
    plain = LinearGaussian(np.diag([1.0, 1.0, 0.9]), V, noise, np.eye(2), np.zeros(3), noise)
    size, seen = np.array([1e5, 1.0, 1e-3]), np.array([1e5, 1e-3])
    scaled = replace(plain, Q=noise * size**2, R=np.diag(seen**2), P=noise * size**2)
    y = sample_linear_gaussian(plain, 40, key=jax.random.key(1)).observations
    means = blocks(*conditioned(plain, y)[:2], len(y))[0]
    np.testing.assert_allclose(
        (smooth_states(scaled, y * seen, form=form).mean / size)[:, [0, 2]], means[:, [0, 2]], atol=1e-8
    )


@pytest.mark.parametrize("form", FORMS)
def test_forms_agree_on_a_longer_series_with_gaps(form):
    """Gains settle between the gaps, and the square roots of nearly singular covariances are right."""
    model = replace(system(8, units=4), Q=np.diag([1.0, 1e-3, 1e-6, 0.0]))
    y = observations(8, 300, 2)
    y[100:110] = np.nan
    y[200, 0] = np.nan
    wanted, found = smooth_states(model, y, form="square-root"), smooth_states(model, y, form=form)
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-7)


def test_settled_gains_change_nothing():
    """A tiny gap at the end of a copy keeps no gain from settling; the beginning is the same to rounding."""
    model, y = system(9), observations(9, 400, 2)
    held = np.full((400, 2), np.nan)
    held[::2] = y[::2]  # every second step is missing: nothing is ever settled
    both = filter_states(model, held, form="associative").log_likelihoods, filter_states(model, held).log_likelihoods
    np.testing.assert_allclose(*both, atol=1e-9)
    np.testing.assert_allclose(
        filter_states(model, y).log_likelihoods, filter_states(model, y, form="associative").log_likelihoods, atol=1e-9
    )


@pytest.mark.parametrize("form", ["covariance", "square-root"])
def test_a_hundred_thousand_steps_stay_positive(form):
    """A nearly singular, slowly forgetting system, with gaps."""
    turn = np.array([[np.cos(0.01), -np.sin(0.01)], [np.sin(0.01), np.cos(0.01)]])
    model = replace(
        system(10, units=4), W=np.kron(np.diag([1.0, 0.9999]), turn), Q=np.diag([1e-8, 0.0, 1e-6, 1e-10]),
        R=np.array([[1.0, 0.999], [0.999, 1.0]]), b=None,
    )  # fmt: skip
    y = observations(10, 100_000, 2)
    y[50_000:50_100] = np.nan
    y[::977, 0] = np.nan
    filtered, smoothed = filter_states(model, y, form=form), smooth_states(model, y, form=form)
    for covariance in (filtered.covariance, filtered.predicted_covariance, smoothed.covariance):
        lowest = np.linalg.eigvalsh(covariance[::7])[:, 0]
        assert lowest.min() >= -1e-15 * np.max(np.abs(covariance))
        assert np.array_equal(covariance, np.swapaxes(covariance, 1, 2))
    assert np.isfinite(filtered.log_likelihood)
    assert np.isfinite(smoothed.mean).all()


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000), share=st.sampled_from([0.0, 0.3, 0.8]))
def test_laws(seed, share):
    """Smoothing ends where filtering ends; it knows no less; a change of the hidden basis changes no likelihood."""
    model, y = system(seed), observations(seed, 25, 2, missing=share)
    y[0, 0] = 0.3
    filtered, smoothed = filter_states(model, y), smooth_states(model, y)
    np.testing.assert_allclose(smoothed.mean[-1], filtered.mean[-1], atol=1e-12)
    np.testing.assert_allclose(smoothed.covariance[-1], filtered.covariance[-1], atol=1e-12)
    assert np.linalg.eigvalsh(filtered.covariance - smoothed.covariance).min() > -1e-9
    assert np.linalg.eigvalsh(filtered.predicted_covariance - filtered.covariance).min() > -1e-9
    T = np.random.default_rng(seed).normal(size=(3, 3)) + 3 * np.eye(3)
    inverse = np.linalg.inv(T)
    other = replace(
        model, W=T @ model.W @ inverse, V=model.V @ inverse, Q=_even(T @ model.Q @ T.T), m=T @ model.m,
        P=_even(T @ model.P @ T.T), b=T @ model.b,
    )  # fmt: skip
    assert log_likelihood(other, y) == pytest.approx(filtered.log_likelihood, rel=1e-8, abs=1e-8)


def _even(matrix):
    return 0.5 * (matrix + matrix.T)


def test_one_step_and_no_values_between():
    model = system(0)
    one = smooth_states(model, observations(0, 1, 2))
    assert one.cross.shape == (0, 3, 3)
    masked = np.ma.masked_greater(observations(1, 20, 2), 0.5)
    np.testing.assert_array_equal(
        filter_states(model, masked).mean, filter_states(model, np.where(masked.mask, np.nan, masked.data)).mean
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"R": -np.eye(2)}, "R must be a covariance: no variance is negative; entry 0 of its diagonal is -1"),
        ({"Q": np.array([[1.0, 2.0, 0.0], [2.0, 1.0, 0.0], [0.0, 0.0, 1.0]])}, "Q must be a covariance"),
        ({"Q": np.diag([1e10, -0.5, 1.0])}, "entry 1 of its diagonal is -0.5"),
        ({"Q": np.array([[1e10, 0.0, 0.0], [0.0, 1.0, 2.0], [0.0, 2.0, 1.0]])}, "its lowest is -1"),
        ({"P": np.triu(np.ones((3, 3)))}, "P must be symmetric"),
        ({"W": np.eye(2)}, r"V must have shape \(feature, unit\) = \(2, 2\); came \(2, 3\)"),
        ({"W": np.ones((3, 2))}, r"W must have shape \(unit, unit\)"),
        ({"m": np.array([0.0, np.nan, 0.0])}, "m holds nan"),
        ({"b": np.zeros(2)}, r"b must have shape"),
        ({"V": np.zeros((0, 3))}, "needs a hidden unit and a feature"),
        ({"R": np.zeros((2, 2)), "V": np.zeros((2, 3))}, "singular or infinite at step 1"),
        ({"W": 1e300 * np.eye(3)}, "singular or infinite at step"),
    ],
)
def test_systems_that_cannot_be(change, said):
    with pytest.raises(InputError, match=said):
        filter_states(replace(system(0), **change), observations(0, 5, 2))


@pytest.mark.parametrize(
    ("y", "x", "said"),
    [
        (np.full((5, 2), np.nan), None, "every value of y is missing"),
        (np.zeros((5, 3)), None, "y must have 2 features, as V has rows; came 3"),
        (np.zeros(5), None, "y must have 2 features"),
        (np.full((5, 2), np.inf), None, "infinite"),
        ([["a", "b"]], None, "y must be an array of numbers"),
        (np.zeros((5, 2)), np.zeros((5, 1)), "takes no inputs"),
    ],
)
def test_observations_that_do_not_fit(y, x, said):
    with pytest.raises(InputError, match=said):
        filter_states(system(0), y, x)


@pytest.mark.parametrize(
    ("x", "said"),
    [
        (None, "takes 1 inputs"),
        (np.zeros((4, 1)), "inputs must have shape"),
        (np.full((5, 1), np.nan), "not finite"),
    ],
)
def test_inputs_that_do_not_fit(x, said):
    with pytest.raises(InputError, match=said):
        filter_states(system(0, inputs=1), np.zeros((5, 2)), x)


def test_an_unknown_form():
    with pytest.raises(InputError, match=r"unknown form 'cholesky'.*Known: covariance, square-root, associative"):
        filter_states(system(0), np.zeros((5, 2)), form="cholesky")


def test_a_forecast_is_what_the_joint_gaussian_says():
    model, y, x = system(11, inputs=1), observations(11, 7, 2), observations(12, 7, 1)
    y[2, 0] = np.nan
    y[4:] = np.nan
    ahead = predict_ahead(model, filter_states(model, y[:4], x[:4]), 3, x[4:])
    mean, P = complete(model, y, x)
    rows = [slice(7 * 3 + t * 2, 7 * 3 + t * 2 + 2) for t in range(4, 7)]
    np.testing.assert_allclose(ahead.mean, [mean[r] for r in rows], atol=1e-9)
    np.testing.assert_allclose(ahead.covariance, [P[r, r] for r in rows], atol=1e-9)
    with pytest.raises(InputError, match="have 3 units; the model 2"):
        predict_ahead(system(0, units=2), filter_states(model, y[:4], x[:4]), 3)
    with pytest.raises(InputError, match="horizon"):
        predict_ahead(model, filter_states(model, y[:4], x[:4]), 0, x[:0])


def test_samples_have_the_moments_of_the_system():
    model = system(12)
    drawn = np.array([sample_linear_gaussian(model, 4, key=jax.random.key(i)).observations for i in range(3000)])
    _, P, H, mean, R = joint(model, 4)
    wanted, flat = H @ P @ H.T + R, drawn.reshape(3000, -1)
    error = np.sqrt(np.diag(wanted) / 3000)
    assert np.max(np.abs(flat.mean(axis=0) - mean) / error) < 4
    scale = np.sqrt(np.outer(np.diag(wanted), np.diag(wanted)))
    assert np.max(np.abs(np.cov(flat.T) - wanted) / scale) < 0.1
    one = sample_linear_gaussian(model, 4, key=jax.random.key(5))
    np.testing.assert_array_equal(one.states, sample_linear_gaussian(model, 4, key=jax.random.key(5)).states)
    with pytest.raises(InputError, match="key"):
        sample_linear_gaussian(model, 4, key=3)


def test_what_runs_off_is_an_error():
    growing = replace(system(0, units=2), W=np.array([[2.0, 1.0], [0.0, -2.0]]))
    with pytest.raises(TrainingError, match="ran off to infinity at step"):
        predict_ahead(growing, filter_states(growing, np.ones((3, 2))), 1200)
    with pytest.raises(TrainingError, match="ran off to infinity at step"):
        sample_linear_gaussian(growing, 1200, key=jax.random.key(0))


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: filter_states(system(0), [[1.0, 2.0], [3.0]]), "came rows of several lengths"),
        (
            lambda: filter_states(system(0, inputs=1), np.ones((2, 2)), np.ma.array([1.0, 9.0], mask=[0, 1])),
            "not finite",
        ),
        (lambda: choose_units(np.ones(9)), r"shape \(time, feature\)"),
        (lambda: choose_units(np.ones((9, 1)), ()), "candidates is empty"),
        (lambda: choose_units(np.r_[np.sin(np.arange(20.0)), np.full(20, np.nan)][:, None], (1,)), "could be judged"),
        (lambda: choose_units(np.full((9, 1), 1e200)), "near 1e[+]200"),
        (lambda: subspace_system(np.full((9, 1), np.nan), 1), "no value is known"),
        (lambda: subspace_system(np.full((9, 1), np.inf), 1), "infinite"),
    ],
)
def test_observations_that_cannot_be(call, said):
    with pytest.raises(InputError, match=said):
        call()


def test_masked_whole_numbers_are_missing():
    walk = LinearGaussian(*(np.eye(1),) * 4, np.zeros(1), np.eye(1))
    found = filter_states(walk, np.ma.array([1, 7], mask=[False, True])).mean
    assert found.tolist() == filter_states(walk, [1.0, np.nan]).mean.tolist()
