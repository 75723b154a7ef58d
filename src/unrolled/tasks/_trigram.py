"""What counting characters can do: the classical model of text, beside which a network is judged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from unrolled.errors import InputError
from unrolled.tasks._labels import Alphabet, require_alphabet

__all__ = ["TrigramModel"]

_ORDER = 3
_SHORTEST = 30
_HELD_OUT = 0.1
_MOST_STEPS = 1000
_TOLERANCE = 1e-10


@dataclass(frozen=True, eq=False)
class _Counts:
    """How often every run of ``order`` characters came, kept for those that did."""

    grams: Int[np.ndarray, " gram"]
    counts: Int[np.ndarray, " gram"]

    @classmethod
    def of(cls, keys: Int[np.ndarray, " time"]) -> _Counts:
        return cls(*np.unique(keys, return_counts=True))

    def contexts(self, classes: int) -> _Counts:
        """How often every run came that was followed by any character."""
        contexts, place = np.unique(self.grams // classes, return_inverse=True)
        return _Counts(contexts, np.bincount(place, self.counts, len(contexts)).astype(np.int64))

    def find(self, keys: Int[np.ndarray, " time"]) -> Int[np.ndarray, " time"]:
        place = np.minimum(np.searchsorted(self.grams, keys), len(self.grams) - 1)
        return np.where(self.grams[place] == keys, self.counts[place], 0)


@dataclass(frozen=True, eq=False)
class _Levels:
    """What every order says of the characters of a text, and where it has something to say."""

    floor: float
    fractions: Float[np.ndarray, "order time"]
    seen: Bool[np.ndarray, "order time"]

    def mix(self, weights: Float[np.ndarray, " order"]) -> Float[np.ndarray, "levels time"]:
        """p_0 to p_3 of every character."""
        levels = [np.full(self.fractions.shape[1], self.floor)]
        for weight, fraction, known in zip(weights, self.fractions, self.seen, strict=True):
            levels.append(np.where(known, weight * fraction + (1 - weight) * levels[-1], levels[-1]))
        return np.stack(levels)

    def maximized(self, weights: Float[np.ndarray, " order"]) -> Float[np.ndarray, " order"]:
        """One step: how often a character that reached an order came from it, rather than from below."""
        levels = self.mix(weights)
        reached, new = np.ones(self.fractions.shape[1]), weights.copy()
        for k in reversed(range(_ORDER)):
            here = reached * self.seen[k] * weights[k] * self.fractions[k] / levels[k + 1]
            new[k] = (1 + here.sum()) / (2 + (reached * self.seen[k]).sum())
            reached = reached - here
        return new


@dataclass(frozen=True, eq=False)
class TrigramModel:
    r"""The next character given the last two: interpolated counts.

    With :math:`f_k` the fraction of times that a character came after the last :math:`k - 1` characters, and
    :math:`V` the size of the alphabet,

    .. math:: p_0 = 1/V,\qquad p_k = \lambda_k f_k + (1 - \lambda_k)\, p_{k-1},\qquad p = p_3,

    and :math:`p_k = p_{k-1}` where these :math:`k - 1` characters never came or the text has not begun yet. No
    probability is 0. The weights are fitted to the last tenth of the text with counts from the rest, by expectation
    and maximization. At every level two imagined characters are added, of which one came from there and one from
    below, so that :math:`0 < \lambda_k < 1`. Then the whole text is counted.

    Attributes
    ----------
    alphabet
        The characters.
    weights
        :math:`\lambda_1, \lambda_2, \lambda_3`.

    Examples
    --------
    >>> from unrolled.tasks import Alphabet, TrigramModel
    >>> text = "the cat sat on the mat. " * 20
    >>> model = TrigramModel.fit(text, Alphabet.of(text))
    >>> model.bits_per_character("the cat") < 2 < model.bits_per_character("eht tac")
    True

    References
    ----------
    Jelinek & Mercer, "Interpolated estimation of Markov source parameters from sparse data", 1980.
    """

    alphabet: Alphabet
    weights: Float[np.ndarray, " order"]
    _counts: tuple[_Counts, ...]
    _contexts: tuple[_Counts, ...]

    @classmethod
    def fit(cls, text: str, alphabet: Alphabet) -> TrigramModel:
        """Count a text of at least 30 characters; an :class:`InputError` for a shorter one."""
        require_alphabet(alphabet)
        numbers = alphabet.encode(text)
        if len(numbers) < _SHORTEST:
            raise InputError(f"text must have at least {_SHORTEST} characters; came {len(numbers)}.")
        grams = _grams(numbers)
        kept = len(grams) - round(_HELD_OUT * len(grams))
        even = np.full(_ORDER, 0.5)
        held_out = _counted(alphabet, even, grams[:kept])._levels_of(grams[kept:])
        return _counted(alphabet, _likeliest(even, held_out), grams)

    def bits_per_character(self, text: str) -> float:
        """The mean of -log2 p over all characters of a text; the first two are said from less."""
        if not text:
            raise InputError("text must have at least one character; came none.")
        return float(-np.log2(self._mixed(_grams(self.alphabet.encode(text)))).mean())

    def probabilities(self, context: str) -> Float[np.ndarray, " character"]:
        """The probability of every character of the alphabet after a text, which may be empty."""
        before = _grams(np.append(self.alphabet.encode(context), 0))[-1]
        grams = np.tile(before, (len(self.alphabet), 1))
        grams[:, -1] = np.arange(len(self.alphabet))
        return self._mixed(grams)

    def _mixed(self, grams: Int[np.ndarray, "time order"]) -> Float[np.ndarray, " time"]:
        return self._levels_of(grams).mix(self.weights)[-1]

    def _levels_of(self, grams: Int[np.ndarray, "time order"]) -> _Levels:
        classes = len(self.alphabet)
        fractions, seen = np.zeros((_ORDER, len(grams))), np.zeros((_ORDER, len(grams)), bool)
        for k, (counts, contexts) in enumerate(zip(self._counts, self._contexts, strict=True)):
            begun, keys = _keys(grams, k + 1, classes)
            total = contexts.find(keys // classes)
            seen[k] = begun & (total > 0)
            fractions[k] = np.where(seen[k], counts.find(keys) / np.maximum(total, 1), 0.0)
        return _Levels(1 / classes, fractions, seen)


def _counted(
    alphabet: Alphabet, weights: Float[np.ndarray, " order"], grams: Int[np.ndarray, "time order"]
) -> TrigramModel:
    found = [_keys(grams, k + 1, len(alphabet)) for k in range(_ORDER)]
    counts = tuple(_Counts.of(keys[begun]) for begun, keys in found)
    return TrigramModel(alphabet, weights, counts, tuple(count.contexts(len(alphabet)) for count in counts))


def _grams(numbers: Int[np.ndarray, " time"]) -> Int[np.ndarray, "time order"]:
    """Every character with the two before it; -1 before the start."""
    before = np.concatenate([np.full(_ORDER - 1, -1), numbers])
    return np.lib.stride_tricks.sliding_window_view(before, _ORDER)


def _keys(
    grams: Int[np.ndarray, "time order"], order: int, classes: int
) -> tuple[Bool[np.ndarray, " time"], Int[np.ndarray, " time"]]:
    """One number for the last ``order`` characters, and where the text reaches back that far."""
    last = grams[:, -order:]
    return np.all(last >= 0, axis=1), last @ classes ** np.arange(order - 1, -1, -1)


def _likeliest(weights: Float[np.ndarray, " order"], levels: _Levels) -> Float[np.ndarray, " order"]:
    """The weights under which the held-out characters are likeliest, from a first guess."""
    for _ in range(_MOST_STEPS):
        before, weights = weights, levels.maximized(weights)
        if np.abs(weights - before).max() < _TOLERANCE:
            break
    return weights
