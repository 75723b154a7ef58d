"""Models side by side: error against the step ahead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from unrolled.errors import InputError
from unrolled.show._figure import figure
from unrolled.show._layers import draw_curve, draw_nothing
from unrolled.show._legend import legend_above
from unrolled.show._letters import shortened
from unrolled.show._style import GREY, LOOKS
from unrolled.show._ticks import log_axis, name_axis, plain_axis

__all__ = ["draw_error_by_horizon"]

_ROW = 3.4  # mm, of the legend


def draw_error_by_horizon(
    table: Mapping[str, Sequence[float] | Float[np.ndarray, " _"]],
    *,
    named: Sequence[str] | None = None,
    axes: Axes | None = None,
    name: str = "error / spread of the known values",
    step_name: str = "steps ahead",
) -> Axes:
    r"""Draw the error of every model against the step ahead, on a logarithmic axis, one line a model.

    As a rule the error is the geometric mean over origins :math:`o` inside the known part, over its spread :math:`s`:

    .. math:: e_k = \exp\Bigl\langle \log \frac{|\hat y_{o+k} - y_{o+k}|}{s} \Bigr\rangle_o

    Up to six models have a colour and a name; the others are thin grey lines. An error that is zero, infinite or not a
    number has no place on this axis and leaves a gap.

    Parameters
    ----------
    table
        By model, the errors at 1, 2, ... steps ahead; the lengths may differ.
    named
        Which models have a name, six at the most. If left out, all, or of more than six those with the least
        geometric mean over the steps.
    axes
        Where to draw; a new figure of one column's width, as high as the legend needs, if left out.
    name, step_name
        Of the axes. The error has no unit.

    Returns
    -------
    Axes
        What was drawn on.

    Raises
    ------
    InputError
        No model, no steps, more than six names, or a name that is not in the table.

    Examples
    --------
    >>> from unrolled.show import draw_error_by_horizon
    >>> axes = draw_error_by_horizon({"auto": [1e-8, 1e-7, 1e-6], "persistence": [0.1, 0.2, 0.3]})
    >>> [text.get_text() for text in axes.get_legend().get_texts()]
    ['auto', 'persistence']
    """
    errors = {model: _drawable(model, values) for model, values in table.items()}
    chosen = _chosen(errors, named)
    drawn = axes if axes is not None else figure(55)[1][0]
    others = [model for model in errors if model not in chosen]
    _draw_others(drawn, [errors[model] for model in others])
    for model, look in zip(chosen, LOOKS, strict=False):
        values = errors[model]
        draw_curve(drawn, _steps(values), values, look, label=shortened(model), count=2 * len(values))
    _scale(drawn, errors)
    plain_axis(drawn.xaxis, step_name)
    drawn.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    name_axis(drawn.yaxis, name)
    rows = legend_above(drawn)
    sheet = drawn.get_figure(root=True)
    if axes is None and sheet is not None:
        sheet.set_figheight(sheet.get_figheight() + (rows - 1) * _ROW / 25.4)
    return drawn


def _drawable(model: str, values: Sequence[float] | np.ndarray) -> Float[np.ndarray, " steps"]:
    errors = np.asarray(values, np.float64)
    if errors.ndim != 1 or not errors.size:
        raise InputError(f"every model needs a list of errors, one a step; that of {model} has shape {errors.shape}.")
    return np.where(np.isfinite(errors) & (errors > 0), errors, np.nan)


def _chosen(errors: Mapping[str, Float[np.ndarray, " _"]], named: Sequence[str] | None) -> list[str]:
    """Whose lines have a name, in the order of the table."""
    if not errors:
        raise InputError("the table is empty, so there is no error to draw.")
    if named is None:
        best = sorted(errors, key=lambda model: _mean_log(errors[model]))[: len(LOOKS)]
        return [model for model in errors if model in best]
    unknown = [model for model in named if model not in errors]
    if unknown or len(named) > len(LOOKS):
        what = f"{unknown[0]!r} is not in the table" if unknown else f"came {len(named)} names"
        raise InputError(f"up to {len(LOOKS)} models of the table can have a name; {what}.")
    return [model for model in errors if model in named]


def _mean_log(errors: Float[np.ndarray, " _"]) -> float:
    logs = np.log(errors[np.isfinite(errors)])
    return float(logs.mean()) if logs.size else np.inf


def _draw_others(axes: Axes, errors: list[np.ndarray]) -> None:
    """All grey lines as one, with gaps between: there may be a hundred."""
    if not errors:
        return
    gap = np.array([np.nan])
    x = np.concatenate([part for values in errors for part in (_steps(values), gap)])
    y = np.concatenate([part for values in errors for part in (values, gap)])
    label = f"{len(errors)} more" if len(errors) > 1 else "one more"
    axes.plot(x, y, color=GREY, lw=0.5, zorder=1, label=label)


def _steps(errors: np.ndarray) -> Float[np.ndarray, " steps"]:
    return np.arange(1.0, len(errors) + 1)


def _scale(axes: Axes, errors: Mapping[str, np.ndarray]) -> None:
    numbers = np.concatenate(list(errors.values()))
    numbers = numbers[np.isfinite(numbers)]
    if numbers.size:
        log_axis(axes.yaxis, float(numbers.min()), float(numbers.max()))
    else:
        draw_nothing(axes, "no error above zero")
    steps = max(map(len, errors.values()))
    axes.update_datalim([(1.0, 1.0), (float(steps), 1.0)], updatey=False)
    axes.autoscale_view(scaley=False)
