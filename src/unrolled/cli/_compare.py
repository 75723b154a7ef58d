"""``unrolled compare``: many models on one series, side by side."""

from __future__ import annotations

import sys
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from unrolled.cli._models import default_models
from unrolled.cli._options import DataOptions, ModelOptions, OutputOptions, figure_kinds
from unrolled.errors import InputError

if TYPE_CHECKING:
    from unrolled.evaluate import RollingTable, SweepRow
    from unrolled.forecast import Estimator
    from unrolled.series import Series

__all__ = ["compare"]

_BESIDE = (
    "If {beside} goes on beside it as a cheap series, leave those rows out here; unrolled extrapolate --companion "
    "makes use of them."
)


def compare(
    data: DataOptions,
    model: ModelOptions,
    output: OutputOptions,
    sweep: Annotated[
        list[str] | None,
        typer.Option(help="SETTING=VALUE,VALUE,...; more than one makes all combinations.", show_default=False),
    ] = None,
    origins: Annotated[
        int | None,
        typer.Option(
            help="Forecasts a model in the table of rolling origins: 12, or 6 where networks are trained (again from "
            "every origin); 0 leaves the table out, as --sweep does.",
            metavar="N",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Put many models side by side.

    All learn one series, and their errors make two tables and figures: on the points that are kept back, and from
    rolling origins, where each model continues the series from many places inside it, every time from the points
    before alone. 'unrolled compare' puts the automatic choice beside models that cost little; 'unrolled compare --model
    auto,recurrence,rnn' says which. Of a FILE the last quarter is kept back to be predicted, unless --train says
    otherwise.

    Settings side by side: 'unrolled compare --sweep units=50,200,500 --sweep layers=1,2'. The window way beside
    learning y from x: '--sweep target=window,x-to-y'. Networks, which have commas, are parted by semicolons:
    --sweep 'network=elman:50;dense:8:relu, gru:50'.
    """
    began = perf_counter()
    from unrolled.compilation import use_compilation_cache
    from unrolled.report import result_folder

    use_compilation_cache()
    kinds = figure_kinds(output.figures)
    request = _requested(data, model, sweep, origins)
    with result_folder(output.out, overwrite=output.overwrite) as folder:
        rows, rolling = _compared(request, output.verbose)
        with folder.writing() as making:
            text = _write(request, rows, rolling, making, kinds, began=began)
        path = folder.finish()
    if output.json:
        typer.echo(text)
    else:
        from unrolled.cli._compare_tables import print_comparison

        print_comparison(request.series, rows, rolling, path, train=request.train, horizon=request.horizon)


@dataclass(frozen=True)
class _Request:
    """What is put side by side, checked as far as that goes before anything is trained."""

    series: Series
    train: int
    horizon: int
    chosen: list[dict[str, Any]]
    common: dict[str, Any]
    made: list[Estimator]
    origins: tuple[int, ...]


def _requested(data: DataOptions, options: ModelOptions, sweep: list[str] | None, origins: int | None) -> _Request:
    from unrolled.arguments import require_whole
    from unrolled.choose import model, says_nothing
    from unrolled.evaluate import combinations, default_origins, estimators, parse_sweep
    from unrolled.forecast import takes_gaps

    common = options.settings()
    grid = _grid([parse_sweep(text) for text in sweep or []], common)
    chosen = combinations(_models(options, [*common, *grid]), grid)
    made = estimators(chosen, common=common, make=model, mute=says_nothing)
    series, train, horizon = _extent(data, gaps=any(map(takes_gaps, made)))
    if options.model is None and not grid:
        chosen, made = _possible(series, chosen, made, train, horizon)
    if origins is not None:
        require_whole("origins", origins, 0, len(series))
    wanted = 0 if sweep and origins is None else origins
    places = () if wanted == 0 else default_origins(series, made, wanted)
    return _Request(series, train, horizon, chosen, common, made, places)


def _compared(request: _Request, verbose: bool) -> tuple[list[SweepRow], RollingTable | None]:
    from unrolled.choose import model, says_nothing
    from unrolled.cli._progress import counting
    from unrolled.evaluate import rolling_origins, sweep

    rows = sweep(
        request.series,
        request.chosen,
        train=request.train,
        horizon=request.horizon,
        common=request.common,
        watch=_announce if verbose or sys.stderr.isatty() else None,
        make=model,
        mute=says_nothing,
    )
    if not request.origins:
        return rows, None
    models = dict(zip([row.label for row in rows], request.made, strict=True))
    with counting(len(models) * len(request.origins), verbose=verbose) as watch:
        return rows, rolling_origins(
            request.series, models, origins=request.origins, horizon=request.horizon, watch=watch
        )


def _write(
    request: _Request,
    rows: list[SweepRow],
    rolling: RollingTable | None,
    folder: Path,
    kinds: tuple[str, ...],
    *,
    began: float,
) -> str:
    """All files; the report, which is one of them, as text."""
    from unrolled.report import rolling_csv, sweep_csv, sweep_report, to_json

    (folder / "compare.csv").write_text(sweep_csv(rows), encoding="utf-8")
    if rolling is not None:
        (folder / "rolling.csv").write_text(rolling_csv(rolling), encoding="utf-8")
    if kinds:
        from unrolled.cli._figures import save_sweep_figures
        from unrolled.cli._rolling_figure import save_rolling_figure

        save_sweep_figures(request.series, rows, folder, kinds)
        if rolling is not None:
            save_rolling_figure(rolling, folder, kinds)
    report = sweep_report(
        request.series,
        rows,
        train=request.train,
        horizon=request.horizon,
        total_seconds=perf_counter() - began,
        rolling=rolling,
    )
    text = to_json(report)
    (folder / "report.json").write_text(text + "\n", encoding="utf-8")
    return text


def _extent(data: DataOptions, *, gaps: bool) -> tuple[Series, int, int]:
    from unrolled.cli._data import load_series
    from unrolled.evaluate import default_extent

    series = load_series(data, advice=_BESIDE, gaps=gaps)
    assert series is not None
    usual = series.known or max(1, len(series) - max(1, len(series) // 4))
    train, horizon = default_extent(series, usual if data.train is None else data.train, data.horizon)
    if train >= len(series):
        raise InputError(f"all {train} points are learned, so there is no error to compare; lower --train.")
    return series, train, horizon


def _models(options: ModelOptions, settings: Collection[str]) -> list[str]:
    if options.model is None:
        return default_models(settings)
    names = [name.strip() for name in options.model.split(",")]
    if not all(names):
        raise InputError(f"--model takes names with commas between, as in auto,recurrence; came {options.model!r}.")
    for name in sorted({name for name in names if names.count(name) > 1}):
        _say(f"{name} is named {names.count(name)} times in --model; it is compared once.")
    return list(dict.fromkeys(names))


def _possible(
    series: Series, chosen: list[dict[str, Any]], made: list[Estimator], train: int, horizon: int
) -> tuple[list[dict[str, Any]], list[Estimator]]:
    """Without those that nobody named and that these points do not suit; a sentence says who and why."""
    from unrolled.evaluate import require_possible

    fitting, reasons = [], []
    for entry, estimator in zip(chosen, made, strict=True):
        try:
            require_possible(series, estimator, train, horizon)
            fitting.append((entry, estimator))
        except InputError as error:
            reasons.append((entry["model"], error))
    if not fitting:
        raise reasons[0][1]
    for name, reason in reasons:
        # What follows the first sentence is advice on a single model.
        _say(f"{name} is left out: {str(reason).split('. ')[0].rstrip('.')}.")
    return [entry for entry, _ in fitting], [estimator for _, estimator in fitting]


def _grid(sweeps: list[tuple[str, list[Any]]], common: dict[str, Any]) -> dict[str, list[Any]]:
    grid: dict[str, list[Any]] = {}
    for name, values in sweeps:
        if name in grid or name in common:
            raise InputError(f"{name} is given twice; give it once.")
        grid[name] = values
    return grid


def _say(sentence: str) -> None:
    """On standard error: what is printed may be JSON, and nothing else."""
    typer.echo(f"unrolled: {sentence}", err=True)


def _announce(row: SweepRow) -> None:
    error = None if row.trial is None else row.trial.scores.mse_forecast
    told = (
        "failed" if row.trial is None else "no truth to compare with" if error is None else f"MSE predicted {error:.3e}"
    )
    typer.echo(f"{row.label}: {told}", err=True)
