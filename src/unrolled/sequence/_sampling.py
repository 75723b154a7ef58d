"""A network of classes left to run: every class is drawn from its prediction and becomes its next input."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from unrolled.arguments import require_number, require_whole
from unrolled.compilation import compiled
from unrolled.errors import InputError
from unrolled.networks import Network, padded_steps

__all__ = ["sample"]

_MOST_STEPS = 10_000_000


def sample(
    networks: Network, prompt: Float[np.ndarray, "time feature"], steps: int, *, temperature: float, seed: int
) -> Int[np.ndarray, " step"]:
    """Classes drawn one after the other by the first member.

    ``p_k ~ exp(a_k / temperature)`` with a_k what stands before the softmax.

    Raises
    ------
    InputError
        The network does not predict its own next input, or a setting is out of range.
    """
    require_whole("steps", steps, 1, _MOST_STEPS)
    require_whole("seed", seed, 0, 2**63 - 1)
    require_number("temperature", temperature, least=0.0)
    both = any(layer.bidirectional for layer in networks.layers)
    plain = not (networks.feedback or networks.encoder or both) and networks.readout.activation == "softmax"
    if not plain or networks.features != networks.outputs or networks.reads != "steps":
        raise InputError(
            "only a network with a softmax output whose classes are its next inputs can be sampled from; this one has "
            f"{networks.features} inputs and {networks.outputs} {networks.readout.activation} outputs."
        )
    if prompt.ndim != 2 or prompt.shape[1] != networks.features or not len(prompt):
        raise InputError(f"prompt must have shape (time, {networks.features}), time at least 1; came {prompt.shape}.")
    if not np.isfinite(prompt).all():
        raise InputError("prompt must hold finite numbers; came NaN or infinity.")
    first = jax.tree.map(lambda leaf: leaf[0], networks)
    words = np.random.SeedSequence(seed).generate_state(2)
    drawn = _draw(first, prompt, np.asarray(temperature, prompt.dtype), words, steps=padded_steps(steps))
    return np.asarray(drawn)[:steps]


@partial(compiled, static_argnames="steps")
def _draw(network: Network, prompt: Array, temperature: Array, words: Array, *, steps: int) -> Int[Array, " step"]:
    raw, states = network.raw(prompt, network.initial_states(), last=1)
    key = jax.random.wrap_key_data(words)

    def step(carried: tuple[Array, tuple], number: Array) -> tuple[tuple[Array, tuple], Array]:
        raw, states = carried
        noise = jax.random.gumbel(jax.random.fold_in(key, number), raw.shape, raw.dtype)
        chosen = jnp.argmax(raw + temperature * noise)
        raw, states = network.layer_step(jax.nn.one_hot(chosen, raw.shape[0], dtype=raw.dtype), states)
        return (raw, states), chosen

    return jax.lax.scan(step, (raw[-1], states), jnp.arange(steps))[1]
