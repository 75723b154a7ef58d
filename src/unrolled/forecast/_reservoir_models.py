"""The models with a reservoir that have names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from unrolled.errors import InputError
from unrolled.forecast._echo_state import EchoState
from unrolled.forecast._next_generation import NextGenerationReservoir

__all__ = ["RESERVOIRS", "reservoir_model"]


@dataclass(frozen=True)
class _Reservoir:
    """One entry of the table: what it is, and what makes it."""

    about: str
    make: type[EchoState] | type[NextGenerationReservoir]

    @property
    def settings(self) -> tuple[str, ...]:
        """What it takes."""
        return tuple(f.name for f in fields(self.make) if f.name != "name")


#: The models with a reservoir by name.
RESERVOIRS = {
    "echo-state": _Reservoir(
        "echo state network: a fixed random reservoir of 400 tanh units, its readout solved by ridge regression",
        EchoState,
    ),
    "next-generation-reservoir": _Reservoir(
        "products of delayed values, their readout solved by ridge regression", NextGenerationReservoir
    ),
}


def reservoir_model(name: str, changed: Mapping[str, Any]) -> EchoState | NextGenerationReservoir:
    """A model with a reservoir by name, with some settings changed.

    Raises
    ------
    InputError
        A setting that says nothing to it, or is out of range.
    """
    entry = RESERVOIRS[name]
    for setting in changed:
        if setting not in entry.settings:
            raise InputError(
                f"{setting} says nothing to {name}, which takes {', '.join(entry.settings)}; leave it out."
            )
    made = entry.make(**changed)
    made.check_settings()
    return made
