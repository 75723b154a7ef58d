"""Products with curvature against dense matrices, which other code makes."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from network_formulas import random_network
from unrolled.errors import InputError
from unrolled.learn import GaussNewton, Hessian, NetworkObjective, Objective, respond
from unrolled.networks import activation
from unrolled.types import Batch, precision

TIME, COUNT = 4, 3
RNG = np.random.default_rng(5)
INPUTS = RNG.normal(size=(COUNT, TIME, 2))
CASES = {
    "elman, squared": ("elman:3", "linear", "squared", {}),
    "elman, huber": ("elman:3", "tanh", "huber", {}),
    "lstm, softmax": ("lstm:2", "softmax", "cross-entropy", {}),
    "gru and dense, sigmoid": ("dense:2:tanh, gru:2", "sigmoid", "cross-entropy", {}),
    "two layers, learned start": ("elman:2, mingru:2", "linear", "squared", {"start": "learned"}),
    "both ways, final states": ("bi-elman:2", "linear", "squared", {"reads": "final"}),
    "peepholes": ("peephole-lstm:2", "linear", "squared", {}),
    "blocks": ("lstm-1997:2x2", "linear", "squared", {}),
    "dense alone": ("dense:3:tanh", "linear", "squared", {}),
}


@pytest.fixture(autouse=True)
def _float64():
    with precision("float64"):
        yield


def batch_for(output, last=TIME, **given):
    targets = RNG.normal(size=(COUNT, last, 2))
    if output in ("softmax", "sigmoid"):
        targets = np.eye(2)[RNG.integers(2, size=(COUNT, last))]
    targets[0, 0] = np.nan  # no target here
    return Batch(INPUTS, targets, **given)


def problem_of(case):
    text, output, name, settings = CASES[case]
    network = random_network(text, output=output, **settings)
    return NetworkObjective(name, output), network, batch_for(output, 1 if "reads" in settings else TIME)


def matrix_of(product, parameters, lam=0.0):
    flat, unravel = ravel_pytree(parameters)
    one = jax.jit(lambda v: ravel_pytree(product(unravel(v), jnp.asarray(lam)))[0])
    return np.stack([one(v) for v in np.eye(len(flat))], axis=1)


def outputs_by_jax(objective, parameters, batch):
    """What the loss is convex in, by the rule that leaves all derivatives to JAX."""
    if isinstance(objective, Objective):
        return objective.outputs(parameters, batch)
    raw, _ = respond(parameters, batch, rule="automatic")
    return raw if objective.name == "cross-entropy" else activation(objective.output)(raw)


def dense_gauss_newton(objective, parameters, batch):
    """J^T H J from dense matrices, each by JAX's own ways."""
    flat, unravel = ravel_pytree(parameters)
    flat_z, shape = ravel_pytree(outputs_by_jax(objective, parameters, batch))
    J = jax.jit(jax.jacrev(lambda theta: ravel_pytree(outputs_by_jax(objective, unravel(theta), batch))[0]))(flat)
    H = jax.jit(jax.hessian(lambda z: objective.loss(shape(z), batch)))(flat_z)
    return J.T @ H @ J


@pytest.mark.parametrize("case", CASES)
def test_gauss_newton_product_is_the_dense_matrix(case):
    objective, network, batch = problem_of(case)
    ours = matrix_of(GaussNewton().product(objective, network, batch), network)
    np.testing.assert_allclose(ours, dense_gauss_newton(objective, network, batch), rtol=0, atol=1e-8)
    np.testing.assert_allclose(ours, ours.T, rtol=0, atol=1e-12)
    assert np.linalg.eigvalsh(ours).min() > -1e-10


@pytest.mark.parametrize("case", ["elman, squared", "lstm, softmax"])
def test_hessian_product_is_the_dense_matrix(case):
    objective, network, batch = problem_of(case)
    flat, unravel = ravel_pytree(network)

    def value(theta):
        return objective.loss(outputs_by_jax(objective, unravel(theta), batch), batch)

    ours = matrix_of(Hessian().product(objective, network, batch), network)
    np.testing.assert_allclose(ours, jax.jit(jax.hessian(value))(flat), rtol=0, atol=1e-8)


def test_values_agree_whichever_way_they_are_taken():
    for case in CASES:
        objective, network, batch = problem_of(case)
        there = objective.value(network, batch)
        np.testing.assert_allclose(objective.loss(objective.outputs(network, batch), batch), there, rtol=1e-13)
        np.testing.assert_allclose(objective.whole(network, batch), there, rtol=1e-13)


def elman_by_steps(network, batch):
    """All a_t of an Elman layer, one step after the other, from the formula."""
    layer = network.layers[0]
    found = []
    for n in range(COUNT):
        h = jnp.zeros(layer.units)
        for t in range(TIME if batch.lengths is None else int(batch.lengths[n])):
            a = layer.U @ batch.inputs[n, t] + layer.W @ h + layer.b
            h = jnp.tanh(a)
            found.append(a)
    return jnp.concatenate(found)


@pytest.mark.parametrize("lengths", [None, np.array([4, 2, 3])])
def test_structural_damping_is_its_definition(lengths):
    """``S = (1/N) sum J_a^T diag(1 - tanh(a)^2) J_a`` over the real steps of all sequences."""
    network = random_network("elman:3")
    batch = batch_for("linear", lengths=lengths)
    objective = NetworkObjective()
    flat, unravel = ravel_pytree(network)
    a = elman_by_steps(network, batch)
    J = jax.jacfwd(lambda theta: elman_by_steps(unravel(theta), batch))(flat)
    S = J.T @ jnp.diag(1 - jnp.tanh(a) ** 2) @ J / COUNT
    lam, mu = 0.7, 0.3
    ours = matrix_of(GaussNewton(structural=mu).product(objective, network, batch), network, lam)
    plain = matrix_of(GaussNewton().product(objective, network, batch), network)
    assert float(jnp.abs(S).max()) > 0.1
    np.testing.assert_allclose(ours - plain, lam * mu * S, rtol=0, atol=1e-8)


@pytest.mark.parametrize("case", [case for case in CASES if case != "dense alone"])
def test_structural_damping_is_symmetric_and_adds(case):
    objective, network, batch = problem_of(case)
    plain = matrix_of(GaussNewton().product(objective, network, batch), network)
    damped = matrix_of(GaussNewton(structural=0.5).product(objective, network, batch), network, 2.0)
    np.testing.assert_allclose(damped, damped.T, rtol=0, atol=1e-11)
    assert np.linalg.eigvalsh(damped - plain).min() > -1e-9
    assert np.abs(damped - plain).max() > 1e-3


def test_function_of_ones_own():
    """A model that is no network: its Gauss-Newton matrix, and its Hessian, taken apart or not."""
    x, y = RNG.normal(size=(6, 2)), RNG.normal(size=6)
    theta = {"slope": jnp.asarray(RNG.normal(size=2)), "bend": jnp.asarray(0.4)}

    def outputs(theta, batch):
        return jnp.tanh(batch[0] @ theta["slope"]) * theta["bend"]

    def loss(z, batch):
        return jnp.mean((z - batch[1]) ** 2)

    apart, whole = Objective(loss, outputs), Objective(lambda theta, batch: loss(outputs(theta, batch), batch))
    ours = matrix_of(GaussNewton().product(apart, theta, (x, y)), theta)
    np.testing.assert_allclose(ours, dense_gauss_newton(apart, theta, (x, y)), rtol=0, atol=1e-12)
    flat, unravel = ravel_pytree(theta)
    dense = jax.hessian(lambda flat: whole.value(unravel(flat), (x, y)))(flat)
    for objective in (apart, whole):
        ours = matrix_of(Hessian().product(objective, theta, (x, y)), theta)
        np.testing.assert_allclose(ours, dense, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ["gaussian", "student", "absolute"])
def test_loss_without_convex_curvature_is_refused(name):
    with pytest.raises(InputError, match=f"the loss {name} is not convex and curved"):
        GaussNewton().check(NetworkObjective(name))


def test_function_that_is_not_taken_apart_has_no_gauss_newton_matrix():
    with pytest.raises(InputError, match="needs outputs and a loss of the outputs"):
        GaussNewton().check(Objective(lambda theta, batch: theta**2))
    with pytest.raises(InputError, match="structural damping is of hidden units"):
        GaussNewton(structural=0.1).check(Objective(lambda z, batch: z**2, lambda theta, batch: theta))
