"""One-step predictions over known data, as the lecture draws its noisy sine."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from unrolled.errors import InputError
from unrolled.forecast import OneStep
from unrolled.series import Series
from unrolled.show._abscissa import Abscissa
from unrolled.show._figure import figure
from unrolled.show._layers import draw_known, marks_alone, write_axes
from unrolled.show._style import LOOKS
from unrolled.show._truth import check_feature, check_pair
from unrolled.show._view import drawable

__all__ = ["draw_one_step"]


def draw_one_step(
    series: Series,
    parts: Sequence[tuple[str, OneStep]],
    *,
    trained: Series | None = None,
    axes: Axes | None = None,
    feature: int = 0,
) -> Axes:
    """Draw a series as dots and one-step predictions on parts of it as lines.

    Parameters
    ----------
    series
        All the data.
    parts
        Labels and predictions, one to six: as a rule the training part and the test part. Predictions outside the
        stretch of the series, which padded windows make, are left out.
    trained
        What was trained on; its stretch of x is shaded and its end marked.
    axes
        Where to draw; a new figure of one column's width if left out.
    feature
        Which feature, counted from 0.

    Returns
    -------
    Axes
        What was drawn on.

    Raises
    ------
    InputError
        No part, more than six, no such feature, or features that differ.

    Examples
    --------
    >>> import unrolled
    >>> from unrolled.show import draw_one_step
    >>> signal = unrolled.dataset("noisy-sine")
    >>> fitted = unrolled.model("autoregression", window=4).fit(signal.head(800))
    >>> axes = draw_one_step(signal, [("predicted", fitted.one_step(signal))], trained=fitted.series)
    >>> axes.get_xlabel()
    't'
    """
    if not 1 <= len(parts) <= len(LOOKS):
        raise InputError(f"one figure holds 1 to {len(LOOKS)} parts; came {len(parts)}.")
    check_feature(feature, series)
    drawn = axes if axes is not None else figure()[1][0]
    across = Abscissa.of(series)
    if trained is not None:
        check_pair(series, trained, "the training part")
        across.shade(drawn, trained)
        drawn.axvline(across.places(trained.x[-1:])[0], color="0.3", lw=0.6, ls=(0, (3.0, 2.0)), zorder=1)
    draw_known(drawn, across, series, feature=feature, count=len(series), label="data")
    for (label, part), look in zip(parts, LOOKS, strict=False):
        if part.members.shape[-1] != len(series.names):
            raise InputError(
                f"{label} has {part.members.shape[-1]} features where {series.name} has {len(series.names)}."
            )
        within = (part.x >= series.x.min()) & (part.x <= series.x.max())
        values = drawable(part.mean[within, feature])
        drawn.plot(
            across.places(part.x[within]), values, ls="-", color=look.colour, lw=0.9, zorder=4, label=label,
            **marks_alone(values),
        )  # fmt: skip
    return write_axes(drawn, across, series, feature)
