"""Expectation-maximization: a step against dense matrices, laws, what is said, what is refused."""

from dataclasses import replace

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linear_gaussian_cases import em_step, observations, system
from unrolled.compilation import count_compilations
from unrolled.errors import InputError, TrainingError
from unrolled.statespace import LinearGaussian, learn_linear_gaussian, log_likelihood, sample_linear_gaussian

CASES = {
    "full": ([observations(0, 7, 2)], None),
    "gaps": ([observations(1, 7, 2, missing=0.4)], None),
    "several, of unequal length": ([observations(2, 7, 2, missing=0.3), observations(3, 4, 2)], None),
    "inputs": ([observations(4, 9, 2, missing=0.2)], [observations(5, 9, 1)]),
}


@pytest.mark.parametrize("case", CASES)
def test_a_step_is_that_of_dense_matrices(case):
    sequences, inputs = CASES[case]
    model = system(3, units=2, inputs=0 if inputs is None else 1)
    found = learn_linear_gaussian(model, sequences, inputs, iterations=1, tolerance=0.0)
    wanted = em_step(model, sequences, inputs)
    for name in model.present:
        part = getattr(found.model, name)
        np.testing.assert_allclose(part, wanted[name].reshape(part.shape), atol=1e-8, err_msg=name)
    before = sum(log_likelihood(model, y, None if inputs is None else inputs[i]) for i, y in enumerate(sequences))
    assert found.log_likelihoods[0] == pytest.approx(before, abs=1e-9)
    assert found.log_likelihoods[1] > before


@settings(max_examples=25)
@given(seed=st.integers(0, 10_000), missing=st.sampled_from([0.0, 0.3, 0.7]), steps=st.integers(3, 30))
def test_the_likelihood_never_falls(seed, missing, steps):
    y = np.full((30, 2), np.nan)  # one length, one program: the rest is missing
    y[:steps] = observations(seed, steps, 2, missing)
    y[0, 0] = 1.0
    found = learn_linear_gaussian(system(seed, units=2), y, iterations=12, tolerance=0.0)
    assert not any("could not improve" in note for note in found.notes)  # no step had to be taken back
    assert np.all(np.diff(found.log_likelihoods) >= -1e-9 * (1 + np.abs(found.log_likelihoods[1:])))
    assert log_likelihood(found.model, y) == pytest.approx(found.log_likelihoods[-1], rel=1e-7, abs=1e-7)


def test_learning_some_parts_leaves_the_others():
    model, y = system(4, units=2), observations(6, 40, 2, missing=0.2)
    found = learn_linear_gaussian(model, y, learned=("Q", "R", "c"), diagonal=("R",), iterations=20)
    for name in ("W", "V", "m", "P", "b"):
        np.testing.assert_array_equal(getattr(found.model, name), getattr(model, name))
    assert np.count_nonzero(found.model.R - np.diag(np.diag(found.model.R))) == 0
    assert found.log_likelihoods[-1] > found.log_likelihoods[1] > found.log_likelihoods[0]


def test_a_system_is_found_again():
    true = LinearGaussian(
        W=0.95 * np.array([[np.cos(0.4), -np.sin(0.4)], [np.sin(0.4), np.cos(0.4)]]), V=np.array([[1.0, 0.0]]),
        Q=0.1 * np.eye(2), R=0.3 * np.eye(1), m=np.zeros(2), P=np.eye(2),
    )  # fmt: skip
    y = sample_linear_gaussian(true, 3000, key=jax.random.key(1)).observations
    start = replace(true, W=np.array([[0.8, -0.5], [0.5, 0.8]]), Q=np.eye(2), R=np.eye(1))
    found = learn_linear_gaussian(start, y, iterations=300)
    values = np.sort_complex(np.linalg.eigvals(found.model.W))
    np.testing.assert_allclose(values, np.sort_complex(np.linalg.eigvals(true.W)), atol=0.02)
    assert abs(found.model.R[0, 0] - 0.3) < 0.05
    assert found.log_likelihoods[-1] > log_likelihood(true, y)


def test_the_floor_is_kept_and_still_nothing_falls():
    line = np.linspace(0, 1, 30)[:, None]
    start = system(0, units=2, features=1)
    found = learn_linear_gaussian(start, line, iterations=60, tolerance=0.0, floor=1e-4)
    assert found.model.R[0, 0] >= 1e-4
    assert np.all(np.diff(found.log_likelihoods) >= -1e-7)


def test_it_is_one_program_and_settings_compile_nothing():
    y = observations(8, 25, 2)
    learn_linear_gaussian(system(1), y, iterations=3)
    with count_compilations() as counted:
        learn_linear_gaussian(system(2), observations(9, 25, 2), iterations=5, tolerance=1e-3, floor=1e-3)
    assert counted.programs == 0


def test_notes():
    y = observations(10, 30, 1)
    model = system(5, units=1, features=1)
    assert "still rising" in learn_linear_gaussian(model, y, iterations=2, tolerance=0.0).notes[0]
    done = learn_linear_gaussian(model, y, learned="c", iterations=500, tolerance=0.0)
    assert done.converged
    again = learn_linear_gaussian(done.model, y, learned="c")
    assert again.converged
    assert "a maximum already" in again.notes[0]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"learned": ("W", "X")}, "unknown part of the system 'X'"),
        ({"learned": ("b",)}, "unknown part of the system 'b'"),
        ({"learned": ()}, "nothing is to be learned"),
        ({"diagonal": ("W",)}, "unknown covariance that can be diagonal 'W'"),
        ({"iterations": 0}, "iterations"),
        ({"tolerance": -1.0}, "tolerance"),
        ({"floor": np.nan}, "floor"),
    ],
)
def test_wrong_requests(changed, said):
    with pytest.raises(InputError, match=said):
        learn_linear_gaussian(system(0, biases=False), observations(0, 9, 2), **changed)


def test_sequences_that_do_not_fit():
    model = system(0)
    with pytest.raises(InputError, match="every value of y is missing"):
        learn_linear_gaussian(model, [observations(0, 9, 2), np.full((4, 2), np.nan)])
    with pytest.raises(InputError, match="y must have 2 features, as V has rows; came 3"):
        learn_linear_gaussian(model, [observations(0, 9, 2), np.zeros((4, 3))])
    with pytest.raises(InputError, match="2 sequences and inputs for 1"):
        learn_linear_gaussian(system(0, inputs=1), [observations(0, 9, 2)] * 2, [observations(0, 9, 1)])
    with pytest.raises(TrainingError, match="no finite likelihood"):
        learn_linear_gaussian(replace(model, W=1e200 * np.eye(3)), observations(0, 9, 2))


def test_the_start_is_brought_to_where_it_may_be():
    """Below its floor, or not diagonal where it is to stay so, a start would be left for something less likely."""
    y = observations(3, 30, 2)
    full = replace(system(0), R=np.array([[1.0, 0.9], [0.9, 1.0]]))
    found = learn_linear_gaussian(full, y, diagonal="R", iterations=5)
    assert found.model.R[0, 1] == 0
    assert np.all(np.diff(found.log_likelihoods) > 0)
    high = learn_linear_gaussian(full, y, floor=100.0, iterations=5)
    assert np.linalg.eigvalsh(high.model.R)[0] >= 100 * (1 - 1e-12)
    assert np.all(np.diff(high.log_likelihoods) > -1e-9)


def test_a_half_of_which_nothing_is_told_stays_as_it_is():
    """Sequences of one step say nothing of W and Q, inputs that are zero nothing of U."""
    model = system(0, units=1, features=1, inputs=1)
    found = learn_linear_gaussian(model, [np.array([[one]]) for one in (1.0, 2.0, 4.0)], [np.zeros((1, 1))] * 3)
    assert [getattr(found.model, name).tolist() for name in "WQU"] == [getattr(model, name).tolist() for name in "WQU"]
    assert found.log_likelihoods[-1] > found.log_likelihoods[0] + 0.1
