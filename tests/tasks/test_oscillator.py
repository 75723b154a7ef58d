"""A network that has learned to oscillate: what it does beyond the steps that it has seen, and around what it turns."""

from functools import cache

import jax
import numpy as np
import pytest

from unrolled.dynamics import DrivenNetwork, fixed_points, power_spectrum, trajectory
from unrolled.learn import FirstOrder, Optimizer, RateDecay, learn_online
from unrolled.networks import NetworkDesign, member_keys
from unrolled.tasks import Oscillator
from unrolled.types import precision

TASK = Oscillator(80)


@cache
def learned():
    network = NetworkDesign.parse("gru:24").initialize(1, 1, key=member_keys(0, 1)[0], dtype=np.float32)
    rule = FirstOrder(Optimizer(learning_rate=0.004), batch_size=8, clip_norm=0.3, decay=RateDecay(0.02, 2500))
    run = learn_online(TASK, network, rule, loss=TASK.loss, key=jax.random.key(0), steps=2500, every=100)
    assert run.solved
    return jax.tree.map(lambda weight: np.asarray(weight, np.float64), run.parameters)


def test_a_network_of_24_units_learns_it():
    with precision("float64"):
        batch = TASK.test(key=jax.random.key(0))
        outputs = learned()(batch.inputs)
        assert TASK.solved(outputs, batch)
        assert np.asarray(TASK.right(outputs, batch)).mean() > 0.5


@pytest.mark.parametrize("j", [10, 20, 30, 40, 50])
def test_it_turns_around_a_saddle_about_as_fast_as_its_unstable_pair_says(j):
    network, omega, held = learned(), 0.1 + 0.01 * j, np.array([j / 51 + 0.25])
    system = DrivenNetwork(network)
    states = trajectory(system, 4000, inputs=held, start=np.zeros(system.size), washout=1000)
    outputs = states @ np.asarray(network.readout.V).T + np.asarray(network.readout.c)
    assert outputs.min() < -0.7
    assert outputs.max() > 0.7
    assert 2 * np.pi * power_spectrum(outputs).dominant == pytest.approx(omega, rel=0.03)
    found = fixed_points(system, inputs=held, starts=np.concatenate([states[:100:4], states.mean(axis=0)[None]]))
    inside = np.abs(found.states).max(axis=1) < 1  # no state of a GRU that began there comes out again
    (eigenvalues,) = found.eigenvalues[inside]
    assert np.count_nonzero(np.abs(eigenvalues) > 1) == 2
    assert np.abs(np.angle(eigenvalues[0])) == pytest.approx(omega, rel=0.15)
