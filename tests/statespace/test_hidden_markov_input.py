"""What hidden Markov models take, in which form, and what they refuse."""

from dataclasses import replace

import jax
import numpy as np
import pytest

from hidden_markov_cases import TWO, model_of
from unrolled.errors import InputError
from unrolled.statespace import (
    AutoregressiveEmission,
    CategoricalEmission,
    DiagonalEmission,
    GaussianEmission,
    HiddenMarkov,
    forward_backward,
    learn_hidden_markov,
    sample_states,
    viterbi,
)

NAN = np.nan
RNG = np.random.default_rng(4)
KEY = jax.random.key(0)
GAUSS = model_of("gaussian", 2)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (
            lambda: replace(GAUSS, transition=np.array([[0.5, 0.4], [0.5, 0.5]])).check(),
            "row 0 of transition must sum to 1",
        ),
        (lambda: replace(GAUSS, initial=np.array([1.5, -0.5])).check(), "initial must be probabilities"),
        (lambda: replace(GAUSS, initial=np.zeros(0)).check(), "one state at least"),
        (lambda: replace(GAUSS, initial=np.ones(1)).check(), "transition must have shape"),
        (lambda: replace(GAUSS, emission=model_of("gaussian", 3).emission).check(), "2 states and the emission 3"),
        (lambda: GaussianEmission(np.zeros((1, 2)), np.ones((1, 2, 2))).check(), "not positive definite"),
        (lambda: GaussianEmission(np.zeros((1, 2)), np.array([[[1.0, 0.5], [0.0, 1.0]]])).check(), "symmetric"),
        (lambda: GaussianEmission(np.full((1, 2), NAN), np.eye(2)[None]).check(), "means must be finite"),
        (
            lambda: DiagonalEmission(np.zeros((1, 2)), np.array([[1.0, 0.0]])).check(),
            "variances must be finite numbers above 0",
        ),
        (lambda: CategoricalEmission(np.array([[0.5, 0.4]])).check(), "rows sum to 1"),
        (lambda: CategoricalEmission(np.array([[1.5, -0.5]])).check(), "at least 0"),
        (
            lambda: AutoregressiveEmission(np.zeros((1, 1)), np.zeros((1, 0, 1, 1)), np.ones((1, 1, 1))).check(),
            "one lag at least",
        ),
        (lambda: forward_backward(GAUSS, np.zeros((4, 3))), "2 features; the observations have 3"),
        (lambda: forward_backward(GAUSS, np.full((4, 2), np.inf)), "infinite"),
        (lambda: forward_backward(GAUSS, "abc"), "must be numbers"),
        (lambda: forward_backward(GAUSS, np.zeros((0, 2))), "one step at least"),
        (lambda: forward_backward(GAUSS, np.zeros((2, 4, 2)), [5, 1]), "lengths must be whole numbers from 1 to 4"),
        (lambda: forward_backward(GAUSS, np.zeros((2, 4, 2)), [4]), "one for each of 2 sequences"),
        (lambda: forward_backward(GAUSS, np.zeros((4, 2)), [4]), "lengths belong to padded sequences"),
        (lambda: forward_backward(GAUSS, [np.zeros((4, 2))], [4]), "lengths already"),
        (lambda: viterbi(model_of("categorical", 2), [0.5]), "whole numbers from 0 up"),
        (lambda: viterbi(model_of("categorical", 2), np.zeros((3, 2))), "one a step"),
        (lambda: sample_states(GAUSS, np.zeros((3, 2)), 0, key=KEY), "count"),
        (lambda: learn_hidden_markov(np.full(5, NAN), states=1, key=KEY), "all values are missing"),
        (lambda: learn_hidden_markov([1.0, 2.0], states=3, key=KEY), "3 states need at least as many observed steps"),
        (lambda: learn_hidden_markov([1.0, 2.0], states=0, key=KEY), "states must be a whole number from 1"),
        (lambda: learn_hidden_markov([1.0, 2.0], states=2, emission="gauss", key=KEY), "did you mean 'gaussian'"),
        (lambda: learn_hidden_markov([1.0, 2.0], states=2), "give a key"),
        (lambda: learn_hidden_markov([1.0, 2.0], states=2, key=KEY, floor=0.0), "floor"),
        (lambda: learn_hidden_markov([1.0, 2.0], states=2, key=KEY, pseudo_counts=-1.0), "pseudo_counts"),
        (
            lambda: learn_hidden_markov([0, 3], states=1, emission="categorical", symbols=2, key=KEY),
            "no room for symbol 3",
        ),
        (
            lambda: learn_hidden_markov(np.array([[1.0, NAN], [2.0, NAN]]), states=1, key=KEY),
            "feature 1 was never observed",
        ),
        (
            lambda: learn_hidden_markov([1.0, 2.0, 3.0], states=2, emission="autoregressive", lags=2, key=KEY),
            "with all of 2 lags",
        ),
        (lambda: learn_hidden_markov([1e308, -1e308, 1e308], states=2, key=KEY), "a value of y is near 1e[+]308"),
        (lambda: learn_hidden_markov(1e-150 * np.arange(9.0), states=2, key=KEY), "near 8e-150"),
        (lambda: learn_hidden_markov([1.0, 2.0], start="x"), "start must be a HiddenMarkov"),
        (lambda: learn_hidden_markov([1.0, 2.0], states=1, emission=GaussianEmission, key=KEY), "unknown emission"),
        (lambda: learn_hidden_markov([1.0, 2.0], states=1, key=0), "key must be"),
        (lambda: forward_backward(None, [1.0]), "model must be a HiddenMarkov"),
        (lambda: sample_states(TWO, [1.0], key=0), "key must be"),
        (
            lambda: viterbi(HiddenMarkov(np.array(["half"]), np.eye(1), TWO.emission), [1.0]),
            "initial must be an array of numbers",
        ),
    ],
)
def test_bad_input_is_refused_in_words(call, said):
    with pytest.raises(InputError, match=said):
        call()


def test_what_is_masked_is_not_seen():
    y = np.ma.array([0.1, 99.0, 4.9, 5.2], mask=[False, True, False, False])
    missing = [0.1, NAN, 4.9, 5.2]
    for one in (y, [y, y]):
        wanted = forward_backward(TWO, [np.array(missing)] * (2 if one is not y else 1))
        assert np.array_equal(forward_backward(TWO, one).smoothed, wanted.smoothed)
    symbols = np.ma.array([0, 1, 0], mask=[False, True, False])
    coins = HiddenMarkov(TWO.initial, TWO.transition, CategoricalEmission(np.array([[0.9, 0.1], [0.2, 0.8]])))
    assert np.array_equal(forward_backward(coins, symbols).smoothed, forward_backward(coins, [0, -1, 0]).smoothed)


def test_parts_may_come_in_any_precision():
    y = [0.1, 4.8, 5.1]
    wanted = forward_backward(TWO, y).smoothed
    short = jax.tree.map(np.float32, TWO)
    np.testing.assert_allclose(forward_backward(short, y).smoothed, wanted, rtol=1e-5)
    np.testing.assert_array_equal(viterbi(short, y)[0], viterbi(TWO, y)[0])
    certain = HiddenMarkov(np.array([1, 0]), np.eye(2, dtype=int), TWO.emission)
    assert forward_backward(certain, y).smoothed.tolist() == [[1.0, 0.0]] * 3
    assert replace(TWO) != TWO
    assert hash(TWO) != hash(replace(TWO))


@pytest.mark.parametrize("emission", ["gaussian", "diagonal"])
def test_a_start_below_the_floor_is_lifted_first(emission):
    y = np.r_[RNG.normal(size=20), 5 + RNG.normal(size=20)]
    narrow = DiagonalEmission(np.array([[0.0], [5.0]]), np.ones((2, 1))) if emission == "diagonal" else TWO.emission
    learned = learn_hidden_markov(y, start=replace(TWO, emission=narrow), floor=3.0)
    assert np.all(np.diff(learned.history) > -1e-9)
    assert np.all(learned.model.emission.variances >= 3 * y.var() * (1 - 1e-12))
