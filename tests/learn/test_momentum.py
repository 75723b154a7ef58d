"""Momentum on a schedule against the recursions of the paper, in numpy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.errors import InputError
from unrolled.learn import MomentumSchedule, Optimizer
from unrolled.types import precision

CURVATURE = np.array([1.0, 10.0])


def gradient(theta):
    return CURVATURE * theta


def by_the_paper(schedule, rate, nesterov, updates):
    """``v <- mu v - eps grad(theta [+ mu v])``, ``theta <- theta + v``; the points where gradients were taken."""
    theta, v, seen = np.array([1.0, -2.0]), np.zeros(2), []
    for t in range(updates):
        mu = float(schedule(t))
        at = theta + mu * v if nesterov else theta
        seen.append(at)
        v = mu * v - rate * gradient(at)
        theta = theta + v
    return np.array(seen)


@given(st.booleans(), st.integers(0, 6), st.booleans(), st.floats(1e-3, 0.05))
def test_updates_are_those_of_the_paper(nesterov, early, growing, rate):
    with precision("float64"):
        schedule = MomentumSchedule(0.95, early=0.5, updates=early, growing=growing)
        rule = Optimizer("sgd", rate, momentum=schedule, nesterov=nesterov).transformation(rate)
        theta = jnp.array([1.0, -2.0])
        state, seen = rule.init(theta), []
        for _ in range(10):
            seen.append(np.asarray(theta))
            change, state = rule.update(gradient(theta), state, theta)
            theta = theta + change
        np.testing.assert_allclose(seen, by_the_paper(schedule, rate, nesterov, 10), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("nesterov", [False, True])
def test_a_constant_schedule_is_momentum_as_it_was(nesterov):
    with precision("float64"):
        rules = [
            Optimizer("sgd", 0.01, momentum=mu, nesterov=nesterov).transformation(0.01)
            for mu in (0.9, MomentumSchedule(0.9, early=0.9))
        ]
        thetas, states = [jnp.ones(2)] * 2, [rule.init(jnp.ones(2)) for rule in rules]
        for _ in range(6):
            for i, rule in enumerate(rules):
                change, states[i] = rule.update(gradient(thetas[i]), states[i], thetas[i])
                thetas[i] = thetas[i] + change
        np.testing.assert_allclose(*thetas, rtol=1e-12)


def test_growing_schedule_is_its_formula():
    schedule = MomentumSchedule(0.999, growing=True)
    with precision("float64"):
        for t in (0, 249, 250, 999, 10_000, 10_000_000):
            wanted = min(1 - 2.0 ** (-1 - np.log2(t // 250 + 1)), 0.999)
            assert float(schedule(t)) == pytest.approx(wanted, rel=1e-12)


def test_a_schedule_is_plain_data_in_files_and_back():
    optimizer = Optimizer("sgd", 0.01, momentum=MomentumSchedule(0.98), nesterov=True)
    from dataclasses import asdict

    assert Optimizer(**asdict(optimizer)) == optimizer


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"most": 1.0}, "most must be a finite number of at least 0 and below 1"),
        ({"early": -0.1}, "early must be a finite number"),
        ({"updates": 1.5}, "updates must be a whole number"),
        ({"growing": "yes"}, "growing must be True or False"),
    ],
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(InputError, match=message):
        MomentumSchedule(**settings)


def test_a_schedule_is_traced_once_for_all_updates():
    schedule = MomentumSchedule(0.995)
    found = jax.jit(jax.vmap(schedule))(jnp.arange(998, 1002))
    np.testing.assert_allclose(found, [0.9, 0.9, 0.995, 0.995], rtol=1e-6)
