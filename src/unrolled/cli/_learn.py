"""``unrolled learn``: one task, learned in several ways, side by side."""

from __future__ import annotations

import os
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
_MOST_JOBS = 256
_MOST_SEED = 2**31


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
    keep: Annotated[
        str | None,
        typer.Option(
            help="Keep every run in this folder; the same command goes on where one was stopped.",
            metavar="FOLDER",
            show_default=False,
        ),
    ] = None


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
    _require_apart(chosen.keep, output.out)
    with result_folder(output.out, overwrite=output.overwrite) as folder:
        rows = _learned(request, output)
        if all(row.failed for row in rows):
            raise InputError(f"no run came to an end; of {rows[0].method}, {rows[0].note}.")
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
    keep: str | None


def _list_tasks() -> None:
    from unrolled.cli._learn_tables import print_tasks

    print_tasks()


def _requested(chosen: LearnOptions) -> _Request:
    from unrolled.arguments import require_whole
    from unrolled.evaluate import Limits, way
    from unrolled.tasks import task

    count = require_whole("seeds", chosen.seeds, 1, _MOST_SEEDS)
    first = require_whole("seed", chosen.seed, 0, _MOST_SEED)
    limits = Limits(chosen.sequences, chosen.seconds)
    require_whole("jobs", chosen.jobs, 1, _MOST_JOBS)
    changed = {} if chosen.units is None else {"units": chosen.units}
    made = [way(one, **changed) for one in _methods(chosen.method)]
    problem = task(str(chosen.task), chosen.length, **_settings(str(chosen.task), chosen.setting or []))
    return _Request(problem, made, range(first, first + count), limits, chosen.jobs, chosen.keep)


def _require_apart(keep: str | None, out: Path | None) -> None:
    # Whatever leads there: the results would be put elsewhere than asked for.
    if keep is not None and out is not None and Path(os.path.realpath(keep)).is_relative_to(os.path.realpath(out)):
        raise InputError(f"--keep {keep} lies in --out {out}, which is for the results; name a folder elsewhere.")


def _methods(text: str | None) -> list[str]:
    """The ways that were named, each once; all where none was."""
    from unrolled.evaluate import ways

    if text is None:
        return list(ways())
    named = [part.strip() for part in text.split(",")]
    if not all(named):
        raise InputError(f"--method names no way to learn; there are {', '.join(ways())}. Came {text!r}.")
    for name in sorted({name for name in named if named.count(name) > 1}):
        typer.echo(f"unrolled: {name} is named {named.count(name)} times in --method; it learns once.", err=True)
    return list(dict.fromkeys(named))


def _settings(task: str, texts: Sequence[str]) -> dict[str, Any]:
    """The settings of the task, as its fields take them."""
    from unrolled.tasks import read_setting

    found: dict[str, Any] = {}
    for text in texts:
        name, sign, value = (part.strip() for part in text.partition("="))
        if not sign or not name or not value:
            raise InputError(f"--setting is written NAME=VALUE, as in protocol=2011; came {text!r}.")
        if name == "length":
            raise InputError("the length has an option of its own: write --length T in place of --setting length=T.")
        if name in found:
            raise InputError(f"the setting {name} is given twice; give it once.")
        found[name] = read_setting(task, name, value)
    return found


def _learned(request: _Request, output: OutputOptions) -> list[Learned]:
    from unrolled.cli._learn_progress import following
    from unrolled.evaluate import learn_side_by_side

    told: dict[str, Any] = {"seeds": list(request.seeds), "limits": request.limits, "keep": request.keep}
    runs = [(one.name, seed) for one in request.ways for seed in request.seeds]
    with following(runs, verbose=output.verbose) as watch:
        if request.jobs == 1:
            return learn_side_by_side(request.task, request.ways, watch=watch, **told)
        from unrolled.cli._processes import Processes

        with Processes(min(request.jobs, len(runs)), _begin_worker) as pool:
            return learn_side_by_side(request.task, request.ways, watch=watch, executor=pool, **told)


def _begin_worker() -> None:
    """Ctrl-C is the parent's, whose end is the worker's too; the cache of compiled programs is shared."""
    import signal
    from threading import Thread

    from unrolled.compilation import use_compilation_cache

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()
    use_compilation_cache()


def _end_with_parent() -> None:
    from multiprocessing import parent_process

    from unrolled.storage import discard_unfinished

    parent = parent_process()
    if parent is not None:
        parent.join()
        discard_unfinished()
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
