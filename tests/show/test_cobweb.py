"""The cobweb of a map of one number."""

import jax.numpy as jnp
import numpy as np
import pytest

from unrolled.dynamics import DrivenNetwork, fixed_points, henon_map, logistic_map, trajectory
from unrolled.dynamics import IteratedMap as Map
from unrolled.errors import InputError
from unrolled.networks import Elman, Network, Readout
from unrolled.show import draw_cobweb

LOGISTIC = logistic_map(3.2)


def lines(axes):
    return {one.get_label(): one for one in axes.get_lines() if not one.get_label().startswith("_")}


def test_curve_diagonal_steps_and_fixed_points():
    states = trajectory(LOGISTIC, 20)
    drawn = lines(draw_cobweb(LOGISTIC, states=states, points=fixed_points(LOGISTIC, starts=20)))
    x, y = drawn["map"].get_xydata().T
    np.testing.assert_allclose(y, 3.2 * x * (1 - x), atol=1e-12)
    np.testing.assert_array_equal(*drawn["h_{t+1} = h_t"].get_xydata().T)
    steps = drawn["trajectory"].get_xydata()
    assert len(steps) == 2 * 20 - 1
    on_curve, on_diagonal = steps[1::2], steps[2::2]
    np.testing.assert_allclose(on_curve[:, 1], 3.2 * on_curve[:, 0] * (1 - on_curve[:, 0]))
    np.testing.assert_array_equal(on_diagonal[:, 0], on_diagonal[:, 1])
    np.testing.assert_array_equal(on_curve[:, 1], on_diagonal[:, 0])
    found = drawn["2 unstable points"].get_xydata()
    np.testing.assert_allclose(sorted(found[:, 0]), [0, 1 - 1 / 3.2], atol=1e-9)
    np.testing.assert_array_equal(found[:, 0], found[:, 1])


def test_a_network_of_one_unit_sees_the_input_that_is_held():
    cell = Elman(np.ones((1, 1)), np.array([[2.0]]), np.zeros(1), "tanh")
    system = DrivenNetwork(Network((cell,), Readout(np.ones((1, 1)), np.zeros(1))))
    x, y = lines(draw_cobweb(system, inputs=[0.5]))["map"].get_xydata().T
    np.testing.assert_allclose(y, np.tanh(2 * x + 0.5), atol=1e-12)


@pytest.mark.parametrize(
    "states",
    [None, np.zeros((0, 1)), [0.3], [0.5] * 9, [np.nan, np.inf], [0.1, 1e20, -1e40, np.inf]],
    ids=["none", "empty", "one", "rest", "nan", "off"],
)
def test_odd_motions_can_be_drawn(states):
    axes = draw_cobweb(LOGISTIC, states=states)
    axes.figure.draw_without_rendering()
    assert axes.get_xlim()[0] < axes.get_xlim()[1]
    assert (axes.get_xlabel().split()[0], axes.get_ylabel().split()[0]) == ("h_t", "h_{t+1}")


def test_a_map_without_values_and_a_steep_one():
    draw_cobweb(Map(lambda h, _: h * jnp.nan, 0.0, np.zeros(1))).figure.draw_without_rendering()
    steep = draw_cobweb(Map(lambda h, _: 1e6 * h, 0.0, np.zeros(1)))
    assert max(np.abs(steep.get_ylim())) < 5


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: draw_cobweb(henon_map()), "this system has 2: take draw_phase_portrait"),
        (lambda: draw_cobweb(3), "system must be a System"),
        (lambda: draw_cobweb(LOGISTIC, states=np.zeros((4, 2))), r"shape \(time, 1\)"),
        (lambda: draw_cobweb(LOGISTIC, inputs=[1.0]), "one row of 0 finite numbers"),
    ],
)
def test_wrong_requests(call, said):
    with pytest.raises(InputError, match=said):
        call()
