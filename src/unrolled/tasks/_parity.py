"""Parity: whether the ones so far are even or odd."""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import Array

from unrolled.tasks._judge import Judge, within
from unrolled.tasks._symbols import as_bits
from unrolled.tasks._task import (
    TEST,
    Task,
    Terms,
    count_of_test,
    draw_once,
    require_length,
    require_numbers,
    require_targets,
)
from unrolled.types import Batch

__all__ = ["Parity"]


@dataclass(frozen=True)
class Parity(Task):
    r"""Say whether the number of ones in a row of bits is odd.

    .. math:: y_t = x_1 \oplus x_2 \oplus \cdots \oplus x_t

    The bits are fair. One wrong bit turns the answer, so that a trace of the past is worth nothing.

    A sequence is right when every output that has a target is on the right side of 1/2; ``error`` is the share of wrong
    ones. The paper's criterion is not reproduced; here: at most 1 % of 2,560 wrong. The guess is :math:`\ln 2`.

    Attributes
    ----------
    length
        :math:`T`, bits of a sequence, from 1.
    targets
        Only the ``"scored"`` last step has a target, as in the paper, or ``"every"`` step.

    Examples
    --------
    >>> import jax
    >>> from unrolled.tasks import Parity
    >>> batch = Parity(6, targets="every").draw(1, key=jax.random.key(1))
    >>> batch.inputs[0, :, 0].tolist(), batch.targets[0, :, 0].tolist()
    ([1.0, 0.0, 1.0, 1.0, 0.0, 0.0], [1.0, 1.0, 0.0, 1.0, 1.0, 1.0])

    References
    ----------
    Bengio et al., "Learning long-term dependencies with gradient descent is difficult", 1994.
    """

    name: ClassVar[str] = "parity"
    length: int = 20
    targets: str = "scored"

    def __post_init__(self) -> None:
        require_length(self, 1, "as there must be a bit")
        require_targets(self.targets)

    @property
    def lag(self) -> int | None:
        """The problem fixes none."""
        return None

    @property
    def terms(self) -> Terms:
        """What the paper fixes."""
        return Terms(
            1, 1, "sigmoid", "cross-entropy", log(2), Judge(within(0.5), most_wrong=(1, 100)),
            "Bengio et al. 1994",
            "none to beat: weights that are guessed at random solve it (Hochreiter and Schmidhuber 1996)",
        )  # fmt: skip

    def draw(self, count: int, *, key: Array) -> Batch:
        """Fresh sequences: inputs ``(count, T, 1)``, targets ``(count, 1, 1)`` or ``(count, T, 1)``."""
        require_numbers(count, self.length, 1)
        bits = as_bits(jax.random.bernoulli(key, shape=(count, self.length)))
        odd = jnp.cumsum(bits, axis=1) % 2
        return Batch(bits[..., None], (odd if self.targets == "every" else odd[:, -1:])[..., None])

    def test(self, *, key: Array) -> Batch:
        """2,560 sequences."""
        return draw_once(self, count_of_test(TEST, self.length, 1), key=key)
