"""How many hidden units: by the likelihood of what comes next, from rolling origins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from jaxtyping import Float

from unrolled.arguments import require_whole
from unrolled.errors import InputError, TrainingError
from unrolled.statespace._kalman_filter import filter_states
from unrolled.statespace._learn_linear_gaussian import learn_linear_gaussian
from unrolled.statespace._linear_gaussian import LinearGaussian
from unrolled.statespace._subspace import series_values, subspace_system

__all__ = ["ChosenUnits", "choose_units"]

_CANDIDATES = (1, 2, 3, 4, 6, 8)
# Where the known part is cut: it learns before, and is judged up to the next.
_CUTS = (0.6, 0.8, 1.0)
_ITERATIONS = 25


@dataclass(frozen=True)
class ChosenUnits:
    """The number of hidden units, and what spoke for it.

    Attributes
    ----------
    units
        The choice.
    scores
        By number of units: the mean log-likelihood of a value that came after an origin, given all before it. Minus
        infinity where a system could not be learned.
    """

    units: int
    scores: Mapping[int, float]


def choose_units(y: Any, candidates: Sequence[int] = _CANDIDATES) -> ChosenUnits:
    """Choose the number of hidden units by one-step likelihoods on rolling origins.

    Every candidate learns the leading six tenths of the series, and is judged by the two tenths that follow, each value
    predicted from all before it; then with eight tenths. Nothing is learned from what is judged. Systems of fewer units
    than the largest stand in the same compiled program, with units that nothing reaches.

    Parameters
    ----------
    y
        Shape ``(time, feature)``; NaN is missing. Best with features of similar size.
    candidates
        Numbers of units; those that the series is too short for are left out.

    Raises
    ------
    InputError
        Too few points for the smallest.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.statespace import choose_units
    >>> g = np.random.default_rng(0)
    >>> wave = np.sin(0.3 * np.arange(200)) + 0.3 * g.normal(size=200)
    >>> choose_units(wave[:, None], (1, 2)).units
    2
    """
    values = series_values(y)
    if not candidates:
        raise InputError("candidates is empty; name one number of units at least.")
    for units in candidates:
        require_whole("units", units, 1, 1_000)
    first = int(_CUTS[0] * len(values))
    begun = {units: system for units in candidates if (system := _begun(values[:first], units)) is not None}
    if not begun:
        raise InputError(
            f"{len(values)} points are too few to choose among {', '.join(map(str, candidates))} hidden units; name a "
            "number of units."
        )
    largest = max(begun)
    scores = {units: _score(values, units, largest) for units in begun}
    if not np.isfinite(list(scores.values())).any():
        raise InputError(
            "no number of hidden units could be judged: nothing is known of the last two fifths of the series, or no "
            "system could be learned; name a number of units."
        )
    return ChosenUnits(max(scores, key=lambda units: (scores[units], -units)), scores)


def _begun(known: np.ndarray, units: int) -> LinearGaussian | None:
    if np.isnan(known).all(axis=0).any():
        return None
    try:
        return subspace_system(known, units)
    except InputError:
        return None


def _score(values: Float[np.ndarray, "time feature"], units: int, room: int) -> float:
    total, count = 0.0, 0
    for cut, until in pairwise(_CUTS):
        origin, end = int(cut * len(values)), int(until * len(values))
        head = values.copy()
        head[origin:] = np.nan  # missing, not cut: one length, one program
        start = _begun(values[:origin], units)
        if start is None:
            return -np.inf
        try:
            model = learn_linear_gaussian(with_room(start, room), head, iterations=_ITERATIONS, tolerance=1e-4).model
            judged = filter_states(model, np.where(np.arange(len(values))[:, None] < end, values, np.nan))
        except (TrainingError, InputError):
            return -np.inf
        total += float(judged.log_likelihoods[origin:end].sum())
        count += int(np.count_nonzero(~np.isnan(values[origin:end])))
    return total / count if count else -np.inf


def with_room(model: LinearGaussian, units: int) -> LinearGaussian:
    """The same system with more units, which nothing reaches and which nobody sees."""
    more = units - model.units
    if more <= 0:
        return model
    W = np.pad(np.asarray(model.W), ((0, more), (0, more)))
    V = np.pad(np.asarray(model.V), ((0, 0), (0, more)))
    Q, P = (np.pad(np.asarray(part), ((0, more), (0, more))) for part in (model.Q, model.P))
    for part in (Q, P):
        part[model.units :, model.units :] = np.eye(more)
    m = np.pad(np.asarray(model.m), (0, more))
    return LinearGaussian(W, V, Q, model.R, m, P, c=model.c)
