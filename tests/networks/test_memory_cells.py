"""The cell of 1997, its truncated gradient, peepholes, gates that begin with a given memory, traces of gates."""

import json
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from network_formulas import FORMULAS, compiled, equal, like, numbers, random_network, sigma
from unrolled.errors import InputError
from unrolled.networks import (
    GRU,
    LSTM,
    LSTM1997,
    LayerDesign,
    Network,
    NetworkDesign,
    PeepholeLSTM,
    Readout,
    backpropagate,
    chrono,
    forward_pass,
    gate_traces,
    initialize_members,
    layer_kinds,
    member,
    member_keys,
    sensitivity,
    summarize,
    unroll,
)
from unrolled.types import precision

BATCH, TIME, FEATURES = 2, 9, 2


@pytest.fixture(autouse=True)
def _float64():
    with precision("float64"):
        yield


# The cell of 1997


def test_the_squashing_functions_are_those_of_the_paper():
    """g is a logistic function between -2 and 2, h one between -1 and 1."""
    cell = LSTM1997(np.array([[0.0], [1], [0]]), np.zeros((3, 1)), np.array([90.0, 0, 90]))  # both gates open
    for x in (-30.0, -1.5, 0.0, 0.3, 30.0):
        after = cell.step(np.array([x]), cell.initial_state())
        s = 4 / (1 + np.exp(-x)) - 2
        equal((after.s[0], after.h[0]), (s, 2 / (1 + np.exp(-s)) - 1))


def separate(cell):
    """The same layer with a write and a read gate for every cell: those of its block, again."""
    rows = np.arange(cell.blocks).repeat(cell.block)
    order = np.concatenate([rows, cell.blocks + np.arange(cell.units), cell.blocks + cell.units + rows])
    return LSTM1997(cell.U[order], cell.W[order], cell.b[order], cell.activation, cell.truncated), order


@pytest.mark.parametrize("truncated", [False, True])
def test_a_block_is_cells_with_gates_in_common(truncated):
    """Activities are the same; the derivatives of what is shared are the sums over the cells."""
    cell = random_network(f"lstm-1997:2x3{':truncated' if truncated else ''}").layers[0]
    alone, order = separate(cell)
    x, weigh = numbers(BATCH, TIME, FEATURES), numbers(BATCH, TIME, 6, seed=2)

    @compiled
    def run(cell):
        def error(cell):
            h, after = unroll(cell, x, cell.initial_state((BATCH,)))
            return jnp.sum(h * weigh), (h, after)

        return jax.grad(error, has_aux=True)(cell)

    (shared, made), (apart, wanted) = run(cell), run(alone)
    equal(made, wanted)
    for name, derivative in shared.weights().items():
        summed = np.zeros_like(derivative)
        np.add.at(summed, order, np.asarray(apart.weights()[name]))
        equal(derivative, summed, atol=1e-12)


def counted(units, block, features):
    return (units + 2 * units // block) * (features + units + 1)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("lstm-1997:6", counted(6, 1, 2)),
        ("lstm-1997:2x3", counted(6, 3, 2)),
        ("bi-lstm-1997:2x3", 2 * counted(6, 3, 2)),
        ("peephole-lstm:5", 4 * 5 * (2 + 5 + 1) + 3 * 5),
    ],
)
def test_counts_of_weights(text, count):
    design = NetworkDesign.parse(text)
    assert summarize(design, 2, 1, time=4).rows[0].parameters == count


# The truncated gradient


def recursions(cell, V, xs, errors):
    """The derivatives by U, W and b of sum_t e_t V h_t, forward in time as in appendix A of the paper.

    ds/dw of every memory is carried along: ds_j/dw_write += g_j f'(a_i) (h_{t-1}, x_t, 1) for the gate of its block,
    ds_j/dw_candidate += i g'(a_g) (h_{t-1}, x_t, 1). Nothing else of the past is.
    """
    units, blocks = cell.units, cell.blocks
    M = np.concatenate([cell.W, cell.U, cell.b[:, None]], axis=1)
    of_block = np.arange(units) // cell.block
    h, s = np.zeros(units), np.zeros(units)
    ds_write, ds_candidate, total = np.zeros((units, M.shape[1])), np.zeros((units, M.shape[1])), np.zeros_like(M)
    for x, e in zip(xs, errors, strict=True):
        source = np.concatenate([h, x, [1]])
        a = M @ source
        i, o = sigma(a[:blocks]), sigma(a[-blocks:])
        logistic = sigma(a[blocks:-blocks])
        g, dg = 4 * logistic - 2, 4 * logistic * (1 - logistic)
        s = s + i[of_block] * g
        ds_write += (g * (i * (1 - i))[of_block])[:, None] * source
        ds_candidate += (i[of_block] * dg)[:, None] * source
        squashed = 2 * sigma(s) - 1
        dsquashed = 2 * sigma(s) * (1 - sigma(s))
        h = o[of_block] * squashed
        into_h = V.T @ e
        for j in range(units):
            into_s = into_h[j] * o[of_block[j]] * dsquashed[j]
            total[of_block[j]] += into_s * ds_write[j]
            total[blocks + j] += into_s * ds_candidate[j]
            gate = of_block[j]
            total[blocks + units + gate] += into_h[j] * squashed[j] * o[gate] * (1 - o[gate]) * source
    return {"W": total[:, :units], "U": total[:, units:-1], "b": total[:, -1]}


@pytest.mark.parametrize("text", ["lstm-1997:3:truncated", "lstm-1997:2x2:truncated"])
def test_truncated_gradient_equals_the_recursions_of_the_paper(text):
    network = random_network(text)
    x, errors = numbers(BATCH, 12, FEATURES), numbers(BATCH, 12, 2, seed=3)

    @compiled
    def gradients(network):
        def error(network, rule):
            return jnp.sum(network.run(x, network.initial_states((BATCH,)), rule=rule)[0] * errors)

        return [jax.grad(error)(network, rule) for rule in ("backpropagation", "automatic")]

    parts = [recursions(network.layers[0], network.readout.V, x[i], errors[i]) for i in range(BATCH)]
    wanted = {name: parts[0][name] + parts[1][name] for name in "UWb"}
    swept = backpropagate(forward_pass(network, x), errors).gradient
    for made in (*gradients(network), swept):
        equal(made.layers[0].weights(), wanted, atol=1e-12)


@pytest.mark.parametrize("text", ["lstm-1997:3:truncated", "lstm-1997:2x2:tanh:truncated, lstm-1997:2:truncated"])
def test_both_rules_truncate_alike(text):
    """Also where steps are not real and activities are held; and forward derivatives are the same ones."""
    network, x = random_network(text), numbers(BATCH, TIME, FEATURES)
    states, weigh = like(network.initial_states((BATCH,)), 4), numbers(BATCH, TIME, 2, seed=5)
    real = np.ones((BATCH, TIME), bool)
    real[0, 2:4] = real[1, 7:] = False
    units = network.layers[0].units
    clamps = np.where(numbers(BATCH, TIME, units, seed=6) > 0.8, 0.3, np.nan)
    args = (network, x, states, {"lstm-1997_1": clamps})
    direction = like(args, 7)

    @compiled
    def everything(args):
        def error(rule, *args):
            network, x, states, clamps = args
            made = network.run(x, states, real=real, clamps=clamps, rule=rule)
            return jnp.sum(made[0] * weigh * real[..., None]) + sum(map(jnp.sum, jax.tree.leaves(made[1])))

        gradients = [jax.grad(partial(error, rule), (0, 1, 2, 3))(*args) for rule in ("backpropagation", "automatic")]
        along = jax.jvp(partial(error, "automatic"), args, direction)[1]
        return gradients, along

    (swept, automatic), along = everything(args)
    equal(swept, automatic, atol=1e-10)
    moved = sum(np.sum(a * d) for a, d in zip(jax.tree.leaves(swept), jax.tree.leaves(direction), strict=True))
    assert moved == pytest.approx(float(along), abs=1e-10)


def test_what_is_truncated_is_not_the_whole():
    whole, short = (random_network(f"lstm-1997:3{end}") for end in ("", ":truncated"))
    x = numbers(BATCH, TIME, FEATURES)
    outputs, gradients = [], []
    for network in (whole, short):
        tape = forward_pass(network, x)
        outputs.append(tape.outputs)
        gradients.append(backpropagate(tape, np.ones((BATCH, 1, 2))))
    equal(*outputs, atol=0)
    w, s = (back.gradient.weights() for back in gradients)
    equal(w["readout.V"], s["readout.V"], atol=0)
    assert np.abs(w["lstm-1997_1.W"] - s["lstm-1997_1.W"]).max() > 1e-2
    # The error that the last step hands back to the memories neither fades nor grows.
    ds = np.asarray(gradients[1]["lstm-1997_1"].ds[:, :-1])
    assert np.abs(ds).max() > 1e-3
    equal(ds, np.broadcast_to(ds[:, -1:], ds.shape), atol=0)


# Peepholes


def test_without_weights_in_its_peepholes_it_is_the_plain_cell():
    key = member_keys(0, 1)[0]
    peeping, plain = (NetworkDesign.parse(f"{kind}:3").initialize(2, 1, key=key) for kind in ("peephole-lstm", "lstm"))
    assert not peeping.weights()["peephole-lstm_1.p"].any()
    equal(peeping(numbers(TIME, FEATURES)), plain(numbers(TIME, FEATURES)), atol=1e-15)


def test_a_peephole_sees_through_a_shut_read_gate():
    """With W = 0 and o = 0 nothing of the memory is in the activities; the keep gate acts on it all the same."""
    W, U, b = np.zeros((4, 1)), np.zeros((4, 1)), np.array([-900.0, 0.0, 0.0, -900.0])
    state = LSTM(U, W, b).initial_state()._replace(s=jnp.array([2.0]))
    kept = {p: PeepholeLSTM(U, W, b, np.array([0, p, 0])).step(np.zeros(1), state) for p in (0.0, 3.0)}
    equal([(after.h[0], after.s[0]) for after in kept.values()], [(0, 1.0), (0, 2 * sigma(6.0))], atol=1e-15)


# Designs and files


sizes = st.tuples(st.integers(1, 50), st.integers(1, 9), st.booleans(), st.sampled_from(["", "bi-"]))


@given(sizes)
def test_blocks_travel(size):
    blocks, block, truncated, both = size
    layer = LayerDesign(f"{both}lstm-1997", blocks * block, block=block, truncated=truncated)
    design = NetworkDesign((layer, LayerDesign("dense", 3)))
    assert NetworkDesign.parse(str(design)) == design
    assert NetworkDesign.from_dict(json.loads(json.dumps(design.to_dict()))) == design
    assert layer.width == blocks * block * (2 if both else 1)
    network = design.initialize(2, 1, key=member_keys(0, 1)[0])
    assert NetworkDesign.of(network) == design
    again = design.network(network.weights(), 2, 1)
    assert jax.tree.structure(again) == jax.tree.structure(network)
    assert design.with_hidden(units=2 * blocks * block).layers[0].block == block


def test_which_layers_have_a_memory():
    found = {kind for kind in layer_kinds() if LayerDesign(kind, 2).has_memory}
    assert found == {f"{way}{kind}" for way in ("", "bi-") for kind in ("lstm", "peephole-lstm", "lstm-1997")}


def test_files_of_other_layers_say_nothing_of_blocks():
    for kind in ("lstm", "gru", "lstm-1997", "peephole-lstm"):
        assert LayerDesign(kind, 3).to_dict() == {"kind": kind, "units": 3, "activation": "tanh"}


@pytest.mark.parametrize(
    ("kind", "settings", "said"),
    [
        ("lstm-1997", {"block": 3}, "8 memory cells cannot be shared out in blocks of 3"),
        ("lstm-1997", {"block": 0}, "block must be a whole number from 1 to 8; came 0"),
        ("lstm-1997", {"block": 9}, "block must be a whole number from 1 to 8; came 9"),
        ("lstm-1997", {"block": 2.0}, "block must be a whole number"),
        ("lstm-1997", {"truncated": 1}, "truncated must be True or False; came 1"),
        ("lstm", {"block": 2}, "a layer of kind lstm has no setting block; came block=2. Of lstm-1997"),
        ("gru", {"truncated": True}, "a layer of kind gru has no setting truncated"),
        ("dense", {"block": 2}, "a layer of kind dense has no setting block"),
        ("peephole-gru", {}, "peepholes see a memory, so they belong to peephole-lstm alone; came 'peephole-gru'"),
        ("bi-peephole-elman", {}, "peepholes see a memory"),
    ],
)
def test_settings_that_do_not_fit_are_said(kind, settings, said):
    with pytest.raises(InputError, match=said):
        LayerDesign(kind, 8, **settings)


@pytest.mark.parametrize("text", ["lstm-1997:4x", "lstm-1997:x2", "lstm-1997:4x2x2", "lstm-1997:4:tanh:relu", "gru"])
def test_words_that_are_no_layer(text):
    with pytest.raises(InputError, match=r"a layer is written kind:units .*lstm-1997:4x2"):
        NetworkDesign.parse(text)


def test_other_kinds_have_no_blocks_in_words():
    with pytest.raises(InputError, match="a layer of kind gru has no setting block; came block=2"):
        NetworkDesign.parse("gru:4x2")
    with pytest.raises(InputError, match="a layer of kind lstm has no setting truncated"):
        NetworkDesign.parse("lstm:4:truncated")


# Gates that begin with a given memory


CHRONO = {
    "lstm:400": lambda layer: (layer.gate("keep")[2], layer.gate("write")[2]),
    "peephole-lstm:400": lambda layer: (layer.gate("keep")[2], layer.gate("write")[2]),
    "gru:400": lambda layer: (layer.gate("update")[2], -layer.gate("update")[2]),
    "mingru:400": lambda layer: (-layer.gate("update")[1], layer.gate("update")[1]),
}


@pytest.mark.parametrize("text", CHRONO)
def test_forgetting_times_are_uniform(text):
    """b = log u, u ~ U(1, T - 1): of the sorted u the largest distance to the straight line is Kolmogorov's."""
    T, (first, second) = 500, member_keys(0, 2)
    network = NetworkDesign.parse(text).initialize(1, 1, key=first)
    made = chrono(network, T, key=second)
    keep, write = CHRONO[text](made.layers[0])
    equal(write, -keep, atol=0)
    u = np.sort(np.exp(keep))
    assert 1 <= u[0] < u[-1] <= T - 1
    off = np.abs((u - 1) / (T - 2) - (np.arange(400) + 0.5) / 400).max()
    assert off < 1.63 / np.sqrt(400)  # the 1 % point
    assert np.array_equal(chrono(network, T, key=second).weights()[f"{text[:-4]}_1.b"], made.layers[0].b)
    assert not np.array_equal(chrono(network, T, key=first).layers[0].b, made.layers[0].b)


def test_gates_decay_as_long_as_they_say():
    """With u and nothing that comes in, what a GRU keeps has fallen to 1/e after about 1 + u steps."""
    zero = {name: np.zeros(shape) for name, shape in GRU.shapes(1, 50).items()}
    network = Network((GRU(**zero),), Readout(np.zeros((1, 50)), np.zeros(1)))
    network = chrono(network, 200, key=member_keys(0, 1)[0])
    u = np.exp(network.layers[0].gate("update")[2])
    start = network.layers[0].initial_state((1,), 1.0)
    h, _ = unroll(network.layers[0], np.zeros((1, 400, 1)), start)
    steps = (np.asarray(h[0]) > 1 / np.e).sum(axis=0) + 1
    assert np.abs(steps - (1 + u)).max() <= 2


def test_blocks_of_1997_open_one_after_the_other():
    network = NetworkDesign.parse("lstm-1997:3x2, bi-lstm-1997:2").initialize(1, 1, key=member_keys(0, 1)[0])
    made = chrono(network, 100, key=member_keys(1, 1)[0])
    assert made.layers[0].b.tolist() == [-1, -2, -3, *[0] * 6, -1, -2, -3]
    assert made.layers[1].backward.b.tolist() == [-1, -2, 0, 0, -1, -2]


def test_the_rest_stays_and_members_differ():
    design = NetworkDesign.parse("dense:2, bi-lstm:3, gru:2", start="learned")
    networks = initialize_members(design, 2, 1, keys=member_keys(0, 3))
    made = chrono(networks, 30, key=member_keys(1, 1)[0])
    changed = {name for name, w in made.weights().items() if not np.array_equal(w, networks.weights()[name])}
    assert changed == {"bi-lstm_1.forward.b", "bi-lstm_1.backward.b", "gru_1.b"}
    one, two = (member(made, i).layers[1].forward.gate("keep")[2] for i in (0, 1))
    assert not np.array_equal(one, two)
    assert jax.tree.structure(made) == jax.tree.structure(networks)


def test_an_encoder_is_set_too():
    design = NetworkDesign.parse("lstm:2", encoder="lstm:2")
    network = design.initialize(2, 1, key=member_keys(0, 1)[0])
    made = chrono(network, 30, key=member_keys(1, 1)[0])
    assert not np.array_equal(made.encoder[0].b, network.encoder[0].b)


@pytest.mark.parametrize(("text", "said"), [("elman:2, dense:3", "none: elman, dense"), ("", "none: no hidden layer")])
def test_no_gate_to_set(text, said):
    with pytest.raises(InputError, match=f"chrono sets the gates of an LSTM.*{said}"):
        chrono(NetworkDesign.parse(text).initialize(1, 1, key=member_keys(0, 1)[0]), 9, key=member_keys(0, 1)[0])


@pytest.mark.parametrize("longest", [1, 2.5, None])
def test_longest_is_a_number_of_steps(longest):
    with pytest.raises(InputError, match="longest must be a whole number from 2"):
        chrono(
            NetworkDesign.parse("lstm:2").initialize(1, 1, key=member_keys(0, 1)[0]), longest, key=member_keys(0, 1)[0]
        )


# Traces of gates


GATED = [kind for kind in FORMULAS if "elman" not in kind]
MEANING = {"gru": ("update", "keep"), "mingru": ("update", "write")}


@pytest.mark.parametrize("text", [*(f"{kind}:3" for kind in GATED), "lstm-1997:2x2"])
def test_traces_add_up(text):
    """What is kept and what is written make the memory, and gates are what they are said to be."""
    network, x = random_network(text), numbers(BATCH, TIME, FEATURES)
    states = like(network.initial_states((BATCH,)), 3)
    (trace,) = gate_traces(network, x, states).values()
    kind, layer = text.split(":")[0], network.layers[0]
    assert tuple(trace.gates) == layer.gates
    assert {gate.shape for gate in trace.gates.values()} == {(BATCH, TIME, layer.units)}
    equal(trace.kept + trace.written, trace.memory)
    before = np.concatenate([states[0][-1][:, None], trace.memory[:, :-1]], axis=1)
    g = np.asarray(trace.gates["candidate"])
    if kind in MEANING:
        z = trace.gates["update"]
        z = z if MEANING[kind][1] == "keep" else 1 - z
        equal((trace.kept, trace.written), (z * before, (1 - z) * g))
        equal(trace.memory, trace.h, atol=0)
        return
    f = trace.gates.get("keep", np.ones_like(g))
    equal((trace.kept, trace.written), (f * before, trace.gates["write"] * g))
    squashed = np.tanh(trace.s / 2 if kind == "lstm-1997" else trace.s)
    equal(trace.read, trace.gates["read"] * squashed)
    # The gates, from the pre-activations.
    rows = np.split(np.asarray(trace.a), np.cumsum(layer.gate_rows)[:-1], axis=-1)
    for name, a in zip(layer.gates, rows, strict=True):
        if name != "candidate":
            equal(trace.gates[name], sigma(a.repeat(layer.units // a.shape[-1], axis=-1)))


def test_traces_of_steps_that_are_not_real_and_of_both_directions():
    network, x = random_network("bi-lstm:2, elman:2"), numbers(BATCH, TIME, FEATURES)
    real = np.ones((BATCH, TIME), bool)
    real[0, 5:] = False
    tape = forward_pass(network, x, real=real)
    ahead, behind, plain = (tape[name] for name in ("bi-lstm_1.forward", "bi-lstm_1.backward", "elman_1"))
    for trace in (ahead, behind):
        np.testing.assert_array_equal(np.isnan(trace.gates["keep"]).any(-1), ~real)
    equal(behind.kept[1, :-1], (behind.gates["keep"][1, :-1] * behind.s[1, 1:]))  # its past is what comes after
    assert (plain.gates, plain.written, plain.kept) == ({}, None, None)
    assert list(gate_traces(network, x)) == ["bi-lstm_1.forward", "bi-lstm_1.backward"]


def test_a_network_without_gates_has_no_traces():
    with pytest.raises(InputError, match="no layer of this network has gates"):
        gate_traces(random_network("elman:2, dense:2"), numbers(BATCH, TIME, FEATURES))


# A value that is held for 10,000 steps


def latch(kind):
    """A cell that takes the number in x_0 when x_1 = 1, and shows it when x_2 = 1; between nothing opens.

    A number is written at a ten-thousandth of its size, where f is a straight line to eight digits.
    """
    shut, open_, small = -40.0, 80.0, 1e-4
    layer = LayerDesign(kind, 1).maker
    weights = {name: np.zeros(shape) for name, shape in layer.shapes(3, 1).items()}
    cell = layer.of(weights, "tanh")
    row = dict(zip(cell.gates, range(len(cell.gates)), strict=True))
    U, b = weights["U"], weights["b"]
    U[row["write"]], b[row["write"]] = (0, open_, 0), shut
    U[row["read"]], b[row["read"]] = (0, 0, open_), shut
    U[row["candidate"]] = (small, 0, 0)
    if "keep" in row:  # shut while something is written
        U[row["keep"]], b[row["keep"]] = (0, -open_, 0), -shut
    steep = 2 if kind == "lstm-1997" else 1  # tanh(s / 2)
    return Network((cell,), Readout(np.full((1, 1), steep / small), np.zeros(1)))


@pytest.mark.parametrize("kind", ["lstm", "peephole-lstm", "lstm-1997"])
def test_a_hand_wired_cell_holds_a_value_for_10_000_steps(kind):
    """Whatever else comes in meanwhile; and the error comes back as large as it was."""
    steps, values = 10_000, np.array([0.7, -1.3])
    x = np.zeros((2, steps + 2, 3))
    x[..., 0] = numbers(2, steps + 2)  # other numbers at every step
    x[:, 0, 0], x[:, 0, 1], x[:, -1, 2] = values, 1, 1
    network = latch(kind)
    tape = forward_pass(network, x)
    np.testing.assert_allclose(tape.outputs[:, -1, 0], values, rtol=0, atol=1e-6)
    assert np.abs(tape.outputs[:, :-1]).max() < 1e-12  # nothing is shown before
    dx = np.asarray(backpropagate(tape, np.ones((2, 1, 1))).inputs[..., 0])
    np.testing.assert_allclose(dx[:, 0], 1, rtol=0, atol=3e-6)
    assert np.abs(dx[:, 1:]).max() < 1e-12


def test_the_error_of_a_truncated_cell_flows_along_the_self_link():
    flow = sensitivity(random_network("lstm-1997:2:truncated"), numbers(1, 30, FEATURES))
    assert flow.norm[-1] >= 1
