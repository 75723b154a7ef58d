"""Candidates judged on rolling origins, weighted, and combined."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from unrolled.choose._continuations import Continuations

__all__ = ["Choice", "choose", "combine", "middle_range", "spread_of"]

# An error below this share of the spread is rounding; all such errors are equally good.
_LEAST_ERROR, _LARGEST_ERROR = 1e-11, 1e6
_SHARP = 8.0
# A continuation that leaves the others by this many spreads is an unstable closed loop.
_UNSTABLE = 1e3
_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Choice:
    """How the candidates did, and what each of them counts.

    Attributes
    ----------
    scores
        Mean log10 of the error over the spread of the known values, shape ``(candidate,)``: later origins count more,
        later steps less, and few origins cost up to a decade. Infinite for a candidate that could not be judged.
    sharpness
        How much a better score counts: a long series knows the scores well.
    """

    scores: Float[np.ndarray, " candidate"]
    sharpness: float = 1.0

    @property
    def judged(self) -> Bool[np.ndarray, " candidate"]:
        """Who could be judged."""
        return np.isfinite(self.scores)

    def weights(self, usable: Bool[np.ndarray, " candidate"]) -> Float[np.ndarray, " candidate"]:
        """One over the typical error, ``10^-score``, to the power of the sharpness, for usable ones; the sum is 1."""
        taking_part = self.judged & usable
        if not taking_part.any():
            return usable / max(int(usable.sum()), 1)
        raised = np.where(taking_part, -self.sharpness * self.scores, -np.inf)
        weights = 10.0 ** (raised - raised.max())
        return weights / weights.sum()


def spread_of(values: Float[np.ndarray, " time"]) -> float:
    """The standard deviation of the known values; where all are equal their size, and 1 where they are zero."""
    largest = float(np.max(np.abs(values - values.mean())))
    if largest > 0:
        return largest * float(np.std((values - values.mean()) / largest))
    return float(np.max(np.abs(values))) or 1.0


def choose(values: Float[np.ndarray, " time"], continuations: Continuations, until: int | None = None) -> Choice:
    """Judge every candidate by its errors from the origins before ``until``, at values before ``until``.

    Parameters
    ----------
    values
        The known values.
    continuations
        What the candidates said.
    until
        How many values may be looked at; all of them if left out. The choice that would have been made earlier shows
        how much a forecast still moves.
    """
    origins, predicted = continuations.origins, continuations.predicted
    until = origins.points if until is None else until
    starts = np.array(origins.starts)
    steps = np.arange(min(predicted.shape[2], origins.ahead))
    targets = starts[:, None] + steps
    seen = (targets < until) & (starts < until)[:, None]
    errors = _log_errors(predicted[:, :, : len(steps)], values, np.minimum(targets, len(values) - 1))
    back = (until - starts) / origins.stride - 1.0
    importance = np.where(seen, 0.5 ** (back / origins.half_life)[:, None] / np.sqrt(1.0 + steps), 0.0)
    importance = np.where(np.isnan(errors), 0.0, importance)
    total = importance.sum(axis=(1, 2))
    mean = np.sum(importance * np.nan_to_num(errors), axis=(1, 2)) / np.where(total > 0, total, 1.0)
    counts = np.count_nonzero(importance[:, :, 0], axis=1)
    scores = np.where(total > 0, mean + 1.0 / np.maximum(counts, 1), np.inf)
    return Choice(scores, _SHARP if origins.long else 1.0)


def _log_errors(predicted: np.ndarray, values: np.ndarray, targets: np.ndarray) -> np.ndarray:
    with np.errstate(all="ignore"):
        errors = np.abs(predicted - values[targets]) / spread_of(values)
    errors = np.where(np.isinf(errors), _LARGEST_ERROR, errors)
    return np.log10(np.clip(errors, _LEAST_ERROR, _LARGEST_ERROR))


def combine(
    choice: Choice, predicted: Float[np.ndarray, "candidate horizon"], spread: float
) -> tuple[Float[np.ndarray, " horizon"], Float[np.ndarray, " candidate"]]:
    """The median of the candidates, each with its weight, step by step; and the weights.

    Parameters
    ----------
    choice
        The scores.
    predicted
        The continuations from one origin.
    spread
        Of the known values: who leaves the others by a thousand spreads is thrown out.
    """
    finite = np.asarray(np.isfinite(predicted).all(axis=1))
    safe = np.where(finite[:, None], predicted, 0.0)
    first = _weighted_median(safe, choice.weights(finite))
    with np.errstate(all="ignore"):
        stable = finite & (np.max(np.abs(safe - first), axis=1) <= _UNSTABLE * spread)
    weights = choice.weights(stable)
    return _weighted_median(safe, weights), weights


def middle_range(
    predicted: Float[np.ndarray, "candidate horizon"], weights: Float[np.ndarray, " candidate"]
) -> Float[np.ndarray, " horizon"]:
    """How far apart the candidates are at every step: the middle two thirds of the weight."""
    safe = np.where(weights[:, None] > 0, predicted, 0.0)
    return -_lower_quantile(-safe, weights, 1 / 6) - _lower_quantile(safe, weights, 1 / 6)


def _weighted_median(
    predicted: Float[np.ndarray, "candidate horizon"], weights: Float[np.ndarray, " candidate"]
) -> Float[np.ndarray, " horizon"]:
    """Where the weight is halved between two values, their mean: so that -y has the median of y with a minus."""
    return 0.5 * _lower_quantile(predicted, weights, 0.5) - 0.5 * _lower_quantile(-predicted, weights, 0.5)


def _lower_quantile(
    predicted: Float[np.ndarray, "candidate horizon"], weights: Float[np.ndarray, " candidate"], share: float
) -> Float[np.ndarray, " horizon"]:
    """The smallest value that has that share of the weight at or below it, but for rounding."""
    order = np.argsort(predicted, axis=0, kind="stable")
    cumulated = np.cumsum(weights[order], axis=0)
    place = np.argmax(cumulated >= share * (1 - _ROUNDING) * cumulated[-1], axis=0)
    steps = np.arange(predicted.shape[1])
    return predicted[order[place, steps], steps]
