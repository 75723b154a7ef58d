"""One step of plain gradient descent against the derivative of an error that is written out step by step.

Whatever a batch can bring: a new option is a new case.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from unrolled.learn import GradientDescent, Optimizer, train
from unrolled.networks import NetworkDesign, initialize_members, member, member_keys, norm_keeping
from unrolled.types import Batch, precision

BATCH, TIME, FEATURES, OUTPUTS, RATE = 4, 5, 2, 2, 0.1
RNG = np.random.default_rng(3)
INPUTS, TARGETS = RNG.normal(size=(BATCH, TIME, FEATURES)), RNG.normal(size=(BATCH, TIME, OUTPUTS))
HOLED = TARGETS.copy()
HOLED[0, 1] = HOLED[2, :, 1] = np.nan
LENGTHS = np.array([5, 2, 4, 1])
BY_UNIT = RNG.uniform(0.5, 2, TARGETS.shape)
BY_UNIT[1, 3] = 0.0
CLAMPS = np.full((BATCH, TIME, 3), np.nan)
CLAMPS[:, :, 1] = RNG.uniform(-1, 1, (BATCH, TIME))
STATES = np.full((BATCH, 3), np.nan)
STATES[:, 2] = 0.5


@pytest.fixture(autouse=True)
def _float64():
    with precision("float64"):
        yield


def weighted_mean(raw, targets, weights=1.0):
    known = np.isfinite(targets) * np.broadcast_to(weights, targets.shape)
    return jnp.sum(known * (raw - np.nan_to_num(targets)) ** 2) / known.sum()


def steps(network, states, time=TIME, *, lengths=None, clamp=None, fed=None):
    """Every step by itself: outputs before the output function, activities."""
    raw, h = [], []
    seen = network.start.first_output(OUTPUTS, (BATCH,), np.float64) if network.feedback else None
    for t in range(time):
        x = INPUTS[:, t] if seen is None else jnp.concatenate([INPUTS[:, t], seen], axis=-1)
        output, after = network.layer_step(x, states)
        if clamp is not None:
            after = (after[0]._replace(h=jnp.where(np.isnan(clamp[:, t]), after[0].h, np.nan_to_num(clamp[:, t]))),)
            output = network.readout.raw(after[0].h)
        if lengths is not None:
            real = (t < lengths)[:, None]
            after = jax.tree.map(lambda new, old, real=real: jnp.where(real, new, old), after, states)
        states = after
        if fed is not None:
            seen = fed[:, t] if np.isfinite(fed[:, t]).all() else output
        raw.append(output)
        h.append(states[0].h)
    return jnp.stack(raw, axis=1), jnp.stack(h, axis=1)


def missing(network):
    return weighted_mean(steps(network, network.initial_states((BATCH,)))[0], HOLED, BY_UNIT)


def ragged(network):
    raw, _ = steps(network, network.initial_states((BATCH,)), lengths=LENGTHS)
    return weighted_mean(raw, np.where((np.arange(TIME) < LENGTHS[:, None])[..., None], TARGETS, np.nan))


def given(network):
    states = network.initial_states((BATCH,))
    states = (states[0]._replace(h=states[0].h.at[:, 2].set(0.5)),)
    return weighted_mean(steps(network, states, clamp=CLAMPS)[0], TARGETS)


def indexed(network):
    states = network.initial_states((BATCH,), np.array([3, 0, 0, 1]))
    return weighted_mean(steps(network, states)[0], TARGETS)


def forced(network):
    return weighted_mean(steps(network, network.initial_states((BATCH,)), fed=TARGETS)[0], TARGETS)


def free_later(network):
    fed = TARGETS.copy()
    fed[:, 2:] = np.nan
    return weighted_mean(steps(network, network.initial_states((BATCH,)), fed=fed)[0], TARGETS)


def own_term(network):
    raw, h = steps(network, network.initial_states((BATCH,)))
    return weighted_mean(raw[:, -1:], TARGETS[:, -1:]) + jnp.mean(jax.vmap(size_of_activities)(h))


def size_of_activities(h):
    return 0.1 * jnp.mean(h**2)


def kept_norm(network):
    states = network.initial_states((BATCH,))
    raw, _ = steps(network, states)
    error = jax.grad(lambda raw: weighted_mean(raw, TARGETS))(jax.lax.stop_gradient(raw))
    return weighted_mean(raw, TARGETS) + 0.5 * norm_keeping(network, INPUTS, states, error)


LATER = TARGETS.copy()
LATER[:, 2:] = np.nan
CASES = {
    "missing targets, weights by unit": ("lstm:3", {}, {"targets": HOLED, "weights": BY_UNIT}, {}, missing),
    "unequal lengths": (
        "gru:3",
        {"start": "learned"},
        {
            "targets": np.where((np.arange(TIME) < LENGTHS[:, None])[..., None], TARGETS, np.nan),
            "lengths": LENGTHS,
        },
        {},
        ragged,
    ),
    "given states and clamps": (
        "elman:3",
        {"start": 0.5},
        {"states": {"elman_1.h": STATES}, "clamps": {"elman_1": CLAMPS}},
        {},
        given,
    ),
    "a state for each sequence": (
        "lstm:3",
        {"start": "learned", "sequences": 4},
        {"index": np.array([3, 0, 0, 1])},
        {},
        indexed,
    ),
    "teacher forcing": ("gru:3", {"start": "learned", "feedback": True}, {}, {}, forced),
    "closed loop after two steps": ("elman:3", {"feedback": True}, {"fed": LATER}, {}, free_later),
    "an error term": ("gru:3", {}, {"targets": TARGETS[:, -1:]}, {"error_term": size_of_activities}, own_term),
    "norm keeping": ("elman:3", {}, {}, {"norm_keeping": 0.5}, kept_norm),
}


@pytest.mark.parametrize("case", CASES)
def test_one_update_follows_the_written_out_error(case):
    text, design, batch, settings, error = CASES[case]
    keys = member_keys(0, 1)
    networks = initialize_members(NetworkDesign.parse(text, **design), FEATURES, OUTPUTS, keys=keys)
    learner = GradientDescent(Optimizer("sgd", learning_rate=RATE), epochs=1, batch_size=BATCH, **settings)
    fit = train(networks, learner, Batch(**({"inputs": INPUTS, "targets": TARGETS} | batch)), keys=keys)
    value, gradient = jax.jit(jax.value_and_grad(error))(member(networks, 0))
    assert fit.history.loss[0, 0] == pytest.approx(float(value), abs=1e-12)
    moved = jax.tree.map(lambda weight, g: weight - RATE * np.asarray(g), member(networks, 0), gradient)
    for a, b in zip(jax.tree.leaves(member(fit.networks, 0)), jax.tree.leaves(moved), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-12)
