"""What the settings of a design must be, and what excludes what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from unrolled.arguments import require_flag, require_number, require_whole
from unrolled.errors import InputError, nearest_name
from unrolled.networks._activations import activation
from unrolled.networks._layer_design import LayerDesign

if TYPE_CHECKING:
    from unrolled.networks._design import NetworkDesign

__all__ = ["MOST_LAYERS", "check_count", "check_design", "layers_of", "plain_number", "plain_units"]

MOST_LAYERS = 1_000
_MOST_STARTS = 10_000_000
# Whether there is an output at every step, or one from the final states.
_READS = ("steps", "final")


def layers_of(name: str, row: Any) -> tuple[LayerDesign, ...]:
    """The layers as a tuple, or an :class:`InputError` that names the argument."""
    if not isinstance(row, tuple | list) or not all(isinstance(layer, LayerDesign) for layer in row):
        raise InputError(
            f"{name} must be a tuple of LayerDesign; came {row!r}. NetworkDesign.parse('gru:3', encoder='gru:3') makes "
            "a design from words."
        )
    return tuple(row)


def plain_number(value: Any) -> Any:
    """Python's number for one of numpy's; everything else as it is."""
    return value.item() if isinstance(value, np.number) else value


def plain_units(units: Any) -> Any:
    """A tuple of Python's numbers for a list or an array of whole numbers; everything else as it is."""
    if isinstance(units, np.ndarray) and units.ndim == 1:
        units = list(units)
    return tuple(map(plain_number, units)) if isinstance(units, tuple | list) else units


def check_design(design: NetworkDesign) -> None:
    """Raise an :class:`InputError` that names the setting, if one is out of range or excludes another."""
    activation(design.output)
    check_count(len(design.layers) + len(design.encoder))
    _check_start(design)
    _check_dropout(design)
    require_flag("feedback", design.feedback)
    if design.reads not in _READS:
        raise nearest_name("way of reading (reads)", design.reads, _READS)
    _check_encoder(design)
    _check_reading(design)
    _check_observed(design)


def check_count(count: int) -> None:
    """Raise an :class:`InputError` if that are too many layers."""
    if count > MOST_LAYERS:
        raise InputError(f"a network may have {MOST_LAYERS} layers at the most; came {count}.")


def _check_start(design: NetworkDesign) -> None:
    require_whole("sequences", design.sequences, 0, _MOST_STARTS)
    if isinstance(design.start, str):
        if design.start != "learned":
            raise InputError(f"start must be a number or 'learned'; came {design.start!r}.")
    else:
        require_number("start", design.start)
    if design.sequences and design.start != "learned":
        raise InputError("sequences have initial states of their own only where these are learned: start='learned'.")
    # With feedback the output before the first step is learned too.
    if design.start != 0 and not design.recurrent and not (design.start == "learned" and design.feedback is True):
        raise InputError(
            f"start says how states begin, and a network without recurrent layers has none: leave start="
            f"{design.start!r} out."
        )


def _check_dropout(design: NetworkDesign) -> None:
    require_number("dropout", design.dropout, least=0.0)
    if not design.dropout < 1:
        raise InputError(f"dropout must be a share from 0 up to (not including) 1; came {design.dropout}.")
    if design.dropout and not design.layers:
        raise InputError("dropout drops activities of hidden layers, and this network has none: leave it out.")


def _check_encoder(design: NetworkDesign) -> None:
    """The encoder's last states are the decoder's first."""
    if not design.encoder:
        return
    ends, starts = ([la for la in row if la.recurrent] for row in (design.encoder, design.layers))
    if [(la.kind, la.units) for la in ends] != [(la.kind, la.units) for la in starts] or not ends:
        raise InputError(
            "the recurrent layers of an encoder hand their states on, so they must be of the same kinds and sizes as "
            f"those that follow; came {_listed(ends)} and {_listed(starts)}."
        )
    if not design.feedback:
        raise InputError("what follows an encoder sees its own outputs: set feedback=True.")


def _listed(row: list[LayerDesign]) -> str:
    return ", ".join(map(str, row)) or "none"


def _check_reading(design: NetworkDesign) -> None:
    """What excludes what."""
    both = [str(la) for la in (*design.layers, *design.encoder) if la.bidirectional]
    if both and (design.feedback or design.encoder):
        raise InputError(f"{both[0]} needs the whole sequence, so no output can be fed back: leave feedback out.")
    if design.reads == "final" and (not design.recurrent or design.feedback):
        raise InputError("reads='final' needs a recurrent layer, and no outputs that are fed back.")


def _check_observed(design: NetworkDesign) -> None:
    """Units of the last layer, each once."""
    if design.observed is None:
        return
    width = design.layers[-1].width if design.layers else 0
    units = design.observed if isinstance(design.observed, tuple) else ()
    if not units or not all(type(unit) is int and 0 <= unit < width for unit in units):
        raise InputError(f"observed must name units from 0 to {width - 1} of the last layer; came {design.observed!r}.")
    if len(set(units)) < len(units):
        raise InputError(f"observed names a unit twice; came {design.observed!r}.")
    if design.output != "linear":
        raise InputError(f"observed activities are outputs as they are: leave output={design.output!r} out.")
