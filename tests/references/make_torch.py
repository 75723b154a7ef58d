"""Write torch.npz and torch.json: outputs of PyTorch's recurrent layers for known weights.

Run it where the extra `bench` is installed: `python tests/references/make_torch.py`.
"""

import torch
from store import Store, rng_for
from torch import nn

BATCH, TIME, FEATURES, UNITS, OUTPUTS = 4, 7, 3, 5, 2

CASES = {
    "rnn-tanh": (nn.RNN, {"num_layers": 1, "nonlinearity": "tanh"}),
    "rnn-relu": (nn.RNN, {"num_layers": 1, "nonlinearity": "relu"}),
    "lstm": (nn.LSTM, {"num_layers": 1}),
    "gru": (nn.GRU, {"num_layers": 1}),
    "lstm-2layer": (nn.LSTM, {"num_layers": 2}),
}


def layer_entry(store, key, layer, config, rng):
    """Fill a layer with random weights and biases, and describe it."""
    weights = {}
    for name, parameter in layer.named_parameters():
        values = torch.as_tensor(rng.normal(0, 0.5, parameter.shape), dtype=parameter.dtype)
        parameter.data.copy_(values)
        weights[name] = store.put(f"{key}.{name}", values)
    return {"class_name": type(layer).__name__, "config": config, "weights": weights}


def forward(store, name, dtype):
    """One recurrent layer, or several in one, and a linear readout at every step."""
    kind, options = CASES[name]
    recurrent_config = {"input_size": FEATURES, "hidden_size": UNITS, **options}
    recurrent_config |= {"bias": True, "batch_first": True, "bidirectional": False}
    linear_config = {"in_features": UNITS, "out_features": OUTPUTS, "bias": True}
    torch_dtype = getattr(torch, dtype)
    recurrent = kind(**recurrent_config, dtype=torch_dtype)
    linear = nn.Linear(**linear_config, dtype=torch_dtype)

    rng, key = rng_for(name), f"{name}.{dtype}"
    inputs = torch.as_tensor(rng.normal(size=(BATCH, TIME, FEATURES)), dtype=torch_dtype)
    layers = [
        layer_entry(store, f"{key}.0", recurrent, recurrent_config, rng),
        layer_entry(store, f"{key}.1", linear, linear_config, rng),
    ]
    with torch.no_grad():
        outputs = linear(recurrent(inputs)[0])
    return {
        "name": name,
        "dtype": dtype,
        "layers": layers,
        "inputs": store.put(f"{key}.inputs", inputs),
        "outputs": store.put(f"{key}.outputs", outputs),
    }


def main():
    store = Store()
    cases = [forward(store, name, dtype) for name in CASES for dtype in ("float32", "float64")]
    store.write("torch", ["torch", "numpy"], {"cases": cases})


if __name__ == "__main__":
    main()
