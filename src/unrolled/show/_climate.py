"""Which values occur in the long run, in several series side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes

from unrolled.arguments import require_kind, require_whole
from unrolled.errors import InputError
from unrolled.show._course import range_of, round_ticks
from unrolled.show._figure import figure
from unrolled.show._layers import draw_nothing
from unrolled.show._legend import legend_above
from unrolled.show._letters import shortened
from unrolled.show._style import LOOKS
from unrolled.show._ticks import plain_axis
from unrolled.show._view import drawable

__all__ = ["draw_climate"]

_LEAST_BINS, _USUAL_BINS, _MOST_BINS = 8, 60, 10_000
_WIDTHS = (1.1, 1.3)


def draw_climate(
    parts: Mapping[str, Any],
    *,
    bins: int | None = None,
    name: str = "value",
    unit: str = "",
    axes: Axes | None = None,
) -> Axes:
    """Draw how often values occur, as step lines over common bins; the area below each line is one.

    What a series has beyond the bins, because it runs off, is said in its label.

    Parameters
    ----------
    parts
        Up to six, each numbers of any shape, as ``{"network": outputs, "system": truth}``.
    bins
        How many; the square root of the shortest one's length if left out, from 8 to 60.
    name, unit
        Of the values.
    axes
        Where to draw; a new figure of one column's width if left out.

    Returns
    -------
    Axes
        What was drawn on.

    Raises
    ------
    InputError
        No series, or more than six.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.show import draw_climate
    >>> axes = draw_climate({"network": np.sin(np.arange(500.0)), "system": np.cos(np.arange(900.0))}, name="h")
    >>> axes.get_ylabel(), [text.get_text() for text in axes.get_legend().get_texts()]
    ('density', ['network', 'system'])
    """
    require_kind("parts", parts, Mapping)
    if not 1 <= len(parts) <= len(LOOKS):
        raise InputError(f"one to {len(LOOKS)} series can be told apart; came {len(parts)}.")
    given = {label: np.asarray(values, np.float64).ravel() for label, values in parts.items()}
    known = {label: own[np.isfinite(drawable(own))] for label, own in given.items()}
    drawn = axes if axes is not None else figure(52)[1][0]
    counts = [len(own) for own in known.values() if len(own)]
    if counts:
        usual = int(np.clip(np.sqrt(min(counts)), _LEAST_BINS, _USUAL_BINS))
        bins = require_whole("bins", usual if bins is None else bins, 1, _MOST_BINS)
        edges = np.linspace(*range_of(*known.values()), bins + 1)
        for k, label in enumerate(given):
            _draw(drawn, label, given[label], edges, k)
        drawn.set_ylim(bottom=0)
        plain_axis(drawn.yaxis, "density", f"1/{unit}" if unit else "")
    else:
        draw_nothing(drawn, "no value that is a finite number")
    drawn.margins(x=0.02)
    drawn.xaxis.set_major_locator(round_ticks(6))
    plain_axis(drawn.xaxis, name, unit)
    legend_above(drawn)
    return drawn


def _draw(
    axes: Axes,
    label: str,
    given: Float[np.ndarray, " _"],
    edges: Float[np.ndarray, " edge"],
    k: int,
) -> None:
    look, text = LOOKS[k], shortened(label, 24)
    known = given[np.isfinite(drawable(given))]
    if not len(known):
        axes.plot([], [], color=look.colour, ls=look.line, label=f"{text}: no finite value")
        return
    counts, _ = np.histogram(known, edges)
    density = counts / (len(given) * np.diff(edges))
    beyond = 1 - counts.sum() / len(given)
    said = f"{text}, {100 * beyond:.2g} % beyond" if beyond > 0 else text
    axes.stairs(density, edges, color=look.colour, ls=look.line, lw=_WIDTHS[min(k, 1)], zorder=4 - 0.1 * k, label=said)
