"""The command and its verbs."""

from __future__ import annotations

from typing import Annotated

import typer

from unrolled._version import __version__
from unrolled.cli._compare import compare
from unrolled.cli._datasets import datasets
from unrolled.cli._extrapolate import extrapolate
from unrolled.cli._inspect import inspect
from unrolled.cli._learn import learn
from unrolled.cli._verbs import verb

__all__ = ["app"]

app = typer.Typer(
    help="Recurrent networks for physical series: continue a short, expensive sequence of numbers.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: half of the start-up time would go into the frames around it
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"unrolled {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and end.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    pass


verb(app, extrapolate)
verb(app, compare)
verb(app, learn)
verb(app, inspect)
verb(app, datasets)
