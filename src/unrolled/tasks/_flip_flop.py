"""The flip-flop: hold the sign of the last pulse, on several channels at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import Array

from unrolled.arguments import require_number, require_whole
from unrolled.errors import InputError
from unrolled.tasks._judge import Judge, within
from unrolled.tasks._symbols import apart, as_bits
from unrolled.tasks._task import TEST, Task, Terms, count_of_test, require_length, require_numbers
from unrolled.types import Batch

__all__ = ["FlipFlop"]

_MOST_CHANNELS = 1000


@dataclass(frozen=True)
class FlipFlop(Task):
    r"""Hold on every channel the sign of its last pulse: n bits, so 2^n states to stay in.

    An input is 0, or with the probability of a pulse 1 or -1, evenly. The target of its channel is the last pulse so
    far; before the first one there is none (NaN). A network that has learned it has a stable fixed point for every
    state of the memory.

    A sequence is right when every output that has a target is within 0.5 of it; ``error`` is the share of wrong ones.
    The paper has no criterion; here: at most 1 % of 2,560 wrong. The guess is 1.

    Attributes
    ----------
    length
        Steps of a sequence, from 1.
    channels
        :math:`n`, 3 in the paper.
    pulse
        The probability of a pulse at a step, above 0, 1 at most.

    Examples
    --------
    >>> import jax
    >>> from unrolled.tasks import FlipFlop
    >>> batch = FlipFlop(8, channels=1, pulse=0.3).draw(1, key=jax.random.key(0))
    >>> batch.inputs[0, :, 0].tolist()
    [0.0, 1.0, -1.0, 1.0, 1.0, 0.0, 0.0, -1.0]
    >>> batch.targets[0, :, 0].tolist()
    [nan, 1.0, -1.0, 1.0, 1.0, 1.0, 1.0, -1.0]

    References
    ----------
    Sussillo & Barak, "Opening the black box: low-dimensional dynamics in high-dimensional recurrent neural networks",
    2013.
    """

    name: ClassVar[str] = "flip-flop"
    length: int = 60
    channels: int = 3
    pulse: float = 0.1

    def __post_init__(self) -> None:
        require_length(self, 1, "as there must be a step")
        require_whole("channels", self.channels, 1, _MOST_CHANNELS)
        require_number("pulse", self.pulse, above=0.0)
        if self.pulse > 1:
            raise InputError(f"pulse is a probability, 1 at most; came {self.pulse!r}.")

    @property
    def lag(self) -> int | None:
        """The problem fixes none."""
        return None

    @property
    def terms(self) -> Terms:
        """What the paper fixes."""
        return Terms(
            self.channels, self.channels, "linear", "squared", 1.0, Judge(within(0.5), most_wrong=(1, 100)),
            "Sussillo and Barak 2013",
            "eight stable fixed points, one for every state of three bits",
        )  # fmt: skip

    def draw(self, count: int, *, key: Array) -> Batch:
        """Fresh sequences: inputs and targets ``(count, time, channels)``."""
        return self._drawn(count, key, lambda values: values)

    def test(self, *, key: Array) -> Batch:
        """2,560 sequences."""
        return _tested(self, key)

    def _drawn(self, count: int, key: Array, kept: Callable[[Any], Any]) -> Batch:
        """As drawn operation by operation where ``kept`` keeps a compiler from taking two of them together."""
        require_numbers(count, self.length, self.channels)
        for_times, for_signs = jax.random.split(key)
        shape = (count, self.length, self.channels)
        signs = 2 * as_bits(jax.random.bernoulli(for_signs, shape=shape)) - 1
        pulses = signs * kept(as_bits(jax.random.bernoulli(for_times, self.pulse, shape)))
        latest = jax.lax.cummax(jnp.where(pulses != 0, jnp.arange(self.length)[:, None], -1), axis=1)
        held = jnp.take_along_axis(pulses, jnp.maximum(latest, 0), axis=1)
        return Batch(pulses, jnp.where(latest < 0, jnp.nan, held))


@partial(jax.jit, static_argnums=0)
def _tested(task: FlipFlop, key: Array) -> Batch:
    return task._drawn(count_of_test(TEST, task.length, task.channels), key, apart)
