"""Networks that see their own last output, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from unrolled.types import AnyArray

if TYPE_CHECKING:
    from unrolled.networks._network import Network

__all__ = ["fed_back", "run_fed_back", "shifted"]


def fed_back(network: Network, raw: Float[AnyArray, "*batch output"]) -> Float[AnyArray, "*batch output"]:
    """What a network sees of its own output: y, or where y is a softmax a 1 for the likeliest class and zeros."""
    if network.readout.activation != "softmax":
        return network.output(raw)
    return jax.nn.one_hot(jnp.argmax(raw, axis=-1), raw.shape[-1], dtype=raw.dtype)


def shifted(fed: Float[Array, "*batch time output"], first: Float[Array, "*batch output"]) -> Float[Array, "..."]:
    """What stands at t - 1 at every step t, the first output before all."""
    return jnp.concatenate([first[..., None, :], fed[..., :-1, :]], axis=-2)


def run_fed_back(
    network: Network,
    inputs: Float[AnyArray, "*batch time feature"],
    states: Any,
    fed: Float[Array, "*batch time output"],
    *,
    real: Bool[AnyArray, "*batch time"] | None,
    key: Array | None,
) -> tuple[Float[Array, "*batch time output"], Any]:
    """The raw outputs, before the output function, and the states after them.

    Parameters
    ----------
    network
        Its first layer sees ``(x_t, y_{t-1})``.
    inputs
        x_1..x_T.
    states
        Of the layers.
    fed
        What is seen in place of y_{t-1}, already shifted: NaN where it is the network's own.
    real
        Which steps are real; in the others nothing moves.
    key
        For dropout.
    """

    def step(carried: tuple[Any, Array], given: Any) -> tuple[tuple[Any, Any], Any]:
        states, own = carried
        x, fed, real, number = given
        seen = jnp.concatenate([x, jnp.where(jnp.isnan(fed), own, fed)], axis=-1)
        own_key = None if key is None else jax.random.fold_in(key, number)
        raw, after = network.layer_step(seen, states, key=own_key)
        if real is not None:
            after = jax.tree.map(lambda new, old: jnp.where(real[..., None], new, old), after, states)
        return (after, fed_back(network, raw)), raw

    time = inputs.shape[-2]
    by_time = [jnp.moveaxis(jnp.asarray(part), -2, 0) for part in (inputs, fed)]
    reals = None if real is None else jnp.moveaxis(jnp.asarray(real), -1, 0)
    start = jnp.zeros(fed[..., 0, :].shape, fed.dtype)
    along: Any = (*by_time, reals, jnp.arange(time))
    (states, _), raw = jax.lax.scan(step, (states, start), along)
    return jnp.moveaxis(raw, 0, -2), states
