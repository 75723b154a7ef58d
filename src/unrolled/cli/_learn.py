"""``unrolled learn``: one task, learned in several ways, side by side."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from unrolled.cli._options import OutputOptions, figure_kinds
from unrolled.errors import InputError

if TYPE_CHECKING:
    from unrolled.evaluate import Learned, Limits, Way
    from unrolled.tasks import Task

__all__ = ["learn"]

_MOST_SEEDS = 1000
_MOST_SEQUENCES = 10**10
_MOST_JOBS = 256
_MOST_SEED = 2**31
# Longer numbers are none that a task takes; it will say so.
_WHOLE = re.compile(r"-?[0-9]{1,18}")


@dataclass(frozen=True)
class LearnOptions:
    """Which task, in which ways, how long."""

    task: Annotated[
        str | None,
        typer.Argument(help="What is to be learned; none lists the tasks.", metavar="TASK", show_default=False),
    ] = None
    method: Annotated[
        str | None,
        typer.Option(
            help="Ways to learn, with commas between: lstm, hessian-free, echo-state, momentum (all of them).",
            show_default=False,
        ),
    ] = None
    length: Annotated[
        int | None, typer.Option(help="Length or lag, in the terms of the task.", metavar="T", show_default=False)
    ] = None
    seeds: Annotated[int, typer.Option(help="Learn from so many seeds.", metavar="K")] = 1
    seed: Annotated[int, typer.Option(help="The first of them.")] = 0
    sequences: Annotated[
        int | None, typer.Option(help="End a run after so many sequences.", metavar="N", show_default=False)
    ] = None
    seconds: Annotated[float, typer.Option(help="End a run after about so many seconds.")] = 600.0
    units: Annotated[int | None, typer.Option(help="Hidden units, of every way.", show_default=False)] = None
    setting: Annotated[
        list[str] | None,
        typer.Option(help="A further setting of the task, NAME=VALUE, as in protocol=2011.", show_default=False),
    ] = None
    jobs: Annotated[int, typer.Option(help="So many runs at once, in processes of their own.", metavar="N")] = 1


def learn(chosen: LearnOptions, output: OutputOptions) -> None:
    """Learn one task in several ways, all judged by the same test.

    Tasks are the long-lag problems of the literature, with fresh sequences without end; a run ends where the criterion
    of the task's paper is met. 'unrolled learn' lists the tasks; 'unrolled learn adding --length 50 --seeds 3' learns
    one by long short-term memory, by Hessian-free optimization, as an echo state network and by momentum from a good
    initialization.
    """
    if chosen.task is None:
        if (chosen, output) != (LearnOptions(), OutputOptions()):
            raise InputError("name the task that is to be learned too; 'unrolled learn' alone lists the tasks.")
        _list_tasks()
        return
    began = perf_counter()
    from unrolled.compilation import use_compilation_cache
    from unrolled.report import result_folder

    use_compilation_cache()
    kinds = figure_kinds(output.figures)
    request = _requested(chosen)
    with result_folder(output.out, overwrite=output.overwrite) as folder:
        rows = _learned(request, output)
        with folder.writing() as making:
            text = _write(request, rows, making, kinds, began=began)
        path = folder.finish()
    if output.json:
        typer.echo(text)
    else:
        from unrolled.cli._learn_tables import print_learned

        print_learned(request.task, rows, path)


@dataclass(frozen=True)
class _Request:
    """What is to be learned and how, checked before anything is compiled."""

    task: Task
    ways: Sequence[Way]
    seeds: Sequence[int]
    limits: Limits
    jobs: int


def _list_tasks() -> None:
    from unrolled.cli._learn_tables import print_tasks

    print_tasks()


def _requested(chosen: LearnOptions) -> _Request:
    from unrolled.arguments import require_number, require_whole
    from unrolled.evaluate import Limits, way, ways
    from unrolled.tasks import task

    count = require_whole("seeds", chosen.seeds, 1, _MOST_SEEDS)
    first = require_whole("seed", chosen.seed, 0, _MOST_SEED)
    if chosen.sequences is not None:
        require_whole("sequences", chosen.sequences, 1, _MOST_SEQUENCES)
    require_number("seconds", chosen.seconds, above=0.0)
    require_whole("jobs", chosen.jobs, 1, _MOST_JOBS)
    named = [part.strip() for part in (chosen.method or ",".join(ways())).split(",") if part.strip()]
    changed = {} if chosen.units is None else {"units": chosen.units}
    made = [way(one, **changed) for one in dict.fromkeys(named)]
    if not made:
        raise InputError(f"--method names no way to learn; there are {', '.join(ways())}.")
    settings = dict(map(_parsed, chosen.setting or []))
    if "length" in settings:
        raise InputError("the length has an option of its own: write --length T in place of --setting length=T.")
    problem = task(str(chosen.task), chosen.length, **settings)
    limits = Limits(chosen.sequences, chosen.seconds)
    return _Request(problem, made, range(first, first + count), limits, chosen.jobs)


def _parsed(text: str) -> tuple[str, Any]:
    """A setting of a task: a whole number where it looks like one."""
    name, sign, value = text.partition("=")
    if not sign or not name.strip() or not value.strip():
        raise InputError(f"--setting is written NAME=VALUE, as in protocol=2011; came {text!r}.")
    name, value = name.strip(), value.strip()
    return name, int(value) if name != "protocol" and _WHOLE.fullmatch(value) else value


def _learned(request: _Request, output: OutputOptions) -> list[Learned]:
    from unrolled.cli._learn_progress import following
    from unrolled.evaluate import learn_side_by_side

    told: dict[str, Any] = {"seeds": list(request.seeds), "limits": request.limits}
    runs = [(one.name, seed) for one in request.ways for seed in request.seeds]
    with following(runs, verbose=output.verbose) as watch:
        if request.jobs == 1:
            return learn_side_by_side(request.task, request.ways, watch=watch, **told)
        from concurrent.futures import ProcessPoolExecutor
        from concurrent.futures.process import BrokenProcessPool
        from multiprocessing import get_context

        # A process that has loaded JAX must not be forked.
        context, jobs = get_context("spawn"), min(request.jobs, len(runs))
        try:
            with ProcessPoolExecutor(jobs, mp_context=context, initializer=_begin_worker) as pool:
                return learn_side_by_side(request.task, request.ways, watch=watch, executor=pool, **told)
        except BrokenProcessPool:
            raise InputError(
                "a run was ended from outside, as a rule because memory ran out; take fewer --jobs, fewer units, or a "
                "shorter task."
            ) from None


def _begin_worker() -> None:
    """Ctrl-C is the parent's, whose end is the worker's too; the cache of compiled programs is shared."""
    import signal
    from threading import Thread

    from unrolled.compilation import use_compilation_cache

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()
    use_compilation_cache()


def _end_with_parent() -> None:
    import os
    from multiprocessing import parent_process

    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _write(request: _Request, rows: list[Learned], folder: Path, kinds: tuple[str, ...], *, began: float) -> str:
    """All files; the report, which is one of them, as text."""
    from unrolled.report import courses_csv, learned_csv, learned_report, to_json

    (folder / "learned.csv").write_text(learned_csv(rows), encoding="utf-8")
    (folder / "courses.csv").write_text(courses_csv(rows), encoding="utf-8")
    if kinds and any(len(row.course.loss) for row in rows):
        from unrolled.show import draw_learning, save

        for against in ("sequences", "seconds"):
            drawn = draw_learning(rows, against=against, guess=request.task.guess)
            save(drawn, folder / f"learning-{against}", kinds)
    report = learned_report(request.task, rows, request.limits, total_seconds=perf_counter() - began)
    text = to_json(report)
    (folder / "report.json").write_text(text + "\n", encoding="utf-8")
    return text
