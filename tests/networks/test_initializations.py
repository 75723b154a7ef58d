"""Where learning begins: spectra, means and distributions of the initial weights."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.errors import InputError
from unrolled.networks import (
    EchoStateInitialization,
    IdentityInitialization,
    NetworkDesign,
    OrthogonalInitialization,
    initialization,
    initializations,
    member_keys,
)
from unrolled.types import Batch, precision


def network_of(text, output="linear", features=2, outputs=2, **settings):
    key = member_keys(0, 1)[0]
    return NetworkDesign.parse(text, output, **settings).initialize(features, outputs, key=key), key


@given(st.integers(2, 40), st.floats(0.1, 2.0), st.integers(1, 20), st.integers(0, 50))
def test_spectral_radius_is_set_and_rows_have_their_connections(units, rho, connections, seed):
    network, _ = network_of(f"elman:{units}")
    told = EchoStateInitialization(rho=rho, connections=max(connections, 2))
    try:
        W = told(network, key=member_keys(seed, 1)[0]).weights()["elman_1.W"]
    except InputError:  # all eigenvalues are zero: it happens to two or three units
        assert units <= 4
        return
    assert np.abs(np.linalg.eigvals(W)).max() == pytest.approx(rho, rel=1e-9)
    assert ((W != 0).sum(axis=1) == min(max(connections, 2), units)).all()


def test_scales_of_a_reservoir_are_those_of_the_paper():
    network, key = network_of("elman:400", features=30, outputs=30)
    weights = EchoStateInitialization(input_scale=0.001, output_scale=0.1)(network, key=key).weights()
    assert np.std(weights["elman_1.U"]) == pytest.approx(0.001, rel=0.05)
    assert np.std(weights["readout.V"]) == pytest.approx(0.1, rel=0.05)
    assert not weights["elman_1.b"].any()
    assert not weights["readout.c"].any()


@pytest.mark.parametrize("output", ["linear", "sigmoid", "softmax", "tanh"])
def test_centring_makes_inputs_of_mean_zero_and_begins_at_the_mean_target(output):
    rng = np.random.default_rng(3)
    lengths = np.array([4, 2, 3])
    inputs = rng.normal(2.0, 1.0, (3, 4, 2)) * (np.arange(4) < lengths[:, None])[..., None]
    targets = rng.dirichlet([2.0, 3.0], (3, 4)) * 0.9
    targets[0, 0] = np.nan
    batch = Batch(inputs, targets, None, lengths)
    network, key = network_of("elman:5", output)
    begun = EchoStateInitialization(input_scale=1.0, output_scale=0.0)(network, key=key, batch=batch)
    weights = begun.weights()
    real = np.concatenate([inputs[i, :n] for i, n in enumerate(lengths)])
    driven = real @ weights["elman_1.U"].T + weights["elman_1.b"]
    np.testing.assert_allclose(driven.mean(axis=0), 0, atol=1e-12)
    with precision("float64"):
        said = np.asarray(begun(inputs))[0, 0]
    mean = np.nanmean(targets.reshape(-1, 2), axis=0)
    wanted = mean / mean.sum() if output == "softmax" else mean
    np.testing.assert_allclose(said, wanted, atol=1e-9)


def test_only_the_first_layer_sees_the_inputs():
    network, key = network_of("elman:5, elman:4")
    batch = Batch(np.ones((2, 3, 2)), np.ones((2, 3, 2)))
    weights = EchoStateInitialization(input_scale=1.0)(network, key=key, batch=batch).weights()
    assert weights["elman_1.b"].any()
    assert not weights["elman_2.b"].any()


def test_identity_holds_what_it_has():
    network, key = network_of("elman:6:relu")
    begun = IdentityInitialization()(network, key=key)
    assert (begun.weights()["elman_1.W"] == np.eye(6)).all()
    with precision("float64"):
        state = tuple(part._replace(h=part.h + 2.0) for part in begun.initial_states((1,)))
        _, after = begun.run(np.zeros((1, 50, 2)), state)
    np.testing.assert_array_equal(after[0].h, 2.0)


@pytest.mark.parametrize("text", ["elman:5", "lstm:4", "gru:3", "bi-elman:3"])
def test_orthogonal_keeps_norms(text):
    network, key = network_of(text)
    for name, W in OrthogonalInitialization(gain=1.5)(network, key=key).weights().items():
        if name.endswith(".W"):
            for block in np.split(W, len(W) // W.shape[1]):
                np.testing.assert_allclose(block @ block.T, 2.25 * np.eye(len(block)), atol=1e-12)


@pytest.mark.parametrize("name", initializations())
def test_the_key_decides_and_the_rest_stays(name):
    network, key = network_of("dense:3, elman:4, gru:3")
    begun = initialization(name)(network, key=key).weights()
    again = initialization(name)(network, key=key).weights()
    other = initialization(name)(network, key=member_keys(1, 1)[0]).weights()
    assert all((begun[field] == again[field]).all() for field in begun)
    assert (begun["dense_1.U"] == network.weights()["dense_1.U"]).all()
    assert any((begun[field] != other[field]).any() for field in begun)


@pytest.mark.parametrize("name", initializations())
def test_a_network_without_such_layers_is_refused(name):
    network, key = network_of("dense:3")
    with pytest.raises(InputError, match=f"the initialization {name}|no layer has a gate|gate"):
        initialization(name)(network, key=key)


def test_what_cannot_be_set_is_refused():
    network, key = network_of("elman:1")
    told = EchoStateInitialization(connections=1)
    assert abs(told(network, key=key).weights()["elman_1.W"][0, 0]) == pytest.approx(1.1)
    for settings, message in [
        ({"rho": 0.0}, "rho must be a finite number above 0"),
        ({"connections": 0}, "connections must be a whole number"),
        ({"input_scale": -1.0}, "input_scale must be"),
        ({"centred": 1}, "centred must be True or False"),
        ({"radius": 1.0}, "unknown setting of echo-state 'radius'"),
    ]:
        with pytest.raises(InputError, match=message):
            initialization("echo-state", **settings)
    with pytest.raises(InputError, match="did you mean 'identity'"):
        initialization("identiy")
