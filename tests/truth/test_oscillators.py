"""Levels in growing bases, against the same matrices in many digits and against the levels that they converge to."""

from decimal import Decimal, localcontext
from fractions import Fraction
from math import comb, factorial

import numpy as np
import pytest

from unrolled.truth import family
from unrolled.truth._anharmonic import anharmonic_hamiltonian, anharmonic_series
from unrolled.truth._hydrogen import hydrogen_hamiltonian, hydrogen_series
from unrolled.truth._lowest import eigenvalue
from unrolled.truth._morse import morse_hamiltonian, morse_series

# The sums for hydrogen lose twenty.
DIGITS = 55
PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494")


def exact(number):
    return Decimal(number.numerator) / Decimal(number.denominator)


def root(number):
    return exact(Fraction(number)).sqrt()


def solve(matrix, right):
    """Gaussian elimination with row exchange."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    size = len(rows)
    for k in range(size):
        best = max(range(k, size), key=lambda i: abs(rows[i][k]))
        rows[k], rows[best] = rows[best], rows[k]
        for i in range(k + 1, size):
            ratio = rows[i][k] / rows[k][k]
            if ratio:
                rows[i] = [a - ratio * b for a, b in zip(rows[i], rows[k], strict=True)]
    unknown = [Decimal(0)] * size
    for k in reversed(range(size)):
        unknown[k] = (rows[k][size] - sum(rows[k][j] * unknown[j] for j in range(k + 1, size))) / rows[k][k]
    return unknown


def precise_eigenvalue(matrix, index):
    """Rayleigh's iteration in decimals, from numpy's eigenvector; each step triples the digits."""
    if len(matrix) == 1:
        return matrix[0][0]
    c = [Decimal(float(x)) for x in np.linalg.eigh(np.array(matrix, dtype=float))[1][:, index]]
    for last in (False, True):
        product = [sum(a * b for a, b in zip(row, c, strict=True)) for row in matrix]
        energy = sum(a * b for a, b in zip(c, product, strict=True)) / sum(a * a for a in c)
        if not last:
            shifted = [[a - (energy if i == j else 0) for j, a in enumerate(row)] for i, row in enumerate(matrix)]
            c = solve(shifted, c)
            size = sum(a * a for a in c).sqrt()
            c = [a / size for a in c]
    return energy


def anharmonic_in_decimals(size, strength, frequency, odd):
    strength, frequency = Fraction(strength), Fraction(frequency)

    def element(m, n):
        x2 = {0: 2 * n + 1, 2: root((n + 1) * (n + 2))}.get(m - n, 0)
        x4 = {
            0: 3 * (2 * n * n + 2 * n + 1),
            2: (4 * n + 6) * root((n + 1) * (n + 2)),
            4: root((n + 1) * (n + 2) * (n + 3) * (n + 4)),
        }.get(m - n, 0)
        own = exact(frequency * Fraction(2 * n + 1, 2)) if m == n else Decimal(0)
        return own + exact((1 - frequency**2) / (4 * frequency)) * x2 + exact(strength / (4 * frequency**2)) * x4

    return [[element(*sorted((2 * i + odd, 2 * j + odd), reverse=True)) for j in range(size)] for i in range(size)]


def hydrogen_in_decimals(size, wave, frequency):
    """1/r from the powers of both polynomials: sums of either sign, which float64 could not add."""
    frequency = Fraction(frequency)
    half = Fraction(1, 2)

    def rising(start, count):
        product = Fraction(1)
        for k in range(count):
            product *= start + k
        return product

    def coefficients(n):
        choose = [rising(wave + half + i + 1, n - i) / factorial(n - i) for i in range(n + 1)]
        return [exact((-1) ** i * choose[i] / factorial(i)) for i in range(n + 1)]

    polynomials = [coefficients(n) for n in range(size)]
    gamma = [Decimal(factorial(k + wave)) for k in range(2 * size)]

    def norm(n):  # of the square, without the root of pi
        return factorial(n) / rising(half, n + wave + 1)

    def element(m, n):
        overlap = sum(
            a * sum(b * gamma[i + j] for j, b in enumerate(polynomials[n])) for i, a in enumerate(polynomials[m])
        )
        inverse = root(norm(m) * norm(n)) * overlap * exact(frequency).sqrt() / PI.sqrt()
        kinetic = 2 * n + wave + Fraction(3, 2) if m == n else 0
        side = root(m * (m + wave + half)) if m == n + 1 else 0
        return exact(frequency / 2) * (exact(Fraction(kinetic)) + side) - inverse

    return [[element(*sorted((i, j), reverse=True)) for j in range(size)] for i in range(size)]


def morse_in_decimals(size, depth, frequency):
    def falling(m, n, beta):
        powers = sum(Decimal(comb(m, n - k)) * beta ** (2 * k) / factorial(k) for k in range(n + 1))
        return (
            (-1) ** (m + n)
            * (beta * beta / 2).exp()
            * root(Fraction(factorial(n), factorial(m)))
            * beta ** (m - n)
            * powers
        )

    frequency = Decimal(frequency)
    one = 1 / (2 * frequency).sqrt()

    def element(m, n):
        kinetic = 2 * n + 1 if m == n else -root((n + 1) * (n + 2)) if m == n + 2 else 0
        well = (1 if m == n else 0) - 2 * falling(m, n, one) + falling(m, n, 2 * one)
        return frequency / 4 * kinetic + Decimal(depth) * well

    return [[element(*sorted((i, j), reverse=True)) for j in range(size)] for i in range(size)]


def largest_error(series, index, matrix):
    """In units of the spread of the known values."""
    values, spread = series.values[:, 0], float(np.std(series.values[:12]))
    errors = []
    for row in (0, 5, 11, 14, 18, 23):
        size = int(series.x[row])
        energy = precise_eigenvalue([line[:size] for line in matrix[:size]], index)
        errors.append(abs(float(energy - Decimal(float(values[row])))) / spread)
    return max(errors)


def chosen(name, every=1):
    return [dict(member) for member in family(name).parameters[::every]]


@pytest.mark.parametrize("member", chosen("anharmonic-oscillator", 3), ids=str)
def test_anharmonic_levels_in_many_digits(member):
    series, (index, odd) = anharmonic_series(**member), divmod(member["level"], 2)
    with localcontext(prec=DIGITS):
        matrix = anharmonic_in_decimals(int(series.x[-1]), member["strength"], member["frequency"], odd)
        assert largest_error(series, index, matrix) < 1e-12


@pytest.mark.parametrize("member", chosen("hydrogen-oscillator", 3), ids=str)
def test_hydrogen_levels_in_many_digits(member):
    series = hydrogen_series(**member)
    with localcontext(prec=DIGITS):
        matrix = hydrogen_in_decimals(int(series.x[-1]), member["wave"], member["frequency"])
        assert largest_error(series, member["level"], matrix) < 1e-12


@pytest.mark.parametrize("member", chosen("morse-oscillator", 3), ids=str)
def test_morse_levels_in_many_digits(member):
    series = morse_series(**member)
    frequency = member["frequency"] * float(np.sqrt(2 * member["depth"]))
    with localcontext(prec=DIGITS):
        matrix = morse_in_decimals(int(series.x[-1]), member["depth"], frequency)
        assert largest_error(series, member["level"], matrix) < 1e-12


def test_the_quartic_oscillator_at_strength_one():
    """Published: Bender and Wu, in their units half the strength."""
    assert anharmonic_series(1.0, 2.0, 0).values[-1, 0] == pytest.approx(0.8037706512342738, abs=1e-12)
    assert anharmonic_series(1.0, 2.0, 1).values[-1, 0] == pytest.approx(2.7378922700, abs=1e-8)


def test_energies_fall_towards_the_exact_levels():
    for name, level in (
        ("hydrogen-oscillator", lambda member: -0.5 / (member["level"] + member["wave"] + 1) ** 2),
        ("morse-oscillator", lambda member: morse_level(member["depth"], member["level"])),
    ):
        for member in chosen(name):
            values = family(name).make(**member).values[:, 0]
            assert np.all(np.diff(values) <= 1e-14), member
            assert values[-1] > level(member) - 1e-12, member


def morse_level(depth, level):
    frequency = np.sqrt(2 * depth)
    return frequency * (level + 0.5) - (level + 0.5) ** 2 / 2


@pytest.mark.parametrize(("depth", "level"), [(24.0, 0), (12.0, 0)])
def test_morse_levels_are_met(depth, level):
    values = morse_series(depth, level, 1.0).values[:, 0]
    assert values[-1] == pytest.approx(morse_level(depth, level), abs=1e-6)


def test_hydrogen_is_met():
    assert eigenvalue(hydrogen_hamiltonian(60, 1, 0.2)) == pytest.approx(-0.125, abs=1e-5)


def test_morse_elements_by_quadrature():
    """Gauss and Hermite's rule with the functions themselves."""
    depth, frequency, size = 6.0, 2.5, 8
    nodes, weights = np.polynomial.hermite.hermgauss(80)
    functions = [np.full_like(nodes, np.pi**-0.25), np.sqrt(2) * np.pi**-0.25 * nodes]
    for n in range(2, size):
        functions.append(np.sqrt(2 / n) * nodes * functions[-1] - np.sqrt((n - 1) / n) * functions[-2])
    phi = np.array(functions)
    x = nodes / np.sqrt(frequency)
    # p^2/2 is what the oscillator's own energy leaves of its potential.
    potential = depth * (1 - np.exp(-x)) ** 2 - frequency**2 * x**2 / 2
    by_quadrature = (phi * weights * potential) @ phi.T + np.diag(frequency * (np.arange(size) + 0.5))
    assert np.abs(by_quadrature - morse_hamiltonian(size, depth, frequency)).max() < 1e-10


def test_quartic_elements_by_a_larger_basis():
    n = np.arange(1, 40)
    x = (np.diag(np.sqrt(n), 1) + np.diag(np.sqrt(n), -1)) / np.sqrt(2 * 3.0)
    p2 = np.diag(3.0 * (2 * np.arange(40) + 1)) - 9.0 * x @ x
    H = p2 / 2 + x @ x / 2 + 0.7 * x @ x @ x @ x
    for odd in (0, 1):
        assert np.abs(H[odd::2, odd::2][:12, :12] - anharmonic_hamiltonian(12, 0.7, 3.0, odd)).max() < 1e-11
