"""What every cell and every stack of layers must do. A new cell is a new line in FORMULAS and in DESIGNS."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from unrolled.errors import InputError
from unrolled.networks import NetworkDesign, activations, keep_where, member_keys, run_in_lanes, unroll
from unrolled.types import precision

F = {
    "tanh": np.tanh,
    "sigmoid": lambda a: 1 / (1 + np.exp(-a)),
    "relu": lambda a: np.maximum(a, 0),
    "softmax": lambda a: np.exp(a) / np.exp(a).sum(-1, keepdims=True),
    "linear": lambda a: a,
    "softplus": lambda a: np.log1p(np.exp(a)),
    "elu": lambda a: np.where(a > 0, a, np.expm1(a)),
}
sigma = F["sigmoid"]


def parts(weights, name, count):
    return np.split(weights[name], count)


def elman(w, f, x, h, s):
    return f(w["U"] @ x + w["W"] @ h + w["b"]), s


def lstm(w, f, x, h, s):
    i, g_f, g, o = np.split(w["U"] @ x + w["W"] @ h + w["b"], 4)
    s = sigma(g_f) * s + sigma(i) * f(g)
    return sigma(o) * f(s), s


def gru(w, f, x, h, s):
    (u_r, u_z, u_n), (w_r, w_z, w_n) = parts(w, "U", 3), parts(w, "W", 3)
    (b_r, b_z, b_n), (d_r, d_z, d_n) = parts(w, "b", 3), parts(w, "d", 3)
    r = sigma(u_r @ x + b_r + w_r @ h + d_r)
    z = sigma(u_z @ x + b_z + w_z @ h + d_z)
    n = f(u_n @ x + b_n + r * (w_n @ h + d_n))
    return (1 - z) * n + z * h, s


def dense(w, f, x, h, s):
    return f(w["U"] @ x + w["b"]), s


FORMULAS = {"elman": elman, "lstm": lstm, "gru": gru, "dense": dense}
DESIGNS = [
    "elman:3:tanh",
    "lstm:3",
    "gru:3",
    "elman:3, elman:4:sigmoid",
    "lstm:3, lstm:2",
    "dense:4, gru:3, gru:2",
    "gru:3, dense:4:tanh",
    "dense:3",
    "",
]
# These differ from the ones above in their activations only: the forward pass says it all.
OTHERS = [*(f"elman:3:{name}" for name in activations() if name != "tanh"), "lstm:3:sigmoid", "gru:3:elu"]
FEATURES, OUTPUTS, BATCH = 2, 2, 3
every_design = pytest.mark.parametrize("text", DESIGNS)


def make(text, output="linear", seed=0):
    """A network whose biases are random too."""
    design = NetworkDesign.parse(text, output)
    network = design.initialize(FEATURES, OUTPUTS, key=member_keys(seed, 1)[0])
    rng = np.random.default_rng(seed)
    return design, network.replace({k: rng.normal(0, 0.6, w.shape) for k, w in network.weights().items()})


def numbers(*shape, seed=1):
    return np.random.default_rng(seed).normal(size=shape)


def by_hand(design, network, inputs, output="linear"):
    """One sequence, from the formulas in the docstrings."""
    w, names = network.weights(), [name for name in network.named_layers() if name != "readout"]
    h = [np.zeros(layer.units) for layer in design.layers]
    s = [np.zeros(layer.units) for layer in design.layers]
    outputs = []
    for x in inputs:
        seen = x
        for i, (name, layer) in enumerate(zip(names, design.layers, strict=True)):
            own = {key.split(".")[1]: value for key, value in w.items() if key.startswith(f"{name}.")}
            h[i], s[i] = FORMULAS[layer.kind](own, F[layer.activation], seen, h[i], s[i])
            seen = h[i]
        outputs.append(F[output](w["readout.V"] @ seen + w["readout.c"]))
    return np.array(outputs)


@pytest.fixture(autouse=True)
def _float64():
    with precision("float64"):
        yield


# 11 steps are more than the loop writes out; 7 windows do not fill 3 lanes evenly.
TIME, WINDOWS, LANES = 11, 7, 3


@cache
def answers(text):
    """Everything that the laws below compare, from one compiled program for each design."""
    _, network = make(text, seed=3)
    inputs, targets = numbers(1, BATCH, TIME, FEATURES), numbers(1, BATCH, TIME, OUTPUTS, seed=2)
    windows = numbers(WINDOWS, 2, FEATURES)
    direction = jax.tree.map(lambda leaf: numbers(*leaf.shape, seed=4), network)

    @jax.jit
    def everything(network, inputs, windows):
        zero = network.initial_states((1, BATCH))
        first, between = network.run(inputs[..., :2, :], zero)

        def error(network):
            return ((network(inputs) - targets) ** 2).mean()

        def moved(step):
            return error(jax.tree.map(lambda leaf, along: leaf + step * along, network, direction))

        ahead, behind = jax.lax.map(moved, jnp.array([1e-6, -1e-6]))
        return {
            "whole": network.run(inputs, zero),
            "steps": jax.lax.scan(lambda s, x: network.step(x, s)[::-1], zero, jnp.moveaxis(inputs, -2, 0)),
            "first": first,
            "rest": network.run(inputs[..., 2:, :], between),
            "last": network.run(inputs, zero, last=2),
            "no axis": network(inputs[0, 0]),
            "lanes": run_in_lanes(network, windows, network.initial_states((LANES,)), LANES),
            "gradient": jax.grad(error)(network),
            "slope": (ahead - behind) / 2e-6,
        }

    return network, inputs, windows, direction, jax.tree.map(np.asarray, everything(network, inputs, windows))


def equal(ours, theirs):
    for a, b in zip(jax.tree.leaves(ours), jax.tree.leaves(theirs), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-13)


@every_design
def test_run_equals_a_loop_written_from_the_formulas(text):
    network, inputs, _, _, made = answers(text)
    wanted = np.array([by_hand(NetworkDesign.parse(text), network, sequence) for sequence in inputs[0]])
    equal(made["whole"][0], wanted[None])
    equal(made["first"], wanted[None, :, :2])


@pytest.mark.parametrize("text", OTHERS)
def test_every_activation(text):
    design, network = make(text)
    inputs = numbers(3, FEATURES)
    equal(jax.jit(type(network).__call__)(network, inputs), by_hand(design, network, inputs))


@pytest.mark.parametrize("output", activations())
def test_output_function(output):
    design, network = make("dense:3", output)
    inputs = numbers(4, FEATURES)
    equal(network(inputs), by_hand(design, network, inputs, output))


@every_design
def test_steps_and_chunks_equal_the_whole(text):
    made = answers(text)[-1]
    outputs, after = made["whole"]
    equal(made["steps"], (after, np.moveaxis(outputs, -2, 0)))
    equal((np.concatenate([made["first"], made["rest"][0]], axis=-2), made["rest"][1]), (outputs, after))


@every_design
def test_batch_axes_and_last_steps(text):
    made = answers(text)[-1]
    outputs, after = made["whole"]
    assert outputs.shape == (1, BATCH, TIME, OUTPUTS)
    equal(made["no axis"], outputs[0, 0])
    equal(made["last"], (outputs[..., -2:, :], after))


@every_design
def test_lanes_equal_one_long_sequence_each(text):
    """Windows i, i + lanes, i + 2 lanes, ... are one sequence; lanes that run out keep their state."""
    network, _, windows, _, made = answers(text)
    outputs, _ = made["lanes"]
    for lane in range(LANES):
        own = windows[lane::LANES]
        wanted = by_hand(NetworkDesign.parse(text), network, own.reshape(-1, FEATURES))
        equal(outputs[lane::LANES], wanted.reshape(*own.shape[:2], OUTPUTS))


def test_lanes_that_run_out_keep_their_state():
    network, _, windows, _, made = answers("lstm:3")
    _, states = made["lanes"]
    for lane in range(LANES):
        _, after = network.run(windows[lane::LANES].reshape(-1, FEATURES), network.initial_states())
        equal([leaf[lane] for leaf in jax.tree.leaves(states)], jax.tree.leaves(after))


@every_design
def test_gradient_equals_finite_differences(text):
    *_, direction, made = answers(text)
    along = jax.tree.map(lambda g, d: float(np.sum(g * d)), made["gradient"], direction)
    assert sum(jax.tree.leaves(along)) == pytest.approx(float(made["slope"]), abs=1e-8, rel=1e-7)


@every_design
def test_weights_by_name(text):
    design, network = make(text)
    weights = network.weights()
    assert {name: value.shape for name, value in weights.items()} == design.shapes(FEATURES, OUTPUTS)
    assert sum(value.size for value in weights.values()) == design.parameter_count(FEATURES, OUTPUTS)
    for name, value in weights.items():
        changed = network.replace({name: value + 1.0}).weights()
        assert list(changed) == list(weights)
        for other in weights:
            np.testing.assert_array_equal(changed[other], weights[other] + (1.0 if other == name else 0.0))
    again = design.network(weights, FEATURES, OUTPUTS)
    assert jax.tree.structure(again) == jax.tree.structure(network)
    assert (network.features, network.outputs, network.recurrent) == (FEATURES, OUTPUTS, design.recurrent)


def test_wrong_weights_are_errors():
    design, network = make("elman:3")
    with pytest.raises(InputError, match=r"unknown weight 'elman_1.w'; did you mean 'elman_1"):
        network.replace({"elman_1.w": np.eye(3)})
    with pytest.raises(InputError, match=r"elman_1.W has shape \(3, 3\); came \(2, 2\)"):
        network.replace({"elman_1.W": np.eye(2)})
    weights = network.weights()
    with pytest.raises(InputError, match=r"missing or unexpected are elman_1.b"):
        design.network({k: v for k, v in weights.items() if k != "elman_1.b"}, FEATURES, OUTPUTS)
    with pytest.raises(InputError, match=r"elman_1.W has shape \(3, 3\); came \(3, 2\)"):
        design.network(weights | {"elman_1.W": np.ones((3, 2))}, FEATURES, OUTPUTS)


@pytest.mark.parametrize(("text", "views"), [("lstm:3", 3), ("gru:3", 4)])
def test_gates_below_each_other_are_the_whole(text, views):
    cell = make(text)[1].layers[0]
    cut = [cell.gate(name) for name in cell.gates]
    for i, whole in zip(range(views), (getattr(cell, name) for name in cell.shapes(1, 1)), strict=True):
        np.testing.assert_array_equal(np.concatenate([views[i] for views in cut]), whole)
    with pytest.raises(InputError, match="unknown gate"):
        cell.gate("forget it")


def test_a_hand_wired_memory_holds_a_value():
    """Keep gate open, write and read as wired: s stays to the last bit of a saturated sigmoid."""
    cell = make("lstm:1")[1].layers[0]
    zero = {name: np.zeros(shape) for name, shape in cell.shapes(FEATURES, 1).items()}
    b = np.array([-800.0, 800.0, 0.0, 800.0])  # never write, always keep, always read
    network = make("lstm:1")[1].replace({f"lstm_1.{k}": v for k, v in zero.items()} | {"lstm_1.b": b})
    state = network.layers[0].initial_state()._replace(s=jnp.array([0.7]))
    h, after = unroll(network.layers[0], np.ones((1000, FEATURES)), state)
    assert float(after.s[0]) == 0.7
    assert float(h[-1, 0]) == pytest.approx(np.tanh(0.7), abs=1e-15)


def test_keep_where():
    chosen = jnp.array([True, False])
    new, old = jnp.ones((2, 3)), jnp.zeros((2, 3))
    assert keep_where(chosen, new, old).tolist() == [[1.0] * 3, [0.0] * 3]
