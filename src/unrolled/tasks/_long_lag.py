"""The first symbol decides the last: long time lags with and without local regularities, and random permutations."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from math import log
from typing import ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int

from unrolled.arguments import require_whole
from unrolled.errors import nearest_name
from unrolled.tasks._judge import Judge, same_class, within
from unrolled.tasks._symbols import as_vectors
from unrolled.tasks._task import (
    MOST_STEPS,
    Task,
    Terms,
    count_of_test,
    draw_once,
    require_length,
    require_numbers,
    require_targets,
)
from unrolled.types import Batch

__all__ = ["LongLag", "RandomPermutation"]

_EXPERIMENTS = ("2a", "2b")


@dataclass(frozen=True)
class LongLag(Task):
    r"""Say the next symbol, where the last is the first again.

    The alphabet is :math:`a_1, \ldots, a_{p-1}, x, y`, one-hot in this order. A sequence is
    :math:`(z, a_{i_1}, \ldots, a_{i_{p-1}}, z)` with :math:`z` one of :math:`x, y`; the inputs are its first :math:`p`
    symbols, the targets its last :math:`p`.

    *2a*: :math:`i_j = j`, so that there are two sequences, alike but for their ends. *2b*: every :math:`i_j` is drawn,
    and only the last symbol can be told.

    A sequence is right when every output is within 0.25 of its target, 0 or 1, at every step (2a) or the last (2b);
    ``error`` is the share of wrong ones. Solved: none wrong, of the two sequences or of 10,000. The guess is
    :math:`\ln 2 / p` (2a), :math:`((p - 1) \ln(p - 1) + \ln 2) / p` (2b), :math:`\ln 2` with targets at the last step
    alone.

    Attributes
    ----------
    length
        :math:`p`, from 2: the steps that the first symbol is kept.
    experiment
        ``"2a"`` or ``"2b"``.
    targets
        ``"every"`` step has a target, as in the paper, or only the ``"scored"`` last one.

    Examples
    --------
    >>> import jax
    >>> from unrolled.tasks import LongLag
    >>> batch = LongLag(5).test(key=jax.random.key(0))
    >>> ["".join("abcdxy"[i] for i in row.argmax(axis=1)) for row in (*batch.inputs, *batch.targets)]
    ['xabcd', 'yabcd', 'abcdx', 'abcdy']

    References
    ----------
    Hochreiter & Schmidhuber, "Long short-term memory", 1997, experiments 2a and 2b.
    """

    name: ClassVar[str] = "long-lag"
    length: int = 100
    experiment: str = "2a"
    targets: str = "every"

    def __post_init__(self) -> None:
        if self.experiment not in _EXPERIMENTS:
            raise nearest_name("experiment", self.experiment, _EXPERIMENTS)
        require_length(self, 2, "so that something stands between the first symbol and the last")
        require_targets(self.targets)

    @property
    def terms(self) -> Terms:
        """What the paper fixes."""
        p, regular = self.length, self.experiment == "2a"
        between = 0.0 if regular else (p - 1) * log(p - 1)
        rule = within(0.25) if regular else within(0.25, last=1)
        return Terms(
            p + 1, p + 1, "softmax", "cross-entropy", (between + log(2)) / p if self.targets == "every" else log(2),
            Judge(rule), f"Hochreiter and Schmidhuber 1997, experiment {self.experiment}",
            f"LSTM: {'5,040' if regular else '5,680'} sequences at p = 100",
        )  # fmt: skip

    def draw(self, count: int, *, key: Array) -> Batch:
        """Fresh sequences: inputs ``(count, p, p + 1)``, targets ``(count, p, p + 1)`` or ``(count, 1, p + 1)``."""
        p = self.length
        require_numbers(count, p, p + 1)
        for_ends, for_others = jax.random.split(key)
        ends = jax.random.randint(for_ends, (count,), p - 1, p + 1)
        if self.experiment == "2a":
            return _next_symbols(_between(ends, jnp.tile(jnp.arange(p - 1), (count, 1))), p + 1, self.targets)
        others = jax.random.randint(for_others, (count, p - 1), 0, p - 1)
        return _next_symbols(_between(ends, others), p + 1, self.targets)

    def test(self, *, key: Array) -> Batch:
        """The two sequences that there are (2a), or 10,000 (2b)."""
        p = self.length
        if self.experiment == "2b":
            return draw_once(self, count_of_test(10_000, p, p + 1), key=key)
        return _both(self)


@dataclass(frozen=True)
class RandomPermutation(Task):
    r"""Say the next symbol of a random order, where the last is the first again.

    Symbols are one-hot, of :math:`s` kinds. The first and the last of :math:`T` are the same, one of the first two
    kinds; between them the other :math:`s - 2` come in random order, each once before one comes again. The inputs are
    the first :math:`T - 1` symbols, the targets the last :math:`T - 1`, of which only the last can be told.

    A sequence is right when the most active output is right at the last step; ``error`` is the share of wrong ones.
    Solved: at most 1 % of 10,000 wrong. The guess is :math:`((T - 2) \ln(s - 2) + \ln 2) / (T - 1)`, or :math:`\ln 2`
    with a target at the last step alone.

    Attributes
    ----------
    length
        :math:`T`, from 3.
    symbols
        :math:`s`, from 3; 100 in the papers.
    targets
        ``"every"`` step has a target, as in the papers, or only the ``"scored"`` last one.

    Examples
    --------
    >>> import jax
    >>> from unrolled.tasks import RandomPermutation
    >>> batch = RandomPermutation(7, symbols=7).draw(1, key=jax.random.key(0))
    >>> batch.inputs[0].argmax(axis=1).tolist(), batch.targets[0].argmax(axis=1).tolist()
    ([1, 2, 3, 6, 5, 4], [2, 3, 6, 5, 4, 1])

    References
    ----------
    Martens & Sutskever, "Learning recurrent neural networks with Hessian-free optimization", 2011; Pascanu et al., "On
    the difficulty of training recurrent neural networks", 2013.
    """

    name: ClassVar[str] = "random-permutation"
    length: int = 100
    symbols: int = 100
    targets: str = "every"

    def __post_init__(self) -> None:
        require_length(self, 3, "so that something stands between the first symbol and the last")
        require_whole("symbols", self.symbols, 3, MOST_STEPS)
        require_targets(self.targets)

    @property
    def terms(self) -> Terms:
        """What the paper fixes."""
        steps, s = self.length - 1, self.symbols
        every = ((steps - 1) * log(s - 2) + log(2)) / steps
        return Terms(
            s, s, "softmax", "cross-entropy", every if self.targets == "every" else log(2),
            Judge(same_class(1), most_wrong=(1, 100)),
            "Martens and Sutskever 2011; Pascanu et al. 2013",
            "success in a share of the runs, given as figures alone",
        )  # fmt: skip

    def draw(self, count: int, *, key: Array) -> Batch:
        """Fresh sequences: inputs ``(count, T - 1, s)``, targets ``(count, T - 1, s)`` or ``(count, 1, s)``."""
        require_numbers(count, self.length - 1, self.symbols)
        for_ends, for_others = jax.random.split(key)
        ends = jax.random.randint(for_ends, (count,), 0, 2)
        others, wanted = self.symbols - 2, self.length - 2
        orders = jnp.argsort(jax.random.uniform(for_others, (count, -(-wanted // others), others)), axis=-1)
        return _next_symbols(_between(ends, orders.reshape(count, -1)[:, :wanted] + 2), self.symbols, self.targets)

    def test(self, *, key: Array) -> Batch:
        """10,000 sequences."""
        return draw_once(self, count_of_test(10_000, self.length - 1, self.symbols), key=key)


@partial(jax.jit, static_argnums=0)
def _both(task: LongLag) -> Batch:
    """The two sequences that there are."""
    p = task.length
    rows = _between(jnp.array([p - 1, p]), jnp.tile(jnp.arange(p - 1), (2, 1)))
    return _next_symbols(rows, p + 1, task.targets)


def _between(ends: Int[Array, " batch"], others: Int[Array, "batch time"]) -> Int[Array, "batch longer"]:
    """The other symbols between two that are the same."""
    return jnp.concatenate([ends[:, None], others, ends[:, None]], axis=1)


def _next_symbols(symbols: Int[Array, "batch time"], kinds: int, targets: str) -> Batch:
    """Each symbol as the target of the one before it, or the last alone."""
    first = 1 if targets == "every" else -1
    return Batch(as_vectors(symbols[:, :-1], kinds), as_vectors(symbols[:, first:], kinds))
