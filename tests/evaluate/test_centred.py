"""Inputs of mean zero: the same problem, judged the same."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from unrolled.evaluate import keys_of, way
from unrolled.evaluate._centred import Centred
from unrolled.learn import NetworkObjective
from unrolled.networks import NetworkDesign
from unrolled.tasks import task
from unrolled.types import Batch, precision

PROBLEM = task("adding", 20, protocol="2011")
KEY = jax.random.key(3)


def of_momentum(problem):
    return way("momentum").problem(problem, keys_of(0))


def test_the_mean_counts_real_steps_alone():
    inputs = np.arange(24.0).reshape(2, 4, 3)
    some = Batch(inputs, np.zeros((2, 1, 1)), None, np.array([1, 3]))
    by_hand = [np.mean([inputs[0, 0, i], *inputs[1, :3, i]]) for i in range(3)]
    assert some.mean_input().tolist() == by_hand
    assert Batch(inputs, np.zeros((2, 1, 1))).mean_input().tolist() == inputs.mean((0, 1)).tolist()


@pytest.mark.parametrize("draw", ["draw", "test"])
def test_nothing_but_the_mean_is_taken_away(draw):
    centred = Centred(PROBLEM, (0.5, -2.0))
    count = (100,) if draw == "draw" else ()
    plain, shifted = (getattr(one, draw)(*count, key=KEY) for one in (PROBLEM, centred))
    np.testing.assert_allclose(shifted.inputs + np.array([0.5, -2.0]), plain.inputs, rtol=0, atol=1e-6)
    assert (shifted.targets == plain.targets).all()
    assert (shifted.lengths == plain.lengths).all()
    outputs = plain.targets + 0.03 * jnp.arange(len(plain))[:, None, None] / len(plain)
    for judge in ("right", "error", "solved"):
        assert np.array_equal(getattr(centred, judge)(outputs, shifted), getattr(PROBLEM, judge)(outputs, plain))


def test_a_way_that_centres_leaves_no_mean_and_no_more():
    problem = of_momentum(PROBLEM)
    assert np.abs(problem.draw(20_000, key=KEY).mean_input()).max() < 0.01  # 1,000 sequences said where it lies
    assert problem == of_momentum(PROBLEM)
    assert hash(problem) == hash(of_momentum(PROBLEM))
    assert way("lstm").problem(PROBLEM, keys_of(0)) is PROBLEM


def test_a_bias_would_give_the_same_outputs_but_other_gradients():
    with precision("float64"):
        problem = of_momentum(PROBLEM)
        network = NetworkDesign.parse("elman:5").initialize(2, 1, key=keys_of(0).weights)
        U, b = (network.weights()[f"elman_1.{name}"] for name in "Ub")
        moved = network.replace({"elman_1.b": b + U @ np.array(problem.mean)})
        plain, centred = PROBLEM.draw(50, key=KEY), problem.draw(50, key=KEY)

        misfit = NetworkObjective(PROBLEM.loss, "linear").value
        gradients = [jax.grad(misfit)(net, batch).weights() for net, batch in ((moved, centred), (network, plain))]
        assert float(misfit(moved, centred)) == pytest.approx(float(misfit(network, plain)), rel=1e-12)
        by_chain = gradients[1]["elman_1.U"] - np.outer(gradients[1]["elman_1.b"], problem.mean)
        np.testing.assert_allclose(gradients[0]["elman_1.U"], by_chain, rtol=1e-9, atol=1e-12)
