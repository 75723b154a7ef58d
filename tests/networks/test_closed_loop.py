import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.networks import closed_loop, padded_steps
from unrolled.types import precision


def test_fibonacci():
    with precision("float64"):
        made = closed_loop(lambda w, c: (w[0] + w[1], c), jnp.ones((2, 1)), None, 76)
    wanted = [1, 1]
    for _ in range(76):
        wanted.append(wanted[-1] + wanted[-2])
    assert made[:, 0].tolist() == wanted[2:]


@jax.jit
def linear_map(a, window):
    return closed_loop(lambda w, c: (a @ w[-1], c), window, None, 6)


@given(st.integers(0, 2**32), st.sampled_from([(1, 1), (3, 2)]))
def test_powers_of_a_linear_map(seed, shape):
    """y_{t+1} = A y_t: the closed loop is A, A^2, A^3, ... applied to the last value, whatever stands before it."""
    rng = np.random.default_rng(seed)
    lags, features = shape
    a, window = rng.normal(size=(features, features)) / features, rng.normal(size=(lags, features))
    with precision("float64"):
        made = linear_map(a, window)
    wanted = [np.linalg.matrix_power(a, k) @ window[-1] for k in range(1, 7)]
    np.testing.assert_allclose(made, wanted, atol=1e-12)


def test_what_is_carried_goes_along():
    with precision("float64"):
        made = closed_loop(lambda w, c: (w[-1] * 0 + c, c + 1.0), jnp.zeros((3, 1)), jnp.array(5.0), 3)
    assert made[:, 0].tolist() == [5.0, 6.0, 7.0]


@pytest.mark.parametrize(("steps", "padded"), [(1, 16), (16, 16), (17, 32), (32, 32), (33, 64), (1000, 1024)])
def test_padded_steps(steps, padded):
    assert padded_steps(steps) == padded
