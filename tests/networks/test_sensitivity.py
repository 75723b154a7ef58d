"""dh_T/dh_t: closed forms for linear networks, and the chain rule for all others."""

from functools import partial

import jax
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from unrolled.errors import InputError
from unrolled.networks import (
    Elman,
    Network,
    NetworkDesign,
    Readout,
    forward_pass,
    member_keys,
    orthogonal,
    sensitivity,
    state_jacobians,
)
from unrolled.types import precision

QUICK = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}
UNITS = 3
V = np.array([[1.0, -2.0, 0.5], [0.0, 1.0, 3.0]])


@pytest.fixture(autouse=True)
def _float64():
    with precision("float64"):
        yield


def numbers(*shape, seed=1):
    return np.random.default_rng(seed).normal(size=shape)


def linear(W, activation="linear"):
    return Network((Elman(np.ones((UNITS, 1)), W, 0.1 * np.ones(UNITS), activation),), Readout(V, np.zeros(2)))


def random(text, **settings):
    network = NetworkDesign.parse(text, **settings).initialize(2, 1, key=member_keys(0, 1)[0])
    return network.replace({k: numbers(*w.shape, seed=len(k)) for k, w in network.weights().items()})


def flow_of(W):
    return sensitivity(linear(W), numbers(1, 40, 1))


def test_a_linear_network_has_powers_of_W():
    W = numbers(UNITS, UNITS)
    for jacobian in state_jacobians(linear(W), numbers(5, 1)):
        np.testing.assert_allclose(jacobian, W, rtol=0, atol=1e-15)
    flow = flow_of(W)
    assert flow.lags[:32].tolist() == list(range(32))
    assert flow.lags[-1] == 39
    for lag, values in zip(flow.lags.tolist(), flow.singular_values, strict=True):
        wanted = np.linalg.svd(np.linalg.matrix_power(W, lag), compute_uv=False)
        np.testing.assert_allclose(values, wanted, rtol=1e-12, atol=1e-13 * wanted[0])
    radius = float(np.abs(np.linalg.eigvals(W)).max())
    assert flow.spectral_radius == {"elman_1": pytest.approx(radius)}


def test_an_orthogonal_W_keeps_the_norm():
    flow = flow_of(orthogonal(np.random.default_rng(0), (UNITS, UNITS)))
    np.testing.assert_allclose(flow.singular_values, 1, rtol=0, atol=1e-12)
    assert (flow.rate, flow.horizon) == (pytest.approx(1, abs=1e-12), np.inf)
    assert str(flow) == "is kept: |dh_T/dh_t| is 1 at lag 39, 1 of itself with every step back."


@pytest.mark.parametrize("factor", [0.5, 0.01])
def test_a_small_W_vanishes(factor):
    flow = flow_of(factor * np.eye(UNITS))
    assert flow.rate == pytest.approx(factor, rel=1e-12)
    assert flow.horizon == pytest.approx(-1 / np.log(factor), rel=1e-12)
    assert flow.verdict.startswith(f"vanishes: |dh_T/dh_t| falls to {factor} of itself with every step back")


def test_a_large_W_explodes():
    flow = flow_of(1.5 * np.eye(UNITS))
    assert flow.rate == pytest.approx(1.5, rel=1e-12)
    assert flow.horizon == np.inf
    assert str(flow) == "explodes: |dh_T/dh_t| grows 1.5-fold with every step back, to 7.4e+06 at lag 39."


@pytest.mark.parametrize(("factor", "verdict"), [(1e-10, "vanishes"), (1e10, "explodes")])
def test_beyond_the_largest_float(factor, verdict):
    flow = flow_of(factor * np.eye(UNITS))
    assert flow.norm[-1] in (0.0, np.inf)
    assert flow.rate == pytest.approx(factor, rel=1e-9)
    assert flow.verdict.startswith(verdict)


def test_nothing_is_left_and_nothing_is_known():
    gone = flow_of(np.zeros((UNITS, UNITS)))
    assert (gone.rate, gone.horizon, gone.norm[0], gone.norm[1:].any()) == (0.0, 0.0, 1.0, False)
    assert gone.verdict.startswith("vanishes")
    unknown = flow_of(np.full((UNITS, UNITS), np.nan))
    assert np.isnan(unknown.rate)
    assert np.isnan(unknown.spectral_radius["elman_1"])
    assert unknown.verdict.startswith("is not finite")


def test_a_delay_line_has_no_rate():
    """All eigenvalues of W are 0: nothing is lost until everything is."""
    delay = flow_of(np.diag(np.ones(UNITS - 1), 1))
    assert delay.norm[:4].tolist() == [1.0, 1.0, 1.0, 0.0]
    assert delay.verdict == "vanishes: |dh_T/dh_t| is below 1/e beyond lag 2, and 0 from lag 3 on."
    assert flow_of(np.zeros((UNITS, UNITS))).verdict.endswith("beyond lag 0, and 0 from lag 1 on.")


def test_slopes_stand_before_W():
    W, x, start = numbers(UNITS, UNITS), numbers(5, 1), numbers(UNITS, seed=2)
    network = linear(W, "tanh")
    state = network.initial_states()[0]._replace(h=start)
    h = np.asarray(network.hidden(x, (state,))[0])
    for jacobian, now in zip(state_jacobians(network, x, (state,)), h, strict=True):
        np.testing.assert_allclose(jacobian, np.diag(1 - now**2) @ W, rtol=0, atol=1e-14)


def test_the_product_is_the_derivative_of_the_whole_run():
    """Of all layers, h and s, from the first state to the last."""
    network, x = random("lstm:2, dense:2:tanh, gru:2, mingru:1"), numbers(6, 2)
    flat, structured = ravel_pytree(network.initial_states())

    @partial(jax.jit, compiler_options=QUICK)
    def both(network, x, flat):
        whole = jax.jacfwd(lambda h: ravel_pytree(network.run(x, structured(h), rule="automatic")[1])[0])
        return whole(flat), state_jacobians(network, x)

    whole, steps = both(network, x, flat)
    assert steps.shape == (6, 7, 7)
    np.testing.assert_allclose(np.linalg.multi_dot(list(steps[::-1])), whole, rtol=0, atol=1e-13)


def test_derivatives_of_an_error_follow_W_transposed():
    W = numbers(UNITS, UNITS)
    flow = flow_of(W)
    for lag in range(10):
        wanted = np.linalg.norm(np.linalg.matrix_power(W.T, lag) @ V.T @ np.ones(2))
        assert flow.dh["elman_1"][lag] == pytest.approx(wanted, rel=1e-12)
        assert flow.delta["elman_1"][lag] == pytest.approx(wanted, rel=1e-12)
    given = sensitivity(linear(W), numbers(1, 40, 1), error=np.array([[[2.0, 0.0]]]))
    assert given.dh["elman_1"][0] == pytest.approx(2 * np.linalg.norm(V[0]))


def test_means_over_sequences_are_geometric_and_lags_can_be_limited():
    network, inputs = linear(numbers(UNITS, UNITS), "tanh"), numbers(2, 9, 1)
    both = sensitivity(network, inputs)
    one, two = (sensitivity(network, inputs[i : i + 1]) for i in range(2))
    for name in ("singular_values", "norm"):
        np.testing.assert_allclose(getattr(both, name), np.sqrt(getattr(one, name) * getattr(two, name)), atol=1e-13)
    np.testing.assert_allclose(both.dh["elman_1"], np.sqrt(one.dh["elman_1"] * two.dh["elman_1"]))
    near = sensitivity(network, inputs, lags=4)
    assert near.lags.tolist() == [0, 1, 2, 3, 4]
    np.testing.assert_allclose(near.singular_values, both.singular_values[:5], atol=1e-13)


def test_what_stands_for_W_in_gated_cells():
    network = random("lstm:2, gru:2, mingru:2")
    flow = sensitivity(network, numbers(1, 3, 2))
    w = network.weights()
    wanted = {"lstm_1": w["lstm_1.W"][4:6], "gru_1": w["gru_1.W"][4:6]}
    radii = {name: float(np.abs(np.linalg.eigvals(own)).max()) for name, own in wanted.items()}
    assert flow.spectral_radius == pytest.approx(radii)
    assert list(flow.dh) == ["lstm_1", "gru_1", "mingru_1"]


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (random("dense:3"), "without recurrent layers"),
        (random("bi-elman:2"), "a bidirectional layer has no single step"),
        (random("elman:2", feedback=True), "with feedback"),
        (random("elman:2", encoder="elman:2"), "with an encoder"),
    ],
)
def test_networks_without_a_step_are_refused(network, message):
    with pytest.raises(InputError, match=message):
        sensitivity(network, numbers(1, 3, 2))
    with pytest.raises(InputError, match=message):
        state_jacobians(network, numbers(3, 2))


@pytest.mark.parametrize("shape", [(4, UNITS), (2, UNITS + 1), (UNITS,), (1, UNITS)])
def test_states_that_do_not_fit_are_said(shape):
    network, x = linear(np.eye(UNITS)), numbers(2, 5, 1)
    states = (network.initial_states()[0]._replace(h=np.zeros(shape)),)
    for function in (sensitivity, forward_pass):
        with pytest.raises(InputError, match=r"shapes \[\(2, 3\)\]; came"):
            function(network, x, states)
        with pytest.raises(InputError, match=r"states must be as network.initial_states\(\(2,\)\)"):
            function(network, x, np.zeros((2, UNITS)))
    if shape != (UNITS,):
        with pytest.raises(InputError, match=r"states must be as network.initial_states\(\(\)\)"):
            state_jacobians(network, x[0], states)


def test_what_does_not_fit_is_said():
    network = linear(np.eye(UNITS))
    with pytest.raises(InputError, match=r"two steps at least; came \(1, 1, 1\)"):
        sensitivity(network, numbers(1, 1, 1))
    with pytest.raises(InputError, match="lags must be a whole number from 1 to 4; came 5"):
        sensitivity(network, numbers(1, 5, 1), lags=5)
    with pytest.raises(InputError, match=r"inputs must have shape \(time, 1\); came \(5, 2\)"):
        state_jacobians(network, numbers(5, 2))


def test_every_layer_has_its_own_part():
    network = random("elman:3, dense:2, lstm:2")
    inputs = numbers(1, 6, 2)
    flow = sensitivity(network, inputs)
    product = np.eye(7)
    jacobians = np.asarray(state_jacobians(network, inputs[0]))
    for lag, jacobian in enumerate(jacobians[:0:-1], 1):
        product = product @ jacobian
        for name, part in (("elman_1", slice(0, 3)), ("lstm_1", slice(3, 7))):
            wanted = np.linalg.svd(product[part, part], compute_uv=False)
            np.testing.assert_allclose(flow.by_layer[name][lag], wanted, rtol=1e-9, atol=1e-15)


def test_the_only_layer_is_the_whole():
    flow = flow_of(0.5 * np.eye(UNITS))
    assert list(flow.by_layer) == ["elman_1"]
    np.testing.assert_array_equal(flow.by_layer["elman_1"], flow.singular_values)
