"""What every cell and every stack of layers must do. A new cell is a line in FORMULAS, a new stack one in STACKS."""

from functools import cache, partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from network_formulas import FORMULAS, by_hand, compiled, equal, like, numbers, of_sequence, product, random_network
from unrolled.errors import InputError
from unrolled.networks import NetworkDesign, activations, keep_where, run_in_lanes, unroll
from unrolled.types import precision

CELLS = [*(f"{kind}:3" for kind in FORMULAS), "lstm-1997:2x2"]
STACKS = [
    ", ".join(f"bi-{kind}:2" for kind in FORMULAS),
    "lstm:3, lstm:2",
    "gru:2, dense:4:tanh, mingru:3",
    "lstm:3, bi-gru:2, dense:3",
    "elman:2:softmax, elman:3:relu",
    "dense:2, gru:4",
    "dense:3",
    "",
]
# How these are read, if not by a readout at every step.
SETTINGS = {"lstm:3, bi-gru:2, dense:3": {"reads": "final"}, "dense:2, gru:4": {"observed": (3, 1)}}
DESIGNS = [*CELLS, *STACKS]
FEATURES, OUTPUTS, BATCH = 2, 2, 3
# 11 steps are more than the loop writes out, 2 are not; 7 windows do not fill 3 lanes evenly.
TIME, WINDOWS, LANES, PADDING = 11, 7, 3, 3
every_design = pytest.mark.parametrize("text", DESIGNS)
every_forward_design = pytest.mark.parametrize("text", [text for text in DESIGNS if "bi-" not in text])


@pytest.fixture(autouse=True)
def _float64():
    with precision("float64"):
        yield


def make(text, output="linear", seed=0):
    return random_network(text, FEATURES, OUTPUTS, output=output, seed=seed, **SETTINGS.get(text, {}))


def error(weigh, network, inputs, states, clamps=None, **ways):
    """A number that all outputs and all final states move; and these."""
    made = network.run(inputs, states, clamps=clamps, **ways)
    return product(weigh, made), made


@cache
def plain(text):
    """What there is to a design where nothing is held: everything from one compiled program."""
    network = make(text, seed=3)
    inputs, windows = numbers(BATCH, TIME, FEATURES), numbers(WINDOWS, 2, FEATURES, seed=2)
    states = like(network.initial_states((BATCH,)), 4)
    weigh = (numbers(BATCH, 1 if network.reads == "final" else TIME, OUTPUTS, seed=5), like(states, 6))

    @compiled
    def everything(network, inputs, states, windows):
        gradients, whole = jax.grad(partial(error, weigh), (0, 1, 2), has_aux=True)(network, inputs, states)
        made = {"gradients": gradients, "whole": whole}
        if "bi-" in text:
            return made
        return made | {
            "steps": jax.lax.scan(lambda s, x: network.step(x, s)[::-1], states, jnp.moveaxis(inputs, -2, 0)),
            "lanes": run_in_lanes(network, windows, network.initial_states((LANES,)), LANES),
        }

    made = jax.tree.map(np.asarray, everything(network, inputs, states, windows))
    return network, inputs, states, weigh, windows, made


@every_design
def test_run_equals_a_loop_written_from_the_formulas(text):
    network, inputs, states, *_, made = plain(text)
    for i in range(BATCH):
        equal(of_sequence(made["whole"], i), by_hand(network, inputs[i], of_sequence(states, i)))


@pytest.mark.parametrize("output", activations())
def test_output_function(output):
    network = make("dense:3", output)
    equal(network(numbers(4, FEATURES)), by_hand(network, numbers(4, FEATURES), ())[0])


@every_forward_design
def test_steps_one_by_one_equal_the_whole(text):
    made = plain(text)[-1]
    outputs, after = made["whole"]
    equal(made["steps"], (after, np.moveaxis(outputs, -2, 0)))


@every_forward_design
def test_pieces_in_lanes_equal_one_long_sequence_each(text):
    """Windows i, i + lanes, i + 2 lanes, ... are one sequence; lanes that run out keep their state."""
    network, *_, windows, made = plain(text)
    outputs, states = made["lanes"]
    for lane in range(LANES):
        own = windows[lane::LANES]
        wanted, after = by_hand(network, own.reshape(-1, FEATURES), network.initial_states())
        equal(outputs[lane::LANES], wanted.reshape(*own.shape[:2], OUTPUTS))
        equal(of_sequence(states, lane), after)


def test_batch_axes_last_steps_and_pieces():
    network, inputs, states, *_, made = plain("lstm:3, lstm:2")
    outputs, after = made["whole"]

    @compiled
    def others(network, inputs, states):
        first, between = network.run(inputs[:, :4], states)
        rest, end = network.run(inputs[:, 4:], between)
        axes = jax.tree.map(lambda leaf: leaf[:, None, None], (inputs, states))
        return network(inputs[0]), network.run(*axes, last=2), (jnp.concatenate([first, rest], axis=1), end)

    no_axis, three_axes, pieces = others(network, inputs, states)
    equal(no_axis, by_hand(network, inputs[0], network.initial_states())[0])
    equal(three_axes, jax.tree.map(lambda leaf: leaf[:, None, None], (outputs[:, -2:], after)))
    equal(pieces, (outputs, after))


# What is held: steps that are not real come first, last and in between; sequences end at different times; activities of
# some units at some steps, and of one unit at every step.
HELD = {"nothing": "", "padding": "padded", "ragged": "ragged", "clamps": "clamped", "both": "padded clamped"}
every_holding = pytest.mark.parametrize("holding", HELD)


def real_steps(holding):
    real = np.ones((BATCH, TIME + PADDING), bool)
    if "padded" in HELD[holding]:
        real[0, :PADDING] = real[1, TIME:] = real[2, [1, 2, 8]] = False
    if "ragged" in HELD[holding]:
        real[1, 6:] = real[2, 1:] = False
    return real


def clamps_of(network, holding):
    rng, clamps = np.random.default_rng(8), {}
    for name in network.recurrent_names:
        layer = network.named_layers()[name]
        width = layer.units * (1 + name.startswith("bi-"))
        clamps[name] = np.full((BATCH, TIME + PADDING, width), np.nan)
        if "clamped" in HELD[holding]:
            values = rng.normal(size=clamps[name].shape)
            held = rng.random(values.shape) < 0.3
            held[..., 0] = True
            clamps[name][held] = values[held]
    return clamps


@cache
def program(text):
    """Both rules, and of one cell the derivative forward: compiled once for a design, whatever is held."""

    @compiled
    def sweep(weigh, args, direction, real):
        def once(rule, *args):
            return error(weigh, *args, real=real, rule=rule)

        gradients = {
            rule: jax.value_and_grad(partial(once, rule), (0, 1, 2, 3), has_aux=True)(*args)
            for rule in ("backpropagation", "automatic")
        }
        if text not in CELLS:
            return gradients, None
        return gradients, jax.jvp(lambda *args: once("automatic", *args)[0], args, direction)[1]

    return sweep


@cache
def held(text, holding):
    network = make(text, seed=3)
    real = real_steps(holding)
    inputs = numbers(BATCH, TIME + PADDING, FEATURES, seed=7)
    states = like(network.initial_states((BATCH,)), 4)
    steps = 1 if network.reads == "final" else TIME + PADDING
    weigh = (numbers(BATCH, steps, OUTPUTS, seed=5), like(states, 6))
    if holding == "padding":  # the sequences of `plain`, with steps put in that are not real
        _, own, _, (by_step, _), *_ = plain(text)
        inputs[real] = own.reshape(-1, FEATURES)
        if steps > 1:
            weigh[0][real] = by_step.reshape(-1, OUTPUTS)
    if steps > 1:
        weigh = (weigh[0] * real[..., None], weigh[1])
    args = (network, inputs, states, clamps_of(network, holding))
    direction = like(args, 9)
    return args, direction, real, weigh, jax.tree.map(np.asarray, program(text)(weigh, args, direction, real))


@every_design
@every_holding
def test_what_is_held_equals_the_formulas(text, holding):
    (network, inputs, states, clamps), _, real, _, (made, _) = held(text, holding)
    for (_, (outputs, after)), _ in made.values():
        for i in range(BATCH):
            own = {"real": real[i], "clamps": of_sequence(clamps, i)}
            wanted, wanted_after = by_hand(network, inputs[i], of_sequence(states, i), **own)
            seen = real[i] if network.reads == "steps" else slice(None)
            equal((outputs[i][seen], of_sequence(after, i)), (wanted[seen], wanted_after))


@every_design
@every_holding
def test_backpropagation_gives_the_gradient_that_automatic_differentiation_gives(text, holding):
    *_, (made, _) = held(text, holding)
    equal(made["backpropagation"], made["automatic"], atol=1e-10)


@every_design
@every_holding
def test_gradient_equals_finite_differences_and_the_derivative_forward(text, holding):
    args, direction, real, weigh, (made, along) = held(text, holding)

    def moved(step):
        there = jax.tree.map(lambda leaf, d: leaf + step * d, args, direction)
        return program(text)(weigh, there, direction, real)[0]["backpropagation"][0][0]

    slope = float(product(made["backpropagation"][1], direction))
    assert along is None or slope == pytest.approx(float(along), abs=1e-10, rel=1e-10)
    assert slope == pytest.approx(float(moved(1e-5) - moved(-1e-5)) / 2e-5, abs=1e-6, rel=1e-6)


@every_design
def test_steps_that_are_not_real_change_nothing(text):
    """Outputs at real steps, final states and gradients are those of the sequences without padding."""
    (network, *_), _, real, _, (made, _) = held(text, "padding")
    (_, (outputs, after)), (dnetwork, dinputs, dstates, _) = made["backpropagation"]
    shorter = plain(text)[-1]
    wanted, wanted_after = shorter["whole"]
    equal(outputs if network.reads == "final" else outputs[real].reshape(wanted.shape), wanted, atol=1e-12)
    equal(after, wanted_after, atol=1e-12)
    equal((dnetwork, dinputs[real].reshape(BATCH, TIME, FEATURES), dstates), shorter["gradients"], atol=1e-12)
    if network.recurrent:
        assert not dinputs[~real].any()


@every_design
@pytest.mark.parametrize("filling", [1e300, np.nan])
def test_padding_may_hold_anything(text, filling):
    """No number that stands at a step that is not real counts, to the last bit, nor does it harm."""
    (network, inputs, *others), direction, real, weigh, (made, _) = held(text, "padding")
    filled = (network, np.where(real[..., None], inputs, filling), *others)
    again, _ = program(text)(weigh, filled, direction, real)
    for (_, gradient), (_, wanted) in zip(again.values(), made.values(), strict=True):
        equal(gradient, wanted, atol=0)


@every_design
def test_sequences_that_end_equal_each_alone(text):
    (network, inputs, states, _), _, real, _, (made, _) = held(text, "ragged")
    (_, (outputs, after)), _ = made["backpropagation"]
    for i, length in enumerate(real.sum(axis=1)):
        wanted = by_hand(network, inputs[i, :length], of_sequence(states, i))
        equal((of_sequence(outputs, i)[:length], of_sequence(after, i)), wanted)


@every_design
def test_weights_by_name(text):
    network = make(text)
    design = NetworkDesign.of(network)
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
    network = make("elman:3")
    design = NetworkDesign.of(network)
    with pytest.raises(InputError, match=r"unknown weight 'elman_1.w'; did you mean 'elman_1"):
        network.replace({"elman_1.w": np.eye(3)})
    with pytest.raises(InputError, match=r"elman_1.W has shape \(3, 3\); came \(2, 2\)"):
        network.replace({"elman_1.W": np.eye(2)})
    weights = network.weights()
    with pytest.raises(InputError, match=r"missing or unexpected are elman_1.b"):
        design.network({k: v for k, v in weights.items() if k != "elman_1.b"}, FEATURES, OUTPUTS)
    with pytest.raises(InputError, match=r"elman_1.W has shape \(3, 3\); came \(3, 2\)"):
        design.network(weights | {"elman_1.W": np.ones((3, 2))}, FEATURES, OUTPUTS)


@pytest.mark.parametrize("text", CELLS)
def test_gates_below_each_other_are_the_whole(text):
    cell = make(text).layers[0]
    if not cell.gates:
        with pytest.raises(InputError, match="has no gates"):
            cell.gate("keep")
        return
    cut = {name: list(cell.gate(name)) for name in cell.gates}
    for field, whole in cell.weights().items():
        having = cell.of_some_gates.get(field, cell.gates)
        np.testing.assert_array_equal(np.concatenate([cut[name].pop(0) for name in having]), whole)
    assert not any(cut.values())
    with pytest.raises(InputError, match="unknown gate"):
        cell.gate("forget it")


def test_a_hand_wired_memory_holds_a_value():
    """Keep gate open, write and read as wired: s stays to the last bit of a saturated sigmoid."""
    cell = make("lstm:1").layers[0]
    zero = {name: np.zeros(shape) for name, shape in cell.shapes(FEATURES, 1).items()}
    b = np.array([-800.0, 800.0, 0.0, 800.0])  # never write, always keep, always read
    network = make("lstm:1").replace({f"lstm_1.{k}": v for k, v in zero.items()} | {"lstm_1.b": b})
    state = network.layers[0].initial_state()._replace(s=jnp.array([0.7]))
    h, after = unroll(network.layers[0], np.ones((1000, FEATURES)), state)
    assert float(after.s[0]) == 0.7
    assert float(h[-1, 0]) == pytest.approx(np.tanh(0.7), abs=1e-15)


def test_keep_where():
    chosen = jnp.array([True, False])
    new, old = jnp.ones((2, 3)), jnp.zeros((2, 3))
    assert keep_where(chosen, new, old).tolist() == [[1.0] * 3, [0.0] * 3]
