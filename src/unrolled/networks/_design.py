"""What a network is made of, before it has weights: a design."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import jax
import numpy as np
from jaxtyping import Array

from unrolled.errors import InputError
from unrolled.networks._bidirectional import Bidirectional, BothStates
from unrolled.networks._dense import Observed, Readout
from unrolled.networks._design_checks import (
    MOST_LAYERS,
    check_count,
    check_design,
    layers_of,
    plain_number,
    plain_units,
)
from unrolled.networks._initializers import random_generator
from unrolled.networks._layer_design import LayerDesign, parse_layer, resized
from unrolled.networks._network import Network
from unrolled.networks._start import Start

__all__ = ["NetworkDesign"]

# Settings that came after the first release.
_LATER = ("start", "sequences", "feedback", "encoder", "dropout", "reads", "observed")
# Learned initial states begin as random numbers of about this size.
_FIRST_GUESS = 0.1


@dataclass(frozen=True)
class NetworkDesign:
    """Layers in a row and an output function: everything about a network but its weights.

    Attributes
    ----------
    layers
        The hidden layers, first to last; none at all is a linear model.
    output
        The name of the output function g.
    start
        How activities and memories begin: a number, or ``"learned"``: the gradient goes back through time to them. So
        does the output before the first step, where outputs are fed back.
    sequences
        With ``start="learned"``: so many sequences have initial states of their own; 0: one for all.
    feedback
        Whether the network sees its last output beside its input.
    encoder
        Layers that read the whole input before the others begin, in the states in which these end; the others see
        their own outputs alone.
    dropout
        The share of activities that training drops between layers.
    reads
        ``"steps"``: an output at every step; ``"final"``: one, from the final states of the last recurrent layer.
    observed
        Units of the last layer whose activities are the outputs, with no weights between; ``None``: a readout.

    Examples
    --------
    >>> from unrolled.networks import NetworkDesign
    >>> design = NetworkDesign.parse("dense:125, gru:250")
    >>> str(design), design.parameter_count(1, 1)
    ('dense:125:relu, gru:250:tanh', 283251)
    """

    layers: tuple[LayerDesign, ...] = ()
    output: str = "linear"
    start: float | str = 0.0
    sequences: int = 0
    feedback: bool = False
    encoder: tuple[LayerDesign, ...] = ()
    dropout: float = 0.0
    reads: str = "steps"
    observed: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        plain = {name: layers_of(name, getattr(self, name)) for name in ("layers", "encoder")}
        plain |= {"start": plain_number(self.start), "dropout": plain_number(self.dropout)}
        plain |= {"observed": plain_units(self.observed)}
        for name, value in plain.items():  # so that it can be compared, hashed and written
            object.__setattr__(self, name, value)
        check_design(self)

    @classmethod
    def parse(cls, text: str, output: str = "linear", *, encoder: str = "", **settings: Any) -> NetworkDesign:
        """A design from text: layers with commas between, each ``kind:units`` or ``kind:units:activation``.

        Kinds are ``elman``, ``leaky-elman`` (with its leak at the end, as in ``leaky-elman:100:tanh:0.3``), ``lstm``,
        ``peephole-lstm``, ``lstm-1997``, ``gru``, ``mingru``, the same with ``bi-`` before (two cells in opposite
        directions), and ``dense``. ``lstm-1997:4x2`` is four blocks of two cells, and ``lstm-1997:8:truncated`` learns
        by the truncated gradient. ``encoder`` is written in the same way; other settings go by their names.

        Raises
        ------
        InputError
            An unknown kind or activation, or units that are not a positive whole number.
        """
        for words in (text, encoder):
            if not isinstance(words, str):
                raise InputError(f"a network is written in words, as in 'dense:64:relu, gru:50'; came {words!r}.")
        check_count(sum(bool(part.strip()) for part in f"{text},{encoder}".split(",")))
        layers, before = (tuple(parse_layer(p) for p in row.split(",") if p.strip()) for row in (text, encoder))
        if before:
            settings = {"feedback": True} | settings
        return cls(layers, output, encoder=before, **settings)

    @classmethod
    def of(cls, network: Network) -> NetworkDesign:
        """The design of a network that has its weights already, from :func:`from_keras` for example."""
        start = network.start
        learned = [np.shape(leaf) for leaf in jax.tree.leaves(start)]
        members = next((np.ndim(w) - 1 for name, w in network.weights().items() if name.endswith((".b", ".c"))), 0)
        return cls(
            _designs(network.layers),
            network.readout.activation,
            start="learned" if learned else start.constant,
            sequences=learned[0][-2] if learned and len(learned[0]) == members + 2 else 0,
            feedback=network.feedback,
            encoder=_designs(network.encoder),
            dropout=network.dropout,
            reads=network.reads,
            observed=network.readout.chosen if isinstance(network.readout, Observed) else None,
        )

    @property
    def recurrent(self) -> bool:
        """Whether any layer has a state."""
        return any(layer.recurrent for layer in self.layers)

    def shapes(self, features: int, outputs: int) -> dict[str, tuple[int, ...]]:
        """The shape of every weight, by the names of :meth:`Network.weights`, without making any."""
        network = self._outline(features, outputs)
        return {name: weight.shape for name, weight in network.weights().items()}

    def parameter_count(self, features: int, outputs: int) -> int:
        """The number of weights and biases."""
        return sum(math.prod(shape) for shape in self.shapes(features, outputs).values())

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

        def random(kind: Any, *sizes: Any) -> Any:
            return kind.initialize(*sizes, generator=generator)

        network = self._assemble(features, outputs, random)
        if self.start == "learned":  # a random guess
            leaves, structure = jax.tree.flatten(self._learned(network))
            guessed = [generator.normal(0.0, _FIRST_GUESS, leaf.shape) for leaf in leaves]
            network = replace(network, start=jax.tree.unflatten(structure, guessed))
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
        structure = jax.tree.structure(self._outline(features, outputs))
        return jax.tree.unflatten(structure, [weights[name] for name in shapes])

    def _outline(self, features: int, outputs: int) -> Network:
        """The network with weights that take no memory, for its names, shapes and structure."""

        def flat(kind: Any, features: int, units: int, activation: str) -> Any:
            shapes = kind.shapes(features, units)
            return kind.of({name: np.broadcast_to(0.0, shape) for name, shape in shapes.items()}, activation)

        network = self._assemble(features, outputs, flat)
        return replace(network, start=self._learned(network)) if self.start == "learned" else network

    def _assemble(self, features: int, outputs: int, make: Callable[..., Any]) -> Network:
        """The network, every layer made by ``make(kind, features, units, activation)``."""
        encoder, width = _row(self.encoder, features, make)
        seen = (0 if self.encoder else features) + self.feedback * outputs
        layers, width = _row(self.layers, seen, make)
        if self.observed is None:
            readout = make(Readout, width, outputs, self.output)
        else:
            readout = Observed(self.observed, width)
        constant = 0.0 if isinstance(self.start, str) else float(self.start)
        return Network(layers, readout, encoder, Start(constant=constant), self.feedback, self.dropout, self.reads)

    def _learned(self, network: Network) -> Start:
        """Initial states to be learned, of no memory."""
        rows = (self.sequences,) if self.sequences else ()
        outline = [la for la in network.encoder or network.layers if la.recurrent]
        states = tuple(_no_memory(layer, rows) for layer in outline)
        output = np.broadcast_to(0.0, (*rows, network.outputs)) if self.feedback else None
        return Start(states, output)

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
            kept[i] = replace(
                kept[i],
                units=kept[i].units if units is None else units,
                activation=kept[i].activation if activation is None else activation,
            )
        return replace(self, layers=tuple(resized(kept, chosen, layers, MOST_LAYERS)))

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON; settings that earlier releases do not know are left out where they say nothing."""
        plain = {"layers": [la.to_dict() for la in self.layers], "output": self.output}
        new = {name: getattr(self, name) for name in _LATER if getattr(self, name) != getattr(NetworkDesign, name)}
        if "encoder" in new:
            new["encoder"] = [la.to_dict() for la in self.encoder]
        return plain | {name: list(v) if isinstance(v, tuple) else v for name, v in new.items()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> NetworkDesign:
        """The design that :meth:`to_dict` described."""
        check_count(len(data["layers"]) + len(data.get("encoder", ())))
        rows = {row: tuple(LayerDesign(**layer) for layer in data.get(row, ())) for row in ("layers", "encoder")}
        plain = {name: value for name, value in data.items() if name not in rows}
        return cls(**rows, **plain)

    def __str__(self) -> str:
        layers = ", ".join(map(str, self.layers)) or "no hidden layer"
        return f"{', '.join(map(str, self.encoder))} -> {layers}" if self.encoder else layers


def _row(designs: tuple[LayerDesign, ...], features: int, make: Callable[..., Any]) -> tuple[tuple[Any, ...], int]:
    """Layers one after the other, and how many numbers the last hands on."""
    layers = []
    for layer in designs:
        layers.append(make(layer.maker, features, layer.units, layer.activation))
        features = layer.width
    return tuple(layers), features


def _no_memory(layer: Any, rows: tuple[int, ...]) -> Any:
    """A state of a layer, of no memory."""
    if isinstance(layer, Bidirectional):
        return BothStates(_no_memory(layer.forward, rows), _no_memory(layer.backward, rows))
    return layer.state_type(*(np.broadcast_to(0.0, (*rows, layer.units)) for _ in layer.state_type._fields))


def _designs(layers: tuple[Any, ...]) -> tuple[LayerDesign, ...]:
    return tuple(LayerDesign.of(layer) for layer in layers)
