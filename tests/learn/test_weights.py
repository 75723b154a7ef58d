"""Weights of sequences: what weighs nothing is not there."""

import jax
import numpy as np
import pytest

from unrolled.errors import InputError
from unrolled.learn import GradientDescent, LeastSquares, Optimizer, solve_readout, train
from unrolled.learn._epoch import _epoch_order
from unrolled.networks import NetworkDesign, initialize_members, member, member_keys
from unrolled.sequence import SequenceModel
from unrolled.types import Batch, precision

RNG = np.random.default_rng(0)
INPUTS, TARGETS = RNG.normal(size=(7, 2, 1)), RNG.normal(size=(7, 1, 1))
DESIGN = NetworkDesign.parse("elman:3")


def fit(batch, *, members=1, **settings):
    keys = member_keys(0, members)
    with precision("float64") as kind:
        networks = initialize_members(DESIGN, 1, 1, keys=keys, dtype=kind)
        return train(networks, GradientDescent(**{"epochs": 15, "batch_size": 4} | settings), batch, keys=keys)


def assert_close(one, two):
    for a, b in zip(jax.tree.leaves(one.networks), jax.tree.leaves(two.networks), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-12)
    np.testing.assert_allclose(one.history.loss, two.history.loss, rtol=1e-12)


def padded(places, length):
    """The sequences at those places of a longer batch, with rubbish between that weighs nothing."""
    inputs, targets, weights = np.full((length, 2, 1), np.nan), np.full((length, 1, 1), np.inf), np.zeros(length)
    inputs[places], targets[places], weights[places] = INPUTS, TARGETS, 1.0
    return Batch(inputs, targets, weights)


@pytest.mark.parametrize(
    ("places", "settings"),
    [
        (range(7), {"optimizer": Optimizer("adamw")}),
        ([0, 2, 3, 7, 8, 11, 12], {"shuffle": False}),
        ([0, 2, 3, 7, 8, 11, 12], {"batch_size": 32}),
    ],
)
def test_sequences_that_weigh_nothing_are_left_out(places, settings):
    """The others are shuffled into the same batches, and a batch of nothing moves nothing, not even by decay."""
    assert_close(fit(padded(list(places), 16), **settings), fit(Batch(INPUTS, TARGETS), **settings))


def test_norm_keeping_is_a_mean_over_those_that_weigh_something():
    settings = {"norm_keeping": 0.5, "batch_size": 32, "epochs": 3}
    assert_close(fit(padded([0, 2, 3, 7, 8, 11, 12], 16), **settings), fit(Batch(INPUTS, TARGETS), **settings))


@pytest.mark.parametrize("count", [1, 5, 33, 100])
def test_the_order_of_the_others_is_theirs_alone(count):
    key = member_keys(5, 1)[0]
    weights = (np.arange(128) < count).astype(float)
    found = np.asarray(_epoch_order(key, 128, 32, True, jax.numpy.asarray(weights))).ravel()[:count]
    np.testing.assert_array_equal(found, np.asarray(_epoch_order(key, count, min(32, count), True)).ravel()[:count])


def test_a_weight_of_two_is_the_sequence_twice():
    """In one batch, for which the order says nothing."""
    weights = np.array([1.0, 2.0, 1.0, 0.0, 1.0, 3.0, 1.0])
    places = np.repeat(np.arange(7), weights.astype(int))
    twice = fit(Batch(INPUTS[places], TARGETS[places]), batch_size=32)
    assert_close(fit(Batch(INPUTS, TARGETS, weights), batch_size=32), twice)


def test_equal_weights_are_none():
    made = fit(Batch(INPUTS, TARGETS, np.full(7, 7.5)), batch_size=32)
    assert_close(made, fit(Batch(INPUTS, TARGETS), batch_size=32))


def test_validation_weighs_too():
    made = fit(Batch(INPUTS, TARGETS, np.array([1, 1, 1, 1, 2, 2, 0.0])), validation=0.3)
    alone = fit(Batch(INPUTS[:6], TARGETS[:6]), validation=0.2)
    np.testing.assert_allclose(made.history.validation_loss, alone.history.validation_loss, rtol=1e-12)


def test_every_member_can_learn_from_sequences_of_its_own():
    inputs, targets = np.stack([INPUTS, 2 - INPUTS]), np.stack([TARGETS, 3 * TARGETS])
    weights = np.ones((2, 7))
    weights[1, 5:] = 0
    made = fit(Batch(inputs, targets, weights), members=2)
    for index, count in ((0, 7), (1, 5)):
        alone = fit(Batch(inputs[index, :count], targets[index, :count]), members=2)
        for a, b in zip(*(jax.tree.leaves(member(one.networks, index)) for one in (made, alone)), strict=True):
            np.testing.assert_allclose(a, b, rtol=0, atol=1e-12)


def test_a_member_without_sequences_ends_at_once():
    weights = np.stack([np.ones(7), np.zeros(7)])
    made = fit(Batch(np.stack([INPUTS] * 2), np.stack([TARGETS] * 2), weights), members=2)
    assert made.history.usable.tolist() == [True, False]
    assert made.history.epochs.tolist() == [15, 1]


@pytest.mark.parametrize("last", [1, 2])
def test_least_squares_weigh_too(last):
    rng = np.random.default_rng(last)
    inputs, targets = rng.normal(size=(9, 2, 3)), rng.normal(size=(9, last, 1))
    weights = np.array([1.0, 2.0, 0.0, 1.0, 1.0, 3.0, 1.0, 0.0, 1.0])
    places = np.repeat(np.arange(9), weights.astype(int))
    inputs[weights == 0] = 1e6

    def solved(batch):
        with precision("float64"):
            networks = initialize_members(NetworkDesign(), 3, 1, keys=member_keys(0, 1))
            return solve_readout(networks, LeastSquares(), batch).networks.readout.V

    wanted = solved(Batch(inputs[places], targets[places]))
    np.testing.assert_allclose(solved(Batch(inputs, targets, weights)), wanted, rtol=0, atol=1e-12)


@pytest.mark.parametrize("weights", [np.ones(6), np.zeros(7), -np.ones(7), np.full(7, np.nan)])
def test_weights_that_are_none_are_refused(weights):
    batch = Batch.__new__(Batch)  # what the shape check of the tests would stop first
    for name, value in (("inputs", INPUTS), ("targets", TARGETS), ("weights", weights)):
        object.__setattr__(batch, name, value)
    with pytest.raises(InputError, match="weights must be one number of at least 0 for each of the 7 sequences"):
        SequenceModel(DESIGN, GradientDescent(epochs=1)).fit(batch)


def test_what_weights_do_not_go_with_is_said():
    batch = Batch(INPUTS, TARGETS, np.array([1, 1, 1, 1, 1, 0, 0.0]))
    with pytest.raises(InputError, match=r"a stateful network .* takes no weights"):
        fit(batch, stateful=True, shuffle=False, batch_size=7)
    with pytest.raises(InputError, match="all sequences to validate on have the weight 0"):
        fit(batch, validation=0.2)
    networks = initialize_members(NetworkDesign(), 1, 1, keys=member_keys(0, 1))
    with pytest.raises(InputError, match="least squares solves every member on the same sequences"):
        solve_readout(networks, LeastSquares(), Batch(INPUTS[None], TARGETS[None]))
