"""Every network again, from the formulas in the docstrings: numpy, one sequence, one step after the other.

A new cell is a line in FORMULAS. The tests of networks compare with this, and have a few functions in common.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from unrolled.networks import NetworkDesign, layer_names, member_keys

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


def elman(w, f, x, h, s):
    return f(w["U"] @ x + w["W"] @ h + w["b"]), s


def lstm(w, f, x, h, s):
    i, g_f, g, o = np.split(w["U"] @ x + w["W"] @ h + w["b"], 4)
    s = sigma(g_f) * s + sigma(i) * f(g)
    return sigma(o) * f(s), s


def peephole_lstm(w, f, x, h, s):
    a_i, a_f, a_g, a_o = np.split(w["U"] @ x + w["W"] @ h + w["b"], 4)
    p_i, p_f, p_o = np.split(w["p"], 3)
    i, keep = sigma(a_i + p_i * s), sigma(a_f + p_f * s)
    s = keep * s + i * f(a_g)
    return sigma(a_o + p_o * s) * f(s), s


def lstm_1997(w, f, x, h, s):
    """Block by block: the gates once, the cells of the block after each other."""
    a = w["U"] @ x + w["W"] @ h + w["b"]
    units = len(s)
    blocks = (len(a) - units) // 2
    a_i, a_g, a_o = a[:blocks], a[blocks : blocks + units], a[-blocks:]
    g, s = 2 * f(a_g / 2), np.array(s)
    of_block = np.arange(units) // (units // blocks)
    for v in range(units):
        s[v] += sigma(a_i[of_block[v]]) * g[v]
    return sigma(a_o)[of_block] * f(s / 2), s


def gru(w, f, x, h, s):
    (u_r, u_z, u_n), (w_r, w_z, w_n), (b_r, b_z, b_n), (d_r, d_z, d_n) = (np.split(w[name], 3) for name in "UWbd")
    r = sigma(u_r @ x + b_r + w_r @ h + d_r)
    z = sigma(u_z @ x + b_z + w_z @ h + d_z)
    n = f(u_n @ x + b_n + r * (w_n @ h + d_n))
    return (1 - z) * n + z * h, s


def mingru(w, f, x, h, s):
    a_z, a_n = np.split(w["U"] @ x + w["b"], 2)
    return (1 - sigma(a_z)) * h + sigma(a_z) * f(a_n), s


def leaky_elman(w, f, x, h, s):
    return 0.7 * h + 0.3 * f(w["U"] @ x + w["W"] @ h + w["b"]), s


FORMULAS = {
    "elman": elman,
    "lstm": lstm,
    "gru": gru,
    "mingru": mingru,
    "peephole-lstm": peephole_lstm,
    "lstm-1997": lstm_1997,
    "leaky-elman": leaky_elman,
}


def random_network(text, features=2, outputs=2, *, output="linear", seed=0, **settings):
    """A network whose biases, and learned initial states, are random too."""
    design = NetworkDesign.parse(text, output, **settings)
    network = design.initialize(features, outputs, key=member_keys(seed, 1)[0])
    rng = np.random.default_rng(seed)
    return network.replace({name: rng.normal(0, 0.6, w.shape) for name, w in network.weights().items()})


def by_hand(network, inputs, states, *, real=None, clamps=None, fed=None, first=None, steps=None):
    """What ``network.run`` gives for one sequence: the outputs and the states after them.

    ``first`` is the output before the first step where outputs are fed back; ``steps`` how many an encoder is followed
    by.
    """
    real = np.ones(len(inputs), bool) if real is None else real
    if network.encoder:
        _, states = through(network, inputs, states, real, {}, encoder=True)
        inputs, real = np.zeros((steps, 0)), np.ones(steps, bool)
    if not network.feedback:
        h, states = through(network, inputs, states, real, clamps or {})
        return read(network, h), states
    seen = np.zeros(network.outputs) if first is None else first
    outputs = []
    for t, x in enumerate(inputs):
        now = {name: held[t : t + 1] for name, held in (clamps or {}).items()}
        h, states = through(network, np.concatenate([x, seen])[None], states, real[t : t + 1], now)
        outputs.append(read(network, h)[0])
        if real[t]:
            own = outputs[-1]
            if network.readout.activation == "softmax":
                own = np.eye(len(own))[np.argmax(own)]
            seen = own if fed is None else np.where(np.isnan(fed[t]), own, fed[t])
    return np.array(outputs), states


def read(network, h):
    if network.readout.kind == "observed":
        return h[:, list(network.readout.chosen)]
    return F[network.readout.activation](h @ network.readout.V.T + network.readout.c)


def through(network, xs, states, real, clamps, *, encoder=False):
    """All layers, one after the other: what the last hands on, and the states after them."""
    layers, remaining, after = network.encoder if encoder else network.layers, list(states), []
    for name, layer in zip(layer_names([layer.kind for layer in layers]), layers, strict=True):
        if layer.kind == "dense":
            xs = F[layer.activation](xs @ layer.U.T + layer.b)
            continue
        held = clamps.get(name, np.full((len(xs), 1), np.nan))
        xs, state = sequence(layer, xs, remaining.pop(0), real, held)
        after.append(state)
        if network.reads == "final" and not remaining:
            xs = last_activities(state)[None]
    return xs, tuple(after)


def sequence(layer, xs, state, real, held):
    """h_1..h_T of one layer, and the state after them."""
    if layer.kind.startswith("bi-"):
        own = np.broadcast_to(held, (len(xs), 2 * layer.units))
        ahead, first = sequence(layer.forward, xs, state.forward, real, own[:, : layer.units])
        behind, last = sequence(layer.backward, xs[::-1], state.backward, real[::-1], own[::-1, layer.units :])
        return np.concatenate([ahead, behind[::-1]], axis=1), type(state)(first, last)
    h, s = (*state, None)[:2]
    made = []
    for x, here, clamp in zip(xs, real, held, strict=True):
        if here:
            h, s = FORMULAS[layer.kind](layer.weights(), F[layer.activation], x, h, s)
            h = np.where(np.isnan(clamp), h, clamp)
        made.append(h)
    return np.array(made), type(state)(*(h, s)[: len(state)])


def last_activities(state):
    return np.concatenate([state.forward.h, state.backward.h]) if hasattr(state, "forward") else state.h


def quickly():
    """Options that compile four times faster, for programs that compute little; none, where a release has others."""
    options = {"xla_backend_optimization_level": 0, "xla_cpu_use_fusion_emitters": False}
    try:
        jax.jit(jnp.negative, compiler_options=options)(1.0)
    except jax.errors.JaxRuntimeError:
        return None
    return options


compiled = partial(jax.jit, compiler_options=quickly())


def numbers(*shape, seed=1):
    return np.random.default_rng(seed).normal(size=shape)


def like(tree, seed):
    """Random numbers in the shape of a tree, other numbers in every leaf."""
    leaves, structure = jax.tree.flatten(tree)
    rng = np.random.default_rng(seed)
    return jax.tree.unflatten(structure, [rng.normal(size=np.shape(leaf)) for leaf in leaves])


def product(one, other):
    return sum(jnp.sum(a * b) for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True))


def equal(ours, theirs, atol=1e-13):
    for a, b in zip(jax.tree.leaves(ours), jax.tree.leaves(theirs), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=atol)


def of_sequence(tree, i):
    return jax.tree.map(lambda leaf: np.asarray(leaf)[i], tree)
