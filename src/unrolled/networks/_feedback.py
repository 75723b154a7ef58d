"""Networks that see their own last output, step by step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from unrolled.networks._activations import activation
from unrolled.types import AnyArray

__all__ = ["fed_back", "run_fed_back", "shifted"]


def fed_back(raw: Float[AnyArray, "*batch output"], output: str) -> Float[AnyArray, "*batch output"]:
    """What a network sees of its own output: y, or where y is a softmax a 1 for the likeliest class and zeros.

    ``raw`` is what stands before the output function, ``output`` the function's name.
    """
    if output != "softmax":
        return activation(output)(jnp.asarray(raw))
    return jax.nn.one_hot(jnp.argmax(raw, axis=-1), raw.shape[-1], dtype=raw.dtype)


def shifted(
    fed: Float[Array, "*batch time output"],
    first: Float[Array, "*batch output"],
    real: Bool[AnyArray, "*batch time"] | None = None,
) -> Float[Array, "*batch time output"]:
    """What stands at the last real step before every step, at t - 1 as a rule; before all of them the first output."""
    row = jnp.concatenate([first[..., None, :], fed], axis=-2)
    if real is None:
        return row[..., :-1, :]
    numbers = jnp.where(real, jnp.arange(1, fed.shape[-2] + 1), 0)
    before = jax.lax.cummax(numbers, axis=numbers.ndim - 1)
    before = jnp.concatenate([jnp.zeros_like(before[..., :1]), before[..., :-1]], axis=-1)
    return jnp.take_along_axis(row, before[..., None], axis=-2)


def run_fed_back(
    step_of_layers: Callable[..., tuple[Any, Any]],
    output: str,
    inputs: Float[AnyArray, "*batch time feature"],
    states: Any,
    fed: Float[Array, "*batch time output"],
    *,
    real: Bool[AnyArray, "*batch time"] | None,
    clamps: Mapping[str, Any] | None,
    key: Array | None,
) -> tuple[Float[Array, "*batch time output"], Any]:
    """The raw outputs, before the output function, and the states after them.

    Parameters
    ----------
    step_of_layers
        One step of a network whose first layer sees ``(x_t, y_{t-1})``: :meth:`Network.layer_step`.
    output
        The name of the output function.
    inputs
        x_1..x_T.
    states
        Of the layers.
    fed
        What is seen in place of y_{t-1}, already shifted: NaN where it is the network's own.
    real
        Which steps are real; in the others nothing moves, neither states nor what was put out last.
    clamps
        By name of the layer the activities that are held; NaN: free.
    key
        For dropout.
    """

    def step(carried: tuple[Any, Array], given: Any) -> tuple[tuple[Any, Any], Any]:
        states, own = carried
        x, fed, real, held, number = given
        seen = jnp.concatenate([x, jnp.where(jnp.isnan(fed), own, fed)], axis=-1)
        own_key = None if key is None else jax.random.fold_in(key, number)
        raw, after = step_of_layers(seen, states, clamps=held, key=own_key)
        then = (after, fed_back(raw, output))
        if real is not None:
            then = jax.tree.map(lambda new, old: jnp.where(real[..., None], new, old), then, carried)
        return then, raw

    def by_time(values: AnyArray) -> Array:
        return jnp.moveaxis(jnp.asarray(values), -2, 0)

    reals = None if real is None else jnp.moveaxis(jnp.asarray(real), -1, 0)
    start = jnp.zeros(fed[..., 0, :].shape, fed.dtype)
    held = {name: by_time(part) for name, part in (clamps or {}).items()}
    along: Any = (by_time(inputs), by_time(fed), reals, held, jnp.arange(inputs.shape[-2]))
    (states, _), raw = jax.lax.scan(step, (states, start), along)
    return jnp.moveaxis(raw, 0, -2), states
