"""dh_T/dh_t along a trajectory: products of Jacobians written by hand, step by step and input by input."""

import numpy as np
import pytest

from unrolled.dynamics import DrivenNetwork, gradient_flow, trajectory
from unrolled.errors import InputError
from unrolled.networks import NetworkDesign, member_keys, random_network

LAGS, WASHOUT = 6, 3


def products(W, U, b, start, inputs):
    """Of h = tanh(W h + U x + b): singular values of J_T J_{T-1} ..., from no factor to all."""
    h, jacobians = start, []
    for step, x in enumerate(inputs):
        h = np.tanh(W @ h + U @ x + b)
        if step > WASHOUT:
            jacobians.append((1 - h**2)[:, None] * W)
    product, found = np.eye(len(W)), [np.ones(len(W))]
    for jacobian in reversed(jacobians):
        product = product @ jacobian
        found.append(np.linalg.svd(product, compute_uv=False))
    return np.array(found)


def test_every_step_sees_its_own_input():
    generator = np.random.default_rng(3)
    network = random_network(4, 1.5, features=2, bias=0.3)
    start, inputs = generator.uniform(-1, 1, 4), generator.normal(size=(WASHOUT + LAGS + 1, 2))
    flow = gradient_flow(DrivenNetwork(network), LAGS, inputs=inputs, start=start, washout=WASHOUT)
    weights = network.weights()
    W, U, b = (np.asarray(weights[f"elman_1.{name}"]) for name in "WUb")
    assert flow.lags.tolist() == list(range(LAGS + 1))
    np.testing.assert_allclose(flow.singular_values, products(W, U, b, start, inputs), rtol=1e-9, atol=1e-13)


def test_a_held_input_is_the_same_one_at_every_step():
    system, held = DrivenNetwork(random_network(4, 1.5, features=2)), np.array([0.5, -1.0])
    start = np.array([0.1, -0.2, 0.3, -0.4])
    one = gradient_flow(system, LAGS, inputs=held, start=start, washout=WASHOUT)
    other = gradient_flow(system, LAGS, inputs=np.tile(held, (WASHOUT + LAGS + 1, 1)), start=start, washout=WASHOUT)
    np.testing.assert_allclose(one.singular_values, other.singular_values, rtol=1e-12)


def test_layers_have_their_own_parts():
    network = NetworkDesign.parse("elman:3, gru:2").initialize(1, 1, key=member_keys(0, 1)[0])
    system = DrivenNetwork(network)
    flow = gradient_flow(system, 2, start=np.full(5, 0.2), washout=0)
    assert {name: values.shape[1] for name, values in flow.by_layer.items()} == {"elman_1": 3, "gru_1": 2}
    # The first layer sees nothing of the second, so that its part is a product of its own Jacobians.
    W = np.asarray(network.weights()["elman_1.W"])
    states = trajectory(system, 3, start=np.full(5, 0.2))[:, :3]
    last, before = ((1 - h**2)[:, None] * W for h in (states[2], states[1]))
    wanted = np.linalg.svd(last @ before, compute_uv=False)
    np.testing.assert_allclose(flow.by_layer["elman_1"][2], wanted, rtol=1e-9)


@pytest.mark.parametrize("lags", [0, 2.5, 10**6])
def test_lags_that_cannot_be(lags):
    with pytest.raises(InputError, match="lags"):
        gradient_flow(DrivenNetwork(random_network(2, 1.0)), lags)
