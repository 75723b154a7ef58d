"""The regularizer against dense matrices, and its derivative against finite differences with all else held."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from unrolled.networks import NetworkDesign, backpropagate, forward_pass, member_keys, norm_keeping
from unrolled.types import precision

QUICK = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}
BATCH, TIME = 3, 6


@pytest.fixture(autouse=True)
def _float64():
    with precision("float64"):
        yield


def numbers(*shape, seed=1):
    return np.random.default_rng(seed).normal(size=shape)


def make(text, **settings):
    network = NetworkDesign.parse(text, **settings).initialize(2, 2, key=member_keys(0, 1)[0])
    return network.replace({k: numbers(*w.shape, seed=len(k)) for k, w in network.weights().items()})


@partial(jax.jit, compiler_options=QUICK)
def graded(network, inputs, states, error, real=None):
    return jax.value_and_grad(norm_keeping)(network, inputs, states, error, real=real)


@partial(jax.jit, compiler_options=QUICK)
def held_constant(network, inputs, error, real):
    tape = forward_pass(network, inputs, real=real)
    return tape["elman_1"].slopes, backpropagate(tape, error, raw=True)["elman_1"].dh


def by_matrices(W, slopes, dh, real):
    """Equation 9, one matrix for every step."""
    total = 0.0
    for row in range(len(dh)):
        for t in range(dh.shape[1] - 1):
            v = dh[row, t + 1]
            if real[row, t + 1] and np.linalg.norm(v) > 0:
                total += (np.linalg.norm(v @ (np.diag(slopes[row, t + 1]) @ W)) / np.linalg.norm(v) - 1) ** 2
    return total / len(dh)


@pytest.mark.parametrize("padded", [False, True])
def test_elman_equals_dense_matrices_and_differences_with_all_else_held(padded):
    network, inputs, error = make("elman:3", output="softmax"), numbers(BATCH, TIME, 2), numbers(BATCH, TIME, 2, seed=2)
    real = np.arange(TIME) < np.array([TIME, 4, 1])[:, None] if padded else np.full((BATCH, TIME), True)
    value, gradient = graded(network, inputs, None, error, real)
    slopes, dh = map(np.asarray, held_constant(network, inputs, error, real))
    W = network.weights()["elman_1.W"]
    assert float(value) == pytest.approx(by_matrices(W, slopes, dh, real), rel=1e-13)
    for i in range(3):
        for j in range(3):
            ahead, behind = (
                by_matrices(W + h * np.eye(3)[i][:, None] * np.eye(3)[j], slopes, dh, real) for h in (1e-6, -1e-6)
            )
            assert gradient.layers[0].W[i, j] == pytest.approx((ahead - behind) / 2e-6, rel=1e-6, abs=1e-8)
    others = {name: w for name, w in gradient.weights().items() if name != "elman_1.W"}
    assert all(not np.any(w) for w in others.values())  # the immediate derivative alone


def test_an_orthogonal_linear_layer_costs_nothing():
    network = make("elman:4:linear")
    network = network.replace({"elman_1.W": np.linalg.qr(numbers(4, 4))[0]})
    value, gradient = graded(network, numbers(BATCH, TIME, 2), None, numbers(BATCH, 1, 2))
    assert float(value) == pytest.approx(0, abs=1e-28)
    assert max(np.abs(leaf).max() for leaf in jax.tree.leaves(gradient)) < 1e-13


def through_one_step(cell, seen, back, flip):
    """Equation 9 with the Jacobian of one step of the whole state, h and s."""
    parts = [(seen.h, back.dh)] + ([] if seen.s is None else [(seen.s, back.ds)])
    states, derivatives = (jnp.concatenate(kind, axis=-1) for kind in zip(*parts, strict=True))
    x, states, derivatives = (jnp.flip(a, 1) if flip else a for a in (seen.x, states, derivatives))

    def after(state, x):
        return jnp.concatenate(cell.step(x, cell.state_type(*jnp.split(state, len(cell.state_type._fields)))))

    jacobian = jax.vmap(jax.vmap(jax.jacfwd(after)))(states[:, :-1], x[:, 1:])
    v = derivatives[:, 1:]
    ratio = jnp.linalg.norm(jnp.einsum("bti,btij->btj", v, jacobian), axis=-1) / jnp.linalg.norm(v, axis=-1)
    return jnp.sum((ratio - 1) ** 2) / BATCH


@pytest.mark.parametrize("text", ["lstm:2, gru:2", "mingru:2, bi-elman:2", "peephole-lstm:2, lstm-1997:1x2"])
def test_other_cells_equal_the_jacobians_of_their_states(text):
    network, inputs, error = make(text), numbers(BATCH, TIME, 2), numbers(BATCH, TIME, 2, seed=2)

    @partial(jax.jit, compiler_options=QUICK)
    def both(network, inputs):
        tape = forward_pass(network, inputs)
        back, wanted = backpropagate(tape, error), 0.0
        for name in (key for key in tape.names if key != "readout"):
            whole, _, way = name.partition(".")
            layer = network.named_layers()[whole]
            cell = getattr(layer, way) if way else layer
            wanted += through_one_step(cell, tape[name], back[name], way == "backward")
        return norm_keeping(network, inputs, None, error), wanted

    value, wanted = both(network, inputs)
    assert float(value) == pytest.approx(float(wanted), rel=1e-12)


def test_sequences_without_weight_are_not_there():
    network, inputs, error = make("elman:3"), numbers(BATCH, TIME, 2), numbers(BATCH, TIME, 2, seed=2)
    some = float(norm_keeping(network, inputs, None, error, weights=np.array([1.0, 0.0, 1.0])))
    one, two = (float(norm_keeping(network, inputs[i : i + 1], None, error[i : i + 1])) for i in (0, 2))
    assert some == pytest.approx((one + two) / 2, rel=1e-13)
    assert float(norm_keeping(network, inputs, None, error, weights=np.zeros(BATCH))) == 0.0
    alike = float(norm_keeping(network, inputs, None, error, weights=np.full(BATCH, 0.5)))
    assert alike == pytest.approx(float(norm_keeping(network, inputs, None, error)), rel=1e-13)


def test_steps_without_a_derivative_count_nothing():
    network, inputs = make("elman:3:relu"), numbers(BATCH, TIME, 2)
    value, gradient = graded(network, inputs, None, np.zeros((BATCH, TIME, 2)))
    assert float(value) == 0.0
    assert not any(np.any(leaf) for leaf in jax.tree.leaves(gradient))
    # All units off: what is handed on is zero, and the root has no slope there.
    off = network.replace({"elman_1.b": np.full(3, -100.0)})
    value, gradient = graded(off, inputs, None, np.ones((BATCH, TIME, 2)))
    assert float(value) == TIME - 1
    assert not any(np.any(leaf) for leaf in jax.tree.leaves(gradient))
    # An error at the third step says nothing of later ones.
    error = np.zeros((BATCH, TIME, 2))
    error[:, 2] = 1.0
    tanh = make("elman:3")
    early, _ = graded(tanh, inputs[:, :3], None, error[:, :3])
    assert float(graded(tanh, inputs, None, error)[0]) == pytest.approx(float(early), rel=1e-13)


def test_small_errors_in_float32_make_no_nan():
    with precision("float32"):
        network = jax.tree.map(lambda leaf: leaf.astype(np.float32), make("lstm:2"))
        inputs, error = numbers(BATCH, 200, 2).astype(np.float32), np.full((BATCH, 1, 2), 1e-30, np.float32)
        value, gradient = graded(network, inputs, None, error)
        assert np.isfinite(value)
        assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(gradient))
