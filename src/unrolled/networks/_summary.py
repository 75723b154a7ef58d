"""A table of a network: layers, output shapes, numbers of parameters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

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


def summarize(design: NetworkDesign, features: int, outputs: int, time: int) -> NetworkSummary:
    """Layers, output shapes and parameter counts of a network that reads windows of ``time`` steps.

    Layers before the last recurrent one hand on every step; what follows it sees the last step only, because one
    value is predicted a window.

    Parameters
    ----------
    design
        The network.
    features, outputs
        Number of inputs and of outputs.
    time
        Steps in a window.

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
    kinds = [*(layer.kind for layer in design.layers), "readout"]
    sizes = [*(layer.units for layer in design.layers), outputs]
    functions = [*(layer.activation for layer in design.layers), design.output]
    last_recurrent = max((i for i, layer in enumerate(design.layers) if layer.recurrent), default=-1)
    rows = []
    for i, name in enumerate(layer_names(kinds)):
        count = sum(int(np.prod(shape)) for key, shape in shapes.items() if key.startswith(f"{name}."))
        shape = ("batch", time, sizes[i]) if i < last_recurrent else ("batch", sizes[i])
        rows.append(LayerSummary(name, functions[i], shape, count))
    return NetworkSummary(tuple(rows))
