"""Continuations equal a plain Python loop of one-window predictions, for every kind of model."""

import jax
import numpy as np
import pytest
import scipy.linalg
from hypothesis import given
from hypothesis import strategies as st

import unrolled
from unrolled.networks import member
from unrolled.types import precision

TINY = {"epochs": 2, "members": 2, "units": 4}
SERIES = unrolled.dataset("pairing-particles").head(12)
TWO = unrolled.make_series(np.column_stack([np.sin(np.arange(12) / 3), np.cos(np.arange(12) / 4)]), names=["a", "b"])


def by_loop(fitted, horizon):
    """One window at a time, outside any compiled loop."""
    model, scale = fitted.model, fitted.scale_out
    lanes, length = fitted.sequence.model.lanes, model.window
    made = []
    for i in range(len(fitted.networks.readout.c)):
        network = member(fitted.networks, i)
        predict = jax.jit(lambda window, states, network=network: network.run(window, states, last=1))
        known = list(scale.scale(fitted.series.values))
        states = [network.initial_states() for _ in range(lanes or 1)]
        first = 0 if lanes else len(known) - length
        for index in range(first, len(fitted.series) - length + horizon):
            window = np.array(known[index : index + length])
            window = window.reshape(1, -1) if model.lags_as == "features" else window
            lane = (index - first) % (lanes or 1)
            value, after = predict(window, states[lane])
            if lanes:
                states[lane] = after
            if index + length >= len(fitted.series):
                known.append(np.asarray(value[0]))
        made.append(known[len(fitted.series) :])
    return scale.unscale(np.array(made))


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("rnn", {}),
        ("rnn", {"window": 4, "lags_as": "features", "scale": "standard"}),
        ("rnn", {"stateful": True, "batch_size": 1, "validation": 0.0}),
        ("rnn", {"stateful": True, "batch_size": 3}),
        ("rnn", {"network": "lstm:3, gru:3", "stateful": True, "batch_size": 3, "lags_as": "features"}),
        ("feed-forward", {"window": 3}),
    ],
    ids=str,
)
@pytest.mark.parametrize("series", [SERIES, TWO], ids=["one", "two"])
def test_closed_loop_equals_a_python_loop(name, settings, series):
    settings = TINY | settings
    if "network" in settings:
        del settings["units"]
    fitted = unrolled.model(name, **settings).fit(series)
    with precision("float64"):
        wanted = by_loop(fitted, 6)
    np.testing.assert_allclose(fitted.predict(6).members, wanted, rtol=0, atol=1e-12)


def test_a_horizon_is_the_beginning_of_a_longer_one():
    fitted = unrolled.model("rnn", **TINY).fit(SERIES)
    short, long = fitted.predict(5), fitted.predict(40)
    np.testing.assert_allclose(short.members, long.members[:, :5], rtol=0, atol=1e-13)
    np.testing.assert_allclose(short.x, SERIES.x[-1] + 2.0 * np.arange(1, 6))


roots = st.lists(st.floats(-0.95, 0.95), min_size=1, max_size=2)


@given(roots, st.floats(0.1, 1.4), st.integers(0, 2**32))
def test_autoregression_continues_stable_linear_recurrences(real, angle, seed):
    """Roots: a conjugate pair on a circle of radius 0.97, and real ones."""
    coefficients = -np.poly([*real, 0.97 * np.exp(1j * angle), 0.97 * np.exp(-1j * angle)]).real[1:]
    order = len(coefficients)
    values = list(np.random.default_rng(seed).normal(size=order))
    for _ in range(36):
        values.append(float(coefficients @ values[: -order - 1 : -1]))
    known = 28
    forecast = unrolled.model("autoregression", window=order).fit(values[:known]).predict(len(values) - known)
    np.testing.assert_allclose(forecast.mean[:, 0], values[known:], atol=1e-5)


@pytest.mark.parametrize("window", [1, 2, 4])
def test_autoregression_equals_scipy(window):
    fitted = unrolled.model("autoregression", window=window).fit(SERIES)
    y = SERIES.values[:, 0]
    columns = np.column_stack([*(y[i : len(y) - window + i] for i in range(window)), np.ones(len(y) - window)])
    wanted = scipy.linalg.lstsq(columns, y[window:])[0]
    np.testing.assert_allclose(fitted.networks.readout.V[0, 0], wanted[:-1], rtol=1e-7)
    np.testing.assert_allclose(fitted.networks.readout.c[0, 0], wanted[-1], rtol=1e-7)


def test_features_continue_together():
    """Each feature of a coupled rotation needs the other."""
    turn = np.array([[np.cos(0.3), -np.sin(0.3)], [np.sin(0.3), np.cos(0.3)]])
    values = [np.array([1.0, 0.0])]
    for _ in range(29):
        values.append(turn @ values[-1])
    forecast = unrolled.model("autoregression", window=1).fit(np.array(values[:10])).predict(20)
    np.testing.assert_allclose(forecast.mean, values[10:], atol=1e-12)
    np.testing.assert_array_equal(forecast.spread, 0.0)


def test_update_and_history_equal_a_longer_series():
    fitted = unrolled.model("rnn", **TINY).fit(SERIES)
    longer = unrolled.dataset("pairing-particles").head(13)
    updated = fitted.update(longer.values[12, 0])
    assert len(fitted.series) == 12  # nothing was changed in place
    assert updated.series.x[-1] == 26.0
    wanted = fitted.predict(4, history=longer)
    np.testing.assert_array_equal(updated.predict(4).members, wanted.members)
    np.testing.assert_array_equal(updated.predict(4).x, wanted.x)
    np.testing.assert_array_equal(fitted.predict(4, history=SERIES).members, fitted.predict(4).members)


def test_stateful_update_advances_the_state():
    fitted = unrolled.model("rnn", stateful=True, batch_size=3, **TINY).fit(SERIES)
    updated = fitted.update(-0.96)
    with precision("float64"):
        np.testing.assert_allclose(updated.predict(3).members, by_loop(updated, 3), rtol=0, atol=1e-12)


def test_one_step_and_residuals():
    fitted = unrolled.model("rnn", **TINY).fit(SERIES)
    made = fitted.one_step()
    assert made.rows.tolist() == list(range(2, 12))
    np.testing.assert_array_equal(made.x, SERIES.x[2:])
    np.testing.assert_array_equal(made.truth, SERIES.values[2:])
    np.testing.assert_allclose(made.residuals, SERIES.values[2:] - made.mean, atol=1e-15)
    for row in (2, 7):
        before = unrolled.make_series(SERIES.values[:row, 0], SERIES.x[:row])
        np.testing.assert_allclose(made.mean[row - 2], fitted.predict(1, history=before).mean[0], atol=1e-12)
    beyond = fitted.one_step(unrolled.dataset("pairing-particles"))
    np.testing.assert_allclose(beyond.members[:, :10], made.members, atol=1e-12)
