"""Generated flows against another integrator, closed forms and the formulas."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from unrolled.errors import InputError
from unrolled.series import lorenz, mackey_glass, narma


@pytest.mark.parametrize("step", [0.025, 0.013])
def test_lorenz_equals_scipy(step):
    made = lorenz(200, step=step)

    def field(_, s):
        x, y, z = s
        return 10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z

    solved = solve_ivp(field, (0, 5.1), made.values[0], method="DOP853", rtol=1e-13, atol=1e-13, t_eval=made.x)
    np.testing.assert_allclose(made.values, solved.y.T, atol=2e-9)  # rounding times e^(0.9 t)
    assert made.names == ("x", "y", "z")


def test_lorenz_stands_still_where_it_should():
    root = np.sqrt(8 / 3 * 27)
    np.testing.assert_allclose(lorenz(50, start=(root, root, 27.0)).values, [[root, root, 27.0]] * 50, atol=1e-10)


def test_mackey_glass_without_feedback_of_its_own():
    """Up to the delay the equation is linear: between two steps y decays towards what stood there a delay ago."""
    whole = mackey_glass(300, every=1, transient=0, seed=3).values[:, 0]
    before = 1.2 + 0.2 * (np.random.default_rng(3).random(171) - 0.5)
    assert whole[0] == before[-1]
    driven = 0.2 * before / (1 + before**10)
    for t in (1, 60, 170):  # the sum of a geometric series
        wanted = 0.99**t * whole[0] + 0.1 * np.sum(0.99 ** np.arange(t - 1, -1, -1) * driven[:t])
        assert whole[t] == pytest.approx(wanted, rel=1e-13)


def test_mackey_glass_is_euler_s_map():
    fine = mackey_glass(3000, every=1, transient=0).values[:, 0]
    late = fine[: 3000 - 171]
    wanted = fine[170:-1] + 0.1 * (0.2 * late / (1 + late**10) - 0.1 * fine[170:-1])
    np.testing.assert_allclose(fine[171:], wanted, rtol=1e-14)
    np.testing.assert_array_equal(mackey_glass(50, transient=7).values[:, 0], fine[70:570:10])


def test_narma_is_its_formula():
    u, y = narma(60, seed=2)
    for t in range(20, 59):
        wanted = 0.3 * y[t] + 0.05 * y[t] * y[t - 9 : t + 1].sum() + 1.5 * u[t - 8] * u[t + 1] + 0.1
        assert y[t + 1] == pytest.approx(wanted, rel=1e-13)
    assert (u >= 0).all()
    assert (u <= 0.5).all()
    np.testing.assert_array_equal(narma(30, seed=2)[0], u[:30])


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: lorenz(0), "points"),
        (lambda: lorenz(5, step=0.0), "step"),
        (lambda: mackey_glass(5, tau=17.03), "whole number of steps"),
        (lambda: mackey_glass(5, tau=-1.0), "tau"),
        (lambda: narma(5, order=0), "order"),
        (lambda: [narma(20_000, order=30, seed=s) for s in range(30)], "runs off with seed"),
    ],
)
def test_wrong_requests(call, said):
    with pytest.raises(InputError, match=said):
        call()
