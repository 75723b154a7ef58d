"""How the state of any system depends on the states before."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from unrolled.arguments import require_whole
from unrolled.compilation import compiled
from unrolled.dynamics._system import System, require_system
from unrolled.dynamics._trajectory import MOST_STEPS, steps_of, trajectory
from unrolled.errors import InputError
from unrolled.networks import GradientFlow, singular_values_by_lag
from unrolled.types import precision

__all__ = ["gradient_flow"]

_MOST_LAGS = 100_000
_MOST_NUMBERS = 100_000_000


def gradient_flow(
    system: System, lags: int = 50, *, inputs: Any = None, start: Any = None, washout: int = 1_000, seed: int = 0
) -> GradientFlow:
    """Singular values of dh_T/dh_t against the lag, of any system along its own trajectory.

    Of a network that is driven, :func:`unrolled.networks.sensitivity` also says how the error of each layer fades.

    Parameters
    ----------
    system
        A network, a map or a flow.
    lags
        The longest lag.
    inputs, start, washout, seed
        As in :func:`~unrolled.dynamics.trajectory`.

    Raises
    ------
    InputError
        An argument out of range, a system that runs off to infinity, or one that is too large for that many lags.

    Examples
    --------
    >>> from unrolled.dynamics import gradient_flow, logistic_map
    >>> gradient_flow(logistic_map(2.5), 3).norm.round(6).tolist()  # f' = -0.5 where it rests
    [1.0, 0.5, 0.25, 0.125]
    """
    require_system(system)
    lags = require_whole("lags", lags, 1, _MOST_LAGS)
    washout = require_whole("washout", washout, 0, MOST_STEPS)
    if lags * system.size**2 > _MOST_NUMBERS:
        raise InputError(f"{lags} Jacobians of {system.size:,} states take too much memory; ask for fewer lags.")
    states = trajectory(system, lags + 1, inputs=inputs, start=start, washout=washout, seed=seed)
    _, x = steps_of(system, lags + 1, inputs, washout)
    rows = np.broadcast_to(x, (lags, *x.shape)) if x.ndim == 1 else x[washout + 1 : washout + 1 + lags]
    with precision("float64"):
        jacobians = np.asarray(_jacobians(system, states[:-1], np.ascontiguousarray(rows)))
    chosen, values = singular_values_by_lag(jacobians[None], {"": slice(0, system.size)} | system.groups())
    whole = values.pop("")
    return GradientFlow(chosen, whole, {}, {}, {}, values)


@compiled
def _jacobians(system: System, states: Any, inputs: Any) -> Array:
    def one(step: tuple[Array, Array]) -> Array:
        h, x = step
        return jax.jacfwd(lambda h: system.advance(h, x))(h)

    return jax.lax.map(one, (jnp.asarray(states), jnp.asarray(inputs)))
