"""Units of a layer by name: ``elman_1``, ``lstm_1.s``, ``elman_1[0, 3:6]``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from unrolled.errors import InputError, nearest_name

__all__ = ["Units"]

_FORM = re.compile(r"^(?P<layer>[A-Za-z][\w-]*)(?:\.(?P<part>\w+))?(?:\[(?P<chosen>[^\]]*)\])?$")


@dataclass(frozen=True)
class Units:
    """Some units of one layer.

    Attributes
    ----------
    layer
        The layer's name.
    part
        ``"h"`` or ``"s"``.
    chosen
        Their numbers, from 0.
    """

    layer: str
    part: str
    chosen: tuple[int, ...]

    @classmethod
    def parse(cls, text: str, sizes: Mapping[str, int], argument: str) -> Units:
        """Units from text.

        Parameters
        ----------
        text
            ``layer``, all its units; ``layer[0, 3:6]``, some; ``layer.s``, its memories.
        sizes
            The layers that can be named, and how many units they have.
        argument
            For the message, should one be needed.

        Raises
        ------
        InputError
            The text has another form, the layer does not exist or has no such units.
        """
        match = _FORM.match(text.strip()) if isinstance(text, str) else None
        if match is None:
            raise InputError(f"{argument} names units as in 'elman_1', 'elman_1[0, 3:6]' or 'lstm_1.s'; came {text!r}.")
        layer, part = match["layer"], match["part"] or "h"
        if not sizes:
            raise InputError(
                f"{argument} names {layer!r}, and this network has no layer whose states can be given or held: dense "
                f"and bi- layers have none. Leave {argument} out."
            )
        if layer not in sizes:
            raise nearest_name(f"layer in {argument}", layer, sizes)
        chosen = range(sizes[layer]) if match["chosen"] is None else _numbers(match["chosen"], sizes[layer], argument)
        return cls(layer, part, tuple(chosen))

    @property
    def name(self) -> str:
        """The state's name: ``layer.part``."""
        return f"{self.layer}.{self.part}"

    def __str__(self) -> str:
        return f"{self.name}[{', '.join(map(str, self.chosen))}]"


def _numbers(text: str, size: int, argument: str) -> list[int]:
    """The numbers that a list of numbers and ranges names."""
    found: list[int] = []
    for entry in text.split(","):
        ends = [part.strip() for part in entry.split(":")]
        if len(ends) > 2 or not all(end.isdecimal() or (not end and len(ends) == 2) for end in ends):
            raise InputError(f"{argument}: units are numbers or ranges, as in [0, 3:6]; came [{text}].")
        if len(ends) == 1:
            found.append(int(ends[0]))
        else:
            found += range(int(ends[0] or 0), int(ends[1] or size))
    beyond = [unit for unit in found if unit >= size]
    if beyond or not found:
        odd = f"unit {beyond[0]}" if beyond else "no unit"
        raise InputError(f"{argument} names {odd}; the layer has units 0 to {size - 1}.")
    if len(set(found)) < len(found):
        raise InputError(f"{argument} names a unit twice: [{text}].")
    return found
