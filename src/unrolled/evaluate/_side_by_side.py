"""One task learned in several ways, side by side."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import BrokenExecutor, Future
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeAlias

from unrolled.arguments import require_whole
from unrolled.errors import InputError
from unrolled.evaluate._attempt import attempt, failure
from unrolled.evaluate._echo_state_way import EchoStateWay
from unrolled.evaluate._learned import Learned
from unrolled.evaluate._online_way import OnlineWay
from unrolled.evaluate._way import MOST_SEED, Limits, Way, require_request
from unrolled.evaluate._ways import way, ways
from unrolled.learn import identity_of, require_calls
from unrolled.storage import arrays_description, require_writable
from unrolled.tasks import Task

__all__ = ["Executor", "learn_side_by_side"]

Watch: TypeAlias = Callable[[Learned], None]


class Executor(Protocol):
    """Anything that takes work, as those of :mod:`concurrent.futures` do."""

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Any:
        """Begin a call elsewhere; what comes back has ``result()``."""
        ...


class _Run(NamedTuple):
    """A way, a seed, and the file where the run is kept, if it is."""

    way: Way
    seed: int
    keep: Path | None


def learn_side_by_side(
    task: Task,
    methods: Sequence[str | Way] = ways(),
    *,
    seeds: Sequence[int] = (0, 1, 2),
    limits: Limits = Limits(),  # noqa: B008 (frozen)
    watch: Watch | None = None,
    executor: Executor | None = None,
    keep: str | Path | None = None,
) -> list[Learned]:
    """Learn one task in several ways from several seeds.

    A seed decides weights, sequences and test, whatever else is learned beside: all ways see the same test. What a way
    refuses is found before the first of them runs. An error in a run is told in its row, and the others go on.

    Parameters
    ----------
    task
        What is to be learned.
    methods
        Names (see :func:`ways`), or ways with settings of your own.
    seeds
        Whole numbers, at least 0.
    limits
        When a run ends that has not solved the task.
    watch
        Called with what has been reached, while a run goes on and when it has ended; with an executor only then.
    executor
        Other processes or machines; results are the same, but seconds are those of runs that share a machine. Pools of
        the standard library give up when one of their processes is killed: all runs fail then that have not ended.
    keep
        A folder in which every run is kept, in a file of its own. The same call goes on where one was stopped, to the
        same numbers; another task, or ways with other settings, begin files of their own there.

    Returns
    -------
    list
        One entry a way and seed, in the order of the ways; ``failed`` and ``note`` say where an error ended one.

    Examples
    --------
    >>> from unrolled.evaluate import Limits, learn_side_by_side
    >>> from unrolled.tasks import task
    >>> rows = learn_side_by_side(task("echo", 3), ["lstm"], seeds=[0], limits=Limits(sequences=80))
    >>> [(row.method, row.sequences) for row in rows]
    [('lstm', 80)]

    Raises
    ------
    InputError
        No method, no seed, an unknown name, what one of the ways refuses, or a folder that cannot be written: all
        before the first run.
    """
    require_request(task, limits)
    require_calls(watch, keep)
    if executor is not None and not callable(getattr(executor, "submit", None)):
        raise InputError(f"executor must have a method submit, as those of concurrent.futures have; came {executor!r}.")
    chosen, numbers = _chosen(methods), _seeds(seeds)
    for one in chosen:
        one.check(task, limits)
    runs = [_Run(one, seed, None) for one in chosen for seed in numbers]
    if keep is not None:
        runs = _kept(runs, task, keep)
    rows = _here(task, runs, limits, watch) if executor is None else _elsewhere(task, runs, limits, executor)
    made = []
    with closing(rows):
        for row in rows:
            made.append(row)
            if watch is not None:
                watch(row)
    return made


def _here(task: Task, runs: Sequence[_Run], limits: Limits, watch: Watch | None) -> Generator[Learned]:
    for run in runs:
        yield attempt(run.way, task, seed=run.seed, limits=limits, watch=watch, keep=run.keep)


def _elsewhere(task: Task, runs: Sequence[_Run], limits: Limits, executor: Executor) -> Generator[Learned]:
    waiting = [_submitted(task, run, limits, executor) for run in runs]
    try:
        for run, future in zip(runs, waiting, strict=True):
            try:
                row = future.result()
            except Exception as error:
                row = failure(run.way, task, run.seed, _explained(error))
            yield row
    finally:
        # Nobody waits any longer for what has not begun.
        for future in waiting:
            getattr(future, "cancel", bool)()


def _submitted(task: Task, run: _Run, limits: Limits, executor: Executor) -> Any:
    try:
        return executor.submit(attempt, run.way, task, seed=run.seed, limits=limits, keep=run.keep)
    except BrokenExecutor as error:
        broken: Future[Any] = Future()
        broken.set_exception(error)
        return broken


def _explained(error: Exception) -> Exception:
    if not isinstance(error, BrokenExecutor):
        return error
    return InputError(
        "a process was ended from outside, as a rule because memory ran out; take fewer at once, fewer units, or a "
        "shorter task."
    )


def _chosen(methods: Any) -> list[Way]:
    """The ways, each once."""
    chosen = [way(one) if isinstance(one, str) else one for one in _listed("methods", methods, "['lstm']")]
    for one in chosen:
        if not isinstance(one, Way) or isinstance(one, type):
            raise InputError(f"a way must have name, resized, check and learn, as OnlineWay(...) has; came {one!r}.")
    if not chosen:
        raise InputError("name one method and one seed at least.")
    names = [one.name for one in chosen]
    if len(set(names)) < len(names):
        raise InputError(f"methods are taken once each; came {', '.join(names)}.")
    return chosen


def _seeds(seeds: Any) -> list[int]:
    """The seeds, each once."""
    chosen = [require_whole("seed", seed, 0, MOST_SEED) for seed in _listed("seeds", seeds, "[0, 1]")]
    if not chosen:
        raise InputError("name one method and one seed at least.")
    if len(set(chosen)) < len(chosen):
        raise InputError(f"seeds are taken once each; came {chosen}.")
    return chosen


def _listed(name: str, values: Any, example: str) -> list[Any]:
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise InputError(f"{name} must be a list, as {example}; came {values!r}.")
    return list(values)


def _kept(runs: Sequence[_Run], task: Task, folder: str | Path) -> list[_Run]:
    """The runs with their files: one of another way, or with other settings, has another name."""
    kept = []
    for run in runs:
        plain = re.sub(r"[^\w.-]", "_", f"{task.name}-{task.length}-{run.way.name}-{run.seed}")
        path = Path(folder) / f"{plain}-{identity_of(task, run.way)[:12]}.run"
        require_writable(path)
        if isinstance(run.way, OnlineWay | EchoStateWay):  # others have forms of their own
            _require_run(path)
        kept.append(run._replace(keep=path))
    return kept


def _require_run(path: Path) -> None:
    """Raise an :class:`InputError` where something else has the name of a run."""
    if not path.exists():
        return
    try:
        arrays_description(path)
    except InputError:
        raise InputError(f"{path} is no run that was kept; delete it, or keep the runs in another folder.") from None
