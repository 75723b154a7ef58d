"""What is held is held exactly, what is replaced counts no more, and what is dropped is made up for."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from network_formulas import FORMULAS, compiled, equal, like, numbers, random_network
from unrolled.errors import InputError
from unrolled.networks import unroll
from unrolled.types import precision

KINDS = [*FORMULAS, "bi-lstm"]
every_kind = pytest.mark.parametrize("kind", KINDS)
BATCH, TIME, UNITS = 2, 9, 2


@pytest.fixture(autouse=True)
def _float64():
    with precision("float64"):
        yield


@cache
def program():
    """All kinds in one program: activities, and the derivatives of their sum."""

    @compiled
    def run(layers, inputs, states, clamps, real):
        def error(layer, inputs, state, clamps):
            h, _ = unroll(layer, inputs, state, clamps=clamps, real=real)
            return jnp.sum(jnp.where(real[..., None], h, 0)), h

        gradient = jax.grad(error, (0, 1, 2, 3), has_aux=True)
        return {kind: gradient(layers[kind], inputs, states[kind], clamps[kind]) for kind in layers}

    return run


@cache
def held():
    layers = {kind: random_network(f"{kind}:{UNITS}").layers[0] for kind in KINDS}
    states = {kind: like(layer.initial_state((BATCH,)), 2) for kind, layer in layers.items()}
    inputs, clamps, real = numbers(BATCH, TIME, 2), {}, np.ones((BATCH, TIME), bool)
    real[0, 2] = False
    for kind in KINDS:
        clamps[kind] = np.full((BATCH, TIME, UNITS * (1 + kind.startswith("bi-"))), np.nan)
        clamps[kind][..., 0] = numbers(BATCH, TIME, seed=3)  # the first unit always, the others once
        clamps[kind][1, 1] = -0.1
    return layers, inputs, states, clamps, real, program()(layers, inputs, states, clamps, real)


@every_kind
def test_a_clamped_activity_is_what_it_is_clamped_to(kind):
    _, _, _, clamps, real, made = held()
    _, h = made[kind]
    put_in = ~np.isnan(clamps[kind]) & real[..., None]
    np.testing.assert_array_equal(np.asarray(h)[put_in], clamps[kind][put_in])


@every_kind
def test_what_is_replaced_has_no_derivative(kind):
    """The weights of a unit that is clamped at every step move nothing."""
    layers, *_, made = held()
    dlayer = made[kind][0][0]
    cell, dcell = (layers[kind], dlayer) if kind in FORMULAS else (layers[kind].forward, dlayer.forward)
    assert cell.units == UNITS
    for name, derivative in dcell.weights().items():
        rows = np.arange(len(derivative)) % UNITS == 0
        assert not np.any(derivative[rows]), name
        assert np.any(derivative[~rows]), name


@every_kind
def test_what_is_not_put_in_has_no_derivative(kind):
    _, _, _, clamps, real, made = held()
    dinputs, dclamps = np.asarray(made[kind][0][1]), np.asarray(made[kind][0][3])
    put_in = ~np.isnan(clamps[kind]) & real[..., None]
    assert not dclamps[~put_in].any()
    assert dclamps[put_in].all()
    assert not dinputs[~real].any()


def test_clamps_that_name_no_layer():
    network = random_network("elman:2, dense:3")
    for name in ("elman_2", "dense_1"):
        with pytest.raises(InputError, match=f"unknown recurrent layer '{name}'.*elman_1"):
            network.run(numbers(TIME, 2), network.initial_states(), clamps={name: np.ones((TIME, 2))})


def test_dropped_activities():
    """A share of what a layer hands on is zero and the rest scaled up; the state that goes on in time is whole."""
    network, inputs = random_network("elman:200", dropout=0.25), numbers(TIME, 2)

    @compiled
    def run(key):
        return network.hidden(inputs, network.initial_states(), key=key)

    whole, after = run(None)
    first, again, other = (run(jax.random.key(seed)) for seed in (0, 0, 1))
    kept = np.asarray(first[0]) != 0
    assert kept.mean() == pytest.approx(0.75, abs=0.03)
    equal(np.asarray(first[0])[kept], np.asarray(whole)[kept] / 0.75)
    equal(first[1], after)
    equal(again, first, atol=0)
    assert not np.array_equal(kept, np.asarray(other[0]) != 0)


def test_both_rules_differentiate_what_is_left():
    network = random_network("elman:2, elman:3", dropout=0.4)
    inputs, key = numbers(BATCH, TIME, 2), jax.random.key(3)

    @compiled
    def gradients(network):
        def error(network, rule):
            return jnp.sum(network.run(inputs, network.initial_states((BATCH,)), key=key, rule=rule)[0] ** 2)

        return [jax.grad(error)(network, rule) for rule in ("backpropagation", "automatic")]

    equal(*gradients(network), atol=1e-10)


def test_dropping_in_a_loop():
    """Where outputs are fed back every step drops anew, and the same key drops the same."""
    network = random_network("dense:50:linear", dropout=0.5, feedback=True).replace({"dense_1.U": np.zeros((50, 4))})
    run = compiled(lambda key: network.run(np.zeros((TIME, 2)), (), key=key)[0])
    first, again, other = (np.asarray(run(jax.random.key(seed))) for seed in (0, 0, 1))
    equal(first, again, atol=0)
    assert len(np.unique(np.concatenate([first, other])[:, 0])) == 2 * TIME
