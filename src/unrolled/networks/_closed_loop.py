"""A network left to run: every prediction becomes the next input."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from unrolled.types import AnyArray

__all__ = ["closed_loop", "padded_steps"]


def closed_loop(
    predict: Callable[[Array, Any], tuple[Array, Any]],
    window: Float[AnyArray, "lag feature"],
    carried: Any,
    steps: int,
) -> Float[Array, "steps feature"]:
    """Continue a series by feeding predictions back: one compiled scan.

    ``y_{t+1} = predict(y_{t-L+1}, ..., y_t)``, and then the same with the window moved on by one.

    Parameters
    ----------
    predict
        From a window and what is carried along (hidden states, a counter, or nothing) to the next value, shape
        ``(feature,)``, and what is carried next.
    window
        The last L known values.
    carried
        What ``predict`` gets first beside the window.
    steps
        How many values to predict.

    Returns
    -------
    Array
        The predicted values, shape ``(steps, feature)``.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from unrolled.networks import closed_loop
    >>> fibonacci = lambda window, carried: (window[0] + window[1], carried)
    >>> closed_loop(fibonacci, jnp.array([[1.0], [1.0]]), None, 4).ravel().tolist()
    [2.0, 3.0, 5.0, 8.0]
    """

    def step(state: tuple[Array, Any], _: None) -> tuple[tuple[Array, Any], Array]:
        window, carried = state
        value, carried = predict(window, carried)
        return (jnp.concatenate([window[1:], value[None]]), carried), value

    return jax.lax.scan(step, (jnp.asarray(window), carried), None, length=steps)[1]


def padded_steps(steps: int) -> int:
    """The next power of two, 16 at least: horizons that share it share a compiled program."""
    return max(16, 1 << (steps - 1).bit_length())
