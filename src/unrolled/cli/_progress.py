"""What a person sees while a network learns."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from unrolled.learn import History, Watch

__all__ = ["counting", "watching"]


@contextmanager
def watching(*, verbose: bool) -> Iterator[Watch | None]:
    """A callback for training: a line an epoch, a progress bar on a terminal, nothing in a pipe."""
    if verbose:
        yield _Lines()
    elif sys.stderr.isatty():
        with _bar() as watch:
            yield watch
    else:
        yield None


@contextmanager
def counting(fits: int, *, verbose: bool) -> Iterator[Callable[[str, int], None] | None]:
    """A callback for rolling origins: a line a fit, a progress bar on a terminal, nothing in a pipe."""
    if verbose:
        yield lambda name, origin: print(f"{name}: from {origin} points", file=sys.stderr)
    elif sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("looking back"), BarColumn(), TextColumn("{task.fields[now]}"), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("looking back", total=fits, completed=-1, now="")
            yield lambda name, origin: progress.update(task, advance=1, now=f"{name}, {origin} points")
    else:
        yield None


class _Lines:
    """Prints the epochs that are new since the last call."""

    def __init__(self) -> None:
        self._printed = 0

    def __call__(self, history: History, epochs: int) -> None:
        for epoch in range(self._printed, history.loss.shape[1]):
            text = f"epoch {epoch + 1}/{epochs}  loss {_across(history.loss[:, epoch])}"
            if history.validation_loss is not None:
                text += f"  validation {_across(history.validation_loss[:, epoch])}"
            print(text, file=sys.stderr)
        self._printed = history.loss.shape[1]


def _across(losses: np.ndarray) -> str:
    """The median over members that are still training, and their range."""
    alive = losses[np.isfinite(losses)]
    if not len(alive):
        return "not finite"
    if len(alive) == 1:
        return f"{alive[0]:.4e}"
    return f"{np.median(alive):.4e} ({alive.min():.1e} to {alive.max():.1e})"


@contextmanager
def _bar() -> Iterator[Watch]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("learning"), BarColumn(), TextColumn("{task.fields[loss]}"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("learning", total=None, loss="compiling")

        def watch(history: History, epochs: int) -> None:
            done = int(history.epochs.sum())
            text = f"loss {_across(history.loss[:, -1])}"
            progress.update(task, completed=done, total=epochs * len(history.epochs), loss=text)

        yield watch
