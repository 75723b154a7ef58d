"""The forward pass that stacks up and the backward pass that takes off, step by step."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator

from unrolled.arguments import require_whole
from unrolled.errors import InputError
from unrolled.networks import Backpropagation, LayerTape, Tape
from unrolled.show._figure import figure
from unrolled.show._layers import draw_curve, draw_nothing
from unrolled.show._legend import legend_above
from unrolled.show._letters import SMALLER, letter_size
from unrolled.show._style import GREY, LOOKS
from unrolled.show._ticks import log_axis, name_axis, plain_axis, power_of_ten

__all__ = ["draw_backpropagation"]

# Dark to light in grey too, and the same to the colour-blind.
_COLOURS = "cividis"
_DECADES = 6


def draw_backpropagation(
    tape: Tape,
    back: Backpropagation,
    *,
    layer: str | None = None,
    sequence: int = 0,
    axes: Sequence[Axes] | None = None,
) -> tuple[Axes, Axes, Axes]:
    """Draw one sequence's way through a layer and back, in three parts above each other.

    First the stack of activities h_t, units upwards and time to the right; then what the backward pass takes off it:
    the derivatives ``|dE/da_t|``, on a logarithmic scale of six decades; then, on a logarithmic axis, the norm of these
    at every step and the norm of what the step adds to the derivative of the shared weights. The dotted line is the
    norm of the sum of these over the steps. They are those of all sequences of the tape together.

    Parameters
    ----------
    tape, back
        From :func:`unrolled.networks.forward_pass` and, with ``contributions=True``,
        :func:`unrolled.networks.backpropagate`.
    layer
        A layer's name; the first recurrent one if left out.
    sequence
        Which sequence, counted from 0.
    axes
        Three to draw on; a new figure of one column's width if left out.

    Returns
    -------
    tuple of Axes
        What was drawn on, top to bottom.

    Raises
    ------
    InputError
        No such layer or sequence, not three axes, or a backward pass without contributions.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.networks import NetworkDesign, backpropagate, forward_pass, member_keys
    >>> from unrolled.show import draw_backpropagation
    >>> network = NetworkDesign.parse("elman:4").initialize(1, 1, key=member_keys(0, 1)[0])
    >>> tape = forward_pass(network, np.ones((1, 10, 1)))
    >>> axes = draw_backpropagation(tape, backpropagate(tape, np.ones((1, 1, 1)), contributions=True))
    >>> [drawn.get_ylabel() for drawn in axes]
    ['unit of elman_1', 'unit', 'norm']
    """
    name = _first_recurrent(tape) if layer is None else layer
    seen = tape[name]
    require_whole("sequence", sequence, 0, len(seen.h) - 1)
    if axes is not None and len(axes) != 3:
        raise InputError(f"the drawing has three parts and needs three axes; came {len(axes)}.")
    weight, steps, total = _contributions(tape, back, name)
    top, middle, bottom = figure(118, panels=(1, 1, 1))[1] if axes is None else axes
    h, delta = (np.asarray(part, np.float64)[sequence].T for part in (seen.h, np.abs(back[name].delta)))
    _draw_image(top, h, _linear_scale(h), "activity h")
    _draw_image(middle, delta, _log_scale(delta), "|dE/da|")
    name_axis(top.yaxis, f"unit of {name}")
    _name_rows(middle, tape, name, seen)
    _draw_norms(bottom, np.linalg.norm(delta, axis=0), (weight, steps, total))
    for upper in (top, middle):
        upper.set_xlabel("")
        upper.tick_params(labelbottom=axes is not None)
    return top, middle, bottom


def _first_recurrent(tape: Tape) -> str:
    for name in tape.names:
        if tape.passes[name].state:
            return name
    raise InputError("the network has no recurrent layer; name the layer to draw.")


def _contributions(tape: Tape, back: Backpropagation, name: str) -> tuple[str, Float[np.ndarray, " time"], float]:
    """The weight, W where there is one; the norm of what every step adds to its derivative; the norm of the sum."""
    if back.contributions is None:
        raise InputError("there are no contributions of steps to draw; call backpropagate with contributions=True.")
    by_step = {
        key: np.asarray(w, np.float64) for key, w in back.contributions.weights().items() if key.startswith(f"{name}.")
    }
    if not by_step:
        raise InputError(f"the layer {name} has no weights; name one of {', '.join(tape.names[:-1])}.")
    chosen = f"{name}.W" if f"{name}.W" in by_step else next(iter(by_step))
    steps = by_step[chosen].reshape(len(by_step[chosen]), -1)
    return chosen.rpartition(".")[2], np.linalg.norm(steps, axis=1), float(np.linalg.norm(steps.sum(0)))


def _draw_image(axes: Axes, values: Float[np.ndarray, "unit time"], scale: Normalize, name: str) -> None:
    units, time = values.shape
    image = axes.imshow(
        values, cmap=_COLOURS, norm=scale, aspect="auto", origin="lower", interpolation="nearest",
        extent=(0.5, time + 0.5, 0.5, units + 0.5),
    )  # fmt: skip
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(5, integer=True, min_n_ticks=1))
    _draw_scale(axes, image, name)


def _draw_scale(axes: Axes, image: object, name: str) -> None:
    """The colours and their numbers, at the right."""
    size = letter_size(axes)
    beside = axes.inset_axes((1.02, 0.0, 0.03, 1.0))
    sheet = axes.get_figure(root=True)
    if sheet is None:
        return
    bar = sheet.colorbar(image, cax=beside)  # pyright: ignore[reportArgumentType]
    bar.outline.set_linewidth(0.4)  # pyright: ignore[reportCallIssue]
    beside.tick_params(which="both", labelsize=SMALLER * size, width=0.4, length=2)
    beside.yaxis.label.set_fontsize(SMALLER * size)
    if isinstance(bar.norm, LogNorm):
        beside.yaxis.set_major_formatter(FuncFormatter(lambda value, _: power_of_ten(value)))
        beside.yaxis.set_minor_locator(NullLocator())
    else:
        beside.yaxis.set_major_locator(MaxNLocator(5))
    name_axis(beside.yaxis, name)


def _linear_scale(values: Float[np.ndarray, "unit time"]) -> Normalize:
    """The middle of the colours is 0 where there are both signs."""
    most = float(np.abs(values).max()) or 1.0
    return Normalize(-most if values.min() < 0 else 0.0, most)


def _log_scale(values: Float[np.ndarray, "unit time"]) -> Normalize:
    most = float(values.max())
    if not 0 < most < np.inf:
        return Normalize(0.0, 1.0)
    return LogNorm(most * 10.0**-_DECADES, most, clip=True)


def _name_rows(axes: Axes, tape: Tape, name: str, seen: LayerTape) -> None:
    """Gates below each other are named, where every one has as many rows."""
    gates = _gates(tape, name)
    rows, units = seen.slopes.shape[-1], seen.h.shape[-1]
    if not gates or rows != units * len(gates):
        name_axis(axes.yaxis, "unit" if rows == units else "row")
        return
    axes.set_yticks([units * (i + 0.5) + 0.5 for i in range(len(gates))], gates)
    axes.tick_params(axis="y", length=0)
    axes.set_ylabel("")
    for i in range(1, len(gates)):
        axes.axhline(units * i + 0.5, color="white", lw=0.8)


def _gates(tape: Tape, name: str) -> tuple[str, ...]:
    whole, _, way = name.partition(".")
    layer = tape.network.named_layers()[whole]
    return getattr(getattr(layer, way) if way else layer, "gates", ())


def _draw_norms(
    axes: Axes, delta: Float[np.ndarray, " time"], added: tuple[str, Float[np.ndarray, " time"], float]
) -> None:
    weight, steps, total = added
    t = np.arange(1.0, len(delta) + 1)
    curves = {"|dE/da|": delta, f"part of dE/d{weight}": steps}
    for (label, values), look in zip(curves.items(), LOOKS, strict=False):
        shown = np.where(np.isfinite(values) & (values > 0), values, np.nan)
        draw_curve(axes, t, shown, look, label=label, count=2 * len(t))
    if 0 < total < np.inf:
        axes.axhline(total, color=GREY, ls=":", lw=1.0, label=f"|dE/d{weight}|")
    numbers = np.concatenate([delta, steps, [total]])
    numbers = numbers[np.isfinite(numbers) & (numbers > 0)]
    if numbers.size:
        log_axis(axes.yaxis, float(numbers.min()), float(numbers.max()))
    else:
        draw_nothing(axes, "no derivative that differs from zero")
    axes.set_xlim(0.5, len(t) + 0.5)
    plain_axis(axes.xaxis, "step t")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    name_axis(axes.yaxis, "norm")
    legend_above(axes)
