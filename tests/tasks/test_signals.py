from functools import partial
from math import sin

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.errors import InputError
from unrolled.tasks import adding, delayed_echo, embedded_reber, reber_or_not, reversal, settle, sine_from_number

seeds = st.integers(0, 2**63 - 1)
counts = st.integers(1, 5)
PATTERNS = [[1, -1, 1, 1], [-1, -1, 1, -1]]
GENERATORS = {
    "echo": partial(delayed_echo, 3, 8, 2),
    "reversal": partial(reversal, 3, 8, 5),
    "sine": partial(sine_from_number, 3, 8),
    "settle": partial(settle, PATTERNS, 8, 2, 0.3, 6),
    "adding": partial(adding, 3, 20),
    "reber": partial(embedded_reber, 5),
    "reber or not": partial(reber_or_not, 5),
}


def _bytes(made):
    return [np.asarray(leaf).tobytes() for leaf in jax.tree.leaves(made)]


@pytest.mark.parametrize("name", GENERATORS)
def test_a_seed_says_everything(name):
    make = GENERATORS[name]
    assert _bytes(make(seed=7)) == _bytes(make(seed=np.int64(7)))
    assert _bytes(make(seed=7)) != _bytes(make(seed=8))
    for wrong in (-1, 1.0, "0", None, True, 2**63):
        with pytest.raises(InputError, match="seed must be a whole number"):
            make(seed=wrong)


# Every shape is a program of its own: a few shapes, and many seeds.
@given(st.sampled_from([(1, 1, 0), (3, 8, 7), (4, 12, 3)]), seeds)
def test_echo(shape, seed):
    count, time, delay = shape
    batch = delayed_echo(count, time, delay, seed=seed)
    assert batch.inputs.shape == (count, time, 1)
    assert (np.abs(batch.inputs) <= 1).all()
    for i in range(count):
        for t in range(time):
            want = np.nan if t < delay else batch.inputs[i, t - delay, 0]
            np.testing.assert_array_equal(batch.targets[i, t, 0], want)


@given(counts, st.integers(1, 10), st.integers(1, 6), seeds)
def test_reversal(count, length, symbols, seed):
    batch = reversal(count, length, symbols, seed=seed)
    assert batch.inputs.shape == batch.targets.shape == (count, length, symbols)
    assert (np.sort(batch.inputs, axis=2)[..., -1] == 1).all()
    assert (batch.inputs.sum(axis=2) == 1).all()
    for i in range(count):
        assert batch.targets[i].tolist() == list(reversed(batch.inputs[i].tolist()))


def test_all_symbols_are_alike():
    share = reversal(500, 20, 4, seed=0).inputs.mean(axis=(0, 1))
    np.testing.assert_allclose(share, 0.25, atol=0.02)


@given(counts, st.integers(1, 30), seeds)
def test_sine(count, time, seed):
    batch = sine_from_number(count, time, seed=seed)
    assert batch.inputs.shape == batch.targets.shape == (count, time, 1)
    assert (batch.inputs[:, 1:] == 0).all()
    for i in range(count):
        omega = batch.inputs[i, 0, 0]
        assert 0.1 <= omega <= 0.5
        np.testing.assert_allclose(batch.targets[i, :, 0], [sin(omega * t) for t in range(1, time + 1)], atol=1e-13)


@given(counts, st.integers(1, 12), st.data(), st.floats(0, 2), seeds)
def test_settle(count, time, data, noise, seed):
    last = data.draw(st.integers(1, time))
    batch = settle(PATTERNS, time, last, noise, count, seed=seed, state="elman_2.h")
    assert batch.inputs.shape == (count, time, 0)
    assert batch.targets.shape == (count, last, 4)
    for i in range(count):
        assert batch.targets[i, 0].tolist() in PATTERNS
        assert (batch.targets[i] == batch.targets[i, 0]).all()
    away = batch.states["elman_2.h"] - batch.targets[:, 0]
    assert (away == 0).all() if noise == 0 else (np.abs(away) < 7 * noise + 1e-15).all()


def test_settle_draws_every_pattern_and_noise_of_the_size():
    batch = settle(PATTERNS, 2, 1, 0.5, 2000, seed=0)
    share = (batch.targets[:, 0] == PATTERNS[0]).all(axis=1).mean()
    assert share == pytest.approx(0.5, abs=0.05)
    away = batch.states["elman_1.h"] - batch.targets[:, 0]
    assert away.mean() == pytest.approx(0, abs=0.02)
    assert away.std() == pytest.approx(0.5, abs=0.02)


@given(st.sampled_from([(1, 11), (5, 40), (3, 120)]), seeds)
def test_adding(shape, seed):
    count, time = shape
    batch = adding(count, time, seed=seed)
    longest = time + time // 10
    assert batch.inputs.shape == (count, longest, 2)
    assert batch.targets.shape == (count, 1, 1)
    for i, length in enumerate(batch.lengths):
        assert time <= length <= longest
        values, markers = batch.inputs[i, :length].T
        assert (np.abs(values) <= 1).all()
        assert (batch.inputs[i, length:] == 0).all()
        assert markers[0] == markers[-1] == -1
        marked = [t for t in range(1, length - 1) if markers[t] == 1]
        assert all(markers[t] in (0, 1) for t in range(1, length - 1))
        # A first pair that was marked keeps -1 and counts as 0.
        assert len(marked) == (1 if values[0] == 0 else 2)
        assert marked[0] < max(10, time // 2)
        assert marked[-1] <= max(9, time // 2 - 1)
        total = sum(values[t] for t in marked)
        assert batch.targets[i, 0, 0] == pytest.approx(0.5 + total / 4, abs=1e-15)


def test_adding_draws_evenly():
    batch = adding(20_000, 100, seed=0)
    share = np.bincount(batch.lengths)[100:] / 20_000
    np.testing.assert_allclose(share, 1 / 11, atol=0.01)
    # The first pair is X1 in one of ten sequences, and X2 in one of 49 others.
    assert (batch.inputs[:, 0, 0] == 0).mean() == pytest.approx(0.1 + 0.9 / 49, abs=0.01)
    assert ((batch.targets - 0.5) ** 2).mean() == pytest.approx((0.9 + 1 - 0.9 / 49) / 48, abs=0.001)
    # One of ten places in the first ten, and one of 49 others up to place 49.
    marks = (batch.inputs[:, 1:60, 1] == 1).mean(axis=0)
    np.testing.assert_allclose(marks[:9], 0.1 + 0.9 / 49, atol=0.01)
    np.testing.assert_allclose(marks[9:49], 1 / 49, atol=0.005)
    assert (marks[49:] == 0).all()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (partial(delayed_echo, 0, 8, 2), "count must be a whole number"),
        (partial(delayed_echo, 1, 8, 8), "delay must be a whole number from 0 to 7; came 8"),
        (partial(delayed_echo, 1, 2.0, 1), "time must be a whole number"),
        (partial(reversal, 1, 0, 2), "length must be a whole number"),
        (partial(reversal, 1, 2, "a"), "symbols must be a whole number"),
        (partial(sine_from_number, 1, 0), "time must be a whole number"),
        (partial(settle, [[2.0]], 3, 1, 0.1, 1), "patterns must hold at least one row of values from -1 to 1"),
        (partial(settle, [[np.nan]], 3, 1, 0.1, 1), "patterns must hold"),
        (partial(settle, [], 3, 1, 0.1, 1), "patterns must hold"),
        (partial(settle, [["a"]], 3, 1, 0.1, 1), "patterns must hold real numbers"),
        (partial(settle, [[[1]]], 3, 1, 0.1, 1), "patterns must have shape"),
        (partial(settle, PATTERNS, 3, 4, 0.1, 1), "last must be a whole number from 1 to 3"),
        (partial(settle, PATTERNS, 3, 1, -0.1, 1), "noise must be a finite number of at least 0"),
        (partial(settle, PATTERNS, 3, 1, 0.1, 0), "count must be a whole number"),
        (partial(adding, 1, 10), "time must be a whole number from 11"),
        (partial(adding, 1.5, 20), "count must be a whole number"),
    ],
)
def test_arguments_out_of_range(make, message):
    with pytest.raises(InputError, match=message):
        make(seed=0)
