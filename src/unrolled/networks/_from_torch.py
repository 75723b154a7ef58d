"""Networks with the weights of PyTorch modules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from unrolled.errors import InputError
from unrolled.networks._bidirectional import Bidirectional
from unrolled.networks._dense import Dense, Readout
from unrolled.networks._elman import Elman
from unrolled.networks._gru import GRU
from unrolled.networks._lstm import LSTM
from unrolled.networks._network import Layer, Network

__all__ = ["from_torch"]

_CONFIG = ("num_layers", "nonlinearity", "bias", "bidirectional", "proj_size")
_ACTIVATIONS = {
    "Tanh": "tanh",
    "Sigmoid": "sigmoid",
    "ReLU": "relu",
    "Softmax": "softmax",
    "Identity": "linear",
}


def from_torch(modules: Any) -> Network:
    """A network with the layers and weights of PyTorch modules.

    Parameters
    ----------
    modules
        ``nn.RNN``, ``nn.LSTM``, ``nn.GRU``, of any number of layers and in one direction or both, and ``nn.Linear``
        in the order in which data pass through them, the last one Linear; activation modules (``nn.Tanh``, ...) belong
        to the Linear before them. A module that holds them as children in that order will do. Or the same as data:
        mappings with ``class_name``, ``config`` and ``weights`` (the state dict). PyTorch itself is not imported.

    Returns
    -------
    Network
        In the precision of the modules. The two biases of an RNN or LSTM enter as their sum; a GRU keeps both.

    Raises
    ------
    InputError
        A module or an option that has no counterpart.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.networks import from_torch
    >>> rnn = {"class_name": "RNN", "config": {"num_layers": 1, "nonlinearity": "tanh"},
    ...        "weights": {"weight_ih_l0": np.ones((3, 1)), "weight_hh_l0": np.eye(3),
    ...                    "bias_ih_l0": np.ones(3), "bias_hh_l0": np.ones(3)}}
    >>> linear = {"class_name": "Linear", "config": {}, "weights": {"weight": np.ones((1, 3)), "bias": np.zeros(1)}}
    >>> from_torch([rnn, linear]).weights()["elman_1.b"].tolist()
    [2.0, 2.0, 2.0]
    """
    layers: list[Layer] = []
    for entry in map(_describe, _leaves(modules)):
        if entry["class_name"] in _ACTIVATIONS:
            layers = _activated(layers, _ACTIVATIONS[entry["class_name"]])
        else:
            layers += _layers(entry)
    last = layers.pop() if layers else None
    if not isinstance(last, Dense):
        raise InputError("the last PyTorch module must be Linear: it becomes the readout V, c.")
    return Network(tuple(layers), Readout(last.U, last.b, last.activation))


def _leaves(modules: Any) -> Iterable[Any]:
    if not hasattr(modules, "children"):
        return list(modules)
    return list(modules.children()) or [modules]


def _describe(module: Any) -> Mapping[str, Any]:
    if isinstance(module, Mapping):
        return module
    weights = {name: value.detach().cpu().numpy() for name, value in module.state_dict().items()}
    config = {name: getattr(module, name) for name in _CONFIG if hasattr(module, name)}
    config["bias"] = config.get("bias") is not False and config.get("bias") is not None
    return {"class_name": type(module).__name__, "config": config, "weights": weights}


def _layers(entry: Mapping[str, Any]) -> list[Layer]:
    name, config, weights = entry["class_name"], entry["config"], entry["weights"]
    if config.get("proj_size"):
        raise InputError(f"a PyTorch {name} that is projected (proj_size) has no counterpart here.")
    if config.get("bias") is False:
        raise InputError(f"the PyTorch {name} has bias=False; give it a zero bias instead.")
    if name == "Linear":
        return [Dense(np.asarray(weights["weight"]), np.asarray(weights["bias"]), "linear")]
    if name not in _RECURRENT:
        known = ", ".join([*_RECURRENT, "Linear", *_ACTIVATIONS])
        raise InputError(f"the PyTorch module {name} has no counterpart here; known are {known}.")
    ways = ("", "_reverse") if config.get("bidirectional") else ("",)
    rows = [
        [_RECURRENT[name](_of_cell(weights, f"_l{i}{way}"), config) for way in ways]
        for i in range(config.get("num_layers", 1))
    ]
    return [Bidirectional(*cells) if len(cells) == 2 else cells[0] for cells in rows]


def _of_cell(weights: Mapping[str, Any], suffix: str) -> tuple[np.ndarray, ...]:
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    return tuple(np.asarray(weights[name + suffix]) for name in names)


def _activated(layers: list[Layer], function: str) -> list[Layer]:
    if not layers or not isinstance(layers[-1], Dense):
        raise InputError("a PyTorch activation module must follow a Linear one.")
    return [*layers[:-1], Dense(layers[-1].U, layers[-1].b, function)]


_RECURRENT: dict[str, Any] = {
    "RNN": lambda w, config: Elman(w[0], w[1], w[2] + w[3], config.get("nonlinearity", "tanh")),
    "LSTM": lambda w, _: LSTM(w[0], w[1], w[2] + w[3], "tanh"),
    "GRU": lambda w, _: GRU(w[0], w[1], w[2], w[3], "tanh"),
}
