import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from unrolled.errors import InputError
from unrolled.tasks import Alphabet, one_hot

shapes = array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)


@given(st.data(), shapes, st.integers(1, 5))
def test_one_at_the_class_and_nan_without_one(data, shape, classes):
    labels = data.draw(arrays(np.int64, shape, elements=st.integers(-1, classes - 1)))
    made = one_hot(labels, classes)
    assert made.dtype == np.float64
    assert made.shape == (*shape, classes)
    for place in np.ndindex(shape):
        want = [float(k == labels[place]) for k in range(classes)] if labels[place] >= 0 else [np.nan] * classes
        np.testing.assert_array_equal(made[place], want)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 3], "from -1 to 2; came 0 to 3"),
        ([-2, 0], "came -2 to 0"),
        ([0.0, 1.0], "came values of type float64"),
        ([True], "came values of type bool"),
        ("ab", "labels must be whole numbers"),
        ([[0], [1, 2]], "in rows of equal length"),
        (None, "labels must be whole numbers"),
    ],
)
def test_labels_outside(labels, message):
    with pytest.raises(InputError, match=message):
        one_hot(labels, 3)


@pytest.mark.parametrize("classes", [0, 2.0, None])
def test_classes_are_counted(classes):
    with pytest.raises(InputError, match="classes must be a whole number"):
        one_hot([0], classes)


@given(st.text(min_size=1))
def test_decode_after_encode_is_the_identity(text):
    alphabet = Alphabet.of(text)
    numbers = alphabet.encode(text)
    assert alphabet.decode(numbers) == text
    assert len(alphabet) == len(set(text)) == numbers.max() + 1
    assert list(alphabet.characters) == sorted(set(text))
    np.testing.assert_array_equal(alphabet.one_hot(text).argmax(axis=1), numbers)
    assert alphabet == Alphabet.of(text[::-1])


def test_empty_text_in_an_alphabet():
    alphabet = Alphabet("ba")
    assert alphabet.decode(alphabet.encode("")) == ""
    assert alphabet.one_hot("").shape == (0, 2)
    assert alphabet.encode("ab").tolist() == [1, 0]


def test_characters_that_were_not_seen_are_named():
    with pytest.raises(InputError, match=r"came 'x', 'é'\. Make the alphabet of all the text"):
        Alphabet.of("abc").encode("aébx")
    with pytest.raises(InputError, match="'j' and others"):
        Alphabet.of("z").encode("abcdefghijklm")


@pytest.mark.parametrize("labels", [[3], [-1], [0.5], [[0]], "ab"])
def test_numbers_outside_the_alphabet(labels):
    with pytest.raises(InputError, match="labels must"):
        Alphabet("abc").decode(labels)


@pytest.mark.parametrize("characters", ["", "aba", None, 3])
def test_an_alphabet_has_every_character_once(characters):
    with pytest.raises(InputError, match="characters must"):
        Alphabet(characters)
    with pytest.raises(InputError, match="text must be a string"):
        Alphabet.of(3)
    with pytest.raises(InputError, match="text must be a string"):
        Alphabet("a").encode(["a"])
