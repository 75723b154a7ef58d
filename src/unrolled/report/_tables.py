"""The tables of a trial as CSV text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from unrolled.evaluate import SweepRow, Trial
from unrolled.forecast import Forecaster
from unrolled.learn import History
from unrolled.report._bounds import all_bands
from unrolled.series import Series, csv_number, csv_place, csv_text

__all__ = ["candidates_csv", "forecast_csv", "history_csv", "members_csv", "sweep_csv"]


def forecast_csv(trial: Trial) -> str:
    """Known and predicted rows: ``x, name, part, mean, spread, lo-68, hi-68, lo-95, hi-95, truth, one_step``.

    ``part`` is ``train`` (seen by the model; ``history`` where a saved model goes on from other numbers), ``forecast``
    (predicted), or ``known`` (known, neither seen nor predicted). ``mean`` is the prediction, ``spread`` the standard
    deviation over members; bounds of other levels have columns of their own, and are empty where there are none.
    ``one_step`` is the prediction from the true values before. Numbers keep every digit; a ``truth`` that is missing
    is an empty cell.
    """
    series, forecast = trial.series, trial.forecast
    one_step = _one_step_by_row(trial)
    predicted = range(trial.train, trial.train + len(trial.truth))
    bands = all_bands(forecast)
    made = [forecast.mean, forecast.spread, *(bound for band in bands for bound in (band.lower, band.upper))]
    rows: list[list[Any]] = []
    for row in range(len(series)):
        if row not in predicted:
            part = ("train" if trial.trained else "history") if row < trial.train else "known"
            rows += _cells(series, series.x[row], part, *[None] * len(made), series.values[row], one_step.get(row))
    for step, x in enumerate(forecast.x):
        row = trial.train + step
        truth = series.values[row] if row in predicted else None
        known = (truth, one_step.get(row) if truth is not None else None)
        rows += _cells(series, x, "forecast", *(column[step] for column in made), *known)
    bounds = [f"{side}-{band.label}" for band in bands for side in ("lo", "hi")]
    return csv_text(["x", "name", "part", "mean", "spread", *bounds, "truth", "one_step"], rows)


def members_csv(trial: Trial) -> str:
    """The continuation of every member: ``x, name, member_0, member_1, ...``; members that have names go by these."""
    forecast, series = trial.forecast, trial.series
    numbers = range(len(forecast.members)) if forecast.kept is None else forecast.kept
    labels = forecast.labels or [f"member_{number}" for number in numbers]
    rows = [
        [csv_place(series, x), name, *map(csv_number, forecast.members[:, step, feature])]
        for step, x in enumerate(forecast.x)
        for feature, name in enumerate(series.names)
    ]
    return csv_text(["x", "name", *labels], rows)


def candidates_csv(trial: Trial) -> str:
    """What an automatic forecast was chosen from, the heaviest first: ``feature, name, score, weight``."""
    rows = [
        [one.feature, one.name, csv_number(one.score), csv_number(one.weight)] for one in trial.forecast.ingredients
    ]
    return csv_text(["feature", "name", "score", "weight"], rows)


def history_csv(history: History) -> str:
    """Losses: ``epoch, member, loss, validation_loss``, epochs counted from 1."""
    validation = history.validation_loss
    rows = [
        [epoch + 1, member, csv_number(history.loss[member, epoch])]
        + ([] if validation is None else [csv_number(validation[member, epoch])])
        for member, epochs in enumerate(history.epochs)
        for epoch in range(epochs)
    ]
    return csv_text(["epoch", "member", "loss", *([] if validation is None else ["validation_loss"])], rows)


def sweep_csv(rows: Sequence[SweepRow]) -> str:
    """One line a combination: its settings, errors, parameters, seconds of training, and what failed."""
    names = list(dict.fromkeys(name for row in rows for name in row.settings))
    table = []
    for row in rows:
        line: list[Any] = [row.settings.get(name, "") for name in names]
        if row.trial is None:
            table.append([*line, "", "", "", "", "", row.failure])
            continue
        scores, seconds = row.trial.scores, row.trial.seconds
        parameters = row.trial.fitted.model.describe(row.trial.series.values.shape[1])["parameters"]
        weights = "" if parameters is None else parameters  # only networks have any
        errors = (scores.mse_forecast, scores.mse_all, scores.max_relative_error)
        table.append([*line, *map(csv_number, errors), weights, f"{seconds.fit:.3f}", ""])
    return csv_text(
        [*names, "mse_forecast", "mse_all", "max_relative_error", "parameters", "fit_seconds", "failure"], table
    )


def _one_step_by_row(trial: Trial) -> dict[int, np.ndarray]:
    found: dict[int, np.ndarray] = {}
    ends = {"test": len(trial.series)}  # a padded window predicts past the end of its part: from repetitions, not truth
    for part, one_step in trial.one_step.items():
        rows = one_step.rows.tolist()
        model = trial.fitted.model
        padded = isinstance(model, Forecaster) and model.pad
        end = ends.get(part, trial.train if padded else len(trial.series))
        found |= {row: value for row, value in zip(rows, one_step.mean, strict=True) if row < end}
    return found


def _cells(series: Series, x: float, part: str, *columns: np.ndarray | None) -> Iterable[list[Any]]:
    for feature, name in enumerate(series.names):
        cells = ["" if column is None else csv_number(column[feature]) for column in columns]
        yield [csv_place(series, x), name, part, *cells]
