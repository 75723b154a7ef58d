"""Levels that were asked for, and the bounds that belong to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from unrolled.errors import InputError

if TYPE_CHECKING:
    from unrolled.evaluate import Trial
    from unrolled.forecast import Estimator, Fitted
    from unrolled.series import Series

__all__ = ["bounded", "levels", "prepared", "reloaded"]


def levels(text: str | None) -> tuple[float, ...] | None:
    """The levels that ``--level`` names, rising; ``None`` where it was not given."""
    if text is None:
        return None
    from unrolled.arguments import require_level

    try:
        found = sorted({float(part) for part in text.split(",")})
    except ValueError:
        raise InputError(f"--level takes percentages with commas between, as in 68,95; came {text!r}.") from None
    for level in found:
        require_level(level)
    return tuple(found)


def prepared(model: Estimator, series: Series, train: int, horizon: int, wanted: Sequence[float]) -> Estimator:
    """The model, told the levels if it has bounds of its own.

    An :class:`InputError` if another has too few points for bounds of these levels: heard before the training.
    """
    from unrolled.evaluate import require_levels, require_possible

    if _has_bounds(model):
        return _told(model, wanted)
    require_possible(series, model, train, horizon)
    require_levels(series.head(train), model, horizon, wanted)
    return model


def reloaded(fitted: Fitted, wanted: Sequence[float]) -> Fitted:
    """A saved model, told the levels; an :class:`InputError` for one that would have to be trained again for them."""
    if not _has_bounds(fitted.model):
        raise InputError(
            "bounds of a single model come from training it again at earlier points, and a saved model is trained "
            "already; leave out --level or --from."
        )
    made: Any = fitted
    return replace(made, model=_told(fitted.model, wanted))


def bounded(trial: Trial, wanted: Sequence[float] | None, *, verbose: bool) -> Trial:
    """The trial with the bounds that were asked for, or an :class:`InputError` that says why they cannot be had."""
    from unrolled.cli._progress import counting
    from unrolled.evaluate import bound_origins, with_bounds

    if wanted is None:
        return trial
    if not _has_bounds(trial.fitted.model):
        known, horizon = trial.series.head(trial.train), len(trial.forecast)
        fits = len(bound_origins(known, trial.fitted.model, horizon, wanted))
        with counting(fits, verbose=verbose) as watch:
            trial = with_bounds(trial, wanted, watch=watch)
    for band in trial.forecast.bands:
        if band.reason:
            raise InputError(f"{band.reason} Lower --level or --horizon, or leave --level out.")
    return trial


def _has_bounds(model: Estimator) -> bool:
    """Whether its own forecasts have bounds: their levels are a setting then."""
    return hasattr(model, "levels")


def _told(model: Any, wanted: Sequence[float]) -> Any:
    return replace(model, levels=tuple(wanted))
