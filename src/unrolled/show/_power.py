"""Power spectra: which frequencies a motion has."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes

from unrolled.arguments import require_kind
from unrolled.dynamics import PowerSpectrum
from unrolled.show._course import round_ticks
from unrolled.show._figure import figure
from unrolled.show._layers import draw_nothing, marks_alone
from unrolled.show._legend import legend_above
from unrolled.show._style import LOOKS
from unrolled.show._ticks import log_axis, name_axis, plain_axis
from unrolled.show._upright import mark_place, room_above

__all__ = ["draw_power_spectrum"]

_DEPTH = 1e-10  # how far below the highest peak the axis reaches
_TRUTH = "0.75"


def draw_power_spectrum(
    spectrum: PowerSpectrum,
    *,
    truth: PowerSpectrum | None = None,
    unit: str = "step",
    names: tuple[str, str] = ("network", "truth"),
    axes: Axes | None = None,
) -> Axes:
    """Draw the density against frequency, on a logarithmic axis of ten decades at most; the highest peak is marked.

    Parameters
    ----------
    spectrum
        From :func:`unrolled.dynamics.power_spectrum`.
    truth
        Another one, of what the motion should be: a broad grey line below.
    unit
        The unit of time.
    names
        Of the two, where there are two.
    axes
        Where to draw; a new figure of one column's width if left out.

    Returns
    -------
    Axes
        What was drawn on.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.dynamics import power_spectrum
    >>> from unrolled.show import draw_power_spectrum
    >>> axes = draw_power_spectrum(power_spectrum(np.sin(0.2 * np.pi * np.arange(1000)), spacing=0.5), unit="s")
    >>> axes.get_xlabel(), axes.texts[0].get_text()
    ('frequency (1/s)', 'highest at 0.2')
    """
    require_kind("spectrum", spectrum, PowerSpectrum)
    drawn = axes if axes is not None else figure(58)[1][0]
    shown = [spectrum]
    if truth is not None:
        require_kind("truth", truth, PowerSpectrum)
        shown.append(truth)
    densities = [np.where(np.isfinite(one.density) & (one.density > 0), one.density, np.nan) for one in shown]
    known = np.concatenate([own[np.isfinite(own)] for own in densities])
    last = max((float(one.frequencies.max(initial=0.0)) for one in shown), default=0.0) or 1.0
    drawn.set_xlim(-0.02 * last, 1.02 * last)
    if not known.size:
        draw_nothing(drawn, "nothing moves: there is no frequency")
    else:
        _draw(drawn, shown, densities, names)
        high = float(known.max())
        log_axis(drawn.yaxis, max(float(known.min()), _DEPTH * high), high)
        room_above(drawn)
        if np.isfinite(spectrum.dominant):
            mark_place(drawn, spectrum.dominant, f"highest at {spectrum.dominant:.3g}")
        name_axis(drawn.yaxis, "power density")
    drawn.xaxis.set_major_locator(round_ticks(6))
    plain_axis(drawn.xaxis, "frequency", f"1/{unit}")
    legend_above(drawn)
    return drawn


def _draw(
    axes: Axes, shown: list[PowerSpectrum], densities: list[Float[np.ndarray, " frequency"]], names: tuple[str, str]
) -> None:
    two = len(shown) > 1
    if two:
        axes.plot(
            shown[1].frequencies,
            densities[1],
            color=_TRUTH,
            lw=2.0,
            zorder=2,
            label=names[1],
            **marks_alone(densities[1]),
        )
    axes.plot(
        shown[0].frequencies, densities[0], color=LOOKS[0].colour, lw=0.9, zorder=3, label=names[0] if two else None,
        **marks_alone(densities[0]),
    )  # fmt: skip
