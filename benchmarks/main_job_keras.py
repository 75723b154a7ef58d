"""The lecture's job in Keras, written as a user writes it: learn 12 energies, continue to 20.

`python main_job_keras.py MODEL SEED` with MODEL rnn, lstm-2layer or dense-gru-2layer prints one line of JSON.
"""

import json
import sys
import time

start = time.perf_counter()

import keras  # noqa: E402 - the clock has to run before the import
import numpy as np  # noqa: E402
from keras.layers import GRU, LSTM, Dense, Input, SimpleRNN  # noqa: E402

imported = time.perf_counter()

ENERGIES = np.array(
    [
        *[-0.03077640549, -0.08336233266, -0.1446729567, -0.2116753732, -0.2830637392, -0.3581341341],
        *[-0.436462435, -0.5177783846, -0.6019067271, -0.6887363571, -0.7782028952, -0.8702784034],
        *[-0.9649652536, -1.062292565, -1.16231451, -1.265109911, -1.370782966, -1.479465113],
        *[-1.591317992, -1.70653767],
    ]
)
KNOWN, WINDOW = 12, 2

LAYERS = {
    "rnn": lambda: [SimpleRNN(200, "tanh")],
    "lstm-2layer": lambda: [LSTM(250, return_sequences=True), LSTM(250)],
    "dense-gru-2layer": lambda: [
        Dense(125, "relu"),
        Dense(125, "relu"),
        GRU(250, return_sequences=True),
        GRU(250),
    ],
}


def fit(name):
    """150 epochs of Adam on the raw values; the last of the ten windows is kept for validation."""
    inputs = np.array([ENERGIES[i : i + WINDOW] for i in range(KNOWN - WINDOW)])[:, :, None]
    targets = ENERGIES[WINDOW:KNOWN]
    model = keras.Sequential([Input((WINDOW, 1)), *LAYERS[name](), Dense(1)])
    model.compile(loss="mean_squared_error", optimizer="adam")
    model.fit(inputs, targets, epochs=150, validation_split=0.05, verbose=0)
    return model


def extrapolate(model):
    """Feed every prediction back."""
    values = list(ENERGIES[:KNOWN])
    while len(values) < len(ENERGIES):
        window = np.array(values[-WINDOW:])[None, :, None]
        values.append(model.predict(window, verbose=0)[0, 0])
    return np.array(values)


def main():
    keras.utils.set_random_seed(int(sys.argv[2]))
    model = fit(sys.argv[1])
    fitted = time.perf_counter()
    squares = (extrapolate(model) - ENERGIES) ** 2
    end = time.perf_counter()
    seconds = {"import": imported - start, "fit": fitted - imported, "predict": end - fitted}
    scores = {"mse_all": squares.mean(), "mse_forecast": squares[KNOWN:].mean()}
    print(json.dumps(seconds | {"total": end - start} | scores))


if __name__ == "__main__":
    main()
