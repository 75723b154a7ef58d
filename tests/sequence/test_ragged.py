"""Sequences of unequal length: padding changes nothing, and few programs are compiled."""

import numpy as np
import pytest

from unrolled.compilation import count_compilations
from unrolled.errors import InputError
from unrolled.learn import GradientDescent, LeastSquares
from unrolled.networks import NetworkDesign
from unrolled.sequence import SequenceModel
from unrolled.tasks import pad_sequences
from unrolled.types import Batch

RNG = np.random.default_rng(0)
ROWS = [RNG.normal(size=(length, 2)) for length in (3, 17, 1, 20)]
SUMS = [row.sum(axis=0, keepdims=True).sum(axis=1) for row in ROWS]


def model(text="gru:3", **settings):
    return SequenceModel(NetworkDesign.parse(text, **settings), GradientDescent(epochs=2, batch_size=4))


@pytest.fixture(scope="module")
def fitted():
    return model().fit(ROWS, SUMS)


def test_a_list_is_predicted_as_each_alone(fitted):
    together = fitted.predict(ROWS)
    every = fitted.predict(ROWS, last=0)
    assert together.shape == (1, 4, 1, 1)
    for place, row in enumerate(ROWS):
        alone = fitted.predict(row[None], last=0)
        np.testing.assert_allclose(every[place], alone[:, 0], rtol=0, atol=1e-12)
        np.testing.assert_allclose(together[:, place, 0], alone[:, 0, -1], rtol=0, atol=1e-12)


def test_padding_of_the_training_sequences_changes_nothing(fitted):
    padded = pad_sequences(ROWS, SUMS)
    wider = Batch(
        np.concatenate([padded.inputs, np.full((4, 8, 2), 99.0)], axis=1), padded.targets, lengths=padded.lengths
    )
    again = model().fit(wider)
    np.testing.assert_allclose(again.predict(ROWS), fitted.predict(ROWS), rtol=0, atol=1e-12)
    np.testing.assert_allclose(again.history.loss, fitted.history.loss, rtol=0, atol=1e-12)


def test_lengths_from_1_to_1000_share_few_programs(fitted):
    rows = [RNG.normal(size=(length, 2)) for length in range(1, 1001, 9)]
    with count_compilations() as counted:
        for row in rows:
            fitted.predict([row])
    assert counted.programs <= 8


def test_training_on_any_lengths_shares_few_programs():
    small = SequenceModel(NetworkDesign.parse("elman:2"), LeastSquares())
    with count_compilations() as counted:
        for length in (1, 2, 9, 15, 16):
            small.fit([RNG.normal(size=(length, 2)) for _ in range(4)], np.ones((4, 1)))
    assert counted.programs <= 4


def test_the_readout_of_final_states_is_the_same_for_any_padding():
    both = model("bi-gru:2", reads="final").fit(ROWS, SUMS)
    together = both.predict(ROWS)
    for place, row in enumerate(ROWS):
        np.testing.assert_allclose(together[:, place], both.predict(row[None])[:, 0], rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        ({"lengths": np.array([3, 2, 9])}, r"lengths\[2\] is 9; sequences padded to 5 steps have 1 to 5 real ones"),
        ({"lengths": np.array([3, 0, 5])}, r"lengths\[1\] is 0"),
        ({"lengths": np.array([3, 5])}, "lengths must be one whole number for each of the 3 sequences"),
        ({"lengths": np.ones(3, int), "targets": np.ones((3, 2, 1))}, "one target each, or one for each of the 5"),
        ({"weights": -np.ones((3, 1))}, "weights of steps or units must be numbers of at least 0"),
        ({"weights": np.ones((3, 2))}, r"of the shape \(3, 1\); came \(3, 2\)"),
        ({"weights": np.zeros((3, 1))}, "weights must be one number of at least 0 for each of the 3 sequences"),
        ({"targets": np.full((3, 1, 1), np.nan)}, "targets holds no number"),
        ({"index": np.array([0, 1, 2])}, "index says which initial state is meant"),
        ({"fed": np.ones((3, 1, 1))}, "fed is for networks that see their last output"),
    ],
)
def test_batches_that_cannot_be_are_named(batch, message):
    made = Batch.__new__(Batch)  # what the shape check of the tests would stop first
    everything = {"inputs": np.ones((3, 5, 2)), "targets": np.ones((3, 1, 1))} | batch
    for name, value in everything.items():
        object.__setattr__(made, name, value)
    with pytest.raises(InputError, match=message):
        model().fit(made)


def test_sequences_that_have_no_step():
    with pytest.raises(InputError, match=r"inputs\[1\]|sequence 1"):
        model().fit([np.ones((3, 2)), np.ones((0, 2))], [np.ones(1), np.ones(1)])


def test_index_of_sequences_with_states_of_their_own():
    own = model("gru:2", start="learned", sequences=3)
    batch = Batch(np.ones((3, 5, 2)), np.ones((3, 1, 1)))
    with pytest.raises(InputError, match="say in index which each one is"):
        own.fit(batch)
    with pytest.raises(InputError, match="index must be from 0 to 2; came 0 to 3"):
        own.fit(Batch(batch.inputs, batch.targets, index=np.array([0, 1, 3])))
    made = own.fit(Batch(batch.inputs, batch.targets, index=np.arange(3)))
    assert made.networks.weights()["gru_1.h_0"].shape == (1, 3, 2)
    new = made.predict(batch.inputs)  # sequences that were not learned begin in the mean
    assert new.shape == (1, 3, 1, 1)
    assert not np.allclose(new, made.predict(batch.inputs, index=np.arange(3)))
    np.testing.assert_allclose(made.score(batch), [np.mean((new - batch.targets) ** 2)], rtol=1e-12)
    with pytest.raises(InputError, match=r"lengths\[0\] is 0"):
        made.predict(batch.inputs, lengths=np.array([0, 5, 5]))


def test_padding_counts_nothing_whatever_stands_there():
    rows = [RNG.normal(size=(length, 2)) for length in (5, 2)]
    padded = pad_sequences(rows, [row.sum(axis=1, keepdims=True) for row in rows])
    filled = Batch(padded.inputs, np.nan_to_num(padded.targets, nan=100.0), lengths=padded.lengths)
    made = model("bi-elman:2").fit(padded)
    np.testing.assert_array_equal(model("bi-elman:2").fit(filled).history.loss, made.history.loss)
    np.testing.assert_allclose(made.score(filled), made.score(padded), rtol=1e-12)


@pytest.mark.parametrize(("text", "settings"), [("bi-elman:2", {}), ("elman:2", {"feedback": True})])
def test_one_output_is_that_of_the_last_real_step(text, settings):
    rows = [RNG.normal(size=(length, 2)) for length in (5, 2)]
    made = model(text, **settings).fit(rows, [row.sum(axis=1, keepdims=True) for row in rows])
    together = made.predict(rows)
    for place, row in enumerate(rows):
        np.testing.assert_allclose(together[:, place], made.predict(row[None])[:, 0], rtol=0, atol=1e-12)


def test_a_gap_in_the_inputs_is_named():
    inputs = np.ones((2, 3, 1))
    inputs[1, 2, 0] = np.nan
    with pytest.raises(InputError, match=r"inputs\[1, 2, 0\] is nan"):
        model().fit(Batch(inputs, np.ones((2, 1, 1))))


def test_labels_are_no_probabilities():
    learner = GradientDescent(epochs=1, loss="cross-entropy")
    with pytest.raises(InputError, match=r"a softmax needs targets that are probabilities .*one_hot"):
        SequenceModel(NetworkDesign.parse("gru:2", "softmax"), learner).fit(
            Batch(np.ones((2, 3, 1)), np.ones((2, 1, 1)))
        )
