import numpy as np
import pytest
import scipy.linalg
from hypothesis import given
from hypothesis import strategies as st

from unrolled import dataset
from unrolled.errors import InputError, TrainingError
from unrolled.learn import LeastSquares, solve_readout
from unrolled.networks import NetworkDesign, initialize_members, member_keys
from unrolled.types import Batch, precision
from unrolled.windows import windows

LINEAR = NetworkDesign()


def solve(inputs, targets, design=LINEAR, members=1, dtype="float64", **settings):
    with precision(dtype) as kind:
        keys = member_keys(0, members)
        networks = initialize_members(design, inputs.shape[-1], targets.shape[-1], keys=keys, dtype=kind)
        return networks, solve_readout(networks, LeastSquares(**settings), Batch(inputs, targets)).networks


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("rows", [3, 30])  # fewer and more equations than unknowns
def test_equals_scipy(rows, intercept):
    rng = np.random.default_rng(rows)
    inputs, targets = rng.normal(size=(rows, 1, 5)), rng.normal(size=(rows, 1, 2))
    _, made = solve(inputs, targets, intercept=intercept)
    columns = np.hstack([inputs[:, 0], np.ones((rows, 1))]) if intercept else inputs[:, 0]
    wanted = scipy.linalg.lstsq(columns, targets[:, 0])[0].T
    np.testing.assert_allclose(made.readout.V[0], wanted[:, :5], atol=1e-12)
    np.testing.assert_allclose(made.readout.c[0], wanted[:, 5] if intercept else 0.0, atol=1e-12)


def test_underdetermined_takes_the_shortest():
    rng = np.random.default_rng(0)
    inputs, targets = rng.normal(size=(2, 1, 5)), rng.normal(size=(2, 1, 1))
    _, made = solve(inputs, targets, intercept=False)
    np.testing.assert_allclose(made.readout.V[0], (np.linalg.pinv(inputs[:, 0]) @ targets[:, 0]).T, atol=1e-12)
    np.testing.assert_allclose(inputs[:, 0] @ made.readout.V[0].T, targets[:, 0], atol=1e-12)


def test_only_the_readout_of_each_member_is_learned():
    rng = np.random.default_rng(1)
    inputs, targets = rng.normal(size=(20, 4, 1)), rng.normal(size=(20, 4, 2))
    before, after = solve(inputs, targets, NetworkDesign.parse("elman:3"), members=2)
    for name in ("elman_1.U", "elman_1.W", "elman_1.b"):
        np.testing.assert_array_equal(before.weights()[name], after.weights()[name])
    for i in range(2):
        h = np.zeros((20, 3))
        w = {name: value[i] for name, value in after.weights().items()}
        rows = []
        for t in range(4):
            h = np.tanh(inputs[:, t] @ w["elman_1.U"].T + h @ w["elman_1.W"].T + w["elman_1.b"])
            rows.append(h)
        columns = np.stack(rows, axis=1).reshape(-1, 3)
        residual = targets.reshape(-1, 2) - columns @ w["readout.V"].T - w["readout.c"]
        np.testing.assert_allclose(columns.T @ residual, 0, atol=1e-11)  # what no readout can explain
        np.testing.assert_allclose(residual.sum(0), 0, atol=1e-11)


def test_a_short_series_does_not_explode():
    """Window 4 on 7 points: the normal equations give an error of hundreds here."""
    values = dataset("pairing-particles").values
    made = windows(values[:7], 4, lags_as="features")
    _, network = solve(made.inputs, made.targets[:, None])
    known = list(values[:7, 0])
    for _ in range(13):
        known.append(float(network.readout.V[0, 0] @ known[-4:] + network.readout.c[0, 0]))
    assert np.mean((np.array(known[7:]) - values[7:, 0]) ** 2) < 1e-3


@given(st.integers(0, 2**32), st.sampled_from([1e-200, 1e-20, 1.0, 1e20, 1e100]))
def test_scales_with_the_targets(seed, factor):
    rng = np.random.default_rng(seed)
    inputs, targets = rng.normal(size=(9, 1, 2)), rng.normal(size=(9, 1, 1))
    _, one = solve(inputs, targets)
    _, other = solve(inputs, targets * factor)
    np.testing.assert_allclose(other.readout.V, one.readout.V * factor, rtol=1e-10, atol=1e-12 * factor)


def test_errors():
    inputs, targets = np.ones((3, 1, 2)), np.ones((3, 1, 1))
    with pytest.raises(InputError, match="linear output; it is relu"):
        solve(inputs, targets, NetworkDesign(output="relu"))
    with pytest.raises(InputError, match="drops no activities: leave dropout out"):
        solve(inputs, targets, NetworkDesign.parse("elman:3", dropout=0.3))
    with pytest.raises(TrainingError, match="not finite in float64"):
        solve(inputs, targets * np.inf)
