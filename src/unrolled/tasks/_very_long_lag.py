"""Very long time lags among distractors."""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import Array

from unrolled.arguments import require_whole
from unrolled.tasks._judge import Judge, within
from unrolled.tasks._symbols import as_vectors
from unrolled.tasks._task import MOST_STEPS, Task, Terms, count_of_test, draw_once, require_length, require_numbers
from unrolled.types import Batch

__all__ = ["VeryLongLag"]

# After q distractors each further one comes with this probability; one sequence of 42,000 would be longer.
_GOES_ON = 0.9
_MOST_MORE = 100
_TEST = 10_000


@dataclass(frozen=True)
class VeryLongLag(Task):
    r"""Say after a trigger which of two symbols came second, long ago, whatever came between.

    The alphabet is :math:`a_1, \ldots, a_p, e, b, x, y`, one-hot in this order. A sequence is
    :math:`(b, z, a_{i_1}, \ldots, a_{i_{q + k}}, e)` with :math:`z` one of :math:`x, y` and all :math:`i_j` drawn; what
    follows is :math:`z`. :math:`k` is geometric, :math:`P(k) = \tfrac1{10} (\tfrac9{10})^k`; here it is 100 at most,
    which one of 42,000 exceeds. The target after the last step is one of two classes, x or y.

    A sequence is right when both outputs are within 0.2 of their targets; ``error`` is the share of wrong ones. Solved:
    none of 10,000 wrong. The guess is :math:`\ln 2`.

    Attributes
    ----------
    length
        :math:`q`, from 1: how many distractors there are at least.
    symbols
        :math:`p`, of how many kinds they are; as many as :math:`q` if left out.

    Examples
    --------
    >>> import jax
    >>> from unrolled.tasks import VeryLongLag
    >>> batch = VeryLongLag(10, symbols=4).draw(1, key=jax.random.key(0))
    >>> "".join("1234ebxy"[i] for i in batch.inputs[0, : batch.lengths[0]].argmax(axis=1)), batch.targets[0, 0].tolist()
    ('by4413234432e', [0.0, 1.0])

    References
    ----------
    Hochreiter & Schmidhuber, "Long short-term memory", 1997, experiment 2c.
    """

    name: ClassVar[str] = "very-long-lag"
    length: int = 50
    symbols: int | None = None

    def __post_init__(self) -> None:
        require_length(self, 1, "so that something stands between")
        if self.symbols is not None:
            require_whole("symbols", self.symbols, 1, MOST_STEPS)

    @property
    def terms(self) -> Terms:
        """What the paper fixes."""
        return Terms(
            self._kinds + 4, 2, "softmax", "cross-entropy", log(2), Judge(within(0.2)),
            "Hochreiter and Schmidhuber 1997, experiment 2c",
            "LSTM: 30,000 / 31,000 / 33,000 / 38,000 / 49,000 sequences at q = p = 50 / 100 / 200 / 500 / 1000",
        )  # fmt: skip

    def draw(self, count: int, *, key: Array) -> Batch:
        """Fresh sequences: inputs ``(count, q + 103, p + 4)``, zero after ``lengths``; targets ``(count, 1, 2)``."""
        p, time = self._kinds, self._time
        require_numbers(count, time, p + 4)
        for_class, for_more, for_others = jax.random.split(key, 3)
        steps = jnp.arange(time)
        kept = jax.random.randint(for_class, (count,), 0, 2)
        # By the inverse of the distribution function of k, cut off behind the largest.
        chance = jax.random.uniform(for_more, (count,)) * (1 - _GOES_ON ** (_MOST_MORE + 1))
        more = jnp.clip(jnp.floor(jnp.log1p(-chance) / log(_GOES_ON)), 0, _MOST_MORE).astype(kept.dtype)
        lengths = self.length + more + 3
        symbols = jax.random.randint(for_others, (count, time), 0, p)
        symbols = jnp.where(steps == lengths[:, None] - 1, p, symbols)
        symbols = jnp.where(steps == 0, p + 1, jnp.where(steps == 1, p + 2 + kept[:, None], symbols))
        inputs = as_vectors(jnp.where(steps < lengths[:, None], symbols, -1), p + 4)
        return Batch(inputs, as_vectors(kept, 2)[:, None], None, lengths)

    def test(self, *, key: Array) -> Batch:
        """10,000 sequences, fewer where these do not fit into memory: 2^26 numbers at most."""
        return draw_once(self, count_of_test(_TEST, self._time, self._kinds + 4), key=key)

    @property
    def _kinds(self) -> int:
        return self.length if self.symbols is None else self.symbols

    @property
    def _time(self) -> int:
        return self.length + 3 + _MOST_MORE
