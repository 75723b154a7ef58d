"""The backward pass that can be seen: against automatic differentiation, finite differences and the untied network."""

from functools import cache, partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.errors import InputError
from unrolled.networks import (
    Dense,
    NetworkDesign,
    backpropagate,
    forward_pass,
    linearity,
    member_keys,
)
from unrolled.types import precision

# Nine steps are more than the sweeps write out.
FEATURES, OUTPUTS, BATCH, TIME = 2, 2, 3, 9
# These programs run once.
QUICK = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}
DESIGNS = {
    "elman": {"layers": "elman:3"},
    "softmax, held": {"layers": "elman:3:softmax", "clamped": "elman_1"},
    "lstm, padded, from given states": {"layers": "lstm:3", "padded": True, "from_given": True},
    "gru, padded and held": {"layers": "gru:3", "padded": True, "clamped": "gru_1"},
    "mingru": {"layers": "mingru:3:tanh", "output": "sigmoid"},
    "peepholes, padded": {"layers": "peephole-lstm:3", "padded": True},
    "blocks, padded and held": {"layers": "lstm-1997:1x3", "padded": True, "clamped": "lstm-1997_1"},
    "stack": {"layers": "dense:3:softmax, lstm:2, elman:2:relu", "output": "softmax", "start": "learned"},
    "both ways, padded and held": {"layers": "bi-gru:2, elman:2", "padded": True, "clamped": "bi-gru_1"},
    "final states": {"layers": "bi-elman:2, dense:2", "reads": "final", "start": "learned", "sequences": 4},
    "observed": {"layers": "elman:3", "observed": (2, 0)},
    "linear": {"layers": ""},
}
# Layers whose stack is looked at.
SEEN = ("elman_1", "lstm_1", "gru_1", "peephole-lstm_1", "lstm-1997_1", "bi-gru_1.forward", "bi-gru_1.backward")
every_design = pytest.mark.parametrize("name", DESIGNS)


@pytest.fixture(autouse=True)
def _float64():
    with precision("float64"):
        yield


def numbers(*shape, seed=1):
    return np.random.default_rng(seed).normal(size=shape)


def like(tree, seed):
    rng = np.random.default_rng(seed)
    return jax.tree.map(lambda leaf: rng.normal(0, 0.7, np.shape(leaf)), tree)


def make(layers, **settings):
    network = NetworkDesign.parse(layers, **settings).initialize(FEATURES, OUTPUTS, key=member_keys(0, 1)[0])
    return like(network, 5)


@cache
def answers(name):
    """Everything that is compared, from one compiled program for each design."""
    settings = dict(DESIGNS[name])
    clamped, padded, from_given = (settings.pop(key, None) for key in ("clamped", "padded", "from_given"))
    network, inputs = make(**settings), numbers(BATCH, TIME, FEATURES)
    real = np.arange(TIME) < np.array([TIME, 4, 1])[:, None] if padded else None
    if padded:
        inputs[2, 5] = np.nan
    held = np.where(numbers(BATCH, TIME, 4 if "bi-" in settings["layers"] else 3, seed=8) > 0, 0.3, np.nan)
    clamps = {clamped: held} if clamped else None
    states = like(network.initial_states((BATCH,)), 6) if from_given else None
    error = numbers(BATCH, 1 if network.reads == "final" else TIME, OUTPUTS, seed=2)
    way = like((network, inputs, states), [3, 4])
    other = like((network, inputs, states), [4, 4])

    @partial(jax.jit, compiler_options=QUICK)
    def everything(network, inputs, states):
        def value(network, inputs, states, rule="automatic"):
            start = network.initial_states((BATCH,)) if states is None else states
            outputs, _ = network.run(inputs, start, real=real, clamps=clamps, rule=rule)
            return jnp.sum(outputs * error), outputs

        def moved(step):
            along = jax.tree.map(lambda one, two: jnp.stack([one, two]), way, other)
            moves = jax.tree.map(lambda leaf, a: leaf + step[0] * a[step[1]], (network, inputs, states), along)
            return value(*moves)[0]

        gradients, outputs = jax.grad(value, argnums=(0, 1, 2), has_aux=True)(network, inputs, states)
        steps = (jnp.array([1e-6, -1e-6, 1e-6, -1e-6]), jnp.array([0, 0, 1, 1]))
        tape = forward_pass(network, inputs, states, real=real, clamps=clamps)
        return {
            "outputs": outputs,
            "gradients": gradients,
            "moved": jax.lax.map(moved, steps),
            "tape": {layer: tape[layer] for layer in tape.names if layer in SEEN},
            "y": tape.outputs,
            "back": backpropagate(tape, error, contributions=True),
        }

    return network, (way, other), jax.tree.map(np.asarray, everything(network, inputs, states))


def equal(ours, theirs, to):
    for a, b in zip(jax.tree.leaves(ours), jax.tree.leaves(theirs), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=to)


@every_design
def test_it_equals_automatic_differentiation(name):
    _, _, made = answers(name)
    weights, inputs, states = made["gradients"]
    equal(made["y"], made["outputs"], 1e-14)
    equal(made["back"].gradient, weights, 1e-10)
    equal(made["back"].inputs, inputs, 1e-10)
    if states is not None:
        equal(made["back"].states, states, 1e-10)


@every_design
def test_it_equals_finite_differences(name):
    _, ways, made = answers(name)
    back = made["back"]
    ours = (back.gradient, back.inputs, back.states if ways[0][2] is not None else None)
    for i, way in enumerate(ways):
        along = sum(jax.tree.leaves(jax.tree.map(lambda g, d: float(np.sum(g * d)), ours, way)))
        ahead, behind = made["moved"][2 * i : 2 * i + 2]
        assert along == pytest.approx((ahead - behind) / 2e-6, rel=1e-6, abs=1e-7)


@every_design
def test_contributions_sum_to_the_gradient(name):
    network, _, made = answers(name)
    back = made["back"]
    equal(jax.tree.map(lambda leaf: leaf.sum(0), back.contributions), back.gradient, 1e-12)
    for one, by_step in zip(jax.tree.leaves(network), jax.tree.leaves(back.contributions), strict=True):
        assert by_step.shape == (TIME, *one.shape)


def sigma(a):
    return 1 / (1 + np.exp(-a))


def test_the_stack_of_an_elman_layer():
    network, _, made = answers("elman")
    tape, w = made["tape"]["elman_1"], network.weights()
    before = np.concatenate([np.zeros((BATCH, 1, 3)), tape.h[:, :-1]], axis=1)
    np.testing.assert_allclose(tape.a, tape.x @ w["elman_1.U"].T + before @ w["elman_1.W"].T + w["elman_1.b"])
    np.testing.assert_allclose(tape.h, np.tanh(tape.a))
    np.testing.assert_allclose(tape.slopes, 1 / np.cosh(tape.a) ** 2)
    assert tape.s is None
    delta = made["back"]["elman_1"]
    np.testing.assert_allclose(delta.delta, tape.slopes * delta.dh)


def test_the_stack_of_a_padded_lstm():
    _, _, made = answers("lstm, padded, from given states")
    tape = made["tape"]["lstm_1"]
    i, f, g, o = np.split(tape.a, 4, axis=-1)
    slopes = [sigma(i) * (1 - sigma(i)), sigma(f) * (1 - sigma(f)), 1 - np.tanh(g) ** 2, sigma(o) * (1 - sigma(o))]
    for row, steps in enumerate([TIME, 4, 1]):
        made_now = sigma(f[row, 1:steps]) * tape.s[row, : steps - 1] + sigma(i[row, 1:steps]) * np.tanh(g[row, 1:steps])
        np.testing.assert_allclose(tape.s[row, 1:steps], made_now, atol=1e-14)
        np.testing.assert_allclose(
            tape.h[row, :steps], sigma(o[row, :steps]) * np.tanh(tape.s[row, :steps]), atol=1e-14
        )
        np.testing.assert_allclose(tape.slopes[row, :steps], np.concatenate(slopes, axis=-1)[row, :steps], atol=1e-14)
        for part in (tape.h, tape.s):
            np.testing.assert_array_equal(part[row, steps:], np.broadcast_to(part[row, steps - 1], (TIME - steps, 3)))
        assert not tape.slopes[row, steps:].any()
        assert not made["back"]["lstm_1"].delta[row, steps:].any()


def test_a_held_activity_hands_nothing_on_and_keeps_its_slope():
    _, _, made = answers("softmax, held")
    tape, back = made["tape"]["elman_1"], made["back"]["elman_1"]
    held = tape.h == 0.3
    free = np.exp(tape.a) / np.exp(tape.a).sum(-1, keepdims=True)
    np.testing.assert_allclose(tape.h[~held], free[~held])
    np.testing.assert_allclose(tape.slopes, free * (1 - free), atol=1e-14)
    assert np.abs(back.dh[held]).min() > 1e-6
    all_held = held.all(axis=-1)
    assert all_held.any()
    assert not back.delta[all_held].any()


def test_the_rows_of_a_gru():
    tape = answers("gru, padded and held")[-1]["tape"]["gru_1"]
    r, z, m, n = np.split(tape.a[0], 4, axis=-1)
    slopes = [sigma(r) * (1 - sigma(r)), sigma(z) * (1 - sigma(z)), np.ones_like(m), 1 - np.tanh(n + sigma(r) * m) ** 2]
    np.testing.assert_allclose(tape.slopes[0], np.concatenate(slopes, axis=-1), atol=1e-14)


UNTIED = {
    "elman": {"layers": "elman:3"},
    "lstm": {"layers": "lstm:2, dense:2:tanh", "start": "learned"},
    "gru": {"layers": "dense:2, gru:2", "output": "softmax"},
    "two": {"layers": "mingru:2, elman:2:sigmoid"},
    "memories": {"layers": "peephole-lstm:2, lstm-1997:1x2"},
}


@pytest.mark.parametrize("name", UNTIED)
def test_contributions_are_the_gradient_of_the_untied_network(name):
    """A loop in Python with weights of its own at every step, and with a push on every state and activity."""
    network, time = make(**UNTIED[name]), 3
    inputs, error = numbers(BATCH, time, FEATURES), numbers(BATCH, time, OUTPUTS, seed=2)
    names = [key for key in network.named_layers() if key != "readout"]

    def value(copies, pushes):
        states = dict(zip(network.recurrent_names, copies[0].initial_states((BATCH,)), strict=True))
        total = 0.0
        for t, copy in enumerate(copies):
            seen = inputs[:, t]
            for key, layer in zip(names, copy.layers, strict=True):
                if isinstance(layer, Dense):
                    seen = layer(seen) + pushes[t][key]
                    continue
                states[key] = jax.tree.map(jnp.add, layer.step(seen, states[key]), pushes[t][key])
                seen = states[key].h
            total += jnp.sum(copy.output(copy.readout.raw(seen)) * error[:, t])
        return total

    def none(layer):
        return np.zeros((BATCH, layer.units)) if isinstance(layer, Dense) else layer.initial_state((BATCH,))

    pushes = [{key: none(layer) for key, layer in zip(names, network.layers, strict=True)} for _ in range(time)]

    @partial(jax.jit, compiler_options=QUICK)
    def two_ways(network):
        back = backpropagate(forward_pass(network, inputs), error, contributions=True)
        return back, jax.grad(value, argnums=(0, 1))([network] * time, pushes)

    back, (copies, on_states) = two_ways(network)
    equal(back.contributions, jax.tree.map(lambda *steps: np.stack(steps), *copies), 1e-12)
    for t in range(time):
        for key in names:
            found = on_states[t][key]
            np.testing.assert_allclose(back[key].dh[:, t], getattr(found, "h", found), rtol=0, atol=1e-12)
            if hasattr(found, "s"):
                np.testing.assert_allclose(back[key].ds[:, t], found.s, rtol=0, atol=1e-12)


@cache
def small_tape():
    return forward_pass(make("gru:2", output="softmax"), numbers(BATCH, TIME, FEATURES))


@partial(jax.jit, compiler_options=QUICK)
def off_linear(tape, first, second, one, two):
    """How far B(c e + c' e') is from c B(e) + c' B(e'), over the size of what is added."""
    whole, a, b = (jax.tree.leaves(backpropagate(tape, e)) for e in (one * first + two * second, first, second))

    def off(whole, a, b):
        size = abs(one) * jnp.abs(a).max() + abs(two) * jnp.abs(b).max()
        return jnp.abs(whole - one * a - two * b).max() / size

    return jnp.stack([off(*parts) for parts in zip(whole, a, b, strict=True)]).max()


factors = st.floats(1e-3, 1e3) | st.floats(-1e3, -1e-3)


@given(st.integers(0, 2**32), factors, factors)
def test_the_backward_pass_is_linear(seed, one, two):
    first, second = numbers(2, BATCH, TIME, OUTPUTS, seed=seed)
    assert off_linear(small_tape(), first, second, one, two) < 1e-13


def test_doubling_the_error_doubles_every_derivative():
    shown = linearity(small_tape(), numbers(BATCH, TIME, OUTPUTS, seed=3), factors=(2, 0.25, -3))
    assert [factor for factor, _ in shown] == [2.0, 0.25, -3.0]
    assert shown.deviations[:2].tolist() == [0.0, 0.0]
    assert 0 < shown.deviations[2] < 1e-14
    assert str(shown).splitlines()[0] == "2 times the errors: 2 times every derivative, to 0e+00"


def test_errors_of_the_last_steps_and_before_the_output_function():
    tape, error = small_tape(), numbers(BATCH, 2, OUTPUTS, seed=3)
    whole = np.concatenate([np.zeros((BATCH, TIME - 2, OUTPUTS)), error], axis=1)
    y = np.asarray(tape.outputs)
    raw = y * (whole - (y * whole).sum(-1, keepdims=True))  # through the softmax, by hand

    @partial(jax.jit, compiler_options=QUICK)
    def three(tape):
        return backpropagate(tape, error), backpropagate(tape, whole), backpropagate(tape, raw, raw=True).gradient

    short, long, before = three(tape)
    equal(short, long, 0)
    equal(before, long.gradient, 1e-14)


def test_the_stack_of_both_directions_is_in_the_order_of_time():
    made = answers("both ways, padded and held")[-1]
    assert list(made["tape"]) == ["bi-gru_1.backward", "bi-gru_1.forward", "elman_1"]
    for way in ("forward", "backward"):
        np.testing.assert_array_equal(made["tape"][f"bi-gru_1.{way}"].x[0], numbers(BATCH, TIME, FEATURES)[0])
    both = [made["tape"][f"bi-gru_1.{way}"].h for way in ("forward", "backward")]
    np.testing.assert_array_equal(made["tape"]["elman_1"].x, np.concatenate(both, axis=-1))


def test_what_does_not_fit_is_said():
    tape = small_tape()
    with pytest.raises(InputError, match=r"inputs must have shape \(batch, time, 2\); came \(1, 4, 3\)"):
        forward_pass(tape.network, np.ones((1, 4, 3)))
    with pytest.raises(InputError, match="unknown layer that can be held 'gru_2'; did you mean 'gru_1'"):
        forward_pass(tape.network, np.ones((1, 4, 2)), clamps={"gru_2": np.ones((1, 4, 2))})
    with pytest.raises(InputError, match=r"the errors must have shape \(3, up to 9 last steps, 2\).*came \(3, 10, 2\)"):
        backpropagate(tape, np.ones((3, 10, 2)))
    with pytest.raises(InputError, match="unknown layer 'gru'; did you mean 'gru_1'"):
        tape["gru"]
    with pytest.raises(InputError, match="unknown layer 'dense_1'"):
        backpropagate(tape, np.ones((BATCH, TIME, OUTPUTS)))["dense_1"]
    with pytest.raises(InputError, match="a network with feedback has no single stack of steps"):
        forward_pass(make("elman:2", feedback=True), np.ones((1, 4, 2)))
    with pytest.raises(InputError, match=r"several networks in one; take a member\(networks, 0\)"):
        forward_pass(jax.tree.map(lambda leaf: np.stack([leaf]), tape.network), np.ones((1, 4, 2)))
    with pytest.raises(InputError, match="a network with an encoder"):
        forward_pass(make("elman:2", encoder="elman:2"), np.ones((1, 4, 2)))
