"""What every task must be: the same for the same key, right by its own inputs, judged and guessed as it says."""

from functools import cache, partial

import jax
import numpy as np
import pytest

import task_answers
from unrolled import GradientDescent, NetworkDesign, Optimizer, SequenceModel
from unrolled.compilation import count_compilations
from unrolled.learn import losses
from unrolled.learn._response import error_of
from unrolled.networks import activation
from unrolled.tasks import (
    REBER_ALPHABET,
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
    legal_symbols,
    task,
    task_names,
)
from unrolled.types import Batch, precision

COUNT = 2000
# A task, and its answers worked out again.
CASES = {
    "adding 1997": (Adding(20), task_answers.adding),
    "adding 2011": (Adding(20, "2011"), task_answers.adding),
    "multiplication 1997": (Multiplication(20), task_answers.multiplication),
    "multiplication 2011": (Multiplication(20, "2011"), task_answers.multiplication),
    "exclusive-or": (ExclusiveOr(20), task_answers.exclusive_or),
    "temporal-order, 2": (TemporalOrder(20), task_answers.temporal_order),
    "temporal-order, 3": (TemporalOrder(20, 3), task_answers.temporal_order),
    "temporal-order 2013": (TemporalOrder(15, 2, "2013", 30), task_answers.temporal_order),
    "random-permutation": (RandomPermutation(9, 6), task_answers.first_again),
    "memorization, 5": (Memorization(6), task_answers.recall),
    "memorization, 20": (Memorization(3, 20, "scored"), task_answers.recall),
    "copying": (Copying(4), task_answers.recall),
    "long-lag 2a": (LongLag(6), task_answers.first_again),
    "long-lag 2b": (LongLag(6, "2b"), task_answers.first_again),
    "long-lag 2b, scored": (LongLag(6, "2b", "scored"), task_answers.first_again),
    "very-long-lag": (VeryLongLag(5, 3), task_answers.very_long_lag),
    "two-sequences 3a": (TwoSequences(12), task_answers.two_sequences),
    "two-sequences 3b": (TwoSequences(12, 11, "3b"), task_answers.two_sequences),
    "two-sequences 3c": (TwoSequences(12, 1, "3c"), task_answers.two_sequences),
    "embedded-reber": (EmbeddedReber(24), task_answers.embedded_reber),
    "echo": (Echo(3, 8), task_answers.echo),
    "parity": (Parity(7), task_answers.parity),
    "parity, every": (Parity(7, "every"), task_answers.parity),
    "flip-flop": (FlipFlop(12, 2, 0.3), task_answers.flip_flop),
    "oscillator": (Oscillator(15), task_answers.oscillator),
    "oscillator, few and fast": (Oscillator(9, 4, 0.5, 2.0, 0.7), task_answers.oscillator),
}
every_case = pytest.mark.parametrize("case", CASES)
# Judges run inside programs too.
_judged = jax.jit(
    lambda one, y, batch: (one.right(y, batch), one.error(y, batch), one.solved(y, batch)), static_argnums=0
)
_draw = jax.jit(lambda one, key: one.draw(COUNT, key=key), static_argnums=0)


def draw(one, seed):
    return jax.tree.map(np.asarray, _draw(one, jax.random.key(seed)))


def shapes(make):
    """Shapes and types of what would be drawn; nothing is."""

    def leaves(key):
        batch = make(key=key)
        return batch.inputs, batch.targets, batch.lengths

    return jax.eval_shape(leaves, jax.random.key(0))


@cache
def drawn(case):
    return draw(CASES[case][0], 0)


@cache
def answers(case):
    """What the plain loops say to every sequence, padded to the shape of the targets."""
    one, answer = CASES[case]
    batch = drawn(case)
    lengths = np.full(COUNT, batch.inputs.shape[1]) if batch.lengths is None else batch.lengths
    found = np.full(batch.targets.shape, np.nan)
    for i, length in enumerate(lengths):
        assert not batch.inputs[i, length:].any()
        wanted = np.asarray(answer(one, batch.inputs[i, :length].astype(np.float64)))
        found[i, : len(wanted)] = wanted
    return found


def perfect(case):
    """Outputs of a network that knows everything."""
    if case != "embedded-reber":
        return np.nan_to_num(answers(case)).astype(np.float32)
    outputs = np.zeros_like(drawn(case).targets)
    for i, (row, length) in enumerate(zip(drawn(case).inputs, drawn(case).lengths, strict=True)):
        text = REBER_ALPHABET.decode(row[:length].argmax(axis=1))
        outputs[i, :length] = [[c in legal for c in REBER_ALPHABET.characters] for legal in legal_symbols(text)]
    return outputs


def best_blind(case):
    """Outputs of a network that knows the number of the step and nothing else."""
    targets = drawn(case).targets
    known = np.maximum((~np.isnan(targets)).sum(axis=0), 1)
    return np.broadcast_to(np.nansum(targets, axis=0, dtype=np.float64) / known, targets.shape)


def test_every_name_has_a_case_and_a_default():
    assert {one.name for one, _ in CASES.values()} == set(task_names())
    for name in task_names():
        one = task(name)
        assert one == task(name, one.length)
        assert one.name == name


@every_case
def test_a_task_is_described(case):
    one, _ = CASES[case]
    assert hash(one) == hash(type(one)(**vars(one)))
    assert one.loss in losses()
    activation(one.output)
    assert one.reference[-4:].isdigit() or "experiment" in one.reference
    assert one.published
    assert not one.published.endswith(".")


@every_case
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_shapes_and_precision(case, dtype):
    one, _ = CASES[case]
    with precision(dtype):
        inputs, targets, lengths = shapes(partial(one.draw, 5))
    (count, time, features), (rows, last, outputs) = inputs.shape, targets.shape
    assert count == rows == 5
    assert (features, outputs) == (one.features, one.outputs)
    assert inputs.dtype == targets.dtype == dtype
    assert not inputs.weak_type
    assert not targets.weak_type
    if lengths is None:
        assert 1 <= last <= time
    else:
        assert last in (1, time)
        assert lengths.dtype.kind == "i"


@every_case
def test_a_key_says_everything(case):
    one, _ = CASES[case]
    again, other = draw(one, 0), draw(one, 1)
    for first, second in zip(jax.tree.leaves(drawn(case)), jax.tree.leaves(again), strict=True):
        np.testing.assert_array_equal(first, second)
    assert list(map(np.shape, jax.tree.leaves(other))) == list(map(np.shape, jax.tree.leaves(again)))
    assert not np.array_equal(other.inputs, again.inputs)


@every_case
def test_targets_follow_from_the_inputs(case):
    targets, wanted = drawn(case).targets, answers(case)
    if case != "two-sequences 3c":
        np.testing.assert_allclose(targets, wanted, atol=1e-6)
        return
    noise = targets - wanted
    assert noise.mean() == pytest.approx(0, abs=4 * np.sqrt(0.1 / COUNT))
    assert noise.var() == pytest.approx(0.1, rel=0.15)


@every_case
def test_the_perfect_answer_is_right_and_a_blind_one_is_not(case):
    one, _ = CASES[case]
    right, error, solved = _judged(one, perfect(case), drawn(case))
    assert right.shape == (COUNT,)
    assert right.all()
    assert bool(solved) is True
    assert float(error) == pytest.approx(0, abs=1e-6)
    right, error, solved = _judged(one, best_blind(case).astype(np.float32), drawn(case))
    assert not right.all()
    assert bool(solved) is False
    assert float(error) > 0.05


@every_case
def test_the_guess_is_the_loss_of_the_best_blind_answer(case):
    one, _ = CASES[case]
    batch, blind = drawn(case), best_blind(case)
    each = _pointwise(one, blind, batch)
    summed, known = np.nansum(each, axis=(1, 2)), (~np.isnan(each)).sum(axis=(1, 2))
    raw = {"linear": lambda y: y, "sigmoid": lambda y: np.log(y) - np.log1p(-y), "softmax": _logarithm}[one.output]
    total, weight = error_of(raw(blind), batch, one.loss, one.output, np.ones(COUNT))
    mean = float(total / weight)
    assert mean == pytest.approx(summed.sum() / known.sum(), rel=1e-4)  # as a learner counts
    # Sequences are independent; the means that were fitted make the loss a little smaller.
    slack = 4 * np.std(summed - one.guess * known) / np.sqrt(COUNT) / known.mean() + 0.01 * one.guess
    assert slack < 0.2 * one.guess
    assert mean == pytest.approx(one.guess, abs=slack)


def test_the_guess_of_strings_is_that_of_the_strings_and_not_of_a_draw():
    one = EmbeddedReber(24)
    batch = one.test(key=jax.random.key(0))
    targets = np.asarray(batch.targets[:256], np.float64)
    columns = [column[~np.isnan(column[:, 0])] for column in targets.swapaxes(0, 1)]
    surprises = [-np.log(column.mean(axis=0)[row > 0])[0] for column in columns for row in column]
    assert one.guess == pytest.approx(np.mean(surprises), rel=1e-12)


def _pointwise(one, outputs, batch):
    """The loss of every unit, or of every step where its units are one thing; NaN where there is no target."""
    targets = np.asarray(batch.targets, np.float64)
    if one.loss == "squared":
        return np.square(outputs - targets)
    if one.output == "softmax":
        return -(targets * _logarithm(outputs)).sum(axis=2, keepdims=True)
    return -(targets * np.log(outputs) + (1 - targets) * np.log1p(-outputs))


def _logarithm(y):
    return np.log(np.maximum(y, 1e-30))


SIZES = {
    Adding(): 2560,
    Adding(100, "2011"): 10_000,
    Multiplication(): 2560,
    ExclusiveOr(): 10_000,
    TemporalOrder(): 2560,
    TemporalOrder(50, 3, "2013", 200): 10_000,
    RandomPermutation(50): 10_000,
    Memorization(200): 32,
    Memorization(80, 20): 10_000,
    Copying(): 2560,
    LongLag(): 2,
    LongLag(50, "2b"): 10_000,
    VeryLongLag(20): 10_000,
    VeryLongLag(1000): 60,  # 1,103 steps of 1,004 features each
    TwoSequences(): 256,
    EmbeddedReber(): 512,
    Echo(): 2560,
    Parity(): 2560,
    FlipFlop(): 2560,
    Oscillator(): 51,
    Oscillator(1_000_000, 100): 67,
}


@pytest.mark.parametrize("one", SIZES, ids=repr)
def test_the_size_of_a_test(one):
    assert shapes(one.test)[0].shape[0] == SIZES[one]


@pytest.mark.parametrize(("wrong", "solved"), [(0, True), (1, True), (2, False)])
def test_how_many_may_be_wrong(wrong, solved):
    one = Adding()
    batch = Batch(np.zeros((2560, 2, 2)), np.full((2560, 1, 1), 0.5))
    outputs = np.full((2560, 1, 1), 0.5 + 0.0399)
    outputs[:wrong] = 0.5 - 0.0401
    assert bool(one.solved(outputs, batch)) is solved
    assert float(one.error(outputs, batch)) == pytest.approx(wrong / 2560)
    assert int((~one.right(outputs, batch)).sum()) == wrong


def test_sequences_that_are_few_in_all():
    strings = {"".join("01.!"[i] for i in row) for row in Memorization(3).test(key=jax.random.key(0)).inputs.argmax(-1)}
    assert strings == {f"{i:05b}..!....." for i in range(32)}
    first, second = LongLag(4).test(key=jax.random.key(0)).inputs.argmax(axis=-1).tolist()
    assert (first, second) == ([3, 0, 1, 2], [4, 0, 1, 2])


def test_a_wrong_symbol_counts_where_it_is_scored():
    one = Memorization(6)
    batch = one.test(key=jax.random.key(0))
    outputs = np.asarray(batch.targets).copy()
    outputs[:, :5] = outputs[:, -1:]  # what is said before the cue
    assert one.solved(outputs, batch)
    outputs[0, -2:] = [0, 0, 1]
    assert not one.right(outputs, batch)[0]
    assert one.right(outputs, batch)[1:].all()
    assert float(one.error(outputs, batch)) == pytest.approx(2 / 32)
    assert not one.solved(outputs, batch)


def test_every_step_of_2a_counts_and_the_last_of_2b():
    key = jax.random.key(0)
    for one, counts in ((LongLag(6), True), (LongLag(6, "2b"), False)):
        batch = one.draw(3, key=key)
        outputs = np.asarray(batch.targets).copy()
        outputs[0, 2] = 0.5
        assert bool(one.right(outputs, batch)[0]) is not counts
        outputs[1, -1] = 0.5
        assert not one.right(outputs, batch)[1]
        assert one.right(outputs, batch)[2]


def test_the_error_of_copying_is_the_published_baseline_for_who_guesses():
    one = Copying(50)
    batch = one.draw(2, key=jax.random.key(0))
    outputs = np.zeros(batch.targets.shape)
    outputs[:, :60, 8] = 1
    outputs[:, 60:, :8] = 1 / 8
    assert float(one.error(outputs, batch)) == pytest.approx(10 * np.log(8) / 70)
    assert one.guess == pytest.approx(10 * np.log(8) / 70)


def test_a_string_is_wrong_where_one_legal_symbol_is_too_low():
    one = EmbeddedReber(24)
    batch = one.test(key=jax.random.key(0))
    texts = [REBER_ALPHABET.decode(row[:n].argmax(axis=1)) for row, n in zip(batch.inputs, batch.lengths, strict=True)]
    assert tuple(text + "E" for text in texts) == one.training_strings + one.test_strings
    legal = np.zeros(batch.targets.shape)
    for i, text in enumerate(texts):
        legal[i, : len(text)] = [[c in may for c in REBER_ALPHABET.characters] for may in legal_symbols(text)]
    outputs = 0.2 + 0.1 * legal
    assert one.solved(outputs, batch)
    outputs[300, 0, REBER_ALPHABET.characters.index("P")] = 0.2
    assert np.flatnonzero(~one.right(outputs, batch)).tolist() == [300]
    assert not one.solved(outputs, batch)
    outputs[300, len(texts[300]) :] = np.nan  # the padding says nothing
    assert np.flatnonzero(~one.right(outputs, batch)).tolist() == [300]


# One of each kind of draw.
DRAWN = [
    "adding 1997", "memorization, 20", "very-long-lag", "two-sequences 3a", "two-sequences 3b", "two-sequences 3c",
    "echo", "flip-flop",
]  # fmt: skip


@pytest.mark.parametrize("case", DRAWN)
def test_a_test_is_one_program_or_two_and_the_same_bytes_as_step_by_step(case):
    one, key = CASES[case][0], jax.random.key(7)
    with count_compilations() as counted:
        test = one.test(key=key)
    assert counted.programs <= (2 if isinstance(one, TwoSequences) else 1)
    drawn = one.draw(len(test), key=key)
    for ours, wanted in zip(jax.tree.leaves(test), jax.tree.leaves(drawn), strict=True):
        assert ours.dtype == wanted.dtype
        assert np.asarray(ours).tobytes() == np.asarray(wanted).tobytes()


@pytest.mark.parametrize(
    "one", [Memorization(7), LongLag(7), LongLag(7, targets="scored"), EmbeddedReber(25), Oscillator(7)], ids=repr
)
def test_a_test_of_all_sequences_is_one_program(one):
    key = jax.random.key(7)
    with count_compilations() as counted:
        one.test(key=key)
    assert counted.programs <= 1


def test_a_network_learns_one_and_is_judged():
    one = LongLag(4)
    learner = GradientDescent(Optimizer(learning_rate=0.02), loss=one.loss, epochs=100, batch_size=16)
    model = SequenceModel(NetworkDesign.parse("gru:8", one.output), learner)
    fitted = model.fit(jax.tree.map(np.asarray, one.draw(32, key=jax.random.key(0))))
    batch = one.test(key=jax.random.key(0))
    outputs = fitted.predict(np.asarray(batch.inputs), last=0)[0]
    assert one.solved(outputs, batch)
    assert fitted.score(batch)[0] < one.guess / 4
