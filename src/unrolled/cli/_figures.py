"""Which figures a verb saves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unrolled.cli._climate import save_climate_figures

if TYPE_CHECKING:
    from unrolled.evaluate import SweepRow, Trial
    from unrolled.forecast import Forecaster
    from unrolled.series import Series

__all__ = ["save_sweep_figures", "save_trial_figures"]

# From this many points on, one-step predictions get a figure of their own; below, they would repeat the forecast's.
_LONG = 50
_MOST_COMPARED = 6


def save_trial_figures(trial: Trial, folder: Path, kinds: Sequence[str]) -> None:
    """The forecast, the candidates, the losses, the network, and for a long series the one-step predictions."""
    from unrolled.forecast import Forecaster
    from unrolled.learn import GradientDescent
    from unrolled.report import has_components
    from unrolled.show import candidates_figure, draw_loss, draw_one_step, forecast_figure, save

    known, model = trial.series.head(trial.train), trial.fitted.model
    # Drawn without the rows between the training part and a continuation at places of the user's own.
    truth = None if trial.placed else replace(trial.series, known=None)
    save(forecast_figure(known, trial.forecast, truth=truth), folder / "forecast", kinds)
    if trial.forecast.ingredients:
        save(candidates_figure(trial.forecast), folder / "candidates", kinds)
    if has_components(trial):
        _save_components(trial, folder, kinds)
    _save_regimes(trial, folder, kinds)
    save_climate_figures(trial, folder, tuple(kinds))
    if isinstance(model, Forecaster):
        if trial.fitted.history is not None and isinstance(model.learner, GradientDescent):
            save(draw_loss(trial.fitted.history, name=f"{model.learner.loss} loss"), folder / "loss", kinds)
        save(_network(model, trial.series.values.shape[1]), folder / "network", kinds)
    if trial.one_step and len(trial.series) >= _LONG:
        parts = [(f"one step ahead, {name}", part) for name, part in trial.one_step.items()]
        save(draw_one_step(trial.series, parts, trained=known), folder / "one-step", kinds)


def _save_components(trial: Trial, folder: Path, kinds: Sequence[str]) -> None:
    """One figure a column of the series."""
    from unrolled.forecast import FittedLinearGaussian, components_of
    from unrolled.show import components_figure, save

    assert isinstance(trial.fitted, FittedLinearGaussian)
    known = trial.series.head(trial.train)
    for feature, parts in enumerate(components_of(trial.fitted, known).values()):
        number = f"-{feature + 1}" if len(known.names) > 1 else ""
        save(components_figure(known, parts, feature=feature), folder / f"components{number}", kinds)


def _save_regimes(trial: Trial, folder: Path, kinds: Sequence[str]) -> None:
    """The series over its hidden states, one figure a column; of more states than can be told apart none."""
    from unrolled.forecast import FittedHiddenMarkov
    from unrolled.show import MOST_REGIMES, regimes_figure, save

    if not isinstance(trial.fitted, FittedHiddenMarkov) or trial.fitted.chain.states > MOST_REGIMES:
        return
    regimes = trial.fitted.regimes(trial.series.head(trial.train))
    for feature in range(len(regimes.series.names)):
        number = f"-{feature + 1}" if len(regimes.series.names) > 1 else ""
        save(regimes_figure(regimes, feature=feature), folder / f"regimes{number}", kinds)


def _network(model: Forecaster, features: int) -> Any:
    from unrolled.show import draw_unrolled

    framing = model.framing
    inputs = framing.network_features(features)
    return draw_unrolled(model.design, features=inputs, outputs=features, window=framing.steps)


def save_sweep_figures(series: Series, rows: Sequence[SweepRow], folder: Path, kinds: Sequence[str]) -> None:
    """Settings against error, and the best continuations in one figure."""
    from unrolled.show import comparison_figure, draw_sweep, save

    name = f"mean squared error{_squared(series)}"
    save(draw_sweep([row.label for row in rows], [_error(row) for row in rows], name=name), folder / "sweep", kinds)
    done = [row for row in rows if row.trial is not None]
    if not done:
        return
    best = sorted(done, key=_error)[:_MOST_COMPARED]
    forecasts = {row.label: row.trial.forecast for row in done if row in best and row.trial is not None}
    known = series.head(done[0].trial.train if done[0].trial else len(series))
    save(comparison_figure(known, forecasts, truth=series), folder / "forecasts", kinds)


def _squared(series: Series) -> str:
    """The unit of a squared error; none where features have different ones."""
    units = set(series.units)
    unit = units.pop() if len(units) == 1 else ""
    return f", ({unit})²" if unit else ""


def _error(row: SweepRow) -> float:
    error = None if row.trial is None else row.trial.scores.mse_forecast
    return math.nan if error is None else error
