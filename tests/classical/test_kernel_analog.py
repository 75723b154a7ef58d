"""Kernel analogs against dense matrices, and against what is left when a state is left out."""

from dataclasses import replace

import numpy as np
import pytest

from unrolled.classical import KernelAnalog, KernelMap

WAVES = np.sin(0.31 * np.arange(90)) + 0.5 * np.cos(0.083 * np.arange(90)) ** 3
BOTH = np.stack([WAVES, np.roll(WAVES, 4) ** 2], axis=1)


def by_hand(z, method, steps, until):
    """The kernel's sum in a plain loop."""
    lags = method.skip * np.arange(method.delays)
    times = range(lags[-1], until - 1)
    X = np.array([z[t - lags].ravel() for t in times])
    y = np.array([z[t + 1] - method.increments * z[t] for t in times])

    def kernel(v):
        return np.exp(-np.sum((X - v) ** 2, axis=1) / (2 * len(v) * method.width**2))

    K = np.array([kernel(v) for v in X])
    a = np.linalg.solve(K + method.ridge * np.eye(len(X)), y - y.mean(axis=0))
    grown = z[:until].copy()
    for _ in range(steps):
        made = y.mean(axis=0) + kernel(grown[len(grown) - 1 - lags].ravel()) @ a
        made = np.clip(made, y.min(0) - 0.5 * np.ptp(y, axis=0), y.max(0) + 0.5 * np.ptp(y, axis=0))
        grown = np.concatenate([grown, (made + method.increments * grown[-1])[None]])
    return grown[until:]


@pytest.mark.parametrize(
    "method", [KernelAnalog(3, 2, 1.0, 1e-3), KernelAnalog(2, 1, 0.5, 1e-2, increments=False)], ids=repr
)
def test_it_is_ridge_regression_with_a_kernel(method):
    made = KernelMap.of(BOTH, method).extend(BOTH[None, -method.span :], 9)[0]
    np.testing.assert_allclose(made, by_hand(BOTH, method, 9, 90), rtol=1e-7, atol=1e-8)
    origins, ends = [50, 60, 70], [50, 50, 70]
    windows = np.stack([BOTH[o - method.span : o] for o in origins])
    lanes = KernelMap.of(BOTH, method, ends).extend(windows, 6)
    for lane in (0, 2):
        np.testing.assert_allclose(lanes[lane], by_hand(BOTH, method, 6, origins[lane]), rtol=1e-7, atol=1e-8)


def test_a_state_left_out_is_as_if_it_had_not_been():
    method, row = KernelAnalog(2, 1, 1.0, 1e-2), 40
    z = WAVES[:, None]
    past = KernelMap.of(z, method)
    made = past.step(z[None, row - 2 : row], np.array([row - 2]))[0]
    keep = np.arange(len(past.states)) != row - 2
    X, y = past.states[keep], past.nexts[keep]
    # The mean stays that of all: it is not left out.
    K = np.exp(-np.sum((X[:, None] - X) ** 2, axis=2) / 4)
    a = np.linalg.solve(K + 1e-2 * np.eye(len(X)), y - past.nexts.mean(axis=0))
    k = np.exp(-np.sum((X - past.states[row - 2]) ** 2, axis=1) / 4)
    np.testing.assert_allclose(made, z[row - 1] + past.nexts.mean(axis=0) + k @ a, rtol=1e-9)
    with_it = past.step(z[None, row - 2 : row], np.array([-1]))[0]
    assert np.abs(with_it - z[row]) < np.abs(made - z[row])


def test_only_the_last_states_are_looked_at():
    method = KernelAnalog(2, 1, 1.0, 1e-3, states=30)
    long = KernelMap.of(BOTH, method).extend(BOTH[None, -2:], 5)
    short = KernelMap.of(BOTH[-32:], replace(method, states=500)).extend(BOTH[None, -2:], 5)
    np.testing.assert_allclose(long, short, rtol=1e-9)


def test_without_a_ridge_rounding_gets_one():
    made = KernelAnalog(3, 1, 50.0, 0.0).fit(WAVES).extend(WAVES, 4)
    assert np.isfinite(made).all()
    np.testing.assert_allclose(
        made, np.sin(0.31 * np.arange(90, 94)) + 0.5 * np.cos(0.083 * np.arange(90, 94)) ** 3, atol=0.05
    )


def test_a_flow_is_followed_better_than_by_persistence():
    t = np.arange(400)
    torus = np.sin(0.2 * t) * np.cos(0.2 * np.sqrt(2) * t)
    made = KernelAnalog(6, 2, 1.0, 1e-9).fit(torus[:370]).extend(torus[:370], 30)
    assert np.abs(made - torus[370:]).max() < 1e-2
