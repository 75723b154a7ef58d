"""What a person sees of a forecast."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from unrolled.cli._climate import climate_lines
from unrolled.cli._limits import print_limits
from unrolled.cli._printing import add_numbers, new_table, print_table, say, say_where
from unrolled.forecast import Forecaster
from unrolled.metrics import mean_squared_error, relative_error
from unrolled.report import companion_share

if TYPE_CHECKING:
    from unrolled.evaluate import Trial
    from unrolled.forecast import Band, Forecast

__all__ = ["print_trial", "trial_text"]

# A longer table shows this many rows from each end.
_ENDS = 15
_MOST_CANDIDATES = 10
_ASK = "Bounds need rolling origins; ask for them with --level."


def print_trial(trial: Trial, report: dict[str, Any], folder: Path) -> None:
    """Print forecast, scores, network, time, and where the files are."""
    console = Console(highlight=False)
    _render(console, trial)
    seconds = report["seconds"]
    say(
        console,
        f"{seconds['total']:.1f} s in all: {seconds['compile']:.1f} s compiling, {seconds['fit']:.2f} s training, "
        f"{seconds['predict']:.2f} s predicting.",
    )
    say_where(console, folder)


def trial_text(trial: Trial) -> str:
    """The same as plain text, for ``summary.txt``."""
    text = io.StringIO()
    _render(Console(file=text, width=100, highlight=False), trial)
    return text.getvalue()


def _render(console: Console, trial: Trial) -> None:
    series, model, features = trial.series, trial.fitted.model, trial.series.values.shape[1]
    say(
        console,
        f"{series.name}: {trial.train} of {len(series)} points learned{_missing(trial)}, {len(trial.forecast)} "
        f"predicted; model "
        f"{model.name}, {_makeup(trial.forecast)}, seed {model.seed}.",
    )
    if trial.companion is not None:
        say(console, _beside(trial))
    for feature in range(features):
        print_table(console, _forecast_table(trial, feature))
    for line in (*_belief(trial.forecast), *_score_lines(trial), *(f"Note: {note}" for note in trial.notes)):
        say(console, line)
    for line in climate_lines(trial):
        say(console, line)
    print_limits(console, trial)
    for name in series.names if trial.forecast.ingredients else ():
        print_table(console, _candidates_table(trial.forecast, name))
    if isinstance(model, Forecaster):
        console.print(f"\n{model.summary(features)}\n", markup=False, emoji=False, soft_wrap=True)


def _missing(trial: Trial) -> str:
    """How many values nobody knew, where any are missing."""
    count = int(np.isnan(trial.series.values[: trial.train]).sum())
    return f" ({count} value{'s' * (count != 1)} missing)" if count else ""


def _beside(trial: Trial) -> str:
    """Which companion there was, and how much came of it."""
    companion, share = trial.companion, companion_share(trial)
    assert companion is not None
    told = [f"{100 * weight:.0f} %{f' for {name}' if len(share) > 1 else ''}" for name, weight in share.items()]
    return (
        f"Companion: {companion.names[0]}, known at {len(companion)} points; candidates that look at it have "
        f"{', '.join(told)} of the weight."
    )


def _makeup(forecast: Forecast) -> str:
    """What the forecast is made of."""
    if forecast.ingredients:
        return f"{len(forecast.ingredients) // len(forecast.series.names)} candidates"
    members = len(forecast.members)
    return f"{members} member{'s' * (members != 1)}"


def _forecast_table(trial: Trial, feature: int) -> Table:
    series, forecast, truth = trial.series, trial.forecast, trial.truth
    unit = series.units[feature]
    table = new_table(series.names[feature] + (f" [{unit}]" if unit else ""))
    mean = forecast.mean[:, feature]
    columns = {series.x_name: [series.format_x(float(x)) for x in forecast.x]}
    rest = [""] * (len(mean) - len(truth))
    if len(truth):  # without a truth there is no error
        columns["truth"] = ["" if np.isnan(value) else f"{value:.8g}" for value in truth[:, feature]] + rest
    columns["prediction"] = [f"{value:.8g}" for value in mean]
    columns |= _bounds(forecast, feature) if forecast.bands else {"spread": _spread(forecast, feature)}
    if len(truth):
        errors = relative_error(mean[: len(truth)], truth[:, feature])
        columns["relative error"] = ["" if np.isnan(error) else f"{float(error):.1e}" for error in errors] + rest
    for column in columns:
        add_numbers(table, column)
    rows = list(zip(*columns.values(), strict=True))
    dots = ("…",) * len(columns)
    for row in rows if len(rows) <= 2 * _ENDS else [*rows[:_ENDS], dots, *rows[-_ENDS:]]:
        table.add_row(*row)
    return table


def _spread(forecast: Forecast, feature: int) -> list[str]:
    alone = len(forecast.members) == 1  # one member has none
    return ["" if alone else f"{spread:.1e}" for spread in forecast.spread[:, feature]]


def _bounds(forecast: Forecast, feature: int) -> dict[str, list[str]]:
    """How far the bounds of the two highest levels lie from the prediction; of bounds that lie askew the highest."""
    bands = sorted(forecast.bands, key=lambda band: band.level)
    bands = [band for band in bands if np.isfinite(band.lower).any()]
    if all(_symmetric(forecast, band) for band in bands):
        return {f"± {band.label}\u00a0%": _distances(band.upper - forecast.mean, feature) for band in bands[-2:]}
    widest = bands[-1]
    return {
        f"− {widest.label}\u00a0%": _distances(forecast.mean - widest.lower, feature),
        f"+ {widest.label}\u00a0%": _distances(widest.upper - forecast.mean, feature),
    }


def _symmetric(forecast: Forecast, band: Band) -> bool:
    middle = 0.5 * band.lower + 0.5 * band.upper
    width = 0.5 * band.upper - 0.5 * band.lower
    with np.errstate(invalid="ignore"):
        askew = np.abs(middle - forecast.mean) > 0.01 * width + 1e-12 * np.abs(forecast.mean)
    return not askew.any()


def _distances(half: np.ndarray, feature: int) -> list[str]:
    return [f"{value:.1e}" if np.isfinite(value) else "" for value in half[:, feature]]


def _belief(forecast: Forecast) -> list[str]:
    """How far to believe it: why bounds are missing, the verdict and its reasons."""
    lines = [f"{band.reason[:1].upper()}{band.reason[1:]}" for band in forecast.bands if band.reason]
    if forecast.verdict is not None:
        lines += [forecast.verdict.headline, *(f"- {reason.text}" for reason in forecast.verdict.reasons)]
    return lines


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
        if not np.isnan(one_step.truth).all()
    ]
    if parts:
        what = "y learned from x" if trial.fitted.model.target == "x-to-y" else "one-step predictions"
        lines.append(f"MSE of {what}: {', '.join(parts)}.")
    if not trial.forecast.bands:
        if len(trial.forecast.members) > 1:
            lines.append(
                "The spread is the standard deviation over members; it is not an interval that the truth lies in."
            )
        lines.append(_ASK)
    return lines


def _candidates_table(forecast: Forecast, feature: str) -> Table:
    """The heaviest candidates, as long as they weigh anything."""
    found = [one for one in forecast.ingredients if one.feature == feature]
    several = len(forecast.series.names) > 1
    table = new_table(f"Candidates for {feature}" if several else "Candidates")
    table.add_column(Text("name"), vertical="bottom")
    for column in ("error / spread", "weight"):
        table.add_column(Text(column), justify="right", vertical="bottom")
    shown = found[:_MOST_CANDIDATES]
    for one in shown:
        error = "" if one.score is None else f"{10**one.score:.1e}"
        table.add_row(Text(one.name), error, f"{100 * one.weight:.1f} %")
    if len(found) > len(shown):
        table.add_row(f"… and {len(found) - len(shown)} more", "", "")
    return table
