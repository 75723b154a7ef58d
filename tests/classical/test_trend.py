import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.classical import Trend


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=5))
def test_a_polynomial_is_continued(coefficients):
    values = np.polynomial.Polynomial(coefficients)(np.arange(20.0))
    made = Trend(max(len(coefficients) - 1, 0)).fit(values[:14]).extend(values[:14], 6)
    np.testing.assert_allclose(made, values[14:], rtol=1e-9, atol=1e-9 * (1 + np.abs(values).max()))


@pytest.mark.parametrize("degree", range(5))
@pytest.mark.parametrize("points", [6, 20, 300])
def test_equals_another_least_squares_fit(degree, points):
    values = 5 + np.random.default_rng(points).normal(size=points)
    t = np.arange(points + 4.0)
    wanted = np.polynomial.Legendre.fit(t[:points], values, degree)(t[points:])
    np.testing.assert_allclose(Trend(degree).fit(values).extend(values, 4), wanted, rtol=1e-9)


def test_the_least_number_of_values_leaves_one_to_average():
    values = np.array([0.0, 1.0, 5.0])
    assert Trend(1).least == 3
    slope, middle = 2.5, 2.0
    np.testing.assert_allclose(Trend(1).fit(values).extend(values, 2), middle + slope * np.array([2, 3]))


def test_a_longer_history_counts_from_its_first_value():
    t = np.arange(12.0)
    law = Trend(2).fit(t[:9] ** 2)
    np.testing.assert_allclose(law.extend(t**2, 2), [144, 169])
