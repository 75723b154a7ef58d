"""Tables for people."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from unrolled.metrics import mean_squared_error, relative_error

if TYPE_CHECKING:
    from unrolled.evaluate import SweepRow, Trial
    from unrolled.series import Series

__all__ = ["print_sweep", "print_trial", "trial_text"]

# A longer table shows this many rows from each end.
_ENDS = 15


def print_trial(trial: Trial, report: dict[str, Any], folder: Path) -> None:
    """Print forecast, scores, network, time, and where the files are."""
    console = Console(highlight=False)
    _render(console, trial)
    seconds = report["seconds"]
    _say(
        console,
        f"{seconds['total']:.1f} s in all: {seconds['compile']:.1f} s compiling, {seconds['fit']:.2f} s training, "
        f"{seconds['predict']:.2f} s predicting.",
    )
    _say_where(console, folder)


def trial_text(trial: Trial) -> str:
    """The same as plain text, for ``summary.txt``."""
    text = io.StringIO()
    _render(Console(file=text, width=100, highlight=False), trial)
    return text.getvalue()


def print_sweep(series: Series, rows: list[SweepRow], folder: Path, *, train: int, horizon: int) -> None:
    """Print the table of settings against error."""
    console = Console(highlight=False)
    _say(console, f"{series.name}: {train} of {len(series)} points learned, {horizon} predicted.")
    _print_table(console, _sweep_table(rows))
    for row in rows:
        if row.trial is None:
            _say(console, f"{row.label}: {row.failure}")
    _say_where(console, folder)


def _say(console: Console, text: str) -> None:
    console.print(text, markup=False, emoji=False)


def _say_where(console: Console, folder: Path) -> None:
    # In one piece, however long, so that it can be copied.
    console.print(f"Files are in {folder}", markup=False, emoji=False, soft_wrap=True)


def _print_table(console: Console, table: Table) -> None:
    """Print every number whole, even on a terminal that is too narrow: cut short, it would be another number."""
    table.width = Measurement.get(console, console.options.update(width=10_000), table).maximum
    console.print(table, crop=False, soft_wrap=True)


def _render(console: Console, trial: Trial) -> None:
    series, fitted = trial.series, trial.fitted
    model, features = fitted.model, series.values.shape[1]
    members = len(fitted.sequence.kept)
    _say(
        console,
        f"{series.name}: {trial.train} of {len(series)} points learned, {len(trial.forecast)} predicted; model "
        f"{model.name}, {members} member{'s' * (members != 1)}, seed {model.seed}.",
    )
    for feature in range(features):
        _print_table(console, _forecast_table(trial, feature))
    for line in (*_score_lines(trial), *(f"Note: {note}" for note in trial.notes)):
        _say(console, line)
    console.print(f"\n{model.summary(features)}\n", markup=False, emoji=False, soft_wrap=True)


def _forecast_table(trial: Trial, feature: int) -> Table:
    series, forecast = trial.series, trial.forecast
    unit = series.units[feature]
    name = series.names[feature] + (f" [{unit}]" if unit else "")
    table = _table(name)
    columns = [series.x_name, "truth", "prediction", "spread", "relative error"]
    told = range(len(columns)) if len(trial.truth) else (0, 2, 3)  # without a truth there is no error
    for column in (columns[index] for index in told):
        _add_numbers(table, column)
    steps = range(len(forecast))
    shown = steps if len(steps) <= 2 * _ENDS else [*steps[:_ENDS], None, *steps[-_ENDS:]]
    for step in shown:
        row = ["…"] * len(columns) if step is None else _row(trial, step, feature)
        table.add_row(*(row[index] for index in told))
    return table


def _row(trial: Trial, step: int, feature: int) -> list[str]:
    forecast, truth = trial.forecast, trial.truth
    mean = forecast.mean[step, feature]
    spread = f"{forecast.spread[step, feature]:.1e}" if len(forecast.members) > 1 else ""  # one member has none
    x = trial.series.format_x(float(forecast.x[step]))
    if step >= len(truth):
        return [x, "", f"{mean:.8g}", spread, ""]
    error = float(relative_error(mean, truth[step, feature]))
    return [x, f"{truth[step, feature]:.8g}", f"{mean:.8g}", spread, f"{error:.1e}"]


def _score_lines(trial: Trial) -> list[str]:
    scores, lines = trial.scores, []
    if scores.mse_forecast is not None and scores.mse_all is not None and scores.max_relative_error is not None:
        lines.append(
            f"MSE {scores.mse_all:.3e} over all points, {scores.mse_forecast:.3e} over the predicted ones; largest "
            f"relative error {scores.max_relative_error:.1e}."
        )
    parts = [
        f"{mean_squared_error(one_step.mean, one_step.truth):.3e} ({part})"
        for part, one_step in trial.one_step.items()
        if len(one_step.x)
    ]
    if parts:
        what = "y learned from x" if trial.fitted.model.target == "x-to-y" else "one-step predictions"
        lines.append(f"MSE of {what}: {', '.join(parts)}.")
    if len(trial.forecast.members) > 1:
        lines.append("The spread is the standard deviation over members; it is not an interval that the truth lies in.")
    return lines


def _table(title: str | None = None) -> Table:
    return Table(title=title and Text(title), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)


def _add_numbers(table: Table, heading: str) -> None:
    """A column that is no wider than its numbers make it."""
    table.add_column(Text(heading.replace(" ", "\n")), justify="right", vertical="bottom")


def _sweep_table(rows: list[SweepRow]) -> Table:
    table = _table()
    names = list(dict.fromkeys(name for row in rows for name in row.settings))
    for name in names:
        table.add_column(Text(name), vertical="bottom")
    for column in ("MSE predicted", "MSE all", "relative error", "parameters", "seconds"):
        _add_numbers(table, column)
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
    cells = ["" if error is None else f"{error:.2e}" for error in errors]
    return [*cells, f"{parameters:,}", f"{row.trial.seconds.fit:.2f}"]
