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

    def weights(self, usable: Bool[np.ndarray, "candidate step"]) -> Float[np.ndarray, "candidate step"]:
        """One over the typical error, ``10^-score``, to the power of the sharpness, of those usable at each step.

        The sum over the candidates is 1 at every step; 0 where none is usable. Who could not be judged counts only
        where nobody could.
        """
        taking_part = usable & self.judged[:, None]
        taking_part = np.where(taking_part.any(axis=0), taking_part, usable)
        logs = np.where(self.judged, -self.sharpness * self.scores, 0.0)[:, None]
        highest = np.max(np.where(taking_part, logs, -np.inf), axis=0, initial=-1e300)
        weights = np.where(taking_part, 10.0 ** np.minimum(logs - highest, 0.0), 0.0)
        return weights / np.maximum(weights.sum(axis=0), np.finfo(np.float64).tiny)


def spread_of(values: Float[np.ndarray, " time"]) -> float:
    """The standard deviation of the known values; where all are equal their size, and 1 where they are zero."""
    size = float(np.max(np.abs(values)))
    # In units of a power of two sums do not overflow, and no digit changes.
    exponent = int(np.frexp(size)[1])
    deviations = np.ldexp(values, -exponent) - np.mean(np.ldexp(values, -exponent))
    largest = float(np.max(np.abs(deviations)))
    if largest > 0:
        return float(np.ldexp(largest * np.std(deviations / largest), exponent))
    return size or 1.0


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
    errors = _log_errors(predicted[:, :, : len(steps)], values[:until], np.minimum(targets, until - 1))
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
) -> tuple[Float[np.ndarray, " horizon"], Float[np.ndarray, "candidate horizon"]]:
    """The median of the candidates, each with its weight, step by step; and the weights.

    A candidate is left out from the step on at which it is infinite or leaves the others; the steps before are as they
    would be in a shorter forecast.

    Parameters
    ----------
    choice
        The scores.
    predicted
        The continuations from one origin.
    spread
        Of the known values: who leaves the others by a thousand spreads is thrown out.

    Returns
    -------
    tuple
        The median, NaN from the step on at which every candidate has run off, and the weights.
    """
    stable = np.logical_and.accumulate(np.isfinite(predicted), axis=1)
    safe = np.where(stable, predicted, 0.0)
    weights = choice.weights(stable)
    while (leaving := _leaving(safe, weights, stable, _UNSTABLE * spread)).any():
        # Only the first step at which any leaves is known: without them the median of later steps is another.
        step = int(np.argmax(leaving.any(axis=0)))
        stable[leaving[:, step], step:] = False
        weights = choice.weights(stable)
    return np.where(weights.any(axis=0), _weighted_median(safe, weights), np.nan), weights


def _leaving(
    predicted: Float[np.ndarray, "candidate horizon"],
    weights: Float[np.ndarray, "candidate horizon"],
    stable: Bool[np.ndarray, "candidate horizon"],
    reach: float,
) -> Bool[np.ndarray, "candidate horizon"]:
    """Who is further than that from the middle of those that are left; where two are the middle, from both."""
    low, high = _lower_quantile(predicted, weights, 0.5), -_lower_quantile(-predicted, weights, 0.5)
    with np.errstate(all="ignore"):
        return stable & (np.minimum(np.abs(predicted - low), np.abs(predicted - high)) > reach)


def middle_range(
    predicted: Float[np.ndarray, "candidate horizon"], weights: Float[np.ndarray, "candidate horizon"]
) -> Float[np.ndarray, " horizon"]:
    """How far apart the candidates are at every step: the middle two thirds of the weight."""
    safe = np.where(weights > 0, predicted, 0.0)
    return -_lower_quantile(-safe, weights, 1 / 6) - _lower_quantile(safe, weights, 1 / 6)


def _weighted_median(
    predicted: Float[np.ndarray, "candidate horizon"], weights: Float[np.ndarray, "candidate horizon"]
) -> Float[np.ndarray, " horizon"]:
    """Where the weight is halved between two values, their mean: so that -y has the median of y with a minus."""
    return 0.5 * _lower_quantile(predicted, weights, 0.5) - 0.5 * _lower_quantile(-predicted, weights, 0.5)


def _lower_quantile(
    predicted: Float[np.ndarray, "candidate horizon"], weights: Float[np.ndarray, "candidate horizon"], share: float
) -> Float[np.ndarray, " horizon"]:
    """The smallest value that has that share of the weight at or below it, but for rounding."""
    order = np.argsort(predicted, axis=0, kind="stable")
    cumulated = np.cumsum(np.take_along_axis(weights, order, axis=0), axis=0)
    place = np.argmax(cumulated >= share * (1 - _ROUNDING) * cumulated[-1], axis=0)
    steps = np.arange(predicted.shape[1])
    return predicted[order[place, steps], steps]
