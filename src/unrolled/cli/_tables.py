"""Tables for people."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from unrolled.metrics import relative_error

if TYPE_CHECKING:
    from unrolled.evaluate import SweepRow, Trial

__all__ = ["print_sweep", "print_trial", "trial_text"]

# A longer table shows this many rows from each end.
_ENDS = 15


def print_trial(trial: Trial, report: dict[str, Any], folder: Path) -> None:
    """Print forecast, scores, network, time, and where the files are."""
    console = Console(highlight=False)
    _render(console, trial)
    seconds = report["seconds"]
    console.print(
        f"{seconds['total']:.1f} s in all: {seconds['compile']:.1f} s compiling, {seconds['fit']:.2f} s training, "
        f"{seconds['predict']:.2f} s predicting.",
        markup=False,
    )
    console.print(f"Files are in {folder}", markup=False, soft_wrap=True)


def trial_text(trial: Trial) -> str:
    """The same as plain text, for ``summary.txt``."""
    text = io.StringIO()
    _render(Console(file=text, width=100, highlight=False), trial)
    return text.getvalue()


def print_sweep(rows: list[SweepRow], folder: Path) -> None:
    """Print the table of settings against error."""
    console = Console(highlight=False)
    console.print(_sweep_table(rows))
    for row in rows:
        if row.trial is None:
            console.print(f"{row.label}: {row.failure}", markup=False)
    console.print(f"Files are in {folder}", markup=False, soft_wrap=True)


def _render(console: Console, trial: Trial) -> None:
    series, fitted = trial.series, trial.fitted
    model, features = fitted.model, series.values.shape[1]
    console.print(
        f"{series.name}: {trial.train} of {len(series)} points learned, {len(trial.forecast)} predicted; model "
        f"{model.name}, {len(fitted.sequence.kept)} member{'s' * (len(fitted.sequence.kept) != 1)}, seed {model.seed}.",
        markup=False,
    )
    for feature in range(features):
        console.print(_forecast_table(trial, feature))
    for line in (*_score_lines(trial), *(f"Note: {note}" for note in fitted.notes)):
        console.print(line, markup=False)
    console.print()
    console.print(str(model.summary(features)), markup=False)
    console.print()


def _forecast_table(trial: Trial, feature: int) -> Table:
    series, forecast = trial.series, trial.forecast
    unit = series.units[feature]
    name = series.names[feature] + (f" [{unit}]" if unit else "")
    table = Table(title=Text(name), title_justify="left")
    columns = [series.x_name, "truth", "prediction", "spread", "relative error"]
    for column in columns:
        table.add_column(Text(column), justify="right")
    steps = range(len(forecast))
    shown = steps if len(steps) <= 2 * _ENDS else [*steps[:_ENDS], None, *steps[-_ENDS:]]
    for step in shown:
        table.add_row(*(["…"] * 5 if step is None else _forecast_row(trial, step, feature)))
    return table


def _forecast_row(trial: Trial, step: int, feature: int) -> list[str]:
    forecast, truth = trial.forecast, trial.truth
    mean, spread = forecast.mean[step, feature], forecast.spread[step, feature]
    x = trial.series.format_x(float(forecast.x[step]))
    if step >= len(truth):
        return [x, "", f"{mean:.8g}", f"{spread:.1e}", ""]
    error = float(relative_error(mean, truth[step, feature]))
    return [x, f"{truth[step, feature]:.8g}", f"{mean:.8g}", f"{spread:.1e}", f"{error:.1e}"]


def _score_lines(trial: Trial) -> list[str]:
    scores, lines = trial.scores, []
    if scores.mse_forecast is not None and scores.mse_all is not None and scores.max_relative_error is not None:
        lines.append(
            f"MSE {scores.mse_all:.3e} over all points, {scores.mse_forecast:.3e} over the predicted ones; largest "
            f"relative error {scores.max_relative_error:.1e}."
        )
    parts = [
        f"{np.mean(one_step.residuals**2):.3e} ({part})" for part, one_step in trial.one_step.items() if len(one_step.x)
    ]
    if parts:
        lines.append(f"MSE of one-step predictions: {', '.join(parts)}.")
    lines.append("The spread is the standard deviation over members; it is not an interval that the truth lies in.")
    return lines


def _sweep_table(rows: list[SweepRow]) -> Table:
    table = Table()
    names = list(dict.fromkeys(name for row in rows for name in row.settings))
    for name in names:
        table.add_column(Text(name))
    for column in ("MSE predicted", "MSE all", "relative error", "parameters", "seconds"):
        table.add_column(column, justify="right")
    tried = [r.trial.scores.mse_forecast for r in rows if r.trial and r.trial.scores.mse_forecast is not None]
    best = min(tried, default=None)
    for row in rows:
        cells = [str(row.settings.get(name, "")) for name in names]
        won = row.trial is not None and row.trial.scores.mse_forecast == best
        table.add_row(*map(Text, cells), *_sweep_cells(row), style="bold" if won else None)
    return table


def _sweep_cells(row: SweepRow) -> list[str]:
    if row.trial is None:
        return ["failed", "", "", "", ""]
    scores = row.trial.scores
    parameters = row.trial.fitted.model.summary(row.trial.series.values.shape[1]).parameters
    errors = (scores.mse_forecast, scores.mse_all, scores.max_relative_error)
    cells = ["" if error is None else f"{error:.3e}" for error in errors]
    return [*cells, f"{parameters:,}", f"{row.trial.seconds.fit:.2f}"]
