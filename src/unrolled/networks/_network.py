"""The network: layers in a row, then a readout."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, TypeAlias

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Array, Float

from unrolled.errors import InputError, nearest_name
from unrolled.networks._cell import Cell, unroll
from unrolled.networks._dense import Dense, Readout
from unrolled.types import AnyArray

__all__ = ["Layer", "Network", "layer_names"]

Layer: TypeAlias = Cell | Dense
States: TypeAlias = tuple[Any, ...]


class Network(eqx.Module):
    """Recurrent and dense layers in any order, then ``y_t = g(V h_t + c)``.

    A network is a frozen pytree: to change a weight is to make another network (:meth:`replace`). Weights are read
    by name, ``network.weights()["elman_1.W"]``. Functions of a network work in the precision of the scope that they
    are called in (:func:`unrolled.types.precision`).

    Attributes
    ----------
    layers
        The hidden layers, first to last.
    readout
        From the last hidden layer to the outputs.

    Examples
    --------
    >>> from unrolled.networks import NetworkDesign, member_keys
    >>> network = NetworkDesign.parse("elman:4:tanh").initialize(1, 1, key=member_keys(0, 1)[0])
    >>> sorted(network.weights())
    ['elman_1.U', 'elman_1.W', 'elman_1.b', 'readout.V', 'readout.c']
    """

    layers: tuple[Layer, ...]
    readout: Readout

    def __call__(self, inputs: Float[AnyArray, "*batch time feature"]) -> Float[Array, "*batch time output"]:
        """The outputs y_1..y_T from zero initial states."""
        return self.run(inputs, self.initial_states(inputs.shape[:-2]))[0]

    def run(
        self, inputs: Float[AnyArray, "*batch time feature"], states: States, *, last: int | None = None
    ) -> tuple[Float[Array, "*batch last output"], States]:
        """The outputs of the last steps (of all, unless told otherwise) and the states after them.

        Parameters
        ----------
        inputs
            x_1..x_T, any number of leading batch axes.
        states
            One state for each recurrent layer, as :meth:`initial_states` makes them.
        last
            How many steps at the end to give outputs for.
        """
        h, states = self.hidden(inputs, states, last=last)
        return self.readout(h), states

    def hidden(
        self, inputs: Float[AnyArray, "*batch time feature"], states: States, *, last: int | None = None
    ) -> tuple[Float[AnyArray, "*batch last unit"], States]:
        """What the readout sees at the last steps, and the states after them."""
        h = inputs
        remaining, after = list(states), []
        for layer in self.layers:
            if not remaining:  # nothing further on looks back, so earlier steps need no more work
                h = _last_steps(h, last)
            if isinstance(layer, Cell):
                h, state = unroll(layer, h, remaining.pop(0))
                after.append(state)
            else:
                h = layer(h)
        return _last_steps(h, last), tuple(after)

    def step(
        self, x: Float[AnyArray, "*batch feature"], states: States
    ) -> tuple[Float[Array, "*batch output"], States]:
        """One step in time: y_t and the next states."""
        h = x
        remaining, after = list(states), []
        for layer in self.layers:
            if isinstance(layer, Cell):
                state = layer.advance(remaining.pop(0), layer.project(h))
                after.append(state)
                h = state.h
            else:
                h = layer(h)
        return self.readout(h), tuple(after)

    def initial_states(self, batch: tuple[int, ...] = ()) -> States:
        """The zero states of the recurrent layers, for that many leading batch axes."""
        return tuple(layer.initial_state(batch) for layer in self.layers if isinstance(layer, Cell))

    @property
    def features(self) -> int:
        """The number of inputs."""
        return (*self.layers, self.readout)[0].features

    @property
    def outputs(self) -> int:
        """The number of outputs."""
        return self.readout.units

    @property
    def recurrent(self) -> bool:
        """Whether any layer has a state."""
        return any(layer.recurrent for layer in self.layers)

    def named_layers(self) -> dict[str, Layer | Readout]:
        """The layers by name: ``elman_1``, ``dense_1``, ``dense_2``, ..., ``readout``."""
        everything = (*self.layers, self.readout)
        return dict(zip(layer_names([layer.kind for layer in everything]), everything, strict=True))

    def weights(self) -> dict[str, Array | np.ndarray]:
        """Every weight by name, ``layer.field``, in the order of the layers."""
        return {
            f"{name}.{field}": getattr(layer, field)
            for name, layer in self.named_layers().items()
            for field in layer.shapes(1, 1)
        }

    def replace(self, weights: Mapping[str, Any]) -> Network:
        """The same network with some weights set by name.

        Raises
        ------
        InputError
            A name that is not a weight of this network, or a shape that does not fit.

        Examples
        --------
        >>> import numpy as np
        >>> from unrolled.networks import NetworkDesign, member_keys
        >>> network = NetworkDesign.parse("elman:2").initialize(1, 1, key=member_keys(0, 1)[0])
        >>> network.replace({"elman_1.W": np.eye(2)}).weights()["elman_1.W"].tolist()
        [[1.0, 0.0], [0.0, 1.0]]
        """
        present = self.weights()
        for name, value in weights.items():
            if name not in present:
                raise nearest_name("weight", name, present)
            if np.shape(value) != present[name].shape:
                raise InputError(f"{name} has shape {present[name].shape}; came {np.shape(value)}.")
        new = {name: _as_leaf(value, present[name].dtype) for name, value in weights.items()}
        # The order of the names is the order of the leaves.
        return jax.tree.unflatten(jax.tree.structure(self), list((present | new).values()))


def _last_steps(h: Float[AnyArray, "*batch time unit"], last: int | None) -> Float[AnyArray, "*batch last unit"]:
    return h if last is None else h[..., -last:, :]


def _as_leaf(value: Any, dtype: np.dtype) -> Array | np.ndarray:
    # A JAX value stays what it is, so that a derivative can be taken through it.
    return value if isinstance(value, jax.Array) else np.asarray(value, dtype)


def layer_names(kinds: list[str]) -> list[str]:
    """Names for layers of these kinds: counted within the kind, the readout alone without a number.

    Examples
    --------
    >>> from unrolled.networks import layer_names
    >>> layer_names(["dense", "gru", "gru", "readout"])
    ['dense_1', 'gru_1', 'gru_2', 'readout']
    """
    seen: Counter[str] = Counter()
    names = []
    for kind in kinds:
        seen[kind] += 1
        names.append(kind if kind == "readout" else f"{kind}_{seen[kind]}")
    return names
