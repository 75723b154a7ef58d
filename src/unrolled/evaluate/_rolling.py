"""Models on rolling origins: each continues the leading points of a series, from many places, and meets the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from unrolled.arguments import require_whole
from unrolled.errors import InputError, TrainingError
from unrolled.forecast import Estimator, Forecaster, require_learnable, takes_gaps
from unrolled.learn import GradientDescent
from unrolled.series import Series, as_series

__all__ = ["RollingTable", "default_origins", "evenly", "is_trained", "rolling_origins", "suits"]

_MOST_ORIGINS, _MOST_TRAINED = 12, 6
_MOST_STEPS = 1_000_000
# Errors below this share of the spread are rounding: none is better than another.
_LEAST_ERROR = 1e-12


@dataclass(frozen=True, eq=False)
class RollingTable:
    """What models would have predicted, had they been asked earlier.

    Attributes
    ----------
    series
        The series; from an origin o a model saw its first o points.
    origins
        How many points were known, in rising order.
    errors
        By model, prediction minus truth, shape ``(origin, step, feature)``; NaN beyond the last point, where the truth
        is missing, and where a model failed.
    spread
        The standard deviation of every feature; its size where all values are equal.
    failures
        By model, why there is no forecast from an origin.
    seconds
        By model, what all its forecasts took.
    """

    series: Series
    origins: tuple[int, ...]
    errors: Mapping[str, Float[np.ndarray, "origin step feature"]]
    spread: Float[np.ndarray, " feature"]
    failures: Mapping[str, Mapping[int, str]]
    seconds: Mapping[str, float]

    @property
    def models(self) -> tuple[str, ...]:
        """The names, in order."""
        return tuple(self.errors)

    def geometric_mean(self, model: str) -> Float[np.ndarray, " step"]:
        """The error over the spread, step by step: its geometric mean over origins and features.

        Errors below 1e-12 of the spread count as that. NaN where no origin has a forecast and a truth.
        """
        with np.errstate(over="ignore"):
            relative = np.maximum(np.abs(self.errors[model]) / self.spread, _LEAST_ERROR)
        known = ~np.isnan(relative)
        count = known.sum(axis=(0, 2))
        total = np.sum(np.log(relative, where=known, out=np.zeros_like(relative)), axis=(0, 2))
        return np.where(count > 0, np.exp(total / np.maximum(count, 1)), np.nan)

    def counts(self, model: str) -> Int[np.ndarray, " step"]:
        """How many origins have a forecast and a truth, step by step."""
        return np.count_nonzero(~np.isnan(self.errors[model]).all(axis=2), axis=0)


def rolling_origins(
    data: Any,
    models: Mapping[str, Estimator],
    *,
    origins: Sequence[int] | None = None,
    horizon: int | None = None,
    watch: Callable[[str, int], None] | None = None,
) -> RollingTable:
    """Let every model continue a series from many places inside it, each time from the points before alone.

    Parameters
    ----------
    data
        A series, an array, a data frame, or the path of a file. Values may be missing if one of the models bridges
        gaps; another fails at origins that have gaps before them.
    models
        By name for the table, what :func:`unrolled.model` makes.
    origins
        After how many points; what :func:`default_origins` says if left out.
    horizon
        How many steps, as far as the series goes; as many as follow the first origin if left out.
    watch
        Called with name and origin before every fit.

    Returns
    -------
    RollingTable
        A model that fails at an origin, for too few points or in training, has NaN there, and the reason is kept.

    Raises
    ------
    InputError
        No models, an origin outside the series, a horizon below 1, uneven spacing for a model that goes on step by
        step.

    Examples
    --------
    >>> import numpy as np
    >>> import unrolled
    >>> from unrolled.evaluate import rolling_origins
    >>> models = {name: unrolled.model(name) for name in ("persistence", "recurrence")}
    >>> table = rolling_origins(2.0 ** np.arange(12), models, horizon=2)
    >>> table.origins, table.counts("persistence").tolist()
    ((6, 7, 8, 9, 10, 11), [6, 5])
    >>> bool(table.geometric_mean("recurrence")[0] < 1e-9 < table.geometric_mean("persistence")[0])
    True
    """
    if not models:
        raise InputError("rolling origins need at least one model.")
    series = as_series(data, gaps=any(map(takes_gaps, models.values())))
    if any(model.target == "window" for model in models.values()):
        series.require_even()
    starts = default_origins(series, models.values()) if origins is None else _checked(series, origins)
    steps = len(series) - starts[0] if horizon is None else require_whole("horizon", horizon, 1, _MOST_STEPS)
    errors, failures, seconds = {}, {}, {}
    for name, model in models.items():
        began, made, failed = perf_counter(), [], {}
        for origin in starts:
            if watch is not None:
                watch(name, origin)
            try:
                made.append(_errors(series, model, origin, steps))
            except (InputError, TrainingError) as error:
                made.append(np.full((steps, len(series.names)), np.nan))
                failed[origin] = str(error)
        errors[name], failures[name], seconds[name] = np.stack(made), failed, perf_counter() - began
    return RollingTable(series, starts, errors, _spread(series), failures, seconds)


def default_origins(series: Series, models: Iterable[Estimator], most: int | None = None) -> tuple[int, ...]:
    """Where to start forecasts: from half of the points on, evenly spread, the last time at the last point but one.

    Parameters
    ----------
    series
        What is continued.
    models
        All are asked from the same places; a place that has too few points for every one of them is left out.
    most
        How many; 12 if left out, and 6 where one of the models is trained step by step.

    Raises
    ------
    InputError
        The series is too short for all of the models.

    Examples
    --------
    >>> import unrolled
    >>> from unrolled.evaluate import default_origins
    >>> default_origins(unrolled.make_series(range(40)), [unrolled.model("drift")], 4)
    (20, 26, 33, 39)
    """
    points, asked = len(series), list(models)
    usual = _MOST_TRAINED if any(map(is_trained, asked)) else _MOST_ORIGINS
    count = usual if most is None else require_whole("origins", most, 1, _MOST_STEPS)
    if points < 2:
        raise InputError(f"rolling origins need at least 2 points; {series.name} has {points}.")
    possible = range(max(1, points // 2), points)
    first = next((o for o in possible if any(suits(model, series, o) for model in asked)), None)
    if first is None:
        for model in asked:
            require_learnable(model, series.head(points - 1))
        raise AssertionError("a model that suits the series has an origin")
    return evenly(first, points - 1, count)


def evenly(first: int, last: int, most: int) -> tuple[int, ...]:
    """At most so many whole numbers from ``first`` to ``last``, evenly spread; a single one is the last."""
    spaced = np.linspace(last, first, min(most, max(last - first + 1, 0)))
    return tuple(sorted({int(number) for number in spaced.round()}))


def is_trained(model: Estimator) -> bool:
    """Whether a fit iterates, and takes its time."""
    return isinstance(model, Forecaster) and isinstance(model.learner, GradientDescent)


def suits(model: Estimator, series: Series, origin: int) -> bool:
    """Whether the model could learn the first ``origin`` points."""
    try:
        require_learnable(model, series.head(origin))
    except InputError:
        return False
    return True


def _checked(series: Series, origins: Sequence[int]) -> tuple[int, ...]:
    if not len(origins):
        raise InputError("origins must name one place at least.")
    return tuple(sorted({require_whole("origins", origin, 1, len(series) - 1) for origin in origins}))


def _errors(series: Series, model: Estimator, origin: int, horizon: int) -> Float[np.ndarray, "step feature"]:
    steps = min(horizon, len(series) - origin)
    errors = np.full((horizon, len(series.names)), np.nan)
    with np.errstate(all="ignore"):
        fitted = model.fit(series.head(origin))
        forecast = (
            fitted.predict(x=series.x[origin : origin + steps]) if model.target == "x-to-y" else fitted.predict(steps)
        )
        errors[:steps] = forecast.mean - series.values[origin : origin + steps]
    return errors


def _spread(series: Series) -> Float[np.ndarray, " feature"]:
    # In units of the largest value, so that squares neither overflow nor vanish.
    size = np.nanmax(np.abs(series.values), axis=0)
    size = np.where(size > 0, size, 1.0)
    spread = np.nanstd(series.values / size, axis=0)
    return np.where(series.constant, 1.0, spread) * size
