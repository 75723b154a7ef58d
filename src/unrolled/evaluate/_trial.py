"""One model put to the test: train on the first points, continue, compare with the rest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

import numpy as np
from jaxtyping import Float

from unrolled.compilation import count_compilations
from unrolled.errors import InputError
from unrolled.evaluate._scores import Scores, score
from unrolled.forecast import FittedForecaster, Forecast, Forecaster, OneStep
from unrolled.learn import Watch
from unrolled.series import Series, as_series

__all__ = ["Seconds", "Trial", "default_extent", "extrapolate", "extrapolate_from"]


@dataclass(frozen=True)
class Seconds:
    """Where the time went.

    Attributes
    ----------
    compile
        Tracing and compiling, or reading compiled programs from the cache.
    fit
        Training, without compiling.
    predict
        One-step predictions and the continuation, without compiling.
    """

    compile: float
    fit: float
    predict: float


@dataclass(frozen=True, eq=False)
class Trial:
    """What one model did with one series.

    Attributes
    ----------
    series
        Everything that is known.
    train
        How many of the leading points the model saw.
    fitted
        The trained model.
    forecast
        Its continuation.
    one_step
        One-step predictions: ``"train"`` on the points that it saw, ``"test"`` on known points beyond them.
    scores
        Errors where the truth is known.
    seconds
        Where the time went.
    placed
        Whether the forecast stands at places that the user chose, not on the rows after the training part.
    """

    series: Series
    train: int
    fitted: FittedForecaster
    forecast: Forecast
    one_step: dict[str, OneStep]
    scores: Scores
    seconds: Seconds
    placed: bool = False

    @property
    def truth(self) -> Float[np.ndarray, "known feature"]:
        """The known values at the predicted places, as far as they go."""
        return self.series.values[self.train : self.train + (0 if self.placed else len(self.forecast))]


def default_extent(series: Series, train: int | None, horizon: int | None) -> tuple[int, int]:
    """How many points to train on and how many to predict, where the user left it open.

    A series of the catalogue says how many of its points count as known; any other is known as a whole and is
    continued by a third of its number.

    Raises
    ------
    InputError
        More points to train on than there are, or a horizon below 1.
    """
    points = len(series)
    if train is not None and not 1 <= train <= points:
        raise InputError(f"train must be from 1 to {points}, the number of points of {series.name}; came {train}.")
    chosen = train or series.known or points
    if horizon is not None and horizon < 1:
        raise InputError(f"horizon must be at least 1; came {horizon}.")
    rest = points - chosen
    return chosen, horizon or rest or max(1, points // 3)


def extrapolate(
    data: Any,
    model: Forecaster,
    *,
    train: int | None = None,
    horizon: int | None = None,
    x: Any = None,
    watch: Watch | None = None,
) -> Trial:
    """Train on the first points of a series, continue it, and score what can be scored.

    Parameters
    ----------
    data
        A series, an array, a data frame, or the path of a file.
    model
        What :func:`unrolled.model` makes.
    train
        How many of the leading points the model may see; all of them, unless the series says otherwise.
    horizon
        How many steps to predict; up to the end of the known points, or a third of their number where there are
        none beyond ``train``.
    x
        For a model that learns y from x: where to predict instead.
    watch
        Called now and then in training.

    Returns
    -------
    Trial
        The fitted model, its forecast, scores, and where the time went.

    Examples
    --------
    >>> import unrolled
    >>> trial = unrolled.extrapolate(unrolled.dataset("pairing-particles"), unrolled.model("autoregression"))
    >>> len(trial.forecast), f"{trial.scores.mse_all:.1e}"
    (8, '1.0e-05')
    """
    series = as_series(data)
    train, horizon = default_extent(series, train, horizon)
    if model.target == "x-to-y" and x is None and train + horizon > len(series):
        _require_next_x(series)
    with count_compilations() as compiled:
        began = perf_counter()
        fitted = model.fit(series.head(train), watch=watch)
        fit_seconds, fit_compiled = perf_counter() - began, compiled.seconds
    trial = extrapolate_from(fitted, series, train=train, horizon=horizon, x=x)
    seconds = replace(
        trial.seconds, compile=trial.seconds.compile + fit_compiled, fit=max(fit_seconds - fit_compiled, 0.0)
    )
    return replace(trial, seconds=seconds)


def extrapolate_from(fitted: FittedForecaster, series: Series, *, train: int, horizon: int, x: Any = None) -> Trial:
    """The same with a model that is trained already: continue from the first ``train`` points."""
    known = series.head(train)
    places = _known_places(fitted, series, train, horizon) if x is None else x
    with count_compilations() as compiled:
        began = perf_counter()
        if places is None:
            forecast = fitted.predict(horizon, history=known)
        else:
            forecast = fitted.predict(x=places, history=known)
        one_step = _one_step(fitted, series, train)
        seconds = perf_counter() - began
    timing = Seconds(compiled.seconds, 0.0, max(seconds - compiled.seconds, 0.0))
    placed = x is not None
    scores = score(forecast, series.values[train:] if not placed else series.values[:0])
    return Trial(series, train, fitted, forecast, one_step, scores, timing, placed)


def _require_next_x(series: Series) -> None:
    if series.spacing is None:
        raise InputError(
            f"{series.x_name} is not evenly spaced, so the x that comes after the last known one is unknown: say where "
            "to predict (--at), or keep known points back to predict (--train)."
        )


def _known_places(fitted: FittedForecaster, series: Series, train: int, horizon: int) -> np.ndarray | None:
    """For a model that learns y from x: the series' own x, as far as they go; they need not be even."""
    if fitted.model.target != "x-to-y" or train + horizon > len(series):
        return None
    return series.x[train : train + horizon]


def _one_step(fitted: FittedForecaster, series: Series, train: int) -> dict[str, OneStep]:
    """Train and test predictions; a padding model takes the two parts separately, each padded, as the lecture does."""
    window = fitted.model.window if fitted.model.target == "window" else 0
    rest = len(series) - train
    if fitted.model.pad:
        parts = {"train": fitted.one_step(series.head(train))}
        if rest > window:
            test = fitted.one_step(replace(series, values=series.values[train:], x=series.x[train:]))
            parts["test"] = replace(test, rows=test.rows + train)
        return parts
    if train <= window:
        return {}
    everything = fitted.one_step(series)
    parts = {"train": everything.rows < train, "test": everything.rows >= train}
    return {name: _rows(everything, chosen) for name, chosen in parts.items() if chosen.any()}


def _rows(one_step: OneStep, chosen: np.ndarray) -> OneStep:
    return OneStep(one_step.x[chosen], one_step.rows[chosen], one_step.members[:, chosen], one_step.truth[chosen])
