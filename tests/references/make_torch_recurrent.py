"""Write torch_recurrent.npz and .json: PyTorch's recurrent layers with directions, lengths, states and gradients.

Run it where the extra `bench` is installed: `python tests/references/make_torch_recurrent.py`.
"""

import torch
from store import Store, rng_for
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

BATCH, TIME, FEATURES, UNITS, OUTPUTS = 4, 7, 3, 4, 2
LENGTHS = [7, 3, 5, 1]

KINDS = {"rnn-tanh": (nn.RNN, {"nonlinearity": "tanh"}), "lstm": (nn.LSTM, {}), "gru": (nn.GRU, {})}
# Layers, directions, and the real steps of every sequence.
FORMS = {
    "2layer": (2, 1, None),
    "2layer-bidirectional": (2, 2, None),
    "2layer-ragged": (2, 1, LENGTHS),
    "bidirectional-ragged": (1, 2, LENGTHS),
}
FORMAT = {
    "layers": "a recurrent layer and a Linear readout at every step; weights and gradients by name in the state dict",
    "gates": "below each other: LSTM i f g o, GRU r z n with n = tanh(W_in x + b_in + r (W_hn h + b_hn))",
    "suffixes": "_lK is layer K from 0, with _reverse its backward direction; layer 1 reads forward then backward",
    "inputs": "(batch, time, feature); padded steps hold numbers that nothing may depend on",
    "lengths": "the real steps of every sequence, from its start; null where all are real",
    "real": "(batch, time), true where a step is real; null where all are",
    "initial, final": "h and, of an LSTM, c (its memory), each (layer * directions + direction, batch, unit). The "
    "backward direction starts at the last real step; final is after the last real step, backward after step 0",
    "outputs": "(batch, time, output); on padded steps the readout of zero, which is its bias",
    "errors": "E, the shape of the outputs, zero on padded steps",
    "gradients": "of sum(E * outputs), for weights with their layer; input_gradient; initial_gradients by h and c",
}


def filled(tensor, rng, scale):
    """The same tensor with random numbers in it."""
    values = torch.as_tensor(rng.normal(0, scale, tuple(tensor.shape)), dtype=tensor.dtype)
    with torch.no_grad():
        return tensor.copy_(values)


def random_leaf(rng, scale, *shape):
    return filled(torch.zeros(shape, dtype=torch.float64), rng, scale).requires_grad_()


def modules(name, form, rng):
    """The recurrent layer and the readout with random weights, and the options that made them."""
    kind, options = KINDS[name]
    count, directions, _ = FORMS[form]
    recurrent_config = {"input_size": FEATURES, "hidden_size": UNITS, "num_layers": count, **options}
    recurrent_config |= {"bias": True, "batch_first": True, "bidirectional": directions == 2}
    linear_config = {"in_features": UNITS * directions, "out_features": OUTPUTS, "bias": True}
    recurrent = kind(**recurrent_config, dtype=torch.float64)
    linear = nn.Linear(**linear_config, dtype=torch.float64)
    for parameter in (*recurrent.parameters(), *linear.parameters()):
        filled(parameter, rng, 0.5)
    return (recurrent, recurrent_config), (linear, linear_config)


def run(recurrent, inputs, initial, lengths):
    """Activities at every step, zero on padded ones, and the final states by name."""
    state = tuple(initial.values()) if "c" in initial else initial["h"]
    if lengths is None:
        hidden, final = recurrent(inputs, state)
    else:
        packed = pack_padded_sequence(inputs, lengths, batch_first=True, enforce_sorted=False)
        hidden, final = recurrent(packed, state)
        hidden, _ = pad_packed_sequence(hidden, batch_first=True, total_length=TIME)
    return hidden, dict(zip(initial, final if "c" in initial else (final,), strict=True))


def real_steps(lengths):
    return torch.arange(TIME) < torch.tensor(lengths or [TIME] * BATCH)[:, None]


def put_all(store, key, tensors):
    return {name: store.put(f"{key}.{name}", tensor.detach()) for name, tensor in tensors.items()}


def layer_entry(store, key, module, config):
    """A layer as PyTorch describes it, with the weights and their gradients."""
    parameters = dict(module.named_parameters())
    return {
        "class_name": type(module).__name__,
        "config": config,
        "weights": put_all(store, key, parameters),
        "gradients": put_all(store, f"{key}.gradient", {name: p.grad for name, p in parameters.items()}),
    }


def case(store, name, form):
    """One pass forward, one backward, and everything that goes in and comes out."""
    key = f"{name}-{form}"
    rng = rng_for(key)
    (recurrent, recurrent_config), (linear, linear_config) = modules(name, form, rng)
    count, directions, lengths = FORMS[form]
    inputs = random_leaf(rng, 1.0, BATCH, TIME, FEATURES)
    states = ("h", "c") if name == "lstm" else ("h",)
    initial = {state: random_leaf(rng, 0.5, count * directions, BATCH, UNITS) for state in states}
    real = real_steps(lengths)
    errors = filled(torch.zeros(BATCH, TIME, OUTPUTS, dtype=torch.float64), rng, 1.0) * real[..., None]

    hidden, final = run(recurrent, inputs, initial, lengths)
    outputs = linear(hidden)
    (errors * outputs).sum().backward()
    return {
        "name": key,
        "dtype": "float64",
        "lengths": lengths,
        "real": None if lengths is None else store.put(f"{key}.real", real),
        "layers": [
            layer_entry(store, f"{key}.0", recurrent, recurrent_config),
            layer_entry(store, f"{key}.1", linear, linear_config),
        ],
        "inputs": store.put(f"{key}.inputs", inputs.detach()),
        "initial": put_all(store, f"{key}.initial", initial),
        "outputs": store.put(f"{key}.outputs", outputs.detach()),
        "final": put_all(store, f"{key}.final", final),
        "errors": store.put(f"{key}.errors", errors),
        "input_gradient": store.put(f"{key}.input_gradient", inputs.grad),
        "initial_gradients": put_all(store, f"{key}.initial_gradient", {s: v.grad for s, v in initial.items()}),
    }


def main():
    store = Store()
    cases = [case(store, name, form) for name in KINDS for form in FORMS]
    store.write("torch_recurrent", ["torch", "numpy"], {"format": FORMAT, "cases": cases})


if __name__ == "__main__":
    main()
