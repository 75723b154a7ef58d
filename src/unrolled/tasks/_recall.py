"""Say a row of symbols again after a long delay: memorization without noise, and copying."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from math import log
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int

from unrolled.errors import InputError
from unrolled.tasks._judge import Judge, same_class, wrong_symbols
from unrolled.tasks._symbols import as_vectors
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

__all__ = ["Copying", "Memorization"]

# By the bits that are kept: how many symbols, of how many kinds.
_PATTERNS = {5: (5, 2), 20: (10, 5)}
_COPIED = (10, 8)


@dataclass(frozen=True)
class Memorization(Task):
    r"""Keep five symbols of two kinds, or ten of five, over a delay in which nothing happens.

    With :math:`n` symbols of :math:`k` kinds there are :math:`T + 2n` steps: the symbols; :math:`T - 1` times a blank;
    the cue; :math:`n` times the blank. Inputs are one-hot: the kinds, the blank, the cue. The target is the blank (the
    last of :math:`k + 1` classes) up to and with the cue, then the symbols in their order.

    A sequence is right when the most active output is right at each of the last :math:`n` steps; ``error`` is the
    number of wrong symbols among them, in the mean: who guesses has 2.5 of 5, 8 of 10. Solved: less than 0.01. The
    guess is :math:`n \ln k / (T + 2n)`, or :math:`\ln k` where only these steps have a target.

    Attributes
    ----------
    length
        :math:`T`, from 1.
    bits
        5 (:math:`n = 5`, :math:`k = 2`; 32 sequences in all) or 20 (:math:`n = 10`, :math:`k = 5`).
    targets
        ``"every"`` step has a target, as in the papers, or only the ``"scored"`` ones, the last :math:`n`.

    Examples
    --------
    >>> import jax
    >>> from unrolled.tasks import Memorization
    >>> batch = Memorization(4).draw(1, key=jax.random.key(0))
    >>> "".join("01.!"[i] for i in batch.inputs[0].argmax(axis=1))
    '10011...!.....'
    >>> "".join("01."[i] for i in batch.targets[0].argmax(axis=1))
    '.........10011'

    References
    ----------
    Martens & Sutskever, "Learning recurrent neural networks with Hessian-free optimization", 2011; Sutskever et al.,
    "On the importance of initialization and momentum in deep learning", 2013; the layout: Jaeger, "Long short-term
    memory in echo state networks", 2012.
    """

    name: ClassVar[str] = "memorization"
    length: int = 80
    bits: int = 5
    targets: str = "every"

    def __post_init__(self) -> None:
        if not isinstance(self.bits, int) or self.bits not in _PATTERNS:
            raise InputError(f"bits must be 5 or 20; came {self.bits!r}.")
        require_length(self, 1, "as the cue is a step of its own")
        require_targets(self.targets)

    @property
    def terms(self) -> Terms:
        """What the paper fixes."""
        n, kinds = _PATTERNS[self.bits]
        figure = "0.63 symbols wrong, not solved, at T = 200" if self.bits == 5 else "5e-5 at T = 80"
        return Terms(
            kinds + 2, kinds + 1, "softmax", "cross-entropy", _guess(n, kinds, self.length, self.targets),
            Judge(same_class(n), wrong_symbols(n), below=0.01),
            "Martens and Sutskever 2011; Sutskever et al. 2013",
            f"100 tanh units, initialization and momentum, 50,000 updates of 100 sequences: error {figure}",
        )  # fmt: skip

    def draw(self, count: int, *, key: Array) -> Batch:
        """Fresh sequences: inputs ``(count, T + 2n, k + 2)``, targets ``(count, T + 2n or n, k + 1)``."""
        n, kinds = _PATTERNS[self.bits]
        require_numbers(count, self.length + 2 * n, kinds + 2)
        return _recall(jax.random.randint(key, (count, n), 0, kinds), kinds, self.length, self.targets)

    def test(self, *, key: Array) -> Batch:
        """10,000 sequences; of 5 bits all 32 that there are."""
        n, kinds = _PATTERNS[self.bits]
        if self.bits == 5:
            return _every(self)
        return draw_once(self, count_of_test(10_000, self.length + 2 * n, kinds + 2), key=key)


@dataclass(frozen=True)
class Copying(Task):
    r"""Copy ten symbols of eight kinds after a delay.

    There are :math:`T + 20` steps: ten symbols; :math:`T - 1` times a blank; the delimiter; ten times the blank. Inputs
    are one-hot in that order of kinds. The target is the blank (the last of nine classes) for :math:`T + 10` steps,
    then the ten symbols.

    A sequence is right when the most active output is right at each of the last ten steps; ``error`` is the mean
    cross-entropy over the steps that have a target. The paper has no criterion; here: at most 1 % of 2,560 wrong. The
    guess is :math:`10 \ln 8 / (T + 20)`, or :math:`\ln 8` where only the last steps have a target.

    Attributes
    ----------
    length
        :math:`T`, from 1.
    targets
        ``"every"`` step has a target, as in the paper, or only the ``"scored"`` ones, the last ten.

    Examples
    --------
    >>> from unrolled.tasks import Copying
    >>> task = Copying(1000)
    >>> task.features, task.outputs, round(task.guess, 5)
    (10, 9, 0.02039)

    References
    ----------
    Arjovsky et al., "Unitary evolution recurrent neural networks", 2016, section 5.1; the task itself: Hochreiter &
    Schmidhuber 1997.
    """

    name: ClassVar[str] = "copying"
    length: int = 100
    targets: str = "every"

    def __post_init__(self) -> None:
        require_length(self, 1, "as the delimiter is a step of its own")
        require_targets(self.targets)

    @property
    def terms(self) -> Terms:
        """What the paper fixes."""
        n, kinds = _COPIED
        return Terms(
            kinds + 2, kinds + 1, "softmax", "cross-entropy", _guess(n, kinds, self.length, self.targets),
            Judge(same_class(n), _cross_entropy, most_wrong=(1, 100)),
            "Arjovsky et al. 2016",
            "orthogonal recurrent weights: T = 10,000",
        )  # fmt: skip

    def draw(self, count: int, *, key: Array) -> Batch:
        """Fresh sequences: inputs ``(count, T + 20, 10)``, targets ``(count, T + 20, 9)`` or ``(count, 10, 9)``."""
        n, kinds = _COPIED
        require_numbers(count, self.length + 2 * n, kinds + 2)
        return _recall(jax.random.randint(key, (count, n), 0, kinds), kinds, self.length, self.targets)

    def test(self, *, key: Array) -> Batch:
        """2,560 sequences."""
        n, kinds = _COPIED
        return draw_once(self, count_of_test(TEST, self.length + 2 * n, kinds + 2), key=key)


@partial(jax.jit, static_argnums=0)
def _every(task: Memorization) -> Batch:
    """All sequences that there are."""
    n, kinds = _PATTERNS[task.bits]
    every = np.indices((kinds,) * n).reshape(n, -1).T
    return _recall(jnp.asarray(every), kinds, task.length, task.targets)


def _recall(symbols: Int[Array, "batch place"], kinds: int, delay: int, targets: str) -> Batch:
    """Symbols, a delay that ends with a cue, and time to say them again."""
    count, n = symbols.shape
    blank, cue = kinds, kinds + 1
    row = jnp.full((count, delay + n), blank).at[:, delay - 1].set(cue)
    inputs = as_vectors(jnp.concatenate([symbols, row], axis=1), kinds + 2)
    wanted = as_vectors(symbols, kinds + 1)
    if targets == "every":
        waiting = as_vectors(jnp.full((count, delay + n), blank), kinds + 1)
        wanted = jnp.concatenate([waiting, wanted], axis=1)
    return Batch(inputs, wanted)


def _guess(n: int, kinds: int, delay: int, targets: str) -> float:
    return log(kinds) * (n / (delay + 2 * n) if targets == "every" else 1)


def _cross_entropy(outputs: Any, batch: Batch) -> Any:
    tiny = jnp.finfo(outputs.dtype).tiny
    return -jnp.mean(jnp.sum(batch.targets * jnp.log(jnp.maximum(outputs, tiny)), axis=-1))
