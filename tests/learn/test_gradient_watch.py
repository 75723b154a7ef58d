"""The watch measures now and then, warns once, and compiles once."""

import warnings

import jax
import numpy as np
import pytest

from unrolled.compilation import count_compilations
from unrolled.errors import InputError
from unrolled.learn import GradientDescent, GradientFlowWarning, GradientWatch, _gradient_descent, train
from unrolled.networks import NetworkDesign, initialize_members, member, member_keys, sensitivity
from unrolled.types import Batch, precision

BATCH, TIME = 5, 12


@pytest.fixture(autouse=True)
def _float64():
    with precision("float64"):
        yield


def numbers(*shape, seed=1):
    return np.random.default_rng(seed).normal(size=shape)


def members(factor, text="elman:3:linear", **settings):
    """Two members, the first of which has W = factor I."""
    networks = initialize_members(NetworkDesign.parse(text, **settings), 2, 1, keys=member_keys(0, 2))
    return networks.replace({"elman_1.W": np.stack([factor * np.eye(3), np.eye(3)])})


def batch(**more):
    return Batch(numbers(BATCH, TIME, 2), np.zeros((BATCH, 1, 1)), **more)


def test_it_warns_once_and_says_what_helps():
    watch = GradientWatch(batch(), every=1)
    with pytest.warns(GradientFlowWarning, match=r"the gradient vanishes: .* falls to 0\.1 of itself.*orthogonal"):
        watch(members(0.1))
    watch(members(0.1))  # a second warning would be an error here
    assert [call for call, _ in watch.flows] == [0, 1]
    with pytest.warns(GradientFlowWarning, match=r"the gradient explodes: .* grows 3-fold with.*clip_norm=1"):
        GradientWatch(batch())(members(3.0))
    with pytest.warns(GradientFlowWarning, match="the gradient is not finite: .*clip_norm=1"):
        GradientWatch(batch())(members(np.nan))


def test_it_is_silent_while_all_is_well():
    watch = GradientWatch(batch())
    watch(members(0.5))  # 0.5^11 is no less than 1e-4
    assert watch.flows[0][1].verdict.startswith("vanishes")
    with pytest.warns(GradientFlowWarning):
        GradientWatch(batch(), limit=100.0)(members(0.5))


def test_it_measures_at_every_so_many_calls_and_compiles_once():
    watch = GradientWatch(batch(), every=3)
    watch(members(0.9))
    with count_compilations() as counted:
        for factor in (0.8, 0.7, 0.6, 0.5):
            watch(jax.tree.map(np.asarray, members(factor)))
    assert counted.programs == 0
    assert [call for call, _ in watch.flows] == [0, 3]
    assert [round(flow.rate, 12) for _, flow in watch.flows] == [0.9, 0.6]


def test_it_measures_the_first_member_on_the_longest_sequences():
    networks = members(0.9, "elman:3:tanh")
    lengths = np.array([3, 7, TIME, 1, 9])
    watch = GradientWatch(batch(lengths=lengths))
    watch(networks)
    wanted = sensitivity(member(networks, 0), batch().inputs[[2, 4], :9])
    np.testing.assert_allclose(watch.flows[0][1].singular_values, wanted.singular_values, rtol=1e-10)


def test_it_starts_where_the_data_say_and_takes_a_members_own_sequences():
    networks, states = members(0.9, "elman:3:tanh"), {"elman_1.h": numbers(BATCH, 3)}
    watch = GradientWatch(batch(states=states))
    watch(networks)
    network = member(networks, 0)
    start = (network.initial_states((2,))[0]._replace(h=states["elman_1.h"][:2]),)
    wanted = sensitivity(network, batch().inputs[:2], start)
    np.testing.assert_allclose(watch.flows[0][1].singular_values, wanted.singular_values, rtol=1e-10)
    own = Batch(np.stack([batch().inputs] * 2), np.zeros((2, BATCH, 1, 1)))
    again = GradientWatch(own)
    again(networks)
    wanted = sensitivity(network, batch().inputs[:2])
    np.testing.assert_allclose(again.flows[0][1].singular_values, wanted.singular_values, rtol=1e-10)


def test_learned_starts_are_those_of_the_sequences():
    networks = members(0.9, "elman:3:tanh", start="learned", sequences=BATCH)
    index = np.arange(BATCH)[::-1].copy()
    watch = GradientWatch(batch(index=index))
    watch(networks)
    network = member(networks, 0)
    wanted = sensitivity(network, batch().inputs[:2], network.initial_states((2,), index[:2]))
    np.testing.assert_allclose(watch.flows[0][1].singular_values, wanted.singular_values, rtol=1e-10)


def test_what_cannot_be_watched_is_said():
    with pytest.raises(InputError, match="sequences of a single step have no way back"):
        GradientWatch(Batch(np.ones((2, 1, 1)), np.ones((2, 1, 1))))
    with pytest.raises(InputError, match="every must be a whole number"):
        GradientWatch(batch(), every=0)
    with pytest.raises(InputError, match="limit must be a finite number above 1"):
        GradientWatch(batch(), limit=0.5)
    networks = initialize_members(NetworkDesign.parse("dense:3"), 2, 1, keys=member_keys(0, 2))
    with pytest.raises(InputError, match="without recurrent layers"):
        GradientWatch(batch())(networks)


@pytest.mark.parametrize(
    ("text", "settings", "more", "message"),
    [
        ("bi-elman:3", {}, {}, "a bidirectional layer has no single step"),
        ("dense:3", {}, {}, "without recurrent layers"),
        ("elman:3", {"feedback": True}, {}, "with feedback"),
        ("elman:3", {"encoder": "elman:3"}, {}, "with an encoder"),
        ("elman:3", {}, {"states": {"elman_1": numbers(BATCH, 1)}}, r"must have shape \(2, 3\); came \(2, 1\)"),
        ("elman:3", {}, {"states": {"gru_1": numbers(BATCH, 3)}}, "unknown recurrent layer 'gru_1'"),
    ],
)
def test_it_refuses_before_training_begins(monkeypatch, text, settings, more, message):
    monkeypatch.setattr(_gradient_descent, "_start", None)  # what is compiled first
    keys = member_keys(0, 2)
    networks = initialize_members(NetworkDesign.parse(text, **settings), 2, 1, keys=keys)
    with pytest.raises(InputError, match=message):
        train(networks, GradientDescent(), batch(), keys=keys, probe=GradientWatch(batch(**more)))
    other = Batch(numbers(BATCH, TIME, 5), batch().targets)
    if text == "elman:3" and not settings:
        with pytest.raises(InputError, match="the batch of the watch has 5 features, the networks have 2"):
            train(networks, GradientDescent(), batch(), keys=keys, probe=GradientWatch(other))


def test_it_follows_a_training_in_float32():
    with precision("float32"):
        networks = jax.tree.map(lambda leaf: leaf.astype(np.float32), members(0.9))
        watch = GradientWatch(batch())
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            watch(networks)
        assert watch.flows[0][1].rate == pytest.approx(0.9, rel=1e-5)
