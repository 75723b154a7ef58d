"""``unrolled datasets``: list, describe, export."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from unrolled.errors import InputError

__all__ = ["datasets"]


def datasets(
    name: Annotated[str | None, typer.Argument(help="Describe this one.", metavar="NAME", show_default=False)] = None,
    export: Annotated[
        Path | None, typer.Option(help="Write it as CSV to this file; - prints it.", show_default=False)
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file if it exists.")] = False,
) -> None:
    """List the series in the package.

    With a NAME, describe that one, or write it to a file.
    """
    from unrolled.series import dataset, datasets, describe

    if name is None:
        if export is not None or overwrite:
            raise InputError("name the dataset to export.")
        for known in datasets():
            typer.echo(f"{known:20} {describe(known).summary}")
        return
    if export is None:
        entry, series = describe(name), dataset(name)
        typer.echo(f"{entry.summary}\n{entry.provenance}")
        typer.echo(f"{len(series)} points, {series.known or len(series)} of them known by default.")
        return
    _export(name, export, overwrite)


def _export(name: str, path: Path, overwrite: bool) -> None:
    from unrolled.series import dataset, series_csv
    from unrolled.storage import explained, write_text

    text = series_csv(dataset(name))
    if str(path) == "-":
        typer.echo(text, nl=False)
        return
    if path.exists() and not overwrite:
        raise InputError(f"{path} exists; name another file, or add --overwrite.")
    with explained(path):
        write_text(path, text)
    typer.echo(f"{path} written.")
