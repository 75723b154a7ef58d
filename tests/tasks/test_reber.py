import re
from collections import Counter
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.errors import InputError
from unrolled.tasks import (
    REBER_ALPHABET,
    embedded_reber,
    is_reber,
    legal_symbols,
    next_symbols,
    reber_or_not,
    reber_strings,
)

# Written out by hand as an expression: after TX or PT*VP a state is reached from which S ends and X T* V goes on.
_FOURTH = "(XT*VP)*(S|XT*VV)"
_INNER = f"B(TS*X{_FOURTH}|PT*V(V|P{_FOURTH}))E"
_ORACLE = re.compile(f"B(T{_INNER}T|P{_INNER}P)E")
words = st.text("BTPSXVE", max_size=14)


def _texts(batch):
    return [REBER_ALPHABET.decode(row[:n].argmax(axis=1)) for row, n in zip(batch.inputs, batch.lengths, strict=True)]


@given(st.integers(0, 10_000))
def test_strings_are_of_the_grammar(seed):
    for text in reber_strings(20, seed=seed):
        assert _ORACLE.fullmatch(text)
        assert is_reber(text)


@given(words, st.integers(0, 1000), st.integers(0, 30))
def test_the_checker_equals_the_expression(word, seed, place):
    text = reber_strings(1, seed=seed)[0]
    for other in (word, text[:place] + word[:1] + text[place + 1 :], text[:place], text + word):
        assert is_reber(other) == bool(_ORACLE.fullmatch(other))


def test_the_checker_equals_the_expression_on_every_string_between():
    for symbols in range(5, 9):
        inside = (f"B{''.join(word)}E" for word in product("TPSXV", repeat=symbols - 2))
        found = [word for word in inside if is_reber(f"BT{word}TE")]
        assert found
        assert all(_ORACLE.fullmatch(f"BT{word}TE") for word in found)
        inside = (f"B{''.join(word)}E" for word in product("TPSXV", repeat=symbols - 2))
        assert len(found) == sum(bool(_ORACLE.fullmatch(f"BP{word}PE")) for word in inside)


def test_legal_symbols_are_those_that_come():
    seen = {}
    for text in reber_strings(3000, seed=0):
        legal = legal_symbols(text)
        assert legal[-1] == ""
        for i in range(len(text) - 1):
            assert text[i + 1] in legal[i]
            seen.setdefault((text[: i + 1], legal[i]), Counter())[text[i + 1]] += 1
    often = {legal: counts for (_, legal), counts in seen.items() if counts.total() > 200}
    assert len(often) > 5
    for legal, counts in often.items():
        assert set(counts) == set(legal)
        assert min(counts.values()) > 0.35 * counts.total()


def test_where_no_string_begins_so():
    with pytest.raises(InputError, match="T or P at place 1 of 'BS'; came 'S'"):
        legal_symbols("BS")
    with pytest.raises(InputError, match=r"T at place 7 .* came 'P'"):
        legal_symbols("BTBTXSEPE")
    with pytest.raises(InputError, match="the end at place 9"):
        legal_symbols("BTBTXSETEE")
    with pytest.raises(InputError, match="text must be a string"):
        is_reber(3)
    assert legal_symbols("") == []
    assert not is_reber("")


def test_next_symbols_by_an_independent_loop():
    texts = reber_strings(50, seed=3)
    batch, legal = embedded_reber(50, seed=3)
    assert _texts(batch) == [text[:-1] for text in texts]
    for i, text in enumerate(texts):
        for t in range(len(text) - 1):
            assert batch.targets[i, t].tolist() == [float(c == text[t + 1]) for c in REBER_ALPHABET.characters]
            may = [c for c in REBER_ALPHABET.characters if _begins(text[: t + 1] + c)]
            assert legal[i, t].tolist() == [float(c in may) for c in REBER_ALPHABET.characters]
        assert np.isnan(batch.targets[i, len(text) - 1 :]).all()
        assert np.isnan(legal[i, len(text) - 1 :]).all()


def _begins(text):
    """Whether some string of the grammar begins so: the shortest ways to end are tried."""
    ends = ["", "E", "SE", "VE", "XSE", "VVE", "TXSE", "XVVE", "BTXSE"]
    return any(_ORACLE.fullmatch(text + end + last) for end in ends for last in ("", "E", "TE", "PE")) or (
        text in ("B", "BT", "BP")
    )


def test_strings_of_training_stay_out_of_a_test():
    train = reber_strings(256, seed=0)
    test = reber_strings(256, seed=1, unlike=train)
    assert not set(train) & set(test)
    assert set(train) & set(reber_strings(256, seed=1))
    batch, _ = embedded_reber(256, seed=1, unlike=train)
    assert _texts(batch) == [text[:-1] for text in test]
    with pytest.raises(InputError, match="unlike must be a list"):
        reber_strings(1, seed=0, unlike="BTBTXSETE")


def test_only_whole_strings_have_next_symbols():
    with pytest.raises(InputError, match=r"strings\[1\] must be a whole string"):
        next_symbols(["BTBTXSETE", "BTBTXSET"])
    with pytest.raises(InputError, match="strings must be a list"):
        next_symbols("BTBTXSETE")


@given(st.integers(1, 60), st.integers(0, 1000))
def test_legal_or_broken_in_one_place(count, seed):
    batch = reber_or_not(count, seed=seed)
    assert batch.targets.shape == (count, 1, 1)
    texts, labels = _texts(batch), batch.targets[:, 0, 0]
    assert [bool(_ORACLE.fullmatch(text)) for text in texts] == labels.astype(bool).tolist()
    assert labels.sum() == count // 2
    outside = 0
    for text in (text for text, label in zip(texts, labels, strict=True) if not label):
        repairs = [text[:i] + c + text[i + 1 :] for i in range(len(text)) for c in "TPSXV"]
        assert any(map(is_reber, repairs))
        outside += is_reber(text[:-2] + text[1] + text[-1])
    assert outside == (count + 3) // 4


@pytest.mark.parametrize("make", [reber_strings, embedded_reber, reber_or_not])
def test_seeds_and_counts(make):
    for wrong in (-1, 0.5, None, True):
        with pytest.raises(InputError, match="seed must be a whole number"):
            make(3, seed=wrong)
    for wrong in (0, 2.0, "3"):
        with pytest.raises(InputError, match="count must be a whole number"):
            make(wrong, seed=0)
