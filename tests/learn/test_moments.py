"""Moments of many rows, summed at once."""

import numpy as np
import pytest

from unrolled.errors import InputError, TrainingError
from unrolled.learn import Equations
from unrolled.learn import _equations as equations_module
from unrolled.learn._equations import Compressed, Moments

RNG = np.random.default_rng(0)
A, Y = RNG.normal(3.0, 1.0, (1003, 5)), RNG.normal(-7.0, 2.0, (1003, 2))


def pieces(size):
    return Equations(len(A), 5, lambda: ((A[k : k + size], Y[k : k + size]) for k in range(0, len(A), size)))


@pytest.fixture(params=[1, 64, 250, 4096])
def together(request, monkeypatch):
    monkeypatch.setattr(equations_module, "_TOGETHER", request.param)
    return request.param


@pytest.mark.parametrize("size", [7, 1003])
@pytest.mark.parametrize("intercept", [True, False])
def test_moments_are_those_of_all_rows_in_any_pieces(together, size, intercept):
    moments = Moments.of(pieces(size), intercept=intercept)
    a, y = (A - A.mean(axis=0), Y - Y.mean(axis=0)) if intercept else (A, Y)
    np.testing.assert_allclose(moments.gram, a.T @ a, rtol=1e-12)
    np.testing.assert_allclose(moments.mixed, a.T @ y, rtol=1e-11, atol=1e-11)
    np.testing.assert_allclose(moments.square, y.T @ y, rtol=1e-12)
    np.testing.assert_allclose(moments.mean, np.concatenate([A, Y], axis=1).mean(axis=0) * intercept, rtol=1e-13)


def test_moments_are_the_same_bytes_every_time(together):
    first = Moments.of(pieces(100), intercept=True)
    for _ in range(10):
        again = Moments.of(pieces(100), intercept=True)
        assert first.gram.tobytes() == again.gram.tobytes()
        assert first.mean.tobytes() == again.mean.tobytes()


def test_moments_and_orthogonal_factors_are_of_the_same_equations(together):
    compressed = Compressed.of(pieces(100), intercept=True)
    np.testing.assert_allclose(compressed.columns.T @ compressed.columns, Moments.of(pieces(100), intercept=True).gram)


def test_what_is_wrong_in_a_late_block_is_told(together):
    holes = np.where(np.arange(len(A))[:, None] == 900, np.nan, A)
    with pytest.raises(TrainingError, match="not finite"):
        Moments.of(Equations.of(holes, Y), intercept=True)
    with pytest.raises(InputError, match="1003 rows together and have 903"):
        Moments.of(Equations(1003, 5, lambda: [(A[:900], Y[:900]), (A[:3], Y[:3])]), intercept=True)
