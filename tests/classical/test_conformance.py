"""What every method promises, whatever law it looks for."""

import tracemalloc
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unrolled.classical import (
    Analog,
    BayesianRecurrence,
    Drift,
    GaussianProcess,
    HolonomicRecurrence,
    KernelAnalog,
    LinearRecurrence,
    LowRankRecurrence,
    Polynomial,
    Rational,
    RecurrencePosterior,
    Trend,
)

SHAPES = [
    (1, 0, 0), (1, 0, 2), (1, 1, 0), (1, 1, 1), (1, 1, 2), (2, 1, 0), (2, 1, 1), (2, 1, 2), (3, 1, 1), (1, 2, 2),
    (2, 2, 1),
]  # fmt: skip
METHODS = [
    *(Polynomial(points) for points in range(1, 7)),
    Drift(),
    *(LinearRecurrence(window, difference) for window in range(1, 6) for difference in range(3)),
    *(LinearRecurrence(window, 0, ridge) for window in (2, 5) for ridge in (1e-6, 1e-2)),
    *(HolonomicRecurrence(*shape) for shape in SHAPES),
    *(Trend(degree) for degree in range(1, 5)),
    *(LowRankRecurrence(rank, difference) for rank in range(1, 5) for difference in range(2)),
    *(Rational(10.0**-digits) for digits in (4, 6, 8, 10, 12)),
    GaussianProcess(),
    *(BayesianRecurrence(window, difference) for window in range(1, 5) for difference in range(2)),
    Analog(3, 1, 6),
    Analog(2, 2, 40, 1e-2, increments=False),
    KernelAnalog(3, 2, 1.0, 1e-4, states=900),
    KernelAnalog(1, 1, 0.5, 1e-2, increments=False, states=900),
]
every_method = pytest.mark.parametrize("method", METHODS, ids=repr)


def walk(points, seed=0):
    return np.cumsum(np.random.default_rng([points, seed]).normal(size=points)) + 3.0


def oscillation(points=24):
    """Smooth, with enough noise for every method's equations to be well conditioned."""
    t = np.arange(points)
    noise = np.random.default_rng(points).normal(size=points)
    return np.exp(-t / 20) * np.cos(0.9 * t) + 0.02 * t + 0.02 * noise


@every_method
def test_takes_the_least_and_everything_above(method):
    for points in [*range(method.least, method.least + 10), 59, 60, 61, 130]:
        values = walk(points)
        made = method.fit(values).extend(values, 7)
        assert made.shape == (7,)
        assert made.dtype == np.float64
        assert not np.isnan(made).any()


@every_method
def test_a_power_of_two_and_a_sign_change_no_digit(method):
    values = walk(20)
    wanted = method.fit(values).extend(values, 5)
    for power in (-30, -13, -1, 1, 8, 30, -996, 996):
        for factor in (2.0**power, -(2.0**power)):
            with np.errstate(over="ignore"):
                scaled = factor * wanted
            np.testing.assert_array_equal(method.fit(factor * values).extend(factor * values, 5), scaled)


@every_method
def test_very_large_and_very_small_values(method):
    values = oscillation()
    wanted = method.fit(values).extend(values, 3)
    for scale in (1e300, 1e-300):
        made = method.fit(scale * values).extend(scale * values, 3) / scale
        np.testing.assert_allclose(made, wanted, rtol=0, atol=1e-6 * np.std(values))


@every_method
def test_values_near_the_largest_float_end_in_no_error(method):
    values = 1.6e308 * np.sin(np.arange(30.0))
    assert method.fit(values).extend(values, 3).shape == (3,)


@every_method
@settings(max_examples=6)
@given(size=st.floats(1e-3, 1e3), sign=st.sampled_from([-1, 1]), shift=st.floats(-10, 10))
def test_units_and_origin_do_not_matter(method, size, sign, shift):
    values = oscillation()
    factor, offset = sign * size, shift * size * np.std(values)
    wanted = factor * method.fit(values).extend(values, 3) + offset
    moved = factor * values + offset
    made = method.fit(moved).extend(moved, 3)
    np.testing.assert_allclose(made, wanted, rtol=0, atol=1e-6 * np.std(moved))


@every_method
def test_a_constant_series_goes_on_so(method):
    lengths = (method.least, method.least + 1, method.least + 2, 40, 100)
    for points, value in product(lengths, (0.0, 0.1, -1 / 3, 7.0, 1e300, -1e-300)):
        values = np.full(points, value)
        law = method.fit(values)
        np.testing.assert_array_equal(law.extend(values, 9), np.full(9, value))
        if isinstance(law, RecurrencePosterior):
            paths = law.sample(values, 9, 5, np.random.default_rng(0))
            np.testing.assert_array_equal(paths, np.full((5, 9), value))


@every_method
def test_the_first_steps_do_not_depend_on_how_many_follow(method):
    values = oscillation()
    law = method.fit(values)
    wanted = law.extend(values, 40)
    for steps in range(1, 40):
        np.testing.assert_array_equal(law.extend(values, steps), wanted[:steps])


@every_method
def test_the_same_values_give_the_same_law_wherever_they_lie(method):
    values = oscillation()
    wanted = method.fit(values).extend(values, 5)
    column = np.stack([values, -values], axis=1)[:, 0]  # every second number in memory
    np.testing.assert_array_equal(method.fit(column).extend(column, 5), wanted)
    method.fit(walk(33))
    np.testing.assert_array_equal(method.fit(values).extend(values, 5), wanted)


@every_method
def test_the_callers_array_stays_the_callers(method):
    values = oscillation()
    wanted = method.fit(values).extend(values, 5)
    kept = values.copy()
    kept.setflags(write=False)
    np.testing.assert_array_equal(method.fit(kept).extend(kept, 5), wanted)
    law = method.fit(values)
    history = values.copy()
    values[:] = 1e9  # the law keeps nothing of it
    np.testing.assert_array_equal(law.extend(history, 5), wanted)


@every_method
def test_a_value_that_is_no_number_is_handed_on(method):
    values = oscillation()
    values[3] = np.nan
    assert np.isnan(method.fit(values).extend(values, 3)).all()


@every_method
def test_running_off_to_infinity_warns_of_nothing(method):
    values = 2.0 ** np.arange(16) + oscillation(16)
    assert method.fit(values).extend(values, 3000).shape == (3000,)


@every_method
def test_memory_grows_as_the_series_does(method):
    values = walk(5000)
    tracemalloc.start()
    try:
        made = method.fit(values).extend(values, 100)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert made.shape == (100,)
    assert peak < 20e6  # the square of 5,000 values would be 200 MB


t = np.arange(20)
MANY_LAWS = {
    "line": 1.0 * t,
    "line to rounding": 0.1 * t + 0.3,
    "alternating": (-1.0) ** t,
    "period 3": t % 3.0,
    "halved": 0.5**t,
    "step": np.where(t < 10, 0.0, 1.0),
    "spike": np.where(t == 10, 1.0, 0.0),
    "drop": np.where(t == 0, 1.0, 0.0),
    "rounding": 0.1 + np.spacing(0.1) * (t % 2),
}


@every_method
def test_values_that_many_laws_follow(method):
    for name, values in MANY_LAWS.items():
        made = method.fit(values).extend(values, 5)
        assert not np.isnan(made).any(), name


@every_method
def test_the_history_may_be_longer_than_what_was_fitted(method):
    values = oscillation(30)
    law = method.fit(values[:24])
    assert law.extend(values, 2).shape == (2,)
