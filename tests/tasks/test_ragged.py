import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from unrolled.errors import InputError
from unrolled.tasks import bucket_length, group_by_bucket, pad_sequences

numbers = st.floats(-1e6, 1e6)
all_steps = st.lists(st.integers(1, 40), min_size=1, max_size=6)


def _draw(data, steps, columns):
    return [data.draw(arrays(np.float64, (count, columns), elements=numbers)) for count in steps]


def test_few_buckets_for_many_lengths():
    buckets = [bucket_length(length) for length in range(1, 1001)]
    assert sorted(set(buckets)) == [16, 32, 64, 128, 256, 512, 1024]
    for length, bucket in zip(range(1, 1001), buckets, strict=True):
        assert length <= bucket < max(2 * length, 17)


@pytest.mark.parametrize("length", [0, -3, 2.0, "16", None, True, 10**12])
def test_a_length_is_a_whole_number(length):
    with pytest.raises(InputError, match="length must be a whole number"):
        bucket_length(length)


@given(st.lists(st.integers(1, 5000), max_size=50))
def test_groups_hold_every_sequence_once(lengths):
    groups = group_by_bucket(lengths)
    assert list(groups) == sorted(groups)
    assert sorted(np.concatenate([*groups.values(), np.zeros(0, int)]).tolist()) == list(range(len(lengths)))
    for bucket, rows in groups.items():
        assert rows.tolist() == [i for i, length in enumerate(lengths) if bucket_length(length) == bucket]


@given(st.data(), all_steps, st.integers(0, 3), st.integers(1, 3))
def test_cutting_at_the_length_gives_the_sequences_back(data, steps, features, units):
    inputs, targets = _draw(data, steps, features), _draw(data, steps, units)
    batch = pad_sequences(inputs, targets)
    assert batch.lengths.tolist() == steps
    assert batch.inputs.shape == (len(steps), bucket_length(max(steps)), features)
    for i, count in enumerate(steps):
        np.testing.assert_array_equal(batch.inputs[i, :count], inputs[i])
        np.testing.assert_array_equal(batch.targets[i, :count], targets[i])
        assert (batch.inputs[i, count:] == 0).all()
        assert np.isnan(batch.targets[i, count:]).all()


@given(st.data(), all_steps, st.integers(0, 3), st.integers(0, 30))
def test_what_is_padded_already_is_padded_alike_whatever_stands_there(data, steps, features, more):
    inputs, targets, weights = _draw(data, steps, features), _draw(data, steps, 2), [np.arange(n) for n in steps]
    time = max(steps) + more
    padded = [
        np.stack([np.concatenate([row, np.full((time - len(row), *row.shape[1:]), np.nan)]) for row in rows])
        for rows in (inputs, targets, weights)
    ]
    want = pad_sequences(inputs, targets, weights=weights)
    made = pad_sequences(padded[0], padded[1], weights=padded[2], lengths=np.array(steps))
    _same(made, want)


def test_arrays_of_jax_are_taken_too():
    inputs, targets = np.arange(12.0).reshape(2, 3, 2), np.arange(6.0).reshape(2, 3, 1)
    want = pad_sequences(inputs, targets, lengths=[2, 3])
    _same(pad_sequences(jnp.asarray(inputs), jnp.asarray(targets), lengths=jnp.asarray([2, 3])), want)


def _same(made, want):
    for name in ("inputs", "targets", "weights", "lengths"):
        np.testing.assert_array_equal(getattr(made, name), getattr(want, name))


def test_numbers_alone_are_one_feature():
    batch = pad_sequences([[1, 2, 3], [4.5]])
    assert batch.inputs[:, :4, 0].tolist() == [[1, 2, 3, 0], [4.5, 0, 0, 0]]
    assert batch.targets.shape == (2, 1, 1)
    assert np.isnan(batch.targets).all()
    np.testing.assert_array_equal(pad_sequences(np.array([[1, 2], [3, 4]])).lengths, [2, 2])


@pytest.mark.parametrize("targets", [[1.0, 0.0], [[1.0], [0.0]], np.array([1, 0]), np.array([[True], [False]])])
def test_a_target_after_the_last_step(targets):
    batch = pad_sequences([[1, 2, 3], [4]], targets)
    assert batch.targets.tolist() == [[[1.0]], [[0.0]]]


def test_weights_of_sequences_steps_and_units():
    inputs, targets = [[1, 2], [3]], [np.ones((2, 2)), np.ones((1, 2))]
    assert pad_sequences(inputs, targets, weights=[1, 0]).weights.tolist() == [1, 0]
    steps = pad_sequences(inputs, targets, weights=[[1, 2], [3]]).weights
    assert steps.shape == (2, 16)
    assert steps[:, :3].tolist() == [[1, 2, 0], [3, 0, 0]]
    units = pad_sequences(inputs, targets, weights=[[[1, 2], [3, 4]], [[5, 6]]]).weights
    assert units[:, :2].tolist() == [[[1, 2], [3, 4]], [[5, 6], [0, 0]]]
    after = pad_sequences(inputs, [1, 2], weights=[[1], [2]]).weights
    assert after.tolist() == [[1], [2]]


three = np.zeros((2, 3, 1))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"inputs": []}, "inputs must hold at least one sequence"),
        ({"inputs": "abc"}, "inputs must be a list or an array"),
        ({"inputs": 3.0}, "inputs must be a list or an array"),
        ({"inputs": np.array(3.0)}, "inputs must be a list or an array"),
        ({"inputs": {0: [1.0]}}, "inputs must be a list or an array"),
        ({"inputs": [[1.0], []]}, r"inputs\[1\] has no steps"),
        ({"inputs": [[1.0], np.zeros((0, 1))]}, r"inputs\[1\] has no steps"),
        ({"inputs": [[1.0], ["2"]]}, r"inputs\[1\] must hold real numbers"),
        ({"inputs": [[1.0], [1j]]}, r"inputs\[1\] must hold real numbers"),
        ({"inputs": [[1.0], [[1.0], [2.0, 3.0]]]}, r"inputs\[1\] must hold real numbers in rows of equal length"),
        ({"inputs": [[1.0], [np.nan]]}, r"inputs\[1\] must hold finite numbers"),
        ({"inputs": [1.0, 2.0]}, r"inputs\[0\] must have shape"),
        ({"inputs": [np.zeros((2, 1)), np.zeros((2, 3))]}, r"inputs\[1\] has 3 features, inputs\[0\] has 1"),
        ({"inputs": [[1.0]], "lengths": [1]}, "lengths belong to inputs that are one padded array"),
        ({"inputs": three, "lengths": [1]}, "lengths must have one entry for each of the 2 sequences; came 1"),
        ({"inputs": three, "lengths": 2}, "lengths must be a list or an array"),
        ({"inputs": three, "lengths": [1, 4]}, r"lengths\[1\] must be a whole number from 1 to 3; came 4"),
        ({"inputs": three, "lengths": [0, 3]}, r"lengths\[0\] must be a whole number from 1 to 3; came 0"),
        ({"inputs": three, "lengths": [1, 2.5]}, r"lengths\[1\] must be a whole number from 1 to 3; came 2.5"),
        ({"inputs": three, "lengths": np.array([1.0, 2.0])}, r"lengths\[0\] must be a whole number"),
        ({"inputs": three, "targets": [1.0]}, "targets must have one entry for each of the 2 sequences; came 1"),
        ({"inputs": three, "targets": [1.0, "a"]}, r"targets\[1\] must hold real numbers"),
        ({"inputs": three, "targets": [1.0, np.inf]}, r"targets\[1\] must hold finite numbers, or NaN"),
        ({"inputs": three, "targets": [[1.0], [1.0, 2.0]]}, r"targets\[1\] has 2 units, targets\[0\] has 1"),
        ({"inputs": three, "targets": [[1.0], [[1.0]]]}, r"targets\[0\] has \(1,\), targets\[1\] has \(1, 1\)"),
        ({"inputs": three, "targets": np.zeros((2, 3, 1, 1))}, "targets must have shape"),
        ({"inputs": three, "targets": np.zeros((2, 1, 1))}, r"targets\[0\] has 1 steps, its inputs have 3"),
        (
            {"inputs": [[1.0], [1.0, 2.0]], "targets": [[[1.0]], [[1.0]]]},
            r"targets\[1\] has 1 steps, its inputs have 2",
        ),
        ({"inputs": three, "targets": [1, 2], "weights": [1]}, "weights must have one entry"),
        (
            {"inputs": three, "targets": [1, 2], "weights": [1, -1]},
            r"weights\[1\] must hold finite numbers of at",
        ),
        ({"inputs": three, "targets": [1, 2], "weights": [1, np.nan]}, r"weights\[1\] must hold finite numbers"),
        ({"inputs": three, "targets": [1, 2], "weights": [[1, 1], [1, 1]]}, r"weights\[0\] has \(2,\)"),
        ({"inputs": three, "targets": [1, 2], "weights": [1, [1]]}, r"weights\[1\] has \(1,\)"),
        ({"inputs": three, "targets": three, "weights": [[1, 1], [1, 1]]}, r"weights\[0\] has 2 steps"),
    ],
)
def test_errors_name_what_is_wrong(arguments, message):
    with pytest.raises(InputError, match=message):
        pad_sequences(**arguments)
