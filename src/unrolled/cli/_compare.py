"""``unrolled compare``: other things to try, in one table."""

from __future__ import annotations

import sys
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from unrolled.cli._options import DataOptions, ModelOptions, OutputOptions, figure_kinds
from unrolled.errors import InputError

if TYPE_CHECKING:
    from unrolled.evaluate import SweepRow
    from unrolled.series import Series

__all__ = ["compare"]


def compare(
    data: DataOptions,
    model: ModelOptions,
    output: OutputOptions,
    sweep: Annotated[
        list[str] | None,
        typer.Option(help="SETTING=VALUE,VALUE,...; more than one makes all combinations.", show_default=False),
    ] = None,
) -> None:
    """Train many models on one series and put their errors side by side.

    As in 'unrolled compare --sweep units=50,200,500 --sweep layers=1,2' or 'unrolled compare --model
    rnn,lstm-2layer,autoregression'. The window way beside learning y from x: '--sweep target=window,x-to-y'. Of a
    FILE the last quarter is kept back to be predicted, unless --train says otherwise.
    """
    began = perf_counter()
    from unrolled.compilation import use_compilation_cache
    from unrolled.evaluate import combinations, parse_sweep
    from unrolled.evaluate import sweep as run_sweep
    from unrolled.report import result_folder, sweep_csv, sweep_report, to_json

    use_compilation_cache()
    kinds = figure_kinds(output.figures)
    series, train, horizon = _extent(data)
    grid = _grid([parse_sweep(text) for text in sweep or []], model.settings())
    names = [name.strip() for name in (model.model or "rnn").split(",") if name.strip()]
    chosen = combinations(names, grid)
    with result_folder(output.out, overwrite=output.overwrite) as folder:
        watch = _announce if output.verbose or sys.stderr.isatty() else None
        rows = run_sweep(series, chosen, train=train, horizon=horizon, common=model.settings(), watch=watch)
        (folder.making / "compare.csv").write_text(sweep_csv(rows), encoding="utf-8")
        if kinds:
            from unrolled.cli._figures import save_sweep_figures

            save_sweep_figures(series, rows, folder.making, kinds)
        total = perf_counter() - began
        text = to_json(sweep_report(series, rows, train=train, horizon=horizon, total_seconds=total))
        (folder.making / "report.json").write_text(text + "\n", encoding="utf-8")
        path = folder.finish()
    _show(rows, text, path, as_json=output.json)


def _extent(data: DataOptions) -> tuple[Series, int, int]:
    from unrolled.cli._data import load_series
    from unrolled.evaluate import default_extent

    series = load_series(data)
    assert series is not None
    train = data.train or series.known or len(series) - max(1, len(series) // 4)
    train, horizon = default_extent(series, train, data.horizon)
    if train >= len(series):
        raise InputError(f"all {train} points are learned, so there is no error to compare; lower --train.")
    return series, train, min(horizon, len(series) - train)


def _grid(sweeps: list[tuple[str, list[Any]]], common: dict[str, Any]) -> dict[str, list[Any]]:
    grid: dict[str, list[Any]] = {}
    for name, values in sweeps:
        if name in grid or name in common:
            raise InputError(f"{name} is given twice; give it once.")
        grid[name] = values
    return grid


def _announce(row: SweepRow) -> None:
    error = "failed" if row.trial is None else f"MSE predicted {row.trial.scores.mse_forecast:.3e}"
    typer.echo(f"{row.label}: {error}", err=True)


def _show(rows: list[SweepRow], text: str, path: Path, *, as_json: bool) -> None:
    if as_json:
        typer.echo(text)
        return
    from unrolled.cli._tables import print_sweep

    print_sweep(rows, path)
