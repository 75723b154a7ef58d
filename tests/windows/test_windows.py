import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from unrolled.errors import InputError
from unrolled.windows import check_length, pairs, windows

rows_and_features = st.tuples(st.integers(2, 30), st.integers(1, 4))
matrices = rows_and_features.flatmap(lambda shape: arrays(np.float64, shape, elements=st.floats(-1e300, 1e300)))


def test_windows_by_hand():
    made = windows([1, 2, 3, 4, 5], 2)
    assert made.inputs.tolist() == [[[1], [2]], [[2], [3]], [[3], [4]]]
    assert made.targets.tolist() == [[3], [4], [5]]
    assert made.rows.tolist() == [2, 3, 4]
    assert made.inputs.dtype == np.float64


def test_two_features_by_hand():
    values = [[1, 10], [2, 20], [3, 30]]
    assert windows(values, 2).inputs.tolist() == [[[1, 10], [2, 20]]]
    flat = windows(values, 2, lags_as="features")
    assert flat.inputs.tolist() == [[[1, 10, 2, 20]]]  # the oldest lag first
    assert flat.targets.tolist() == [[3, 30]]


@given(matrices, st.data())
def test_every_target_is_the_row_after_its_window(values, data):
    length = data.draw(st.integers(1, len(values) - 1))
    made = windows(values, length)
    assert made.inputs.shape == (len(values) - length, length, values.shape[1])
    assert len(made) == len(values) - length
    for window, target, row in zip(made.inputs, made.targets, made.rows, strict=True):
        np.testing.assert_array_equal(window, values[row - length : row])
        np.testing.assert_array_equal(target, values[row])
    flat = windows(values, length, lags_as="features")
    np.testing.assert_array_equal(flat.inputs, made.inputs.reshape(len(made), 1, -1))


@given(matrices, st.data())
def test_windows_do_not_see_the_future(values, data):
    """What stands after a window does not change it."""
    length = data.draw(st.integers(1, len(values) - 1))
    cut = data.draw(st.integers(length + 1, len(values)))
    changed = values.copy()
    changed[cut:] = 7.0
    np.testing.assert_array_equal(
        windows(changed, length).inputs[: cut - length], windows(values, length).inputs[: cut - length]
    )


def test_padding_gives_as_many_windows_as_points():
    values = np.sin(np.arange(800.0))
    made = windows(values, 4, pad=True)
    assert made.inputs.shape == (800, 4, 1)
    assert made.rows.tolist() == list(range(4, 804))
    plain = windows(values, 4)
    np.testing.assert_array_equal(made.inputs[:796], plain.inputs)
    np.testing.assert_array_equal(made.targets[796:, 0], [values[-1]] * 4)
    np.testing.assert_array_equal(made.inputs[-1, :, 0], [values[-1]] + [values[-1]] * 3)
    np.testing.assert_array_equal(made.inputs[-2, :, 0], [values[-2]] + [values[-1]] * 3)


def test_windows_own_their_numbers():
    values = np.arange(5.0)
    made = windows(values, 2)
    made.inputs[0] = 99.0
    assert values.tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("length", "points", "words"),
    [
        (5, 5, "the longest possible is 4"),
        (9, 3, "window 9 is too long for 3 known points: the longest possible is 2"),
        (1, 1, "1 known point: two points are the least"),
        (0, 5, "window must be a whole number"),
        (-1, 5, "window must be a whole number"),
        (2.5, 5, "window must be a whole number"),
        ("2", 5, "window must be a whole number"),
        (None, 5, "window must be a whole number"),
        (True, 5, "window must be a whole number"),
        (10**30, 5, "window must be a whole number"),
    ],
)
def test_lengths_that_cannot_be(length, points, words):
    with pytest.raises(InputError, match=words):
        windows(np.arange(float(points)), length)
    with pytest.raises(InputError, match=words):
        check_length(length, points)


def test_other_errors():
    with pytest.raises(InputError, match="did you mean 'features'"):
        windows([1.0, 2.0, 3.0], 1, lags_as="feature")
    with pytest.raises(InputError, match="values must have shape"):
        windows(np.ones((2, 2, 2)), 1)


def test_pairs():
    made = pairs([2.0, 4.0, 7.0], np.array([[1.0], [3.0], [5.0]]))
    assert made.inputs.tolist() == [[[2]], [[4]], [[7]]]
    assert made.targets.tolist() == [[1], [3], [5]]
    assert made.rows.tolist() == [0, 1, 2]
