"""The sine wave generator: a held number says how fast to oscillate."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, partial
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from unrolled.arguments import require_number, require_whole
from unrolled.errors import InputError
from unrolled.tasks._judge import Judge, mean_square
from unrolled.tasks._task import Task, Terms, count_of_test, require_length, require_numbers
from unrolled.types import Batch

__all__ = ["Oscillator"]

_MOST_FREQUENCIES = 1_000_000
_VARIANCE = 1 / 2
# A sequence is right with this share of the variance left.
_SHARE = 0.01
_LEAST_INPUT = 0.25


@dataclass(frozen=True)
class Oscillator(Task):
    r"""Oscillate at the frequency that a held input names: one number to a wave without end.

    .. math:: x_t = \frac{j}{n} + \frac14,\qquad y_t = \sin(\omega_j \Delta t\, t),\qquad
        \omega_j = \omega_{\min} + \frac{j}{n - 1} (\omega_{\max} - \omega_{\min}),\qquad j = 0, \ldots, n - 1

    A network that has learned it has, under every input, a limit cycle around a fixed point that is not stable. The
    paper solves differential equations, whose unit of time is the time constant of the units; here a step is such a
    unit, and with the frequencies of the paper a turn takes 10 to 63 steps.

    A sequence is right when its mean squared error is less than 1 % of the variance of a sine, 1/2; ``error`` is that
    share in the mean over all frequencies. Solved: less than 0.01. The rule is this package's own.

    Attributes
    ----------
    length
        Steps of a sequence, from 1.
    frequencies
        :math:`n`, 51 in the paper; at least 2.
    lowest, highest
        :math:`\omega_{\min}` and :math:`\omega_{\max}`, in radians for each unit of time.
    step
        :math:`\Delta t`, the time between two steps; a half turn of the fastest sine at most.

    Examples
    --------
    >>> import jax
    >>> from unrolled.tasks import Oscillator
    >>> batch = Oscillator(4).test(key=jax.random.key(0))
    >>> batch.inputs.shape, batch.inputs[0, :, 0].tolist()
    ((51, 4, 1), [0.25, 0.25, 0.25, 0.25])
    >>> [round(y, 3) for y in batch.targets[0, :, 0].tolist()]  # sin 0.1, sin 0.2, ...
    [0.1, 0.199, 0.296, 0.389]

    References
    ----------
    Sussillo & Barak, "Opening the black box: low-dimensional dynamics in high-dimensional recurrent neural networks",
    Neural Computation 25 (2013) 626.
    """

    name: ClassVar[str] = "oscillator"
    length: int = 100
    frequencies: int = 51
    lowest: float = 0.1
    highest: float = 0.6
    step: float = 1.0

    def __post_init__(self) -> None:
        require_length(self, 1, "as there must be a step")
        require_whole("frequencies", self.frequencies, 2, _MOST_FREQUENCIES)
        require_number("lowest", self.lowest, above=0.0)
        require_number("highest", self.highest, above=0.0)
        require_number("step", self.step, above=0.0)
        if not self.lowest < self.highest:
            raise InputError(
                f"the highest frequency must be above the lowest; came {self.highest!r} and {self.lowest!r}."
            )
        if self.highest * self.step > np.pi:
            raise InputError(
                f"a step of {self.step!r} is more than half a turn at the frequency {self.highest!r}; take one of "
                f"{np.pi / self.highest:.3g} at most."
            )

    @property
    def lag(self) -> int | None:
        """The problem fixes none."""
        return None

    @property
    def terms(self) -> Terms:
        """What the paper fixes."""
        return Terms(
            1, 1, "linear", "squared", _variance_at_a_step(self),
            Judge(
                lambda outputs, batch: mean_square(outputs, batch) < _SHARE * _VARIANCE,
                lambda outputs, batch: jnp.mean(mean_square(outputs, batch)) / _VARIANCE,
                below=_SHARE,
            ),
            "Sussillo and Barak 2013",
            "51 frequencies, each a limit cycle around an unstable fixed point",
        )  # fmt: skip

    def draw(self, count: int, *, key: Array) -> Batch:
        """Fresh sequences, their frequencies drawn evenly: inputs and targets ``(count, length, 1)``."""
        require_numbers(count, self.length, 1)
        return self._waves(jax.random.randint(key, (count,), 0, self.frequencies))

    def test(self, *, key: Array) -> Batch:
        """Every frequency once, slowest first, or as many spread over them as there is memory for."""
        del key
        return _tested(self)

    def _waves(self, j: Int[Array, " count"]) -> Batch:
        number: Any = j.astype(jnp.result_type(float))[:, None, None]
        turning = self.step * (self.lowest + number / (self.frequencies - 1) * (self.highest - self.lowest))
        t = jnp.arange(1, self.length + 1, dtype=number.dtype)[:, None]
        held = number / self.frequencies + _LEAST_INPUT
        return Batch(jnp.broadcast_to(held, (len(j), self.length, 1)), jnp.sin(turning * t))


@partial(jax.jit, static_argnums=0)
def _tested(task: Oscillator) -> Batch:
    count = count_of_test(task.frequencies, task.length, 1)
    return task._waves(jnp.asarray(np.linspace(0, task.frequencies - 1, count).round().astype(int)))


@cache
def _variance_at_a_step(task: Oscillator) -> float:
    """The variance over the frequencies, in the mean over the steps: sums of sines in closed form."""
    t = task.step * np.arange(1, task.length + 1)
    middle, apart = (task.lowest + task.highest) / 2, (task.highest - task.lowest) / (task.frequencies - 1)
    mean = np.sin(middle * t) * _dirichlet(apart * t, task.frequencies)
    square = (1 - np.cos(2 * middle * t) * _dirichlet(2 * apart * t, task.frequencies)) / 2
    return float(np.mean(square - mean * mean))


def _dirichlet(angle: Float[np.ndarray, " time"], count: int) -> Float[np.ndarray, " time"]:
    """The mean of that many unit vectors, an angle apart, around the middle one: ``sin(n a / 2) / (n sin(a / 2))``."""
    half = angle / 2
    turned = np.abs(np.sin(half)) < 1e-7  # all point the same way
    return np.where(
        turned, np.cos(count * half) / np.cos(half), np.sin(count * half) / (count * np.sin(np.where(turned, 1, half)))
    )
