"""What an unrolled network consists of: boxes, arrows and the matrices on them. Nothing is drawn here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from unrolled.errors import InputError
from unrolled.networks import LayerDesign, Network, NetworkDesign, layer_names

__all__ = ["Arrow", "Box", "Plan", "Row", "plan"]

Kind = Literal["input", "hidden", "output", "gap", "edge"]

_MOST_LAYERS = 8
_NAMES = {
    "elman": "Elman", "lstm": "LSTM", "peephole-lstm": "peephole\nLSTM", "lstm-1997": "LSTM 1997", "gru": "GRU",
    "mingru": "minGRU", "dense": "dense",
}  # fmt: skip
_KEPT = 3  # layers drawn at either end of a network with more than that


@dataclass(frozen=True)
class Row:
    """One row of the drawing, counted from the bottom.

    Attributes
    ----------
    kind
        ``"input"``, ``"hidden"``, ``"output"``, or ``"gap"`` for layers that are left out.
    text
        What it is, in two short lines.
    layer
        Number of the hidden layer, from 1; 0 for the others.
    recurrent, memory
        Whether a state, and beside it a memory s, is handed on in time.
    matrix
        The matrix on the arrows that enter it from below; ``""`` for none.
    looks_back
        Whether a matrix multiplies the last activities.
    bidirectional
        Whether states are handed on in both directions of time.
    """

    kind: Kind
    text: str
    layer: int = 0
    recurrent: bool = False
    memory: bool = False
    matrix: str = ""
    looks_back: bool = True
    bidirectional: bool = False

    @property
    def recurrent_matrix(self) -> str:
        """The matrix on its horizontal arrows, W with the index of U."""
        return self.matrix.replace("U", "W") if self.recurrent and self.looks_back else ""


@dataclass(frozen=True)
class Box:
    """Something with a symbol, at a column and a row."""

    column: int
    row: int
    text: str
    kind: Kind


@dataclass(frozen=True)
class Arrow:
    """From box to box, both as (column, row); ``matrix`` is ``""`` on the way into a gap and ``"s"`` for a memory.

    ``both``: and the other way too.
    """

    start: tuple[int, int]
    end: tuple[int, int]
    matrix: str
    both: bool = False


@dataclass(frozen=True)
class Plan:
    """Everything that is drawn, and the shape of every matrix by its name."""

    rows: tuple[Row, ...]
    columns: int
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    shapes: dict[str, str]


def plan(network: NetworkDesign | Network, features: int, outputs: int, steps: int, window: int | None) -> Plan:
    """Lay out a network in columns of time and rows of layers.

    Without ``window`` the columns are t-1, t, t+1, ..., every step has an output, and states come from before and go
    on. With it they are 1..L (1, 2, ..., L where L is above 4), states start at zero, and only what the last output
    needs is drawn.
    """
    if isinstance(network, Network):
        network, features, outputs = _design(network), network.features, network.outputs
    if min(features, outputs, steps, 1 if window is None else window) < 1:
        came = f"{features}, {outputs}, {steps}, {window}"
        raise InputError(f"features, outputs, steps and window must be 1 or more; came {came}.")
    rows = _rows(network, features, outputs)
    times = _times(steps, window)
    needed = _needed(rows, len(times), last_only=window is not None)
    shown = {(column, row) for row, columns in enumerate(needed) for column in columns}
    boxes = [
        Box(column, row, _symbol(rows[row], times[column]), rows[row].kind if times[column] else "gap")
        for column, row in sorted(shown)
    ]
    arrows = _upward(rows, times, shown) + _onward(rows, times, shown)
    boxes += _edges(rows, len(times), before="0" if window else "⋯", after="" if window else "⋯")
    arrows += _over_the_edge(rows, len(times), after=window is None)
    return Plan(tuple(rows), len(times), tuple(boxes), tuple(arrows), _shapes(network, rows, features, outputs))


def _design(network: Network) -> NetworkDesign:
    return NetworkDesign(tuple(map(LayerDesign.of, network.layers)), network.readout.activation)


def _rows(design: NetworkDesign, features: int, outputs: int) -> list[Row]:
    count = len(design.layers)
    rows = [Row("input", f"input\n{features}")]
    for number, layer in enumerate(design.layers, 1):
        if count > _MOST_LAYERS and _KEPT < number <= count - _KEPT:
            if number == _KEPT + 1:
                rows.append(Row("gap", f"{count - 2 * _KEPT} more\nlayers"))
            continue
        matrix = "U" if count == 1 else f"U_{{{number}}}"
        kind = layer.kind.removeprefix("bi-")
        text = f"{'bi-' if layer.bidirectional else ''}{_NAMES[kind]}\n{layer.units} {layer.activation}"
        ways = {"looks_back": kind != "mingru", "bidirectional": layer.bidirectional}
        rows.append(Row("hidden", text, number, layer.recurrent, layer.has_memory, matrix, **ways))
    return [*rows, Row("output", f"output\n{outputs} {design.output}", matrix="V")]


def _times(steps: int, window: int | None) -> list[str]:
    """The subscripts of the columns; an empty one is a gap."""
    if window is None:
        offsets = range(-((steps - 1) // 2), steps // 2 + 1)
        return ["t" if offset == 0 else f"t{offset:+d}" for offset in offsets]
    if window == 1:
        return ["t"]
    return [str(i + 1) for i in range(window)] if window <= 4 else ["1", "2", "", str(window)]


def _needed(rows: Sequence[Row], columns: int, *, last_only: bool) -> list[range]:
    """Which columns each row has boxes in: above the last recurrent layer, one output needs one step."""
    top = max((i for i, row in enumerate(rows) if row.recurrent), default=0)
    return [range(columns - 1 if last_only and i > top else 0, columns) for i in range(len(rows))]


def _symbol(row: Row, time: str) -> str:
    if row.kind == "gap":
        return "⋮"
    if not time:
        return "⋯"
    letter = {"input": "x", "hidden": "h", "output": "y"}[row.kind]
    above = f"^{{({row.layer})}}" if "_" in row.matrix else ""
    symbol = f"${letter}_{{{time}}}{above}$"
    return f"{symbol}\n{symbol.replace('h', 's', 1)}" if row.memory else symbol


def _upward(rows: Sequence[Row], times: list[str], shown: set[tuple[int, int]]) -> list[Arrow]:
    return [
        Arrow((column, row - 1), (column, row), rows[row].matrix)
        for column, row in sorted(shown)
        if row and times[column]
    ]


def _onward(rows: Sequence[Row], times: list[str], shown: set[tuple[int, int]]) -> list[Arrow]:
    return [
        arrow
        for column, row in sorted(shown)
        if rows[row].recurrent and column + 1 < len(times)
        for arrow in _along(rows[row], (column, row), (column + 1, row))
    ]


def _along(row: Row, start: tuple[int, int], end: tuple[int, int]) -> list[Arrow]:
    names = [row.recurrent_matrix, *(["s"] if row.memory else [])]
    return [Arrow(start, end, name, row.bidirectional) for name in names]


def _edges(rows: Sequence[Row], columns: int, *, before: str, after: str) -> list[Box]:
    """Where states come from and go to; from the end come those of the backward direction."""
    ends = [(i, -1, before) for i, row in enumerate(rows) if row.recurrent]
    ends += [
        (i, columns, after or before) for i, row in enumerate(rows) if row.recurrent and (after or row.bidirectional)
    ]
    return [Box(column, i, text, "edge") for i, column, text in ends]


def _over_the_edge(rows: Sequence[Row], columns: int, *, after: bool) -> list[Arrow]:
    """Arrows from and to the edges; without an ``after`` those that enter alone."""
    found = []
    for i, row in enumerate(rows):
        if not row.recurrent:
            continue
        into, out = _along(row, (-1, i), (0, i)), _along(row, (columns - 1, i), (columns, i))
        if after:
            found += [*into, *out]
            continue
        found += [replace(arrow, both=False) for arrow in into]
        if row.bidirectional:
            found += [replace(arrow, start=arrow.end, end=arrow.start, both=False) for arrow in out]
    return found


def _shapes(design: NetworkDesign, rows: Sequence[Row], features: int, outputs: int) -> dict[str, str]:
    """Rows by columns of every matrix that is drawn; gates below each other are counted: 4·250."""
    shapes = design.shapes(features, outputs)
    names = layer_names([*(layer.kind for layer in design.layers), "readout"])
    found = {}
    for row in rows:
        if row.kind == "output":
            found["V"] = "×".join(map(str, shapes["readout.V"]))
        for field in ("UW" if row.recurrent_matrix else "U") if row.layer else "":
            way = "forward." if row.bidirectional else ""
            height, width = shapes[f"{names[row.layer - 1]}.{way}{field}"]
            units = design.layers[row.layer - 1].units
            gates = "" if height == units else f"{height // units}·"
            rows_of = f"{gates}{units}" if height % units == 0 else f"{height}"  # blocks share some of their gates
            found[row.matrix.replace("U", field)] = f"{'2× ' if row.bidirectional else ''}{rows_of}×{width}"
    return found
