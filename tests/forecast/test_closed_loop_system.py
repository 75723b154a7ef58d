"""Fitted networks as systems: their trajectories are forecasts, and an echo state network has the climate of Lorenz."""

from functools import cache

import numpy as np
import pytest

import unrolled
from network_formulas import random_network
from unrolled.dynamics import (
    IteratedMap,
    behaviour,
    climate_of_values,
    compare_climates,
    fixed_points,
    lorenz_flow,
    lyapunov,
    trajectory,
)
from unrolled.errors import InputError
from unrolled.forecast import EchoState, NextGenerationReservoir, closed_loop_system
from unrolled.series import lorenz

TIMES = 0.5 * np.arange(60)
ONE = unrolled.make_series(np.sin(0.6 * TIMES) + 0.1 * np.cos(2.2 * TIMES), TIMES)
TWO = unrolled.make_series(np.column_stack([ONE.values[:, 0], np.cos(0.4 * TIMES)]), TIMES, names=["a", "b"])
both = pytest.mark.parametrize("series", [ONE, TWO], ids=["one", "two"])
STEPS = 12


def adopted(series, text, name="rnn", **settings):
    """Two networks with random weights, as if they had learned it."""
    features, model = series.values.shape[1], unrolled.model(name, **settings)
    inputs = model.framing.network_features(features)
    networks = [random_network(text, features=inputs, outputs=features, seed=seed) for seed in (1, 2)]
    small = [net.replace({name: 0.7 * w for name, w in net.weights().items()}) for net in networks]
    return model.adopt(small, series)


def same(fitted, atol=1e-9):
    """Every member in closed loop is its forecast."""
    made = fitted.predict(STEPS).members
    for number, wanted in enumerate(made):
        loop = closed_loop_system(fitted, number=number)
        np.testing.assert_allclose(loop.observed(trajectory(loop, STEPS)), wanted, rtol=0, atol=atol)
        assert loop.spacing == 0.5
    return loop


@both
@pytest.mark.parametrize(
    ("text", "settings"),
    [
        ("elman:3", {}),
        ("lstm:2, dense:3:tanh, gru:2", {"window": 3, "scale": "standard"}),
        ("gru:3", {"window": 4, "scale": "range", "lags_as": "features"}),
        ("mingru:3", {"window": 3, "base": "recurrence:3"}),
        ("elman:3", {"window": 2, "base": "persistence", "sees": "differences"}),
        ("elman:3", {"window": 4, "base": "recurrence:2", "sees": "differences", "lags_as": "features"}),
        ("elman:3", {"window": 2, "base": "difference:2", "sees": "values"}),
    ],
)
def test_networks_go_on_as_their_forecast(series, text, settings):
    fitted = adopted(series, text, **settings)
    loop = same(fitted)
    values = fitted.model.framing.lead
    assert (loop.size, loop.features) == (values * series.values.shape[1], 0)


@both
def test_feed_forward_and_linear_ones_too(series):
    same(adopted(series, "dense:4:tanh", name="feed-forward", window=3))
    same(unrolled.model("autoregression", window=3).fit(series))


@both
@pytest.mark.parametrize("settings", [{}, {"base": "recurrence:3", "window": 3}])
def test_single_precision(series, settings):
    """As networks of the catalogue have it: the same forecast to about six digits."""
    fitted = adopted(series, "lstm:3, gru:2", precision="float32", **settings)
    loop = same(fitted, atol=1e-4)
    assert trajectory(loop, 3).dtype == np.float64


@both
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"base": "recurrence:3"},
        {"base": "persistence", "direct": False, "squares": False},
        {"direct": False},
        {"squares": False, "leak": 0.5},
    ],
)
def test_reservoirs_go_on_as_their_forecast(series, settings):
    loop = same(EchoState(units=20, members=2, **settings).fit(series), atol=1e-7)
    assert loop.size == 20 + series.values.shape[1] * (3 if settings.get("base") == "recurrence:3" else 1)


@both
@pytest.mark.parametrize(
    ("settings", "lags"),
    [({"base": "none"}, 2), ({"delays": 3, "skip": 2}, 5), ({"base": "recurrence:8"}, 8)],
)
def test_products_of_delays_go_on_as_their_forecast(series, settings, lags):
    loop = same(NextGenerationReservoir(**settings).fit(series), atol=1e-6)
    assert loop.size == lags * series.values.shape[1]


def test_a_fixed_point_is_a_value_that_is_forecast_for_ever():
    fitted = adopted(ONE, "elman:3", window=2)
    found = fixed_points(closed_loop_system(fitted), starts=20)
    assert len(found)
    for h in found.states:
        assert h[0] == pytest.approx(h[1], abs=1e-8)
        history = unrolled.make_series(np.full(5, h[1]), TIMES[:5])
        np.testing.assert_allclose(fitted.predict(1, history=history).members[0], h[1], atol=1e-8)


def test_starts_are_the_end_and_others_around():
    loop = closed_loop_system(adopted(ONE, "elman:3", window=3))
    starts = loop.starts(4, np.random.default_rng(0))
    np.testing.assert_allclose(starts[0], ONE.values[-3:, 0])
    assert len(np.unique(starts, axis=0)) == 4


def test_a_recurrence_has_the_exponents_of_its_roots():
    """Two undamped oscillations, found by least squares: four roots on the unit circle, and one from the intercept."""
    fitted = unrolled.model("autoregression", window=4).fit(ONE)
    weights = fitted.networks.readout.V[0, 0]
    roots = np.roots([1.0, *-weights[::-1]])
    spectrum = lyapunov(closed_loop_system(fitted), 4_000)
    np.testing.assert_allclose(spectrum.exponents * 0.5, np.sort(np.log(np.abs(roots)))[::-1], rtol=0, atol=1e-5)
    assert behaviour(closed_loop_system(fitted), steps=20_000).verdict == "quasi-periodic"


def test_what_has_no_dynamics_is_refused():
    stateful = unrolled.model("rnn", units=2, epochs=1, members=1, stateful=True, batch_size=5).fit(ONE)
    by_place = unrolled.model("rnn", units=2, epochs=1, members=1, target="x-to-y", validation=0.0).fit(ONE)
    persistent = unrolled.model("persistence").fit(ONE)
    for fitted, message in (
        (stateful, "train one without stateful"),
        (by_place, "learns y from x does not go from value to value"),
        (persistent, "persistence has no network whose dynamics"),
        (np.ones(3), "ndarray has no network whose dynamics"),
    ):
        with pytest.raises(InputError, match=message):
            closed_loop_system(fitted)
    two = adopted(ONE, "elman:3")
    for fitted, least in ((two, 1), (EchoState(units=5, members=2).fit(ONE), 1)):
        for number in (least + 1, -1, 0.5):
            with pytest.raises(InputError, match="number of the member must be a whole number from 0 to 1"):
                closed_loop_system(fitted, number=number)


@cache
def learned_lorenz():
    model = EchoState(units=300, rho=0.2, leak=1.0, input_scale=0.1, members=1)
    return closed_loop_system(model.fit(lorenz(10_000, step=0.02)))


def test_an_echo_state_network_has_the_exponents_of_lorenz():
    spectrum = lyapunov(learned_lorenz(), 30_000, count=4)
    largest, none, *_ = spectrum.exponents
    assert largest == pytest.approx(0.9056, rel=0.05)
    assert abs(none) < 0.02
    assert spectrum.dimension == pytest.approx(2.062, rel=0.02)


def test_an_echo_state_network_has_the_climate_of_lorenz():
    compared = compare_climates(learned_lorenz(), lorenz_flow(0.02), 15_000)
    assert compared.histogram_distances.max() < 0.25
    assert compared.histogram_distances[2] < 0.05
    assert compared.spectrum_distances.max() < 0.2
    assert compared.learned.spectrum.largest == pytest.approx(compared.truth.spectrum.largest, abs=0.1)
    far = compare_climates(learned_lorenz(), climate_of_values(trajectory(lorenz_flow(0.02, rho=60.0), 5_000)), 5_000)
    assert far.histogram_distances.max() > 0.5


def test_a_loop_that_runs_off_is_noted():
    network = random_network("dense:2", features=1, outputs=1)
    growing = {"dense_1.U": np.full((2, 1), 1.0), "dense_1.b": np.zeros(2), "readout.V": np.ones((1, 2))}
    model = unrolled.model("feed-forward", network="dense:2:relu", window=1, members=1)
    fitted = model.adopt(network.replace(growing | {"readout.c": np.zeros(1)}), [1.0, 2.0, 4.0, 8.0])
    loop = closed_loop_system(fitted)
    assert behaviour(loop).verdict == "diverging"
    truth = IteratedMap(lambda h, a: a * h * (1 - h), 4.0, np.array([0.3]))
    assert "of no use" in str(compare_climates(loop, truth, 200))
