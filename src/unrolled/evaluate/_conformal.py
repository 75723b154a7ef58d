"""Bounds of a single model, from the errors that it would have made earlier."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import ceil, floor

import numpy as np
from jaxtyping import Float, Int

from unrolled.arguments import require_level
from unrolled.compilation import count_compilations
from unrolled.errors import InputError
from unrolled.evaluate._rolling import evenly, is_trained, rolling_origins, suits
from unrolled.evaluate._trial import Trial
from unrolled.forecast import Band, Estimator, Forecast
from unrolled.series import Series

__all__ = ["bound_origins", "conformal_bands", "require_levels", "with_bounds"]

# A model that is not trained costs little.
_USUAL_ORIGINS = 40
_ROUNDING = 1e-9


def with_bounds(trial: Trial, levels: Sequence[float], *, watch: Callable[[str, int], None] | None = None) -> Trial:
    """The same trial with bounds: the model learns anew from many places in the known part, and its errors are ranked.

    Parameters
    ----------
    trial
        Of one model, trained on the first points of the series.
    levels
        Of the bounds, in percent.
    watch
        Called with the model's name and the origin before every fit.

    Returns
    -------
    Trial
        Its forecast has a band a level; where the evidence does not reach, the band is NaN and says why.

    Raises
    ------
    InputError
        A level out of range, a model that was trained elsewhere, or predictions at places of the user's own.

    Examples
    --------
    >>> import numpy as np
    >>> import unrolled
    >>> from unrolled.evaluate import with_bounds
    >>> trial = unrolled.extrapolate(np.sin(np.arange(40.0)), unrolled.model("persistence"), train=36)
    >>> band, = with_bounds(trial, (90,)).forecast.bands
    >>> bool(np.all(band.lower < trial.truth)), bool(np.all(trial.truth < band.upper))
    (True, True)
    """
    if trial.placed or not trial.trained:
        raise InputError("bounds come from training again on the points before; they need a model trained on these.")
    known, model, horizon = trial.series.head(trial.train), trial.fitted.model, len(trial.forecast)
    origins = bound_origins(known, model, horizon, levels)
    if not origins:
        nothing = np.zeros((0, horizon, len(known.names)))
        return replace(trial, forecast=replace(trial.forecast, bands=conformal_bands(trial.forecast, nothing, levels)))
    with count_compilations() as compiled:
        table = rolling_origins(known, {model.name: model}, origins=origins, horizon=horizon, watch=watch)
    training = max(table.seconds[model.name] - compiled.seconds, 0.0)
    return replace(
        trial,
        forecast=replace(trial.forecast, bands=conformal_bands(trial.forecast, table.errors[model.name], levels)),
        seconds=replace(
            trial.seconds, compile=trial.seconds.compile + compiled.seconds, fit=trial.seconds.fit + training
        ),
        remarks=(*trial.remarks, _provenance(origins, len(table.failures[model.name]))),
    )


def require_levels(known: Series, model: Estimator, horizon: int, levels: Sequence[float]) -> None:
    """Raise an :class:`InputError` if the points are too few for bounds of these levels: heard before the training."""
    counts = _count_errors(known, bound_origins(known, model, horizon, levels), horizon)
    for level in levels:
        reason = _reason(counts, level)
        if reason:
            raise InputError(f"{reason} Lower the level or the horizon, or give more points.")


def bound_origins(known: Series, model: Estimator, horizon: int, levels: Sequence[float]) -> tuple[int, ...]:
    """Places from which the whole horizon is known, in the later half of the points, as many as the levels take.

    A model that is not trained costs little and is asked from up to 40. Where the later half has too few, earlier
    places come in; where there are too few at all, also places from which the first steps alone are known. Where
    values are missing, more places are asked, until every step meets enough of those that are known.
    """
    for level in levels:
        require_level(level)
    # Of m errors the ceil((m + 1) p)-th exists from m = p / (1 - p) on.
    needed = max(ceil(level / (100 - level) - _ROUNDING) for level in levels)
    points, last = len(known), len(known) - horizon

    def enough(found: tuple[int, ...]) -> bool:
        return len(found) >= needed and bool(_count_errors(known, found, horizon).min() >= needed)

    first = max(min(points // 2, last - needed + 1), 1)
    spaced = evenly(first, last, needed if is_trained(model) else max(needed, _USUAL_ORIGINS))
    found = tuple(origin for origin in spaced if suits(model, known, origin))
    if enough(found):
        return found
    found = tuple(origin for origin in range(1, last + 1) if suits(model, known, origin))
    if enough(found):
        return next(found[-most:] for most in range(needed, len(found) + 1) if enough(found[-most:]))
    return (*found, *(origin for origin in range(max(last, 0) + 1, points) if suits(model, known, origin)))


def conformal_bands(
    forecast: Forecast, errors: Float[np.ndarray, "origin step feature"], levels: Sequence[float]
) -> tuple[Band, ...]:
    """Bounds about a forecast from errors of the same model: of m at a step the ``ceil((m + 1) level)``-th smallest.

    Where that is more than there are, the level is not supported: NaN, with a reason that names the level that is,
    ``m / (m + 1)``.

    Parameters
    ----------
    forecast
        The prediction that the bounds lie about.
    errors
        Prediction minus truth, NaN where unknown.
    levels
        In percent.
    """
    size = np.sort(np.abs(errors), axis=0)  # NaN last
    counts = np.count_nonzero(~np.isnan(errors), axis=0)
    bands = []
    for level in levels:
        half, ranks = np.full(counts.shape, np.nan), _ranks(counts, level)
        for step, feature in np.argwhere(ranks <= counts):
            half[step, feature] = size[ranks[step, feature] - 1, step, feature]
        bands.append(Band(level, forecast.mean - half, forecast.mean + half, _reason(counts.min(axis=1), level)))
    return tuple(bands)


def _count_errors(known: Series, origins: Sequence[int], horizon: int) -> Int[np.ndarray, " step"]:
    """How many forecasts from these origins meet a known value, step by step, of the feature that has the fewest."""
    there = np.pad(~np.isnan(known.values), ((0, horizon), (0, 0)))
    starts = np.array(origins, int)
    return np.array([np.count_nonzero(there[starts + step], axis=0).min() for step in range(horizon)])


def _provenance(origins: Sequence[int], failed: int) -> str:
    made = f"{len(origins) - failed} forecast{'s' * (len(origins) - failed != 1)} of its own past"
    points = f"{origins[0]} to {origins[-1]} points" if len(origins) > 1 else f"{origins[0]} points"
    return f"The bounds are from {made}, each learned anew, from {points}."


def _ranks(counts: Int[np.ndarray, "*shape"], level: float) -> Int[np.ndarray, "*shape"]:
    return np.ceil((counts + 1) * level / 100 - _ROUNDING).astype(int)


def _reason(counts: Int[np.ndarray, " step"], level: float) -> str:
    """Why bounds are missing, and what could be had; empty where all are there."""
    missing = np.flatnonzero(_ranks(counts, level) > counts)
    if not missing.size:
        return ""
    step, count = int(np.argmin(counts)) + 1, int(counts.min())
    reach = f"{count or 'none'} of them reach{'es' * (count < 2)} step {step}"
    could = f", which supports {_attainable(count):g} % at most" if count else ""
    return (
        f"no {level:g} % bounds from step {missing[0] + 1} on: the forecasts of its own past are too few; "
        f"{reach}{could}."
    )


def _attainable(count: int) -> float:
    return floor(1000 * count / (count + 1)) / 10
