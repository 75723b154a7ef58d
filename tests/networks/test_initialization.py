import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.networks import (
    NetworkDesign,
    glorot_uniform,
    initialize_members,
    map_members,
    member,
    member_keys,
    orthogonal,
    random_generator,
)
from unrolled.types import precision

sizes = st.integers(1, 30)


@given(sizes, sizes, st.integers(0, 2**32))
def test_orthogonal(rows, columns, seed):
    made = orthogonal(np.random.default_rng(seed), (rows, columns))
    assert made.shape == (rows, columns)
    gram = made.T @ made if rows >= columns else made @ made.T
    np.testing.assert_allclose(gram, np.eye(min(rows, columns)), atol=1e-13)


def test_orthogonal_is_uniform():
    """Over uniformly distributed rotations every entry has mean 0 and mean square 1/n."""
    rng = np.random.default_rng(0)
    made = np.array([orthogonal(rng, (4, 4)) for _ in range(4000)])
    np.testing.assert_allclose(made.mean(0), 0, atol=0.04)
    np.testing.assert_allclose((made**2).mean(0), 0.25, atol=0.02)
    assert abs(np.mean(np.linalg.det(made))) < 0.06


@given(sizes, sizes, st.integers(0, 2**32))
def test_glorot_bounds(rows, columns, seed):
    made = glorot_uniform(np.random.default_rng(seed), (rows, columns))
    assert np.all(np.abs(made) <= np.sqrt(6 / (rows + columns)))


def test_glorot_variance():
    made = glorot_uniform(np.random.default_rng(0), (400, 200))
    assert made.var() == pytest.approx(2 / 600, rel=0.02)


@pytest.mark.parametrize("text", ["elman:6", "lstm:6", "gru:6", "dense:6"])
def test_biases_start_at_zero_but_for_the_keep_gate(text):
    network = NetworkDesign.parse(text).initialize(2, 1, key=member_keys(0, 1)[0])
    for name, value in network.weights().items():
        if name == "lstm_1.b":
            assert value.tolist() == [0.0] * 6 + [1.0] * 6 + [0.0] * 12
        elif value.ndim == 1:
            assert not value.any()
        else:
            assert value.all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_member_i_is_the_same_in_an_ensemble_of_any_size(dtype):
    design = NetworkDesign.parse("lstm:3, dense:2")
    few = initialize_members(design, 2, 1, keys=member_keys(7, 2), dtype=dtype)
    many = initialize_members(design, 2, 1, keys=member_keys(7, 5), dtype=dtype)
    for i in range(2):
        for a, b in zip(jax.tree.leaves(member(few, i)), jax.tree.leaves(member(many, i)), strict=True):
            assert a.dtype == dtype
            np.testing.assert_array_equal(a, b)
    assert not np.array_equal(many.weights()["lstm_1.W"][0], many.weights()["lstm_1.W"][1])


@given(st.integers(0, 2**63 - 1), st.integers(1, 4))
def test_keys_differ_between_members_and_follow_from_the_seed(seed, members):
    words = [tuple(np.asarray(jax.random.key_data(key)).tolist()) for key in member_keys(seed, members)]
    assert len(set(words)) == members
    again = [tuple(np.asarray(jax.random.key_data(key)).tolist()) for key in member_keys(seed, members)]
    assert words == again


def test_the_key_decides_the_generator():
    one, two = member_keys(0, 2)
    assert random_generator(one).normal() == random_generator(one).normal()
    assert random_generator(one).normal() != random_generator(two).normal()


def test_members_mapped_equal_members_one_by_one():
    design = NetworkDesign.parse("gru:3")
    with precision("float64"):
        networks = initialize_members(design, 1, 1, keys=member_keys(0, 3))
        inputs = np.random.default_rng(0).normal(size=(5, 1))
        mapped = jax.jit(lambda networks: map_members(lambda network: network(inputs), networks))(networks)
        single = jax.jit(lambda network: network(inputs))
        for i in range(3):
            np.testing.assert_allclose(mapped[i], single(member(networks, i)), rtol=0, atol=1e-14)
