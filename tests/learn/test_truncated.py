"""Truncated backpropagation against a loop in which the gradient is cut by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from unrolled.learn import respond, respond_truncated
from unrolled.networks import NetworkDesign, member_keys
from unrolled.types import Batch, precision

TIME, BATCH = 5, 3
RNG = np.random.default_rng(2)
INPUTS, TARGETS = RNG.normal(size=(BATCH, TIME, 2)), RNG.normal(size=(BATCH, TIME, 1))


@pytest.fixture(autouse=True)
def _float64():
    with precision("float64"):
        yield


def network_of(text):
    return NetworkDesign.parse(text, start="learned").initialize(2, 1, key=member_keys(1, 1)[0])


def by_hand(network, block, back):
    """The sum over blocks of the error, the state before the last ``back`` steps taken for given in each.

    The state before the first step is the network's own, to be learned, however far the gradient goes.
    """
    total = 0.0
    for end in range(TIME, 0, -block):
        states = network.initial_states((BATCH,))
        for t in range(end):
            if t == end - back > 0:
                states = jax.lax.stop_gradient(states)
            output, states = network.step(INPUTS[:, t], states)
            if t >= end - block:
                total += jnp.sum((output - TARGETS[:, t]) ** 2)
    return total


def gradient_of(truncate):
    def error(network):
        raw, _ = respond_truncated(network, Batch(INPUTS, TARGETS), truncate)
        return jnp.sum((raw - TARGETS) ** 2)

    return error


@pytest.mark.parametrize(("text", "truncate"), [("elman:3", (2, 3)), ("lstm:2", (2, 4)), ("gru:3", (1, 1))])
def test_gradient_is_cut_where_it_should_be(text, truncate):
    network = network_of(text)
    ours = jax.jit(jax.grad(gradient_of(truncate)))(network)
    wanted = jax.jit(jax.grad(lambda network: by_hand(network, *truncate)))(network)
    for a, b in zip(jax.tree.leaves(ours), jax.tree.leaves(wanted), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-12)


def test_going_back_to_the_start_cuts_nothing():
    network = network_of("lstm:3")
    batch = Batch(INPUTS, TARGETS, lengths=np.array([5, 3, 1]), clamps={"lstm_1": clamps()})

    @jax.jit
    def both(network):
        def error(network, truncate):
            raw, after = respond_truncated(network, batch, truncate) if truncate else respond(network, batch)
            return jnp.sum((raw - TARGETS) ** 2), (raw, after)

        return [jax.value_and_grad(error, has_aux=True)(network, truncate) for truncate in ((3, TIME), None)]

    ours, whole = both(network)
    for a, b in zip(jax.tree.leaves(ours), jax.tree.leaves(whole), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-12)


def clamps():
    held = np.full((BATCH, TIME, 3), np.nan)
    held[:, 2:4, 1] = 0.25
    return held
