"""Learning from endless fresh batches, with any algorithm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from unrolled.arguments import require_whole
from unrolled.errors import InputError
from unrolled.learn._curvature import AnyObjective
from unrolled.learn._identity import identity_of
from unrolled.learn._kept import Keeper
from unrolled.learn._losses import loss as chosen_loss
from unrolled.learn._objective import NetworkObjective
from unrolled.learn._online_checks import (
    MOST_STEPS,
    require_algorithm,
    require_calls,
    require_fitting,
    require_key,
    require_objective,
    require_source,
    require_steps,
)
from unrolled.learn._online_loop import (
    MOST_NOT_FINITE,
    Judged,
    Progress,
    Run,
    advance,
    begin,
    capacity_for,
    judge_whole,
    typed,
)
from unrolled.learn._problem import Algorithm, Problem, Source
from unrolled.networks import Network
from unrolled.types import Batch

__all__ = ["Online", "OnlineWatch", "learn_online", "minimize"]

# Steps run in stretches of about this long, so that a progress bar moves and Ctrl-C is heard.
_STRETCH_SECONDS = 0.25


@dataclass(frozen=True, eq=False)
class Online:
    """What a run over fresh batches leaves behind.

    Attributes
    ----------
    parameters
        As they were after the last step, numpy arrays.
    infos
        What the algorithm said of every step, arrays with a leading axis of steps.
    judged
        The tests on the way, arrays with a leading axis of tests.
    solved
        Whether a test was passed.
    steps, sequences
        How many there were until then, or until the end.
    seconds
        They took, tests included and compilation not.
    clock
        Steps done, and the seconds that they had taken, now and then on the way: shape ``(2, mark)``.
    progress
        All that the next step would need, and the last test.
    """

    parameters: Any
    infos: Any
    judged: Judged
    solved: bool
    steps: int
    sequences: int
    seconds: float
    clock: Float[np.ndarray, "2 mark"]
    progress: Progress

    @property
    def failed(self) -> bool:
        """Whether the run ended because step after step was not finite."""
        return int(self.progress.not_finite) >= MOST_NOT_FINITE


#: Called now and then with what has been reached.
OnlineWatch = Callable[[Online], None]


def learn_online(
    problem: Problem,
    network: Network,
    algorithm: Algorithm,
    *,
    loss: str,
    key: Array,
    steps: int,
    every: int = 50,
    seconds: float | None = None,
    watch: OnlineWatch | None = None,
    keep: str | Path | None = None,
) -> Online:
    """Learn a problem from endless fresh sequences, until its test is passed.

    Parameters
    ----------
    problem
        Draws batches and judges outputs, as the tasks of :mod:`unrolled.tasks` do.
    network
        Initial weights of one network; their type is the precision of the run.
    algorithm
        How to learn: :class:`FirstOrder`, :class:`HessianFree`, or one of your own.
    loss
        The name of the loss.
    key
        Decides the batches; the test has a key of its own.
    steps
        How many steps at most.
    every
        The test is taken after so many steps each.
    seconds
        End after about so many, whatever has been reached; ``None``: no limit.
    watch
        Called now and then with what has been reached.
    keep
        A file in which the run is kept, every minute and at the end. A file that is there is continued, to the same
        numbers as without a break; it must be of a run with the same arguments, but for ``steps`` and ``seconds``.
        Arguments are compared by value, and functions among them by module, name and what they hold: one whose text
        has changed is not noticed.

    Returns
    -------
    Online
        Parameters, history, and how many sequences and seconds it took.

    Raises
    ------
    InputError
        Arguments of a wrong kind or that do not go together, a file of another run, or one that cannot be written:
        all before the first step.
    """
    require_key(key)
    require_fitting(problem, network, chosen_loss(loss).per_unit, key)
    require_algorithm(algorithm)
    require_steps(steps, every, seconds)
    require_calls(watch, keep)
    objective = NetworkObjective(loss, network.readout.activation)
    algorithm.check(objective)
    network = _of_one_type(network)
    test_key, run_key = jax.random.split(key)
    run = Run(objective, algorithm, problem, every, capacity_for(steps))
    keeper = _keeper(keep, run, run_key, network)
    test = typed(problem.test(key=test_key), network)
    return _drive(network, _Drive(run, test, run_key, steps, watch, seconds), keeper)


def minimize(
    objective: AnyObjective,
    parameters: Any,
    algorithm: Algorithm,
    source: Source,
    *,
    key: Array,
    steps: int,
    watch: OnlineWatch | None = None,
    keep: str | Path | None = None,
) -> Online:
    """Minimize any function of parameters and batches, with a fresh batch at every step.

    Parameters
    ----------
    objective
        The function; :class:`Objective` says how a function of your own is given.
    parameters
        Where to begin: any pytree of arrays of one floating-point type.
    algorithm, source, key, steps, watch, keep
        As of :func:`learn_online`; a source need not judge. Of a run that is kept, the functions of the objective are
        compared by module and qualified name (``fit.misfit``, ``fit.main.<locals>.<lambda>``) and by what they hold of
        their surroundings, not by their text. Two functions without a name that hold the same in the same place count
        as the same one.

    Returns
    -------
    Online
        Parameters and history; nothing is judged.

    Raises
    ------
    InputError
        As of :func:`learn_online`.

    Examples
    --------
    A line through points without noise, by one step of Gauss and Newton:

    >>> from dataclasses import dataclass
    >>> import jax, jax.numpy as jnp
    >>> from unrolled.learn import HessianFree, LevenbergMarquardt, Objective, minimize
    >>> from unrolled.types import precision
    >>> @dataclass(frozen=True)
    ... class Points:
    ...     def draw(self, count, *, key):
    ...         return jax.random.normal(key, (count,))
    >>> def misfit(y, x):
    ...     return jnp.mean((y - 3 * x) ** 2)
    >>> with precision("float64"):
    ...     found = minimize(
    ...         Objective(misfit, lambda theta, x: theta * x), jnp.array(0.0), HessianFree(), Points(),
    ...         key=jax.random.key(0), steps=30,
    ...     )
    >>> round(float(found.parameters), 6)
    3.0
    """
    require_objective(objective)
    require_algorithm(algorithm)
    require_source("source", source)
    require_key(key)
    require_whole("steps", steps, 1, MOST_STEPS)
    require_calls(watch, keep)
    algorithm.check(objective)
    parameters = _of_one_type(parameters)
    run = Run(objective, algorithm, source, 0, capacity_for(steps))
    return _drive(parameters, _Drive(run, None, key, steps, watch), _keeper(keep, run, key, parameters))


class _Drive(NamedTuple):
    """What one run is given: its program, its test, its random numbers, its end, who watches, and for how long."""

    run: Run
    test: Batch | None
    key: Array
    steps: int
    watch: OnlineWatch | None
    most_seconds: float | None = None


def _keeper(keep: str | Path | None, run: Run, key: Array, parameters: Any) -> Keeper | None:
    """Who keeps a run: all that decides its numbers tells it from others, but for how long it goes on."""
    if keep is None:
        return None
    words = np.asarray(jax.random.key_data(key))
    return Keeper(Path(keep), identity_of(run.objective, run.algorithm, run.source, run.every, words, parameters))


def _drive(parameters: Any, drive: _Drive, keeper: Keeper | None) -> Online:
    run, steps = drive.run, drive.steps
    words = np.asarray(jax.random.key_data(drive.key))
    begun = begin(parameters, run)
    progress, clock = (begun, [(0, 0.0)]) if keeper is None else keeper.load(begun, run)
    progress = jax.block_until_ready(advance(progress, np.int32(0), words, drive.test, run))  # compiles; learns nothing
    stretch = 1
    while int(progress.step) < steps and not _ended(progress, clock[-1][1], drive.most_seconds):
        began, done = perf_counter(), int(progress.step)
        until = min(done + stretch, steps)
        progress = jax.block_until_ready(advance(progress, np.int32(until), words, drive.test, run))
        took = max(perf_counter() - began, 1e-4)
        clock.append((int(progress.step), clock[-1][1] + took))
        stretch = max(1, min(8 * stretch, int((until - done) * _STRETCH_SECONDS / took)))
        if keeper is not None:
            keeper.save_sometimes(progress, clock)
        if drive.watch is not None:
            drive.watch(_summary(progress, run, clock))
    if keeper is not None:
        keeper.save(progress, clock)
    # What has been reached is judged by the whole test in the end, also between two tests.
    unjudged = drive.test is not None and int(progress.step) > 0 and not bool(progress.solved)
    reached = _summary(judge_whole(progress, drive.test, run) if unjudged else progress, run, clock)
    if drive.watch is not None and unjudged:
        drive.watch(reached)
    return reached


def _of_one_type(parameters: Any) -> Any:
    """The parameters as arrays, all of one floating-point type, which decides the precision of the run."""
    try:
        leaves = [jnp.asarray(leaf) for leaf in jax.tree.leaves(parameters)]
    except (TypeError, ValueError):
        raise InputError(f"parameters must be arrays of numbers; came {parameters!r}.") from None
    kinds = sorted({leaf.dtype.name for leaf in leaves})
    if len(kinds) != 1 or not jnp.issubdtype(kinds[0], jnp.floating):
        raise InputError(f"parameters must be arrays of one floating-point type; came {', '.join(kinds) or 'none'}.")
    return jax.tree.map(lambda leaf: jnp.array(leaf, kinds[0]), parameters)


def _ended(progress: Progress, seconds: float, most: float | None) -> bool:
    late = most is not None and seconds >= most
    return late or bool(progress.solved) or int(progress.not_finite) >= MOST_NOT_FINITE


def _summary(progress: Progress, run: Run, clock: list[tuple[int, float]]) -> Online:
    host = jax.tree.map(np.array, progress)
    step, tests = int(host.step), int(host.judgements)
    infos = jax.tree.map(lambda leaf: leaf[:step], host.infos)
    judged = jax.tree.map(lambda leaf: leaf[:tests], host.judged)
    sequences = step * run.algorithm.sequences
    marks = np.array(clock, np.float64).T
    return Online(host.parameters, infos, judged, bool(host.solved), step, sequences, clock[-1][1], marks, host)
