"""A task learned step by step from fresh sequences."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from pathlib import Path

import jax
import numpy as np

from unrolled.arguments import require_flag, require_kind, require_whole
from unrolled.errors import InputError
from unrolled.evaluate._centred import Centred
from unrolled.evaluate._learned import Course, Learned
from unrolled.evaluate._memory import in_words, most_bytes
from unrolled.evaluate._way import Keys, Limits, WayWatch, keys_of, require_request, sequence_shapes
from unrolled.learn import (
    MOST_STEPS,
    Algorithm,
    NetworkObjective,
    Online,
    Problem,
    learn_online,
    require_algorithm,
    require_calls,
)
from unrolled.networks import Initialization, Network, NetworkDesign, chrono
from unrolled.tasks import Task
from unrolled.types import precision, require_precision

__all__ = ["OnlineWay"]

# The shortest lag that gates can be prepared for.
_LEAST_LAG = 2
# So many sequences say where inputs and targets lie.
_FOR_MEANS = 1000
# Of inputs that are longer only as many are taken as have so many numbers.
_MOST_NUMBERS = 1 << 26
# Weights, their gradients, moments and copies, in bytes for every one of them.
_BYTES_A_PARAMETER = 64
# Activities of a step, their derivatives and what they are multiplied with: as much is kept of every layer at least.
_KEPT = 3


@dataclass(frozen=True)
class OnlineWay:
    """A network, where it begins, and an algorithm that goes step by step over fresh sequences.

    Attributes
    ----------
    name
        By which it is asked for.
    network
        Its layers, as :meth:`NetworkDesign.parse` reads them.
    algorithm
        How it learns.
    initialization
        Where it begins; ``None``: the layers' own random weights.
    centred
        Whether the mean of the inputs over a sample of sequences is taken away from all of them.
    prepared
        Whether the gates begin with memories as long as the task's lag, see :func:`unrolled.networks.chrono`.
    every
        A test after so many steps each.
    steps
        How many at most.
    precision
        ``"float32"`` or ``"float64"``.
    """

    name: str
    network: str
    algorithm: Algorithm
    initialization: Initialization | None = None
    prepared: bool = False
    centred: bool = False
    every: int = 50
    steps: int = 100_000
    precision: str = "float32"

    def __post_init__(self) -> None:
        require_kind("name", self.name, str)
        require_kind("network", self.network, str)
        NetworkDesign.parse(self.network)
        require_algorithm(self.algorithm)
        if self.initialization is not None and not callable(self.initialization):
            raise InputError(
                "initialization must be one of unrolled.networks, as EchoStateInitialization(), or None; came "
                f"{self.initialization!r}."
            )
        require_flag("prepared", self.prepared)
        require_flag("centred", self.centred)
        require_whole("every", self.every, 1, MOST_STEPS)
        require_whole("steps", self.steps, 1, MOST_STEPS)
        require_precision(self.precision)

    def check(self, task: Task, limits: Limits) -> None:
        """Raise an :class:`InputError` unless network, algorithm, task and limits go together."""
        require_request(task, limits)
        limits.check(self.name, self.algorithm.sequences, MOST_STEPS * self.algorithm.sequences)
        design = NetworkDesign.parse(self.network, task.output)
        self.algorithm.check(NetworkObjective(task.loss, task.output))
        self._require_memory(task, design)
        if self.initialization is None and not self._prepares(task):
            return
        weights, initialization, *_ = keys_of(0)
        network = design.initialize(task.features, task.outputs, key=weights)
        if self.initialization is not None:
            network = self.initialization(network, key=initialization)
        if self._prepares(task):
            chrono(network, int(task.lag or 0), key=initialization)

    def learn(
        self, task: Task, *, seed: int, limits: Limits, watch: WayWatch | None = None, keep: Path | None = None
    ) -> Learned:
        """Learn the task from one seed: it decides the weights, the sequences and the test.

        Parameters
        ----------
        task
            What is to be learned.
        seed
            A whole number, at least 0.
        limits
            When to end unsolved.
        watch
            Called now and then with what has been reached.
        keep
            A file in which the run is kept; one that is there is continued.

        Raises
        ------
        InputError
            What :meth:`check` refuses, or a file of another run.
        """
        self.check(task, limits)
        require_calls(watch, keep)
        keys = keys_of(seed)
        # Scalars of conjugate gradients are float64; the network decides the precision of everything else.
        with precision("float64"):
            problem, network = self.problem(task, keys), self.begin(task, keys)
            told = {"steps": self._steps(limits), "every": self.every, "seconds": limits.seconds, "keep": keep}
            tell = None if watch is None else lambda online: watch(self._learned(task, seed, online, limits))
            online = learn_online(problem, network, self.algorithm, loss=task.loss, key=keys.run, watch=tell, **told)
            return self._learned(task, seed, online, limits)

    def resized(self, units: int) -> OnlineWay:
        """The same way with other numbers of hidden units."""
        design = NetworkDesign.parse(self.network).with_hidden(units=units)
        return replace(self, network=str(design))

    def problem(self, task: Task, keys: Keys) -> Problem:
        """What is learned: the task, or the same with centred inputs."""
        if not self.centred:
            return task
        mean = task.draw(self._sample(task), key=keys.sample).mean_input()
        return Centred(task, tuple(mean.tolist()))

    def begin(self, task: Task, keys: Keys) -> Network:
        """The network before anything was learned."""
        design = NetworkDesign.parse(self.network, task.output)
        network = design.initialize(task.features, task.outputs, key=keys.weights)
        if self.initialization is not None:
            sample = self.problem(task, keys).draw(self._sample(task), key=keys.sample)
            network = self.initialization(network, key=keys.initialization, batch=sample)
        if self._prepares(task):
            network = chrono(network, int(task.lag or 0), key=keys.initialization)
        return jax.tree.map(lambda leaf: leaf.astype(self.precision), network)

    def _require_memory(self, task: Task, design: NetworkDesign) -> None:
        """Raise an :class:`InputError` where weights or activities cannot be held; what is near it is let through."""
        (_, time, features), _ = sequence_shapes(task)
        held, most = design.parameter_count(task.features, task.outputs) * _BYTES_A_PARAMETER, most_bytes()
        can = f"and {in_words(most)} can be had here; take fewer units"
        if held > most:
            raise InputError(
                f"{self.name} with the network {self.network} would take {in_words(held)} for its weights alone, {can}."
            )
        numbers = features + _KEPT * sum(layer.units for layer in design.layers)
        held = self.algorithm.sequences * time * numbers * np.dtype(self.precision).itemsize
        if held > most:
            raise InputError(
                f"{self.name} with the network {self.network} would take {in_words(held)} for a step on "
                f"{self.algorithm.sequences} sequences of {time} steps, {can}, or a shorter task."
            )

    def _sample(self, task: Task) -> int:
        """How many sequences say where inputs lie."""
        inputs, _ = sequence_shapes(task)
        return max(1, min(_FOR_MEANS, _MOST_NUMBERS // prod(inputs)))

    def _prepares(self, task: Task) -> bool:
        return self.prepared and task.lag is not None and task.lag >= _LEAST_LAG

    def _steps(self, limits: Limits) -> int:
        return self.steps if limits.sequences is None else limits.sequences // self.algorithm.sequences

    def _learned(self, task: Task, seed: int, online: Online, limits: Limits) -> Learned:
        judged, per_step = online.judged, self.algorithm.sequences
        seconds = np.interp(judged.step, *online.clock) if len(judged.step) else np.zeros(0)
        numbers = (judged.step * per_step, seconds, judged.loss, judged.error)
        course = Course(*(np.asarray(column, np.float64) for column in numbers))
        last = [column[-1] if len(column) else np.nan for column in (course.loss, course.error)]
        return Learned(
            task.name,
            task.length,
            self.name,
            seed,
            online.solved,
            online.sequences,
            online.seconds,
            float(last[0]),
            float(last[1]),
            sum(leaf.size for leaf in jax.tree.leaves(online.parameters)),
            "keep and write gates prepared for the lag" if self._prepares(task) else "",
            "" if online.solved else _why(online, self._steps(limits)),
            course,
        )


def _why(online: Online, steps: int) -> str:
    if online.failed:
        return "step after step was not finite"
    return "all sequences seen" if online.steps >= steps else "out of time"
