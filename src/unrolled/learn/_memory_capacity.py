"""How much of its past inputs the state of a network holds."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float

from unrolled.arguments import require_array, require_whole
from unrolled.errors import InputError

__all__ = ["memory_capacity"]

_MOST_DELAYS = 1_000_000


def memory_capacity(states: Any, inputs: Any, delays: int, *, washout: int = 0) -> Float[np.ndarray, " delay"]:
    """``MC_k``, k = 0, 1, ...: the squared correlation of u_{t-k} with the best linear readout of h_t.

    It is the share of the variance of u_{t-k} that the states explain, from one singular value decomposition for all
    delays. For inputs that are independent of each other the sum over all delays is at most the number of units.
    Measured on n steps, a delay that is forgotten still shows about units / n.

    Parameters
    ----------
    states
        h_t of every step, ``(time, unit)``: of a reservoir (:func:`~unrolled.networks.collect_states`) or of any layer
        (:func:`~unrolled.networks.unroll`).
    inputs
        u_t, which drove them, ``(time,)``.
    delays
        How many delays, from 0 on.
    washout
        How many leading steps are left out, beside those that have no u_{t-k}.

    Returns
    -------
    Array
        MC_k, between 0 and 1.

    Raises
    ------
    InputError
        Arrays of other shapes, too few steps, values that are not finite, or inputs that never change.

    References
    ----------
    H. Jaeger, "Short term memory in echo state networks", GMD Report 152 (2001), definition 1.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.learn import memory_capacity
    >>> u = np.random.default_rng(0).normal(size=400)
    >>> delay_line = np.stack([np.roll(u, k) for k in range(3)], axis=1)  # three units, each a step later
    >>> memory_capacity(delay_line, u, 5, washout=3).round(1).tolist()
    [1.0, 1.0, 1.0, 0.0, 0.0]
    """
    states, inputs = require_array("states", states, "time", "unit"), require_array("inputs", inputs, "time")
    require_whole("delays", delays, 1, _MOST_DELAYS)
    require_whole("washout", washout, 0, len(inputs))
    if len(states) != len(inputs):
        raise InputError(f"states and inputs must be of one length; came {len(states)} and {len(inputs)} steps.")
    if not states.shape[1]:
        raise InputError("states must be of one unit at least; came none.")
    first = max(washout, delays - 1)
    rows = len(inputs) - first
    if rows <= states.shape[1] + 1:
        raise InputError(
            f"{rows} steps after the washout and the longest delay are too few for {states.shape[1]} units; give more "
            "steps or ask for fewer delays."
        )
    if not (np.isfinite(states).all() and np.isfinite(inputs).all()):
        raise InputError("states and inputs must be finite numbers.")
    late = np.stack([inputs[first - k : len(inputs) - k] for k in range(delays)], axis=1)
    late = late - late.mean(axis=0)
    size = np.sum(late**2, axis=0)
    if not (size > 0).all():
        raise InputError("the inputs never change, so there is nothing to remember.")
    h = states[first:] - states[first:].mean(axis=0)
    u, s, _ = np.linalg.svd(h, full_matrices=False)
    spanned = u[:, s > max(h.shape) * np.finfo(float).eps * s[0]]
    return np.minimum(np.sum((spanned.T @ late) ** 2, axis=0) / size, 1.0)
