"""Temporal order: which came first, long ago."""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int

from unrolled.arguments import require_whole
from unrolled.errors import InputError, nearest_name
from unrolled.tasks._judge import Judge, same_class, within
from unrolled.tasks._symbols import as_vectors
from unrolled.tasks._task import (
    MOST_STEPS,
    TEST,
    Task,
    Terms,
    count_of_test,
    draw_once,
    require_length,
    require_numbers,
)
from unrolled.types import Batch

__all__ = ["TemporalOrder"]

# E, B; a, b, c, d; X, Y. In 2013 there is no E and no B.
_SYMBOLS = 8
_START, _TRIGGER, _DISTRACTORS, _X = 0, 1, (2, 6), 6
# Where the marks stand, in hundredths of T.
_PLACES = {
    "1997": {2: ((10, 20), (50, 60)), 3: ((10, 20), (33, 43), (66, 76))},
    "2013": {2: ((10, 20), (40, 50)), 3: ((10, 20), (30, 40), (60, 70))},
}
_LEAST = 10


@dataclass(frozen=True)
class TemporalOrder(Task):
    r"""Say at the end in which order two or three symbols came, among many that mean nothing.

    *1997*: a sequence begins with E, ends with B, and has one of a, b, c, d everywhere else but at two steps
    :math:`t_1 \in [T/10, T/5]`, :math:`t_2 \in [T/2, 6T/10]`, counted from 0, where it has X or Y. The class is one of
    four: XX, XY, YX, YY. With three symbols :math:`t_1 \in [T/10, T/5]`, :math:`t_2 \in [0.33\, T, 0.43\, T]`,
    :math:`t_3 \in [0.66\, T, 0.76\, T]`, and there are eight classes. Inputs are one-hot in the order E, B, a, b, c, d,
    X, Y. A sequence is right when every output is within 0.3 of its target, 0 or 1. Solved: at most 1 (three symbols:
    2) of 2,560 wrong.

    *2013*: the same without E and B, with :math:`t_2 \in [4T/10, T/2]` for two symbols, :math:`[3T/10, 4T/10]` and
    :math:`[6T/10, 7T/10]` for three, where :math:`T` is the length of that very sequence. A sequence is right when the
    most active output is right. Solved: at most 1 % of 10,000 wrong.

    ``error`` is the share of wrong sequences, the guess :math:`n \ln 2`.

    Attributes
    ----------
    length
        :math:`T`, from 10; 100 in the paper.
    symbols
        :math:`n`, 2 (experiment 6a) or 3 (6b).
    protocol
        ``"1997"``: lengths are drawn evenly from :math:`T` to :math:`1.1\, T`. ``"2013"``: all are :math:`T`, or drawn
        evenly from there to ``longest``.
    longest
        For 2013: to learn from lengths of 50 to 200, ``length=50, longest=200``.

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
    Hochreiter & Schmidhuber, "Long short-term memory", 1997, experiments 6a and 6b; Pascanu et al., "On the difficulty
    of training recurrent neural networks", 2013.
    """

    name: ClassVar[str] = "temporal-order"
    length: int = 100
    symbols: int = 2
    protocol: str = "1997"
    longest: int | None = None

    def __post_init__(self) -> None:
        if self.protocol not in tuple(_PLACES):
            raise nearest_name("protocol", self.protocol, _PLACES)
        require_whole("symbols", self.symbols, 2, 3)
        require_length(self, _LEAST, "so that every mark has a place of its own")
        if self.longest is not None:
            if self.protocol == "1997":
                raise InputError('longest goes with protocol="2013"; that of 1997 has lengths from T to 1.1 T.')
            require_whole("longest", self.longest, self.length, MOST_STEPS)

    @property
    def terms(self) -> Terms:
        """What the paper fixes."""
        two = self.symbols == 2
        classes, guess = 2**self.symbols, self.symbols * log(2)
        if self.protocol == "2013":
            return Terms(
                _SYMBOLS - 2, classes, "softmax", "cross-entropy", guess, Judge(same_class(), most_wrong=(1, 100)),
                "Pascanu et al. 2013",
                "learned from lengths 50 to 200: none of 10,000 wrong at T = 5,000",
            )  # fmt: skip
        return Terms(
            _SYMBOLS, classes, "softmax", "cross-entropy", guess,
            Judge(within(0.3), most_wrong=(1 if two else 2, TEST)),
            f"Hochreiter and Schmidhuber 1997, experiment 6{'a' if two else 'b'}",
            "LSTM of 156 weights: 31,390 sequences" if two else "LSTM of 308 weights: 571,100 sequences",
        )  # fmt: skip

    def draw(self, count: int, *, key: Array) -> Batch:
        """Fresh sequences: inputs ``(count, time, features)``, zero after ``lengths``; targets ``(count, 1, 2^n)``."""
        require_numbers(count, self._time, self.features)
        for_lengths, for_others, for_places, for_marks = jax.random.split(key, 4)
        steps = jnp.arange(self._time)
        lengths = jax.random.randint(for_lengths, (count,), self.length, self._time + 1)
        symbols = jax.random.randint(for_others, (count, self._time), *_DISTRACTORS)
        marks = jax.random.randint(for_marks, (count, self.symbols), 0, 2)
        places = self._places(lengths, for_places)
        for i in range(self.symbols):
            symbols = jnp.where(steps == places[:, i, None], _X + marks[:, i, None], symbols)
        if self.protocol == "1997":
            symbols = jnp.where(steps == 0, _START, jnp.where(steps == lengths[:, None] - 1, _TRIGGER, symbols))
        # Beyond the end no symbol: a class that does not exist is all zeros.
        inputs = as_vectors(jnp.where(steps < lengths[:, None], symbols, -1), _SYMBOLS)
        order = jnp.sum(marks * 2 ** jnp.arange(self.symbols - 1, -1, -1), axis=1)
        return Batch(inputs[..., -self.features :], as_vectors(order, self.outputs)[:, None], None, lengths)

    def test(self, *, key: Array) -> Batch:
        """2,560 sequences; 10,000 in 2013."""
        wanted = TEST if self.protocol == "1997" else 10_000
        return draw_once(self, count_of_test(wanted, self._time, self.features), key=key)

    @property
    def _time(self) -> int:
        if self.protocol == "1997":
            return self.length + self.length // 10
        return self.length if self.longest is None else self.longest

    def _places(self, lengths: Int[Array, " batch"], key: Array) -> Int[Array, "batch mark"]:
        bounds = jnp.array(_PLACES[self.protocol][self.symbols], lengths.dtype)
        whole = lengths[:, None] if self.protocol == "2013" else jnp.full_like(lengths, self.length)[:, None]
        low, high = (bounds[:, i] * whole // 100 for i in range(2))
        return jax.random.randint(key, low.shape, low, high + 1)
