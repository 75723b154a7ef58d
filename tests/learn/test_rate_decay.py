"""A falling rate: its formula, and what it is for."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.errors import InputError
from unrolled.learn import FirstOrder, MomentumSchedule, Objective, Optimizer, RateDecay, minimize
from unrolled.types import precision


@given(st.floats(1e-6, 1.0), st.integers(1, 10**6), st.integers(0, 10**6), st.integers(0, 10**7))
def test_the_factor_falls_evenly_on_a_logarithmic_scale(last, updates, after, update):
    with precision("float64"):
        wanted = np.exp(np.log(last) * min(max(update - after, 0) / updates, 1))
        assert float(RateDecay(last, updates, after)(update)) == pytest.approx(wanted, rel=1e-12)


@dataclass(frozen=True)
class Nothing:
    def draw(self, count, *, key):
        return jnp.zeros(count)


def bowl(theta, batch):
    return jnp.sum(jnp.array([1.0, 100.0]) * theta**2) / 2 + 0 * jnp.sum(batch)


def point(theta, batch):
    return theta


OBJECTIVE = Objective(bowl, point)


def least(decay, steps=400, **told):
    optimizer = Optimizer("sgd", 0.1, momentum=MomentumSchedule(0.9, updates=0), nesterov=True)
    algorithm = FirstOrder(optimizer, 1, clip_norm=0.1, decay=decay)
    with precision("float64"):
        return minimize(OBJECTIVE, jnp.ones(2), algorithm, Nothing(), key=jax.random.key(0), steps=steps, **told)


def test_every_change_is_multiplied():
    whole, halved = least(None, 1), least(RateDecay(0.25, 2), 2)
    change = np.asarray(whole.parameters) - 1
    np.testing.assert_array_equal(np.asarray(least(RateDecay(0.25, 2), 1).parameters) - 1, change)
    # Of the second update, by hand: v <- mu v - eps g, change mu v - eps g, both with the gradient cut to 0.1.
    g = lambda theta: 0.1 * (h := np.array([1.0, 100.0]) * theta) / np.linalg.norm(h)  # noqa: E731
    v = -0.1 * g(np.ones(2))
    second = 0.9 * (0.9 * v - 0.1 * g(1 + change)) - 0.1 * g(1 + change)
    np.testing.assert_allclose(np.asarray(halved.parameters), 1 + change + 0.5 * second, rtol=1e-12)


def test_cut_gradients_come_to_rest_where_the_rate_falls():
    constant, falling = (
        bowl(np.asarray(least(decay).parameters), np.zeros(1)) for decay in (None, RateDecay(1e-3, 300))
    )
    assert falling < 0.02 * constant


def test_a_run_that_was_cut_goes_on_with_its_rate(tmp_path):
    decay = RateDecay(0.01, 50)
    least(decay, 20, keep=tmp_path / "run")
    rest, whole = least(decay, 50, keep=tmp_path / "run"), least(decay, 50)
    np.testing.assert_array_equal(rest.parameters, whole.parameters)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((0.0,), "last must be a finite number above 0"),
        ((1.5,), "at most 1"),
        ((0.5, 0), "updates must be a whole"),
        ((0.5, 1, -1), "after must be a whole"),
    ],
)
def test_what_is_no_decay(arguments, words):
    with pytest.raises(InputError, match=words):
        RateDecay(*arguments)


def test_a_number_is_no_decay():
    with pytest.raises(InputError, match=r"decay must be a RateDecay; came 0\.5"):
        FirstOrder(decay=0.5)
