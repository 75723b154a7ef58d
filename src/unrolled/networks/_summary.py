"""A table of a network: layers, output shapes, numbers of parameters."""

from __future__ import annotations

import math
from dataclasses import dataclass

from unrolled.networks._design import NetworkDesign
from unrolled.networks._network import layer_names

__all__ = ["LayerSummary", "NetworkSummary", "summarize"]


@dataclass(frozen=True)
class LayerSummary:
    """One row of the table."""

    name: str
    activation: str
    output_shape: tuple[int | str, ...]
    parameters: int


@dataclass(frozen=True)
class NetworkSummary:
    """The table, and its sum.

    ``str(summary)`` is the table as text.
    """

    rows: tuple[LayerSummary, ...]

    @property
    def parameters(self) -> int:
        """The number of weights and biases of the whole network."""
        return sum(row.parameters for row in self.rows)

    def __str__(self) -> str:
        cells = [("layer", "activation", "output shape", "parameters")]
        cells += [
            (row.name, row.activation, f"({', '.join(map(str, row.output_shape))})", f"{row.parameters:,}")
            for row in self.rows
        ]
        widths = [max(len(row[i]) for row in cells) for i in range(4)]
        lines = ["  ".join(text.ljust(w) for text, w in zip(row[:3], widths, strict=False)) for row in cells]
        lines = [f"{line}  {row[3].rjust(widths[3])}" for line, row in zip(lines, cells, strict=True)]
        return "\n".join([*lines, f"total: {self.parameters:,} parameters"])


def summarize(design: NetworkDesign, features: int, outputs: int, time: int, *, last: int = 1) -> NetworkSummary:
    """Layers, output shapes and parameter counts of a network that reads sequences of ``time`` steps.

    Layers before the last recurrent one hand on every step; what follows it sees the last steps only, as many as have
    outputs.

    Parameters
    ----------
    design
        The network.
    features, outputs
        Number of inputs and of outputs.
    time
        Steps in a window.
    last
        Steps at the end that have an output.

    Returns
    -------
    NetworkSummary
        One row a layer.

    Examples
    --------
    >>> from unrolled.networks import NetworkDesign, summarize
    >>> print(summarize(NetworkDesign.parse("elman:200:tanh"), features=1, outputs=1, time=2))
    layer    activation  output shape  parameters
    elman_1  tanh        (batch, 200)      40,400
    readout  linear      (batch, 1)           201
    total: 40,601 parameters
    """
    shapes = design.shapes(features, outputs)
    rows = []
    for prefix, row, steps in (("encoder_", design.encoder, 1), ("", design.layers, last)):
        names = [prefix + name for name in layer_names([layer.kind for layer in row])]
        looking_back = max((i for i, layer in enumerate(row) if layer.recurrent), default=-1)
        for i, (name, layer) in enumerate(zip(names, row, strict=True)):
            seen = time if prefix or not design.encoder else last
            shape = _shape(seen if i < looking_back else steps, layer.width, i < looking_back)
            rows.append(LayerSummary(name, layer.activation, shape, _count(shapes, name)))
    if design.observed is None:
        rows.append(LayerSummary("readout", design.output, _shape(last, outputs), _count(shapes, "readout")))
    else:
        learned = _count(shapes, "readout")  # an output before the first step, at most
        rows.append(LayerSummary("observed", "linear", _shape(last, len(design.observed)), learned))
    return NetworkSummary(tuple(rows))


def _shape(steps: int, width: int, every: bool = False) -> tuple[int | str, ...]:
    return ("batch", steps, width) if every or steps > 1 else ("batch", width)


def _count(shapes: dict[str, tuple[int, ...]], name: str) -> int:
    return sum(math.prod(shape) for key, shape in shapes.items() if key.startswith(f"{name}."))
