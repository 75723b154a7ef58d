"""Networks with the weights of a Keras model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from unrolled.errors import InputError, nearest_name
from unrolled.networks._activations import activations
from unrolled.networks._bidirectional import Bidirectional
from unrolled.networks._dense import Dense, Readout
from unrolled.networks._elman import Elman
from unrolled.networks._gru import GRU
from unrolled.networks._lstm import LSTM
from unrolled.networks._network import Layer, Network

__all__ = ["from_keras"]

_IGNORED = ("InputLayer", "Dropout")


def from_keras(model: Any) -> Network:
    """A network with the layers and weights of a Keras model.

    Parameters
    ----------
    model
        A Keras (Sequential) model of SimpleRNN, LSTM, GRU, Bidirectional (merge_mode="concat") and Dense layers whose
        last layer is Dense, or the same as data: a sequence of mappings with ``class_name``, ``config``
        (``layer.get_config()``) and ``weights`` (``layer.get_weights()``). An Activation layer belongs to the linear
        Dense one before it. Keras itself is not imported.

    Returns
    -------
    Network
        In the precision of the model. Keras keeps weights as (input, unit) and the gates of a GRU as update, reset,
        candidate; here they are (unit, input) and reset, update, candidate. Where the last recurrent layer says
        return_sequences=False the network has ``reads="final"``.

    Raises
    ------
    InputError
        A layer or an option of a layer that has no counterpart.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.networks import from_keras
    >>> rnn = {"class_name": "SimpleRNN", "config": {"activation": "tanh", "use_bias": True},
    ...        "weights": [np.ones((1, 3)), np.eye(3), np.zeros(3)]}
    >>> dense = {"class_name": "Dense", "config": {"activation": "linear", "use_bias": True},
    ...          "weights": [np.ones((3, 1)), np.zeros(1)]}
    >>> from_keras([rnn, dense]).weights()["elman_1.U"].shape
    (3, 1)
    """
    described = list(_describe(model))
    layers: list[Layer] = []
    for entry in described:
        if entry["class_name"] == "Activation":
            layers = _activated(layers, _function(entry["config"]["activation"]))
        elif entry["class_name"] not in _IGNORED:
            layers.append(_layer(entry))
    last = layers.pop() if layers else None
    if not isinstance(last, Dense):
        raise InputError("the last layer of the Keras model must be Dense: it becomes the readout V, c.")
    return Network(tuple(layers), Readout(last.U, last.b, last.activation), reads=_reads(described))


def _describe(model: Any) -> Sequence[Mapping[str, Any]]:
    if not hasattr(model, "layers"):
        return model
    return [
        {"class_name": type(la).__name__, "config": la.get_config(), "weights": la.get_weights()} for la in model.layers
    ]


def _reads(described: Sequence[Mapping[str, Any]]) -> str:
    """What the readout sees: every step, or the end of the last recurrent layer."""
    ends = [_inside(entry) for entry in described if entry["class_name"] in _RECURRENT]
    every_step = [entry["config"].get("return_sequences", True) for entry in ends]
    if not all(every_step[:-1]):
        name = ends[every_step.index(False)]["class_name"]
        raise InputError(f"a recurrent Keras layer follows a {name} layer, which needs return_sequences=True then.")
    return "steps" if all(every_step) else "final"


def _inside(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    return entry["config"]["layer"] if entry["class_name"] == "Bidirectional" else entry


def _layer(entry: Mapping[str, Any]) -> Layer:
    return _both_ways(entry) if entry["class_name"] == "Bidirectional" else _one_way(entry)


def _both_ways(entry: Mapping[str, Any]) -> Bidirectional:
    config, weights = entry["config"], entry["weights"]
    if config.get("merge_mode") != "concat":
        raise InputError(
            f"a Keras Bidirectional layer must have merge_mode='concat'; it has {config.get('merge_mode')!r}."
        )
    ahead, half = config["layer"], len(weights) // 2
    # Without settings of its own the way back has those of the way ahead.
    behind = config.get("backward_layer") or ahead
    behind = {**behind, "config": {**behind["config"], "go_backwards": False}}
    cells = [_one_way({**ahead, "weights": weights[:half]}), _one_way({**behind, "weights": weights[half:]})]
    kinds = [f"{cell.kind}:{cell.units}:{cell.activation}" for cell in cells]
    if kinds[0] != kinds[1] or not cells[0].recurrent:
        raise InputError(
            "a Keras Bidirectional layer must hold two recurrent layers of one kind, size and activation; it holds "
            f"{kinds[0]} and {kinds[1]}."
        )
    return Bidirectional(*cells)


def _one_way(entry: Mapping[str, Any]) -> Any:
    name, config = entry["class_name"], entry["config"]
    weights = [np.asarray(w) for w in entry["weights"]]
    if name not in _MAKERS:
        raise InputError(
            f"the Keras layer {name} has no counterpart here; known are {', '.join(_MAKERS)}, Bidirectional, "
            f"Activation, and {', '.join(_IGNORED)}, which change nothing."
        )
    if not config.get("use_bias", True):
        raise InputError(f"the Keras layer {name} has use_bias=False; give it a zero bias instead.")
    if config.get("go_backwards"):
        raise InputError(f"the Keras layer {name} has go_backwards=True, which has no counterpart here.")
    if config.get("recurrent_activation", "sigmoid") != "sigmoid":
        raise InputError(f"the gates of {name} must be sigmoid; they are {config['recurrent_activation']}.")
    return _MAKERS[name](weights, _function(config["activation"]), config)


def _function(name: Any) -> str:
    if name not in activations():
        raise nearest_name("activation in Keras", name, activations())
    return name


def _activated(layers: list[Layer], function: str) -> list[Layer]:
    last = layers[-1] if layers else None
    if not isinstance(last, Dense) or last.activation != "linear":
        raise InputError("a Keras Activation layer must follow a Dense one that is linear.")
    return [*layers[:-1], Dense(last.U, last.b, function)]


def _gru(weights: list[np.ndarray], activation: str, config: Mapping[str, Any]) -> GRU:
    if not config.get("reset_after", True):
        raise InputError("a Keras GRU must have reset_after=True, the default since Keras 2.3.")
    kernel, recurrent, bias = weights

    def reordered(gates: np.ndarray) -> np.ndarray:
        z, r, n = np.split(gates, 3, axis=0)
        return np.concatenate([r, z, n])

    return GRU(reordered(kernel.T), reordered(recurrent.T), reordered(bias[0]), reordered(bias[1]), activation)


_MAKERS: dict[str, Any] = {
    "SimpleRNN": lambda w, f, _: Elman(w[0].T, w[1].T, w[2], f),
    "LSTM": lambda w, f, _: LSTM(w[0].T, w[1].T, w[2], f),
    "GRU": _gru,
    "Dense": lambda w, f, _: Dense(w[0].T, w[1], f),
}
_RECURRENT = ("SimpleRNN", "LSTM", "GRU", "Bidirectional")
