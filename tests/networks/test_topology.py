"""Shifted and scattered connections: each against a dense matrix, and against each other."""

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from network_formulas import equal, numbers
from unrolled.compilation import count_compilations
from unrolled.errors import InputError
from unrolled.networks import (
    Reservoir,
    ReservoirDesign,
    Scattered,
    Shifted,
    collect_states,
    map_members,
    member,
    member_keys,
)
from unrolled.types import precision

# 40 connections are more than are written out one by one.
SIZES = [(1, 1), (2, 1), (2, 3), (11, 4), (61, 61), (200, 10), (200, 40)]
every_size = pytest.mark.parametrize(("units", "connections"), SIZES)


@jax.jit
def product(topology, values, h):
    return topology.product(values, h)


def dense(offsets, values):
    """W, entry by entry."""
    units = values.shape[1]
    W = np.zeros((units, units))
    for offset, row in zip(offsets, values, strict=True):
        for i in range(units):
            W[i, (i + offset) % units] += row[i]
    return W


def drawn(units, connections, seed=0, features=1, **settings):
    design = ReservoirDesign(units=units, connections=connections, **settings)
    return design.draw(features, key=member_keys(seed, 1)[0])


@every_size
def test_products_are_those_of_the_matrix(units, connections):
    """For any offsets, in any order and more than once; h one state, and many side by side."""
    generator = np.random.default_rng(units + connections)
    for _ in range(10):
        offsets = generator.integers(0, units, connections)
        values = generator.normal(size=(connections, units))
        W, shifted = dense(offsets, values), Shifted(offsets.astype(np.int32))
        scattered = Scattered(shifted.seen(units))
        for h in (generator.normal(size=units), generator.normal(size=(units, 3))):
            with precision("float64"):
                made, gathered = product(shifted, values, h), product(scattered, values, h)
            equal(made, W @ h, atol=1e-13)
            equal(gathered, made, atol=1e-13)


@pytest.mark.parametrize(("units", "connections"), [(61, 3), (200, 10), (200, 40), (11, 4)])
def test_states_are_those_of_the_matrix(units, connections):
    """The last size is multiplied densely."""
    reservoir, inputs = drawn(units, connections, leak=0.4), numbers(60, 1)
    W, h, wanted = dense(reservoir.topology.offsets, reservoir.values), np.zeros(units), []
    for x in inputs:
        h = 0.6 * h + 0.4 * np.tanh(reservoir.U @ x + W @ h + reservoir.b)
        wanted.append(h)
    made = collect_states(reservoir, inputs)[0]
    equal(made, np.array(wanted), atol=1e-13)
    np.testing.assert_array_equal(reservoir.W(), W)
    parts = reservoir.U, reservoir.b, reservoir.values, Scattered(reservoir.senders), reservoir.leak
    equal(collect_states(Reservoir(*parts), inputs)[0], made, atol=1e-13)


@pytest.mark.parametrize(("units", "connections"), [(200, 10), (200, 40), (11, 4)])
def test_members_step_by_themselves_or_all_at_once(units, connections):
    """One after the other, as on a processor, and batched, as on an accelerator; with lanes."""
    alone = [drawn(units, connections, seed) for seed in range(3)]
    stacked = jax.tree.map(lambda *leaves: np.stack(leaves), *alone)
    h, driven = numbers(3, units, 2), numbers(3, units, 2, seed=1)
    assert stacked.senders.shape == (3, connections, units)
    stacked.check()
    np.testing.assert_array_equal(member(stacked, 2).W(), alone[2].W())

    def step(reservoir, h, driven):
        return reservoir.stepper()(h, driven)

    with precision("float64"):
        together = jax.jit(jax.vmap(step))(stacked, h, driven)
        one_by_one = jax.jit(lambda *parts: map_members(step, *parts))(stacked, h, driven)
    for i, one in enumerate(alone):
        a = driven[i] + one.W() @ h[i] + one.b[:, None]
        wanted = (1 - one.leak) * h[i] + one.leak * np.tanh(a)
        equal(together[i], wanted, atol=1e-13)
        equal(one_by_one[i], wanted, atol=1e-13)


@given(units=st.sampled_from([1, 2, 11, 61, 200]), connections=st.integers(1, 250), seed=st.integers(0, 99))
def test_what_is_drawn(units, connections, seed):
    """Different offsets; as many see a unit as it sees; no unit sees itself unless all do; none is out of reach."""
    reservoir = drawn(units, connections, seed)
    offsets, count = reservoir.topology.offsets, min(units, connections)
    assert len(set(offsets.tolist())) == len(offsets) == count
    assert (0 in offsets) == (count == units)
    assert np.gcd.reduce([units, *offsets]) == 1
    W = reservoir.W()
    assert (np.count_nonzero(W, axis=0) == count).all()
    assert (np.count_nonzero(W, axis=1) == count).all()
    assert len(np.unique(reservoir.values)) == reservoir.values.size
    # Of a long ring a dense routine finds a few digits.
    assert np.max(np.abs(np.linalg.eigvals(W))) == pytest.approx(0.9, rel=1e-9 if count > 1 else 1e-2)


def test_weights_are_uniform():
    """U(-1, 1) up to the scale: moments of 20,000 of them, and no correlation along a diagonal or across."""
    values = drawn(2000, 10).values
    values = values / np.abs(values).max()
    assert np.mean(values) == pytest.approx(0, abs=0.02)
    assert np.mean(values**2) == pytest.approx(1 / 3, abs=0.01)
    assert np.mean(values**4) == pytest.approx(1 / 5, abs=0.01)
    assert abs(np.mean(values[:, 1:] * values[:, :-1])) < 0.01
    assert abs(np.mean(values[1:] * values[:-1])) < 0.01


def test_seeds_share_a_program():
    first, second = drawn(200, 10, 0), drawn(200, 10, 1)
    assert (first.topology.offsets != second.topology.offsets).any()
    collect_states(first, numbers(30, 1))
    with count_compilations() as counted:
        collect_states(second, numbers(30, 1))
    assert counted.programs == 0


@pytest.mark.parametrize(
    ("topology", "said"),
    [
        (Shifted(np.array([1, 5])), "offsets must be from 0 to 4 in a layer of 5 units; came 1 to 5"),
        (Shifted(np.array([-1, 2])), "offsets must be from 0 to 4 .* came -1 to 2"),
        (Shifted(np.array([1, 2, 3])), r"offsets must be whole numbers of shape \(2,\), .* of shape \(3,\)"),
        (Scattered(np.full((2, 5), 5)), "senders must be from 0 to 4"),
        (Scattered(np.full((1, 5), 0)), r"senders must be whole numbers of shape \(2, 5\)"),
    ],
)
def test_units_that_are_not_there(topology, said):
    reservoir = Reservoir(np.ones((5, 1)), np.zeros(5), np.ones((2, 5)), topology, 1.0)
    with pytest.raises(InputError, match=said):
        collect_states(reservoir, numbers(3, 1))
    with pytest.raises(InputError, match=said):
        reservoir.with_spectral_radius(0.5)


def test_an_offset_may_come_twice():
    """Its weights add up."""
    twice = Reservoir(np.ones((5, 1)), np.zeros(5), np.ones((2, 5)), Shifted(np.array([3, 3])), 1.0)
    once = Reservoir(np.ones((5, 1)), np.zeros(5), 2 * np.ones((1, 5)), Shifted(np.array([3])), 1.0)
    np.testing.assert_array_equal(twice.W(), once.W())
    np.testing.assert_array_equal(collect_states(twice, numbers(9, 1))[0], collect_states(once, numbers(9, 1))[0])
