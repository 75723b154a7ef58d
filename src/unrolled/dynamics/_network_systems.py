"""Networks as systems: driven by inputs, or closed on themselves."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float

from unrolled.arguments import require_array
from unrolled.compilation import compiled
from unrolled.dynamics._system import System
from unrolled.errors import InputError
from unrolled.networks import Network, fed_back
from unrolled.types import AnyArray, precision

__all__ = ["ClosedLoop", "DrivenNetwork"]


class DrivenNetwork(System):
    """A network that sees an input at every step; of one with feedback the state is also the last output.

    Attributes
    ----------
    network
        One network, not a stack of members; of an encoder and a decoder the latter, left to itself.

    Raises
    ------
    InputError
        Several networks in one, no recurrent layer, bidirectional layers, or weights that are not finite.

    Examples
    --------
    >>> from unrolled.dynamics import DrivenNetwork
    >>> from unrolled.networks import NetworkDesign, member_keys
    >>> network = NetworkDesign.parse("lstm:4").initialize(1, 1, key=member_keys(0, 1)[0])
    >>> DrivenNetwork(network).size  # four activities and four memories
    8
    """

    network: Network

    def __check_init__(self) -> None:
        _require_usable(self.network)

    @property
    def size(self) -> int:
        """The number of activities, memories, and outputs that are fed back."""
        return _size(self.network) + self.network.feedback * self.network.outputs

    @property
    def features(self) -> int:
        """The number of inputs."""
        return 0 if self.network.encoder else self.network.features

    def advance(self, h: Float[Array, " state"], x: Float[Array, " feature"]) -> Float[Array, " state"]:
        """The next state."""
        network, outputs = self.network, self.network.outputs
        if not network.feedback:
            return ravel_pytree(network.step(x, _states(network, h))[1])[0]
        states, y = h[: h.shape[0] - outputs], h[h.shape[0] - outputs :]
        raw, after = network.layer_step(jnp.concatenate([x, y]), _states(network, states))
        return jnp.concatenate([ravel_pytree(after)[0], fed_back(raw, network.readout.activation)])

    def starts(self, count: int, generator: np.random.Generator) -> Float[np.ndarray, "count state"]:
        """Random activities and memories between -1 and 1."""
        return generator.uniform(-1.0, 1.0, (count, self.size))

    def observed(self, states: Float[np.ndarray, "time state"]) -> Float[np.ndarray, "time output"]:
        """The activities of the last recurrent layer."""
        last: Any = [layer for layer in self.network.layers if layer.recurrent][-1]
        end = _size(self.network)
        first = end - len(last.state_type._fields) * last.units
        return states[:, first : first + last.units]

    def groups(self) -> dict[str, slice]:
        """The layers."""
        return _layers(self.network)


class ClosedLoop(System):
    """A network that sees its own output as its next input; the state is the network's and that output.

    Attributes
    ----------
    network
        With as many outputs as inputs.
    start
        The state to begin in, as :meth:`after` makes it; ``None``: random ones.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.dynamics import ClosedLoop, trajectory
    >>> from unrolled.networks import NetworkDesign, member_keys
    >>> network = NetworkDesign.parse("gru:3").initialize(1, 1, key=member_keys(0, 1)[0])
    >>> loop = ClosedLoop.after(network, np.ones((5, 1)))
    >>> loop.observed(trajectory(loop, 4)).shape
    (4, 1)
    """

    network: Network
    start: Float[AnyArray, " state"] | None = None

    def __check_init__(self) -> None:
        network = self.network
        _require_usable(network)
        if network.feedback or network.encoder or network.features != network.outputs:
            raise InputError(
                f"a network is closed on itself by its outputs, {network.outputs}, becoming its inputs, "
                f"{network.features}: they must be as many, without feedback or an encoder."
            )

    @classmethod
    def after(cls, network: Network, inputs: Any) -> ClosedLoop:
        """The loop that begins where the network stands after these inputs, ``(time, feature)``."""
        loop = cls(network)
        inputs = require_array("inputs", inputs, "time", "feature")
        if inputs.shape[1] != network.features or not len(inputs) or not np.isfinite(inputs).all():
            raise InputError(f"inputs must be finite, of shape (time, {network.features}); came {inputs.shape}.")
        with precision("float64"):
            flat = np.asarray(_after(network, np.asarray(inputs, np.float64)))
        return cls(loop.network, flat)

    @property
    def size(self) -> int:
        """The number of activities, memories and outputs."""
        return _size(self.network) + self.network.outputs

    def advance(self, h: Float[Array, " state"], x: Float[Array, " feature"]) -> Float[Array, " state"]:
        """The next state."""
        del x
        end = h.shape[0] - self.network.outputs
        y, after = self.network.step(h[end:], _states(self.network, h[:end]))
        return jnp.concatenate([ravel_pytree(after)[0], y])

    def starts(self, count: int, generator: np.random.Generator) -> Float[np.ndarray, "count state"]:
        """The start, if there is one, and random states between -1 and 1."""
        made = generator.uniform(-1.0, 1.0, (count, self.size))
        if self.start is not None:
            made[:1] = np.asarray(self.start)
        return made

    def observed(self, states: Float[np.ndarray, "time state"]) -> Float[np.ndarray, "time output"]:
        """The outputs."""
        return states[:, -self.network.outputs :]

    def groups(self) -> dict[str, slice]:
        """The layers."""
        return _layers(self.network)


@compiled
def _after(network: Network, inputs: Any) -> Array:
    """The states after these inputs, and the last output: step by step in double precision, as the loop goes on."""

    def step(carried: tuple[Array, Array], x: Array) -> tuple[tuple[Array, Array], None]:
        y, after = network.step(x, _states(network, carried[0]))
        return (ravel_pytree(after)[0], jnp.asarray(y)), None

    first = jnp.asarray(ravel_pytree(network.initial_states())[0], inputs.dtype)
    (h, y), _ = jax.lax.scan(step, (first, jnp.zeros(network.outputs, inputs.dtype)), jnp.asarray(inputs))
    return jnp.concatenate([h, y])


def _states(network: Network, flat: Array) -> Any:
    own = jax.eval_shape(_first_states, network)
    leaves, structure = jax.tree.flatten(own)
    parts = jnp.split(flat, np.cumsum([leaf.shape[-1] for leaf in leaves])[:-1])
    return jax.tree.unflatten(structure, parts)


def _size(network: Network) -> int:
    return sum(leaf.shape[-1] for leaf in jax.tree.leaves(jax.eval_shape(_first_states, network)))


def _layers(network: Network) -> dict[str, slice]:
    own = jax.eval_shape(_first_states, network)
    ends = np.cumsum([sum(leaf.shape[-1] for leaf in jax.tree.leaves(state)) for state in own]).tolist()
    names = [name for name, layer in network.named_layers().items() if layer.recurrent and "encoder" not in name]
    return {name: slice(first, end) for name, first, end in zip(names, [0, *ends], ends, strict=False)}


def _first_states(network: Network) -> Any:
    """Of the layers that go on: behind an encoder they have the same shapes as its states."""
    recurrent: list[Any] = [layer for layer in network.layers if layer.recurrent]
    return tuple(layer.initial_state(()) for layer in recurrent)


def _require_usable(network: Any) -> None:
    if not isinstance(network, Network):
        raise InputError(f"a Network is needed; came {type(network).__name__}.")
    if any(np.ndim(w) > 1 for name, w in network.weights().items() if name.endswith((".b", ".c"))):
        raise InputError("these are several networks in one; take a member(networks, 0).")
    if not network.recurrent:
        raise InputError("a network without recurrent layers has no states, and so no dynamics.")
    if any(getattr(layer, "bidirectional", False) for layer in network.layers):
        raise InputError("a bidirectional layer has no single step from state to state; take a network without one.")
    for name, weight in network.weights().items():
        if not np.isfinite(np.asarray(weight, np.float64)).all():
            raise InputError(f"{name} holds values that are not finite; the network cannot be run.")
