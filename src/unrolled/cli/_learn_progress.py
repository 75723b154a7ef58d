"""What a person sees while a task is learned: a table that follows, lines, or nothing in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table

    from unrolled.evaluate import Learned

__all__ = ["following"]


@contextmanager
def following(runs: Sequence[tuple[str, int]], *, verbose: bool) -> Iterator[Callable[[Learned], None] | None]:
    """A callback for runs: a line a test, a table on a terminal, nothing in a pipe."""
    if verbose:
        yield _Lines()
    elif sys.stderr.isatty():
        from rich.console import Console
        from rich.live import Live

        reached: dict[tuple[str, int], Learned] = {}
        with Live(console=Console(stderr=True), transient=True, refresh_per_second=4) as live:
            live.update(_table(runs, reached))

            def watch(row: Learned) -> None:
                reached[row.method, row.seed] = row
                live.update(_table(runs, reached))

            yield watch
    else:
        yield None


class _Lines:
    """Prints the tests that are new since the last call."""

    def __init__(self) -> None:
        self._printed: dict[tuple[str, int], tuple[int, float]] = {}

    def __call__(self, row: Learned) -> None:
        course, (done, loss) = row.course, self._printed.get((row.method, row.seed), (0, 0.0))
        if done and course.loss[done - 1] != loss:  # the last is taken again, by the whole test
            done -= 1
        for test in range(done, len(course.loss)):
            text = (
                f"{course.sequences[test]:.0f} sequences  loss {course.loss[test]:.4g}  error {course.error[test]:.4g}"
            )
            print(f"{row.method}, seed {row.seed}: {text}", file=sys.stderr)
        self._printed[row.method, row.seed] = len(course.loss), float(course.loss[-1]) if len(course.loss) else 0.0


def _table(runs: Sequence[tuple[str, int]], reached: dict[tuple[str, int], Learned]) -> Table:
    from unrolled.cli._printing import add_numbers, new_table

    table = new_table()
    table.add_column("method")
    for column in ("seed", "sequences", "seconds", "loss", "error"):
        add_numbers(table, column)
    table.add_column("")
    for method, seed in runs:
        row = reached.get((method, seed))
        if row is None:
            table.add_row(method, str(seed), *[""] * 5)
            continue
        numbers = (f"{row.sequences:,}", f"{row.seconds:.0f}", f"{row.loss:.3g}", f"{row.error:.3g}")
        table.add_row(method, str(seed), *numbers, "solved" if row.solved else "")
    return table
