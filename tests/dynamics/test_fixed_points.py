"""Fixed points and cycles: closed forms, roots by bisection in numpy, and laws of the search."""

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from network_formulas import by_hand
from network_formulas import random_network as with_biases
from unrolled.compilation import count_compilations
from unrolled.dynamics import (
    DrivenNetwork,
    Flow,
    IteratedMap,
    Repeated,
    fixed_points,
    henon_map,
    logistic_map,
    periodic_orbits,
    stability,
    trajectory,
)
from unrolled.errors import InputError
from unrolled.networks import Elman, Network, Readout, random_network

seeds = st.integers(0, 2**32)


def tanh_units(W, b=0.0, U=None):
    n = len(W)
    U = np.eye(n)[:, :1] if U is None else U
    return DrivenNetwork(Network((Elman(U, W, b * np.ones(n), "tanh"),), Readout(np.eye(n), np.zeros(n))))


def bisected(f, low, high):
    """Where f, of one sign at each end, is zero."""
    for _ in range(200):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if f(middle) * f(low) > 0 else (low, middle)
    return 0.5 * (low + high)


def affine(h, parameters):
    return parameters[0] @ h + parameters[1]


@given(seeds)
def test_a_linear_map_has_one(seed):
    rng = np.random.default_rng(seed)
    W, b = rng.normal(size=(3, 3)), rng.normal(size=3)
    if np.abs(np.linalg.eigvals(W) - 1).min() < 0.05:
        return
    found = fixed_points(IteratedMap(affine, (W, b), np.zeros(3)), starts=16)
    assert len(found) == 1
    np.testing.assert_allclose(found.states[0], np.linalg.solve(np.eye(3) - W, b), rtol=1e-7, atol=1e-7)
    own = np.linalg.eigvals(W)
    np.testing.assert_allclose(np.sort_complex(found.eigenvalues[0]), np.sort_complex(own), atol=1e-9)
    assert found.unstable_directions[0] == np.count_nonzero(np.abs(own) > 1)
    assert found.found.tolist() == [16]


@pytest.mark.parametrize("w", [-3.0, -0.5, 0.5, 0.95, 1.2, 2.0, 4.0])
def test_one_unit(w):
    """h = tanh(w h): one point up to w = 1, three beyond; the mean-field equation of a magnet."""
    found = fixed_points(tanh_units(np.array([[w]])))
    h = bisected(lambda h: np.tanh(w * h) - h, 1e-6, 1.0) if w > 1 else None
    wanted = [0.0] if h is None else [-h, 0.0, h]
    np.testing.assert_allclose(np.sort(found.states[:, 0]), wanted, rtol=0, atol=1e-9)
    for state, kind, eigenvalue in zip(found.states[:, 0], found.stability, found.eigenvalues[:, 0], strict=True):
        slope = w * (1 - state**2)
        assert eigenvalue == pytest.approx(slope, abs=1e-8)
        assert kind == ("stable" if abs(slope) < 1 else "unstable")
    assert found.counts["stable"] == (2 if w > 1 else abs(w) < 1)


def test_a_held_input_moves_them():
    """h = tanh(2 h + x): three points while |x| is small, one beyond."""
    system = tanh_units(np.array([[2.0]]))
    for x in (-1.0, -0.3, 0.2, 0.8):
        found = fixed_points(system, inputs=[x])
        grid = np.linspace(-1, 1, 2001)
        gaps = np.tanh(2 * grid + x) - grid
        brackets = np.flatnonzero(np.sign(gaps[:-1]) != np.sign(gaps[1:]))
        wanted = [bisected(lambda h, x=x: np.tanh(2 * h + x) - h, grid[i], grid[i + 1]) for i in brackets]
        assert len(wanted) == (3 if abs(x) < 0.5 else 1)
        np.testing.assert_allclose(np.sort(found.states[:, 0]), wanted, rtol=0, atol=1e-9)


def test_two_units():
    """Alike and coupled: (m, m) with m = tanh((a + c) m), (d, -d) with d = tanh((a - c) d), and mixed ones."""
    a, c = 2.0, 0.5
    W = np.array([[a, c], [c, a]])
    found = fixed_points(tanh_units(W))
    m, d = (bisected(lambda h, w=w: np.tanh(w * h) - h, 1e-6, 1.0) for w in (a + c, a - c))
    for point in ([m, m], [-m, -m], [d, -d], [-d, d], [0.0, 0.0]):
        assert np.abs(found.states - point).max(axis=1).min() < 1e-9
    assert np.abs(np.tanh(found.states @ W.T) - found.states).max() < 1e-9
    # A map of the square into itself: the indices of all its fixed points add up to 1.
    J = [(1 - state**2)[:, None] * W for state in found.states]
    assert sum(np.sign(np.linalg.det(np.eye(2) - own)) for own in J) == 1
    assert found.counts["stable"] == 4


@settings(max_examples=8)
@given(seeds)
def test_laws_of_the_search(seed):
    network = random_network(4, 2.0, seed=seed % 1000, bias=0.3)
    w, system = network.weights(), DrivenNetwork(network)
    found, more = (fixed_points(system, starts=count, seed=seed % 7) for count in (40, 64))
    for one in (found, more):
        after = np.tanh(one.states @ w["elman_1.W"].T + w["elman_1.b"])
        assert np.abs(after - one.states).max() < 1e-9
        np.testing.assert_allclose(one.speeds, np.abs(after - one.states).max(axis=1), rtol=0, atol=1e-12)
        apart = np.abs(one.states[:, None] - one.states).max(axis=2) + np.eye(len(one))
        assert apart.min() > 1e-5
        assert one.found.max(initial=0) <= one.starts - one.lost <= one.found.sum()
        kinds = [("stable", "saddle", "unstable", "marginal").index(kind) for kind in one.stability]
        assert kinds == sorted(kinds)
        assert sum(one.counts.values()) == len(one)
    for point in found.of_kind("stable"):
        assert np.abs(more.states - point).max(axis=1).min() < 1e-6


def test_a_line_of_them():
    found = fixed_points(IteratedMap(affine, (np.eye(2), np.zeros(2)), np.zeros(2)), starts=24)
    assert len(found) == 24
    assert set(found.stability) == {"marginal"}
    assert not found.unstable_directions.any()
    line = fixed_points(IteratedMap(affine, (np.diag([1.0, 0.5]), np.zeros(2)), np.zeros(2)), starts=24)
    assert np.abs(line.states[:, 1]).max() < 1e-8
    assert set(line.stability) == {"marginal"}


def test_none():
    found = fixed_points(IteratedMap(affine, (np.eye(1), np.ones(1)), np.zeros(1)), starts=10)
    assert (len(found), found.states.shape, found.stability) == (0, (0, 1), ())
    assert str(found) == "fixed points: none; 10 of 10 starts came to none"
    assert found.of_kind("stable").shape == (0, 1)


def test_starts_that_are_given():
    system = tanh_units(np.array([[2.0]]))
    found = fixed_points(system, starts=[[0.9], [0.8]])
    assert found.starts == 2
    assert (found.states > 0.9).all()
    single = fixed_points(system, starts=np.array([[0.9]], np.float32))
    np.testing.assert_allclose(single.states, found.states, atol=1e-9)


def test_memories_of_an_lstm_rest_in_numpy():
    network = with_biases("lstm:2", features=2, outputs=1, seed=5)
    found = fixed_points(DrivenNetwork(network), inputs=[0.3, -0.2], starts=64)
    assert len(found) >= 1
    kind = network.layers[0].state_type
    for h in found.states:
        (after,) = by_hand(network, np.array([[0.3, -0.2]]), (kind(h[:2], h[2:]),))[1]
        np.testing.assert_allclose(np.concatenate(after), h, rtol=0, atol=1e-9)


def test_a_flow_rests_where_its_derivative_is_zero():
    damped = Flow(lambda h, k: jnp.stack([h[1], -k * jnp.sin(h[0]) - h[1]]), 1.0, np.zeros(2), 0.1, 2)
    found = fixed_points(damped, starts=64)
    down = found.of_kind("stable")
    assert np.abs(down - [0, 0]).max(axis=1).min() < 1e-8
    whole = found.states[:, 0] / np.pi
    np.testing.assert_allclose(whole, whole.round(), atol=1e-8)
    assert all(
        (kind == "saddle") is bool(turns % 2) for kind, turns in zip(found.stability, whole.round(), strict=True)
    )


def test_few_programs_serve_all_starts():
    system = tanh_units(0.9 * np.eye(3))
    with count_compilations() as counted:
        fixed_points(system, starts=200)
    assert counted.programs <= 12
    with count_compilations() as again:
        fixed_points(tanh_units(2.1 * np.eye(3)[::-1]), starts=180, seed=3)
    assert again.programs <= 4


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"starts": 0}, "starts must be a whole number"),
        ({"starts": None}, "starts must be a whole number"),
        ({"starts": 2.5}, "starts must be a whole number"),
        ({"starts": [0.1, 0.2]}, r"starts must be an array of numbers of shape \(start, state\)"),
        ({"starts": [[0.1], [0.2, 0.3]]}, "came rows of several lengths"),
        ({"starts": [[0.1]]}, r"starts must be finite numbers of shape \(start, 2\)"),
        ({"starts": [[np.nan, 0.1]]}, "starts must be finite numbers"),
        ({"starts": np.zeros((0, 2))}, "starts must be finite numbers"),
        ({"tolerance": 0.0}, "tolerance must be"),
        ({"inputs": [1.0]}, "inputs must be one row of 0 numbers"),
        ({"inputs": "abc"}, "came no numbers"),
        ({"inputs": np.zeros((3, 0))}, "a fixed point is one of a held input"),
    ],
)
def test_what_does_not_fit_is_said(settings, message):
    with pytest.raises(InputError, match=message):
        fixed_points(henon_map(), **settings)
    with pytest.raises(InputError, match=message):
        periodic_orbits(henon_map(), 2, **settings)


def test_kinds_have_names():
    found = fixed_points(henon_map(), starts=16)
    with pytest.raises(InputError, match="did you mean 'saddle'"):
        found.of_kind("sadle")
    assert stability(np.array([1 + 1e-9, 0.2])) == "marginal"


def test_all_that_runs_off():
    with pytest.raises(InputError, match="runs off to infinity from every start"):
        fixed_points(IteratedMap(lambda h, a: jnp.exp(h + a), 1e4, np.ones(1)), starts=8)


@pytest.mark.parametrize(("period", "count"), [(1, 2), (2, 1), (3, 2), (4, 3), (5, 6)])
def test_cycles_of_the_logistic_map(period, count):
    """At r = 4 it is the tent map in other coordinates: all multipliers are 2^p in size, but at 0."""
    orbits = periodic_orbits(logistic_map(4.0), period, starts=256)
    assert len(orbits) == count
    for orbit in orbits:
        assert orbit.states.shape == (period, 1)
        h = orbit.states[:, 0]
        np.testing.assert_allclose(4 * h * (1 - h), np.roll(h, -1), rtol=0, atol=1e-8)
        assert orbit.states[0] == orbit.states.min()
        size = 4.0 if h[0] < 1e-6 else 2.0**period
        assert abs(orbit.multipliers[0]) == pytest.approx(size, rel=1e-5)
        angle = np.arccos(1 - 2 * h[0]) / np.pi  # h = sin^2(pi angle / 2)
        rounded = angle * (2**period - 1), angle * (2**period + 1)
        assert min(abs(turns - np.round(turns)) for turns in rounded) < 1e-5
    assert {orbit.stability for orbit in orbits} == {"unstable"}


def test_cycles_that_attract():
    [two] = periodic_orbits(logistic_map(3.2), 2, starts=32)
    assert two.stability == "stable"
    r = 3.2
    root = np.sqrt((r + 1) * (r - 3))
    np.testing.assert_allclose(two.states[:, 0], [(r + 1 - root) / (2 * r), (r + 1 + root) / (2 * r)], atol=1e-9)
    assert two.multipliers[0] == pytest.approx(4 + 2 * r - r**2, abs=1e-8)
    assert [orbit.stability for orbit in periodic_orbits(logistic_map(3.5), 2, starts=32)] == ["unstable"]
    assert [orbit.stability for orbit in periodic_orbits(logistic_map(3.5), 4, starts=32)] == ["stable"]


def test_the_cycle_of_henon():
    """u_1 + u_2 = (1 - b)/a and the product ((1 - b)^2 - a)/a^2, from u' = 1 - a u^2 + b u_before."""
    a, b = 1.4, 0.3
    [orbit] = periodic_orbits(henon_map(a, b), 2, starts=64)
    roots = np.sort(np.roots([a**2, -a * (1 - b), (1 - b) ** 2 - a]).real)
    np.testing.assert_allclose(orbit.states[:, 0], roots, atol=1e-9)
    np.testing.assert_allclose(orbit.states[:, 1], b * roots[::-1], atol=1e-9)
    J = [np.array([[-2 * a * u, 1], [b, 0]]) for u in orbit.states[:, 0]]
    own = np.linalg.eigvals(J[1] @ J[0])
    np.testing.assert_allclose(np.sort(orbit.multipliers.real), np.sort(own.real), atol=1e-6)
    assert orbit.stability == "saddle"


def test_a_network_that_turns():
    """Two saturated units, each driving the other: a turn takes four steps."""
    system = tanh_units(np.array([[0.0, -2.0], [2.0, 0.0]]))
    m = bisected(lambda h: np.tanh(2 * h) - h, 1e-6, 1.0)
    orbits = periodic_orbits(system, 4, starts=128)
    stable = [orbit for orbit in orbits if orbit.stability == "stable"]
    assert len(stable) == 1
    np.testing.assert_allclose(np.abs(stable[0].states), m, atol=1e-9)
    for orbit in orbits:
        W = np.array([[0.0, -2.0], [2.0, 0.0]])
        np.testing.assert_allclose(np.tanh(orbit.states @ W.T), np.roll(orbit.states, -1, axis=0), atol=1e-8)


def test_looking_every_so_many_steps():
    system = henon_map()
    third = Repeated(system, 3)
    np.testing.assert_allclose(trajectory(third, 4), trajectory(system, 12)[2::3], rtol=1e-9)
    assert (third.size, third.features, third.spacing) == (2, 0, 3.0)
