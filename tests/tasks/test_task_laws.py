"""How tasks are drawn: where marks stand, how often what comes, and what is too short."""

from functools import partial

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unrolled.errors import InputError
from unrolled.tasks import (
    Adding,
    Copying,
    Echo,
    EmbeddedReber,
    ExclusiveOr,
    FlipFlop,
    LongLag,
    Memorization,
    Multiplication,
    Oscillator,
    Parity,
    RandomPermutation,
    TemporalOrder,
    TwoSequences,
    VeryLongLag,
    adding,
    delayed_echo,
    is_reber,
    reber_strings,
)

COUNT = 50
seeds = st.integers(0, 2**31 - 1)
# Every length is a program of its own: a few lengths, and many keys.
few = settings(max_examples=12)
_draw = jax.jit(lambda one, count, key: one.draw(count, key=key), static_argnums=(0, 1))


def draw(one, seed, count=COUNT):
    return jax.tree.map(np.asarray, _draw(one, count, jax.random.key(seed)))


@few
@given(st.sampled_from([Adding, Multiplication]), st.sampled_from([11, 47]), seeds)
def test_marks_of_1997(kind, length, seed):
    batch = draw(kind(length), seed)
    for row, n in zip(batch.inputs, batch.lengths, strict=True):
        assert length <= n <= length + length // 10
        numbers, markers = row[:n].T
        assert markers[0] == markers[-1] == -1
        assert set(markers[1:-1]) <= {0, 1}
        places = np.flatnonzero(markers == 1).tolist()
        neutral = 0 if kind is Adding else 1
        if len(places) == 1:
            assert numbers[0] == neutral
            places = [0, *places]
        assert len(places) == 2
        assert places[0] < 10 or places[0] < length // 2
        assert max(places) <= max(9, length // 2 - 1)
        low = -1 if kind is Adding else 0
        assert ((numbers >= low) & (numbers <= 1)).all()


@few
@given(st.sampled_from([Adding, Multiplication, ExclusiveOr]), st.sampled_from([10, 47]), seeds)
def test_marks_of_2011(kind, length, seed):
    batch = draw(kind(length) if kind is ExclusiveOr else kind(length, "2011"), seed)
    for row, n in zip(batch.inputs, batch.lengths, strict=True):
        numbers, markers = row[:n].T
        assert set(markers) == {0, 1}
        first, second = np.flatnonzero(markers)
        assert first < length // 10 <= second < length // 2
        assert ((numbers >= 0) & (numbers <= 1)).all()
        assert kind is not ExclusiveOr or set(numbers) <= {0, 1}


@few
@given(st.sampled_from([(10, 2), (100, 2), (40, 3)]), seeds)
def test_marks_of_temporal_order(setting, seed):
    length, symbols = setting
    batch = draw(TemporalOrder(length, symbols), seed)
    shares = {2: ((0.1, 0.2), (0.5, 0.6)), 3: ((0.1, 0.2), (0.33, 0.43), (0.66, 0.76))}[symbols]
    for row, n in zip(batch.inputs, batch.lengths, strict=True):
        assert length <= n <= 1.1 * length
        places = np.flatnonzero(row[:n, 6:].any(axis=1))
        for place, (low, high) in zip(places, shares, strict=True):
            assert int(low * length + 1e-9) <= place <= high * length + 1e-9


@few
@given(st.sampled_from([2, 3]), seeds)
def test_marks_that_scale_with_each_length(symbols, seed):
    batch = draw(TemporalOrder(50, symbols, "2013", 200), seed)
    assert batch.inputs.shape == (COUNT, 200, 6)
    shares = {2: ((10, 20), (40, 50)), 3: ((10, 20), (30, 40), (60, 70))}[symbols]
    for row, n in zip(batch.inputs, batch.lengths, strict=True):
        assert 50 <= n <= 200
        places = np.flatnonzero(row[:n, 4:].any(axis=1))
        for place, (low, high) in zip(places, shares, strict=True):
            assert low * n // 100 <= place <= high * n // 100


@few
@given(seeds)
def test_alphabets_of_memorization(seed):
    for bits, n, kinds in ((5, 5, 2), (20, 10, 5)):
        inputs = draw(Memorization(7, bits), seed).inputs
        assert inputs.shape == (COUNT, 7 + 2 * n, kinds + 2)
        assert (inputs.sum(axis=2) == 1).all()
        assert set(inputs[:, :n].argmax(axis=2).ravel()) == set(range(kinds))
        assert (inputs[..., -1].argmax(axis=1) == n + 6).all()
        assert (inputs[..., -1].sum(axis=1) == 1).all()


@few
@given(st.sampled_from([(9, 5), (30, 100), (100, 100)]), seeds)
def test_no_symbol_comes_again_before_all_have_come(setting, seed):
    length, symbols = setting
    rows = draw(RandomPermutation(length, symbols), seed).inputs.argmax(axis=2)
    for row in rows:
        assert row[0] in (0, 1)
        for start in range(1, length - 1, symbols - 2):
            piece = row[start : start + symbols - 2]
            assert len(set(piece)) == len(piece)
            assert piece.min() >= 2


@few
@given(seeds)
def test_flip_flops_have_no_target_before_the_first_pulse(seed):
    batch = draw(FlipFlop(20, 3, 0.2), seed)
    came = np.cumsum(batch.inputs != 0, axis=1) > 0
    np.testing.assert_array_equal(np.isnan(batch.targets), ~came)
    assert set(np.unique(batch.inputs)) <= {-1, 0, 1}


@few
@given(st.integers(0, 1000))
def test_strings_of_the_grammar(seed):
    one = EmbeddedReber(30, seed)
    train, test = one.training_strings, one.test_strings
    assert len(train) == len(test) == 256
    assert not set(train) & set(test)
    assert all(is_reber(text) and len(text) <= 30 for text in (*train, *test))
    assert train == tuple(t for t in reber_strings(270, seed=seed) if len(t) <= 30)[:256]


def share(found, expected, count):
    """Shares of draws, each within five standard errors."""
    np.testing.assert_allclose(found, expected, atol=5 * np.sqrt(0.25 / count))


def test_lengths_and_classes_come_evenly():
    batch = draw(TemporalOrder(100, 3), 0, 4000)
    share(np.bincount(batch.lengths)[100:] / 4000, np.full(11, 1 / 11), 4000)
    share(batch.targets.mean(axis=(0, 1)), np.full(8, 1 / 8), 4000)
    letters = batch.inputs[:, 1:99, 2:6].mean(axis=(0, 1)) / batch.inputs[:, 1:99, 2:6].sum(axis=2).mean()
    share(letters, np.full(4, 1 / 4), 4000)
    places = batch.inputs[..., 6:].any(axis=2).mean(axis=0)
    share(places[10:21], np.full(11, 1 / 11), 4000)
    share(places[66:77], np.full(11, 1 / 11), 4000)


def test_the_suffix_is_geometric():
    batch = draw(VeryLongLag(4, 2), 0, 4000)
    more = batch.lengths - 7
    assert more.min() == 0
    for k in (0, 1, 5, 20):
        share((more == k).mean(), 0.1 * 0.9**k, 4000)
    assert more.mean() == pytest.approx(9, abs=5 * np.sqrt(90 / 4000))
    assert draw(VeryLongLag(4, 2), 1, 4000).lengths.max() <= 107


def test_noise_has_the_variance_that_it_should():
    batch = draw(TwoSequences(50, 3, "3b"), 0, 2000)
    real = np.arange(55) < batch.lengths[:, None]
    noise = batch.inputs[..., 0][real & (np.arange(55) >= 3)]
    assert noise.mean() == pytest.approx(0, abs=0.01)
    assert noise.var() == pytest.approx(0.2, rel=0.03)
    told = batch.inputs[:, :3, 0] - np.where(batch.targets[:, 0] > 0, 1, -1)
    assert told.var() == pytest.approx(0.2, rel=0.06)
    assert (np.abs(draw(TwoSequences(50, 3), 0).inputs[:, :3]) == 1).all()


def test_pulses_come_as_often_as_asked():
    inputs = draw(FlipFlop(50, 2, 0.25), 0, 1000).inputs
    share((inputs != 0).mean(), 0.25, 100_000)
    share((inputs == 1).mean(), 0.125, 100_000)
    assert (draw(FlipFlop(5, 2, 1.0), 0).inputs != 0).all()


def test_frequencies_come_evenly_and_each_once_in_the_test():
    one = Oscillator(2, 5)
    share(
        np.bincount((draw(one, 0, 4000).inputs[:, 0, 0] * 5 - 1.25).round().astype(int)) / 4000, np.full(5, 0.2), 4000
    )
    test = one.test(key=jax.random.key(0))
    np.testing.assert_allclose(test.inputs[:, 1, 0], 0.25 + np.arange(5) / 5, atol=1e-6)
    np.testing.assert_allclose(np.arcsin(test.targets[:, 0, 0]), [0.1, 0.225, 0.35, 0.475, 0.6], atol=1e-6)


@given(st.integers(1, 300), st.integers(2, 60), st.floats(0.05, 1.5), st.floats(0.1, 1.5), st.floats(0.1, 1.0))
def test_the_guess_of_an_oscillator_is_the_variance_at_a_step(length, frequencies, lowest, more, step):
    one = Oscillator(length, frequencies, lowest, lowest + more, step)
    waves = np.sin(np.linspace(lowest, lowest + more, frequencies) * step * np.arange(1, length + 1)[:, None])
    assert one.guess == pytest.approx(waves.var(axis=1).mean(), abs=1e-9)


def test_the_guess_where_all_frequencies_meet():
    """After so many steps every wave has turned once more than the last: they are one again."""
    one = Oscillator(60, 3, 0.2, 0.2 + 2 * np.pi / 10)
    waves = np.sin(np.linspace(one.lowest, one.highest, 3) * np.arange(1, 61)[:, None])
    assert waves.var(axis=1)[19] < 1e-20
    assert one.guess == pytest.approx(waves.var(axis=1).mean(), abs=1e-12)


def test_bits_and_numbers_come_evenly():
    share(draw(Parity(20), 0, 1000).inputs.mean(), 0.5, 20_000)
    pairs = draw(LongLag(5, "2b"), 0, 2000).inputs[:, 1:].mean(axis=(0, 1))
    share(pairs, [0.25, 0.25, 0.25, 0.25, 0, 0], 8000)
    symbols = draw(Copying(2), 0, 1000).inputs[:, :10].mean(axis=(0, 1))
    share(symbols, [*[1 / 8] * 8, 0, 0], 10_000)
    assert draw(Echo(0, 4), 0, 2000).targets.var() == pytest.approx(1 / 3, rel=0.05)


def test_the_doors_on_the_host_are_the_tasks():
    for made, time in ((adding(3, 20, seed=5), 22), (delayed_echo(3, 22, 4, seed=5), 22)):
        assert all(isinstance(leaf, np.ndarray) for leaf in jax.tree.leaves(made))
        assert made.inputs.dtype == made.targets.dtype == np.float64
        assert made.inputs.shape[:2] == (3, time)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (partial(Adding, 10), "adding needs a length from 11 to 1000000, .* first ten pairs .*; came 10"),
        (partial(Adding, 9, "2011"), "adding needs a length from 10 .* T/10 .*; came 9"),
        (partial(Adding, 20.0), "came 20.0"),
        (partial(Adding, True), "came True"),
        (partial(Adding, 10**7), "to 1000000, .*; came 10000000"),
        (partial(Adding, 20, "1998"), "unknown protocol '1998'; did you mean '1997'"),
        (partial(Multiplication, 5), "multiplication needs a length from 11"),
        (partial(Multiplication, 20, 1997), "unknown protocol 1997; did you mean '1997'"),
        (partial(ExclusiveOr, 9), "exclusive-or needs a length from 10"),
        (partial(TemporalOrder, 9), "temporal-order needs a length from 10"),
        (partial(TemporalOrder, 100, 4), "symbols must be a whole number from 2 to 3; came 4"),
        (partial(TemporalOrder, 100, 2, "2011"), "unknown protocol '2011'"),
        (partial(TemporalOrder, 100, 2, "1997", 200), 'longest goes with protocol="2013"'),
        (partial(TemporalOrder, 100, 2, "2013", 99), "longest must be a whole number from 100"),
        (partial(RandomPermutation, 2), "random-permutation needs a length from 3"),
        (partial(RandomPermutation, 5, 2), "symbols must be a whole number from 3"),
        (partial(RandomPermutation, 5, 5, "last"), "unknown targets 'last'"),
        (partial(Memorization, 0), "memorization needs a length from 1"),
        (partial(Memorization, 5, 10), "bits must be 5 or 20; came 10"),
        (partial(Memorization, 5, [5]), "bits must be 5 or 20"),
        (partial(Memorization, 5, 5, True), "unknown targets True"),
        (partial(Copying, 0), "copying needs a length from 1"),
        (partial(LongLag, 1), "long-lag needs a length from 2"),
        (partial(LongLag, 5, "2c"), "unknown experiment '2c'"),
        (partial(VeryLongLag, 0), "very-long-lag needs a length from 1"),
        (partial(VeryLongLag, 5, 0), "symbols must be a whole number from 1"),
        (partial(TwoSequences, 3), "two-sequences needs a length from 4"),
        (partial(TwoSequences, 9, 0), "informative must be a whole number from 1"),
        (partial(TwoSequences, 9, 3, "3d"), "unknown experiment '3d'"),
        (partial(EmbeddedReber, 19), "embedded-reber needs a length from 20"),
        (partial(EmbeddedReber, 30, -1), "seed must be a whole number from 0"),
        (partial(Echo, -1), "echo needs a length from 0"),
        (partial(Echo, 10, 10), "steps must be a whole number from 11"),
        (partial(Parity, 0), "parity needs a length from 1"),
        (partial(FlipFlop, 0), "flip-flop needs a length from 1"),
        (partial(FlipFlop, 5, 0), "channels must be a whole number from 1"),
        (partial(FlipFlop, 5, 3, 0.0), "pulse must be a finite number above 0"),
        (partial(FlipFlop, 5, 3, 1.5), "pulse is a probability, 1 at most; came 1.5"),
        (partial(Oscillator, 0), "oscillator needs a length from 1"),
        (partial(Oscillator, 5, 1), "frequencies must be a whole number from 2"),
        (partial(Oscillator, 5, 2, 0.0), "lowest must be a finite number above 0"),
        (partial(Oscillator, 5, 2, 0.6, 0.6), "highest frequency must be above the lowest; came 0.6 and 0.6"),
        (partial(Oscillator, 5, 2, 0.1, 0.6, 6.0), "more than half a turn .*; take one of 5.24 at most"),
    ],
)
def test_settings_out_of_range(make, message):
    with pytest.raises(InputError, match=message):
        make()


@pytest.mark.parametrize("count", [0, 2.0, True, "3"])
def test_counts_are_whole_numbers(count):
    with pytest.raises(InputError, match="count must be a whole number"):
        Adding().draw(count, key=jax.random.key(0))


def test_what_does_not_fit_into_memory():
    with pytest.raises(InputError, match=r"3000 sequences of 1103 steps and 1004 features .* at most 1939 at a time"):
        VeryLongLag(1000).draw(3000, key=jax.random.key(0))


@pytest.mark.parametrize(
    "shortest",
    [Adding(11), Adding(10, "2011"), Multiplication(11), ExclusiveOr(10), TemporalOrder(10, 3), RandomPermutation(3, 3),
     TemporalOrder(10, 3, "2013"), Memorization(1), Copying(1), LongLag(2), LongLag(2, "2b"), VeryLongLag(1),
     TwoSequences(2, 1), EmbeddedReber(20), Echo(0, 1), Parity(1), FlipFlop(1),
     Oscillator(1, 2)],
    ids=repr,
)  # fmt: skip
def test_the_shortest_can_be_drawn(shortest):
    inputs = jax.eval_shape(lambda key: shortest.draw(3, key=key).inputs, jax.random.key(0))
    assert inputs.shape[0] == 3
    assert shortest.guess > 0
