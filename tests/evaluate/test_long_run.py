"""The long run of a network beside that of what it learned."""

import math

import numpy as np
import pytest

import unrolled
from unrolled.dynamics import logistic_map, trajectory
from unrolled.errors import InputError
from unrolled.evaluate import known_system, require_long_run, with_long_run
from unrolled.report import describe_climate
from unrolled.series import lorenz, make_series

_LOGISTIC = trajectory(logistic_map(4.0), 700, washout=100, seed=1)[:, 0]


@pytest.fixture(scope="module")
def trial():
    """A parabola is found exactly from products of delayed values."""
    model = unrolled.model("next-generation-reservoir", delays=1, degree=2)
    return unrolled.extrapolate(_LOGISTIC, model, train=600, horizon=100)


def test_the_exponent_of_a_learned_parabola_is_log_two(trial):
    climate = with_long_run(trial, system=logistic_map(3.99), steps=8_000).climate
    assert climate.note == ""
    assert climate.learned.spectrum.largest == pytest.approx(math.log(2), abs=0.02)
    assert climate.learned.spectrum.largest > climate.truth.spectrum.largest
    assert climate.histogram_distances[0] < 0.2


def test_without_a_system_the_known_values_are_the_truth(trial):
    found = with_long_run(trial, steps=8_000)
    assert found.climate.truth.spectrum is None
    np.testing.assert_array_equal(found.climate.truth.values[:, 0], _LOGISTIC)
    told = describe_climate(found)
    [name] = trial.series.names
    # the invariant density of the parabola is 1 / (pi sqrt(x (1 - x))): mean 1/2, deviation sqrt(1/8)
    assert told["network"]["features"][name]["mean"] == pytest.approx(0.5, abs=0.02)
    assert told["network"]["features"][name]["deviation"] == pytest.approx(math.sqrt(1 / 8), abs=0.01)
    assert told["system"]["features"][name]["mean"] == pytest.approx(_LOGISTIC.mean(), rel=1e-12)
    assert told["system"]["lyapunov"] is None
    assert told["histogram_distance"][name] < 0.1
    assert describe_climate(trial) is None


def test_a_loop_that_runs_off_is_a_note_and_no_failure():
    values = 1.2 ** (np.arange(260.0) / 10)
    model = unrolled.model("next-generation-reservoir", delays=1, degree=2)
    found = with_long_run(unrolled.extrapolate(values, model, train=250, horizon=10), steps=20_000)
    assert found.climate.learned is None
    assert found.climate.note
    told = describe_climate(found)
    assert told["network"] is None
    assert told["note"] == found.climate.note
    assert all(math.isnan(number) for number in told["histogram_distance"].values())


def test_what_has_no_long_run_is_refused(trial):
    analog = unrolled.extrapolate(_LOGISTIC, unrolled.model("analog"), train=600, horizon=100)
    with pytest.raises(InputError, match="analog has no network"):
        with_long_run(analog)
    with pytest.raises(InputError, match="150 known points, too few"):
        require_long_run(make_series(_LOGISTIC[:150]))
    with pytest.raises(InputError, match="never changes"):
        require_long_run(make_series(np.column_stack([_LOGISTIC, np.ones(700)]), names=["a", "b"]))
    require_long_run(make_series(_LOGISTIC))


def test_the_known_system_is_looked_at_as_often_as_its_series():
    series = lorenz(400)
    system = known_system("lorenz", series)
    assert system.spacing == pytest.approx(series.spacing)
    start = series.values[100]
    after = trajectory(system, 20, start=start)
    np.testing.assert_allclose(after, series.values[101:121], rtol=1e-4)
    assert known_system("noisy-sine", series) is None
    assert known_system(None, series) is None
