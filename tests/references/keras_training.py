"""Training runs in Keras from known weights: the oracle for our own training loop. Used by make_keras.py."""

import keras
import numpy as np
from keras.layers import Dense, Input, SimpleRNN
from keras.optimizers import SGD, Adam, AdamW, RMSprop
from store import rng_for

# The first 12 values of the catalogue's `pairing-particles`.
SERIES = [-0.03077640549, -0.08336233266, -0.1446729567, -0.2116753732, -0.2830637392, -0.3581341341]
SERIES += [-0.436462435, -0.5177783846, -0.6019067271, -0.6887363571, -0.7782028952, -0.8702784034]
WINDOW, UNITS = 2, 6

FIT = {"epochs": 30, "batch_size": 4, "shuffle": False, "validation_split": 0.05}

# Keras passes a plain Python float through float32 on its way to float64 (momentum, the betas, the decay,
# the clips); a numpy double stays whole, so that these runs are exact and ours can be compared to 1e-12.
f64 = np.float64
BETAS = {"beta_1": f64(0.9), "beta_2": f64(0.999)}
MOMENTUM = {"momentum": f64(0.9)}

# Every run: optimizer with Keras's defaults but for what is named, loss, and what its `fit` changes.
RUNS = {
    "adam": (Adam, BETAS, "mse", {}),
    "adam-full-batch": (Adam, BETAS, "mse", {"batch_size": 16}),
    "adam-mae": (Adam, BETAS, "mae", {}),
    "adam-huber": (Adam, BETAS, "huber", {}),
    "adamw": (AdamW, BETAS | {"weight_decay": f64(0.004)}, "mse", {}),
    "rmsprop": (RMSprop, {}, "mse", {}),
    "sgd-momentum": (SGD, MOMENTUM, "mse", {}),
    "sgd-nesterov": (SGD, MOMENTUM | {"nesterov": True}, "mse", {}),
    "sgd-global-clipnorm": (SGD, MOMENTUM | {"global_clipnorm": f64(0.01)}, "mse", {}),
    # Wide enough to stop clipping on the way, so that both branches are seen.
    "sgd-global-clipnorm-wide": (SGD, MOMENTUM | {"global_clipnorm": f64(0.5)}, "mse", {}),
    "sgd-clipvalue": (SGD, MOMENTUM | {"clipvalue": f64(0.001)}, "mse", {}),
}


def windows():
    """Pairs (two neighbours, the next value): inputs (10, 2, 1), targets (10, 1)."""
    pairs = np.lib.stride_tricks.sliding_window_view(np.array(SERIES), WINDOW + 1)
    return pairs[:, :WINDOW, None].copy(), pairs[:, WINDOW:].copy()


def network(batch=None, stateful=False):
    layers = [SimpleRNN(UNITS, "tanh", stateful=stateful), Dense(1)]
    model = keras.Sequential([Input(batch_shape=(batch, WINDOW, 1)), *layers])
    model.set_weights(initial_weights(model))
    return model


def initial_weights(model):
    """The same for every run; the output starts high, so that errors lie on both sides of Huber's corner."""
    rng = rng_for("training")
    weights = [rng.normal(0, 0.4, w.shape) for w in model.get_weights()]
    weights[-1] = np.array([0.2])
    return weights


def record(store, name, model, fit, history):
    """Histories and final weights of one run, and the settings that gave them."""
    optimizer = model.optimizer
    return {
        "name": name,
        "optimizer": {"class_name": type(optimizer).__name__, "config": optimizer.get_config()},
        "loss": model.loss,
        "fit": fit,
        "stateful": model.layers[0].stateful,
        "history": {key: store.put(f"training.{name}.{key}", values) for key, values in history.items()},
        "final_weights": [store.put(f"training.{name}.final.{i}", w) for i, w in enumerate(model.get_weights())],
    }


def plain_run(store, name):
    """From the stored weights, in the order of the windows; Keras keeps the last one for validation."""
    kind, options, loss, changes = RUNS[name]
    inputs, targets = windows()
    model, fit = network(), FIT | changes
    model.compile(optimizer=kind(**options), loss=loss)
    history = model.fit(inputs, targets, verbose=0, **fit).history
    return record(store, name, model, fit, history)


def stateful_run(store):
    """Row i of a batch goes on where row i of the last batch ended; every epoch starts from zero."""
    inputs, targets = (a[:9] for a in windows())
    model, fit = network(batch=3, stateful=True), {"epochs": 5, "batch_size": 3, "shuffle": False}
    model.compile(optimizer=Adam(**BETAS), loss="mse")
    reset = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: model.layers[0].reset_state())
    history = model.fit(inputs, targets, verbose=0, callbacks=[reset], **fit).history
    entry = record(store, "stateful", model, fit, history)
    return entry | {"windows_used": len(inputs), "states_reset": "to zero at the start of every epoch"}


def training_runs(store):
    inputs, targets = windows()
    model = network()
    names = [f"{layer.name}.{w.name}" for layer in model.layers for w in layer.weights]
    initial = zip(names, model.get_weights(), strict=True)
    return {
        "dtype": "float64",
        "inputs": store.put("training.inputs", inputs),
        "targets": store.put("training.targets", targets),
        "layers": [{"class_name": type(layer).__name__, "config": layer.get_config()} for layer in model.layers],
        "initial_weights": [store.put(f"training.initial.{name}", w) for name, w in initial],
        "runs": [plain_run(store, name) for name in RUNS] + [stateful_run(store)],
    }


def optimizer_defaults():
    kinds = ("SGD", "RMSprop", "Adam", "AdamW", "Nadam", "Adamax", "Adagrad", "Adadelta")
    return {kind: getattr(keras.optimizers, kind)().get_config() for kind in kinds}
