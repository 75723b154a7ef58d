"""What a person sees of a task that was learned in several ways."""

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
    from unrolled.evaluate import Learned
    from unrolled.tasks import Task

__all__ = ["print_learned", "print_tasks"]


def print_tasks() -> None:
    """The tasks, each with its default length and one line about it."""
    from unrolled.tasks import task, task_names

    for name in task_names():
        one = task(name)
        summary = (type(one).__doc__ or "").strip().splitlines()[0]
        print(f"{name:20} {one.length:5}  {summary}")


def print_learned(task: Task, rows: Sequence[Learned], folder: Path) -> None:
    """Print how every way did: successes, sequences and seconds to the criterion, the error in the end."""
    console = Console(highlight=False)
    say(console, f"{task.name}, length {task.length}. A guess has a {task.loss} loss of {task.guess:.3g}.")
    say(console, f"Published: {task.published}.")
    print_table(console, _table(rows))
    for note in dict.fromkeys(f"{row.method}: {row.knew}." for row in rows if row.knew):
        say(console, note)
    for row in rows:
        if row.note:
            say(console, f"{row.method}, seed {row.seed}: not solved, {row.note}.")
    say_where(console, folder)


def _table(rows: Sequence[Learned]) -> Table:
    table = new_table()
    table.add_column(Text("method"), vertical="bottom")
    for column in ("solved", "sequences", "seconds", "error", "loss", "parameters"):
        add_numbers(table, column)
    for method in dict.fromkeys(row.method for row in rows):
        own = [row for row in rows if row.method == method]
        solved = [row for row in own if row.solved]
        counted = solved or [row for row in own if not row.failed]
        if not counted:
            table.add_row(method, f"0 of {len(own)}", *["failed"] * 5)
            continue
        cells = [
            f"{len(solved)} of {len(own)}",
            f"{'' if solved else '> '}{np.median([row.sequences for row in counted]):,.0f}",
            f"{np.median([row.seconds for row in counted]):.1f}",
            _number([row.error for row in own if not row.failed]),
            _number([row.loss for row in own if not row.failed]),
            f"{counted[0].parameters:,}",
        ]
        table.add_row(method, *cells)
    return table


def _number(values: Sequence[float]) -> str:
    """The median, what is not finite counted as the largest."""
    middle = np.median([value if np.isfinite(value) else np.inf for value in values])
    return f"{middle:.2g}" if np.isfinite(middle) else "not finite"
