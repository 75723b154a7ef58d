"""One task learned in several ways, side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, TypeAlias

from unrolled.arguments import require_whole
from unrolled.errors import InputError
from unrolled.evaluate._learned import Learned
from unrolled.evaluate._way import Limits, Way
from unrolled.evaluate._ways import way, ways
from unrolled.tasks import Task

__all__ = ["Executor", "learn_side_by_side"]

_MOST_SEED = 2**32 - 1
Watch: TypeAlias = Callable[[Learned], None]


class Executor(Protocol):
    """Anything that takes work, as those of :mod:`concurrent.futures` do."""

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Any:
        """Begin a call elsewhere; what comes back has ``result()``."""
        ...


def learn_side_by_side(
    task: Task,
    methods: Sequence[str | Way] = ways(),
    *,
    seeds: Sequence[int] = (0, 1, 2),
    limits: Limits = Limits(),  # noqa: B008 (frozen)
    watch: Watch | None = None,
    executor: Executor | None = None,
) -> list[Learned]:
    """Learn one task in several ways from several seeds.

    A seed decides weights, sequences and test, whatever else is learned beside: all ways see the same test.

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
        Other processes or machines; results are the same, but seconds are those of runs that share a machine.

    Returns
    -------
    list
        One entry a way and seed, in the order of the ways.

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
        No method, no seed, or an unknown name.
    """
    chosen = [way(one) if isinstance(one, str) else one for one in methods]
    names = [one.name for one in chosen]
    if not chosen or not len(seeds):
        raise InputError("name one method and one seed at least.")
    if len(set(names)) < len(names) or len(set(seeds)) < len(seeds):
        raise InputError(f"methods and seeds are taken once each; came {', '.join(names)} with seeds {list(seeds)}.")
    for seed in seeds:
        require_whole("seed", seed, 0, _MOST_SEED)
    runs = [(one, seed) for one in chosen for seed in seeds]
    rows = _here(task, runs, limits, watch) if executor is None else _elsewhere(task, runs, limits, executor)
    made = []
    for row in rows:
        made.append(row)
        if watch is not None:
            watch(row)
    return made


def _here(task: Task, runs: Sequence[tuple[Way, int]], limits: Limits, watch: Watch | None) -> Iterator[Learned]:
    for one, seed in runs:
        yield one.learn(task, seed=seed, limits=limits, watch=watch)


def _elsewhere(task: Task, runs: Sequence[tuple[Way, int]], limits: Limits, executor: Executor) -> Iterator[Learned]:
    waiting = [executor.submit(one.learn, task, seed=seed, limits=limits) for one, seed in runs]
    for future in waiting:
        yield future.result()
