"""One layer of a design: its kind, its size, its activation."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from unrolled.arguments import require_whole
from unrolled.errors import InputError, nearest_name
from unrolled.networks._activations import activation
from unrolled.networks._bidirectional import BidirectionalKind
from unrolled.networks._cell import Cell
from unrolled.networks._dense import Dense
from unrolled.networks._elman import Elman
from unrolled.networks._gru import GRU
from unrolled.networks._lstm import LSTM
from unrolled.networks._mingru import MinGRU

__all__ = ["LayerDesign", "layer_kind", "layer_kinds", "parse_layer", "resized"]

_CELLS: tuple[type[Cell], ...] = (Elman, LSTM, GRU, MinGRU)
_KINDS: dict[str, Any] = {kind.kind: kind for kind in (*_CELLS, Dense, *map(BidirectionalKind, _CELLS))}
_DEFAULT_ACTIVATION = {"dense": "relu", "mingru": "linear", "bi-mingru": "linear"}
# A layer of 100,000 Elman units already needs 80 GB; a larger number is a slip, or a hostile file.
_MOST_UNITS = 100_000


def layer_kinds() -> tuple[str, ...]:
    """The kinds of layer that a design can name."""
    return tuple(_KINDS)


def layer_kind(name: str) -> Any:
    """What makes layers of that kind."""
    return _KINDS[name]


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
            object.__setattr__(self, "activation", _DEFAULT_ACTIVATION.get(self.kind, "tanh"))
        activation(self.activation)

    @property
    def recurrent(self) -> bool:
        """Whether the layer has a state."""
        return layer_kind(self.kind).recurrent

    @property
    def bidirectional(self) -> bool:
        """Whether two cells run through the sequence in opposite directions."""
        return layer_kind(self.kind).bidirectional

    @property
    def width(self) -> int:
        """How many numbers the layer hands on at every step."""
        return 2 * self.units if self.bidirectional else self.units

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)

    def __str__(self) -> str:
        return f"{self.kind}:{self.units}:{self.activation}"


def parse_layer(text: str) -> LayerDesign:
    """A layer from ``kind:units`` or ``kind:units:activation``."""
    parts = [part.strip() for part in text.split(":")]
    if len(parts) not in (2, 3) or not parts[1].isdecimal():
        raise InputError(
            f"a layer is written kind:units or kind:units:activation, as in lstm:250 or dense:125:relu; came "
            f"{text.strip()!r}. Kinds: {', '.join(_KINDS)}."
        )
    return LayerDesign(parts[0].lower(), int(parts[1]), parts[2].lower() if len(parts) == 3 else "")


def resized(layers: list[LayerDesign], chosen: list[int], count: int | None, most: int) -> list[LayerDesign]:
    """``count`` layers in place of the chosen ones."""
    if count is None:
        return layers
    require_whole("layers", count, 1, most)
    last = chosen[-1]
    dropped = set(chosen[count:])
    kept = [layer for i, layer in enumerate(layers) if i not in dropped]
    extra = count - len(chosen)
    at = last + 1 - len(dropped)
    return kept[:at] + [layers[last]] * max(extra, 0) + kept[at:]
