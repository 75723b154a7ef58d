"""The delayed echo: say again what was heard before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import Array

from unrolled.arguments import require_whole
from unrolled.tasks._judge import Judge, mean_square
from unrolled.tasks._task import (
    MOST_STEPS,
    TEST,
    Task,
    Terms,
    count_of_test,
    draw_on_host,
    draw_once,
    require_length,
    require_numbers,
)
from unrolled.types import Batch

__all__ = ["Echo", "delayed_echo"]

_VARIANCE = 1 / 3
# A sequence is right with this share of the variance left.
_SHARE = 0.01


@dataclass(frozen=True)
class Echo(Task):
    r"""Say again what was heard a fixed number of steps before: many to many, delayed.

    .. math:: x_t \sim U(-1, 1),\qquad y_t = x_{t - d}

    The first :math:`d` targets are NaN. A sequence is right when its mean squared error is less than 1 % of the
    variance of the numbers, 1/3, which is the guess; ``error`` is that share in the mean. Solved: less than 0.01. The
    rule is this package's own: the paper measures the correlation that a reservoir reaches.

    Attributes
    ----------
    length
        :math:`d`, from 0.
    steps
        Of a sequence, more than :math:`d`.

    Examples
    --------
    >>> import jax
    >>> from unrolled.tasks import Echo
    >>> batch = Echo(2, steps=4).draw(1, key=jax.random.key(0))
    >>> batch.targets[0, :2, 0].tolist(), bool((batch.targets[0, 2:] == batch.inputs[0, :2]).all())
    ([nan, nan], True)

    References
    ----------
    Jaeger, "Short term memory in echo state networks", 2001.
    """

    name: ClassVar[str] = "echo"
    length: int = 10
    steps: int = 60

    def __post_init__(self) -> None:
        require_length(self, 0, "which is the delay")
        require_whole("steps", self.steps, self.length + 1, MOST_STEPS)

    @property
    def terms(self) -> Terms:
        """What the paper fixes."""
        return Terms(
            1, 1, "linear", "squared", _VARIANCE,
            Judge(
                lambda outputs, batch: mean_square(outputs, batch) < _SHARE * _VARIANCE,
                lambda outputs, batch: jnp.mean(mean_square(outputs, batch)) / _VARIANCE,
                below=_SHARE,
            ),
            "Jaeger 2001",
            "none by this protocol",
        )  # fmt: skip

    def draw(self, count: int, *, key: Array) -> Batch:
        """Fresh sequences: inputs and targets ``(count, steps, 1)``."""
        require_numbers(count, self.steps, 1)
        inputs = jax.random.uniform(key, (count, self.steps, 1), minval=-1.0)
        unknown = jnp.full_like(inputs[:, : self.length], jnp.nan)
        return Batch(inputs, jnp.concatenate([unknown, inputs[:, : self.steps - self.length]], axis=1))

    def test(self, *, key: Array) -> Batch:
        """2,560 sequences."""
        return draw_once(self, count_of_test(TEST, self.steps, 1), key=key)


def delayed_echo(count: int, time: int, delay: int, *, seed: int) -> Batch:
    r"""Sequences of :class:`Echo` as arrays of numpy: what was heard a fixed number of steps before.

    .. math:: x_t \sim U(-1, 1),\qquad y_t = x_{t - d}

    Parameters
    ----------
    count
        How many sequences.
    time
        Steps of each.
    delay
        :math:`d`, from 0 to ``time - 1``.
    seed
        A whole number, at least 0.

    Returns
    -------
    Batch
        Inputs and targets ``(count, time, 1)``; the first :math:`d` targets of each sequence are NaN.

    Raises
    ------
    InputError
        An argument is not such a whole number.

    Examples
    --------
    >>> from unrolled.tasks import delayed_echo
    >>> batch = delayed_echo(1, 4, 2, seed=0)
    >>> batch.targets[0, :2, 0].tolist(), bool((batch.targets[0, 2:] == batch.inputs[0, :2]).all())
    ([nan, nan], True)
    """
    require_whole("time", time, 1, MOST_STEPS)
    require_whole("delay", delay, 0, time - 1)
    return draw_on_host(Echo(int(delay), int(time)), count, seed)
