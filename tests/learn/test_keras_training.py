"""Whole training runs, step by step the same as Keras's."""

import json
from pathlib import Path

import jax
import numpy as np
import pytest

from unrolled.learn import GradientDescent, Optimizer, train
from unrolled.networks import from_keras, member_keys
from unrolled.types import Batch, precision

REFERENCES = Path(__file__).parent.parent / "references"
with np.load(REFERENCES / "keras.npz") as stored:
    ARRAYS = dict(stored)
TRAINING = json.loads((REFERENCES / "keras.json").read_text(encoding="utf-8"))["training"]
LOSSES = {"mse": "squared", "mae": "absolute", "huber": "huber"}


def network(keys):
    weights = [ARRAYS[key] for key in keys]
    first, last = TRAINING["layers"]
    return from_keras([first | {"weights": weights[:3]}, last | {"weights": weights[3:]}])


def learner(run):
    kind, config, fit = run["optimizer"]["class_name"].lower(), run["optimizer"]["config"], run["fit"]
    optimizer = Optimizer(
        kind,
        learning_rate=config["learning_rate"],
        momentum=config.get("momentum", 0.0) if kind == "sgd" else 0.0,
        nesterov=config.get("nesterov", False),
        weight_decay=config.get("weight_decay") or 0.004,
    )
    return GradientDescent(
        optimizer,
        loss=LOSSES[run["loss"]],
        epochs=fit["epochs"],
        batch_size=fit["batch_size"],
        shuffle=fit["shuffle"],
        stateful=run["stateful"],
        validation=fit.get("validation_split", 0.0),
        clip_norm=config.get("global_clipnorm"),
        clip_value=config.get("clipvalue"),
    )


@pytest.mark.parametrize("run", TRAINING["runs"], ids=lambda run: run["name"])
def test_training_equals_keras(run):
    count = run.get("windows_used")
    inputs, targets = (ARRAYS[TRAINING[name]][:count] for name in ("inputs", "targets"))
    with precision("float64"):
        initial = jax.tree.map(lambda leaf: leaf[None], network(TRAINING["initial_weights"]))
        fit = train(initial, learner(run), Batch(inputs, targets[:, None]), keys=member_keys(0, 1))
    history = run["history"]
    np.testing.assert_allclose(fit.history.loss[0], ARRAYS[history["loss"]], rtol=1e-12)
    if "val_loss" in history:
        np.testing.assert_allclose(fit.history.validation_loss[0], ARRAYS[history["val_loss"]], rtol=1e-12)
    else:
        assert fit.history.validation_loss is None
    for name, value in network(run["final_weights"]).weights().items():
        np.testing.assert_allclose(fit.networks.weights()[name][0], value, rtol=0, atol=1e-13)


def test_default_learning_rates_are_keras():
    defaults = json.loads((REFERENCES / "keras.json").read_text(encoding="utf-8"))["optimizer_defaults"]
    for name in ("SGD", "RMSprop", "Adam", "AdamW"):
        assert Optimizer(name.lower()).rate == pytest.approx(defaults[name]["learning_rate"], rel=1e-7)
    assert Optimizer("adamw").weight_decay == defaults["AdamW"]["weight_decay"]
