"""The estimator: a model that learns a series and continues it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from unrolled.errors import InputError, nearest_name
from unrolled.forecast._fitted import FittedForecaster
from unrolled.learn import GradientDescent, LeastSquares, Watch
from unrolled.networks import NetworkDesign, NetworkSummary, summarize
from unrolled.sequence import SequenceModel
from unrolled.series import Series, as_series
from unrolled.types import Batch, require_flag, require_whole
from unrolled.windows import LAGS_AS, SCALES, Scaler, Windows, check_length, fit_scaler, pairs, windows

__all__ = ["TARGETS", "Forecaster"]

TARGETS = ("window", "x-to-y")
_LONGEST_WINDOW = 1_000_000_000


@dataclass(frozen=True)
class Forecaster:
    """Recurrent, feed-forward and linear autoregressive models of a series, under one interface.

    The window way learns ``y_{t+1}`` from ``y_{t-L+1}, ..., y_t`` and continues in closed loop; the ordinary way
    (``target="x-to-y"``) learns y from x with sequences of length 1. The constructor only stores;
    :meth:`fit` checks everything before it trains. :func:`unrolled.model` makes the models that have names.

    Attributes
    ----------
    design
        The network. Without hidden layers it is a linear model.
    learner
        How it learns.
    window
        L, the number of known values that a prediction sees.
    lags_as
        ``"time"``: the lags are steps in time; ``"features"``: features of one step.
    target
        ``"window"`` or ``"x-to-y"``.
    scale
        ``"none"`` trains on raw values, as the lecture does; ``"standard"`` or ``"range"`` scale by the training
        part.
    pad
        Pad the series by repeating its last value L times, as the lecture's noisy sine does.
    members
        Networks in the ensemble.
    seed
        Decides everything random.
    precision
        ``"float64"`` or ``"float32"``.
    name
        For tables and the report.

    Examples
    --------
    >>> import unrolled
    >>> model = unrolled.model("autoregression", window=2)
    >>> forecast = model.fit([1.0, 2.0, 4.0, 8.0, 16.0, 32.0]).predict(3)
    >>> forecast.mean[:, 0].round(6).tolist()
    [64.0, 128.0, 256.0]
    """

    design: NetworkDesign
    learner: GradientDescent | LeastSquares = field(default_factory=GradientDescent)
    window: int = 2
    lags_as: str = "time"
    target: str = "window"
    scale: str = "none"
    pad: bool = False
    members: int = 16
    seed: int = 0
    precision: str = "float64"
    name: str = "custom"

    def fit(self, data: Any, *, watch: Watch | None = None) -> FittedForecaster:
        """Learn a series.

        Parameters
        ----------
        data
            A :class:`~unrolled.series.Series`, an array, a data frame, or the path of a file.
        watch
            Called now and then in training with the history so far and the number of epochs to come.

        Returns
        -------
        FittedForecaster
            To be asked for predictions.

        Raises
        ------
        InputError
            A setting is out of range, or the series does not suit the model.
        TrainingError
            No member ended with a finite loss.
        """
        known = as_series(data)
        self.check(known)
        scale_in, scale_out = self._scalers(known)
        made = self.windows(known, scale_in, scale_out)
        batch = Batch(made.inputs, made.targets[:, None, :])
        sequence = self.sequence_model.fit(batch, watch=watch)
        notes = (*_notes(known, self), *_left_out(sequence.kept, self.members))
        return FittedForecaster(self, known, sequence, scale_in, scale_out, notes)

    def check(self, known: Series) -> None:
        """Raise an :class:`InputError` if this model could not learn that series; takes no time."""
        self.check_settings()
        features = known.values.shape[1]
        self.sequence_model.check_size(self.network_features(features), features)
        if self.target == "x-to-y":
            if len(known) < 2:
                raise InputError(f"2 known points are the least to learn y from x; {known.name} has {len(known)}.")
            sequences = len(known)
        else:
            self._check_window(known)
            sequences = len(known) if self.pad else len(known) - self.window
        if isinstance(self.learner, GradientDescent):
            self.learner.split(sequences)

    def check_settings(self) -> None:
        """Raise an :class:`InputError` that names the setting, if one is out of range for every series."""
        for kind, name, known in (
            ("target", self.target, TARGETS),
            ("way to show the lags (lags_as)", self.lags_as, LAGS_AS),
            ("scale", self.scale, SCALES),
        ):
            if name not in known:
                raise nearest_name(kind, name, known)
        require_whole("window", self.window, 1, _LONGEST_WINDOW)
        require_flag("pad", self.pad)
        self.sequence_model.check()

    def _check_window(self, known: Series) -> None:
        if len(known) < self.window + 2:
            longest = f"use a window of at most {len(known) - 2}" if len(known) > 2 else "three points are the least"
            raise InputError(
                f"{len(known)} known points are too few for a window of {self.window}: window + 2 = {self.window + 2} "
                f"are needed; {longest}."
            )
        check_length(self.window, len(known))
        known.require_even()

    @property
    def sequence_model(self) -> SequenceModel:
        """The network and the learner, put together."""
        return SequenceModel(self.design, self.learner, self.members, self.seed, self.precision)

    def windows(self, known: Series, scale_in: Scaler, scale_out: Scaler) -> Windows:
        """What the network is shown of a series, scaled."""
        if self.target == "x-to-y":
            return pairs(scale_in.scale(known.x[:, None])[:, 0], scale_out.scale(known.values))
        return windows(scale_out.scale(known.values), self.window, lags_as=self.lags_as, pad=self.pad)

    def network_features(self, features: int) -> int:
        """The number of inputs of the network for a series with that many features."""
        if self.target == "x-to-y":
            return 1
        return features * (self.window if self.lags_as == "features" else 1)

    def summary(self, features: int = 1) -> NetworkSummary:
        """Layers, output shapes and parameter counts for a series with that many features."""
        steps = self.window if self.target == "window" and self.lags_as == "time" else 1
        return summarize(self.design, self.network_features(features), features, steps)

    def _scalers(self, known: Series) -> tuple[Scaler, Scaler]:
        scale_out = fit_scaler(known.values, self.scale)
        return (fit_scaler(known.x[:, None], self.scale) if self.target == "x-to-y" else scale_out), scale_out


def _notes(known: Series, model: Forecaster) -> tuple[str, ...]:
    """What a user should know before believing the forecast."""
    notes = []
    if known.is_constant:
        notes.append("The known part is constant.")
    size = float(np.max(np.abs(known.values)))
    if model.scale == "none" and isinstance(model.learner, GradientDescent) and not 1e-4 <= size <= 1e4 and size > 0:
        notes.append(
            f"The largest known value is {size:.3g}, far from 1: a network trained on raw values cannot resolve it; "
            "scale the series (--scale standard)."
        )
    return tuple(notes)


def _left_out(kept: tuple[int, ...], members: int) -> tuple[str, ...]:
    lost = members - len(kept)
    return (f"{lost} of {members} members were left out: their loss became infinite.",) if lost else ()
