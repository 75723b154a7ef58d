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
    """Put many models side by side.

    All are trained on one series, and their errors make one table and one figure: 'unrolled compare --sweep
    units=50,200,500 --sweep layers=1,2', or 'unrolled compare --model rnn,lstm-2layer,autoregression'. The window way
    beside learning y from x: '--sweep target=window,x-to-y'. Networks, which have commas, are parted by semicolons:
    --sweep 'network=elman:50;dense:8:relu, gru:50'. Of a FILE the last quarter is kept back to be predicted, unless
    --train says otherwise.
    """
    began = perf_counter()
    from unrolled.compilation import use_compilation_cache
    from unrolled.evaluate import combinations, parse_sweep
    from unrolled.evaluate import sweep as run_sweep
    from unrolled.report import result_folder, sweep_report, to_json

    use_compilation_cache()
    kinds = figure_kinds(output.figures)
    series, train, horizon = _extent(data)
    grid = _grid([parse_sweep(text) for text in sweep or []], model.settings())
    chosen = combinations(_models(model), grid)
    with result_folder(output.out, overwrite=output.overwrite) as folder:
        watch = _announce if output.verbose or sys.stderr.isatty() else None
        rows = run_sweep(series, chosen, train=train, horizon=horizon, common=model.settings(), watch=watch)
        with folder.writing() as making:
            _write(series, rows, making, kinds)
            total = perf_counter() - began
            text = to_json(sweep_report(series, rows, train=train, horizon=horizon, total_seconds=total))
            (making / "report.json").write_text(text + "\n", encoding="utf-8")
        path = folder.finish()
    if output.json:
        typer.echo(text)
    else:
        from unrolled.cli._tables import print_sweep

        print_sweep(series, rows, path, train=train, horizon=horizon)


def _write(series: Series, rows: list[SweepRow], folder: Path, kinds: tuple[str, ...]) -> None:
    from unrolled.report import sweep_csv

    (folder / "compare.csv").write_text(sweep_csv(rows), encoding="utf-8")
    if kinds:
        from unrolled.cli._figures import save_sweep_figures

        save_sweep_figures(series, rows, folder, kinds)


def _extent(data: DataOptions) -> tuple[Series, int, int]:
    from unrolled.cli._data import load_series
    from unrolled.evaluate import default_extent

    series = load_series(data)
    assert series is not None
    usual = series.known or max(1, len(series) - max(1, len(series) // 4))
    train, horizon = default_extent(series, usual if data.train is None else data.train, data.horizon)
    if train >= len(series):
        raise InputError(f"all {train} points are learned, so there is no error to compare; lower --train.")
    return series, train, horizon


def _models(options: ModelOptions) -> list[str]:
    names = [name.strip() for name in ("rnn" if options.model is None else options.model).split(",")]
    if not all(names):
        raise InputError(f"--model takes names with commas between, as in rnn,lstm-2layer; came {options.model!r}.")
    return list(dict.fromkeys(names))


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
