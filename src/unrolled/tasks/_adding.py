"""The adding problem: two numbers to be kept over many steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import jax
from jaxtyping import Array

from unrolled.arguments import require_whole
from unrolled.tasks._judge import Judge, within
from unrolled.tasks._marks import longest, mark, require_marks, share_of_first
from unrolled.tasks._task import MOST_STEPS, TEST, Task, Terms, count_of_test, draw_on_host, draw_once, require_numbers
from unrolled.types import Batch

__all__ = ["Adding", "adding"]


@dataclass(frozen=True)
class Adding(Task):
    r"""Add two marked numbers that stand far from each other and from the end.

    Every step is a number and a marker. The target comes after the last step.

    *1997*: numbers from :math:`U(-1, 1)`; one of the first ten pairs and one of the first :math:`T/2 - 1` others have
    the marker 1, the first and the last pair -1, the rest 0. Should one of the two be the first pair, it keeps -1 and
    its number becomes 0. Target :math:`\tfrac12 + \tfrac14 (X_1 + X_2)`. Solved: at most 1 of 2,560 wrong.

    *2011*: numbers from :math:`U(0, 1)`; one of the first :math:`T/10` and one from there to :math:`T/2` have the
    marker 1, the rest 0. Target :math:`\tfrac12 (X_1 + X_2)`. Solved: at most 1 % of 10,000 wrong.

    A sequence is right within 0.04; ``error`` is the share of wrong ones. The guess is the variance of the target:
    1/24 in 2011, and in 1997 a little less, :math:`(2 - q)/48`, where :math:`q` is how often the first pair is marked.

    Attributes
    ----------
    length
        :math:`T`, from 11 (1997) or 10 (2011); lengths are whole numbers drawn evenly from :math:`T` to
        :math:`1.1\, T`.
    protocol
        ``"1997"`` or ``"2011"``.

    Examples
    --------
    >>> import jax
    >>> from unrolled.tasks import Adding
    >>> task = Adding(length=50)
    >>> batch = task.draw(4, key=jax.random.key(0))
    >>> batch.inputs.shape, batch.targets.shape, bool(task.solved(batch.targets, batch))
    ((4, 55, 2), (4, 1, 1), True)

    References
    ----------
    Hochreiter & Schmidhuber, "Long short-term memory", 1997, experiment 4; Martens & Sutskever, "Learning recurrent
    neural networks with Hessian-free optimization", 2011; Sutskever et al., "On the importance of initialization and
    momentum in deep learning", 2013.
    """

    name: ClassVar[str] = "adding"
    length: int = 100
    protocol: str = "1997"

    def __post_init__(self) -> None:
        require_marks(self, self.protocol)

    @property
    def terms(self) -> Terms:
        """What the paper fixes."""
        if self.protocol == "1997":
            return Terms(
                2, 1, "linear", "squared", (2 - share_of_first(self.length)) / 48,
                Judge(within(0.04), most_wrong=(1, TEST)),
                "Hochreiter and Schmidhuber 1997, experiment 4",
                "LSTM of 93 weights: 74,000 / 209,000 / 853,000 sequences at T = 100 / 500 / 1000",
            )  # fmt: skip
        return Terms(
            2, 1, "linear", "squared", 1 / 24, Judge(within(0.04), most_wrong=(1, 100)),
            "Martens and Sutskever 2011; Sutskever et al. 2013",
            "100 tanh units, initialization and momentum, 50,000 updates of 100 sequences: error 2.5e-4 at T = 80",
        )  # fmt: skip

    def draw(self, count: int, *, key: Array) -> Batch:
        """Fresh sequences: inputs ``(count, 1.1 T, 2)``, zero after ``lengths``; targets ``(count, 1, 1)``."""
        shape = (count, longest(self.length))
        require_numbers(*shape, 2)
        for_numbers, for_marks = jax.random.split(key)
        low = -1.0 if self.protocol == "1997" else 0.0
        numbers = jax.random.uniform(for_numbers, shape, minval=low)
        marked = mark(numbers, self.length, self.protocol, 0.0, key=for_marks)
        total = marked.first + marked.second
        target = 0.5 + total / 4 if self.protocol == "1997" else total / 2
        return Batch(marked.inputs, target[:, None, None], None, marked.lengths)

    def test(self, *, key: Array) -> Batch:
        """2,560 sequences; 10,000 in 2011."""
        wanted = TEST if self.protocol == "1997" else 10_000
        return draw_once(self, count_of_test(wanted, longest(self.length), 2), key=key)


def adding(count: int, time: int, *, seed: int) -> Batch:
    r"""Sequences of :class:`Adding` as arrays of numpy: two marked numbers and their sum, the protocol of 1997.

    Parameters
    ----------
    count
        How many sequences.
    time
        :math:`T`, from 11; lengths are whole numbers drawn evenly from :math:`T` to :math:`1.1\, T`.
    seed
        A whole number, at least 0.

    Returns
    -------
    Batch
        Inputs ``(count, T + T // 10, 2)`` with ``lengths``, zero after these; targets ``(count, 1, 1)``. The shape is
        the same for every seed and no bucket is filled: a power of two would nearly double the work at T = 1000.

    Raises
    ------
    InputError
        An argument is not such a whole number.

    Examples
    --------
    >>> from unrolled.tasks import adding
    >>> batch = adding(1, 20, seed=1)
    >>> row, marked = batch.inputs[0], batch.inputs[0, :, 1] == 1
    >>> int(marked.sum()), bool(abs(0.5 + row[marked, 0].sum() / 4 - batch.targets[0, 0, 0]) < 1e-15)
    (2, True)
    """
    require_whole("time", time, 11, MOST_STEPS)
    return draw_on_host(Adding(int(time)), count, seed)
