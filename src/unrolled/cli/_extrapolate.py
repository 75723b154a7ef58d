"""``unrolled extrapolate``: learn a series and continue it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import typer

from unrolled.cli._bounds import bounded, levels, prepared, reloaded
from unrolled.cli._models import default_model
from unrolled.cli._options import DataOptions, ForecastOptions, ModelOptions, OutputOptions, figure_kinds
from unrolled.errors import InputError

if TYPE_CHECKING:
    from unrolled.evaluate import Trial
    from unrolled.forecast import Estimator, Fitted
    from unrolled.series import Series

__all__ = ["extrapolate", "places"]

_BESIDE_SAVED = "If {beside} goes on beside it as a cheap series, learn again: without --from, and with --companion."


def extrapolate(data: DataOptions, forecast: ForecastOptions, model: ModelOptions, output: OutputOptions) -> None:
    """Learn a series and continue it.

    Candidates are judged by how they would have continued the known points, and combined; bounds and a verdict say how
    far to believe it. --model takes one model instead; --companion brings in a cheap series that is known further.

    Writes a table, figures, a report and the saved model. Without a FILE it does the lecture's example: 12 known
    correlation energies of the pairing model, continued by 8. A FILE is learned as a whole and continued by a third of
    its number, unless --train or --horizon say otherwise.
    """
    began = perf_counter()
    from unrolled.compilation import use_compilation_cache
    from unrolled.report import result_folder, to_json, trial_report

    use_compilation_cache()
    loaded = perf_counter() - began
    kinds, wanted = figure_kinds(output.figures), levels(forecast.level)
    with result_folder(output.out, overwrite=output.overwrite) as folder:
        if forecast.from_ is None:
            trial = _train(data, model, forecast, wanted, output.verbose)
        else:
            trial = _continue_saved(data, model, forecast, wanted, forecast.from_)
        trial = bounded(trial, wanted, verbose=output.verbose)
        trial = _with_climate(trial, data, forecast)
        report = trial_report(trial, total_seconds=perf_counter() - began, import_seconds=loaded)
        with folder.writing() as making:
            _write(trial, making, kinds)
            _complete(report["seconds"], perf_counter() - began)
            text = to_json(report)
            (making / "report.json").write_text(text + "\n", encoding="utf-8")
        path = folder.finish()
    if output.json:
        typer.echo(text)
    else:
        from unrolled.cli._tables import print_trial

        print_trial(trial, report, path)


def _with_climate(trial: Trial, data: DataOptions, forecast: ForecastOptions) -> Trial:
    from unrolled.evaluate import known_system, with_long_run
    from unrolled.forecast import require_closed_loop

    system = known_system(data.dataset, trial.series)
    if forecast.climate is False or (forecast.climate is None and system is None):
        return trial
    if forecast.climate is None:
        try:
            require_closed_loop(getattr(trial.fitted, "model", trial.fitted))
        except InputError:
            return trial
    return with_long_run(trial, system=system)


def _complete(seconds: dict[str, float], total: float) -> None:
    """The total, and what of it went into figures and files: all that no other part accounts for."""
    parts = sum(seconds[name] for name in ("import", "compile", "fit", "predict"))
    seconds |= {"write": max(total - parts, 0.0), "total": total}


def _train(
    data: DataOptions,
    options: ModelOptions,
    forecast: ForecastOptions,
    wanted: Sequence[float] | None,
    verbose: bool,
) -> Trial:
    from unrolled.cli._data import load_paired
    from unrolled.cli._progress import watching
    from unrolled.evaluate import default_extent, extrapolate, known_system, require_long_run
    from unrolled.forecast import takes_gaps

    made, x = _asked(data, options, forecast), places(forecast.at, data)
    series, companion = load_paired(data, forecast.companion, gaps=takes_gaps(made))
    if forecast.climate and known_system(data.dataset, series) is None:
        require_long_run(series)
    if x is not None and made.target != "x-to-y":
        raise InputError("--at says where to predict y from x; it needs --target x-to-y.")
    if wanted is not None:
        if x is not None:
            raise InputError("bounds are of steps, not of places; leave out --level, or give --horizon for --at.")
        made = prepared(made, series, *default_extent(series, data.train, data.horizon, companion), wanted)
    with watching(verbose=verbose) as watch:
        return extrapolate(
            series, made, train=data.train, horizon=data.horizon, x=x,
            companion=companion, limit=forecast.limit, watch=watch,
        )  # fmt: skip


def _asked(data: DataOptions, options: ModelOptions, forecast: ForecastOptions) -> Estimator:
    """The model, checked against a companion before the file is read."""
    from unrolled.choose import model
    from unrolled.evaluate import require_companionable
    from unrolled.forecast import require_closed_loop

    if forecast.companion is not None and options.target == "x-to-y":
        raise InputError("a companion goes with steps, not with y from x; leave out --companion or --target x-to-y.")
    settings = options.settings()
    made = model(default_model(data.dataset, settings) if options.model is None else options.model, **settings)
    if forecast.companion is not None:
        require_companionable(made)
    if forecast.climate:
        require_closed_loop(made)
    return made


def _continue_saved(
    data: DataOptions,
    options: ModelOptions,
    forecast: ForecastOptions,
    wanted: Sequence[float] | None,
    folder: Path,
) -> Trial:
    from unrolled.choose import load
    from unrolled.cli._data import load_series
    from unrolled.evaluate import companion_of, default_extent, extrapolate_from
    from unrolled.forecast import takes_gaps

    if forecast.companion is not None:
        raise InputError(
            "a saved model keeps the companion that it learned with, if any; to learn with another leave out --from, "
            "otherwise leave out --companion."
        )
    given = [f"--{name.replace('_', '-')}" for name, value in vars(options).items() if value is not None]
    if given:
        raise InputError(f"a saved model is trained already; leave out {', '.join(given)}.")
    fitted, x = load(folder), places(forecast.at, data)
    if wanted is not None:
        fitted = reloaded(fitted, wanted)
    if x is not None and fitted.model.target != "x-to-y":
        raise InputError("--at says where to predict y from x; the saved model continues a series step by step.")
    given_series = load_series(data, default=None, advice=_BESIDE_SAVED, gaps=takes_gaps(fitted.model))
    series = given_series or fitted.series
    _check_features(fitted, series)
    train, horizon = default_extent(series, data.train, data.horizon, companion_of(fitted))
    return extrapolate_from(fitted, series, train=train, horizon=horizon, x=x, limit=forecast.limit)


def _check_features(fitted: Fitted, series: Series) -> None:
    learned = fitted.series.values.shape[1]
    if series.values.shape[1] != learned:
        raise InputError(
            f"the saved model learned {learned} column{'s' * (learned != 1)} ({', '.join(fitted.series.names)}); "
            f"{series.name} has {series.values.shape[1]}. Choose columns with --y-col."
        )


def places(at: str | None, data: DataOptions) -> list[float] | None:
    """The x that ``--at`` names."""
    if at is None:
        return None
    if data.horizon is not None:
        raise InputError("--horizon counts the steps and --at names the places to predict at; give one of them.")
    try:
        found = [float(part) for part in at.split(",")]
    except ValueError:
        found = []
    if not found or not all(map(math.isfinite, found)):
        raise InputError(f"--at needs finite numbers with commas between, as in 42,44.5; came {at!r}.")
    return found


def _write(trial: Trial, folder: Path, kinds: tuple[str, ...]) -> None:
    from unrolled.cli._figures import save_trial_figures
    from unrolled.cli._tables import trial_text
    from unrolled.report import (
        candidates_csv,
        components_csv,
        forecast_csv,
        has_components,
        has_regimes,
        history_csv,
        members_csv,
        regimes_csv,
    )

    (folder / "forecast.csv").write_text(forecast_csv(trial), encoding="utf-8")
    (folder / "members.csv").write_text(members_csv(trial), encoding="utf-8")
    if trial.forecast.ingredients:
        (folder / "candidates.csv").write_text(candidates_csv(trial), encoding="utf-8")
    if has_components(trial):
        (folder / "components.csv").write_text(components_csv(trial), encoding="utf-8")
    if has_regimes(trial):
        (folder / "regimes.csv").write_text(regimes_csv(trial), encoding="utf-8")
    if trial.fitted.history is not None:
        (folder / "history.csv").write_text(history_csv(trial.fitted.history), encoding="utf-8")
    (folder / "summary.txt").write_text(trial_text(trial), encoding="utf-8")
    trial.fitted.save(folder / "model")
    if kinds:
        save_trial_figures(trial, folder, kinds)
