"""What came with the sequences of the training, beside the inputs, and has to come again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from unrolled.errors import InputError
from unrolled.networks import NetworkDesign
from unrolled.sequence._specification import Specification
from unrolled.types import Batch

__all__ = ["Brought", "brought_by", "require_brought", "restored_brought"]

#: By ``"states"`` and ``"clamps"`` the layers whose states or activities a batch holds, memories as ``"lstm_1.s"``.
Brought = Mapping[str, tuple[str, ...]]
_KINDS = ("states", "clamps")


def brought_by(batch: Batch) -> Brought:
    """What a batch brings."""
    found = {kind: _names(getattr(batch, kind, None)) for kind in _KINDS}
    return {kind: names for kind, names in found.items() if names}


def require_brought(brought: Brought, batch: Batch) -> None:
    """Raise an :class:`InputError` unless a batch brings what that of the training did."""
    for kind, names in brought.items():
        missing = [name for name in names if name not in _names(getattr(batch, kind))]
        if missing:
            raise InputError(
                f"the model learned with {kind} of {', '.join(missing)} beside the inputs: give {kind} here too, NaN "
                "where nothing is known."
            )


def restored_brought(data: Mapping[str, Any], design: NetworkDesign) -> Brought:
    """The same from JSON, checked."""
    brought = {kind: tuple(names) for kind, names in data.items()}
    if not brought.keys() <= set(_KINDS):
        raise ValueError("a batch brings nothing but states and clamps")
    Specification(given=brought.get("states", ()), clamped=brought.get("clamps", ())).check(design)
    return brought


def _names(given: Mapping[str, Any] | None) -> tuple[str, ...]:
    return tuple(sorted(name.removesuffix(".h") for name in given or ()))
