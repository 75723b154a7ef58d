"""Temporal order: which came first, long ago."""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int

from unrolled.arguments import require_whole
from unrolled.tasks._judge import Judge, within
from unrolled.tasks._task import TEST, Task, Terms, count_of_test, require_length, require_numbers
from unrolled.types import Batch

__all__ = ["TemporalOrder"]

# E, B; a, b, c, d; X, Y.
_SYMBOLS = 8
_START, _TRIGGER, _DISTRACTORS, _X = 0, 1, (2, 6), 6
# Where the marks stand, in hundredths of T.
_PLACES = {2: ((10, 20), (50, 60)), 3: ((10, 20), (33, 43), (66, 76))}
_LEAST = 10


@dataclass(frozen=True)
class TemporalOrder(Task):
    r"""Say at the end in which order two or three symbols came, among many that mean nothing.

    A sequence begins with E, ends with B, and has one of a, b, c, d everywhere else but at two steps
    :math:`t_1 \in [T/10, T/5]`, :math:`t_2 \in [T/2, 6T/10]`, counted from 0, where it has X or Y. The class is one of
    four: XX, XY, YX, YY. With three symbols :math:`t_1 \in [T/10, T/5]`, :math:`t_2 \in [0.33\, T, 0.43\, T]`,
    :math:`t_3 \in [0.66\, T, 0.76\, T]`, and there are eight classes. Inputs are one-hot in the order E, B, a, b, c, d,
    X, Y.

    A sequence is right when every output is within 0.3 of its target, 0 or 1; ``error`` is the share of wrong ones.
    Solved: at most 1 (three symbols: 2) of 2,560 wrong. The guess is :math:`n \ln 2`.

    Attributes
    ----------
    length
        :math:`T`, from 10; 100 in the paper. Lengths are drawn evenly from :math:`T` to :math:`1.1\, T`.
    symbols
        :math:`n`, 2 (experiment 6a) or 3 (6b).

    Examples
    --------
    >>> import jax
    >>> from unrolled.tasks import TemporalOrder
    >>> batch = TemporalOrder(20).draw(1, key=jax.random.key(0))
    >>> "".join("EBabcdXY"[i] for i in batch.inputs[0, : batch.lengths[0]].argmax(axis=1))
    'EcYdddacdacXdbbbddcbB'
    >>> batch.targets[0, 0].tolist()
    [0.0, 0.0, 1.0, 0.0]

    References
    ----------
    Hochreiter & Schmidhuber, "Long short-term memory", 1997, experiments 6a and 6b.
    """

    name: ClassVar[str] = "temporal-order"
    length: int = 100
    symbols: int = 2

    def __post_init__(self) -> None:
        require_whole("symbols", self.symbols, 2, 3)
        require_length(self, _LEAST, "so that every mark has a place of its own")

    @property
    def terms(self) -> Terms:
        """What the paper fixes."""
        two = self.symbols == 2
        return Terms(
            _SYMBOLS, 2**self.symbols, "softmax", "cross-entropy", self.symbols * log(2),
            Judge(within(0.3), most_wrong=(1 if two else 2, TEST)),
            f"Hochreiter and Schmidhuber 1997, experiment 6{'a' if two else 'b'}",
            "LSTM of 156 weights: 31,390 sequences" if two else "LSTM of 308 weights: 571,100 sequences",
        )  # fmt: skip

    def draw(self, count: int, *, key: Array) -> Batch:
        """Fresh sequences: inputs ``(count, 1.1 T, 8)``, zero after ``lengths``; targets ``(count, 1, 2^n)``."""
        time = self.length + self.length // 10
        require_numbers(count, time, _SYMBOLS)
        for_lengths, for_others, for_places, for_marks = jax.random.split(key, 4)
        steps = jnp.arange(time)
        lengths = jax.random.randint(for_lengths, (count,), self.length, time + 1)
        symbols = jax.random.randint(for_others, (count, time), *_DISTRACTORS)
        marks = jax.random.randint(for_marks, (count, self.symbols), 0, 2)
        places = self._places(count, for_places)
        for i in range(self.symbols):
            symbols = jnp.where(steps == places[:, i, None], _X + marks[:, i, None], symbols)
        symbols = jnp.where(steps == 0, _START, jnp.where(steps == lengths[:, None] - 1, _TRIGGER, symbols))
        # Beyond the end no symbol: a class that does not exist is all zeros.
        inputs = jax.nn.one_hot(jnp.where(steps < lengths[:, None], symbols, -1), _SYMBOLS)
        order = jnp.sum(marks * 2 ** jnp.arange(self.symbols - 1, -1, -1), axis=1)
        return Batch(inputs, jax.nn.one_hot(order, 2**self.symbols)[:, None], None, lengths)

    def test(self, *, key: Array) -> Batch:
        """2,560 sequences."""
        return self.draw(count_of_test(TEST, self.length + self.length // 10, _SYMBOLS), key=key)

    def _places(self, count: int, key: Array) -> Int[Array, "batch mark"]:
        ranges = [(low * self.length // 100, high * self.length // 100) for low, high in _PLACES[self.symbols]]
        low, high = (jnp.array(bounds) for bounds in zip(*ranges, strict=True))
        return jax.random.randint(key, (count, self.symbols), low, high + 1)
