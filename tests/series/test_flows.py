"""Generated flows against another integrator, closed forms and the formulas."""

import inspect

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


ODD = ["5", None, True, 2.5, -1, 10**30, np.nan, [3], np.array([3]), 1j]


@pytest.mark.parametrize("value", ODD, ids=repr)
@pytest.mark.parametrize("name", ["points", "every", "transient", "seed", "order"])
def test_whole_numbers_that_are_none(name, value):
    """Of every argument that counts something, in every function that has it."""
    for function in (lorenz, mackey_glass, narma):
        takes = inspect.signature(function).parameters
        if name in takes:
            with pytest.raises(InputError, match=f"{name} must be a whole number"):
                function(**{"points": 5, name: value})


@pytest.mark.parametrize(
    "value", ["1", None, True, -1.0, 0, np.nan, np.inf, [3.0], 1j, 10**400], ids=lambda v: repr(v)[:9]
)
def test_times_that_are_none(value):
    for function, name in ((lorenz, "step"), (mackey_glass, "step"), (mackey_glass, "tau")):
        with pytest.raises(InputError, match=f"{name} must be a finite number"):
            function(5, **{name: value})


def test_numbers_of_any_kind():
    """Of numpy or whole, the same series."""
    plain = lorenz(5, step=0.5, start=(1.0, 2.0, 3.0))
    other = lorenz(np.int64(5), step=np.float32(0.5), start=np.array([1, 2, 3]), sigma=10, rho=np.float64(28))
    np.testing.assert_array_equal(other.values, plain.values)
    np.testing.assert_array_equal(mackey_glass(9, tau=17).values, mackey_glass(np.int32(9), tau=np.float64(17)).values)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: lorenz(0), "points"),
        (lambda: lorenz(5, step=0.0), "step"),
        (lambda: mackey_glass(5, tau=17.03), "whole number of steps"),
        (lambda: mackey_glass(5, tau=-1.0), "tau"),
        (lambda: narma(5, order=0), "order"),
        (lambda: lorenz(5, start=(1.0, 2.0)), r"start must be three numbers, x, y and z; came \(1.0, 2.0\)"),
        (lambda: lorenz(5, start=np.ones((3, 2))), "start must be three numbers"),
        (lambda: lorenz(5, start=((1, 2), 3, 4)), "start must be three numbers"),
        (lambda: lorenz(5, start=None), "start must be three numbers"),
        (lambda: lorenz(5, start="xyz"), "start must be three numbers"),
        (lambda: lorenz(5, start=("a", 1.0, 2.0)), "x of start must be a finite number; came 'a'"),
        (lambda: lorenz(5, start=(1.0, np.nan, 2.0)), "y of start"),
        (lambda: lorenz(5, start=(1.0, 2.0, 1j)), "z of start"),
        (lambda: lorenz(5, sigma=None), "sigma"),
        (lambda: lorenz(5, rho=np.inf), "rho"),
        (lambda: lorenz(5, beta="8/3"), "beta"),
        (lambda: lorenz(5, rho=10**400), "rho"),
        (lambda: lorenz(2, step=1e300), "steps of the integrator"),
        (lambda: lorenz(10**7, step=100), "steps of the integrator"),
        (lambda: lorenz(9, start=(1e200, 1.0, 1.0)), "runs off to infinity"),
        (lambda: mackey_glass(5, step=20.0, tau=20.0), "step must be below 20"),
        (lambda: mackey_glass(5, tau=1e300), "steps of the integrator"),
        (lambda: mackey_glass(5, step=5e-324), "steps of the integrator"),
        (lambda: mackey_glass(10**7, every=10**7), "steps of the integrator"),
        (lambda: mackey_glass(5, tau=10.0, step=10**400), "step"),
        (lambda: [narma(20_000, order=30, seed=s) for s in range(30)], "runs off with seed"),
    ],
)
def test_wrong_requests(call, said):
    with pytest.raises(InputError, match=said):
        call()
