"""The same weights in Keras, in PyTorch, and here: the same outputs, the same counts."""

import json
from pathlib import Path

import jax
import numpy as np
import pytest

import unrolled
from network_formulas import compiled, equal, product
from unrolled.errors import InputError
from unrolled.networks import BothStates, Network, NetworkDesign, from_keras, from_torch, summarize
from unrolled.types import precision

REFERENCES = Path(__file__).parent.parent / "references"
TOLERANCE = {"float32": 1e-6, "float64": 1e-12}


def stored(name):
    with np.load(REFERENCES / f"{name}.npz") as arrays:
        return json.loads((REFERENCES / f"{name}.json").read_text(encoding="utf-8")), dict(arrays)


KERAS, KERAS_ARRAYS = stored("keras")
KERAS_BOTH, KERAS_BOTH_ARRAYS = stored("keras_bidirectional")
TORCH, TORCH_ARRAYS = stored("torch")
RECURRENT, RECURRENT_ARRAYS = stored("torch_recurrent")


def keras_layers(case, arrays=KERAS_ARRAYS):
    return [entry | {"weights": [arrays[key] for key in entry["weights"]]} for entry in case["layers"]]


def torch_layers(case, arrays=TORCH_ARRAYS, field="weights"):
    return [entry | {"weights": {name: arrays[key] for name, key in entry[field].items()}} for entry in case["layers"]]


def check_outputs(network, case, arrays):
    with precision(case["dtype"]) as dtype:
        outputs = compiled(Network.__call__)(network, arrays[case["inputs"]])
        assert outputs.dtype == dtype
        np.testing.assert_allclose(outputs, arrays[case["outputs"]], rtol=0, atol=TOLERANCE[case["dtype"]])


@pytest.mark.parametrize("case", KERAS["cases"], ids=lambda case: f"{case['name']}-{case['dtype']}")
def test_outputs_equal_keras(case):
    check_outputs(from_keras(keras_layers(case)), case, KERAS_ARRAYS)


@pytest.mark.parametrize("case", TORCH["cases"], ids=lambda case: f"{case['name']}-{case['dtype']}")
def test_outputs_equal_torch(case):
    check_outputs(from_torch(torch_layers(case)), case, TORCH_ARRAYS)


@pytest.mark.parametrize("case", KERAS_BOTH["cases"], ids=lambda case: case["name"])
def test_both_directions_equal_keras(case):
    network = from_keras(keras_layers(case, KERAS_BOTH_ARRAYS))
    assert network.reads == ("final" if case["name"].endswith("final") else "steps")
    check_outputs(network, case | {"outputs": "outputs"}, KERAS_BOTH_ARRAYS | {"outputs": keras_outputs(case)})
    design, time = NetworkDesign.of(network), KERAS_BOTH_ARRAYS[case["inputs"]].shape[1]
    assert design.parameter_count(network.features, network.outputs) == case["parameters"]
    last = 1 if network.reads == "final" else time
    rows = summarize(design, network.features, network.outputs, time, last=last).rows
    assert [row.parameters for row in rows] == [layer["parameters"] for layer in case["layers"]]
    assert [row.output_shape for row in rows] == [("batch", *layer["output_shape"][1:]) for layer in case["layers"]]


def keras_outputs(case):
    """Keras leaves the axis of time out where there is one step; here it stays."""
    outputs = KERAS_BOTH_ARRAYS[case["outputs"]]
    return outputs if outputs.ndim == 3 else outputs[:, None]


# Two layers, two directions, sequences of unequal length; forward, final states, and back.


@compiled
def gradients(network, inputs, states, real, errors):
    def error(network, inputs, states):
        made = network.run(inputs, states, real=real)
        return product(errors, made[0]), made

    return jax.grad(error, (0, 1, 2), has_aux=True)(network, inputs, states)


def states_of(network, by_name):
    """PyTorch's states, layer by layer and direction by direction: h and, of an LSTM, c."""
    rows = iter(range(len(by_name["h"])))

    def state(layer):
        if hasattr(layer, "forward"):
            return BothStates(state(layer.forward), state(layer.backward))
        row = next(rows)
        return layer.state_type(*(values[row] for values in by_name.values()))

    return tuple(map(state, network.layers))


@pytest.mark.parametrize("case", RECURRENT["cases"], ids=lambda case: case["name"])
def test_gradients_equal_torch(case):
    arrays = RECURRENT_ARRAYS
    network = from_torch(torch_layers(case, arrays))
    initial, final, initial_gradients = (
        states_of(network, {name: arrays[key] for name, key in case[field].items()})
        for field in ("initial", "final", "initial_gradients")
    )
    inputs, errors = arrays[case["inputs"]], arrays[case["errors"]]
    real = np.ones(inputs.shape[:2], bool) if case["real"] is None else arrays[case["real"]]
    with precision("float64"):
        (dnetwork, dinputs, dstates), (outputs, after) = gradients(network, inputs, initial, real, errors)
    equal(outputs[real], arrays[case["outputs"]][real], atol=1e-10)
    equal(after, final, atol=1e-10)
    equal(dinputs, arrays[case["input_gradient"]], atol=1e-10)
    equal(dstates, initial_gradients, atol=1e-10)
    wanted = from_torch([without_second_bias(layer) for layer in torch_layers(case, arrays, "gradients")])
    equal(dnetwork, wanted, atol=1e-10)


@pytest.mark.parametrize("case", RECURRENT["cases"], ids=lambda case: case["name"])
def test_numbers_of_weights_are_those_of_torch_without_the_second_bias(case):
    design = NetworkDesign.of(from_torch(torch_layers(case, RECURRENT_ARRAYS)))
    recurrent, linear = torch_layers(case, RECURRENT_ARRAYS)
    sizes = {name: weight.size for name, weight in {**recurrent["weights"], **linear["weights"]}.items()}
    second = 0 if recurrent["class_name"] == "GRU" else sum(sizes[n] for n in sizes if n.startswith("bias_hh"))
    features, outputs = recurrent["config"]["input_size"], linear["config"]["out_features"]
    assert design.parameter_count(features, outputs) == sum(sizes.values()) - second


def without_second_bias(layer):
    """Two biases that are added have one and the same derivative, which counts once; a GRU's two are not added."""
    weights = layer["weights"]
    if layer["class_name"] == "GRU":
        return layer
    return layer | {"weights": {name: value * (not name.startswith("bias_hh")) for name, value in weights.items()}}


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


def simple(units, **config):
    return {
        "class_name": "SimpleRNN",
        "config": {"activation": "tanh", "use_bias": True} | config,
        "weights": [np.ones((1, units)), np.eye(units), np.zeros(units)],
    }


def keras_both(**config):
    layer = config.get("layer", simple(3))
    weights = [*layer["weights"], *config.get("backward_layer", layer)["weights"]]
    return {
        "class_name": "Bidirectional",
        "config": {"layer": layer, "merge_mode": "concat"} | config,
        "weights": weights,
    }


def keras_activation(name):
    return {"class_name": "Activation", "config": {"activation": name}, "weights": []}


def test_keras_activation_layer_belongs_to_the_dense_before_it():
    network = from_keras([dense(), keras_activation("softmax")])
    assert network.readout.activation == "softmax"


@pytest.mark.parametrize(
    ("returned", "reads"), [([True, True], "steps"), ([True, False], "final"), ([None, None], "steps"), ([], "steps")]
)
def test_the_last_recurrent_keras_layer_says_what_is_read(returned, reads):
    """Entries that say nothing of it return every step."""
    layers = [simple(1, **({} if every is None else {"return_sequences": every})) for every in returned]
    assert from_keras([*layers, dense("relu"), dense()]).reads == reads


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
        ([keras_both(merge_mode="sum")], "merge_mode='concat'; it has 'sum'"),
        ([keras_both(backward_layer=simple(2))], "elman:3:tanh and elman:2:tanh"),
        ([keras_both(layer=dense())], "Bidirectional layer must hold two recurrent layers"),
        ([keras_both(layer=simple(3, go_backwards=True))], "go_backwards"),
        ([keras_both(layer=simple(3) | {"class_name": "ConvLSTM1D"})], "ConvLSTM1D has no counterpart"),
        (
            [keras_both(layer=simple(3, return_sequences=False)), simple(2), dense()],
            "follows a SimpleRNN layer, which needs return_sequences=True",
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
        ([linear(proj_size=2) | {"class_name": "LSTM"}], "projected"),
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
