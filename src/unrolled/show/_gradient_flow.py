"""How derivatives fade or grow on their way back through time."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from unrolled.networks import GradientFlow
from unrolled.show._figure import figure
from unrolled.show._layers import draw_curve, draw_nothing
from unrolled.show._legend import legend_above
from unrolled.show._letters import SMALLER, letter_size
from unrolled.show._style import GREY, LOOKS
from unrolled.show._ticks import log_axis, name_axis, plain_axis

__all__ = ["draw_gradient_flow"]

_ROUNDING = 1e-16  # singular values that much smaller than the largest are not known
_VIEW = 1e-4  # how far below the least norm the band is followed


def draw_gradient_flow(flow: GradientFlow, *, axes: Axes | None = None) -> Axes:
    r"""Draw the norm of dh_T/dh_t against the lag T - t, on a logarithmic axis, with all singular values as a band.

    The band reaches from the least to the largest, which is the norm; it is followed to four decades below the least
    norm. Dashed is how the norm of dE/dh_t changes in every layer, from 1 at the first lag at which it is not zero: the
    direction of the error, not the worst one. A dotted line stands at the memory horizon, where the norm falls below
    1/e.

    Parameters
    ----------
    flow
        From :func:`unrolled.networks.sensitivity`.
    axes
        Where to draw; a new figure of one column's width if left out.

    Returns
    -------
    Axes
        What was drawn on.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.networks import NetworkDesign, member_keys, sensitivity
    >>> from unrolled.show import draw_gradient_flow
    >>> network = NetworkDesign.parse("elman:4").initialize(1, 1, key=member_keys(0, 1)[0])
    >>> axes = draw_gradient_flow(sensitivity(network, np.ones((1, 30, 1))))
    >>> axes.get_yscale(), axes.get_xlabel()
    ('log', 'lag T − t (steps)')
    """
    drawn = axes if axes is not None else figure(60)[1][0]
    lags = flow.lags.astype(np.float64)
    norm = _drawable(flow.norm)
    seen = norm[np.isfinite(norm)]
    if seen.size:
        least = _band(drawn, lags, flow, float(seen.min()))
        draw_curve(drawn, lags, norm, LOOKS[0], label="largest (norm)", count=2 * len(lags))
        others = [_draw_error(drawn, lags, name, dh, i) for i, (name, dh) in enumerate(flow.dh.items())]
        numbers = np.concatenate([seen, [least], *others])
        log_axis(drawn.yaxis, float(numbers.min()), float(numbers.max()))
    else:
        draw_nothing(drawn, "no derivative that is a finite number")
    _mark_horizon(drawn, flow)
    drawn.set_xlim(-0.02 * lags[-1], 1.02 * lags[-1])
    plain_axis(drawn.xaxis, "lag T − t", "steps")
    drawn.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    name_axis(drawn.yaxis, "singular values of dh_T/dh_t")
    legend_above(drawn)
    return drawn


def _band(axes: Axes, lags: Float[np.ndarray, " lag"], flow: GradientFlow, least_norm: float) -> float:
    """All singular values, and the least that is drawn."""
    norm, smallest = _drawable(flow.norm), flow.singular_values[:, -1]
    with np.errstate(invalid="ignore"):
        low = np.fmax(np.fmax(smallest, _ROUNDING * norm), _VIEW * least_norm)
    low = np.fmin(low, norm)
    if flow.singular_values.shape[1] > 1:
        axes.fill_between(lags, low, norm, color=LOOKS[0].colour, alpha=0.2, lw=0, label="all")
    return float(np.nanmin(low))


def _draw_error(
    axes: Axes, lags: Float[np.ndarray, " lag"], name: str, dh: Float[np.ndarray, " lag"], number: int
) -> Float[np.ndarray, " _"]:
    """The norm of dE/dh_t over what it was first, and the numbers that were drawn."""
    values = _drawable(dh)
    known = values[np.isfinite(values)]
    if not known.size or number + 1 >= len(LOOKS):
        return known[:0]
    draw_curve(axes, lags, values / known[0], LOOKS[number + 1], label=f"dE/dh, {name}", width=0.9)
    return known / known[0]


def _mark_horizon(axes: Axes, flow: GradientFlow) -> None:
    if not np.isfinite(flow.horizon):
        return
    axes.axvline(flow.horizon, color=GREY, ls=":", lw=1.0, zorder=1)
    right = flow.horizon > flow.lags[-1] / 2
    axes.annotate(
        f"horizon {flow.horizon:.3g}", (flow.horizon, 1.0), xycoords=("data", "axes fraction"),
        xytext=(-3 if right else 3, -2), textcoords="offset points", ha="right" if right else "left", va="top",
        fontsize=SMALLER * letter_size(axes), color="0.25",
    )  # fmt: skip


def _drawable(values: Float[np.ndarray, " lag"]) -> Float[np.ndarray, " lag"]:
    """NaN where a number has no place on a logarithmic axis."""
    return np.where(np.isfinite(values) & (values > 0), values, np.nan)
