"""Systems whose dynamics are known, to compare with and to be tested on."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from unrolled.arguments import require_number
from unrolled.dynamics._system import Flow, IteratedMap

__all__ = ["henon_map", "logistic_map", "lorenz_flow"]


def logistic_map(r: float = 4.0) -> IteratedMap:
    """``h' = r h (1 - h)``; at r = 4 the exponent is log 2.

    Examples
    --------
    >>> from unrolled.dynamics import logistic_map, trajectory
    >>> trajectory(logistic_map(2.0), 20)[-1].round(6).tolist()
    [0.5]
    """
    require_number("r", r)
    return IteratedMap(_logistic, float(r), np.array([0.3]))


def henon_map(a: float = 1.4, b: float = 0.3) -> IteratedMap:
    """``(u, v)' = (1 - a u^2 + v, b u)``; the exponents add up to log b, and the larger one is 0.419.

    References
    ----------
    M. Hénon, Communications in Mathematical Physics 50 (1976) 69; J. C. Sprott, "Chaos and time-series analysis",
    2003, appendix A (the exponent).

    Examples
    --------
    >>> from unrolled.dynamics import henon_map
    >>> henon_map().size
    2
    """
    require_number("a", a)
    require_number("b", b)
    return IteratedMap(_henon, (float(a), float(b)), np.array([0.1, 0.1]))


def lorenz_flow(
    step: float = 0.02, parts: int = 2, *, sigma: float = 10.0, rho: float = 28.0, beta: float = 8 / 3
) -> Flow:
    """The Lorenz system, looked at every ``step``; its exponents are 0.906, 0 and -14.57 in a unit of time.

    The series is :func:`unrolled.series.lorenz`.

    References
    ----------
    E. N. Lorenz, Journal of the Atmospheric Sciences 20 (1963) 130; J. C. Sprott, as above (the exponents).

    Examples
    --------
    >>> from unrolled.dynamics import lorenz_flow
    >>> lorenz_flow(0.025).spacing
    0.025
    """
    for name, value in (("sigma", sigma), ("rho", rho), ("beta", beta)):
        require_number(name, value)
    return Flow(_lorenz, (float(sigma), float(rho), float(beta)), np.array([1.0, 1.0, 20.0]), step, parts)


def _logistic(h: Any, r: Any) -> Any:
    return r * h * (1 - h)


def _henon(h: Any, parameters: Any) -> Any:
    a, b = parameters
    return jnp.stack([1 - a * h[0] ** 2 + h[1], b * h[0]])


def _lorenz(h: Any, parameters: Any) -> Any:
    sigma, rho, beta = parameters
    x, y, z = h
    return jnp.stack([sigma * (y - x), x * (rho - z) - y, x * y - beta * z])
