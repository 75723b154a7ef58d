import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import AAA

from unrolled.classical import Rational, RationalFunction, Standard, rational_path, standardize

t = np.arange(40.0)

FUNCTIONS = {
    "one pole": (lambda t: 1 / (t + 1), [-1]),
    "with a line": (lambda t: 2 - 0.1 * t + 3 / (t + 2.5), [-2.5]),
    "two poles": (lambda t: 1 / (t + 1.5) - 2 / (t + 6), [-1.5, -6]),
    "complex poles": (lambda t: (t - 3) / ((t - 9) ** 2 + 16), [9 + 4j, 9 - 4j]),
    "between the values": (lambda t: 1 / (t - 4.5), [4.5]),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("known", [9, 12, 20])
def test_rational_functions_are_continued(name, known):
    function, poles = FUNCTIONS[name]
    values = function(t)
    law = Rational(1e-11).fit(values[:known])
    np.testing.assert_allclose(law.extend(values[:known], 8), values[known : known + 8], rtol=1e-7)
    found = law.poles()
    for pole in poles:
        assert np.min(np.abs(found - pole)) < 1e-8 * (1 + abs(pole))


@given(st.floats(0.5, 5), st.floats(6, 12), st.floats(-3, 3))
def test_any_two_poles_behind_the_first_value(first, second, weight):
    values = 1 / (t[:20] + first) + weight / (t[:20] + second)
    made = Rational(1e-12).fit(values[:14]).extend(values[:14], 6)
    np.testing.assert_allclose(made, values[14:], rtol=0, atol=1e-6 * np.std(values))


SERIES = {
    "root": np.sqrt(t + 1),
    "logarithm": np.log(t + 2),
    "tangent": np.tan(0.11 * t),
    "damped": np.exp(-t / 9) * np.cos(0.5 * t),
    "noise": np.sin(0.3 * t) + 0.1 * np.random.default_rng(0).normal(size=40),
    "gamma": 1 / (1 + (t / 10 - 1) ** 2),
}


@pytest.mark.parametrize("name", SERIES)
@pytest.mark.parametrize("known", [12, 25, 40])
@pytest.mark.parametrize("tolerance", [1e-2, 1e-4, 1e-6, 1e-8])
def test_equals_scipy(name, known, tolerance):
    values = SERIES[name][:known]
    law = Rational(tolerance).fit(values)
    z, standard = standardize(values)
    most = (known + 1) // 2  # scipy may take one term more than there are other values
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "AAA failed to converge")
        peer = AAA(t[:known], z, rtol=tolerance, clean_up=False, max_terms=most)
    np.testing.assert_array_equal(law.support, peer.support_points)
    np.testing.assert_array_equal(law.values, peer.support_values)
    beyond = np.arange(known, known + 6.0)
    made, wanted = standard.scale(law.extend(values, 6)), peer(beyond)
    np.testing.assert_allclose(made, wanted, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("name", SERIES)
def test_the_tolerance_is_kept(name):
    values = SERIES[name]
    z, _ = standardize(values)
    for tolerance in (1e-1, 1e-3, 1e-5):
        law = Rational(tolerance).fit(values)
        if len(law.support) == 20:
            continue
        apart = t[:, None] - law.support
        others = np.all(apart != 0, axis=1)
        cauchy = 1 / apart[others]
        fitted = (cauchy @ (law.weights * law.values)) / (cauchy @ law.weights)
        assert np.abs(fitted - z[others]).max() <= tolerance * np.abs(z).max() * (1 + 1e-9)


@pytest.mark.parametrize("name", SERIES)
def test_one_run_serves_all_tolerances(name):
    tolerances = [1e-8, 1e-2, 1e-5, 1e-2]
    for law, tolerance in zip(rational_path(SERIES[name], tolerances), tolerances, strict=True):
        alone = Rational(tolerance).fit(SERIES[name])
        for attribute in ("support", "values", "weights"):
            np.testing.assert_array_equal(getattr(law, attribute), getattr(alone, attribute))


def test_no_tolerance_no_law():
    assert rational_path(SERIES["root"], []) == []


def test_a_tolerance_of_nothing_ends_where_terms_run_out():
    law = Rational(0.0).fit(SERIES["noise"])
    assert len(law.support) == 20
    assert len(Rational(0.0).fit(np.random.default_rng(1).normal(size=200)).support) == 30


def test_older_values_than_sixty_are_not_looked_at():
    values = np.random.default_rng(2).normal(size=100).cumsum()
    law, late = Rational(1e-3).fit(values), Rational(1e-3).fit(values[40:])
    np.testing.assert_array_equal(law.support, late.support + 40)
    np.testing.assert_allclose(law.extend(values, 4), late.extend(values[40:], 4), rtol=1e-12)


def test_on_a_pole_the_value_is_infinite():
    law = RationalFunction(np.array([0.0, 1.0]), np.array([1.0, 3.0]), np.array([1.0, -0.5]), Standard(0.0, 1.0))
    np.testing.assert_allclose(law.poles(), [2])  # 1/t = 0.5/(t - 1)
    assert np.isinf(law.extend(np.zeros(2), 1)[0])
    assert np.isfinite(law.extend(np.zeros(3), 4)).all()


def test_a_longer_history_counts_from_its_first_value():
    values = 1 / (t + 1)
    np.testing.assert_allclose(Rational(1e-10).fit(values[:10]).extend(values[:15], 3), values[15:18], rtol=1e-9)
