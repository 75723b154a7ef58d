"""Random weights, drawn on the host.

numpy draws them, not JAX: batched QR inside a compiled program can hang on two cores, and every new shape would cost
a compilation. A JAX key still decides, so that a member's weights follow from the member's seed alone.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

__all__ = ["glorot_uniform", "member_keys", "orthogonal", "random_generator"]


def member_keys(seed: int, members: int) -> list[Array]:
    """One random key for each member; member i has the same key in an ensemble of any size.

    Examples
    --------
    >>> from unrolled.networks import member_keys
    >>> bool((member_keys(0, 2)[1] == member_keys(0, 5)[1]).all())
    True
    """
    words = [np.random.SeedSequence([seed, member]).generate_state(2) for member in range(members)]
    return [jax.random.wrap_key_data(jnp.asarray(word)) for word in words]


def random_generator(key: Array) -> np.random.Generator:
    """A numpy generator that a JAX key decides."""
    return np.random.default_rng(np.asarray(jax.random.key_data(key)).tolist())


def glorot_uniform(generator: np.random.Generator, shape: tuple[int, int]) -> Float[np.ndarray, "out inp"]:
    """Uniform in ``±sqrt(6 / (inputs + outputs))`` (Glorot and Bengio 2010, equation 16); Keras's default."""
    limit = np.sqrt(6.0 / sum(shape))
    return generator.uniform(-limit, limit, shape)


def orthogonal(generator: np.random.Generator, shape: tuple[int, int]) -> Float[np.ndarray, "out inp"]:
    """Orthonormal columns (rows, where there are more columns), uniform over such matrices (Saxe et al. 2014).

    The QR factors of a Gaussian matrix, with signs fixed so that the distribution is the uniform one.
    """
    tall = (max(shape), min(shape))
    q, r = np.linalg.qr(generator.normal(size=tall))
    q = q * np.where(np.diag(r) < 0, -1.0, 1.0)
    return q if shape == tall else q.T
