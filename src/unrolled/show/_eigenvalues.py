"""Eigenvalues of the recurrent weights, in the complex plane."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Complex
from matplotlib.axes import Axes
from matplotlib.patches import Circle

from unrolled.errors import InputError
from unrolled.networks import Bidirectional, Network
from unrolled.show._course import round_ticks
from unrolled.show._figure import figure
from unrolled.show._layers import draw_nothing
from unrolled.show._legend import legend_above
from unrolled.show._letters import shortened
from unrolled.show._style import LOOKS
from unrolled.show._ticks import plain_axis

__all__ = ["draw_eigenvalues"]

_HEIGHT = 84.0  # mm
_MOST_UNITS = 5_000
_ROOM = 1.08
_LARGE, _SMALL = 3.4, 1.2
_LARGEST = 1e150


def draw_eigenvalues(network: Any, *, axes: Axes | None = None) -> Axes:
    """Draw the eigenvalues of W of every recurrent layer, and the unit circle.

    Of a gated cell W is that of its candidate, and of a layer that runs both ways each direction has its own, as
    :attr:`unrolled.networks.GradientFlow.spectral_radius` has it. Layers without W, as the minGRU, have none. Beside
    each name stands the spectral radius: where it is above 1 a linear layer grows.

    Parameters
    ----------
    network
        A network; a square matrix; or eigenvalues, ``(value,)``.
    axes
        Where to draw; a new figure of one column's width if left out.

    Returns
    -------
    Axes
        What was drawn on.

    Raises
    ------
    InputError
        Something else, more than six matrices, or one of more than 5,000 rows.

    Examples
    --------
    >>> from unrolled.networks import random_network
    >>> from unrolled.show import draw_eigenvalues
    >>> axes = draw_eigenvalues(random_network(40, 1.3))
    >>> [text.get_text() for text in axes.get_legend().get_texts()]
    ['elman_1, radius 1.35', 'unit circle']
    """
    found = _eigenvalues(network)
    if len(found) > len(LOOKS):
        raise InputError(f"up to {len(LOOKS)} layers can be told apart; this network has {len(found)}: draw each W.")
    drawn = axes if axes is not None else figure(_HEIGHT)[1][0]
    known = {name: own[np.abs(own) <= _LARGEST] for name, own in found.items()}
    largest = max([1.0, *(float(np.abs(own).max(initial=0.0)) for own in known.values())])
    for (name, own), look in zip(known.items(), LOOKS, strict=False):
        if not own.size:
            continue
        text = f"radius {np.abs(own).max():.3g}"
        size = float(np.clip(40 / np.sqrt(len(own)), _SMALL, _LARGE))
        drawn.plot(
            np.real(own), np.imag(own), ls="none", marker=look.mark, ms=size, mec=look.colour, mew=0.6,
            mfc=f"{look.colour}60", zorder=3, label=f"{shortened(name, 24)}, {text}" if name else text,
        )  # fmt: skip
    circle = Circle((0, 0), 1.0, fill=False, edgecolor="0.35", lw=0.8, zorder=1)
    drawn.add_patch(circle)
    drawn.plot([], [], color="0.35", lw=0.8, label="unit circle")
    _write(drawn, _ROOM * largest)
    if not any(own.size for own in known.values()):
        draw_nothing(drawn, "no eigenvalue that is a finite number")
    legend_above(drawn)
    return drawn


def _write(axes: Axes, end: float) -> None:
    axes.set_aspect("equal")
    axes.set_xlim(-end, end)
    axes.set_ylim(-end, end)
    for axis, name in ((axes.xaxis, "real part"), (axes.yaxis, "imaginary part")):
        axis.set_major_locator(round_ticks(5))
        plain_axis(axis, name)


def _eigenvalues(network: Any) -> dict[str, Complex[np.ndarray, " value"]]:
    if isinstance(network, Network):
        return {name: _of_matrix(W) for name, W in _matrices(network).items()}
    try:
        given = np.asarray(network)
    except ValueError:
        given = np.zeros((0, 0, 0))
    if given.dtype.kind not in "fiubc" or given.ndim not in (1, 2) or (given.ndim == 2 and len(set(given.shape)) > 1):
        raise InputError(
            f"a network, a square matrix or a row of eigenvalues is needed; came {type(network).__name__} of shape "
            f"{np.shape(given)}."
        )
    return {"": given.astype(complex) if given.ndim == 1 else _of_matrix(given)}


def _matrices(network: Network) -> dict[str, np.ndarray]:
    cells: dict[str, Any] = {}
    for name, layer in network.named_layers().items():
        if isinstance(layer, Bidirectional):
            cells |= {f"{name}.forward": layer.forward, f"{name}.backward": layer.backward}
        elif layer.recurrent:
            cells[name] = layer
    return {
        name: np.asarray(cell.gate("candidate")[1] if cell.gates else cell.W)
        for name, cell in cells.items()
        if cell.looks_back
    }


def _of_matrix(W: np.ndarray) -> Complex[np.ndarray, " value"]:
    if W.ndim != 2:
        raise InputError("these are several networks in one; take a member(networks, 0).")
    if len(W) > _MOST_UNITS:
        raise InputError(f"eigenvalues are computed of up to {_MOST_UNITS:,} units; came {len(W):,}: pass eigenvalues.")
    if not np.isfinite(W).all():
        return np.zeros(0, complex)
    values = np.linalg.eigvals(W.astype(complex if W.dtype.kind == "c" else np.float64))
    return values.astype(complex)
