"""One layer of a design: its kind, its size, its activation."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from unrolled.arguments import require_number, require_whole
from unrolled.errors import InputError, nearest_name
from unrolled.networks._activations import activation
from unrolled.networks._bidirectional import BidirectionalKind
from unrolled.networks._cell import Cell
from unrolled.networks._dense import Dense
from unrolled.networks._elman import Elman
from unrolled.networks._gru import GRU
from unrolled.networks._leaky_elman import LeakyElmanKind
from unrolled.networks._lstm import LSTM
from unrolled.networks._mingru import MinGRU

__all__ = ["LayerDesign", "layer_kind", "layer_kinds", "parse_layer", "require_leak", "resized"]

_CELLS: tuple[type[Cell] | LeakyElmanKind, ...] = (Elman, LSTM, GRU, MinGRU, LeakyElmanKind())
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
    """One layer: its kind, its number of units, the name of its activation; of leaky units the leak.

    Examples
    --------
    >>> from unrolled.networks import LayerDesign
    >>> LayerDesign("lstm", 250)
    LayerDesign(kind='lstm', units=250, activation='tanh')
    """

    kind: str
    units: int
    activation: str = ""
    leak: float | None = None

    def __post_init__(self) -> None:
        if self.kind not in layer_kinds():
            raise nearest_name("layer", self.kind, _KINDS)
        require_whole("units", self.units, 1, _MOST_UNITS)
        if not self.activation:
            object.__setattr__(self, "activation", _DEFAULT_ACTIVATION.get(self.kind, "tanh"))
        activation(self.activation)
        self._check_leak()

    def _check_leak(self) -> None:
        """Leaky units have a leak, others have none."""
        if "leaky" not in self.kind:
            if self.leak is not None:
                raise InputError(f"a layer of kind {self.kind} has no leak; came {self.leak!r}. Take leaky-elman.")
            return
        if self.leak is None:
            object.__setattr__(self, "leak", LeakyElmanKind().leak)
        require_leak(self.leak)

    @property
    def recurrent(self) -> bool:
        """Whether the layer has a state."""
        return layer_kind(self.kind).recurrent

    @property
    def width(self) -> int:
        """How many numbers the layer hands on at every step."""
        return 2 * self.units if self.kind.startswith("bi-") else self.units

    @property
    def maker(self) -> Any:
        """What makes layers of this kind, with this leak where there is one."""
        if self.leak is None:
            return layer_kind(self.kind)
        leaky = LeakyElmanKind(self.leak)
        return BidirectionalKind(leaky) if self.kind.startswith("bi-") else leaky

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    def __str__(self) -> str:
        text = f"{self.kind}:{self.units}:{self.activation}"
        return text if self.leak is None else f"{text}:{self.leak!r}"


def require_leak(leak: Any) -> None:
    """Raise an :class:`InputError` unless it is a share above 0 and up to 1."""
    require_number("leak", leak, above=0.0)
    if leak > 1:
        raise InputError(f"leak must be a share above 0 and up to 1; came {leak!r}.")


def parse_layer(text: str) -> LayerDesign:
    """A layer from ``kind:units`` or ``kind:units:activation``, and ``kind:units:activation:leak`` of leaky units."""
    parts = [part.strip() for part in text.split(":")]
    if len(parts) == 4 and parts[1].isdecimal() and "leaky" in parts[0]:
        return LayerDesign(parts[0].lower(), int(parts[1]), parts[2].lower(), _share(parts[3]))
    if len(parts) not in (2, 3) or not parts[1].isdecimal():
        raise InputError(
            f"a layer is written kind:units or kind:units:activation, as in lstm:250 or dense:125:relu; came "
            f"{text.strip()!r}. Kinds: {', '.join(_KINDS)}."
        )
    return LayerDesign(parts[0].lower(), int(parts[1]), parts[2].lower() if len(parts) == 3 else "")


def _share(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(f"the leak of a layer is a number above 0 and up to 1; came {text!r}.") from None


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
