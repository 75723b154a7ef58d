"""Classes as vectors, and characters as classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from unrolled.arguments import MOST, require_whole
from unrolled.errors import InputError

__all__ = ["Alphabet", "one_hot", "require_alphabet"]

_NO_TARGET = -1


def one_hot(labels: Any, classes: int) -> Float[np.ndarray, "*labels classes"]:
    """A vector for every label: 1 at its class, 0 elsewhere.

    Parameters
    ----------
    labels
        Whole numbers from 0 to ``classes - 1``, of any shape; -1 means that there is no target.
    classes
        How many classes there are.

    Returns
    -------
    Array
        float64, with one axis more than the labels; NaN for a label of -1.

    Raises
    ------
    InputError
        A label is not a whole number or outside the range.

    Examples
    --------
    >>> from unrolled.tasks import one_hot
    >>> one_hot([2, 0, -1], 3).tolist()
    [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [nan, nan, nan]]
    """
    require_whole("classes", classes, 1, MOST)
    numbers = _labels(labels, _NO_TARGET, classes)
    made = np.zeros((*numbers.shape, classes))
    # A label of -1 marks the last class, and the NaN is written over it.
    np.put_along_axis(made, numbers[..., None], 1.0, axis=-1)
    made[numbers == _NO_TARGET] = np.nan
    return made


def _labels(labels: Any, least: int, classes: int) -> np.ndarray:
    """The labels as whole numbers from ``least`` to one below ``classes``."""
    expected = f"labels must be whole numbers from {least} to {classes - 1}"
    try:
        numbers = np.asarray(labels)
    except (TypeError, ValueError):  # lists of unequal length
        raise InputError(f"{expected}, in rows of equal length; came {labels!r}.") from None
    if numbers.size == 0:
        return numbers.astype(np.int64)
    if numbers.dtype.kind not in "iu":
        raise InputError(f"{expected}; came values of type {numbers.dtype}.")
    if numbers.min() < least or numbers.max() >= classes:
        raise InputError(f"{expected}; came {numbers.min()} to {numbers.max()}.")
    return numbers.astype(np.int64)


@dataclass(frozen=True)
class Alphabet:
    """The characters that a text is made of, each with its number.

    Attributes
    ----------
    characters
        All of them, each once; the first has number 0.

    Raises
    ------
    InputError
        There is no character, or one comes twice.

    Examples
    --------
    >>> from unrolled.tasks import Alphabet
    >>> alphabet = Alphabet.of("hello")
    >>> alphabet.characters, alphabet.encode("hello").tolist()
    ('ehlo', [1, 0, 2, 2, 3])
    >>> alphabet.decode([1, 0, 2, 2, 3])
    'hello'
    """

    characters: str

    def __post_init__(self) -> None:
        if not isinstance(self.characters, str) or not self.characters:
            raise InputError(f"characters must be text of at least one character; came {self.characters!r}.")
        twice = sorted({one for one in self.characters if self.characters.count(one) > 1})
        if twice:
            raise InputError(f"characters must differ from each other; {twice[0]!r} comes twice. Try Alphabet.of.")

    @classmethod
    def of(cls, text: str) -> Alphabet:
        """The distinct characters of a text, in sorted order."""
        _require_text(text)
        return cls("".join(sorted(set(text))))

    def __len__(self) -> int:
        return len(self.characters)

    def encode(self, text: str) -> Int[np.ndarray, " time"]:
        """The number of every character; an :class:`InputError` names those that the alphabet lacks."""
        _require_text(text)
        number = {character: i for i, character in enumerate(self.characters)}
        lacking = sorted(set(text) - set(number))
        if lacking:
            raise InputError(
                f"text must hold characters of the alphabet alone; came {', '.join(map(repr, lacking[:10]))}"
                f"{' and others' * (len(lacking) > 10)}. Make the alphabet of all the text that will be used, or "
                "replace them."
            )
        return np.array([number[character] for character in text], np.int64)

    def decode(self, labels: Any) -> str:
        """The text of these numbers; an :class:`InputError` for a number outside the alphabet."""
        numbers = _labels(labels, 0, len(self))
        if numbers.ndim != 1:
            raise InputError(f"labels must have shape (time,); came {numbers.shape}.")
        return "".join(self.characters[number] for number in numbers)

    def one_hot(self, text: str) -> Float[np.ndarray, "time classes"]:
        """A vector for every character: 1 at its number, 0 elsewhere."""
        return one_hot(self.encode(text), len(self))


def _require_text(text: Any) -> None:
    if not isinstance(text, str):
        raise InputError(f"text must be a string; came {type(text).__name__}.")


def require_alphabet(alphabet: Any) -> None:
    """Raise an :class:`InputError` unless it is an :class:`Alphabet`; a string has an ``encode`` of its own."""
    if not isinstance(alphabet, Alphabet):
        raise InputError(f"alphabet must be an Alphabet, as Alphabet.of(text); came {type(alphabet).__name__}.")
