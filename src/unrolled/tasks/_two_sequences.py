"""Two classes of noise: only the first few numbers tell them apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import log, sqrt
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import Array

from unrolled.arguments import require_whole
from unrolled.errors import nearest_name
from unrolled.tasks._judge import Judge, within
from unrolled.tasks._symbols import apart, as_bits
from unrolled.tasks._task import MOST_STEPS, Task, Terms, count_of_test, require_length, require_numbers
from unrolled.types import Batch

__all__ = ["TwoSequences"]

_EXPERIMENTS = ("3a", "3b", "3c")
_TEST = 256
_DEVIATION = sqrt(0.2)
_DEVIATION_OF_TARGETS = sqrt(0.1)
_LEVELS = (0.2, 0.8)
_PUBLISHED = {
    "3a": "LSTM: 27,380 (N = 3) and 58,370 (N = 1) sequences at T = 100, 446,850 at T = 1000 (N = 3)",
    "3b": "LSTM: 41,740 (N = 3) and 74,950 (N = 1) sequences at T = 100, 481,060 at T = 1000 (N = 1)",
    "3c": "LSTM: 269,650 sequences at T = 100 (N = 3)",
}


@dataclass(frozen=True)
class TwoSequences(Task):
    r"""Say which of two classes a sequence belongs to: its first N numbers are 1 or -1, the others are noise.

    The numbers after the first :math:`N` are normal with mean 0 and variance 0.2; the target comes after the last step.

    *3a*: target 1 or 0. *3b*: the first :math:`N` numbers have noise of that kind as well. *3c*: as 3a, but the targets
    are 0.8 or 0.2 with normal noise of variance 0.1, so that a network has to learn their mean.

    A sequence is right within 0.2 of its target (3a, 3b), or within 0.1 of the target without noise (3c). ``error`` is
    the share of wrong sequences, and in 3c the mean distance from the target without noise. Solved, by the first of the
    paper's criteria: none (3a) or at most 5 (3b) of 256 wrong; a distance below 0.015 (3c). The guess is
    :math:`\ln 2`, in 3c :math:`0.3^2 + 0.1`.

    Attributes
    ----------
    length
        :math:`T`; lengths are drawn evenly from :math:`T` to :math:`1.1\, T`.
    informative
        :math:`N`, from 1, less than :math:`T`; 1 or 3 in the paper.
    experiment
        ``"3a"``, ``"3b"`` or ``"3c"``.

    Examples
    --------
    >>> import jax
    >>> from unrolled.tasks import TwoSequences
    >>> batch = TwoSequences(100).draw(1, key=jax.random.key(0))
    >>> batch.inputs.shape, batch.inputs[0, :3, 0].tolist(), batch.targets[0, 0, 0].item()
    ((1, 110, 1), [-1.0, -1.0, -1.0], 0.0)

    References
    ----------
    Hochreiter & Schmidhuber, "Long short-term memory", 1997, experiment 3; Bengio et al., "Learning long-term
    dependencies with gradient descent is difficult", 1994.
    """

    name: ClassVar[str] = "two-sequences"
    length: int = 100
    informative: int = 3
    experiment: str = "3a"

    def __post_init__(self) -> None:
        if self.experiment not in _EXPERIMENTS:
            raise nearest_name("experiment", self.experiment, _EXPERIMENTS)
        require_whole("informative", self.informative, 1, MOST_STEPS)
        require_length(self, self.informative + 1, "so that noise comes after what is informative")

    @property
    def terms(self) -> Terms:
        """What the paper fixes."""
        where = f"Hochreiter and Schmidhuber 1997, experiment {self.experiment}"
        published = _PUBLISHED[self.experiment]
        if self.experiment == "3c":
            judge = Judge(_near_the_mean, _distance_from_the_mean, below=0.015)
            return Terms(1, 1, "linear", "squared", 0.3**2 + 0.1, judge, where, published)
        judge = Judge(within(0.2), most_wrong=(0 if self.experiment == "3a" else 5, 256))
        return Terms(1, 1, "sigmoid", "cross-entropy", log(2), judge, where, published)

    def draw(self, count: int, *, key: Array) -> Batch:
        """Fresh sequences: inputs ``(count, 1.1 T, 1)``, zero after ``lengths``; targets ``(count, 1, 1)``."""
        require_numbers(count, self._time, 1)
        return self._with_noise(count, key, self._noise(count, key))

    def test(self, *, key: Array) -> Batch:
        """256 sequences."""
        # The noise is a program of its own: in one with what it is added to, it would be rounded with the sum.
        return _tested(self, key, _test_noise(self, key))

    @property
    def _time(self) -> int:
        return self.length + self.length // 10

    def _noise(self, count: int, key: Array, kept: Callable[[Any], Any] = lambda values: values) -> tuple[Any, Any]:
        """That of the inputs, and that of the targets if there is any."""
        _, for_noise, _, for_targets = jax.random.split(key, 4)
        noise = _DEVIATION * kept(jax.random.normal(for_noise, (count, self._time)))
        if self.experiment != "3c":
            return noise, None
        return noise, _DEVIATION_OF_TARGETS * kept(jax.random.normal(for_targets, (count,)))

    def _with_noise(self, count: int, key: Array, noises: tuple[Any, Any]) -> Batch:
        for_lengths, _, for_class, _ = jax.random.split(key, 4)
        noise, noise_of_targets = noises
        steps = jnp.arange(self._time)
        lengths = jax.random.randint(for_lengths, (count,), self.length, self._time + 1)
        second = jax.random.bernoulli(for_class, shape=(count,))
        told = (2 * as_bits(second) - 1)[:, None] + (noise if self.experiment == "3b" else 0)
        inputs = jnp.where(steps < self.informative, told, noise) * (steps < lengths[:, None])
        targets = as_bits(second)
        if self.experiment == "3c":
            targets = _LEVELS[0] + (_LEVELS[1] - _LEVELS[0]) * targets
            targets = targets + noise_of_targets
        return Batch(inputs[..., None], targets[:, None, None], None, lengths)


@partial(jax.jit, static_argnums=0)
def _test_noise(task: TwoSequences, key: Array) -> tuple[Any, Any]:
    return task._noise(count_of_test(_TEST, task._time, 1), key, apart)


@partial(jax.jit, static_argnums=0)
def _tested(task: TwoSequences, key: Array, noises: tuple[Any, Any]) -> Batch:
    return task._with_noise(count_of_test(_TEST, task._time, 1), key, noises)


def _from_the_mean(outputs: Any, batch: Batch) -> Any:
    """How far the outputs are from the targets without their noise; the first number says which these are."""
    low, high = _LEVELS
    return jnp.abs(outputs[:, 0, 0] - jnp.where(jnp.asarray(batch.inputs)[:, 0, 0] > 0, high, low))


def _near_the_mean(outputs: Any, batch: Batch) -> Any:
    return _from_the_mean(outputs, batch) < 0.1


def _distance_from_the_mean(outputs: Any, batch: Batch) -> Any:
    return jnp.mean(_from_the_mean(outputs, batch))
