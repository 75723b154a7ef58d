import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.classical import Standard, standardize

numbers = st.floats(-1e6, 1e6).filter(lambda value: value == 0 or abs(value) > 1e-6)
series = st.lists(numbers, min_size=2, max_size=30).map(np.array)


@given(series)
def test_mean_zero_deviation_one_and_rising(values):
    z, standard = standardize(values)
    assert abs(z.mean()) < 1e-9
    assert z.std() == pytest.approx(0 if np.all(values == values[0]) else 1)
    if values[0] != values[-1]:
        assert z[-1] > z[0]
    np.testing.assert_allclose(standard.unscale(z), values, rtol=0, atol=1e-9 * (1 + np.abs(values).max()))
    np.testing.assert_array_equal(standard.scale(values), z)


@given(series, st.integers(-30, 30), st.sampled_from([-1, 1]))
def test_a_power_of_two_and_a_sign_change_no_digit(values, power, sign):
    z, standard = standardize(values)
    scaled, other = standardize(sign * 2.0**power * values)
    np.testing.assert_array_equal(scaled, z)
    assert abs(other.width) == (2.0**power * abs(standard.width) if np.any(z) else 1.0)


@pytest.mark.parametrize("value", [0.0, 0.1, -1 / 3, 1e300, 5e-324, -1.7e308])
@pytest.mark.parametrize("points", [1, 2, 3, 6, 20, 1000])  # the mean of many equal values is off by rounding
def test_a_constant_series_is_told_from_rounding(value, points):
    z, standard = standardize(np.full(points, value))
    np.testing.assert_array_equal(z, 0)
    assert standard == Standard(value, 1.0)


@pytest.mark.parametrize("size", [5e-324, 1e-310, 1e-300, 1e300, 1.7e308])
@pytest.mark.parametrize("pattern", [[0, 0, 0, 1], [1, 1, 1, -1], [-1, 1], [0, 1, 0]])
def test_the_largest_and_the_smallest_floats(size, pattern):
    values = size * np.array(pattern, dtype=float)
    z, standard = standardize(values)
    assert np.all(np.isfinite(z))
    assert np.isfinite(standard.centre)
    assert standard.width != 0
    if size > 1e-309:
        np.testing.assert_allclose(np.abs(z), np.abs(standardize(np.array(pattern, dtype=float))[0]), atol=1e-9)


def test_values_that_return_to_the_first_take_the_sign_of_the_first_change():
    assert standardize(np.array([0.0, 1.0, 0.0]))[1].width > 0
    assert standardize(np.array([0.0, 0.0, -1.0, 0.0]))[1].width < 0


def test_a_value_that_is_no_number_is_handed_on():
    z, standard = standardize(np.array([1.0, np.nan, 2.0]))
    np.testing.assert_array_equal(z, 0)
    assert np.isnan(standard.unscale(z)).all()


def test_beyond_the_largest_float_is_infinite():
    assert Standard(0.0, 1e300).unscale(np.array([1e10, -1e10])).tolist() == [np.inf, -np.inf]
