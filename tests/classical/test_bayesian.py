import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import multivariate_normal

from unrolled.classical import BayesianRecurrence, Recurrence, RecurrencePosterior, Standard, lagged, standardize

REFERENCES = Path(__file__).parent.parent / "references"
CASES = json.loads((REFERENCES / "sklearn.json").read_text())["ridges"]
PATHS = 20_000


@pytest.fixture(scope="module")
def arrays():
    return np.load(REFERENCES / "sklearn.npz")


def name_of(case):
    return f"{case['series']}-{case['window']}-{case['difference']}"


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_equals_scikit_learn(case, arrays):
    values = arrays[case["values"]]
    law = BayesianRecurrence(case["window"], case["difference"]).fit(values)
    np.testing.assert_allclose(law.coefficients[:-1], arrays[case["coefficients"]], rtol=0, atol=1e-6)
    assert law.coefficients[-1] == pytest.approx(case["intercept"], abs=1e-6)
    assert law.noise**-2 == pytest.approx(case["alpha"], rel=1e-6)
    np.testing.assert_allclose((law.root @ law.root.T)[:-1, :-1], arrays[case["covariance"]], rtol=0, atol=1e-6)
    # The prior's precision shows in the coefficients: (lambda/alpha + A'A) w = A'b.
    shown, targets = equations(values, case["window"], case["difference"])
    ratio = case["lambda"] / case["alpha"]
    matrix = shown.T @ shown + ratio * np.eye(case["window"])
    np.testing.assert_allclose(matrix @ law.coefficients[:-1], shown.T @ targets, rtol=0, atol=1e-6)


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_the_predictive_deviation_is_the_one_of_scikit_learn(case, arrays):
    values, window, difference = arrays[case["values"]], case["window"], case["difference"]
    law = BayesianRecurrence(window, difference).fit(values)
    z, _ = standardize(values)
    shown, targets = lagged(np.diff(z, n=difference), window)
    newest = np.diff(z, n=difference)[: -window - 1 : -1]
    apart = newest - shown.mean(axis=0)
    # Beside its own the uncertainty of the mean of the targets, which that package takes as known.
    wanted = apart @ arrays[case["covariance"]] @ apart + (1 + 1 / len(targets)) / case["alpha"]
    at = np.append(newest, 1.0)
    assert at @ law.root @ law.root.T @ at + law.noise**2 == pytest.approx(wanted, rel=1e-5)


def equations(values, window, difference=0):
    """Lags and targets, both centred."""
    shown, targets = lagged(np.diff(standardize(values)[0], n=difference), window)
    return shown - shown.mean(axis=0), targets - targets.mean()


SERIES = {
    "noise": np.random.default_rng(0).normal(size=20),
    "walk": np.random.default_rng(1).normal(size=30).cumsum(),
    "oscillation": np.cos(0.8 * np.arange(24)) + 0.1 * np.random.default_rng(2).normal(size=24),
    "falling": -np.arange(14) + np.random.default_rng(3).normal(size=14),
}


@pytest.mark.parametrize("name", SERIES)
@pytest.mark.parametrize("window", [1, 3])
def test_the_precisions_make_the_targets_likeliest(name, window):
    law = BayesianRecurrence(window).fit(SERIES[name])
    shown, targets = equations(SERIES[name], window)
    alpha, weights = law.noise**-2, law.coefficients[:-1]
    lam = np.linalg.lstsq(weights[:, None], alpha * (shown.T @ (targets - shown @ weights)), rcond=None)[0][0]

    def evidence(alpha, lam):
        return multivariate_normal(np.zeros(len(targets)), np.eye(len(targets)) / alpha + shown @ shown.T / lam).logpdf(
            targets
        )

    best = evidence(alpha, lam)
    if lam > 100 * alpha:  # the coefficients are best zero: the evidence rises with their precision without end
        assert best >= evidence(alpha, lam / 10) >= evidence(alpha, lam / 100)
        assert np.max(np.abs(weights)) < 0.1
        return
    for factor in (0.97, 1.03):
        assert evidence(factor * alpha, lam) < best
        assert evidence(alpha, factor * lam) < best


@pytest.mark.parametrize("name", SERIES)
def test_the_covariance_is_the_inverse_of_the_precision(name):
    law = BayesianRecurrence(2).fit(SERIES[name])
    shown, _ = lagged(standardize(SERIES[name])[0], 2)
    columns, middle = np.column_stack([shown, np.ones(len(shown))]), shown.mean(axis=0)
    alpha = law.noise**-2
    small = np.linalg.inv((law.root @ law.root.T)[:2, :2]) - alpha * (shown - middle).T @ (shown - middle)
    np.testing.assert_allclose(small, small[0, 0] * np.eye(2), atol=1e-6 * alpha * len(shown))  # lambda times one
    whole = alpha * columns.T @ columns + np.diag([small[0, 0], small[0, 0], 0.0])
    np.testing.assert_allclose(law.root @ law.root.T, np.linalg.inv(whole), rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("window", [1, 2, 3])
@pytest.mark.parametrize("known", [9, 20])
def test_exactly_determined_data(window, known):
    values = sum((0.9 - 0.6 * k) ** np.arange(known + 4.0) for k in range(window)) + 2
    law = BayesianRecurrence(window).fit(values[:known])
    np.testing.assert_allclose(law.extend(values[:known], 4), values[known:], rtol=1e-9)
    paths = law.sample(values[:known], 4, 100, np.random.default_rng(0))
    np.testing.assert_allclose(paths, np.tile(values[known:], (100, 1)), rtol=1e-7)
    assert law.noise < 1e-10


@pytest.mark.parametrize("window", [3, 6, 30])
def test_fewer_equations_than_lags(window):
    values = np.random.default_rng(window).normal(size=window + 3)
    law = BayesianRecurrence(window).fit(values)
    assert law.coefficients.shape == (window + 1,)
    assert np.isfinite(law.root).all()
    assert np.isfinite(law.sample(values, 4, 50, np.random.default_rng(0))).all()


def test_targets_without_spread():
    values = np.where(np.arange(9) == 4, 1.0, 0.0)
    law = BayesianRecurrence(5).fit(values)
    np.testing.assert_allclose(law.extend(values, 3), 0, atol=1e-10)
    np.testing.assert_allclose(law.sample(values, 3, 20, np.random.default_rng(0)), 0, atol=1e-10)


@pytest.mark.parametrize("name", SERIES)
@pytest.mark.parametrize(("window", "difference"), [(1, 0), (3, 0), (2, 1), (1, 2)])
def test_one_step_of_the_paths_has_the_closed_mean_and_deviation(name, window, difference):
    values = SERIES[name]
    law = BayesianRecurrence(window, difference).fit(values)
    paths = law.sample(values, 1, PATHS, np.random.default_rng(7))[:, 0]
    z, standard = standardize(values)
    at = np.append(np.diff(z, n=difference)[: -window - 1 : -1], 1.0)
    deviation = abs(standard.width) * np.sqrt(at @ law.root @ law.root.T @ at + law.noise**2)
    assert abs(paths.mean() - law.extend(values, 1)[0]) < 3 * deviation / np.sqrt(PATHS)
    assert abs(paths.std() / deviation - 1) < 3 / np.sqrt(2 * PATHS)


@pytest.mark.parametrize(("window", "difference"), [(1, 0), (3, 0), (2, 1), (2, 2)])
def test_paths_against_a_loop_on_differences(window, difference):
    values, steps, count = SERIES["oscillation"], 6, 40
    law = BayesianRecurrence(window, difference).fit(values)
    made = law.sample(values, steps, count, np.random.default_rng(5))
    generator = np.random.default_rng(5)
    drawn = generator.standard_normal((count, window + 1))
    noise = generator.standard_normal((count, steps))
    for path in range(count):
        coefficients = law.coefficients + law.root @ drawn[path]
        z = list(law.standard.scale(values))
        for step in range(steps):
            differences = np.diff(z, n=difference)
            new = coefficients[:-1] @ differences[: -window - 1 : -1] + coefficients[-1] + law.noise * noise[path, step]
            new += sum(np.diff(z, n=order)[-1] for order in range(difference))
            z.append(new)
        np.testing.assert_allclose(made[path], law.standard.unscale(np.array(z[-steps:])), rtol=1e-9, atol=1e-9)


def known_coefficients(weight, noise):
    """One lag with a weight that is known: the noise alone makes the paths differ."""
    standard = Standard(2.0, -3.0)
    mean = Recurrence(np.array([weight]), 0.0, standard)
    return RecurrencePosterior(mean, np.array([weight, 0.0]), np.zeros((2, 2)), noise, 0, standard)


@pytest.mark.parametrize("weight", [0.5, -0.9, 1.0])
def test_many_steps_of_one_lag_have_the_closed_mean_and_deviation(weight):
    law = known_coefficients(weight, 0.2)
    paths = law.sample(np.array([5.0]), 8, PATHS, np.random.default_rng(1))
    steps = np.arange(1, 9)
    mean = 2 + 3 * weight**steps
    deviation = 3 * 0.2 * np.sqrt(np.cumsum(weight ** (2 * (steps - 1))))
    np.testing.assert_array_less(np.abs(paths.mean(axis=0) - mean), 3 * deviation / np.sqrt(PATHS))
    np.testing.assert_array_less(np.abs(paths.std(axis=0) / deviation - 1), 3 / np.sqrt(2 * PATHS))


def test_many_steps_against_brute_force():
    """Coefficients and noise drawn anew by another way of drawing them, and every path run by hand."""
    values = SERIES["walk"]
    law = BayesianRecurrence(2).fit(values)
    made = law.sample(values, 5, PATHS, np.random.default_rng(2))
    generator = np.random.default_rng(3)
    drawn = generator.multivariate_normal(law.coefficients, law.root @ law.root.T, PATHS)
    before, last = (np.full(PATHS, z) for z in law.standard.scale(values)[-2:])
    for step in range(5):
        new = drawn[:, 0] * last + drawn[:, 1] * before + drawn[:, 2] + law.noise * generator.normal(size=PATHS)
        before, last = last, new
        wanted, deviation = law.standard.unscale(new), np.std(new) * abs(law.standard.width)
        assert abs(made[:, step].mean() - wanted.mean()) < 3 * deviation * np.sqrt(2 / PATHS)
        assert abs(made[:, step].std() / deviation - 1) < 3 / np.sqrt(PATHS) * 1.5


@given(st.integers(1, 5), st.integers(1, 20))
def test_the_first_steps_of_the_paths_are_the_mean_where_nothing_is_uncertain(weight_tenths, steps):
    law = known_coefficients(weight_tenths / 10, 0.0)
    history = np.array([4.0, 1.0])
    paths = law.sample(history, steps, 3, np.random.default_rng(0))
    np.testing.assert_allclose(paths, np.tile(law.extend(history, steps), (3, 1)), rtol=1e-12)


def test_the_same_generator_gives_the_same_paths():
    values = SERIES["noise"]
    law = BayesianRecurrence(3).fit(values)
    first, second = (law.sample(values, 5, 10, np.random.default_rng(4)) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_a_constant_series_has_no_uncertainty():
    law = BayesianRecurrence(2).fit(np.full(12, 0.1))
    assert law.noise == 0
    assert not law.root.any()
