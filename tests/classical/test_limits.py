"""The limit of a sequence: known sums; laws; what is no limit."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.classical._accelerations import aitken, brezinski_theta, wynn_epsilon
from unrolled.classical._limits import find_limit
from unrolled.classical._remainders import levin_u, richardson, richardson_unknown
from unrolled.classical._tails import power_tail
from unrolled.errors import InputError

N = np.arange(1, 13, dtype=np.float64)
ZETA_2 = np.cumsum(1 / N**2)
LN_2 = np.cumsum((-1) ** (N + 1) / N)
E_SUMS = np.cumsum(1 / np.cumprod(np.r_[1.0, N[:-1]]))

# Twelve values, the limit, and how near it must come (measured, with a factor of three to ten to spare).
KNOWN = {
    "zeta(2), logarithmic": (ZETA_2, math.pi**2 / 6, 1e-10),
    "zeta(3/2), logarithmic": (np.cumsum(N**-1.5), 2.612375348685488, 3e-9),
    "alternating harmonic": (LN_2, math.log(2), 1e-13),
    "Leibniz": (np.cumsum(4 * (-1) ** (N + 1) / (2 * N - 1)), math.pi, 1e-12),
    "1/k!": (E_SUMS, math.e, 1e-14),
    "geometric": (2 - 0.5**N, 2.0, 1e-15),
    "geometric, alternating": (1 + (-0.9) ** N, 1.0, 1e-15),
    "one exponential": (3 + 2 * 0.7**N, 3.0, 1e-14),
    "three exponentials": (1 + 0.8**N - 0.5 * 0.5**N + 0.3 * (-0.4) ** N, 1.0, 1e-14),
    "damped oscillation": (2 + 0.85**N * np.cos(0.9 * N), 2.0, 1e-13),
    "inverse square": (3 + 2 / N**2, 3.0, 3e-14),
    "inverse root": (3 + 2 / np.sqrt(N), 3.0, 3e-12),
    "power 1.3": (1 + N**-1.3, 1.0, 3e-14),
    "polygons": ((N + 2) * np.sin(math.pi / (N + 2)), math.pi, 3e-11),
    "(1 + 1/n)^n": ((1 + 1 / N) ** N, math.e, 1e-9),
    "Euler's constant": (np.cumsum(1 / N) - np.log(N), 0.5772156649015329, 3e-10),
    "Newton's iteration": (math.sqrt(2) + 10.0 ** -(2.0 ** np.arange(12)), math.sqrt(2), 1e-15),
}


@pytest.mark.parametrize("name", KNOWN)
def test_known_limits_from_twelve_values(name):
    values, limit, near = KNOWN[name]
    found = find_limit(values)
    assert abs(found.value - limit) <= near
    assert found.converges, found.reason
    assert abs(found.value - limit) <= 3 * found.half_width


def test_what_each_method_reaches_on_twelve_values():
    zeta, ln = math.pi**2 / 6, math.log(2)
    # Logarithmic convergence: the last value is off by 0.08.
    assert abs(ZETA_2[-1] - zeta) > 0.07
    assert abs(brezinski_theta(ZETA_2)[-1] - zeta) < 3e-9
    assert abs(levin_u(ZETA_2)[-1] - zeta) < 3e-10
    assert abs(richardson(ZETA_2, N)[-1] - zeta) < 1e-9
    assert abs(richardson_unknown(ZETA_2)[-1] - zeta) < 1e-9
    assert abs(power_tail(ZETA_2)[-1] - zeta) < 3e-4
    assert abs(wynn_epsilon(ZETA_2)[-1] - zeta) > 1e-2  # known to fail there
    # Alternating: the last value is off by 0.04.
    assert abs(aitken(LN_2)[-1] - ln) < 1e-10
    assert abs(wynn_epsilon(LN_2)[-1] - ln) < 3e-9
    assert abs(brezinski_theta(LN_2)[-1] - ln) < 1e-9
    assert abs(levin_u(LN_2)[-1] - ln) < 1e-13


signs = st.sampled_from([-1.0, 1.0])
families = st.sampled_from(sorted(KNOWN))
# High orders amplify the rounding of the moved values; logarithmic convergence asks for them.
LOGARITHMIC = ("zeta(2), logarithmic", "zeta(3/2), logarithmic", "polygons", "(1 + 1/n)^n", "Euler's constant")


@given(families, st.floats(0.1, 10.0), signs, st.floats(-2.0, 2.0))
def test_the_limit_moves_with_the_values(name, size, sign, shift):
    y = KNOWN[name][0]
    one, moved = find_limit(y), find_limit(sign * size * (y + shift))
    off = abs(moved.value - sign * size * (one.value + shift)) / (size * np.ptp(y))
    assert off <= (1e-8 if name in LOGARITHMIC else 1e-10)
    assert moved.converges == one.converges


@given(families, st.integers(-300, 300), signs)
def test_powers_of_two_and_signs_give_the_same_digits(name, exponent, sign):
    y, scale = KNOWN[name][0], sign * 2.0**exponent
    one, other = find_limit(y), find_limit(scale * y)
    assert other.value == scale * one.value
    assert other.half_width == abs(scale) * one.half_width
    assert other.reason == one.reason
    for a, b in zip(one.estimates, other.estimates, strict=True):
        assert (b.method, b.value, b.change) == (a.method, scale * a.value, abs(scale) * a.change)
        assert b.steps_back == tuple(scale * earlier for earlier in a.steps_back)


@given(st.lists(st.integers(-(2**30), 2**30), min_size=4, max_size=14), st.integers(-(2**20), 2**20))
def test_an_exact_shift_shifts_exactly(whole, shift):
    y = np.array(whole, dtype=np.float64) / 2**20
    one, other = find_limit(y), find_limit(y + shift)
    if one.estimates[0].method != "last value" and abs(one.value) < 2**12:
        assert other.value == pytest.approx(one.value + shift, abs=1e-8)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=4, max_size=30))
def test_any_finite_numbers_give_finite_answers(numbers):
    found = find_limit(numbers)
    assert math.isfinite(found.value)
    assert math.isfinite(found.half_width)
    assert found.half_width >= 0
    assert found.estimates
    for estimate in found.estimates:
        assert math.isfinite(estimate.value)
        assert math.isfinite(estimate.change)
        assert 1 <= len(estimate.steps_back) <= 5


def test_what_is_constant():
    found = find_limit([0.1] * 6)
    assert (found.value, found.half_width, found.converges) == (0.1, 0.0, True)
    assert found.estimates[0].change == 0.0


def test_what_has_arrived_at_rounding_is_its_last_value():
    y = 1 / 3 + 0.01 ** np.arange(14)
    found = find_limit(y)
    assert found.value == y[-1]
    assert found.converges
    assert "arrived" in found.reason
    wiggling = 1e6 + np.array([5.0, 1.0, 0.2, 0.0, 1e-10, 0.0, 1e-10])
    assert find_limit(wiggling).value == wiggling[-1]


def test_estimates_are_sorted_and_say_how_they_moved():
    found = find_limit(ZETA_2)
    by_name = {estimate.method: estimate for estimate in found.estimates}
    wynn = by_name["wynn epsilon"]
    assert wynn.value == pytest.approx(wynn_epsilon(ZETA_2)[-1], abs=1e-9)
    assert wynn.steps_back == pytest.approx(wynn_epsilon(ZETA_2)[-2:-7:-1], abs=1e-9)
    assert wynn.change == pytest.approx(abs(wynn.value - wynn.steps_back[0]))
    assert found.estimates[0].change < 1e-8 < found.estimates[-1].change
    # One step back is what would have been said without the last value.
    shorter = {estimate.method: estimate for estimate in find_limit(ZETA_2[:-1]).estimates}
    for name in ("aitken", "levin u", "power tail, last 6"):
        assert by_name[name].steps_back[0] == pytest.approx(shorter[name].value, abs=1e-8)


def test_only_the_values_given_are_used():
    y = np.r_[ZETA_2, 7.0]
    assert find_limit(y[:12]) == find_limit(ZETA_2)


def test_x_matters_to_powers():
    x = np.arange(6.0, 14.0, 0.5)
    y = 2 + 1 / x - 3 / x**2 + 5 / x**3
    found = find_limit(y, x)
    assert found.estimates[0].method == "richardson, power 1, order 4"
    assert abs(found.value - 2) < 1e-9
    assert abs(find_limit(y).value - 2) > 1e-9
    # From zero or below on, x is counted from one.
    assert find_limit(y, x - 6).value == find_limit(y).value


@pytest.mark.parametrize(
    ("values", "why"),
    [
        (1.2**N, "grow by a factor of 1.2 a step"),
        ((-2.0) ** N, "grow by a factor of 2 a step"),
        (N**2, "grow by a factor"),
        (N, "do not shrink enough"),
        ((-1.0) ** N, "alternate in sign and do not shrink enough, by a factor of 1 a step"),
        (np.cumsum(1 / N), "fall only as the power -1 of x"),
        (np.sqrt(N), "fall only as the power -0.5 of x"),
        (np.log(N + 3), "fall only as the power -1 of x"),
        (np.cos(0.7 * N), "no limit should be believed"),
        (np.cumsum((-0.2) ** N * np.cumprod(N)), "grow by a factor"),
    ],
)
def test_no_limit_where_there_is_none(values, why):
    found = find_limit(values)
    assert not found.converges
    assert why in found.reason
    assert math.isfinite(found.value)


def test_reasons_carry_numbers():
    assert "shrink by a factor of 0.43 a step" in find_limit(1 - 0.43**N).reason
    assert "alternate in sign and shrink by a factor of 0.6 a step" in find_limit((-0.6) ** N).reason
    assert "logarithmic: the distance to the limit falls as the power -1 of x" in find_limit(ZETA_2).reason


def test_a_drift_after_an_approach_is_no_limit():
    t = np.arange(24)
    assert not find_limit(0.5**t + 0.01 * t).converges


def test_noise_widens_the_answer():
    noise = np.random.default_rng(3).normal(size=12)
    widths = [find_limit(3 + 0.6**N + size * noise).half_width for size in (0.0, 1e-8, 1e-5, 1e-2)]
    assert widths == sorted(widths)
    found = find_limit(3 + 0.6**N + 1e-5 * noise)
    assert abs(found.value - 3) < 1e-3


def test_the_half_width_covers_nine_in_ten():
    random, covered = np.random.default_rng(11), []
    for _ in range(25):
        q, a = random.uniform(-0.9, 0.85, 3), random.uniform(0.3, 1, 3)
        p, b = random.uniform(0.5, 3), random.uniform(-1, 1, 2)
        count = random.integers(8, 14)
        n = np.arange(1.0, count + 1)
        for y in (1 + (a * q ** n[:, None]).sum(1), 1 + n**-p * (1 + b[0] / n + b[1] / n**2)):
            found = find_limit(y)
            covered.append(abs(found.value - 1) <= found.half_width)
    assert np.mean(covered) >= 0.85


@pytest.mark.parametrize("count", [24, 25, 40, 200])
def test_long_sequences_are_thinned(count):
    n = np.arange(1.0, count + 1)
    assert abs(find_limit(np.cumsum(1 / n**2)).value - math.pi**2 / 6) < 1e-10
    assert abs(find_limit(np.cumsum((-1) ** (n + 1) / n)).value - math.log(2)) < 1e-13


def test_four_values_are_enough_and_three_are_not():
    assert find_limit([1.0, 1.5, 1.75, 1.875]).value == 2.0
    with pytest.raises(InputError, match="at least 4 values; came 3"):
        find_limit([1.0, 1.5, 1.75])


@pytest.mark.parametrize(
    ("values", "x", "message"),
    [
        ([1, 2, math.nan, 4], None, "values must be finite; number 3 is nan"),
        ([1, 2, 3, math.inf], None, "values must be finite; number 4 is inf"),
        ([[1.0, 2.0], [3.0, 4.0]], None, "numbers on one axis"),
        (["a", "b", "c", "d"], None, "numbers on one axis"),
        ([1, [2, 3], 4, 5], None, "sequence of numbers"),
        ([1j, 2, 3, 4], None, "numbers on one axis"),
        (None, None, "numbers on one axis"),
        ([1, 2, 3, 4], [1, 2, 3], "one number for each of the 4 values; came 3"),
        ([1, 2, 3, 4], [1, 2, 4, 8], "even steps"),
        ([1, 2, 3, 4], [4, 3, 2, 1], "even steps"),
        ([1, 2, 3, 4], [1, 1, 1, 1], "even steps"),
        ([1, 2, 3, 4], [-1.7e308, 0, 1.7e308, 1.7e308], "even steps"),
        ([1, 2, 3, 4], [1, 2, math.nan, 4], "x must be finite"),
    ],
)
def test_what_cannot_be_used_is_refused(values, x, message):
    with pytest.raises(InputError, match=message):
        find_limit(values, x)


@pytest.mark.parametrize("scale", [5e-324, 1e-310, 1e-300, 1e300, 1.7e308])
def test_extreme_sizes(scale):
    found = find_limit(scale * np.array([-1.0, 0.0, 0.5, 0.75, 0.875]))
    assert math.isfinite(found.value)
    assert found.value == pytest.approx(scale, rel=1e-12, abs=3e-323)


def test_equal_neighbours_break_nothing():
    y = np.array([1.0, 1.0, 0.5, 0.5, 0.25, 0.25, 0.125])
    with np.errstate(all="raise"):
        assert np.isfinite(aitken(y)).all()
        assert np.isfinite(wynn_epsilon(y)).all()
        assert np.isfinite(brezinski_theta(y)).all()
        assert np.isnan(levin_u(y)).all()
        assert math.isfinite(find_limit(y).value)
