from collections import Counter
from math import log2

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from unrolled.errors import InputError
from unrolled.tasks import Alphabet, TrigramModel, next_character

LETTERS = Alphabet("abcd")
texts = st.text(LETTERS.characters, min_size=40, max_size=200)


def _read(rows):
    return ["".join(LETTERS.characters[k] for k in row.argmax(axis=1)) for row in rows]


@given(texts, st.integers(1, 12))
def test_pieces_in_plain_order_are_the_text(text, length):
    batch = next_character(text, LETTERS, length)
    inputs, targets = "".join(_read(batch.inputs)), "".join(_read(batch.targets))
    assert (inputs, targets) == (text[: len(inputs)], text[1 : len(inputs) + 1])
    assert len(text) - 1 - length < len(inputs) <= len(text) - 1
    assert (batch.inputs.sum(axis=2) == 1).all()


@given(texts, st.integers(1, 8), st.integers(1, 6))
def test_every_lane_is_one_run_of_the_text(text, length, lanes):
    assume((len(text) - 1) // length >= lanes)
    batch = next_character(text, LETTERS, length, lanes=lanes)
    pieces, targets = _read(batch.inputs), _read(batch.targets)
    assert len(pieces) % lanes == 0
    assert 0 <= (len(text) - 1) // length - len(pieces) < lanes
    runs = ["".join(pieces[lane::lanes]) for lane in range(lanes)]
    assert text.startswith("".join(runs))
    for lane, run in enumerate(runs):
        assert "".join(targets[lane::lanes]) == text[lane * len(run) + 1 :][: len(run)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("abcd", LETTERS, 4), "text must have at least 5 characters for 1 piece of 4 and the next"),
        (("abce", LETTERS, 1), "came 'e'"),
        (("abcd", LETTERS, 0), "length must be a whole number"),
        (("abcd", "abcd", 1), "alphabet must be an Alphabet"),
        ((3, LETTERS, 1), "text must be a string"),
    ],
)
def test_text_that_cannot_be_cut(arguments, message):
    with pytest.raises(InputError, match=message):
        next_character(*arguments)


def test_lanes_that_cannot_be_filled():
    with pytest.raises(InputError, match="at least 9 characters for 4 pieces of 2"):
        next_character("abcdabcd", LETTERS, 2, lanes=4)
    with pytest.raises(InputError, match="lanes must be a whole number"):
        next_character("abcdabcd", LETTERS, 2, lanes=1.5)


def _brute_force(text, weights, before, character):
    """The same probability by dictionaries, one level after the other."""
    p = 1 / len(LETTERS)
    for k, weight in enumerate(weights, start=1):
        if len(before) < k - 1:
            break
        context = before[len(before) - k + 1 :]
        runs = Counter(text[i : i + k] for i in range(len(text) - k + 1))
        total = sum(runs[context + c] for c in LETTERS.characters)
        if total:
            p = weight * runs[context + character] / total + (1 - weight) * p
    return p


@given(texts, st.text(LETTERS.characters, min_size=1, max_size=12))
def test_trigrams_equal_dictionaries(text, other):
    model = TrigramModel.fit(text, LETTERS)
    bits = [-log2(_brute_force(text, model.weights, other[:i], c)) for i, c in enumerate(other)]
    assert model.bits_per_character(other) == pytest.approx(np.mean(bits), rel=1e-12)
    for context in ("", other[:1], other):
        want = [_brute_force(text, model.weights, context, c) for c in LETTERS.characters]
        np.testing.assert_allclose(model.probabilities(context), want, rtol=1e-12)


@given(st.text("abc", min_size=40, max_size=200), st.text(LETTERS.characters, max_size=4))
def test_probabilities_sum_to_one_and_none_is_zero(text, context):
    probabilities = TrigramModel.fit(text, LETTERS).probabilities(context)
    assert probabilities.sum() == pytest.approx(1, abs=1e-13)
    assert (probabilities > 0).all()


def _penalized(text, weights):
    """What the weights maximize: the held-out tail, and two imagined characters a level, from there and from below."""
    kept = len(text) - round(0.1 * len(text))
    tail = sum(np.log(_brute_force(text[:kept], weights, text[:i], text[i])) for i in range(kept, len(text)))
    return tail + np.log(weights * (1 - weights)).sum()


@pytest.mark.parametrize("seed", range(5))
def test_the_weights_are_a_maximum(seed):
    random = np.random.default_rng(seed)
    steps = np.cumsum(random.choice([0, 1, 3], 300, p=[0.2, 0.6, 0.2])) % 4
    text = LETTERS.decode(steps)
    weights = TrigramModel.fit(text, LETTERS).weights
    best = _penalized(text, weights)
    for k in range(3):
        for step in (-0.01, 0.01):
            moved = weights.copy()
            moved[k] = np.clip(moved[k] + step, 1e-9, 1 - 1e-9)
            assert _penalized(text, moved) <= best + 1e-9


def test_bits_of_a_source_whose_entropy_is_known():
    random = np.random.default_rng(0)
    coin = LETTERS.decode(random.integers(4, size=40_000))
    assert TrigramModel.fit(coin[:30_000], LETTERS).bits_per_character(coin[30_000:]) == pytest.approx(2, abs=0.01)
    # Two characters decide the third, but for one in eight, when any may come.
    numbers = [0, 1]
    for noise in random.random(40_000):
        numbers.append(int(noise * 32) if noise < 0.125 else (numbers[-1] + 2 * numbers[-2] + 1) % 4)
    chain = LETTERS.decode(numbers)
    entropy = -(0.875 + 0.03125) * log2(0.875 + 0.03125) - 3 * 0.03125 * log2(0.03125)
    assert TrigramModel.fit(chain[:30_000], LETTERS).bits_per_character(chain[30_000:]) == pytest.approx(
        entropy, abs=0.02
    )


def test_a_large_alphabet_needs_no_cube():
    alphabet = Alphabet("".join(map(chr, range(0x4E00, 0x4E00 + 5000))))
    text = alphabet.characters[:200] * 3
    assert TrigramModel.fit(text, alphabet).bits_per_character(text) < 1


def test_too_little_text():
    with pytest.raises(InputError, match="at least 30 characters; came 29"):
        TrigramModel.fit("a" * 29, LETTERS)
    with pytest.raises(InputError, match="at least one character"):
        TrigramModel.fit("a" * 30, LETTERS).bits_per_character("")
    with pytest.raises(InputError, match="alphabet must be an Alphabet"):
        TrigramModel.fit("a" * 30, "a")
