"""What a hidden Markov model expected of every step, from those before it."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from unrolled.errors import InputError
from unrolled.statespace._autoregressive_emission import AutoregressiveEmission
from unrolled.statespace._categorical_emission import CategoricalEmission
from unrolled.statespace._hidden_markov import HiddenMarkov
from unrolled.statespace._observed_steps import sequences_of
from unrolled.statespace._state_posterior import forward_backward

__all__ = ["expect_one_step"]


def expect_one_step(model: HiddenMarkov, y: Any) -> tuple[Float[np.ndarray, "time feature"], Bool[np.ndarray, " time"]]:
    """The mean of every step given those before it, and which steps have one.

    ``sum_k P(s_t = k | y_1..t-1) mean_k``; with lags ``mean_k`` is what the recurrence of state k says. Without all of
    its lags a step has no mean, and 0 stands in its place.

    Parameters
    ----------
    model
        A hidden Markov model of numbers.
    y
        One sequence.

    Raises
    ------
    InputError
        Several sequences, symbols, or as :func:`forward_backward`.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.statespace import DiagonalEmission, HiddenMarkov, expect_one_step
    >>> emission = DiagonalEmission(np.array([[0.0], [8.0]]), np.ones((2, 1)))
    >>> model = HiddenMarkov(np.array([0.5, 0.5]), np.array([[0.75, 0.25], [0.25, 0.75]]), emission)
    >>> expect_one_step(model, [0.0, 8.0, 8.0])[0].round(2).tolist()
    [[4.0], [2.0], [6.0]]
    """
    emission: Any = model.emission
    if isinstance(emission, CategoricalEmission):
        raise InputError("symbols have no mean; take the predicted probabilities of forward_backward.")
    sequences = sequences_of(y)
    if len(sequences) != 1:
        raise InputError(f"one sequence is predicted at a time; came {len(sequences)}.")
    weights = forward_backward(model, sequences[0]).predicted
    if not isinstance(emission, AutoregressiveEmission):
        return weights @ np.asarray(emission.means), np.ones(len(weights), bool)
    past, there = _lags(sequences[0], emission.lags)
    coefficients = np.asarray(emission.A).transpose(0, 1, 3, 2).reshape(model.states, -1, emission.features)
    said = np.asarray(emission.c) + np.einsum("tl,klf->tkf", past, coefficients)
    return np.where(there[:, None], np.einsum("tk,tkf->tf", weights, said), 0.0), there


def _lags(
    rows: Float[np.ndarray, "time feature"], lags: int
) -> tuple[Float[np.ndarray, "time lagged"], Bool[np.ndarray, " time"]]:
    """The values before every row, the latest first, and whether all are known; that of the row itself need not be."""
    before = np.concatenate([np.full((lags, rows.shape[1]), np.nan), rows])
    past = np.concatenate([before[lags - lag : lags - lag + len(rows)] for lag in range(1, lags + 1)], axis=1)
    there = np.asarray(~np.isnan(past).any(axis=1))
    return np.where(there[:, None], past, 0.0), there
