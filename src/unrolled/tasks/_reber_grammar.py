"""The embedded Reber grammar: strings whose last symbol but one is that of the beginning."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from unrolled.arguments import MOST, require_whole
from unrolled.errors import InputError
from unrolled.tasks._generator import generator
from unrolled.tasks._labels import Alphabet

__all__ = ["REBER_ALPHABET", "draw_strings", "grammar_tables", "is_reber", "legal_symbols", "reber_strings"]

#: The seven symbols, in the order of their numbers.
REBER_ALPHABET = Alphabet("BTPSXVE")

# Reber's grammar: from every state, where each symbol leads.
_INNER = (
    {"B": 1},
    {"T": 2, "P": 3},
    {"S": 2, "X": 4},
    {"T": 3, "V": 5},
    {"X": 3, "S": 6},
    {"P": 4, "V": 6},
    {"E": 7},
)
# Two copies of it between two symbols that must agree.
_GRAMMAR: dict[str, dict[str, str]] = {
    "begin": {"B": "outer"},
    "outer": {"T": "T0", "P": "P0"},
    **{f"{o}{i}": {s: f"{o}{j}" for s, j in leads.items()} for o in "TP" for i, leads in enumerate(_INNER)},
    "T7": {"T": "last"},
    "P7": {"P": "last"},
    "last": {"E": "end"},
    "end": {},
}


def reber_strings(count: int, *, seed: int, unlike: Iterable[str] = ()) -> list[str]:
    r"""Strings of the embedded Reber grammar, every legal symbol equally likely at every step.

    A string is B, then T or P, a string of Reber's own grammar, the same T or P again, and E. To say the last symbol
    but one, the second has to be kept through the string between, which has 5 symbols or more.

    Parameters
    ----------
    count
        How many.
    seed
        A whole number, at least 0.
    unlike
        Strings that must not come, as those of training among those of a test.

    Returns
    -------
    list of str
        From 9 symbols on; the same string may come twice.

    Raises
    ------
    InputError
        The count or the seed is not such a whole number.

    Examples
    --------
    >>> from unrolled.tasks import reber_strings
    >>> train = reber_strings(2, seed=0)
    >>> train, reber_strings(1, seed=0, unlike=train)[0] in train
    (['BPBPVPXTTTTVVEPE', 'BPBPVVEPE'], False)

    References
    ----------
    Fahlman, "The recurrent cascade-correlation architecture", 1991; Hochreiter & Schmidhuber, "Long short-term
    memory", 1997, experiment 1.
    """
    require_whole("count", count, 1, MOST)
    if isinstance(unlike, str):
        raise InputError(f"unlike must be a list of strings; came the string {unlike!r}. Put it in a list.")
    return draw_strings(count, generator(seed), frozenset(unlike))


def is_reber(text: str) -> bool:
    """Whether a text is a string of the embedded Reber grammar, from its first symbol to its last.

    Examples
    --------
    >>> from unrolled.tasks import is_reber
    >>> is_reber("BTBTXSETE"), is_reber("BTBTXSEPE"), is_reber("BTBTX")
    (True, False, False)
    """
    states = _states(text)
    return len(states) == len(text) > 0 and states[-1] == "end"


def legal_symbols(text: str) -> list[str]:
    """Which symbols may follow, after every symbol of the beginning of a string.

    Parameters
    ----------
    text
        A string of the grammar, or the beginning of one.

    Returns
    -------
    list of str
        For every symbol the one or two that may come next; nothing after the last E.

    Raises
    ------
    InputError
        No string begins so; the message says where it goes wrong.

    Examples
    --------
    >>> from unrolled.tasks import legal_symbols
    >>> legal_symbols("BTBTXSETE")
    ['TP', 'B', 'TP', 'SX', 'XS', 'E', 'T', 'E', '']
    """
    states = _states(text)
    if len(states) < len(text):
        place = len(states)
        expected = " or ".join(_GRAMMAR[states[-1] if states else "begin"]) or "the end"
        raise InputError(
            f"text must follow the embedded Reber grammar: {expected} at place {place} of {text!r}; came "
            f"{text[place]!r}."
        )
    return ["".join(_GRAMMAR[state]) for state in states]


def draw_strings(
    count: int, random: np.random.Generator, unlike: frozenset[str] = frozenset(), longest: float = math.inf
) -> list[str]:
    """Strings of the grammar from a generator's next draws, those too long left out."""
    found: list[str] = []
    while len(found) < count:
        text = _walk(random)
        if text not in unlike and len(text) <= longest:
            found.append(text)
    return found


def grammar_tables() -> tuple[Float[np.ndarray, "state symbol"], Int[np.ndarray, "state symbol"]]:
    """Which symbols are legal in every state, and where each leads; one that is not legal leads nowhere else.

    State 0 is the one before the first symbol.
    """
    names, symbols = list(_GRAMMAR), REBER_ALPHABET.characters
    legal = np.array([[float(symbol in leads) for symbol in symbols] for leads in _GRAMMAR.values()])
    after = [[names.index(leads.get(symbol, name)) for symbol in symbols] for name, leads in _GRAMMAR.items()]
    return legal, np.array(after)


def _walk(random: np.random.Generator) -> str:
    text, state = "", "begin"
    while legal := _GRAMMAR[state]:
        symbol = tuple(legal)[random.integers(len(legal))]
        text, state = text + symbol, legal[symbol]
    return text


def _states(text: Any) -> list[str]:
    """The state after every symbol, up to the first that is not legal."""
    if not isinstance(text, str):
        raise InputError(f"text must be a string; came {type(text).__name__}.")
    states, state = [], "begin"
    for symbol in text:
        if symbol not in _GRAMMAR[state]:
            break
        state = _GRAMMAR[state][symbol]
        states.append(state)
    return states
