"""Two cells that run through a sequence in opposite directions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from unrolled.networks._cell import Cell
from unrolled.networks._leaky_elman import LeakyElmanKind
from unrolled.networks._lstm_1997 import LSTM1997Kind

__all__ = ["Bidirectional", "BidirectionalKind", "BothStates"]


class BothStates(NamedTuple):
    """The states of both directions: after its last step each, the backward cell's being the first in time."""

    forward: Any
    backward: Any

    @property
    def h(self) -> Float[Array, "*batch unit"]:
        """The activities of both, side by side."""
        return jnp.concatenate([self.forward.h, self.backward.h], axis=-1)


class Bidirectional(eqx.Module):
    """A layer that sees what comes after as well as what came before.

    ``h_t = (forward h_t from x_1..x_t, backward h_t from x_T..x_t)``, side by side. Such a network needs the whole
    sequence before it says anything: it has no single step and no closed loop.

    Attributes
    ----------
    forward, backward
        Two cells of one kind and size.

    References
    ----------
    M. Schuster and K. K. Paliwal, IEEE Transactions on Signal Processing 45 (1997) 2673.
    """

    recurrent: ClassVar[bool] = True
    bidirectional: ClassVar[bool] = True
    forward: Cell
    backward: Cell

    @property
    def kind(self) -> str:
        """``bi-`` and the kind of the cells."""
        return f"bi-{self.forward.kind}"

    @property
    def units(self) -> int:
        """The number of units of each direction."""
        return self.forward.units

    @property
    def features(self) -> int:
        """The number of inputs."""
        return self.forward.features

    @property
    def activation(self) -> str:
        """The name of f."""
        return self.forward.activation  # pyright: ignore[reportAttributeAccessIssue]

    @property
    def settings(self) -> dict[str, Any]:
        """What a design says of both beside kind, size and activation."""
        return self.forward.settings

    def initial_state(self, batch: tuple[int, ...] = (), value: float = 0.0) -> BothStates:
        """The states of both before their first steps."""
        return BothStates(self.forward.initial_state(batch, value), self.backward.initial_state(batch, value))

    def weights(self) -> dict[str, Array | np.ndarray]:
        """The weights of both: ``forward.U``, ``backward.U``, ..."""
        cells = {"forward": self.forward, "backward": self.backward}
        return {f"{way}.{name}": weight for way, cell in cells.items() for name, weight in cell.weights().items()}


@dataclass(frozen=True)
class BidirectionalKind:
    """What a design needs to know of a bidirectional layer: the same as of a cell.

    Attributes
    ----------
    cell
        The kind of both cells.
    """

    cell: type[Cell] | LSTM1997Kind | LeakyElmanKind
    recurrent: ClassVar[bool] = True
    bidirectional: ClassVar[bool] = True

    @property
    def kind(self) -> str:
        """``bi-`` and the kind of the cells."""
        return f"bi-{self.cell.kind}"

    @property
    def state_type(self) -> Any:
        """The state of each of the two cells."""
        return self.cell.state_type

    def shapes(self, features: int, units: int) -> dict[str, tuple[int, ...]]:
        """The shape of every weight."""
        own = self.cell.shapes(features, units)
        return {f"{way}.{name}": shape for way in ("forward", "backward") for name, shape in own.items()}

    def initialize(self, features: int, units: int, activation: str, *, generator: np.random.Generator) -> Any:
        """Two cells with random weights of their own."""
        forward = self.cell.initialize(features, units, activation, generator=generator)
        return Bidirectional(forward, self.cell.initialize(features, units, activation, generator=generator))

    def of(self, weights: Mapping[str, Any], activation: str) -> Bidirectional:
        """The layer with these weights, by name."""
        ways = [{n.partition(".")[2]: w for n, w in weights.items() if n.startswith(way)} for way in ("forw", "backw")]
        return Bidirectional(*(self.cell.of(own, activation) for own in ways))
