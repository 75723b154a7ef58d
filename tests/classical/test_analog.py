"""Analogs against plain loops: every neighbour sorted by hand, every map by dense least squares."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unrolled.classical import Analog, AnalogMap

WAVES = np.sin(0.31 * np.arange(90)) + 0.5 * np.cos(0.083 * np.arange(90)) ** 3


def by_hand(z, method, steps, until=None):
    """One state at a time; the past is ``z[:until]``, predictions are fed back."""
    until = len(z) if until is None else until
    lags = method.skip * np.arange(method.delays)
    states = {t: z[t - lags].ravel() for t in range(lags[-1], until - 1)}
    grown = z[:until].copy()
    for _ in range(steps):
        at = grown[len(grown) - 1 - lags].ravel()
        near = sorted(states, key=lambda t: np.sum((states[t] - at) ** 2))[: method.neighbours]
        X = np.array([states[t] for t in near])
        y = np.array([z[t + 1] - method.increments * z[t] for t in near])
        d = np.sqrt(np.sum((X - at) ** 2, axis=1))
        w = (1 - (d / (1.0001 * d[-1])) ** 3) ** 3
        w /= w.sum()
        X0, y0 = w @ X, w @ y
        size = np.sum(w[:, None] * (X - X0) ** 2) / X.shape[1]
        gram = (X - X0).T @ (w[:, None] * (X - X0)) + (method.ridge + 1e-14) * size * np.eye(X.shape[1])
        B = np.linalg.solve(gram, (X - X0).T @ (w[:, None] * (y - y0)))
        made = np.clip(y0 + (at - X0) @ B, y.min(0) - 0.5 * np.ptp(y, axis=0), y.max(0) + 0.5 * np.ptp(y, axis=0))
        grown = np.concatenate([grown, (made + method.increments * grown[-1])[None]])
    return grown[until:]


@pytest.mark.parametrize(
    "method",
    [Analog(3, 2, 12, 1e-3), Analog(2, 1, 7, 1e-2, increments=False), Analog(1, 1, 5, 0.1), Analog(4, 1, 500, 1.0)],
    ids=repr,
)
def test_every_step_is_a_weighted_ridge_regression_on_neighbours(method):
    known = WAVES.copy()
    centre, width = known.mean(), known.std() * np.sign(known[-1] - known[0])
    wanted = by_hand((known - centre)[:, None] / width, method, 12)[:, 0] * width + centre
    np.testing.assert_allclose(method.fit(known).extend(known, 12), wanted, rtol=1e-7, atol=1e-9)


def test_several_features_make_one_state():
    both = np.stack([WAVES, np.roll(WAVES, 4) ** 2], axis=1)
    method = Analog(2, 3, 15, 1e-2)
    made = AnalogMap.of(both, method).extend(both[None, -method.span :], 9)[0]
    np.testing.assert_allclose(made, by_hand(both, method, 9), rtol=1e-7, atol=1e-9)


def test_a_lane_sees_what_lies_before_its_end():
    method, z = Analog(3, 1, 9, 1e-3), WAVES[:, None]
    origins, ends = [50, 60, 70], [50, 50, 70]
    made = AnalogMap.of(z, method, ends).extend(np.stack([z[o - method.span : o] for o in origins]), 8)
    np.testing.assert_allclose(made[0], by_hand(z, method, 8, 50), rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(made[2], by_hand(z, method, 8, 70), rtol=1e-7, atol=1e-9)
    later = z.copy()
    later[70:] = 99.0
    np.testing.assert_array_equal(AnalogMap.of(later, method, [70]).extend(z[None, 67:70], 8), made[2:])
    moved = z.copy()
    moved[50:60] = 99.0
    apart = AnalogMap.of(moved, method, ends).extend(np.stack([z[o - method.span : o] for o in origins]), 8)
    np.testing.assert_array_equal(apart[:2], made[:2])


def test_a_state_is_not_its_own_neighbour():
    method, z = Analog(2, 1, 6, 1e-3), WAVES[:, None]
    past, row = AnalogMap.of(z, method), 40
    windows = z[None, row - method.span : row]
    left_out = past.step(windows, np.array([row - method.span]))
    states = np.delete(past.states, row - method.span, axis=0)
    nexts = np.delete(past.nexts, row - method.span, axis=0)
    without = AnalogMap(method, states, nexts, (type(past.trees[0])(states),))
    np.testing.assert_allclose(left_out, without.step(windows), rtol=1e-12)
    assert np.abs(past.step(windows) - z[row]) < np.abs(left_out - z[row])


@given(a=st.floats(-0.9, 0.9), b=st.floats(-1.0, 1.0))
@settings(max_examples=15)
def test_a_linear_law_is_found_exactly(a, b):
    """Whatever the neighbours, the local map is the law itself."""
    z = np.zeros((60, 2))
    z[0] = 1.0, -0.5
    A = np.array([[a, 0.4], [-0.4, a]])
    for t in range(59):
        z[t + 1] = A @ z[t] + b
    method = Analog(1, 1, 12, 0.0)
    made = AnalogMap.of(z[:12], method).extend(z[None, 11:12], 1)[0]
    np.testing.assert_allclose(made[0], z[12], rtol=0, atol=1e-6)


def test_a_chaotic_map_is_followed():
    values = [0.4]
    for _ in range(2000):
        values.append(3.8 * values[-1] * (1 - values[-1]))
    known, rest = np.array(values[:1990]), np.array(values[1990:1996])
    np.testing.assert_allclose(Analog(1, 1, 8, 1e-8).fit(known).extend(known, 6), rest, atol=1e-3)


def test_it_does_not_run_off():
    noise = np.random.default_rng(0).normal(size=80)
    made = Analog(5, 1, 12, 0.0, increments=False).fit(noise).extend(noise, 2000)
    assert np.all(np.abs(made) <= np.abs(noise).max() + 0.5 * np.ptp(noise))
