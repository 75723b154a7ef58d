"""Hidden Markov models against the sum over all paths; laws; what is refused."""

from dataclasses import fields

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enumerated_paths import Enumerated
from hidden_markov_cases import model_of
from unrolled.errors import InputError
from unrolled.statespace import (
    CategoricalEmission,
    DiagonalEmission,
    Emission,
    GaussianEmission,
    HiddenMarkov,
    filter_hidden_markov,
    forward_backward,
    hidden_markov_log_likelihood,
    learn_hidden_markov,
    sample_states,
    viterbi,
)

NAN = np.nan
RNG = np.random.default_rng(4)


def observed(kind, lengths, missing, features=2):
    """Sequences; some whole steps and some features are missing."""
    made = []
    for length in lengths:
        if kind == "categorical":
            y = RNG.integers(0, 3, (length, 1)).astype(float)
            y[: length // 3 : 2] = -1 if missing else y[: length // 3 : 2]
        else:
            y = RNG.normal(size=(length, features))
            if missing:
                y[1] = NAN
                y[3 % length, 0] = NAN
        made.append(y)
    return made


CASES = {
    "one state": ("gaussian", 1, (5,), False),
    "full": ("gaussian", 3, (6,), False),
    "full, missing": ("gaussian", 2, (6, 4), True),
    "diagonal": ("diagonal", 2, (6, 1, 3), False),
    "diagonal, missing": ("diagonal", 3, (6,), True),
    "symbols": ("categorical", 3, (6, 2), False),
    "symbols, missing": ("categorical", 2, (6, 3), True),
    "recurrence": ("autoregressive", 2, (6, 5), False),
    "recurrence, missing": ("autoregressive", 2, (8, 8, 7), True),
}


@pytest.fixture(scope="module", params=CASES)
def case(request):
    kind, states, lengths, missing = CASES[request.param]
    model = model_of(kind, states)
    sequences = observed(kind, lengths, missing)
    return model, sequences, Enumerated(model, sequences)


def test_both_passes_are_the_sum_over_all_paths(case):
    model, sequences, brute = case
    found = forward_backward(model, sequences)
    np.testing.assert_allclose(found.log_likelihoods, brute.log_likelihoods, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(found.smoothed, brute.smoothed(), rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(found.filtered, brute.filtered(), rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(found.pairs, brute.pairs(), rtol=1e-9, atol=1e-10)
    assert hidden_markov_log_likelihood(model, sequences) == pytest.approx(brute.log_likelihoods.sum(), rel=1e-10)
    for i in range(len(sequences)):
        rows = found.rows(i)
        assert rows.stop - rows.start == len(sequences[i])
        np.testing.assert_allclose(found.predicted[rows.start], model.initial, atol=1e-12)
        onward = found.filtered[rows][:-1] @ model.transition
        np.testing.assert_allclose(found.predicted[rows][1:], onward, atol=1e-12)


def test_viterbi_is_the_best_of_all_paths(case):
    model, sequences, brute = case
    path, logs = viterbi(model, sequences)
    best = brute.best()
    np.testing.assert_allclose(logs, [log_p for _, log_p in best], rtol=1e-10, atol=1e-10)
    parts = np.split(path, np.cumsum(list(map(len, sequences)))[:-1])
    for part, weighed, (_, log_p) in zip(parts, brute.paths, best, strict=True):
        assert dict(weighed)[tuple(part.tolist())] == pytest.approx(log_p, abs=1e-9)


def test_one_step_of_em_is_that_of_explicit_sums(case):
    model, sequences, brute = case
    learned = learn_hidden_markov(sequences, start=model, iterations=1, floor=1e-12)
    assert len(learned.history) == 2
    assert learned.history[0] == pytest.approx(brute.log_likelihoods.sum(), rel=1e-10)
    initial, transition, emission = brute.learned()
    made = learned.model
    np.testing.assert_allclose(made.initial, initial, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(made.transition, transition, rtol=1e-8, atol=1e-10)
    for field, wanted in zip(fields(made.emission), emission, strict=True):
        np.testing.assert_allclose(getattr(made.emission, field.name), wanted, rtol=1e-6, atol=1e-8)


def test_every_emission_follows_the_protocol(case):
    emission = case[0].emission
    assert isinstance(emission, Emission)
    assert all(len(leaf) == emission.states for leaf in jax.tree.leaves(emission))


def test_draws_of_paths_have_the_posterior(case):
    model, sequences, _ = case
    paths = sample_states(model, sequences, 4000, key=jax.random.key(1))
    shares = np.stack([(paths == k).mean(axis=0) for k in range(model.states)], axis=1)
    np.testing.assert_allclose(shares, forward_backward(model, sequences).smoothed, atol=0.04)
    starts = np.cumsum(list(map(len, sequences)))[:-1]
    inner = np.setdiff1d(np.arange(1, paths.shape[1]), starts)
    pairs = [[np.mean((paths[:, inner - 1] == i) & (paths[:, inner] == j)) for j in range(model.states)]
             for i in range(model.states)]  # fmt: skip
    np.testing.assert_allclose(np.array(pairs) * len(inner), forward_backward(model, sequences).pairs, atol=0.15)


def test_padded_sequences_are_the_ragged_ones():
    model, ragged = model_of("diagonal", 3), observed("diagonal", (6, 2, 4), True)
    padded = np.full((3, 6, 2), 7.0)
    for row, one in zip(padded, ragged, strict=True):
        row[: len(one)] = one
    found, wanted = forward_backward(model, padded, [6, 2, 4]), forward_backward(model, ragged)
    np.testing.assert_array_equal(found.smoothed, wanted.smoothed)
    np.testing.assert_array_equal(found.log_likelihoods, wanted.log_likelihoods)


def left_to_right():
    emission = DiagonalEmission(np.array([[0.0], [1.0], [50.0]]), np.full((3, 1), 1e-3))
    transition = np.array([[0.9, 0.1, 0.0], [0.0, 0.9, 0.1], [0.0, 0.0, 1.0]])
    return HiddenMarkov(np.array([1.0, 0.0, 0.0]), transition, emission)


def test_where_scaling_loses_every_state_logarithms_do_not():
    """The state that explains a step best cannot be reached; those that can are exp(-1e6) times less dense."""
    model, y = left_to_right(), np.array([[0.0], [50.0], [0.1], [50.0], [50.0], [1.0]])
    brute, found = Enumerated(model, [y]), forward_backward(model, y)
    np.testing.assert_allclose(found.log_likelihoods, brute.log_likelihoods, rtol=1e-12)
    np.testing.assert_allclose(found.smoothed, brute.smoothed(), atol=1e-9)
    np.testing.assert_allclose(found.filtered, brute.filtered(), atol=1e-9)
    np.testing.assert_allclose(found.pairs, brute.pairs(), atol=1e-9)
    np.testing.assert_allclose(filter_hidden_markov(model, y)[0], found.filtered, atol=1e-12)
    assert viterbi(model, y)[1][0] == pytest.approx(brute.best()[0][1], rel=1e-12)
    learned = learn_hidden_markov(y, start=model, iterations=3)
    assert (np.diff(learned.history) >= 0).all()


def test_evidence_that_comes_too_late_for_scaled_numbers():
    """Two chains that never meet: the first steps speak for one by exp(800), the later ones for the other by more."""
    model = HiddenMarkov(
        np.array([0.5, 0.5]), np.eye(2), DiagonalEmission(np.array([[0.0], [1.0]]), np.full((2, 1), 1e-3))
    )
    y = np.array([0.0, 0.0, 1.0, 1.0, 1.0])[:, None]
    brute, found = Enumerated(model, [y]), forward_backward(model, y)
    np.testing.assert_allclose(found.log_likelihoods, brute.log_likelihoods, rtol=1e-12)
    np.testing.assert_allclose(found.smoothed, brute.smoothed(), atol=1e-12)


@st.composite
def learnable(draw):
    """Random sequences, some of their values missing, and a kind of emission."""
    kind = draw(st.sampled_from(["gaussian", "diagonal", "categorical", "autoregressive"]))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    y = np.cumsum(rng.normal(size=(24, 2)), axis=0) * draw(st.sampled_from([1e-3, 1.0, 1e5]))
    y[rng.random(y.shape) < draw(st.sampled_from([0.0, 0.1, 0.4]))] = NAN
    if kind == "categorical":
        y = rng.integers(-1, 3, (24, 1)).astype(float)
    elif kind == "gaussian":  # the same patterns in every example, so that they share a program
        y[3], y[4] = (1.0, NAN), (NAN, 1.0)
    return kind, y, draw(st.sampled_from([0.0, 0.5]))


@settings(max_examples=25)
@given(learnable())
def test_em_never_lowers_the_likelihood(example):
    kind, y, counts = example
    if (~np.isnan(y)).all(axis=1).sum() < 8:
        return
    learned = learn_hidden_markov(
        [y[:15], y[15:]], states=2, emission=kind, key=jax.random.key(0), symbols=3, restarts=2, iterations=25,
        pseudo_counts=counts,
    )  # fmt: skip
    drops = np.diff(learned.history)
    assert (drops >= -1e-9 * np.maximum(np.abs(learned.history[1:]), 1)).all()
    assert np.isfinite(learned.objectives).all()
    learned.model.check()
    assert hidden_markov_log_likelihood(learned.model, [y[:15], y[15:]]) == pytest.approx(
        learned.log_likelihood, rel=1e-9, abs=1e-9
    )


def simulated(model, steps, seed=0):
    rng = np.random.default_rng(seed)
    states = [rng.choice(model.states, p=model.initial)]
    for _ in range(steps - 1):
        states.append(rng.choice(model.states, p=model.transition[states[-1]]))
    return np.array(states)


def test_what_was_drawn_is_found_again():
    truth = HiddenMarkov(
        np.array([0.5, 0.5]), np.array([[0.95, 0.05], [0.1, 0.9]]), CategoricalEmission(np.ones((2, 1)))
    )
    states = simulated(truth, 1500)
    rng = np.random.default_rng(1)
    y = np.array([-1.0, 2.0])[states] + rng.normal(size=1500) * np.array([0.5, 1.0])[states]
    learned = learn_hidden_markov(y, states=2, key=jax.random.key(0), restarts=3)
    np.testing.assert_allclose(learned.model.emission.means[:, 0], [-1, 2], atol=0.1)
    np.testing.assert_allclose(learned.model.emission.covariances[:, 0, 0], [0.25, 1], rtol=0.15)
    np.testing.assert_allclose(learned.model.transition, truth.transition, atol=0.03)
    assert np.mean(viterbi(learned.model, y)[0] == states) > 0.97
    assert learned.converged
    assert learned.notes == ()


def test_two_recurrences_are_found_again():
    rng = np.random.default_rng(2)
    states = simulated(HiddenMarkov(np.array([1.0, 0.0]), np.array([[0.98, 0.02], [0.02, 0.98]]), None), 800, seed=3)
    A, y = np.array([[0.9, 0.0], [-0.5, -0.4]]), [0.0, 0.0]
    for k in states[2:]:
        y.append(A[k] @ [y[-1], y[-2]] + 0.1 * rng.normal())
    learned = learn_hidden_markov(
        np.array(y), states=2, emission="autoregressive", lags=2, key=jax.random.key(0), restarts=4
    )
    # What least squares say that know the states.
    wanted = []
    for k in (0, 1):
        t = np.flatnonzero(states == k)[2 * (k == 0) :]
        rows = np.stack([np.ones(len(t)), np.array(y)[t - 1], np.array(y)[t - 2]], axis=1)
        wanted.append(np.linalg.lstsq(rows, np.array(y)[t], rcond=None)[0])
    order = np.argsort(-learned.model.emission.A[:, 0, 0, 0])
    emission = learned.model.emission
    found = np.column_stack([emission.c[:, 0], emission.A[:, :, 0, 0]])[order]
    np.testing.assert_allclose(found, wanted, atol=0.05)


def test_restarts_do_not_depend_on_how_many_there_are():
    y = observed("gaussian", (40,), False)[0]
    few, many = (learn_hidden_markov(y, states=3, key=jax.random.key(5), restarts=n) for n in (2, 4))
    np.testing.assert_allclose(few.objectives, many.objectives[:2], rtol=1e-12)
    assert len(set(np.round(many.objectives, 6))) > 1


def test_what_went_wrong_is_said():
    stuck = learn_hidden_markov(np.ones(20), states=2, key=jax.random.key(0), restarts=1)
    assert any("could not improve" in note for note in stuck.notes)
    assert stuck.model.emission.covariances.min() > 0
    model = HiddenMarkov(
        np.array([1.0, 0.0]), np.array([[1.0, 0.0], [0.5, 0.5]]), DiagonalEmission(np.zeros((2, 1)), np.ones((2, 1)))
    )
    dead = learn_hidden_markov([0.0, 1.0, 2.0, 1.0], start=model, iterations=2)
    assert dead.notes[0].startswith("State 1 died")
    np.testing.assert_array_equal(dead.model.transition[1], [0.5, 0.5])
    assert dead.model.emission.means[1, 0] == 0.0
    y = np.random.default_rng(0).normal(size=60)
    short = learn_hidden_markov(y, states=2, key=jax.random.key(0), restarts=1, iterations=2)
    assert not short.converged
    assert "stopped after 2 steps" in short.notes[-1]


def test_pseudo_counts_keep_symbols_possible():
    y = np.array([0, 1, 0, 1, 1])
    plain, counted = (
        learn_hidden_markov(y, states=1, emission="categorical", symbols=3, key=jax.random.key(0), pseudo_counts=c)
        for c in (0.0, 1.0)
    )
    np.testing.assert_allclose(counted.model.emission.probabilities, [[3 / 8, 4 / 8, 1 / 8]])
    assert hidden_markov_log_likelihood(counted.model, [2]) == pytest.approx(np.log(1 / 8))
    with pytest.raises(InputError, match="symbol 2 has probability zero in every state"):
        hidden_markov_log_likelihood(plain.model, [0, 2])
    with pytest.raises(InputError, match="symbol 3 is none that the model knows"):
        hidden_markov_log_likelihood(plain.model, [3])


GAUSS = model_of("gaussian", 2)
KEY = jax.random.key(0)


def test_what_the_chain_cannot_do_has_probability_zero():
    model = HiddenMarkov(np.array([1.0, 0.0]), np.eye(2), CategoricalEmission(np.eye(2)))
    for call in (forward_backward, hidden_markov_log_likelihood):
        with pytest.raises(InputError, match="step 2 of sequence 1 probability zero"):
            call(model, [np.array([0.0, 0.0]), np.array([0.0, -1.0, 1.0])])
    with pytest.raises(InputError, match="sequence 0 probability zero on every path"):
        viterbi(model, [0, 1])
    with pytest.raises(InputError, match="probability zero"):
        sample_states(model, [0, 1], key=KEY)


@pytest.mark.parametrize("crossing", [0.0, 1e-200])
def test_a_state_that_cannot_be_left_is_not_left(crossing):
    """Every state is 500 deviations from what the other says: no path may profit from a density that was rounded up."""
    chain = np.array([[1 - crossing, crossing], [crossing, 1 - crossing]])
    model = HiddenMarkov(
        np.array([0.5, 0.5]), chain, GaussianEmission(np.eye(2)[:, :1][::-1], np.full((2, 1, 1), 1e-3))
    )
    y = np.array([0.0, 0.6, 0.6, 0.6, 0.6])
    paths = np.log(0.5) - 0.5 * np.array([((y - mean) ** 2).sum() / 1e-3 for mean in (0.0, 1.0)])
    wanted = np.logaddexp(*paths) - 2.5 * np.log(2 * np.pi * 1e-3)
    found = forward_backward(model, y)
    np.testing.assert_allclose(found.log_likelihood, wanted, rtol=1e-10)
    np.testing.assert_allclose(hidden_markov_log_likelihood(model, y), wanted, rtol=1e-10)
    np.testing.assert_allclose(found.smoothed[:, 0], 1.0, rtol=1e-10)
    np.testing.assert_allclose(filter_hidden_markov(model, y)[0][:, 0], 1.0, rtol=1e-10)
