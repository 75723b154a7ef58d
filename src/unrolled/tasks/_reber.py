"""What is asked of the strings of the embedded Reber grammar: the next symbols, and whether they are legal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from jaxtyping import Float

from unrolled.arguments import MOST, require_whole
from unrolled.errors import InputError
from unrolled.tasks._generator import generator
from unrolled.tasks._ragged import pad_sequences
from unrolled.tasks._reber_grammar import REBER_ALPHABET, draw_strings, is_reber, legal_symbols, reber_strings
from unrolled.tasks._rows import as_list
from unrolled.types import Batch

__all__ = ["embedded_reber", "next_symbols", "reber_or_not"]

_OTHER = {"T": "P", "P": "T"}
_INSIDE = "TPSXV"


def next_symbols(strings: Sequence[str]) -> tuple[Batch, Float[np.ndarray, "batch time symbol"]]:
    """Strings of the grammar as a problem: say which symbols may come next.

    Parameters
    ----------
    strings
        Whole strings of the grammar.

    Returns
    -------
    tuple
        A batch with the one-hot symbols but the last as inputs and the symbol that came next as the target of every
        step; and what might have come: 1 for every legal symbol, 0 for the others, NaN in the padding. A string is
        understood where at every step each legal symbol is more active than all others.

    Raises
    ------
    InputError
        A string is not of the grammar.

    Examples
    --------
    >>> from unrolled.tasks import REBER_ALPHABET, next_symbols
    >>> batch, legal = next_symbols(["BTBTXSETE"])
    >>> REBER_ALPHABET.characters, batch.inputs[0, 0].tolist()
    ('BTPSXVE', [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    >>> batch.targets[0, 0].tolist(), legal[0, 0].tolist()
    ([0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0], [0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0])
    """
    for i, text in enumerate(as_list("strings", strings)):
        if not is_reber(text):
            raise InputError(f"strings[{i}] must be a whole string of the embedded Reber grammar; came {text!r}.")
    vectors = [REBER_ALPHABET.one_hot(text) for text in strings]
    inputs = [vector[:-1] for vector in vectors]
    legal = [_multi_hot(legal_symbols(text)[:-1]) for text in strings]
    return pad_sequences(inputs, [vector[1:] for vector in vectors]), np.asarray(pad_sequences(inputs, legal).targets)


def embedded_reber(
    count: int, *, seed: int, unlike: Iterable[str] = ()
) -> tuple[Batch, Float[np.ndarray, "batch time symbol"]]:
    """:func:`next_symbols` of :func:`reber_strings`: the benchmark of 1991 and 1997.

    Parameters
    ----------
    count, seed, unlike
        As of :func:`reber_strings`, which gives the strings themselves for the same arguments.

    Returns
    -------
    tuple
        The batch, and the legal symbols at every step.

    Raises
    ------
    InputError
        The count or the seed is not such a whole number.

    Examples
    --------
    >>> from unrolled.tasks import embedded_reber
    >>> batch, legal = embedded_reber(256, seed=0)
    >>> batch.inputs.shape[2], int(batch.lengths.min()), legal.shape == batch.targets.shape
    (7, 8, True)
    """
    return next_symbols(reber_strings(count, seed=seed, unlike=unlike))


def reber_or_not(count: int, *, seed: int) -> Batch:
    """Strings of the grammar and strings that break it in one place, to be told apart at the end.

    One of two is legal. Of the others one half has T for P or P for T before its last E, so that only the second
    symbol gives it away; the other half has one wrong symbol inside. The lengths say nothing: all are drawn alike.
    Short strings come often, with one seed as with another.

    Parameters
    ----------
    count
        How many strings.
    seed
        A whole number, at least 0.

    Returns
    -------
    Batch
        Inputs one-hot, padded, with ``lengths``; one target after the last symbol, 1 for a legal string, 0 otherwise.

    Raises
    ------
    InputError
        The count or the seed is not such a whole number.

    Examples
    --------
    >>> from unrolled.tasks import REBER_ALPHABET, is_reber, reber_or_not
    >>> batch = reber_or_not(4, seed=0)
    >>> rows = zip(batch.inputs, batch.lengths, batch.targets[:, 0, 0])
    >>> texts = [(REBER_ALPHABET.decode(row[:n].argmax(axis=1)), legal) for row, n, legal in rows]
    >>> all(is_reber(text) == legal for text, legal in texts)
    True
    """
    require_whole("count", count, 1, MOST)
    random = generator(seed)
    kinds = random.permutation(count) % 4
    texts = draw_strings(count, random)
    texts = [text if kind % 2 else _broken(text, kind == 0, random) for text, kind in zip(texts, kinds, strict=True)]
    return pad_sequences([REBER_ALPHABET.one_hot(text) for text in texts], (kinds % 2).astype(np.float64))


def _broken(text: str, outside: bool, random: np.random.Generator) -> str:
    """The string with one symbol replaced so that it is not of the grammar."""
    if outside:
        return text[:-2] + _OTHER[text[-2]] + text[-1]
    while True:
        place = int(random.integers(3, len(text) - 3))
        changed = text[:place] + _INSIDE[random.integers(len(_INSIDE))] + text[place + 1 :]
        if not is_reber(changed):
            return changed


def _multi_hot(symbols: list[str]) -> Float[np.ndarray, "time symbol"]:
    return np.array([[float(one in legal) for one in REBER_ALPHABET.characters] for legal in symbols])
