"""Text as a sequence problem: say the next character."""

from __future__ import annotations

import numpy as np
from jaxtyping import Int

from unrolled.arguments import MOST, require_whole
from unrolled.errors import InputError
from unrolled.tasks._labels import Alphabet, one_hot, require_alphabet
from unrolled.types import Batch

__all__ = ["next_character"]


def next_character(text: str, alphabet: Alphabet, length: int, *, lanes: int | None = None) -> Batch:
    """Pieces of a text, with the next character as the target of every character.

    The text is cut into pieces that follow each other; the target of a piece's last character is the first of the
    next piece. The tail that fills no piece is dropped, and so is the last character, which has no next.

    With lanes, the pieces stand in the order in which a stateful network carries its states: sequence i goes on where
    sequence i - ``lanes`` ended. Every lane is one run of consecutive pieces, all lanes are of the same length, and
    the pieces at the end of the text that do not fill all of them are dropped too.

    Parameters
    ----------
    text
        Longer than one piece; with lanes, longer than one piece for each.
    alphabet
        Its characters.
    length
        How many characters a piece has.
    lanes
        How many pieces run side by side, the batch size of the stateful network; ``None`` for plain order.

    Returns
    -------
    Batch
        Inputs and targets ``(piece, length, character)``, one-hot in float64: 8 bytes for every character of the
        alphabet at every character of the text, twice.

    Raises
    ------
    InputError
        The text is too short, or holds a character that the alphabet lacks.

    Examples
    --------
    >>> from unrolled.tasks import Alphabet, next_character
    >>> alphabet = Alphabet.of("abcdefghi")
    >>> batch = next_character("abcdefghi", alphabet, 2, lanes=2)
    >>> [alphabet.decode(piece.argmax(axis=1)) for piece in batch.inputs]
    ['ab', 'ef', 'cd', 'gh']
    >>> alphabet.decode(batch.targets[2].argmax(axis=1))
    'de'
    """
    require_alphabet(alphabet)
    numbers = alphabet.encode(text)
    require_whole("length", length, 1, MOST)
    side_by_side = 1 if lanes is None else require_whole("lanes", lanes, 1, MOST)
    pieces = (len(numbers) - 1) // length
    if pieces < side_by_side:
        raise InputError(
            f"text must have at least {length * side_by_side + 1} characters for {side_by_side} piece"
            f"{'s' * (side_by_side > 1)} of {length} and the next character; came {len(numbers)}."
        )
    starts = length * _in_lanes(pieces, side_by_side)[:, None] + np.arange(length)
    return Batch(one_hot(numbers[starts], len(alphabet)), one_hot(numbers[starts + 1], len(alphabet)))


def _in_lanes(pieces: int, lanes: int) -> Int[np.ndarray, " piece"]:
    """The numbers of the pieces, ordered by step and then by lane."""
    steps = pieces // lanes
    return np.arange(steps * lanes).reshape(lanes, steps).T.ravel()
