"""One layer of a design: its kind, its size, its activation."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, fields
from typing import Any

from unrolled.arguments import require_flag, require_whole
from unrolled.errors import InputError, nearest_name
from unrolled.networks._activations import activation
from unrolled.networks._bidirectional import BidirectionalKind
from unrolled.networks._cell import CellState
from unrolled.networks._dense import Dense
from unrolled.networks._elman import Elman
from unrolled.networks._gru import GRU
from unrolled.networks._leaky_elman import LeakyElmanKind, require_leak
from unrolled.networks._lstm import LSTM
from unrolled.networks._lstm_1997 import LSTM1997, LSTM1997Kind
from unrolled.networks._mingru import MinGRU
from unrolled.networks._peephole_lstm import PeepholeLSTM

__all__ = ["LayerDesign", "layer_kinds", "parse_layer", "resized"]

_CELLS: tuple[Any, ...] = (Elman, LSTM, GRU, MinGRU, PeepholeLSTM, LSTM1997, LeakyElmanKind())
_KINDS: dict[str, Any] = {kind.kind: kind for kind in (*_CELLS, Dense, *map(BidirectionalKind, _CELLS))}
# Settings that some kinds alone have.
_SETTINGS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("lstm-1997", "bi-lstm-1997"), ("block", "truncated")),
    **dict.fromkeys(("leaky-elman", "bi-leaky-elman"), ("leak",)),
}
_DEFAULT_ACTIVATION = {"dense": "relu", "mingru": "linear", "bi-mingru": "linear"}
# A layer of 100,000 Elman units already needs 80 GB; a larger number is a slip, or a hostile file.
_MOST_UNITS = 100_000
# So many units, or blocks x cells.
_SIZE = re.compile(r"^(\d{1,9})(?:x(\d{1,9}))?$", re.ASCII)


def layer_kinds() -> tuple[str, ...]:
    """The kinds of layer that a design can name."""
    return tuple(_KINDS)


@dataclass(frozen=True)
class LayerDesign:
    """One layer: its kind, its number of units, the name of its activation, and what else its kind has to be told.

    Attributes
    ----------
    kind
        One of :func:`layer_kinds`.
    units
        How many units; of a bidirectional layer, in each direction.
    activation
        The name of f; ``""``: the usual one for the kind.
    block, truncated
        Of ``lstm-1997`` how many memory cells share their gates, and whether the gradient is truncated (see
        :class:`LSTM1997`). In words ``lstm-1997:4x2:tanh:truncated`` is four blocks of two cells.
    leak
        Of ``leaky-elman`` the share of the new at every step; in words ``leaky-elman:100:tanh:0.3``.

    Examples
    --------
    >>> from unrolled.networks import LayerDesign
    >>> print(LayerDesign("lstm", 250), LayerDesign("lstm-1997", 8, block=2, truncated=True))
    lstm:250:tanh lstm-1997:4x2:tanh:truncated
    """

    kind: str
    units: int
    activation: str = ""
    block: int = 1
    truncated: bool = False
    leak: float | None = None

    def __post_init__(self) -> None:
        if self.kind not in _KINDS and self.kind.startswith(("peephole-", "bi-peephole-")):
            raise InputError(f"peepholes see a memory, so they belong to peephole-lstm alone; came {self.kind!r}.")
        if self.kind not in _KINDS:
            raise nearest_name("layer", self.kind, _KINDS)
        require_whole("units", self.units, 1, _MOST_UNITS)
        if self.leak is None and "leak" in _SETTINGS.get(self.kind, ()):
            object.__setattr__(self, "leak", LeakyElmanKind().leak)
        self._check_settings()
        if not self.activation:
            object.__setattr__(self, "activation", _DEFAULT_ACTIVATION.get(self.kind, "tanh"))
        activation(self.activation)

    def _check_settings(self) -> None:
        """Raise an :class:`InputError` for a setting of other kinds, or one that does not fit."""
        known = _SETTINGS.get(self.kind, ())
        for name, value in _beyond_the_plain(self).items():
            if name not in known:
                having = " and ".join(kind for kind, settings in _SETTINGS.items() if name in settings)
                raise InputError(
                    f"a layer of kind {self.kind} has no setting {name}; came {name}={value!r}. Of {having} it can be "
                    "set."
                )
        if self.leak is not None:
            require_leak(self.leak)
        require_flag("truncated", self.truncated)
        require_whole("block", self.block, 1, self.units)
        if self.units % self.block:
            raise InputError(f"{self.units} memory cells cannot be shared out in blocks of {self.block}.")

    @classmethod
    def of(cls, layer: Any) -> LayerDesign:
        """The design of a layer that has its weights already."""
        return cls(layer.kind, layer.units, layer.activation, **layer.settings)

    @property
    def maker(self) -> Any:
        """What makes such layers: their shapes, random weights, given weights."""
        made = _KINDS[self.kind]
        if "leak" in _SETTINGS.get(self.kind, ()):
            made = LeakyElmanKind(self.leak)  # pyright: ignore[reportArgumentType]
        elif self.kind in _SETTINGS:
            made = LSTM1997Kind(self.block, self.truncated)
        return BidirectionalKind(made) if self.bidirectional and self.kind in _SETTINGS else made

    @property
    def recurrent(self) -> bool:
        """Whether the layer has a state."""
        return _KINDS[self.kind].recurrent

    @property
    def has_memory(self) -> bool:
        """Whether the state is a memory s beside the activities h."""
        return getattr(_KINDS[self.kind], "state_type", None) is CellState

    @property
    def bidirectional(self) -> bool:
        """Whether two cells run through the sequence in opposite directions."""
        return _KINDS[self.kind].bidirectional

    @property
    def width(self) -> int:
        """How many numbers the layer hands on at every step."""
        return 2 * self.units if self.bidirectional else self.units

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, without settings that say nothing."""
        return {name: value for name, value in asdict(self).items() if name in _PLAIN} | _beyond_the_plain(self)

    def __str__(self) -> str:
        units = self.units if self.block == 1 else f"{self.units // self.block}x{self.block}"
        leak = "" if self.leak is None else f":{self.leak!r}"
        return f"{self.kind}:{units}:{self.activation}{leak}{':truncated' if self.truncated else ''}"


_PLAIN = ("kind", "units", "activation")


def _beyond_the_plain(layer: LayerDesign) -> dict[str, Any]:
    """The settings that differ from what they are if nothing is said."""
    later = {field.name: field.default for field in fields(layer) if field.name not in _PLAIN}
    return {name: getattr(layer, name) for name, default in later.items() if getattr(layer, name) != default}


def parse_layer(text: str) -> LayerDesign:
    """A layer from words: ``kind:units``, ``kind:units:activation``.

    Further words belong to some kinds: ``lstm-1997:4x2:tanh:truncated``, ``leaky-elman:100:tanh:0.3``.
    """
    kind, *rest = (part.strip().lower() for part in text.split(":"))
    size, words = _SIZE.match(rest[0]) if rest else None, rest[1:]
    settings: dict[str, Any] = {}
    if words[-1:] == ["truncated"]:
        words, settings = words[:-1], {"truncated": True}
    if len(words) == 2 and "leak" in _SETTINGS.get(kind, ()):
        words, settings = words[:1], {"leak": _share(words[1])}
    if size is None or len(words) > 1:
        raise InputError(
            f"a layer is written kind:units or kind:units:activation, as in lstm:250 or dense:125:relu, and in blocks "
            f"lstm-1997:4x2; came {text.strip()!r}. Kinds: {', '.join(_KINDS)}."
        )
    block = int(size[2] or 1)
    return LayerDesign(kind, int(size[1]) * block, "".join(words), block, **settings)


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
