"""Memory capacity against its closed form for linear reservoirs."""

import numpy as np
import pytest

from unrolled.errors import InputError
from unrolled.learn import memory_capacity
from unrolled.networks import Reservoir, ReservoirDesign, Scattered, collect_states, member_keys

U = np.random.default_rng(5).uniform(-1, 1, 20_000)


def linear(units, rho, leak=1.0):
    design = ReservoirDesign(units, rho=rho, leak=leak, bias_scale=0.0, activation="linear")
    return design.draw(1, key=member_keys(0, 1)[0])


@pytest.mark.parametrize(("units", "rho", "leak"), [(8, 0.9, 1.0), (20, 0.7, 1.0), (10, 0.9, 0.4)])
def test_a_linear_reservoir_has_its_closed_form(units, rho, leak):
    """``h_t = sum_k A^k B u_{t-k}``, so ``MC_k = (A^k B)^T C^-1 (A^k B)`` with ``C = sum_j A^j B (A^j B)^T``."""
    reservoir = linear(units, rho, leak)
    A, b = (1 - leak) * np.eye(units) + leak * reservoir.W(), leak * reservoir.U[:, 0]
    kernel = [b]
    for _ in range(2000):
        kernel.append(A @ kernel[-1])
    kernel = np.array(kernel)
    u, s, _ = np.linalg.svd(kernel, full_matrices=False)
    wanted = np.sum(u[:, s > 1e-13 * s[0]] ** 2, axis=1)
    assert wanted.sum() == pytest.approx(units, rel=1e-9)  # all of it
    found = memory_capacity(collect_states(reservoir, U[:, None])[0], U, 60, washout=1000)
    np.testing.assert_allclose(found, wanted[:60], atol=0.02)
    assert found[:30].sum() <= units * 1.05


def test_a_delay_line_holds_exactly_its_length():
    units = 7
    chain = np.array([[0, *range(units - 1)]], np.int32)
    values = np.array([[0.0, *[1.0] * (units - 1)]])
    line = Reservoir(np.eye(units)[:, :1], np.zeros(units), values, Scattered(chain), 1.0, "linear")
    found = memory_capacity(collect_states(line, U[:500, None])[0], U[:500], 12)
    np.testing.assert_allclose(found[:7], 1.0, atol=1e-12)
    assert found[7:].max() < 0.1


def test_saturated_units_remember_less():
    weak, strong = (
        ReservoirDesign(30, leak=1.0, input_scale=scale, bias_scale=0.0).draw(1, key=member_keys(0, 1)[0])
        for scale in (0.01, 3.0)
    )
    totals = [memory_capacity(collect_states(r, U[:3000, None])[0], U[:3000], 60).sum() for r in (weak, strong)]
    assert totals[0] > 2 * totals[1]


def test_lists_of_whole_numbers_are_arrays():
    u = np.random.default_rng(0).integers(0, 9, 60)
    states = np.stack([u, np.roll(u, 1)], axis=1)
    np.testing.assert_array_equal(memory_capacity(states.tolist(), u.tolist(), 3), memory_capacity(states, u * 1.0, 3))


@pytest.mark.parametrize(
    ("states", "inputs", "delays", "said"),
    [
        (np.ones((5, 2)), np.arange(5.0), 4, "too few for 2 units"),
        (np.ones((9, 2)), np.ones(9), 1, "never change"),
        (np.full((9, 2), np.nan), np.arange(9.0), 1, "finite"),
        (np.ones((9, 2)), np.arange(9.0), 0, "delays"),
        (
            np.ones(9),
            np.arange(9.0),
            2,
            r"states must be an array of numbers of shape \(time, unit\); came shape \(9,\)",
        ),
        (np.ones((9, 2)), np.ones((9, 1)), 2, r"inputs must be an array of numbers of shape \(time,\); .* \(9, 1\)"),
        (np.ones((9, 2)), 3.0, 2, "inputs must be an array"),
        (np.ones((9, 2)), None, 2, "inputs must be an array of numbers .* came NoneType of object"),
        ([[1.0], [1.0, 2.0]], [1.0, 2.0], 2, "states .* came rows of several lengths"),
        (np.array([["a"]] * 9), np.arange(9.0), 2, "states must be an array of numbers"),
        (np.ones((9, 2)) * 1j, np.arange(9.0), 2, "states .* came ndarray of complex128"),
        (np.ones((9, 0)), np.arange(9.0), 2, "one unit at least"),
        (np.ones((8, 2)), np.arange(9.0), 2, "of one length; came 8 and 9"),
    ],
)
def test_wrong_requests(states, inputs, delays, said):
    with pytest.raises(InputError, match=said):
        memory_capacity(states, inputs, delays)
