"""What a person sees of models side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from unrolled.cli._printing import add_numbers, new_table, print_table, say, say_where

if TYPE_CHECKING:
    from unrolled.evaluate import RollingTable, SweepRow
    from unrolled.series import Series

__all__ = ["print_comparison"]

_STEPS = (1, 2, 4, 8)


def print_comparison(
    series: Series, rows: Sequence[SweepRow], rolling: RollingTable | None, folder: Path, *, train: int, horizon: int
) -> None:
    """Print the errors on what was kept back, and the table of rolling origins."""
    console = Console(highlight=False)
    say(console, f"{series.name}: {train} of {len(series)} points learned, {horizon} predicted.")
    print_table(console, _sweep_table(rows))
    for row in rows:
        if row.trial is None:
            say(console, f"{row.label}: {row.failure}")
    if rolling is not None:
        _print_rolling(console, rolling)
    say_where(console, folder)


def _sweep_table(rows: Sequence[SweepRow]) -> Table:
    table = new_table()
    names = list(dict.fromkeys(name for row in rows for name in row.settings))
    for name in names:
        table.add_column(Text(name), vertical="bottom")
    for column in ("MSE predicted", "MSE all", "relative error", "parameters", "seconds"):
        add_numbers(table, column)
    tried = [r.trial.scores.mse_forecast for r in rows if r.trial and r.trial.scores.mse_forecast is not None]
    best = min(tried, default=None)
    for row in rows:
        cells = [str(row.settings.get(name, "")) for name in names]
        won = row.trial is not None and best is not None and row.trial.scores.mse_forecast == best
        table.add_row(*map(Text, cells), *_sweep_cells(row), style="bold" if won else None)
    return table


def _sweep_cells(row: SweepRow) -> list[str]:
    if row.trial is None:
        return ["failed", "", "", "", ""]
    scores = row.trial.scores
    parameters = row.trial.fitted.model.describe(row.trial.series.values.shape[1])["parameters"]
    errors = (scores.mse_forecast, scores.mse_all, scores.max_relative_error)
    cells = ["" if error is None else f"{error:.2e}" for error in errors]
    return [*cells, "" if parameters is None else f"{parameters:,}", f"{row.trial.seconds.fit:.2f}"]


def _print_rolling(console: Console, rolling: RollingTable) -> None:
    origins = rolling.origins
    count = f"{len(origins)} origin{'s' * (len(origins) != 1)}"
    reach = f"{origins[0]} to {origins[-1]}" if count != "1 origin" else str(origins[0])
    say(
        console,
        f"Rolling origins: error / spread, geometric mean over {count} with {reach} of {len(rolling.series)} points "
        "known.",
    )
    print_table(console, _rolling_table(rolling))
    for model, failures in rolling.failures.items():
        for origin, reason in list(failures.items())[:1]:
            more = f" (and {len(failures) - 1} more)" if len(failures) > 1 else ""
            say(console, f"{model}, {origin} points known: {reason}{more}")


def _rolling_table(rolling: RollingTable) -> Table:
    table = new_table()
    table.add_column(Text("model"), vertical="bottom")
    errors = {model: rolling.geometric_mean(model) for model in rolling.models}
    count = len(rolling.origins)
    columns = {step: [values[step - 1] for values in errors.values()] for step in _STEPS if step <= _reach(rolling)}
    best = {step: min((v for v in values if np.isfinite(v)), default=None) for step, values in columns.items()}
    for column in (*(f"{step} step{'s' * (step != 1)}" for step in columns), "origins", "time"):
        add_numbers(table, column)
    for row, model in enumerate(errors):
        cells = [_error(values[row], best[step]) for step, values in columns.items()]
        made = count - len(rolling.failures[model])
        asked = f"{made}" if made == count else f"{made} of {count}"
        table.add_row(Text(model), *cells, asked, f"{rolling.seconds[model]:.2f} s")
    return table


def _reach(rolling: RollingTable) -> int:
    """The last step that any model has an error for."""
    return max(int(np.max(np.flatnonzero(rolling.counts(model)) + 1, initial=0)) for model in rolling.models)


def _error(value: float, best: float | None) -> Text:
    return Text(f"{value:.1e}" if np.isfinite(value) else "", style="bold" if value == best else "")
