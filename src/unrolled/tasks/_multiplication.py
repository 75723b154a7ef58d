"""Two siblings of the adding problem: the product, and the exclusive or, of two numbers that are marked."""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import Array

from unrolled.tasks._judge import Judge, within
from unrolled.tasks._marks import longest, mark, require_marks, share_of_first
from unrolled.tasks._symbols import as_bits
from unrolled.tasks._task import TEST, Task, Terms, count_of_test, draw_once, require_numbers
from unrolled.types import Batch

__all__ = ["ExclusiveOr", "Multiplication"]


@dataclass(frozen=True)
class Multiplication(Task):
    r"""Multiply two marked numbers that stand far from each other and from the end.

    Numbers come from :math:`U(0, 1)`, the target after the last step is :math:`X_1 X_2`; marks and lengths are those
    of :class:`Adding`. In the protocol of 1997 the first pair, should it be one of the two, keeps the marker -1 and its
    number becomes 1.

    A sequence is right within 0.04; ``error`` is the share of wrong ones. Solved: at most 14 of 2,560 wrong (1997, the
    better of its two rows), at most 1 % of 10,000 (2011). The guess is the variance of the target, 7/144 in 2011.

    Attributes
    ----------
    length
        :math:`T`, from 11 (1997) or 10 (2011); lengths are drawn evenly from :math:`T` to :math:`1.1\, T`.
    protocol
        ``"1997"`` or ``"2011"``.

    Examples
    --------
    >>> import jax
    >>> from unrolled.tasks import Multiplication
    >>> task = Multiplication(30, protocol="2011")
    >>> batch = task.draw(1, key=jax.random.key(0))
    >>> numbers, markers = batch.inputs[0].T
    >>> bool(abs(numbers[markers == 1].prod() - batch.targets[0, 0, 0]) < 1e-6)
    True

    References
    ----------
    Hochreiter & Schmidhuber, "Long short-term memory", 1997, experiment 5; Martens & Sutskever 2011; Sutskever et al.
    2013, see :class:`Adding`.
    """

    name: ClassVar[str] = "multiplication"
    length: int = 100
    protocol: str = "1997"

    def __post_init__(self) -> None:
        require_marks(self, self.protocol)

    @property
    def terms(self) -> Terms:
        """What the paper fixes."""
        if self.protocol == "1997":
            q = share_of_first(self.length)
            return Terms(
                2, 1, "linear", "squared", q / 3 + (1 - q) / 9 - (q / 2 + (1 - q) / 4) ** 2,
                Judge(within(0.04), most_wrong=(14, TEST)),
                "Hochreiter and Schmidhuber 1997, experiment 5",
                "LSTM of 93 weights: 482,000 / 1,273,000 sequences for 139 / 14 wrong of 2,560 at T = 100",
            )  # fmt: skip
        return Terms(
            2, 1, "linear", "squared", 7 / 144, Judge(within(0.04), most_wrong=(1, 100)),
            "Martens and Sutskever 2011; Sutskever et al. 2013",
            "100 tanh units, initialization and momentum, 50,000 updates of 100 sequences: error 1.3e-3 at T = 80",
        )  # fmt: skip

    def draw(self, count: int, *, key: Array) -> Batch:
        """Fresh sequences: inputs ``(count, 1.1 T, 2)``, zero after ``lengths``; targets ``(count, 1, 1)``."""
        shape = (count, longest(self.length))
        require_numbers(*shape, 2)
        for_numbers, for_marks = jax.random.split(key)
        numbers = jax.random.uniform(for_numbers, shape)
        marked = mark(numbers, self.length, self.protocol, 1.0, key=for_marks)
        return Batch(marked.inputs, (marked.first * marked.second)[:, None, None], None, marked.lengths)

    def test(self, *, key: Array) -> Batch:
        """2,560 sequences; 10,000 in 2011."""
        wanted = TEST if self.protocol == "1997" else 10_000
        return draw_once(self, count_of_test(wanted, longest(self.length), 2), key=key)


@dataclass(frozen=True)
class ExclusiveOr(Task):
    r"""Say whether two marked bits differ, far from each other and from the end.

    The inputs are those of :class:`Multiplication` in the protocol of 2011, but each number is 0 or 1. The target after
    the last step is :math:`X_1 \oplus X_2`: neither of the two says anything alone.

    A sequence is right when the output is on the right side of 1/2; ``error`` is the share of wrong ones. Solved: at
    most 1 % of 10,000 wrong. The guess is :math:`\ln 2`.

    Attributes
    ----------
    length
        :math:`T`, from 10; lengths are drawn evenly from :math:`T` to :math:`1.1\, T`.

    Examples
    --------
    >>> import jax
    >>> from unrolled.tasks import ExclusiveOr
    >>> batch = ExclusiveOr(30).draw(1, key=jax.random.key(0))
    >>> numbers, markers = batch.inputs[0].T
    >>> numbers[markers == 1].tolist(), batch.targets[0, 0, 0].item()
    ([0.0, 1.0], 1.0)

    References
    ----------
    Martens & Sutskever, "Learning recurrent neural networks with Hessian-free optimization", 2011.
    """

    name: ClassVar[str] = "exclusive-or"
    length: int = 50

    def __post_init__(self) -> None:
        require_marks(self, "2011")

    @property
    def terms(self) -> Terms:
        """What the paper fixes."""
        return Terms(
            2, 1, "sigmoid", "cross-entropy", log(2), Judge(within(0.5), most_wrong=(1, 100)),
            "Martens and Sutskever 2011",
            "Hessian-free: success in a share of the runs, given as a figure alone",
        )  # fmt: skip

    def draw(self, count: int, *, key: Array) -> Batch:
        """Fresh sequences: inputs ``(count, 1.1 T, 2)``, zero after ``lengths``; targets ``(count, 1, 1)``."""
        shape = (count, longest(self.length))
        require_numbers(*shape, 2)
        for_numbers, for_marks = jax.random.split(key)
        bits = as_bits(jax.random.bernoulli(for_numbers, shape=shape))
        marked = mark(bits, self.length, "2011", 0.0, key=for_marks)
        return Batch(marked.inputs, jnp.abs(marked.first - marked.second)[:, None, None], None, marked.lengths)

    def test(self, *, key: Array) -> Batch:
        """10,000 sequences."""
        return draw_once(self, count_of_test(10_000, longest(self.length), 2), key=key)
