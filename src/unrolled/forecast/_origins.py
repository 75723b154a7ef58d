"""One model trained anew at many origins of a series, by one compiled program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Float

from unrolled.arguments import require_whole
from unrolled.errors import InputError
from unrolled.forecast._forecaster import FittedForecaster, Forecaster
from unrolled.forecast._remainder import Remainder
from unrolled.forecast._rollout import rollout_remainder
from unrolled.learn import Fit, GradientDescent, History, Watch, train
from unrolled.networks import Network, initialize_members, member_keys
from unrolled.series import Series, as_series
from unrolled.types import Batch, precision
from unrolled.windows import Windows

__all__ = ["OriginContinuations", "continue_from_origins"]

_MOST_STEPS = 1_000_000
# Windows are filled up to a multiple of this, so that series of other lengths compile nothing.
_WINDOWS = 8


@dataclass(frozen=True, eq=False)
class OriginContinuations:
    """How a series was continued from several of its values.

    Attributes
    ----------
    origins
        How many of the leading values were known.
    mean
        The predictions, shape ``(origin, step)``; NaN where too few values were known or every member failed.
    members
        The predictions of every member, shape ``(origin, member, step)``; NaN for a member that failed.
    fitted
        The trained model of every origin, to be saved or to go on with; ``None`` where there is none.
    """

    origins: tuple[int, ...]
    mean: Float[np.ndarray, "origin step"]
    members: Float[np.ndarray, "origin member step"]
    fitted: tuple[FittedForecaster | None, ...]


class _Origin(NamedTuple):
    """What is known at an origin that has values enough."""

    known: Series
    frame: Remainder


def continue_from_origins(
    model: Forecaster, data: Any, origins: Sequence[int], steps: int, *, watch: Watch | None = None
) -> OriginContinuations:
    """Train a model on the first values of a series, anew for every origin, and continue from there.

    At an origin o nothing but the first o values enters: not in the base, not in the scalers, not in the training. Its
    members are those that ``model.fit`` gives on these values, to rounding. All origins share one program that trains
    and one that continues: their windows are filled up with sequences of no weight.

    Parameters
    ----------
    model
        A forecaster with a base that learns by gradient descent and keeps no windows for validation.
    data
        One feature: an array, a :class:`~unrolled.series.Series`, or anything else that ``fit`` takes.
    origins
        Numbers of leading values, in any order. Where they are too few for base and window, predictions are NaN.
    steps
        How many values to predict from every origin.
    watch
        Called now and then in training with the history so far (a member an origin and network) and the number of
        epochs to come.

    Returns
    -------
    OriginContinuations
        Predictions and trained models, in the order of the origins.

    Raises
    ------
    InputError
        The model does not suit, the series has several features, or an origin lies outside it.
    TrainingError
        No member ended with a finite loss, at any origin.

    Examples
    --------
    >>> import numpy as np
    >>> import unrolled
    >>> from unrolled.forecast import continue_from_origins
    >>> model = unrolled.model("rnn", base="recurrence:1", units=2, epochs=2, members=2, validation=0.0)
    >>> continue_from_origins(model, 0.5 ** np.arange(9), [2, 8], steps=2).mean.round(6).tolist()
    [[nan, nan], [0.003906, 0.001953]]
    """
    series = as_series(data)
    learner = _check(model, series, origins, steps)
    enough = [row for row, origin in enumerate(origins) if origin >= model.framing.least]
    members = np.full((len(origins), model.members, steps), np.nan)
    fitted: list[FittedForecaster | None] = [None] * len(origins)
    if enough:
        heads = [series.head(origins[row]) for row in enough]
        ready = [_Origin(known, Remainder.fit(model.framing, known)) for known in heads]
        fit = _train(model, learner, ready, watch)
        made = _continue(model, ready, fit.networks, steps)
        for place, (row, origin) in enumerate(zip(enough, ready, strict=True)):
            own = slice(place * model.members, (place + 1) * model.members)
            fitted[row] = one = _fitted(model, origin, fit, own)
            kept = [] if one is None else list(one.sequence.kept)
            members[row, kept] = origin.frame.base.unscale(made[own])[kept, :, 0]
    members[~np.isfinite(members).all(axis=2)] = np.nan
    return OriginContinuations(tuple(map(int, origins)), _mean(members), members, tuple(fitted))


def _check(model: Forecaster, series: Series, origins: Sequence[int], steps: int) -> GradientDescent:
    """The learner, of a model that suits."""
    model.check_settings()
    require_whole("steps", steps, 1, _MOST_STEPS)
    if not len(origins):
        raise InputError("origins must name one number of known values at least.")
    for origin in origins:
        require_whole("origin", origin, 0, len(series))
    if not model.framing.has_base:
        raise InputError("only a model with a base is continued from many origins: base=persistence is the simplest.")
    if not isinstance(model.learner, GradientDescent):
        raise InputError("only a model that learns by gradient descent is continued from many origins.")
    if model.learner.validation:
        raise InputError("a model that is continued from many origins keeps no windows for validation: set it to 0.")
    if series.values.shape[1] != 1:
        raise InputError(f"one feature is continued from many origins; {series.name} has {series.values.shape[1]}.")
    lanes = replace(model, members=model.members * len(origins))
    lanes.sequence_model.check_size(model.framing.network_features(1), 1)
    if len(series) >= model.framing.least:
        model.check(series)
    return model.learner


def _train(model: Forecaster, learner: GradientDescent, ready: Sequence[_Origin], watch: Watch | None) -> Fit:
    """Every member of every origin: the networks of the first origin, then those of the next, to a power of two."""
    batch = _batch([origin.frame.windows(origin.known) for origin in ready], model.members)
    origins = len(batch.inputs) // model.members
    keys = member_keys(model.seed, model.members)
    real = slice(0, len(ready) * model.members)
    own_watch = None if watch is None else lambda history, epochs: watch(_history(history, real), epochs)
    with precision(model.precision) as dtype:
        networks = initialize_members(model.design, batch.inputs.shape[-1], 1, keys=keys, dtype=dtype)
        networks = jax.tree.map(lambda leaf: np.concatenate([leaf] * origins), networks)
        return train(networks, learner, batch, keys=list(keys) * origins, watch=own_watch)


def _batch(made: Sequence[Windows], members: int) -> Batch:
    """The windows of every origin, once a member; what fills up has no weight, and members without any end at once."""
    origins = 1 << (len(made) - 1).bit_length()
    count = -(-max(map(len, made)) // _WINDOWS) * _WINDOWS
    inputs = np.zeros((origins, count, *made[0].inputs.shape[1:]))
    targets, weights = np.zeros((origins, count, 1, 1)), np.zeros((origins, count))
    for place, one in enumerate(made):
        inputs[place, : len(one)] = one.inputs
        targets[place, : len(one), 0] = one.targets
        weights[place, : len(one)] = 1.0
    inputs, targets, weights = (np.repeat(part, members, axis=0) for part in (inputs, targets, weights))
    return Batch(inputs, targets, weights)


def _continue(
    model: Forecaster, ready: Sequence[_Origin], networks: Network, steps: int
) -> Float[np.ndarray, "lane step feature"]:
    """The closed loops of all members, in standardized values."""
    loops = [origin.frame.loop(origin.known) for origin in ready]
    origins = 1 << (len(loops) - 1).bit_length()
    loops += loops[-1:] * (origins - len(loops))
    windows, laws = jax.tree.map(lambda *parts: np.repeat(np.stack(parts), model.members, axis=0), *loops)
    with precision("float64"):
        return rollout_remainder(networks, windows, laws, steps, model.framing)


def _fitted(model: Forecaster, origin: _Origin, fit: Fit, own: slice) -> FittedForecaster | None:
    """The model at one origin, with the members whose training ended well."""
    history = _history(fit.history, own) if fit.history else None
    networks = jax.tree.map(lambda leaf: leaf[own], fit.networks)
    if history is not None and not history.usable.any():
        return None
    sequence = model.sequence_model.usable(Fit(networks, history))
    return model.fitted(origin.known, sequence, origin.frame)


def _history(history: History, own: slice) -> History:
    return History(history.loss[own], None, history.epochs[own], history.status[own])


def _mean(members: Float[np.ndarray, "origin member step"]) -> Float[np.ndarray, "origin step"]:
    """The mean over the members that did not fail."""
    good = [one[np.isfinite(one[:, 0])] for one in members]
    return np.stack([np.sum(one / len(one), axis=0) if len(one) else np.full(members.shape[2], np.nan) for one in good])
