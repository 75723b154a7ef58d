"""Feed-forward networks on windows: every option of the recurrent ones that means something to them."""

from dataclasses import replace

import numpy as np
import pytest

import unrolled
from unrolled.errors import InputError
from unrolled.forecast import Forecaster
from unrolled.networks import NetworkDesign

WAVE = np.sin(0.4 * np.arange(40))
SMALL = {"epochs": 2, "members": 2, "units": 6}
OPTIONS = {
    "two layers": {"layers": 2, "activation": "relu", "dropout": 0.2},
    "named layers": {"network": "dense:8:relu, dense:4:sigmoid", "units": None},
    "on a recurrence": {"base": "recurrence:3", "sees": "differences", "window": 3},
    "padded": {"window": 5, "pad": True, "scale": "standard"},
    "bounded": {"output": "sigmoid", "scale": "range", "members": 1},
    "single precision": {"precision": "float32", "loss": "huber", "optimizer": "sgd", "momentum": 0.9},
    "stopped": {"patience": 1, "validation": 0.2, "clip_norm": 1.0, "batch_size": 4},
    "one lag": {"lags_as": "time", "window": 1},
    "with a recurrent layer": {"network": "dense:5:relu, elman:4", "units": None, "lags_as": "time"},
}


def made(options):
    settings = {name: value for name, value in (SMALL | options).items() if value is not None}
    return unrolled.model("feed-forward", **settings)


@pytest.mark.parametrize("name", OPTIONS)
def test_options(name, tmp_path):
    model = made(OPTIONS[name])
    fitted = model.fit(WAVE[:30])
    forecast = fitted.predict(4)
    assert forecast.members.shape == (model.members, 4, 1)
    again = unrolled.load(fitted.save(tmp_path / "model"))
    np.testing.assert_array_equal(again.predict(4).members, forecast.members)
    np.testing.assert_array_equal(again.one_step(WAVE).members, fitted.one_step(WAVE).members)
    np.testing.assert_array_equal(fitted.update(WAVE[30]).predict(1).x, [31.0])


def test_layers_and_units_are_those_of_the_dense_layers():
    layers = made({"layers": 3, "activation": "relu"}).design.layers
    assert [(layer.kind, layer.units, layer.activation) for layer in layers] == [("dense", 6, "relu")] * 3
    assert made({"window": 4}).summary().parameters == 6 * (4 + 1) + 7


def test_the_network_is_a_function_of_the_whole_window():
    """By hand, from the weights: V f(U z + b) + c, the oldest lag first."""
    fitted = made({"window": 3, "members": 1}).fit(WAVE[:30])
    weights = {name: np.asarray(value)[0] for name, value in fitted.sequence.networks.weights().items()}
    U, b = weights["dense_1.U"], weights["dense_1.b"]
    hidden = np.tanh(U @ WAVE[27:30] + b)
    wanted = weights["readout.V"] @ hidden + weights["readout.c"]
    np.testing.assert_allclose(fitted.predict(1).mean[0], wanted, rtol=1e-12)


def test_a_dense_network_by_any_name_sees_its_lags():
    model = unrolled.model("rnn", network="dense:6:tanh", window=4, epochs=1, members=1)
    assert model.lags_as == "features"
    assert model.summary().parameters == 6 * (4 + 1) + 7
    assert unrolled.model("rnn", network="dense:6:tanh, gru:4", window=4).lags_as == "time"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"lags_as": "time", "window": 3}, "sees only the last of 3 lags .* lags_as='features'"),
        ({"start": "learned"}, "a network without recurrent layers has none"),
        ({"norm_keeping": 0.1}, "norm_keeping says nothing to a network without recurrent layers"),
        ({"dropout": 1.0}, "dropout"),
        ({"units": 0}, "units"),
        ({"network": "dense:4"}, "leave units, layers and activation out"),
    ],
)
def test_what_says_nothing_is_refused(options, said):
    with pytest.raises(InputError, match=said):
        made(options).fit(WAVE)


def test_a_forecaster_of_ones_own_is_refused_too():
    model = Forecaster(NetworkDesign.parse("dense:4"), unrolled.model("rnn").learner, window=2)
    with pytest.raises(InputError, match="sees only the last of 2 lags"):
        model.fit(WAVE)
    assert not replace(model, lags_as="features").blind
