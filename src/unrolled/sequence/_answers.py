"""What trained networks say to a batch: compiled programs, one for a shape."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from unrolled.compilation import compiled
from unrolled.learn import error_of, real_steps, respond, scale_of
from unrolled.networks import Network, keep_where, map_members, run_in_lanes
from unrolled.types import Batch, precision

__all__ = ["Distribution", "answer", "carried", "distribution_of", "errors", "fresh_states"]


class Distribution(NamedTuple):
    """What a likelihood says of a value.

    Attributes
    ----------
    mean
        Its mean.
    scale
        Standard deviation of a Gaussian, scale of a Student distribution.
    freedom
        Degrees of freedom of a Student distribution; ``None`` for a Gaussian.
    """

    mean: np.ndarray
    scale: np.ndarray
    freedom: np.ndarray | None


def distribution_of(raw: np.ndarray, parts: int) -> Distribution:
    """The distribution from the outputs that stand for it, side by side."""
    with precision("float64"):
        mean, scale, *freedom = np.split(np.asarray(raw, np.float64), parts, axis=-1)
        nu = 2 + np.asarray(scale_of(jnp.asarray(freedom[0]))) if freedom else None
        return Distribution(mean, np.asarray(scale_of(jnp.asarray(scale))), nu)


@partial(compiled, static_argnames="lanes")
def answer(networks: Network, batch: Batch, *, lanes: int | None) -> Float[Array, "member batch last output"]:
    """What stands before the output function, of every member."""
    return map_members(lambda network: jnp.asarray(_raw(network, batch, lanes)), networks)


@partial(compiled, static_argnames=("name", "lanes"))
def errors(networks: Network, batch: Batch, *, name: str, lanes: int | None) -> Float[Array, " member"]:
    """The mean loss of every member."""

    def one(network: Network) -> Array:
        rows = jnp.ones(len(batch), batch.targets.dtype)
        rows = batch.weights if batch.weights is not None and batch.weights.ndim == 1 else rows
        raw = _raw(network, batch, lanes)
        total, weight = error_of(raw, batch, name, network.readout.activation, rows)
        return total / weight

    return map_members(one, networks)


@compiled
def carried(networks: Network, inputs: Array, states: Any, reset: Array) -> tuple[Array, Any]:
    """What stands before the output function, and the states after the last step; what is reset begins anew."""

    def one(network: Network, states: Any) -> tuple[Array, Any]:
        fresh = network.initial_states((inputs.shape[0],))
        raw, after = network.raw(inputs, keep_where(reset, fresh, states))
        return jnp.asarray(raw), after

    return map_members(one, networks, states)


@partial(compiled, static_argnames="count")
def fresh_states(networks: Network, *, count: int) -> Any:
    """The initial states of every member for that many sequences."""
    return map_members(lambda network: network.initial_states((count,)), networks)


def _raw(network: Network, batch: Batch, lanes: int | None) -> Array:
    if lanes is None:
        return jnp.asarray(respond(network, batch, fed=batch.fed)[0])
    last = batch.targets.shape[1]
    states = network.initial_states((lanes,))
    return jnp.asarray(
        run_in_lanes(network, batch.inputs, states, lanes, last=last, real=real_steps(batch), raw=True)[0]
    )
