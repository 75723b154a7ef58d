"""Derivatives that the conformance tests do not take: unit by unit, forward, of derivatives, of many members."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from network_formulas import FORMULAS, F, by_hand, compiled, equal, like, numbers, of_sequence, product, random_network
from unrolled.networks import (
    NetworkDesign,
    activations,
    initialize_members,
    map_members,
    member,
    member_keys,
)
from unrolled.types import precision

every_kind = pytest.mark.parametrize("kind", FORMULAS)
BATCH, TIME = 2, 9


@pytest.fixture(autouse=True)
def _float64():
    with precision("float64"):
        yield


def cell_of(kind, activation, units=3):
    return random_network(f"{kind}:{units}:{activation}", 2, 1).layers[0]


@every_kind
def test_a_step_and_the_same_backwards(kind):
    """`step` is the formula and `pull_back` the transposed Jacobian matrix of `activate`, for every activation.

    Also at the kinks, where every pre-activation is 0.
    """
    cells = {name: cell_of(kind, name) for name in activations()}
    state, x = like(cells["tanh"].initial_state((BATCH,)), 1), numbers(BATCH, 2)
    first = jax.tree.map(np.transpose, state)
    dstate, a = like(first, 2), numbers(cells["tanh"].matrix().shape[0], BATCH, seed=3)

    @compiled
    def both(a, first, dstate):
        def sides(cell):
            (after, kept), pull = jax.vjp(lambda a, first: cell.activate(cell.scaled(a), first), a, first)
            theirs = pull((dstate, jax.tree.map(jnp.zeros_like, kept)))
            return cell.step(x, state), cell.pull_back(kept, after.h, dstate), theirs

        return {name: sides(cell) for name, cell in cells.items()}

    for made in (both(a, first, dstate), both(0 * a, first, dstate)):
        for name, (after, ours, theirs) in made.items():
            equal(ours, theirs, atol=1e-14)
            for i in range(BATCH):
                h, s = (*of_sequence(state, i), None)[:2]
                wanted = FORMULAS[kind](cells[name].weights(), F[name], x[i], h, s)
                equal(tuple(of_sequence(after, i)), tuple(wanted[: len(state)]))


@pytest.mark.parametrize(("name", "slope"), [("relu", 0.0), ("elu", 1.0)])
def test_the_slope_at_the_kink(name, slope):
    cell = cell_of("elman", name)
    (after, kept), pull = jax.vjp(lambda a: cell.activate(a, None), jnp.zeros((3, 1)))
    one = jax.tree.map(jnp.ones_like, after)
    for delta in (cell.pull_back(kept, after.h, one)[0], pull((one, kept))[0]):
        assert delta.ravel().tolist() == [slope] * 3


@pytest.mark.parametrize("text", [*(f"{kind}:2" for kind in FORMULAS), "bi-gru:2"])
def test_forward_derivatives_need_the_automatic_rule(text):
    network, inputs = random_network(text), numbers(TIME, 2)

    def run(inputs, rule):
        return network.run(inputs, network.initial_states(), rule=rule)[0]

    with pytest.raises(TypeError, match="custom_vjp"):
        jax.jvp(partial(run, rule="backpropagation"), (inputs,), (inputs,))
    along = jax.eval_shape(lambda: jax.jvp(partial(run, rule="automatic"), (inputs,), (inputs,))[1])
    assert along.shape == (TIME, 2)  # its value is compared in the conformance tests


def test_derivatives_of_derivatives():
    """The gradient of a gradient, along some direction, is how the gradient changes along it."""
    network = random_network("lstm:2, gru:2")
    args = (network, numbers(BATCH, TIME, 2), like(network.initial_states((BATCH,)), 2))
    direction, weigh = like(args, 3), numbers(BATCH, TIME, 2, seed=4)

    @jax.grad
    def gradient(args):
        network, inputs, states = args
        return jnp.sum(weigh * network.run(inputs, states)[0] ** 2)

    @compiled
    def twice(args, direction):
        return gradient(args), jax.grad(lambda args: product(gradient(args), direction))(args)

    def moved(step):
        return twice(jax.tree.map(lambda leaf, d: leaf + step * d, args, direction), direction)[0]

    made = twice(args, direction)[1]
    assert all(np.any(leaf) for leaf in jax.tree.leaves(made))
    equal(made, jax.tree.map(lambda ahead, behind: (ahead - behind) / 2e-5, moved(1e-5), moved(-1e-5)), atol=1e-6)


def test_gradients_of_members_one_by_one_and_at_once():
    networks = initialize_members(NetworkDesign.parse("lstm:2"), 2, 1, keys=member_keys(0, 3))
    inputs = numbers(BATCH, TIME, 2)

    @compiled
    def gradients(networks):
        gradient = jax.grad(lambda network: jnp.sum(network(inputs) ** 2))
        return map_members(gradient, networks), jax.vmap(gradient)(networks), gradient(member(networks, 1))

    mapped, at_once, second = gradients(networks)
    equal(at_once, mapped)
    equal(member(mapped, 1), second)


def test_no_feature_and_no_sequence():
    """Networks that their states alone drive, and batches of no sequence."""
    networks = {kind: random_network(f"{kind}:2", features=0) for kind in FORMULAS}
    states = {kind: like(network.initial_states((BATCH,)), 2) for kind, network in networks.items()}
    inputs, none = np.zeros((BATCH, 2, 0)), (np.zeros((0, 2, 0)), jax.tree.map(lambda leaf: leaf[:0], states))

    @compiled
    def everything(networks, inputs, states):
        def error(network, inputs, states):
            made = network.run(inputs, states)
            return jnp.sum(made[0]), made

        return {kind: jax.grad(error, (0, 1), has_aux=True)(networks[kind], inputs, states[kind]) for kind in networks}

    for kind, (gradient, made) in everything(networks, inputs, states).items():
        for i in range(BATCH):
            equal(of_sequence(made, i), by_hand(networks[kind], inputs[i], of_sequence(states[kind], i)))
        assert gradient[1].shape == inputs.shape
        assert all(np.any(leaf) for leaf in jax.tree.leaves(gradient[0]) if leaf.size)
    for gradient, (outputs, _) in everything(networks, *none).values():
        assert outputs.shape == (0, 2, 2)
        assert not any(np.any(leaf) for leaf in jax.tree.leaves(gradient))
