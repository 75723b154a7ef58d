"""The same weights in Keras, in PyTorch, and here: the same outputs, the same counts."""

import json
from pathlib import Path

import jax
import numpy as np
import pytest

import unrolled
from unrolled.errors import InputError
from unrolled.networks import Network, from_keras, from_torch
from unrolled.types import precision

REFERENCES = Path(__file__).parent.parent / "references"
TOLERANCE = {"float32": 1e-6, "float64": 1e-12}


def stored(name):
    with np.load(REFERENCES / f"{name}.npz") as arrays:
        return json.loads((REFERENCES / f"{name}.json").read_text(encoding="utf-8")), dict(arrays)


KERAS, KERAS_ARRAYS = stored("keras")
TORCH, TORCH_ARRAYS = stored("torch")


def keras_layers(case):
    return [entry | {"weights": [KERAS_ARRAYS[key] for key in entry["weights"]]} for entry in case["layers"]]


def torch_layers(case):
    return [
        entry | {"weights": {name: TORCH_ARRAYS[key] for name, key in entry["weights"].items()}}
        for entry in case["layers"]
    ]


def check_outputs(network, case, arrays):
    with precision(case["dtype"]) as dtype:
        outputs = jax.jit(Network.__call__)(network, arrays[case["inputs"]])
        assert outputs.dtype == dtype
        np.testing.assert_allclose(outputs, arrays[case["outputs"]], rtol=0, atol=TOLERANCE[case["dtype"]])


@pytest.mark.parametrize("case", KERAS["cases"], ids=lambda case: f"{case['name']}-{case['dtype']}")
def test_outputs_equal_keras(case):
    check_outputs(from_keras(keras_layers(case)), case, KERAS_ARRAYS)


@pytest.mark.parametrize("case", TORCH["cases"], ids=lambda case: f"{case['name']}-{case['dtype']}")
def test_outputs_equal_torch(case):
    check_outputs(from_torch(torch_layers(case)), case, TORCH_ARRAYS)


@pytest.mark.parametrize("name", KERAS["parameter_counts"])
def test_summary_equals_keras(name):
    wanted = KERAS["parameter_counts"][name]
    model = unrolled.model(name)
    rows = model.summary().rows
    assert [row.parameters for row in rows] == [layer["parameters"] for layer in wanted["layers"]]
    assert [row.activation for row in rows] == [layer["activation"] for layer in wanted["layers"]]
    shapes = [tuple("batch" if size is None else size for size in layer["output_shape"]) for layer in wanted["layers"]]
    if name == "dense-gru-2layer":  # Keras's dense layers before a GRU hand on every step, as ours do
        assert shapes[0] == ("batch", 2, 125)
    assert [row.output_shape for row in rows] == shapes
    assert model.summary().parameters == wanted["total"]
    assert model.design.parameter_count(wanted["input_shape"][-1], 1) == wanted["total"]


def dense(activation="linear", **config):
    return {
        "class_name": "Dense",
        "config": {"activation": activation, "use_bias": True} | config,
        "weights": [np.ones((1, 2)), np.zeros(2)],
    }


def keras_activation(name):
    return {"class_name": "Activation", "config": {"activation": name}, "weights": []}


def test_keras_activation_layer_belongs_to_the_dense_before_it():
    network = from_keras([dense(), keras_activation("softmax")])
    assert network.readout.activation == "softmax"


@pytest.mark.parametrize(
    ("layers", "words"),
    [
        ([dense() | {"class_name": "Conv1D"}], "Conv1D has no counterpart"),
        ([dense(use_bias=False)], "use_bias"),
        ([dense(go_backwards=True)], "go_backwards"),
        ([dense(recurrent_activation="hard_sigmoid")], "must be sigmoid"),
        ([dense("gelu")], "unknown activation in Keras"),
        ([dense("relu"), keras_activation("tanh")], "must follow a Dense"),
        ([keras_activation("tanh")], "must follow a Dense"),
        ([], "must be Dense"),
        (
            [{"class_name": "GRU", "config": {"activation": "tanh", "reset_after": False}, "weights": []}],
            "reset_after",
        ),
    ],
)
def test_keras_without_counterpart(layers, words):
    with pytest.raises(InputError, match=words):
        from_keras(layers)


def linear(**config):
    return {
        "class_name": "Linear",
        "config": config,
        "weights": {"weight": np.ones((1, 2)), "bias": np.zeros(1)},
    }


def test_torch_activation_module_belongs_to_the_linear_before_it():
    network = from_torch([linear(), {"class_name": "Sigmoid", "config": {}, "weights": {}}])
    assert network.readout.activation == "sigmoid"


@pytest.mark.parametrize(
    ("modules", "words"),
    [
        ([linear(bias=False)], "bias=False"),
        ([linear(bidirectional=True)], "bidirectional"),
        ([linear() | {"class_name": "Conv1d"}], "Conv1d has no counterpart"),
        ([{"class_name": "Tanh", "config": {}, "weights": {}}], "must follow a Linear"),
        ([], "must be Linear"),
    ],
)
def test_torch_without_counterpart(modules, words):
    with pytest.raises(InputError, match=words):
        from_torch(modules)


class Module:
    """What PyTorch's modules look like from outside."""

    def __init__(self, *children, **weights):
        self.inside, self.weights = children, weights

    def children(self):
        return iter(self.inside)

    def state_dict(self):
        return {name: Tensor(value) for name, value in self.weights.items()}


class Tensor:
    def __init__(self, value):
        self.value = value

    def detach(self):
        return self

    def cpu(self):
        return self

    def numpy(self):
        return self.value


class Linear(Module):
    def __init__(self):
        super().__init__(weight=np.ones((1, 2)), bias=np.ones(1))
        self.bias = self.weights["bias"]


class KerasModel:
    """What a Keras model looks like from outside."""

    def __init__(self):
        self.layers = [Dense()]


class Dense:
    def get_config(self):
        return {"activation": "linear", "use_bias": True}

    def get_weights(self):
        return [np.ones((2, 1)), np.ones(1)]


def test_modules_and_models_are_read_without_their_libraries():
    for network in (from_torch(Module(Linear())), from_torch(Linear()), from_keras(KerasModel())):
        assert network.weights()["readout.V"].tolist() == [[1.0, 1.0]]
