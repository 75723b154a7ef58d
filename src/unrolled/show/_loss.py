"""How the loss went."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from unrolled.errors import InputError
from unrolled.learn import History
from unrolled.show._figure import figure
from unrolled.show._legend import legend_above
from unrolled.show._style import GREY, LOOKS, Look
from unrolled.show._ticks import log_axis, name_axis, plain_axis

__all__ = ["draw_loss"]

_MOST_LINES = 100


def draw_loss(history: History, *, axes: Axes | None = None, name: str = "loss") -> Axes:
    """Draw loss and validation loss against the epoch, on a logarithmic axis.

    Members are thin lines; the strong line is their median at each epoch, over the members that still trained and
    did not fail. Members whose loss became infinite are grey and end in a cross. A loss of zero lies below the axis.

    Parameters
    ----------
    history
        What training left behind.
    axes
        Where to draw; a new figure of one column's width if left out.
    name
        What the loss is, for the y axis: ``"mean squared error"``.

    Returns
    -------
    Axes
        What was drawn on.

    Raises
    ------
    InputError
        Nothing was trained: there are no epochs.

    Examples
    --------
    >>> import unrolled
    >>> from unrolled.show import draw_loss
    >>> model = unrolled.model("rnn", units=2, epochs=3, members=2)
    >>> axes = draw_loss(model.fit(unrolled.dataset("pairing-particles").head(12)).history)
    >>> axes.get_xlabel(), axes.get_yscale()
    ('epoch', 'log')
    """
    if history.loss.shape[1] == 0:
        raise InputError("there are no epochs, so there is no loss to draw.")
    drawn = axes if axes is not None else figure(55)[1][0]
    usable = history.usable
    _draw_failed(drawn, history.loss[~usable])
    curves = {"training": history.loss[usable]}
    if history.validation_loss is not None:
        curves["validation"] = history.validation_loss[usable]
    looks = zip(curves.items(), LOOKS, strict=False)
    medians = [_draw_losses(drawn, losses, look, label) for (label, losses), look in looks if usable.any()]
    drawn.margins(x=0.02)
    shown = np.concatenate(list(curves.values())) if usable.any() else history.loss
    _loss_axis(drawn, shown, medians, name)
    plain_axis(drawn.xaxis, "epoch")
    drawn.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    legend_above(drawn)
    return drawn


def _draw_losses(
    axes: Axes, losses: Float[np.ndarray, "member epoch"], look: Look, label: str
) -> Float[np.ndarray, " epoch"]:
    """Thin lines for members and a strong one for their median, which is returned."""
    epochs = np.arange(1, losses.shape[1] + 1)
    if len(losses) > 1:
        axes.plot(epochs, losses[:_MOST_LINES].T, color=look.colour, alpha=0.35, lw=0.4, zorder=1)
        label = f"{label}, median of {len(losses)}"
    ran = np.isfinite(losses).any(axis=0)
    median = np.full(len(epochs), np.nan)
    median[ran] = np.nanmedian(losses[:, ran], axis=0)
    # A single epoch is no line.
    mark = look.mark if ran.sum() == 1 else "none"
    axes.plot(epochs, median, ls=look.line, color=look.colour, lw=1.2, marker=mark, ms=3, zorder=3, label=label)
    return median


def _draw_failed(axes: Axes, losses: Float[np.ndarray, "member epoch"]) -> None:
    epochs = np.arange(1, losses.shape[1] + 1)
    for i, loss in enumerate(losses[:_MOST_LINES]):
        finite = np.isfinite(loss)
        ends = [int(np.flatnonzero(finite)[-1])] if finite.any() else []
        label = f"failed ({len(losses)})" if i == 0 else None
        shown = np.where(finite, loss, np.nan)
        axes.plot(epochs, shown, color=GREY, lw=0.6, marker="x", ms=3.5, mew=0.8, markevery=ends, zorder=2, label=label)


def _loss_axis(axes: Axes, losses: Float[np.ndarray, "member epoch"], medians: list[np.ndarray], name: str) -> None:
    """Logarithmic where it can be; a single member's dips reach at most a factor of 30 beyond the medians."""
    finite = losses[np.isfinite(losses)]
    positive = finite[finite > 0]
    if not positive.size or finite.min() < 0:
        plain_axis(axes.yaxis, name)
        return
    low, high = float(positive.min()), float(positive.max())
    middle = np.concatenate([*medians, []])
    middle = middle[np.isfinite(middle) & (middle > 0)]
    if middle.size:
        low, high = max(low, float(middle.min()) / 30), min(high, float(middle.max()) * 30)
    log_axis(axes.yaxis, low, high)
    name_axis(axes.yaxis, name)
