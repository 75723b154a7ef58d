import numpy as np
import pytest
import scipy.linalg
from hypothesis import given
from hypothesis import strategies as st

from unrolled.classical import Holonomic, HolonomicRecurrence, LinearRecurrence, Standard

PLAIN = Standard(0.0, 1.0)


def continued(shape, values, known):
    law = HolonomicRecurrence(*shape).fit(values[:known])
    return law.extend(values[:known], len(values) - known)


def products(a, b, points):
    """u_0 = 1, u_{t+1} / u_t = (t + a) / (t + b)."""
    t = np.arange(points - 1.0)
    return np.concatenate([[1.0], np.cumprod((t + a) / (t + b))])


@given(st.floats(0.2, 3), st.floats(0.2, 3), st.integers(7, 20))
def test_products_whose_ratios_are_rational_in_time(a, b, known):
    values = products(a, b, known + 5)
    made = continued((1, 1, 2), values, known)
    np.testing.assert_allclose(made, values[known:], rtol=0, atol=1e-7 * np.std(values))


def harmonic(points):
    return np.cumsum(1 / np.arange(1.0, points + 1))


def inverse_squares(points):
    return np.cumsum(1 / np.arange(1.0, points + 1) ** 2)


def catalan(points):
    """The sums of the coefficients of a square root, with a tail like t to the power -1/2."""
    return np.cumsum(products(0.5, 2.0, points))


@pytest.mark.parametrize("known", [11, 12, 20])
@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (harmonic, (1, 1, 1)),  # n (H_n - H_{n-1}) = 1
        (harmonic, (2, 1, 0)),
        (inverse_squares, (1, 2, 1)),
        (inverse_squares, (2, 2, 0)),
        (catalan, (2, 1, 0)),
    ],
)
def test_partial_sums_with_power_tails(make, shape, known):
    values = make(known + 8)
    made = continued(shape, values, known)
    np.testing.assert_allclose(made, values[known:], rtol=0, atol=1e-8 * np.std(values))


@pytest.mark.parametrize(("make", "shape"), [(harmonic, (1, 1, 1)), (inverse_squares, (1, 2, 1))])
def test_the_least_number_of_values(make, shape):
    least = HolonomicRecurrence(*shape).least
    values = make(least + 3)
    np.testing.assert_allclose(continued(shape, values, least), values[least:], rtol=1e-9)


@pytest.mark.parametrize("shape", [(1, 0, 0), (1, 1, 0), (1, 0, 2), (2, 1, 1), (2, 2, 2), (3, 1, 2), (1, 0, 3)])
def test_at_the_least_number_of_values_the_law_is_the_null_vector(shape):
    window, degree, alone = shape
    method = HolonomicRecurrence(*shape)
    values = np.random.default_rng(window).normal(size=method.least)
    law = method.fit(values)
    z, points = law.standard.scale(values), len(values)
    rows = []
    for t in range(window, points):
        s = (t - points + 1) / points
        rows.append(
            [z[t - k] * s**d for k in range(window + 1) for d in range(degree + 1)] + [s**d for d in range(alone)]
        )
    (wanted,) = scipy.linalg.null_space(np.array(rows), rcond=1e-14).T
    made = np.concatenate([law.coefficients.ravel(), law.inhomogeneous])
    assert made.shape == wanted.shape
    cosine = made @ wanted / np.linalg.norm(made) / np.linalg.norm(wanted)
    assert abs(cosine) == pytest.approx(1, abs=1e-10)


@pytest.mark.parametrize("window", [1, 2, 3])
def test_constant_coefficients_are_a_linear_recurrence(window):
    t = np.arange(20.0)
    values = sum((0.9 - 0.5 * k) ** t for k in range(window))
    made = continued((window, 0, 1), values, 14)
    np.testing.assert_allclose(made, values[14:], rtol=0, atol=1e-9)
    linear = LinearRecurrence(window).fit(values[:14])
    law = HolonomicRecurrence(window, 0, 1).fit(values[:14])
    np.testing.assert_allclose(-law.coefficients[1:, 0] / law.coefficients[0, 0], linear.weights, atol=1e-6)


def test_more_powers_alone_than_the_degree_has():
    t = np.arange(16.0)
    values = 0.8**t + 0.3 * t
    law = HolonomicRecurrence(1, 0, 2).fit(values[:10])
    assert law.inhomogeneous.shape == (2,)
    np.testing.assert_allclose(law.extend(values[:10], 6), values[10:], rtol=1e-10)


@pytest.mark.parametrize("points", [1, 8, 20])
def test_extend_against_the_formula(points):
    rng = np.random.default_rng(points)
    law = Holonomic(rng.normal(size=(3, 2)), rng.normal(size=3), points, Standard(0.7, -2.0))
    series = list(rng.normal(size=points + 3))
    made = law.extend(np.array(series), 4)
    for _ in range(4):
        s = (len(series) - points + 1) / points
        z = [(value - 0.7) / -2.0 for value in series]
        total = sum(law.inhomogeneous[d] * s**d for d in range(3))
        total += sum(law.coefficients[k, d] * s**d * z[-k] for k in (1, 2) for d in range(2))
        series.append(-total / sum(law.coefficients[0, d] * s**d for d in range(2)) * -2.0 + 0.7)
    np.testing.assert_allclose(made, series[-4:], rtol=1e-12)


def test_singularities_of_a_known_law():
    leading = np.array([6.0, -5.0, 1.0])  # (s - 2)(s - 3)
    law = Holonomic(np.stack([leading, np.ones(3)]), np.zeros(0), 10, PLAIN)
    np.testing.assert_allclose(law.singularities(), [2 * 10 + 9, 3 * 10 + 9])
    complex_roots = Holonomic(np.array([[1.0, 0.0, 1.0], [1.0, 1.0, 1.0]]), np.zeros(0), 10, PLAIN)
    assert complex_roots.singularities().shape == (0,)


@pytest.mark.parametrize("known", [8, 15])
def test_singularities_of_harmonic_numbers(known):
    law = HolonomicRecurrence(1, 1, 1).fit(harmonic(known))  # (t + 1)(H_t - H_{t-1}) = 1, t counted from 0
    np.testing.assert_allclose(law.singularities(), [-1], atol=1e-7)


def test_on_a_singular_point_the_values_say_so():
    coefficients = np.array([[-0.3, 1.0], [1.0, 0.0]])  # (s - 0.3) z_t + z_{t-1} = 0
    made = Holonomic(coefficients, np.zeros(0), 10, PLAIN).extend(np.ones(10), 6)
    assert np.isfinite(made[:2]).all()
    assert not np.isfinite(made[2:]).any()


def test_a_last_value_that_nothing_announced_has_no_law():
    values = np.where(np.arange(20) == 19, 1.0, 0.0)  # z_{t-1} is constant: true, and silent on z_t
    assert not np.isfinite(HolonomicRecurrence(2, 0, 1).fit(values).extend(values, 3)).all()


t = np.arange(24.0)


@pytest.mark.parametrize("shape", [(2, 0, 0), (2, 1, 0), (2, 1, 1), (2, 1, 2), (3, 1, 1), (2, 2, 1)])
@pytest.mark.parametrize(
    "values",
    [(-1.0) ** t, 0.5**t, 2.0 * t + 1, 0.7**t + 3, t % 2],
    ids=["alternating", "halved", "line", "decay", "parity"],
)
def test_of_many_laws_one_that_says_something(shape, values):
    np.testing.assert_allclose(continued(shape, values, 18), values[18:], rtol=0, atol=1e-6 * np.std(values))
