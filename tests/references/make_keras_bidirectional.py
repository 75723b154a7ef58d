"""Write keras_bidirectional.npz and .json: what Keras's Bidirectional layers answer for known weights, and their sizes.

Run it where the extra `bench` is installed: `python tests/references/make_keras_bidirectional.py`.
"""

import keras
from keras.layers import GRU, LSTM, Bidirectional, Dense, Input, SimpleRNN
from make_keras import in_precision, randomize
from store import Store, rng_for

BATCH, TIME, FEATURES = 4, 7, 3

# Outputs at every step, then one from the final states of the last recurrent layer.
CASES = {
    "bi-rnn": lambda: [Bidirectional(SimpleRNN(4, "sigmoid", return_sequences=True)), Dense(2)],
    "bi-lstm": lambda: [Bidirectional(LSTM(4, return_sequences=True)), Dense(2)],
    "bi-gru": lambda: [Bidirectional(GRU(4, return_sequences=True)), Dense(2)],
    "bi-lstm-final": lambda: [Bidirectional(LSTM(4)), Dense(2)],
    "lstm-bi-gru-final": lambda: [LSTM(5, return_sequences=True), Bidirectional(GRU(3)), Dense(4, "relu"), Dense(2)],
    "bi-rnn-lstm-final": lambda: [Bidirectional(SimpleRNN(3, return_sequences=True)), LSTM(4), Dense(2)],
}


def layer_entry(store, key, layer):
    """One layer as Keras describes it, with its weights in the order of `get_weights`, and its size."""
    return {
        "class_name": type(layer).__name__,
        "config": layer.get_config(),
        "weights": [store.put(f"{key}.{i}", weight) for i, weight in enumerate(layer.get_weights())],
        "parameters": layer.count_params(),
        "output_shape": layer.output.shape,
    }


def forward(store, name):
    model = keras.Sequential([Input((TIME, FEATURES)), *CASES[name]()])
    rng = rng_for(name)
    inputs = rng.normal(size=(BATCH, TIME, FEATURES))
    randomize(model, rng)
    return {
        "name": name,
        "dtype": "float64",
        "layers": [layer_entry(store, f"{name}.{i}", layer) for i, layer in enumerate(model.layers)],
        "inputs": store.put(f"{name}.inputs", inputs),
        "outputs": store.put(f"{name}.outputs", keras.ops.convert_to_numpy(model(inputs))),
        "parameters": model.count_params(),
    }


def main():
    in_precision("float64")
    store = Store()
    cases = [forward(store, name) for name in CASES]
    store.write("keras_bidirectional", ["keras", "tensorflow-cpu", "numpy"], {"cases": cases})


if __name__ == "__main__":
    main()
