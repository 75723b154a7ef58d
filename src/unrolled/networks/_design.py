"""What a network is made of, before it has weights: a design."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

import jax
import numpy as np
from jaxtyping import Array

from unrolled.arguments import require_whole
from unrolled.errors import InputError, nearest_name
from unrolled.networks._activations import activation
from unrolled.networks._dense import Dense, Readout
from unrolled.networks._elman import Elman
from unrolled.networks._gru import GRU
from unrolled.networks._initializers import random_generator
from unrolled.networks._lstm import LSTM
from unrolled.networks._network import Network, layer_names

__all__ = ["LayerDesign", "NetworkDesign", "layer_kinds"]

_KINDS: dict[str, type[Elman] | type[LSTM] | type[GRU] | type[Dense]] = {
    kind.kind: kind for kind in (Elman, LSTM, GRU, Dense)
}
_DEFAULT_ACTIVATION = {"elman": "tanh", "lstm": "tanh", "gru": "tanh", "dense": "relu"}
# A layer of 100,000 Elman units already needs 80 GB; a larger number is a slip, or a hostile file.
_MOST_UNITS = 100_000
_MOST_LAYERS = 1_000


def layer_kinds() -> tuple[str, ...]:
    """The kinds of layer that a design can name."""
    return tuple(_KINDS)


@dataclass(frozen=True)
class LayerDesign:
    """One layer: its kind, its number of units, the name of its activation.

    Examples
    --------
    >>> from unrolled.networks import LayerDesign
    >>> LayerDesign("lstm", 250)
    LayerDesign(kind='lstm', units=250, activation='tanh')
    """

    kind: str
    units: int
    activation: str = ""

    def __post_init__(self) -> None:
        if self.kind not in layer_kinds():
            raise nearest_name("layer", self.kind, _KINDS)
        require_whole("units", self.units, 1, _MOST_UNITS)
        if not self.activation:
            object.__setattr__(self, "activation", _DEFAULT_ACTIVATION[self.kind])
        activation(self.activation)

    @property
    def recurrent(self) -> bool:
        """Whether the layer has a state."""
        return _KINDS[self.kind].recurrent

    def __str__(self) -> str:
        return f"{self.kind}:{self.units}:{self.activation}"


@dataclass(frozen=True)
class NetworkDesign:
    """Layers in a row and an output function: everything about a network but its weights.

    Attributes
    ----------
    layers
        The hidden layers, first to last; none at all is a linear model.
    output
        The name of the output function g.

    Examples
    --------
    >>> from unrolled.networks import NetworkDesign
    >>> design = NetworkDesign.parse("dense:125, gru:250")
    >>> str(design), design.parameter_count(1, 1)
    ('dense:125:relu, gru:250:tanh', 283251)
    """

    layers: tuple[LayerDesign, ...] = ()
    output: str = "linear"

    def __post_init__(self) -> None:
        activation(self.output)
        _check_layers(len(self.layers))

    @classmethod
    def parse(cls, text: str, output: str = "linear") -> NetworkDesign:
        """A design from text: layers with commas between, each ``kind:units`` or ``kind:units:activation``.

        Raises
        ------
        InputError
            An unknown kind or activation, or units that are not a positive whole number.
        """
        if not isinstance(text, str):
            raise InputError(f"a network is written in words, as in 'dense:64:relu, gru:50'; came {text!r}.")
        return cls(tuple(_parse_layer(part) for part in text.split(",") if part.strip()), output)

    @classmethod
    def of(cls, network: Network) -> NetworkDesign:
        """The design of a network that has its weights already, from :func:`from_keras` for example."""
        layers = cast("tuple[Elman | LSTM | GRU | Dense, ...]", network.layers)
        made = tuple(LayerDesign(layer.kind, layer.units, layer.activation) for layer in layers)
        return cls(made, network.readout.activation)

    @property
    def recurrent(self) -> bool:
        """Whether any layer has a state."""
        return any(layer.recurrent for layer in self.layers)

    def shapes(self, features: int, outputs: int) -> dict[str, tuple[int, ...]]:
        """The shape of every weight, by the names of :meth:`Network.weights`, without making any."""
        kinds = [*(layer.kind for layer in self.layers), Readout.kind]
        sizes = [*(layer.units for layer in self.layers), outputs]
        found: dict[str, tuple[int, ...]] = {}
        for name, kind, units in zip(layer_names(kinds), kinds, sizes, strict=True):
            layer = _KINDS.get(kind, Readout)
            found |= {f"{name}.{field}": shape for field, shape in layer.shapes(features, units).items()}
            features = units
        return found

    def parameter_count(self, features: int, outputs: int) -> int:
        """The number of weights and biases."""
        return sum(int(np.prod(shape, dtype=object)) for shape in self.shapes(features, outputs).values())

    def initialize(self, features: int, outputs: int, *, key: Array, dtype: Any = np.float64) -> Network:
        """A network with random weights, distributed as Keras's defaults, decided by ``key``.

        Parameters
        ----------
        features, outputs
            Number of inputs and of outputs.
        key
            A JAX random key.
        dtype
            Of the weights.
        """
        generator = random_generator(key)
        layers = []
        for layer in self.layers:
            made = _KINDS[layer.kind].initialize(features, layer.units, layer.activation, generator=generator)
            layers.append(made)
            features = layer.units
        network = Network(tuple(layers), Readout.initialize(features, outputs, self.output, generator=generator))
        return jax.tree.map(lambda leaf: leaf.astype(dtype), network)

    def network(self, weights: Mapping[str, Any], features: int, outputs: int) -> Network:
        """A network with these weights, by name.

        Weights may carry a leading axis of members: then the network does too.

        Raises
        ------
        InputError
            A weight is missing or of another shape, or one came that the design does not have.
        """
        shapes = self.shapes(features, outputs)
        if shapes.keys() != weights.keys():
            odd = ", ".join(sorted(shapes.keys() ^ weights.keys()))
            raise InputError(f"weights do not fit the network {self}: missing or unexpected are {odd}.")
        for name, shape in shapes.items():
            came = np.shape(weights[name])
            if came[len(came) - len(shape) :] != shape:
                raise InputError(f"{name} has shape {shape}; came {came}.")
        return jax.tree.unflatten(_structure(self, features, outputs), [weights[name] for name in shapes])

    def with_hidden(
        self, *, units: int | None = None, layers: int | None = None, activation: str | None = None
    ) -> NetworkDesign:
        """The same design with other hidden layers.

        ``units`` and ``activation`` change the recurrent layers (the dense ones of a network without recurrent
        layers); ``layers`` says how many such layers there are: the last is repeated, or the last ones dropped.
        """
        if not self.layers:
            if (units, layers, activation) != (None, None, None):
                raise InputError("this model has no hidden layers, so units, layers and activation say nothing.")
            return self
        kept = list(self.layers)
        chosen = [i for i, layer in enumerate(kept) if layer.recurrent] or list(range(len(kept)))
        for i in chosen:
            kept[i] = LayerDesign(
                kept[i].kind,
                kept[i].units if units is None else units,
                kept[i].activation if activation is None else activation,
            )
        return replace(self, layers=tuple(_resized(kept, chosen, layers)))

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        layers = [{"kind": la.kind, "units": la.units, "activation": la.activation} for la in self.layers]
        return {"layers": layers, "output": self.output}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> NetworkDesign:
        """The design that :meth:`to_dict` described."""
        _check_layers(len(data["layers"]))
        return cls(tuple(LayerDesign(**layer) for layer in data["layers"]), data["output"])

    def __str__(self) -> str:
        return ", ".join(map(str, self.layers)) or "no hidden layer"


def _check_layers(count: int) -> None:
    if count > _MOST_LAYERS:
        raise InputError(f"a network may have {_MOST_LAYERS} layers at the most; came {count}.")


def _parse_layer(text: str) -> LayerDesign:
    parts = [part.strip() for part in text.split(":")]
    if len(parts) not in (2, 3) or not parts[1].isdecimal():
        raise InputError(
            f"a layer is written kind:units or kind:units:activation, as in lstm:250 or dense:125:relu; came "
            f"{text.strip()!r}. Kinds: {', '.join(_KINDS)}."
        )
    return LayerDesign(parts[0].lower(), int(parts[1]), parts[2].lower() if len(parts) == 3 else "")


def _resized(layers: list[LayerDesign], chosen: list[int], count: int | None) -> list[LayerDesign]:
    """``count`` layers in place of the chosen ones."""
    if count is None:
        return layers
    require_whole("layers", count, 1, _MOST_LAYERS)
    last = chosen[-1]
    dropped = set(chosen[count:])
    kept = [layer for i, layer in enumerate(layers) if i not in dropped]
    extra = count - len(chosen)
    at = last + 1 - len(dropped)
    return kept[:at] + [layers[last]] * max(extra, 0) + kept[at:]


def _structure(design: NetworkDesign, features: int, outputs: int) -> Any:
    """The design's pytree structure, found without memory for weights."""
    made: list[Any] = []
    for kind, units, f in [
        *((la.kind, la.units, la.activation) for la in design.layers),
        ("", outputs, design.output),
    ]:
        layer = _KINDS.get(kind, Readout)
        fields = {name: np.broadcast_to(0.0, shape) for name, shape in layer.shapes(features, units).items()}
        made.append(layer(**fields, activation=f))
        features = units
    return jax.tree.structure(Network(tuple(made[:-1]), made[-1]))
