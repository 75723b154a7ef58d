import numpy as np
import pytest
import scipy.linalg
from hypothesis import given
from hypothesis import strategies as st

from unrolled.classical import (
    Drift,
    LinearRecurrence,
    LowRankRecurrence,
    Polynomial,
    Recurrence,
    Standard,
    lagged,
    standardize,
    undifferenced,
)

PLAIN = Standard(0.0, 1.0)


def close(made, wanted, tolerance=1e-9):
    np.testing.assert_allclose(made, wanted, rtol=0, atol=tolerance * np.abs(wanted).max())


def continued(method, values, known):
    return method.fit(values[:known]).extend(values[:known], len(values) - known)


@pytest.mark.parametrize("points", range(1, 8))
def test_a_polynomial_goes_through_the_last_points(points):
    values = np.random.default_rng(points).normal(size=max(points, 2) + 3)
    t = np.arange(len(values) - points, len(values))
    through = np.polynomial.Polynomial.fit(t, values[-points:], points - 1)
    wanted = through(np.arange(len(values), len(values) + 3))
    close(Polynomial(points).fit(values).extend(values, 3), wanted)


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=5))
def test_a_polynomial_continues_polynomials(coefficients):
    values = np.polynomial.Polynomial(coefficients)(np.arange(14.0))
    made = continued(Polynomial(len(coefficients)), values, 10)
    np.testing.assert_allclose(made, values[10:], rtol=1e-8, atol=1e-8 * (1 + np.std(values)))


def test_one_point_is_persistence():
    values = np.array([3.0, 1.0, 4.0, 1.5])
    np.testing.assert_allclose(Polynomial(1).fit(values).extend(values, 3), 1.5, rtol=1e-15)


@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=12).map(np.array))
def test_drift_is_the_line_through_the_first_and_the_last(values):
    slope = (values[-1] - values[0]) / (len(values) - 1)
    wanted = values[-1] + slope * np.arange(1, 5)
    np.testing.assert_allclose(Drift().fit(values).extend(values, 4), wanted, rtol=0, atol=1e-10)


RATES = [(0.5,), (0.9, -0.6), (0.95, 0.3, -0.7), (1.1, 0.6, -0.9, 0.2)]


def exponentials(rates, points):
    return sum((k + 1.0) * rate ** np.arange(points, dtype=float) for k, rate in enumerate(rates))


@pytest.mark.parametrize("rates", RATES)
@pytest.mark.parametrize("difference", [0, 1, 2])
@pytest.mark.parametrize("spare", [0, 4])
def test_sums_of_exponentials_on_a_polynomial_are_continued_exactly(rates, difference, spare):
    method = LinearRecurrence(len(rates), difference)
    known = method.least + spare
    t = np.arange(known + 5)
    values = exponentials(rates, known + 5) + 7.0 - sum(0.1 * t**power for power in range(1, difference + 1))
    close(continued(method, values, known), values[known:], 1e-8)


def test_fibonacci():
    values = np.array([1.0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144])
    close(continued(LinearRecurrence(2), values, 5), values[5:], 1e-10)
    law = LinearRecurrence(2).fit(values[:8])
    np.testing.assert_allclose(law.weights, [1, 1], atol=1e-10)
    assert law.growth == pytest.approx((1 + 5**0.5) / 2)


@given(
    st.lists(st.floats(-0.9, 0.9), min_size=1, max_size=3, unique_by=lambda rate: round(rate * 4)),
    st.floats(-100, 100),
)
def test_any_exponentials_far_enough_apart(rates, constant):
    values = exponentials(rates, 22) + constant
    made = continued(LinearRecurrence(len(rates)), values, 18)
    np.testing.assert_allclose(made, values[18:], rtol=0, atol=1e-6 * np.std(values) + 1e-12 * abs(constant))


@pytest.mark.parametrize("ridge", [1e-8, 1e-2, 1.0, 1e6])
@pytest.mark.parametrize(("window", "difference", "points"), [(1, 0, 12), (3, 0, 12), (4, 1, 30), (5, 0, 7)])
def test_a_ridge_equals_the_normal_equations(ridge, window, difference, points):
    values = np.random.default_rng(points).normal(size=points)
    law = LinearRecurrence(window, difference, ridge).fit(values)
    z, _ = standardize(values)
    shown, targets = lagged(np.diff(z, n=difference), window)
    columns, middle = shown - shown.mean(axis=0), targets - targets.mean()  # the intercept is not held back
    weights = np.linalg.solve(columns.T @ columns + ridge * np.eye(window), columns.T @ middle)
    np.testing.assert_allclose(law.weights, undifferenced(weights, difference), atol=1e-6)
    assert law.intercept == pytest.approx(targets.mean() - shown.mean(axis=0) @ weights, abs=1e-6)


def test_least_squares_leave_a_residual_that_no_column_explains():
    values = np.random.default_rng(0).normal(size=40)
    law = LinearRecurrence(4).fit(values)
    z, _ = standardize(values)
    shown, targets = lagged(z, 4)
    residual = targets - shown @ law.weights - law.intercept
    np.testing.assert_allclose(shown.T @ residual, 0, atol=1e-12)
    assert residual.sum() == pytest.approx(0, abs=1e-12)


def test_more_lags_than_the_values_need_take_the_shortest_weights():
    values = 0.5 ** np.arange(14.0)
    close(continued(LinearRecurrence(4), values, 10), values[10:], 1e-9)


def damped(points, frequency=0.9, rate=0.95):
    t = np.arange(points, dtype=float)
    return rate**t * np.cos(frequency * t + 0.3)


@pytest.mark.parametrize("known", [8, 9, 20, 60])
def test_low_rank_continues_a_damped_cosine(known):
    values = damped(known + 6)
    close(continued(LowRankRecurrence(3), values, known), values[known:], 1e-8)  # two for it, one for the mean
    close(continued(LowRankRecurrence(2, 1), values + 5, known), values[known:] + 5, 1e-8)


def test_low_rank_keeps_small_components_of_clean_data():
    values = damped(36) + 1e-5 * 0.6 ** np.arange(36)
    missed = {rank: np.abs(continued(LowRankRecurrence(rank), values, 30) - values[30:]).max() for rank in (3, 4)}
    assert missed[4] < 1e-9
    assert missed[3] > 1e-8


def test_low_rank_takes_the_shortest_weights_of_that_rank():
    values = damped(40) + 0.05 * np.random.default_rng(1).normal(size=40)
    law = LowRankRecurrence(3).fit(values)
    z, _ = standardize(values)
    shown, targets = lagged(z, 20)
    U, s, V = scipy.linalg.svd(shown, full_matrices=False)
    truncated = (U[:, :3] * s[:3]) @ V[:3]
    np.testing.assert_allclose(law.weights, np.linalg.pinv(truncated, rcond=1e-8) @ targets, atol=1e-10)


def test_low_rank_is_steadier_than_a_short_recurrence_on_noise():
    truth, errors = damped(36, rate=0.99), {}
    for method in (LowRankRecurrence(3), LinearRecurrence(3)):
        missed = []
        for seed in range(20):
            values = truth[:30] + 0.05 * np.random.default_rng(seed).normal(size=30)
            missed.append(np.abs(method.fit(values).extend(values, 6) - truth[30:]).max())
        errors[type(method)] = np.median(missed)
    assert errors[LowRankRecurrence] < 0.8 * errors[LinearRecurrence]


def test_lagged_shows_the_newest_first():
    shown, targets = lagged(np.array([1.0, 2, 3, 4, 5]), 2)
    assert shown.tolist() == [[2, 1], [3, 2], [4, 3]]
    assert targets.tolist() == [3, 4, 5]


weights = st.lists(st.floats(-2, 2), min_size=1, max_size=5).map(np.array)


@given(weights, st.integers(0, 3))
def test_undifferenced_equals_differencing_and_summing(of_differences, difference):
    values = np.random.default_rng(len(of_differences)).normal(size=12)
    law = Recurrence(undifferenced(of_differences, difference), 0.3, PLAIN)
    series = list(values)
    for _ in range(4):
        steps = np.diff(series, n=difference)
        new = of_differences @ steps[::-1][: len(of_differences)] + 0.3
        for order in range(difference - 1, -1, -1):  # back up, one order after the other
            new += np.diff(series, n=order)[-1]
        series.append(new)
    np.testing.assert_allclose(law.extend(values, 4), series[12:], rtol=1e-8, atol=1e-8)


@given(weights, st.floats(-3, 3), st.floats(-5, 5), st.floats(0.1, 10))
def test_extend_and_one_step_against_a_loop(given_weights, intercept, centre, width):
    law = Recurrence(given_weights, intercept, Standard(centre, width))
    values = np.random.default_rng(3).normal(size=12)

    def following(before):
        z = [(value - centre) / width for value in before]
        total = intercept + sum(given_weights[k] * z[-1 - k] for k in range(len(given_weights)))
        return total * width + centre

    one_step = [following(values[:row]) for row in range(len(given_weights), 12)]
    np.testing.assert_allclose(law.one_step(values), one_step, rtol=1e-9, atol=1e-9)
    series = list(values)
    for _ in range(5):
        series.append(following(series))
    np.testing.assert_allclose(law.extend(values, 5), series[12:], rtol=1e-9, atol=1e-9)


def test_one_step_of_no_more_than_a_window_is_empty():
    assert Recurrence(np.ones(3), 0.0, PLAIN).one_step(np.ones(3)).shape == (0,)


def test_extend_from_a_history_that_was_not_fitted():
    law = LinearRecurrence(2).fit(np.array([1.0, 1, 2, 3, 5, 8, 13]))
    close(law.extend(np.array([2.0, 1, 3, 4]), 3), np.array([7.0, 11, 18]), 1e-9)  # Lucas


@given(st.lists(st.floats(-1.5, 1.5), min_size=1, max_size=4, unique_by=lambda root: round(root * 4)))
def test_growth_is_the_largest_root(roots):
    law = Recurrence(-np.poly(roots)[1:], 0.0, PLAIN)
    assert law.growth == pytest.approx(np.max(np.abs(roots)), abs=1e-6)


def test_growth_of_complex_roots_and_of_no_weight():
    assert Recurrence(np.array([2 * 0.9 * np.cos(0.4), -0.81]), 0.0, PLAIN).growth == pytest.approx(0.9)
    assert Recurrence(np.zeros(2), 1.0, PLAIN).growth == 0
    assert Polynomial(1).fit(np.array([1.0, 2.0])).growth == pytest.approx(1)


def test_a_recurrence_that_runs_off_says_so_in_its_values():
    made = Recurrence(np.array([10.0, 10.0]), 0.0, PLAIN).extend(np.ones(2), 1000)
    assert np.isposinf(made[-1])
    law = Recurrence(np.array([10.0, 10.0]), 0.0, PLAIN)
    assert law.one_step(np.array([1e308, 1e308, 1.0])).tolist() == [np.inf]
