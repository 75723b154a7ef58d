"""Two classes of noise: only the first few numbers tell them apart."""

from __future__ import annotations

from dataclasses import dataclass
from math import log, sqrt
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import Array

from unrolled.arguments import require_whole
from unrolled.errors import nearest_name
from unrolled.tasks._judge import Judge, within
from unrolled.tasks._symbols import as_bits
from unrolled.tasks._task import MOST_STEPS, Task, Terms, count_of_test, require_length, require_numbers
from unrolled.types import Batch

__all__ = ["TwoSequences"]

_EXPERIMENTS = ("3a", "3b", "3c")
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
        time = self.length + self.length // 10
        require_numbers(count, time, 1)
        for_lengths, for_noise, for_class, for_targets = jax.random.split(key, 4)
        steps = jnp.arange(time)
        lengths = jax.random.randint(for_lengths, (count,), self.length, time + 1)
        noise = _DEVIATION * jax.random.normal(for_noise, (count, time))
        second = jax.random.bernoulli(for_class, shape=(count,))
        told = (2 * as_bits(second) - 1)[:, None] + (noise if self.experiment == "3b" else 0)
        inputs = jnp.where(steps < self.informative, told, noise) * (steps < lengths[:, None])
        targets = as_bits(second)
        if self.experiment == "3c":
            targets = _LEVELS[0] + (_LEVELS[1] - _LEVELS[0]) * targets
            targets = targets + _DEVIATION_OF_TARGETS * jax.random.normal(for_targets, (count,))
        return Batch(inputs[..., None], targets[:, None, None], None, lengths)

    def test(self, *, key: Array) -> Batch:
        """256 sequences."""
        return self.draw(count_of_test(256, self.length + self.length // 10, 1), key=key)


def _from_the_mean(outputs: Any, batch: Batch) -> Any:
    """How far the outputs are from the targets without their noise; the first number says which these are."""
    low, high = _LEVELS
    return jnp.abs(outputs[:, 0, 0] - jnp.where(jnp.asarray(batch.inputs)[:, 0, 0] > 0, high, low))


def _near_the_mean(outputs: Any, batch: Batch) -> Any:
    return _from_the_mean(outputs, batch) < 0.1


def _distance_from_the_mean(outputs: Any, batch: Batch) -> Any:
    return jnp.mean(_from_the_mean(outputs, batch))
