"""Write keras.npz and keras.json: what Keras answers for known weights, counts, and learns.

Run it where the extra `bench` is installed: `python tests/references/make_keras.py`.
"""

import keras
from keras.layers import GRU, LSTM, Dense, Input, SimpleRNN
from keras_training import optimizer_defaults, training_runs
from store import Store, rng_for

BATCH, TIME, FEATURES = 4, 7, 3


def in_precision(dtype):
    """Both are needed: the layers follow the policy, optimizers and losses follow floatx."""
    keras.utils.clear_session()
    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)


# Forward: every step is returned, and stacked layers differ in size so that no transposition goes unseen.
CASES = {
    "rnn-tanh": lambda: [SimpleRNN(5, "tanh", return_sequences=True), Dense(2)],
    "rnn-sigmoid": lambda: [SimpleRNN(5, "sigmoid", return_sequences=True), Dense(2)],
    "rnn-relu": lambda: [SimpleRNN(5, "relu", return_sequences=True), Dense(2)],
    "rnn-softmax": lambda: [SimpleRNN(5, "tanh", return_sequences=True), Dense(2, "softmax")],
    "lstm": lambda: [LSTM(5, return_sequences=True), Dense(2)],
    "gru": lambda: [GRU(5, return_sequences=True), Dense(2)],
    "rnn-2layer": lambda: [
        SimpleRNN(5, return_sequences=True),
        SimpleRNN(4, return_sequences=True),
        Dense(2),
    ],
    "lstm-2layer": lambda: [LSTM(5, return_sequences=True), LSTM(4, return_sequences=True), Dense(2)],
    "dense-gru-2layer": lambda: [
        Dense(6, "relu"),
        Dense(4, "relu"),
        GRU(5, return_sequences=True),
        GRU(3, return_sequences=True),
        Dense(2),
    ],
}


def randomize(model, rng):
    """Random biases too: Keras starts them at zero or one, where a swap would not show."""
    for layer in model.layers:
        layer.set_weights([rng.normal(0, 0.5, w.shape) for w in layer.get_weights()])


def layer_entry(store, key, layer):
    """One layer as Keras describes it, with its weights in the order of `get_weights`."""
    names = [weight.name for weight in layer.weights]
    return {
        "class_name": type(layer).__name__,
        "config": layer.get_config(),
        "weights": [store.put(f"{key}.{n}", w) for n, w in zip(names, layer.get_weights(), strict=True)],
    }


def forward(store, name, dtype):
    in_precision(dtype)
    model = keras.Sequential([Input((None, FEATURES)), *CASES[name]()])
    rng, key = rng_for(name), f"{name}.{dtype}"
    inputs = rng.normal(size=(BATCH, TIME, FEATURES)).astype(dtype)
    randomize(model, rng)
    return {
        "name": name,
        "dtype": dtype,
        "layers": [layer_entry(store, f"{key}.{i}", layer) for i, layer in enumerate(model.layers)],
        "inputs": store.put(f"{key}.inputs", inputs),
        "outputs": store.put(f"{key}.outputs", keras.ops.convert_to_numpy(model(inputs))),
    }


# Counting: the lecture's networks on windows of two values, and its net for the noisy sine.
NETWORKS = {
    "rnn": lambda: [Input((2, 1)), SimpleRNN(200, "tanh"), Dense(1)],
    "rnn-2layer": lambda: [
        Input((2, 1)),
        SimpleRNN(500, "sigmoid", return_sequences=True),
        SimpleRNN(500, "sigmoid"),
        Dense(1),
    ],
    "lstm-2layer": lambda: [Input((2, 1)), LSTM(250, return_sequences=True), LSTM(250), Dense(1)],
    "dense-gru-2layer": lambda: [
        Input((2, 1)),
        Dense(125, "relu"),
        Dense(125, "relu"),
        GRU(250, return_sequences=True),
        GRU(250),
        Dense(1),
    ],
    "noisy-sine": lambda: [Input((1, 4)), SimpleRNN(32, "relu"), Dense(8, "relu"), Dense(1)],
}


def parameter_count(name):
    in_precision("float32")
    model = keras.Sequential(NETWORKS[name]())
    layers = [
        {
            "class_name": type(layer).__name__,
            "units": layer.units,
            "activation": layer.activation.__name__,
            "output_shape": layer.output.shape,
            "parameters": layer.count_params(),
        }
        for layer in model.layers
    ]
    return {"input_shape": model.input_shape, "layers": layers, "total": model.count_params()}


def main():
    store = Store()
    cases = [forward(store, name, dtype) for name in CASES for dtype in ("float32", "float64")]
    counts = {name: parameter_count(name) for name in NETWORKS}
    in_precision("float64")  # training is compared step by step, so rounding must stay out of it
    description = {
        "cases": cases,
        "parameter_counts": counts,
        "optimizer_defaults": optimizer_defaults(),
        "training": training_runs(store),
    }
    store.write("keras", ["keras", "tensorflow-cpu", "numpy"], description)


if __name__ == "__main__":
    main()
