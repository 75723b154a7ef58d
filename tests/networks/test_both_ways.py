"""The rule that goes both ways, against JAX's own derivatives, forwards and backwards, for every cell."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from network_formulas import FORMULAS, random_network
from unrolled.errors import InputError
from unrolled.networks import inner, unroll
from unrolled.types import precision

TIME, BATCH, FEATURES = 5, 3, 2
RNG = np.random.default_rng(8)
INPUTS = RNG.normal(size=(BATCH, TIME, FEATURES))
REAL = np.arange(TIME) < np.array([5, 3, 4])[:, None]
TEXTS = [
    *(f"{kind}:4" for kind in FORMULAS),
    "lstm-1997:2x2",
    "lstm-1997:4:tanh:truncated",
    "bi-gru:2",
    "elman:4:softmax",
]


@pytest.fixture(autouse=True)
def _float64():
    with precision("float64"):
        yield


def states_of(layer):
    made = layer.initial_state((BATCH,))
    return jax.tree.map(lambda part: jnp.asarray(RNG.normal(size=part.shape)), made)


def clamped(width):
    clamps = np.full((BATCH, TIME, width), np.nan)
    clamps[0, 1, 0] = 0.3
    return clamps


@pytest.mark.parametrize("held", [False, True], ids=["free", "padded and held"])
@pytest.mark.parametrize("text", TEXTS)
def test_derivatives_are_those_of_jax(text, held):
    """J v and J^T u of activities and last state, with respect to weights, inputs and first state."""
    layer = random_network(text, FEATURES).layers[0]
    width = 2 * layer.units if text.startswith("bi-") else layer.units
    given = {"real": REAL, "clamps": clamped(width)} if held else {}
    point = layer, jnp.asarray(INPUTS), states_of(layer)
    change = jax.tree.map(lambda leaf: jnp.asarray(RNG.normal(size=leaf.shape)), point)

    def run(rule):
        def course(layer, inputs, state):
            return unroll(layer, inputs, state, rule=rule, **given)

        @jax.jit
        def both(point, change):
            out, pushed = jax.jvp(course, point, change)
            _, push = jax.linearize(course, *point)
            return out, pushed, jax.linear_transpose(push, *point)(out)

        return both(point, change)

    for ours, wanted in zip(jax.tree.leaves(run("both")), jax.tree.leaves(run("automatic")), strict=True):
        np.testing.assert_allclose(ours, wanted, rtol=0, atol=1e-10)


def test_what_does_not_change_is_no_argument_of_the_transpose():
    layer = random_network("lstm:3", FEATURES).layers[0]
    state = states_of(layer)

    def of_weights(layer):
        return unroll(layer, INPUTS, state, rule="both")[0]

    def of_memory(s):
        return unroll(layer, INPUTS, state._replace(s=s), rule="both")[0]

    u = jnp.asarray(RNG.normal(size=(BATCH, TIME, 3)))
    _, push = jax.linearize(of_weights, layer)
    (pulled,) = jax.linear_transpose(push, layer)(u)
    wanted = jax.grad(lambda layer: jnp.sum(of_weights(layer) * u))(layer)
    for a, b in zip(jax.tree.leaves(pulled), jax.tree.leaves(wanted), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-12)
    _, push = jax.linearize(of_memory, state.s)
    (pulled,) = jax.linear_transpose(push, state.s)(u)
    wanted = jax.grad(lambda s: jnp.sum(of_memory(s) * u))(state.s)
    np.testing.assert_allclose(pulled, wanted, rtol=0, atol=1e-12)


@pytest.mark.parametrize("text", ["elman:3, dense:2:tanh, lstm:2", "bi-elman:2"])
def test_inner_gives_outputs_pre_activations_and_slopes(text):
    network = random_network(text, FEATURES)
    found = inner(network, INPUTS, network.initial_states((BATCH,)), real=REAL)
    raw, _ = network.raw(INPUTS, network.initial_states((BATCH,)), real=REAL)
    np.testing.assert_allclose(found.raw, raw, rtol=0, atol=1e-12)
    assert found.a.keys() == found.slopes.keys()
    for name, slopes in found.slopes.items():
        assert not np.asarray(slopes)[~REAL].any()
        if "elman" in name:
            wanted = np.where(REAL[..., None], 1 - np.tanh(found.a[name]) ** 2, 0)
            np.testing.assert_allclose(slopes, wanted, rtol=0, atol=1e-12)


def test_inner_needs_one_stack_of_steps():
    network = random_network("elman:3", FEATURES, feedback=True)
    with pytest.raises(InputError, match="has no single stack of steps"):
        inner(network, INPUTS, network.initial_states((BATCH,)))
