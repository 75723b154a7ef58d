"""The adding problem: two numbers to be kept over many steps."""

from __future__ import annotations

import numpy as np

from unrolled.arguments import require_whole
from unrolled.tasks._generator import MOST, generator
from unrolled.types import Batch

__all__ = ["adding"]

# The first marked pair is one of so many, and the last pair of a sequence is none of them.
_FIRST_PAIRS = 10


def adding(count: int, time: int, *, seed: int) -> Batch:
    r"""Add two marked numbers that stand far from each other and from the end.

    Every step is a pair: a number from :math:`U(-1, 1)` and a marker. One of the first ten pairs is marked with 1, and
    one of the first :math:`T/2 - 1` others; the first and the last pair have the marker -1, the rest 0. Should one of
    the two be the first pair, it keeps -1 and its number becomes 0. The target after the last step is

    .. math:: y = \tfrac12 + \tfrac14 (X_1 + X_2),

    with :math:`X_1, X_2` the two marked numbers. A sequence counts as right within 0.04; whoever always
    says 1/2 has a mean squared error of a little less than 1/24.

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
    >>> batch = adding(1, 20, seed=0)
    >>> row, marked = batch.inputs[0], batch.inputs[0, :, 1] == 1
    >>> int(marked.sum()), bool(abs(0.5 + row[marked, 0].sum() / 4 - batch.targets[0, 0, 0]) < 1e-15)
    (2, True)

    References
    ----------
    Hochreiter & Schmidhuber, "Long short-term memory", 1997, experiment 4.
    """
    require_whole("count", count, 1, MOST)
    require_whole("time", time, _FIRST_PAIRS + 1, MOST)
    random, longest = generator(seed), time + time // 10
    lengths = random.integers(time, longest, size=count, endpoint=True)
    inputs = np.zeros((count, longest, 2))
    inputs[..., 0] = random.uniform(-1.0, 1.0, (count, longest)) * (np.arange(longest) < lengths[:, None])
    first = random.integers(_FIRST_PAIRS, size=count)
    second = random.integers(time // 2 - 1, size=count)
    second += second >= first
    every = np.arange(count)
    inputs[(first == 0) | (second == 0), 0, 0] = 0.0
    inputs[every, first, 1] = inputs[every, second, 1] = 1.0
    inputs[:, 0, 1] = inputs[every, lengths - 1, 1] = -1.0
    total = inputs[every, first, 0] + inputs[every, second, 0]
    return Batch(inputs, (0.5 + total / 4)[:, None, None], None, lengths)
