"""Accelerations, Richardson's elimination and tails: exact rational arithmetic and closed forms."""

import math
from fractions import Fraction
from itertools import accumulate

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.classical._accelerations import aitken, brezinski_theta, wynn_epsilon
from unrolled.classical._limits import find_limit
from unrolled.classical._remainders import estimated_power, levin_u, richardson, richardson_unknown
from unrolled.classical._tails import exponential_tail, power_tail

N = np.arange(1, 13, dtype=np.float64)
ZETA_2 = np.cumsum(1 / N**2)
LN_2 = np.cumsum((-1) ** (N + 1) / N)


def sums(terms):
    return list(accumulate(Fraction(term) for term in terms))


def floats(exact):
    return np.array([float(value) for value in exact])


def determinant(rows):
    rows, found = [list(row) for row in rows], Fraction(1)
    for k in range(len(rows)):
        pivot = next(i for i in range(k, len(rows)) if rows[i][k] != 0)
        if pivot != k:
            rows[k], rows[pivot], found = rows[pivot], rows[k], -found
        found *= rows[k][k]
        for i in range(k + 1, len(rows)):
            factor = rows[i][k] / rows[k][k]
            rows[i] = [a - factor * b for a, b in zip(rows[i], rows[k], strict=True)]
    return found


def shanks(y, k):
    """Shanks's ratio of determinants for the first 2 k + 1 values, which the epsilon algorithm equals."""
    differences = [[y[i + j + 1] - y[i + j] for j in range(k + 1)] for i in range(k)]
    return determinant([y[: k + 1], *differences]) / determinant([[Fraction(1)] * (k + 1), *differences])


def levin_sum(y):
    """Levin's u transform as Levin writes it, with binomial coefficients; beta = 1, the first difference y_1 - y_0."""
    k = len(y) - 2
    top = bottom = Fraction(0)
    for i in range(k + 1):
        weight = (-1) ** i * math.comb(k, i) * Fraction(i + 2) ** (k - 1) / ((i + 2) * (y[i + 1] - y[i]))
        top, bottom = top + weight * y[i + 1], bottom + weight
    return top / bottom


def solved_richardson(y, x, power):
    """S of the linear equations ``y = S + x^-p (c_0 + c_1 / x + ...)`` by Cramer's rule."""
    rows = [[Fraction(1), *(Fraction(1) / point ** (power + i) for i in range(len(y) - 1))] for point in x]
    return determinant([[value, *row[1:]] for value, row in zip(y, rows, strict=True)]) / determinant(rows)


SEQUENCES = {
    "zeta(2)": sums([Fraction(1, n * n) for n in range(1, 13)]),
    "alternating": sums([Fraction((-1) ** (n + 1), n) for n in range(1, 13)]),
    "1/k!": sums([Fraction(1, math.factorial(n)) for n in range(12)]),
}


@pytest.mark.parametrize("name", SEQUENCES)
def test_wynn_epsilon_is_the_ratio_of_determinants(name):
    exact = SEQUENCES[name]
    found = wynn_epsilon(floats(exact))
    for k in range(1, 5):
        assert found[2 * k - 2] == pytest.approx(float(shanks(exact, k)), abs=1e-10)


@pytest.mark.parametrize("name", SEQUENCES)
def test_levin_u_is_the_sum_with_binomial_coefficients(name):
    exact = SEQUENCES[name]
    found = levin_u(floats(exact))
    for count in range(3, 11):
        assert found[count - 3] == pytest.approx(float(levin_sum(exact[:count])), abs=1e-9)


@pytest.mark.parametrize("power", [1, 2])
def test_richardson_solves_the_linear_equations(power):
    exact = SEQUENCES["zeta(2)"]
    found = richardson(floats(exact), N, float(power))
    for count in range(3, 10):
        solution = solved_richardson(exact[:count], [Fraction(n) for n in range(1, count + 1)], power)
        assert found[count - 3] == pytest.approx(float(solution), abs=1e-9)


def test_the_first_steps_by_hand():
    # Partial sums of zeta(2): 1, 5/4, 49/36, 205/144; differences 1/4, 1/9, 1/16.
    y = ZETA_2[:4]
    assert aitken(y)[0] == pytest.approx(1 + (1 / 16) / (1 / 4 - 1 / 9), abs=1e-14)
    assert aitken(y)[1] == pytest.approx(5 / 4 + (1 / 81) / (1 / 9 - 1 / 16), abs=1e-14)
    # theta_1 = 4, 9, 16; so theta_2 = 5/4 + (1/9) (16 - 9) / (7 - 5).
    assert brezinski_theta(y)[0] == pytest.approx(5 / 4 + (1 / 9) * 7 / 2, abs=1e-14)


@pytest.mark.parametrize("power", [0.5, 1.0, 2.5])
def test_richardson_with_the_power_known_is_exact(power):
    x = np.array([2.0, 3.0, 5.0, 7.0, 8.0])
    y = 4 + x**-power * (3 - 2 / x + 1 / x**2)
    assert richardson(y, x, power)[1:] == pytest.approx(4.0, abs=1e-12)


def test_a_low_order_uses_the_last_values_alone():
    y = 4 + 1 / N + 2 / N**2
    broken = np.r_[99.0, y[1:]]
    assert richardson(broken, N, 1.0, 2)[-1] == pytest.approx(4.0, abs=1e-11)
    assert richardson(y, N, 1.0, 11) == pytest.approx(richardson(y, N, 1.0))
    changed = np.r_[99.0, LN_2[1:]]
    assert levin_u(changed, 1.0, 4)[-1] == levin_u(LN_2, 1.0, 4)[-1]
    assert levin_u(LN_2[-6:], 7.0)[-1] == pytest.approx(levin_u(LN_2, 1.0, 4)[-1], abs=1e-13)


@pytest.mark.parametrize("power", [0.5, 1.0, 1.7, 4.0])
def test_the_power_is_found(power):
    y = 4 + 3 * (N + 0.4) ** -power
    assert estimated_power(y) == pytest.approx(power, abs=1e-4)
    assert richardson_unknown(y)[-1] == pytest.approx(4.0, abs=1e-8)
    # Exponentials follow no power.
    assert np.isnan(richardson_unknown(0.5**N)).all()


@pytest.mark.parametrize("points", [3, 4, 8])
@pytest.mark.parametrize("ratio", [0.95, 0.3, -0.8])
def test_an_exponential_tail_is_exact(points, ratio):
    found = exponential_tail(3 + 2 * ratio**N, points)
    assert found.shape == (13 - points,)
    assert found == pytest.approx(3.0, abs=2e-12)


@pytest.mark.parametrize("points", [5, 6, 8])
@pytest.mark.parametrize(("power", "origin"), [(1.0, 0.0), (0.4, 0.0), (3.0, 1.0), (2.0, -0.5)])
def test_a_power_tail_is_exact(points, power, origin):
    assert power_tail(3 + 2 * (N + origin) ** -power, points) == pytest.approx(3.0, abs=1e-9)


def test_a_fitted_tail_averages_noise():
    noise = 1e-4 * np.random.default_rng(0).normal(size=(50, 12))
    spreads = [np.std([exponential_tail(2 + 0.5**N + one, points)[-1] for one in noise]) for points in (3, 8)]
    assert spreads[1] < 1e-4
    assert not spreads[1] > spreads[0]


sizes = st.floats(0.1, 3.0)
signs = st.sampled_from([-1.0, 1.0])


@given(st.floats(-0.9, 0.9).filter(lambda q: abs(q) > 0.05), sizes, signs, st.floats(-2.0, 2.0))
def test_aitken_is_exact_on_an_exponential(ratio, size, sign, limit):
    y = limit + sign * size * ratio ** np.arange(5)
    assert aitken(y)[0] == pytest.approx(limit, abs=1e-11)
    assert find_limit(y).value == pytest.approx(limit, abs=1e-11)


@given(
    st.lists(st.sampled_from([-0.8, -0.5, -0.2, 0.2, 0.5, 0.8]), min_size=1, max_size=3, unique=True),
    st.lists(sizes, min_size=3, max_size=3),
    st.floats(-2.0, 2.0),
)
def test_epsilon_is_exact_on_k_exponentials_from_2k_plus_1_values(ratios, amplitudes, limit):
    t, k = np.arange(2 * len(ratios) + 1), len(ratios)
    y = limit + sum(a * q**t for a, q in zip(amplitudes[:k], ratios, strict=True))
    assert wynn_epsilon(y)[-1] == pytest.approx(limit, abs=1e-9)
