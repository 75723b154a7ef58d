"""What the gates of a layer do over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from unrolled.arguments import require_whole
from unrolled.errors import InputError
from unrolled.networks import LayerTape
from unrolled.show._figure import figure
from unrolled.show._layers import draw_curve
from unrolled.show._legend import legend_above
from unrolled.show._style import LOOKS
from unrolled.show._ticks import name_axis, plain_axis

__all__ = ["draw_gate_traces", "gate_figure"]

_OPEN = 0.08  # how far beyond 0 and 1 the axis of a gate reaches
_ROW = 19.0  # mm
_BESIDE = 18.0  # mm for the legend and the name of the time axis
_TICKS = 5  # numbers of five digits have room beside each other
_CURVES = len(LOOKS)
_LIGHTEST = 0.7


def draw_gate_traces(
    trace: LayerTape,
    *,
    sequence: int = 0,
    units: Sequence[int] | None = None,
    axes: Sequence[Axes] | None = None,
) -> tuple[Axes, ...]:
    """Draw one sequence's gates against time: the inputs, every gate from shut (0) to open (1), the memory.

    Rows from top to bottom: the inputs x_t, the gates in the order of the cell (write, keep and read of an LSTM; write
    and read of the cell of 1997; reset and update of a GRU, update of a minGRU), and the memory s_t, which is h_t in a
    layer without one. The same unit has the same line in every row.

    Parameters
    ----------
    trace
        Of one layer, from :func:`unrolled.networks.gate_traces`.
    sequence
        Which sequence, counted from 0.
    units
        Which units, six at the most; the first ones if left out. Six inputs are drawn at the most.
    axes
        As many as there are rows; a new figure of one column's width if left out.

    Returns
    -------
    tuple of Axes
        What was drawn on, top to bottom.

    Raises
    ------
    InputError
        A layer without gates, no such sequence or units, another number of axes.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.networks import NetworkDesign, gate_traces, member_keys
    >>> from unrolled.show import draw_gate_traces
    >>> network = NetworkDesign.parse("lstm:4").initialize(1, 1, key=member_keys(0, 1)[0])
    >>> axes = draw_gate_traces(gate_traces(network, np.ones((1, 30, 1)))["lstm_1"], units=[0, 2])
    >>> [drawn.get_ylabel() for drawn in axes]
    ['input', 'write', 'keep', 'read', 'memory s']
    """
    gates = _gates(trace)
    require_whole("sequence", sequence, 0, len(trace.h) - 1)
    chosen = _chosen(trace, units)
    count = len(gates) + 2
    if axes is not None and len(axes) != count:
        raise InputError(f"the drawing has {count} rows and needs as many axes; came {len(axes)}.")
    drawn = _sheet(count)[1] if axes is None else tuple(axes)
    rows = {
        "input": np.asarray(trace.x[sequence], np.float64)[:, :_CURVES],
        **{name: _of(gate, sequence, chosen) for name, gate in gates.items()},
        "memory s" if trace.s is not None else "memory h": _of(np.asarray(trace.memory), sequence, chosen),
    }
    for panel, (name, values) in zip(drawn, rows.items(), strict=True):
        _draw_row(panel, values, [f"unit {unit}" for unit in chosen] if name != "input" else [])
        if name in gates:
            panel.set_ylim(-_OPEN, 1 + _OPEN)
            panel.set_yticks([0, 1])
            name_axis(panel.yaxis, name)
        else:
            plain_axis(panel.yaxis, name)
            panel.yaxis.set_major_locator(MaxNLocator(3))
        panel.set_xlim(0.5, trace.h.shape[1] + 0.5)
    plain_axis(drawn[-1].xaxis, "step t")
    drawn[-1].xaxis.set_major_locator(MaxNLocator(_TICKS, integer=True, min_n_ticks=1))
    if len(chosen) > 1:
        legend_above(drawn[1])
    return drawn


def gate_figure(trace: LayerTape, *, sequence: int = 0, units: Sequence[int] | None = None) -> Figure:
    """A figure of one column's width with what :func:`draw_gate_traces` draws.

    Parameters
    ----------
    trace, sequence, units
        As there.

    Returns
    -------
    Figure
        To be saved with :func:`save`.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.networks import NetworkDesign, gate_traces, member_keys
    >>> from unrolled.show import gate_figure
    >>> network = NetworkDesign.parse("gru:4").initialize(1, 1, key=member_keys(0, 1)[0])
    >>> len(gate_figure(gate_traces(network, np.ones((1, 30, 1)))["gru_1"]).axes)  # input, reset, update, memory
    4
    """
    sheet, panels = _sheet(len(_gates(trace)) + 2)
    draw_gate_traces(trace, sequence=sequence, units=units, axes=panels)
    sheet.align_ylabels(panels)
    return sheet


def _sheet(count: int) -> tuple[Figure, tuple[Axes, ...]]:
    return figure(_ROW * count + _BESIDE, panels=(1.0,) * count)


def _gates(trace: LayerTape) -> dict[str, Float[np.ndarray, "batch time unit"]]:
    """What is open or shut; a candidate is neither."""
    gates = {name: np.asarray(gate) for name, gate in trace.gates.items() if name != "candidate"}
    if not gates:
        raise InputError("this layer has no gates; take a trace of an LSTM, a GRU or a minGRU from gate_traces.")
    return gates


def _chosen(trace: LayerTape, units: Sequence[int] | None) -> list[int]:
    most = trace.h.shape[-1]
    if units is None:
        return list(range(min(most, _CURVES)))
    if not 1 <= len(units) <= _CURVES:
        raise InputError(f"units must name from one to {_CURVES} units; came {len(units)}.")
    return [require_whole("units", unit, 0, most - 1) for unit in units]


def _of(values: Float[np.ndarray, "batch time unit"], sequence: int, chosen: list[int]) -> Float[np.ndarray, "time _"]:
    return np.asarray(values, np.float64)[sequence][:, chosen]


def _draw_row(axes: Axes, values: Float[np.ndarray, "time _"], labels: list[str]) -> None:
    """The curves of a row; without labels in grey, the last one black, so that nobody takes an input for a unit."""
    t = np.arange(1.0, len(values) + 1)
    greys = np.linspace(0.0, _LIGHTEST, values.shape[1])[::-1]
    for i, (curve, look) in enumerate(zip(values.T, LOOKS, strict=False)):
        own = look if labels else replace(look, colour=f"{greys[i]:.2f}")
        draw_curve(axes, t, curve, own, label=labels[i] if labels else None, count=2 * len(t))
