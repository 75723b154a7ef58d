"""Chaotic flows and a nonlinear filter: the tasks that reservoirs are measured by."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from jaxtyping import Float

from unrolled.arguments import require_number, require_whole
from unrolled.errors import InputError
from unrolled.series._series import Series, make_series

__all__ = ["lorenz", "mackey_glass", "narma"]

_MOST_POINTS = 10_000_000
# Of an integrator, between all points.
_MOST_STEPS = 200_000_000
# Taylor series of the Lorenz equations converge up to about 0.15 in time; so far and so many terms reach rounding.
_LONGEST_STEP, _TERMS = 0.02, 18
# With so long a step Euler's method overshoots what decays at a rate of 0.1 by as much as there was.
_UNSTABLE_STEP = 20.0


def lorenz(
    points: int,
    *,
    step: float = 0.025,
    start: tuple[float, float, float] = (17.67715816276679, 12.931379185960404, 43.91404334248268),
    sigma: float = 10.0,
    rho: float = 28.0,
    beta: float = 8 / 3,
) -> Series:
    """The Lorenz system, ``x' = sigma (y - x)``, ``y' = x (rho - z) - y``, ``z' = x y - beta z``.

    Each step is a Taylor series whose coefficients follow from the equations, true to rounding; beyond some 30 units
    of time chaos has magnified that rounding to the size of the attractor. One Lyapunov time is 1 / 0.9056 = 1.104.

    Parameters
    ----------
    points
        How many, the start included.
    step
        The time between two.
    start
        x, y and z at the first; a point of the attractor unless told otherwise.
    sigma, rho, beta
        The parameters.

    Returns
    -------
    Series
        Three features, x, y and z.

    Raises
    ------
    InputError
        An argument is out of range, or the system runs off to infinity, as it does from far away.

    References
    ----------
    E. N. Lorenz, Journal of the Atmospheric Sciences 20 (1963) 130.

    Examples
    --------
    >>> from unrolled.series import lorenz
    >>> lorenz(100).values.shape
    (100, 3)
    """
    points = require_whole("points", points, 1, _MOST_POINTS)
    require_number("step", step, above=0.0)
    state = _three_numbers(start)
    for name, value in (("sigma", sigma), ("rho", rho), ("beta", beta)):
        require_number(name, value)
    step, parameters = float(step), (float(sigma), float(rho), float(beta))
    _require_few_steps(points * (step / _LONGEST_STEP))
    parts, values = math.ceil(step / _LONGEST_STEP), np.empty((points, 3))
    for point in range(points):
        values[point] = state
        for _ in range(parts):
            state = _lorenz_step(state, step / parts, parameters)
    if not np.isfinite(values).all():
        raise InputError("the Lorenz system runs off to infinity from there; take another start or a shorter step.")
    return make_series(values, step * np.arange(points), names=("x", "y", "z"), x_name="t", name="lorenz")


def _three_numbers(start: Any) -> list[float]:
    try:
        shape = np.shape(start)
    except ValueError:  # rows of several lengths
        shape = None
    if shape != (3,):
        raise InputError(f"start must be three numbers, x, y and z; came {start!r:.80}.")
    for name, value in zip("xyz", start, strict=True):
        require_number(f"{name} of start", value)
    return [float(value) for value in start]


def _require_few_steps(steps: float) -> None:
    if not steps <= _MOST_STEPS:
        raise InputError(
            f"that takes {steps:.3g} steps of the integrator, and {_MOST_STEPS:,} are allowed; ask for fewer points or "
            "for less time between them."
        )


def _lorenz_step(state: list[float], h: float, parameters: tuple[float, float, float]) -> list[float]:
    """The Taylor series summed; products of series are sums over pairs of coefficients."""
    sigma, rho, beta = parameters
    x, y, z = ([value] for value in state)
    for k in range(_TERMS):
        xz = sum(x[i] * z[k - i] for i in range(k + 1))
        xy = sum(x[i] * y[k - i] for i in range(k + 1))
        dx, dy, dz = sigma * (y[k] - x[k]), rho * x[k] - xz - y[k], xy - beta * z[k]
        for series, derivative in ((x, dx), (y, dy), (z, dz)):
            series.append(derivative / (k + 1))
    return [sum(c * h**k for k, c in reversed(list(enumerate(series)))) for series in (x, y, z)]


def mackey_glass(
    points: int, *, tau: float = 17.0, every: int = 10, step: float = 0.1, seed: int = 0, transient: int = 1000
) -> Series:
    """The Mackey-Glass equation ``y' = 0.2 y(t - tau) / (1 + y(t - tau)^10) - 0.1 y`` by Euler's steps.

    With its coarse step this is a map with many dimensions rather than the flow: the form in which echo state networks
    were measured. Values before the start are about 1.2.

    Parameters
    ----------
    points
        How many.
    tau
        The delay; chaotic from about 16.8 on.
    every
        One point every so many steps.
    step
        Of Euler's method; ``tau`` must be a whole number of them.
    seed
        Decides the values before the start.
    transient
        How many points are left out first.

    Raises
    ------
    InputError
        An argument is out of range.

    References
    ----------
    M. C. Mackey and L. Glass, Science 197 (1977) 287; H. Jaeger and H. Haas, Science 304 (2004) 78, supplement.

    Examples
    --------
    >>> from unrolled.series import mackey_glass
    >>> series = mackey_glass(500)
    >>> bool(0.2 < series.values.min() < series.values.max() < 1.4)
    True
    """
    points = require_whole("points", points, 1, _MOST_POINTS)
    every = require_whole("every", every, 1, _MOST_POINTS)
    transient = require_whole("transient", transient, 0, _MOST_POINTS)
    seed = require_whole("seed", seed, 0, 2**63 - 1)
    require_number("step", step, above=0.0)
    require_number("tau", tau, least=step)
    step, tau = float(step), float(tau)
    if step >= _UNSTABLE_STEP:
        raise InputError(f"step must be below {_UNSTABLE_STEP:g}, where Euler's method runs off; came {step:g}.")
    _require_few_steps(tau / step + (points + transient) * every)
    delay = round(tau / step)
    if abs(delay * step - tau) > 1e-9 * tau:
        raise InputError(f"tau must be a whole number of steps; came {tau:g} with steps of {step:g}.")
    y = (1.2 + 0.2 * (np.random.default_rng(seed).random(delay + 1) - 0.5)).tolist()
    for t in range((points + transient - 1) * every):
        late = y[t]
        y.append(y[-1] + step * (0.2 * late / (1 + late**10) - 0.1 * y[-1]))
    values = np.array(y[delay::every][transient:])
    return make_series(values, step * every * np.arange(points), names=("y",), x_name="t", name="mackey-glass")


def narma(
    points: int, *, order: int = 10, seed: int = 0
) -> tuple[Float[np.ndarray, " time"], Float[np.ndarray, " time"]]:
    """A nonlinear autoregressive moving average: inputs u and the outputs that they drive.

    ``y_{t+1} = 0.3 y_t + 0.05 y_t sum_{i<n} y_{t-i} + 1.5 u_{t-n+1} u_t + 0.1`` with u uniform between 0 and 0.5.
    The task is to say ``y_{t+1}`` from u up to u_t.

    Parameters
    ----------
    points
        How many of each.
    order
        n.
    seed
        Decides u.

    Returns
    -------
    tuple
        u_t and y_{t+1}, step by step.

    Raises
    ------
    InputError
        An argument is out of range, or y ran off to infinity, as it does for some inputs.

    References
    ----------
    A. F. Atiya and A. G. Parlos, IEEE Transactions on Neural Networks 11 (2000) 697.

    Examples
    --------
    >>> from unrolled.series import narma
    >>> u, y = narma(100)
    >>> u.shape, y.shape
    ((100,), (100,))
    """
    points = require_whole("points", points, 1, _MOST_POINTS)
    order = require_whole("order", order, 1, 1000)
    seed = require_whole("seed", seed, 0, 2**63 - 1)
    before = 2 * order
    u = np.random.default_rng(seed).uniform(0.0, 0.5, points + before)
    y = np.zeros(points + before + 1)
    with np.errstate(all="ignore"):
        for t in range(order - 1, points + before):
            y[t + 1] = 0.3 * y[t] + 0.05 * y[t] * y[t - order + 1 : t + 1].sum() + 1.5 * u[t - order + 1] * u[t] + 0.1
    if not (np.abs(y) < 1e3).all():
        raise InputError(f"this filter of order {order} runs off with seed {seed}; take another seed.")
    return u[before:], y[before + 1 :]
