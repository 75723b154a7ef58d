"""The embedded Reber grammar as a task: next symbols of 256 strings, judged on these and 256 others."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from unrolled.tasks._generator import generator, require_seed
from unrolled.tasks._judge import Judge
from unrolled.tasks._reber import next_symbols
from unrolled.tasks._reber_grammar import REBER_ALPHABET, draw_strings, grammar_tables
from unrolled.tasks._task import Task, Terms, require_length, require_numbers
from unrolled.types import Batch

__all__ = ["EmbeddedReber"]

_STRINGS = 256
# With 1,036 strings of that length or less there are others beside those of the training.
_LEAST = 20


@dataclass(frozen=True)
class EmbeddedReber(Task):
    r"""Say the next symbol of strings of the embedded Reber grammar; the last but one needs the second.

    256 strings are for training and ``draw`` picks from them; 256 others, unlike all of these, are for the test. Inputs
    are the one-hot symbols but the last, the target of every step is the symbol that comes next, NaN in the padding.

    A string is right when at every step each legal symbol is more active than all others; ``error`` is the share of
    wrong ones. Solved: all 512 right. The guess is the entropy of the next symbol at a step, over the strings of
    training.

    Attributes
    ----------
    length
        The longest string that is taken, in symbols, from 20; inputs have one step less. Of 16,000 strings one has more
        than 40 symbols, which are 12 in the mean.
    seed
        Decides the strings. A whole number, at least 0.

    Examples
    --------
    >>> import jax
    >>> from unrolled.tasks import EmbeddedReber
    >>> task = EmbeddedReber(seed=3)
    >>> batch = task.test(key=jax.random.key(0))
    >>> batch.inputs.shape, bool(task.solved(batch.targets, batch))  # of two legal symbols one is as low as the others
    ((512, 39, 7), False)

    References
    ----------
    Fahlman, "The recurrent cascade-correlation architecture", 1991; Hochreiter & Schmidhuber, "Long short-term
    memory", 1997, experiment 1.
    """

    name: ClassVar[str] = "embedded-reber"
    length: int = 40
    seed: int = 0

    def __post_init__(self) -> None:
        require_length(self, _LEAST, "so that there are strings enough")
        require_seed(self.seed)

    @property
    def lag(self) -> int | None:
        """The problem fixes none."""
        return None

    @property
    def terms(self) -> Terms:
        """What the paper fixes."""
        symbols = len(REBER_ALPHABET.characters)
        return Terms(
            symbols, symbols, "softmax", "cross-entropy", _entropy(self.length, self.seed), Judge(_right),
            "Hochreiter and Schmidhuber 1997, experiment 1",
            "LSTM of 276 weights: 8,440 sequences, 100 % of the trials",
        )  # fmt: skip

    @property
    def training_strings(self) -> tuple[str, ...]:
        """The 256 strings that are learned from."""
        return _strings(self.length, self.seed)[:_STRINGS]

    @property
    def test_strings(self) -> tuple[str, ...]:
        """The 256 strings that are unlike these."""
        return _strings(self.length, self.seed)[_STRINGS:]

    def draw(self, count: int, *, key: Array) -> Batch:
        """Strings of training: inputs and targets ``(count, length - 1, 7)`` with ``lengths``."""
        require_numbers(count, self.length - 1, len(REBER_ALPHABET.characters))
        rows = jax.random.randint(key, (count,), 0, _STRINGS)
        return jax.tree.map(lambda leaf: leaf[rows], self._all())

    def test(self, *, key: Array) -> Batch:
        """All 512 strings, those of training first."""
        del key
        return self._all()

    def _all(self) -> Batch:
        inputs, targets, lengths = _arrays(self.length, self.seed)
        dtype = jnp.result_type(float)
        # Converted on the host, where it takes no program.
        inputs, targets, lengths = jax.device_put((inputs.astype(dtype), targets.astype(dtype), lengths))
        return Batch(inputs, targets, None, lengths)


@lru_cache(maxsize=64)
def _strings(longest: int, seed: int) -> tuple[str, ...]:
    random = generator(seed)
    training = draw_strings(_STRINGS, random, longest=longest)
    return (*training, *draw_strings(_STRINGS, random, frozenset(training), longest))


@lru_cache(maxsize=64)
def _arrays(longest: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Inputs, targets and lengths, all strings padded to the same length for every seed."""
    batch, _ = next_symbols(_strings(longest, seed))
    time = longest - 1
    more = max(0, time - batch.inputs.shape[1])
    widths = ((0, 0), (0, more), (0, 0))
    inputs, targets = np.pad(batch.inputs, widths), np.pad(batch.targets, widths, constant_values=np.nan)
    return inputs[:, :time], targets[:, :time], np.asarray(batch.lengths, np.int32)


@lru_cache(maxsize=64)
def _entropy(longest: int, seed: int) -> float:
    """The mean of -ln p over all next symbols of the training, p their share at the same step."""
    targets = _arrays(longest, seed)[1][:_STRINGS]
    counts = np.nansum(targets, axis=0)
    here = counts.sum(axis=1, keepdims=True)
    shares = np.where(counts > 0, counts, 1) / np.where(counts > 0, here, 1)
    return float(-(counts * np.log(shares)).sum() / counts.sum())


def _right(outputs: Any, batch: Batch) -> Bool[Array, " batch"]:
    legal = _legal(jnp.asarray(batch.inputs)) > 0
    lowest = jnp.min(jnp.where(legal, outputs, jnp.inf), axis=-1)
    highest = jnp.max(jnp.where(legal, -jnp.inf, outputs), axis=-1)
    return jnp.all((lowest > highest) | jnp.isnan(jnp.asarray(batch.targets)[..., 0]), axis=1)


def _legal(inputs: Float[Array, "batch time symbol"]) -> Float[Array, "batch time symbol"]:
    """The symbols that may come after every step."""
    legal, after = (jnp.asarray(table) for table in grammar_tables())

    def step(states: Array, symbols: Array) -> tuple[Array, Array]:
        states = after[states, symbols]
        return states, legal[states]

    symbols = jnp.argmax(inputs, axis=-1).T
    _, found = jax.lax.scan(step, jnp.zeros(inputs.shape[0], after.dtype), symbols)
    return found.swapaxes(0, 1)
