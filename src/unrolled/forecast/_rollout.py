"""The closed loop of every member: one compiled program."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from unrolled.compilation import compiled
from unrolled.forecast._framing import Framing
from unrolled.networks import Network, closed_loop, map_members, padded_steps, run_in_lanes
from unrolled.types import AnyArray

__all__ = ["RemainderLaw", "rollout", "rollout_remainder"]


class RemainderLaw(NamedTuple):
    """What the closed loop of a network with a base needs beside its weights.

    All of it arrays, so that other fits compile nothing. With many members every array has a leading axis of them.

    Attributes
    ----------
    weights
        Of the base, the oldest value's first, shape ``(lag, feature)``.
    intercept
        Of the base, shape ``(feature,)``.
    offset_in, width_in
        Of what the network sees, shape ``(feature,)``.
    offset_out, width_out
        Of the remainders, shape ``(feature,)``.
    """

    weights: Float[AnyArray, "*member lag feature"]
    intercept: Float[AnyArray, "*member feature"]
    offset_in: Float[AnyArray, "*member feature"]
    width_in: Float[AnyArray, "*member feature"]
    offset_out: Float[AnyArray, "*member feature"]
    width_out: Float[AnyArray, "*member feature"]


def rollout(
    networks: Network,
    windows: Float[np.ndarray, "window lag feature"],
    horizon: int,
    *,
    flat: bool,
    lanes: int | None,
) -> Float[Array, "member horizon feature"]:
    """Continue from the last window, each prediction fed back.

    Parameters
    ----------
    networks
        Members.
    windows
        The windows of the history, in order; only a stateful network looks at more than the last.
    horizon
        How many steps.
    flat
        Whether the lags are features of one step.
    lanes
        For a stateful network, how many states it carries from window to window.
    """
    steps = padded_steps(horizon)
    if lanes is None:
        return _stateless(networks, windows[-1], steps=steps, flat=flat)[:, :horizon]
    return _stateful(networks, windows, steps=steps, flat=flat, lanes=lanes)[:, :horizon]


def rollout_remainder(
    networks: Network,
    windows: Float[np.ndarray, "member lag feature"],
    laws: RemainderLaw,
    horizon: int,
    framing: Framing,
) -> Float[np.ndarray, "member horizon feature"]:
    """Continue each member from a window of its own: what its base says, and what its network adds.

    Parameters
    ----------
    networks
        Members.
    windows
        The last standardized values.
    laws
        One a member.
    horizon
        How many steps.
    framing
        What the networks see of a window.
    """
    shape = {"length": framing.window, "differences": framing.sees == "differences", "flat": framing.flat}
    made = _remainder(networks, windows, laws, steps=padded_steps(horizon), **shape)
    return np.asarray(made)[:, :horizon]


@partial(compiled, static_argnames=("steps", "length", "differences", "flat"))
def _remainder(
    networks: Network, windows: Array, laws: RemainderLaw, *, steps: int, length: int, differences: bool, flat: bool
) -> Array:
    def one(network: Network, window: Array, law: RemainderLaw) -> Array:
        # The recurrence wants all digits of the window, also where the network has fewer.
        dtype = jax.tree.leaves(network)[0].dtype

        def predict(window: Array, carried: None) -> tuple[Array, None]:
            seen = jnp.diff(window[-length - 1 :], axis=0) if differences else window[-length:]
            seen = (seen / law.width_in - law.offset_in / law.width_in).astype(dtype)
            outputs, _ = network.run(_shown(seen, flat), network.initial_states(), last=1)
            said = jnp.sum(law.weights * window, axis=0) + law.intercept
            return said + outputs[0].astype(said.dtype) * law.width_out + law.offset_out, carried

        return closed_loop(predict, window, None, steps)

    return map_members(one, networks, windows, laws)


@partial(compiled, static_argnames=("steps", "flat"))
def _stateless(networks: Network, window: Array, *, steps: int, flat: bool) -> Array:
    def one(network: Network) -> Array:
        def predict(window: Array, carried: None) -> tuple[Array, None]:
            outputs, _ = network.run(_shown(window, flat), network.initial_states(), last=1)
            return outputs[0], carried

        return closed_loop(predict, window, None, steps)

    return map_members(one, networks)


@partial(compiled, static_argnames=("steps", "flat", "lanes"))
def _stateful(networks: Network, windows: Array, *, steps: int, flat: bool, lanes: int) -> Array:
    """Windows go to the lanes in turn, through the known part and on through the predicted one."""
    known = windows.shape[0] - 1  # the last window is the first to predict from

    def one(network: Network) -> Array:
        inputs = jax.vmap(lambda window: _shown(window, flat))(windows[:-1])
        states = network.initial_states((lanes,))
        if known:
            _, states = run_in_lanes(network, inputs, states, lanes)

        def predict(window: Array, carried: tuple[Any, Array]) -> tuple[Array, tuple[Any, Array]]:
            states, index = carried
            lane = index % lanes
            outputs, after = network.run(_shown(window, flat), jax.tree.map(lambda s: s[lane], states), last=1)
            states = jax.tree.map(lambda all_lanes, new: all_lanes.at[lane].set(new), states, after)
            return outputs[0], (states, index + 1)

        return closed_loop(predict, windows[-1], (states, jnp.int32(known)), steps)

    return map_members(one, networks)


def _shown(window: Float[Array, "lag feature"], flat: bool) -> Float[Array, "time inp"]:
    return window.reshape(1, -1) if flat else window
