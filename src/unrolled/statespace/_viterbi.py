"""Whole paths through the hidden states: the most probable one, and draws."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from unrolled.arguments import MOST, require_kind, require_whole
from unrolled.compilation import compiled
from unrolled.errors import InputError
from unrolled.statespace._forward_backward import forward
from unrolled.statespace._hidden_markov import HiddenMarkov, read_observations
from unrolled.statespace._observed_steps import ObservedSteps
from unrolled.types import precision

__all__ = ["sample_states", "viterbi"]


def viterbi(
    model: HiddenMarkov, y: Any, lengths: Any = None
) -> tuple[Int[np.ndarray, " time"], Float[np.ndarray, " sequence"]]:
    r"""The most probable path through the hidden states, and its probability.

    ``delta_t(j) = max_i (delta_{t-1}(i) + log A_ij) + log p(y_t | j)``, and back along the states that gave the maxima.

    Parameters
    ----------
    model, y, lengths
        As for :func:`forward_backward`.

    Returns
    -------
    tuple
        The states, sequences end to end, and ``log p(path, y)`` of every sequence.

    Raises
    ------
    InputError
        As there.

    References
    ----------
    A. J. Viterbi, IEEE Transactions on Information Theory 13 (1967) 260; L. R. Rabiner, Proceedings of the IEEE 77
    (1989) 257, equations 32 to 35.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.statespace import GaussianEmission, HiddenMarkov, viterbi
    >>> emission = GaussianEmission(np.array([[0.0], [5.0]]), np.ones((2, 1, 1)))
    >>> model = HiddenMarkov(np.array([0.5, 0.5]), np.array([[0.9, 0.1], [0.1, 0.9]]), emission)
    >>> viterbi(model, [0.1, -0.2, 4.9, 5.2])[0].tolist()
    [0, 0, 1, 1]
    """
    model, steps, real = read_observations(model, y, lengths)
    with precision("float64"):
        path, logs = (np.asarray(part) for part in _best_path(model, steps))
    count = sum(real)
    totals = np.add.reduceat(logs[:count], np.cumsum((0, *real[:-1])))
    if not np.isfinite(totals).all():
        raise InputError(
            f"the model gives sequence {int(np.argmin(totals))} probability zero on every path; learn with "
            "pseudo-counts."
        )
    return path[:count], totals


def sample_states(
    model: HiddenMarkov, y: Any, count: int = 1, *, key: Array, lengths: Any = None
) -> Int[np.ndarray, "path time"]:
    """Paths through the hidden states drawn from ``P(s_1..T | y)``.

    From the end backwards: ``P(s_t | s_{t+1}, y) ∝ alpha_t(s_t) A[s_t, s_{t+1}]``.

    Parameters
    ----------
    model, y, lengths
        As for :func:`forward_backward`.
    count
        How many paths.
    key
        A random key.

    Raises
    ------
    InputError
        As there, or a count below 1.

    References
    ----------
    S. L. Scott, Journal of the American Statistical Association 97 (2002) 337, section 2.

    Examples
    --------
    >>> import jax, numpy as np
    >>> from unrolled.statespace import GaussianEmission, HiddenMarkov, sample_states
    >>> emission = GaussianEmission(np.array([[0.0], [9.0]]), np.ones((2, 1, 1)))
    >>> model = HiddenMarkov(np.array([0.5, 0.5]), np.array([[0.9, 0.1], [0.1, 0.9]]), emission)
    >>> sample_states(model, [0.1, -0.2, 8.9], key=jax.random.key(0)).tolist()
    [[0, 0, 1]]
    """
    require_whole("count", count, 1, MOST)
    require_kind("key", key, jax.Array)
    model, steps, real = read_observations(model, y, lengths)
    with precision("float64"):
        paths, possible = (np.asarray(part) for part in _drawn_paths(model, steps, key, count=count))
    if not possible:
        raise InputError("the model gives these observations probability zero; learn with pseudo-counts.")
    return paths[:, : sum(real)]


@compiled
def _best_path(model: HiddenMarkov, steps: ObservedSteps) -> tuple[Array, Array]:
    """The path, and what each of its steps adds to its log-probability."""
    log_b = model.emission.log_density(steps)
    log_initial, log_A = jnp.log(jnp.asarray(model.initial)), jnp.log(jnp.asarray(model.transition))

    def onward(delta: Any, step: Any) -> Any:
        log_b_t, begins = step
        through = jnp.where(begins, delta[:, None] + log_initial, delta[:, None] + log_A)
        came = jnp.argmax(through, axis=0).astype(jnp.int32)
        new = jnp.max(through, axis=0) + log_b_t
        # Only differences count; the constant keeps them exact over long sequences.
        return new - jnp.where(jnp.max(new) > -jnp.inf, jnp.max(new), 0.0), came

    delta, came = jax.lax.scan(onward, jnp.zeros_like(log_initial), (log_b, jnp.asarray(steps.first)))
    last = jnp.argmax(delta).astype(jnp.int32)
    path = jax.lax.scan(lambda state, row: (row[state], state), last, came, reverse=True)[1]
    before = jnp.concatenate([path[:1], path[:-1]])
    added = jnp.where(jnp.asarray(steps.first), log_initial[path], log_A[before, path])
    return path, added + jnp.take_along_axis(log_b, path[:, None], axis=1)[:, 0]


@partial(compiled, static_argnames="count")
def _drawn_paths(model: HiddenMarkov, steps: ObservedSteps, key: Array, *, count: int) -> tuple[Array, Array]:
    A = jnp.asarray(model.transition)
    filtered, logs = forward((model.initial, A), model.emission.log_density(steps), steps.first)
    uniform = jax.random.uniform(key, (len(filtered), count))
    begins_next = jnp.append(jnp.asarray(steps.first)[1:], True)

    def back(later: Any, step: Any) -> Any:
        alpha, begins, u = step
        weights = jnp.where(begins, alpha[:, None], alpha[:, None] * A[:, later])  # (state, path)
        sums = jnp.cumsum(weights, axis=0)
        state = jnp.sum(u * sums[-1] >= sums, axis=0).astype(jnp.int32)
        return jnp.minimum(state, len(A) - 1), jnp.minimum(state, len(A) - 1)

    start = jnp.zeros(count, jnp.int32)
    paths = jax.lax.scan(back, start, (filtered, begins_next, uniform), reverse=True)[1]
    return paths.T, jnp.all(logs > -jnp.inf)
