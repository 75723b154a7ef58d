"""The minimal gated unit: all steps at once are the steps one by one."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.linalg import solve

from network_formulas import compiled, equal, like, numbers, product, random_network
from unrolled.errors import InputError
from unrolled.networks import linear_recurrence, unroll
from unrolled.types import precision

BATCH, FEATURES = 3, 2


@pytest.fixture(autouse=True)
def _float64():
    with precision("float64"):
        yield


def cell_of(activation="tanh", features=FEATURES):
    return random_network(f"mingru:2:{activation}", features).layers[0]


@pytest.mark.parametrize(("time", "activation"), [(1, "linear"), (11, "softmax")])
def test_all_steps_at_once_are_the_steps_one_by_one(time, activation):
    """Values, final states and gradients; by both rules; with steps that are not real and without."""
    cell, inputs = cell_of(activation), numbers(BATCH, time, FEATURES)
    state = like(cell.initial_state((BATCH,)), 2)
    weigh = (numbers(BATCH, time, 2, seed=3), like(state, 4))
    real = np.random.default_rng(5).random((BATCH, time)) < 0.6
    real[0], real[1] = True, False

    @compiled
    def everything(cell, inputs, state, real):
        def error(cell, inputs, state, scan, rule="backpropagation"):
            made = unroll(cell, inputs, state, real=real, scan=scan, rule=rule)
            return product(weigh, made), made

        gradient = jax.value_and_grad(error, (0, 1, 2), has_aux=True)
        ways = [("sequential",), ("parallel",), ("parallel", "automatic")]
        return [gradient(cell, inputs, state, *way) for way in ways]

    for steps in (real, np.ones_like(real)):
        one_by_one, at_once, automatic = everything(cell, inputs, state, steps)
        equal(at_once, one_by_one)
        equal(automatic, one_by_one)


def test_the_parallel_scan_of_both_directions_and_the_automatic_choice():
    network = random_network("bi-mingru:2")
    layer, inputs = network.layers[0], numbers(BATCH, 5, FEATURES)
    state = like(layer.initial_state((BATCH,)), 2)

    @compiled
    def three(layer, inputs, state):
        return [unroll(layer, inputs, state, scan=scan) for scan in ("parallel", "sequential", "auto")]

    at_once, one_by_one, chosen = three(layer, inputs, state)
    equal(at_once, one_by_one)
    equal(chosen, one_by_one)


def test_what_is_held_is_not_forgotten_by_a_parallel_scan():
    """Clamps make the recurrence one that cannot be solved at once: it goes step by step then."""
    cell, inputs, clamps = cell_of(), numbers(4, FEATURES), np.full((4, 2), np.nan)
    clamps[1, 0] = 5.0
    run = compiled(lambda scan: unroll(cell, inputs, cell.initial_state(), clamps=clamps, scan=scan), static_argnums=0)
    equal(run("parallel"), run("sequential"))
    assert run("parallel")[0][1, 0] == 5.0


@pytest.mark.parametrize("scan", ["parallel", "sequential"])
def test_no_feature_and_no_sequence(scan):
    cell = cell_of(features=0)
    state = like(cell.initial_state((BATCH,)), 2)

    @compiled
    def gradient(cell, inputs, state):
        def error(cell, inputs, state):
            h, _ = unroll(cell, inputs, state, scan=scan)
            return jnp.sum(h), h

        return jax.grad(error, (0, 1, 2), has_aux=True)(cell, inputs, state)

    (dcell, dinputs, dstate), h = gradient(cell, np.zeros((BATCH, 4, 0)), state)
    z = 1 / (1 + np.exp(-cell.b[:2]))  # without inputs a geometric approach to tanh(b_n)
    goal = np.tanh(cell.b[2:])
    equal(h[:, -1], goal + (1 - z) ** 4 * (state.h - goal))
    equal(dstate.h, np.broadcast_to(sum((1 - z) ** t for t in range(1, 5)), (BATCH, 2)))
    assert dinputs.shape == (BATCH, 4, 0)
    assert np.all(dcell.b)
    made = gradient(cell, np.zeros((0, 4, 0)), type(state)(state.h[:0]))
    assert made[1].shape == (0, 4, 2)
    assert not np.any(made[0][0].b)


@pytest.mark.parametrize("time", [1, 2, 7])
def test_linear_recurrence_solves_a_bidiagonal_system(time):
    """``h_t - decay_t h_{t-1} = drive_t`` is a matrix equation; its transpose is the backward pass."""
    decay, drive, start, weigh = numbers(time), numbers(time, seed=2), numbers(seed=3), numbers(time, seed=4)
    right = drive + np.eye(time)[0] * decay[0] * start

    @compiled
    def both(decay, drive, start):
        h, pull = jax.vjp(linear_recurrence, decay, drive, start)
        return h, pull(weigh)

    h, gradients = both(decay, drive, start)
    matrix = np.eye(time) - np.diag(decay[1:], -1)
    equal(h, solve(matrix, right))
    ddrive = solve(matrix.T, weigh)
    before = np.concatenate([[start], h[:-1]])
    equal(gradients, (ddrive * before, ddrive, decay[0] * ddrive[0]))


def test_an_unknown_scan():
    cell = cell_of()
    with pytest.raises(InputError, match="unknown scan 'paralel'; did you mean 'parallel'"):
        unroll(cell, np.ones((2, FEATURES)), cell.initial_state(), scan="paralel")
    with pytest.raises(InputError, match="unknown rule 'automatik'"):
        unroll(cell, np.ones((2, FEATURES)), cell.initial_state(), rule="automatik")
