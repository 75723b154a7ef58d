"""Three bits in 16 units: eight memories, the saddles between them, and nothing else, in ten of ten networks.

What is found is looked at again in numpy: `h = tanh(W h + b)` is all that a network without input does.
"""

from functools import cache
from itertools import combinations

import jax
import numpy as np
import pytest

import unrolled
from unrolled import GradientDescent, NetworkDesign, Optimizer, SequenceModel
from unrolled.dynamics import DrivenNetwork, fixed_points, trajectory
from unrolled.networks import member
from unrolled.tasks import FlipFlop

SEEDS = 10
LEARNED, JUDGED = FlipFlop(30), FlipFlop(60)
# The corners, edges, faces and the middle of a cube.
CUBE = [8, 12, 6, 1]
every_seed = pytest.mark.parametrize("seed", range(SEEDS))


def drawn(task, count, seed):
    return jax.tree.map(np.asarray, task.draw(count, key=jax.random.key(seed)))


@cache
def fitted():
    """Ten networks, each from its own weights, in one program."""
    learner = GradientDescent(Optimizer(learning_rate=0.01), epochs=100, batch_size=16, clip_norm=1.0)
    return SequenceModel(NetworkDesign.parse("elman:16"), learner, members=SEEDS).fit(drawn(LEARNED, 128, 0))


@cache
def on_the_way(seed):
    """Fixed points from states in which the network is while it does its task."""
    return found_by(member(fitted().networks, seed))


def found_by(network):
    system = DrivenNetwork(network)
    states = np.concatenate([trajectory(system, inputs=inputs) for inputs in drawn(JUDGED, 16, 99).inputs])
    chosen = np.random.default_rng(0).choice(len(states), 256, replace=False)
    return fixed_points(system, starts=states[chosen])


@cache
def between(seed):
    """Fixed points from the means of any number of memories: in the middle of edges, of faces and of the cube."""
    memories = on_the_way(seed).of_kind("stable")
    means = [
        memories[list(some)].mean(axis=0)
        for size in range(1, len(memories) + 1)
        for some in combinations(range(len(memories)), size)
    ]
    return fixed_points(DrivenNetwork(member(fitted().networks, seed)), starts=np.array(means))


def weights(seed):
    own = member(fitted().networks, seed).weights()
    return [np.asarray(own[name]) for name in ("elman_1.W", "elman_1.b", "readout.V", "readout.c")]


def run_on(seed, h, steps):
    """So many states of a network without input, at once; and how far the outputs came away from their first signs."""
    W, b, V, c = weights(seed)
    signs, worst = np.sign(h @ V.T + c), 0.0
    for _ in range(steps):
        h = np.tanh(h @ W.T + b)
        worst = max(worst, np.abs(h @ V.T + c - signs).max())
    return h, worst


def jacobian(seed, h):
    W, b, *_ = weights(seed)
    return (1 - np.tanh(W @ h + b) ** 2)[:, None] * W


def bits(seed, states):
    *_, V, c = weights(seed)
    return [tuple(row) for row in np.sign(states @ V.T + c).astype(int).tolist()]


def test_all_ten_have_learned_it():
    batch = drawn(JUDGED, 200, 7)
    assert fitted().kept == tuple(range(SEEDS))
    for outputs in fitted().predict(batch.inputs, last=0):
        assert np.asarray(JUDGED.right(outputs, batch)).mean() > 0.98


@every_seed
def test_there_is_one_stable_point_for_every_memory(seed):
    found = on_the_way(seed)
    states = found.of_kind("stable")
    W, b, V, c = weights(seed)
    assert set(bits(seed, states)) == {(i, j, k) for i in (-1, 1) for j in (-1, 1) for k in (-1, 1)}
    assert len(states) == 8
    np.testing.assert_allclose(np.abs(states @ V.T + c), 1, atol=0.1)
    assert np.abs(np.tanh(found.states @ W.T + b) - found.states).max() < 1e-9
    for state, kind in zip(found.states, found.stability, strict=True):
        radius = np.abs(np.linalg.eigvals(jacobian(seed, state))).max()
        assert bool(radius < 1) is (kind == "stable")


@every_seed
def test_a_memory_is_held_for_ten_thousand_steps(seed):
    states = on_the_way(seed).of_kind("stable")
    disturbed = states + np.random.default_rng(seed).normal(0, 0.05, states.shape)
    after, worst = run_on(seed, disturbed, 10_000)
    np.testing.assert_allclose(after, states, atol=1e-9)
    assert worst < 0.5


@every_seed
def test_saddles_lie_between_the_memories_and_none_is_missing(seed):
    found = between(seed)
    assert found.counts == {"stable": 8, "saddle": 19, "unstable": 0, "marginal": 0}
    assert np.bincount(found.unstable_directions).tolist() == CUBE
    # A map of the cube [-1, 1]^16 into itself: the indices of all its fixed points add up to 1 (Lefschetz).
    indices = [np.linalg.slogdet(np.eye(16) - jacobian(seed, state))[0] for state in found.states]
    assert sum(indices) == 1
    for state in on_the_way(seed).states:
        assert np.abs(found.states - state).max(axis=1).min() < 1e-8


@every_seed
def test_from_a_saddle_two_ways_lead_to_two_memories(seed):
    found = between(seed)
    saddles = found.of_kind("saddle")
    directions = found.unstable_directions[8:]
    ways = []
    for state in saddles:
        values, vectors = np.linalg.eig(jacobian(seed, state))
        way = vectors[:, np.argmax(np.abs(values))].real
        ways.append(way / np.linalg.norm(way))
    ends = [run_on(seed, saddles + side * np.array(ways), 2000)[0] for side in (1e-4, -1e-4)]
    memories = found.of_kind("stable")
    for end in ends:
        assert np.abs(end[:, None] - memories).max(axis=2).min(axis=1).max() < 1e-9
    apart = np.sum(np.not_equal(*(bits(seed, end) for end in ends)), axis=1)
    assert (apart >= 1).all()
    assert (apart[directions == 1] == 1).all()  # along an edge one bit changes


def test_a_saved_model_has_the_same_fixed_points(tmp_path):
    path = tmp_path / "flip flop"
    fitted().save(path)
    again = unrolled.load(path)
    for seed in (0, SEEDS - 1):
        found = found_by(member(again.networks, seed))
        np.testing.assert_array_equal(found.states, on_the_way(seed).states)
        assert found.stability == on_the_way(seed).stability
