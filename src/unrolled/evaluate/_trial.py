"""One model put to the test: train on the first points, continue, compare with the rest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

import numpy as np
from jaxtyping import Float

from unrolled.classical import Limit
from unrolled.compilation import count_compilations
from unrolled.dynamics import ClimateComparison
from unrolled.errors import InputError
from unrolled.evaluate._companion import all_rows, companion_horizon, companion_of, require_companionable
from unrolled.evaluate._limits import find_limits
from unrolled.evaluate._scores import Scores, score
from unrolled.forecast import (
    Estimator,
    Fitted,
    FittedForecaster,
    FittedReservoir,
    Forecast,
    Forecaster,
    OneStep,
    require_learnable,
    takes_gaps,
)
from unrolled.learn import Watch
from unrolled.series import Series, as_paired, as_series

__all__ = ["Seconds", "Trial", "default_extent", "extrapolate", "extrapolate_from", "require_possible"]

# More steps than this are a slip; it is found before the training, not after.
_MOST_STEPS = 1_000_000


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
    trained
        Whether the model saw the first ``train`` points; a saved model may only go on from them.
    remarks
        Sentences about the forecast that are not the model's own, such as where its bounds come from.
    limits
        What every feature of the first ``train`` points approaches, where that was asked for.
    climate
        What the network does in the long run, beside what it learned, where that was asked for.
    """

    series: Series
    train: int
    fitted: Fitted
    forecast: Forecast
    one_step: dict[str, OneStep]
    scores: Scores
    seconds: Seconds
    placed: bool = False
    trained: bool = True
    remarks: tuple[str, ...] = ()
    limits: tuple[Limit, ...] = ()
    climate: ClimateComparison | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences that a user should read before believing the forecast."""
        if not isinstance(self.fitted, FittedForecaster | FittedReservoir):
            return (*self.fitted.notes, *self.remarks)
        fitted, continued = self.fitted, len(self.forecast.members)
        trained = len(fitted.V) if isinstance(fitted, FittedReservoir) else len(fitted.sequence.kept)
        if continued == trained:
            return (*self.fitted.notes, *self.remarks)
        lost = f"{trained - continued} of {trained} members were left out: their continuation ran off to infinity."
        return (*self.fitted.notes, lost, *self.remarks)

    @property
    def companion(self) -> Series | None:
        """The cheap series that the model learned with, where there is one."""
        return companion_of(self.fitted)

    @property
    def truth(self) -> Float[np.ndarray, "known feature"]:
        """The known values at the predicted places, as far as they go; NaN where a single one is missing."""
        return self.series.values[self.train : self.train + (0 if self.placed else len(self.forecast))]


def default_extent(
    series: Series, train: int | None, horizon: int | None, companion: Series | None = None
) -> tuple[int, int]:
    """How many points to train on and how many to predict, where the user left it open.

    A series of the catalogue says how many of its points count as known; any other is known as a whole and is
    continued by a third of its number. Beside a companion it is continued as far as that is known.

    Raises
    ------
    InputError
        More points to train on than there are, a horizon below 1, or a companion that does not reach so far.
    """
    points = len(series)
    for name, value in (("train", train), ("horizon", horizon)):
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | np.integer)):
            raise InputError(f"{name} must be a whole number; came {value!r}.")
    if train is not None and not 1 <= train <= points:
        raise InputError(f"train must be from 1 to {points}, the number of points of {series.name}; came {train}.")
    chosen = train or series.known or points
    if horizon is not None and not 1 <= horizon <= _MOST_STEPS:
        raise InputError(f"horizon must be from 1 to {_MOST_STEPS} steps; came {horizon}.")
    if companion is not None:
        return chosen, companion_horizon(series, companion, chosen, horizon)
    rest = points - chosen
    return chosen, horizon or rest or max(1, points // 3)


def extrapolate(
    data: Any,
    model: Estimator,
    *,
    train: int | None = None,
    horizon: int | None = None,
    x: Any = None,
    companion: Any = None,
    limit: bool = False,
    watch: Watch | None = None,
) -> Trial:
    """Train on the first points of a series, continue it, and score what can be scored.

    Parameters
    ----------
    data
        A series, an array, a data frame, or the path of a file. Values may be missing (NaN, blank cells, rows that x
        leaves out) if the model bridges gaps.
    model
        What :func:`unrolled.model` makes.
    train
        How many of the leading points the model may see; all of them, unless the series says otherwise.
    horizon
        How many steps to predict; up to the end of the known points, or a third of their number where there are
        none beyond ``train``. Beside a companion, as far as that is known.
    x
        For a model that learns y from x: where to predict instead.
    companion
        For the automatic choice: a cheap series at the same places that is known further, as in
        :func:`unrolled.series.as_paired`: the column of a file or data frame, a series, or numbers.
    limit
        Whether to find the limit of the first ``train`` points too, as in :func:`unrolled.evaluate.find_limits`.
    watch
        Called now and then in training.

    Returns
    -------
    Trial
        The fitted model, its forecast, scores, and where the time went.

    Raises
    ------
    InputError
        The series, the model, the companion or the limit cannot be had; heard before the training.

    Examples
    --------
    >>> import unrolled
    >>> trial = unrolled.extrapolate(unrolled.dataset("pairing-particles"), unrolled.model("autoregression"))
    >>> len(trial.forecast), f"{trial.scores.mse_all:.1e}"
    (8, '1.0e-05')
    """
    if companion is None:
        series, beside = as_series(data, gaps=takes_gaps(model)), None
    else:
        series, beside = as_paired(data, companion)
    train, horizon = default_extent(series, train, horizon, beside)
    require_possible(series, model, train, horizon, x, companion=beside)
    limits = _limits(series.head(train), model) if limit else ()
    with count_compilations() as compiled:
        began = perf_counter()
        fitted = _fit(model, series.head(train), beside, watch)
        fit_seconds, fit_compiled = perf_counter() - began, compiled.seconds
    trial = extrapolate_from(fitted, series, train=train, horizon=horizon, x=x)
    seconds = replace(
        trial.seconds, compile=trial.seconds.compile + fit_compiled, fit=max(fit_seconds - fit_compiled, 0.0)
    )
    return replace(trial, seconds=seconds, limits=limits)


def require_possible(
    series: Series, model: Estimator, train: int, horizon: int, x: Any = None, *, companion: Series | None = None
) -> None:
    """Raise an :class:`InputError` if the model could not learn, or continue: heard before the training, not after."""
    if companion is not None:
        require_companionable(model)
    require_learnable(model, series.head(train))
    if x is None:
        _places(model, all_rows(series, companion), train, horizon)


def extrapolate_from(
    fitted: Fitted, series: Series, *, train: int, horizon: int, x: Any = None, limit: bool = False
) -> Trial:
    """The same with a model that is trained already: continue from the first ``train`` points."""
    series = as_series(series, gaps=takes_gaps(fitted.model))
    known = series.head(train)
    limits = _limits(known, fitted.model) if limit else ()
    places = _places(fitted.model, all_rows(series, companion_of(fitted)), train, horizon) if x is None else x
    with count_compilations() as compiled:
        began = perf_counter()
        if fitted.model.target == "x-to-y" or x is not None:
            forecast = fitted.predict(x=places, history=known)
        else:
            forecast = replace(fitted.predict(horizon, history=known), x=places)
        one_step = _one_step(fitted, series, train)
        seconds = perf_counter() - began
    timing = Seconds(compiled.seconds, 0.0, max(seconds - compiled.seconds, 0.0))
    placed = x is not None
    scores = score(forecast, series.values[train:] if not placed else series.values[:0])
    trained = _same_numbers(fitted.series, known)
    if not trained:
        one_step = {"history" if name == "train" else name: part for name, part in one_step.items()}
    return Trial(series, train, fitted, forecast, one_step, scores, timing, placed, trained, limits=limits)


def _fit(model: Estimator, known: Series, companion: Series | None, watch: Watch | None) -> Fitted:
    if companion is None:
        return model.fit(known, watch=watch)
    return require_companionable(model).fit(known, companion=companion, watch=watch)


def _limits(known: Series, model: Estimator) -> tuple[Limit, ...]:
    if model.target == "x-to-y":
        raise InputError("a limit is that of a sequence of steps; leave out --limit, or --target x-to-y.")
    return find_limits(known)


def _same_numbers(one: Series, other: Series) -> bool:
    return np.array_equal(one.values, other.values, equal_nan=True) and np.array_equal(one.x, other.x)


def _places(model: Estimator, series: Series, train: int, horizon: int) -> Float[np.ndarray, " horizon"]:
    """The x of the predictions: the series' own as far as they go, then on at its step."""
    beyond = train + horizon - len(series)
    if model.target == "window":
        series.require_even()  # the known rest too: a step ahead must be a step to the value it is compared with
    elif beyond > 0 and series.spacing is None:
        raise InputError(
            f"{series.x_name} is not evenly spaced, so the x that comes after the last known one is unknown: say where "
            "to predict (--at), or keep known points back to predict (--train)."
        )
    own = series.x[train : train + horizon]
    return own if beyond <= 0 else np.concatenate([own, series.future_x(beyond)])


def _one_step(fitted: Fitted, series: Series, train: int) -> dict[str, OneStep]:
    """Train and test predictions; a padding model takes the two parts separately, each padded, as the lecture does."""
    window = int(fitted.model.window) if fitted.model.target == "window" else 0
    rest = len(series) - train
    if isinstance(fitted.model, Forecaster) and fitted.model.pad:
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
