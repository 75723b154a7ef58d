"""How lines and tables are printed."""

from __future__ import annotations

from pathlib import Path

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

__all__ = ["add_numbers", "new_table", "print_table", "say", "say_where"]


def say(console: Console, text: str) -> None:
    """A line, as it is."""
    console.print(text, markup=False, emoji=False)


def say_where(console: Console, folder: Path) -> None:
    """Where the files are: in one piece, however long, so that it can be copied."""
    console.print(f"Files are in {folder}", markup=False, emoji=False, soft_wrap=True)


def print_table(console: Console, table: Table) -> None:
    """Print every number whole, even on a terminal that is too narrow: cut short, it would be another number."""
    table.width = Measurement.get(console, console.options.update(width=10_000), table).maximum
    console.print(table, crop=False, soft_wrap=True)


def new_table(title: str | None = None) -> Table:
    """An empty table."""
    return Table(title=title and Text(title), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)


def add_numbers(table: Table, heading: str) -> None:
    """A column that is no wider than its numbers make it."""
    table.add_column(Text(heading.replace(" ", "\n")), justify="right", vertical="bottom")
