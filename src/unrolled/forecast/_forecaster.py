"""The estimator: a model that learns a series, and what it is once it has learned it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from jaxtyping import Float

from unrolled.errors import InputError
from unrolled.forecast._continued import checked_history, checked_horizon
from unrolled.forecast._described import describe, tensors
from unrolled.forecast._direct import Direct
from unrolled.forecast._finite import finite_members
from unrolled.forecast._forecast import Forecast, OneStep
from unrolled.forecast._framing import Framing
from unrolled.forecast._notes import left_out, notes
from unrolled.forecast._remainder import Remainder
from unrolled.forecast._suited import check_design
from unrolled.learn import GradientDescent, History, LeastSquares, Watch
from unrolled.networks import Network, NetworkDesign, NetworkSummary, summarize
from unrolled.sequence import FittedSequenceModel, SequenceModel
from unrolled.series import Series, appended, as_series
from unrolled.storage import save_model
from unrolled.types import Batch, in_precision, precision
from unrolled.windows import Scaler

__all__ = ["FittedForecaster", "Forecaster", "Frame"]

#: Between a series and the networks: they say the next values, or what a base leaves of them.
Frame: TypeAlias = Direct | Remainder


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
    base
        A classical recurrence that says the next value first, the network learning the standardized remainder, so
        that it starts at classical accuracy: ``"none"``, ``"persistence"``, ``"difference:2"``, ``"recurrence:3"``,
        ... (:class:`Base`).
    sees
        With a base, what the network is shown: the last L ``"values"``, or the last L ``"differences"``.

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
    base: str = "none"
    sees: str = "values"

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
        frame = self.frame(known)
        made = frame.windows(known)
        watch = None if isinstance(self.learner, LeastSquares) else watch  # solved in one step
        sequence = self.sequence_model.fit(Batch(made.inputs, made.targets[:, None, :]), watch=watch)
        return self.fitted(known, sequence, frame)

    def adopt(self, networks: Network | Sequence[Network], data: Any) -> FittedForecaster:
        """A fitted forecaster from networks that were trained elsewhere, one a member.

        Parameters
        ----------
        networks
            What :func:`unrolled.from_keras` or :func:`unrolled.from_torch` gave, or networks of your own; all of one
            design, which takes the place of this model's.
        data
            The known series, as for :meth:`fit`; scalers, if any, are fitted on it.

        Raises
        ------
        InputError
            Networks of several designs, or with other numbers of inputs and outputs than the series asks for.

        Examples
        --------
        >>> import numpy as np
        >>> import unrolled
        >>> from unrolled.networks import Network, Readout
        >>> fibonacci = Network((), Readout(np.array([[1.0, 1.0]]), np.zeros(1)))
        >>> model = unrolled.model("autoregression", window=2)
        >>> model.adopt(fibonacci, [1.0, 1.0, 2.0, 3.0, 5.0]).predict(3).mean[:, 0].tolist()
        [8.0, 13.0, 21.0]
        """
        members = [networks] if isinstance(networks, Network) else list(networks)
        if not members:
            raise InputError("adopt needs at least one network.")
        design = NetworkDesign.of(members[0])
        if any(NetworkDesign.of(network) != design for network in members):
            raise InputError("the networks of an ensemble must have one design; these differ.")
        known, model = as_series(data), replace(self, design=design, members=len(members))
        model.check(known)
        features = known.values.shape[1]
        stacked = {name: np.stack([np.asarray(n.weights()[name]) for n in members]) for name in members[0].weights()}
        inputs = self.framing.network_features(features)
        with precision(self.precision) as dtype:
            weights = {name: in_precision(value, dtype) for name, value in stacked.items()}
        kept = tuple(range(len(members)))
        sequence = FittedSequenceModel(model.sequence_model, design.network(weights, inputs, features), None, kept)
        return model.fitted(known, sequence, model.frame(known))

    def check(self, known: Series) -> None:
        """Raise an :class:`InputError` if this model could not learn that series; takes no time."""
        self.check_settings()
        if self.blind:
            raise InputError(
                f"a network without recurrent layers sees only the last of {self.window} lags that are steps in time; "
                "give lags_as='features', or a window of 1."
            )
        features = known.values.shape[1]
        self.sequence_model.check_size(self.framing.network_features(features), features)
        sequences = self.framing.sequences(known)
        if isinstance(self.learner, GradientDescent):
            self.learner.split(sequences)

    def check_settings(self) -> None:
        """Raise an :class:`InputError` that names the setting, if one is out of range for every series."""
        self.framing.check()
        if not isinstance(self.learner, GradientDescent | LeastSquares):
            raise InputError(
                f"a forecaster learns by GradientDescent or LeastSquares; came {self.learner!r}. EchoState has a ridge."
            )
        self.sequence_model.check()
        check_design(self.design, self.learner)
        if isinstance(self.learner, LeastSquares) and self.design.output != "linear":
            raise InputError(f"least squares needs a linear output; it is {self.design.output}.")
        if self.target == "x-to-y" and self.sequence_model.lanes:
            raise InputError(
                "a model that learns y from x has no order in time to carry a state through: leave stateful out."
            )
        if self.framing.has_base and self.sequence_model.lanes:
            raise InputError("a model with a base starts every window from a zero state: leave stateful out.")

    @property
    def blind(self) -> bool:
        """Whether the network is shown lags that it cannot see: nothing in it carries one step to the next."""
        in_time = self.target == "window" and self.lags_as == "time" and self.window != 1
        return in_time and not self.design.recurrent

    @property
    def framing(self) -> Framing:
        """How a series becomes what the network is shown."""
        return Framing(self.window, self.lags_as, self.target, self.scale, self.pad, self.base, self.sees)

    @property
    def sequence_model(self) -> SequenceModel:
        """The network and the learner, put together."""
        return SequenceModel(self.design, self.learner, self.members, self.seed, self.precision)

    def describe(self, features: int) -> dict[str, Any]:
        """The settings, the learner and the layers as plain data."""
        summary = self.summary(features)
        kept = ("name", "window", "lags_as", "target", "scale", "pad", "base", "sees", "members", "precision")
        return {name: getattr(self, name) for name in kept} | {
            "network": str(self.design),
            "output": self.design.output,
            "learner": self.learner.describe(),
            "layers": [asdict(row) for row in summary.rows],
            "parameters": summary.parameters,
        }

    def summary(self, features: int = 1) -> NetworkSummary:
        """Layers, output shapes and parameter counts for a series with that many features."""
        return summarize(self.design, self.framing.network_features(features), features, self.framing.steps)

    def frame(self, known: Series) -> Frame:
        """Base and scalers, fitted on the known part and nothing beyond."""
        return (Remainder if self.framing.has_base else Direct).fit(self.framing, known)

    def fitted(self, known: Series, sequence: FittedSequenceModel, frame: Frame) -> FittedForecaster:
        """The parts put together, with the notes that belong to them."""
        raw = self.scale == "none" and not self.framing.has_base and isinstance(self.learner, GradientDescent)
        said = (*notes(known, raw=raw), *left_out(sequence.kept, self.members))
        return FittedForecaster(self, known, sequence, frame, said)


@dataclass(frozen=True, eq=False)
class FittedForecaster:
    """A model that has learned a series.

    Attributes
    ----------
    model
        What was asked for.
    series
        The known part, from whose end it continues.
    sequence
        The trained members.
    frame
        Between the series and the networks: scalers, and the base if there is one.
    notes
        Sentences that a user should read before believing the forecast.
    """

    model: Forecaster
    series: Series
    sequence: FittedSequenceModel
    frame: Frame
    notes: tuple[str, ...] = ()

    def summary(self) -> NetworkSummary:
        """Layers, output shapes and parameter counts."""
        return self.model.summary(self.series.values.shape[1])

    @property
    def history(self) -> History | None:
        """Losses by member and epoch; ``None`` where nothing was iterated."""
        return self.sequence.history

    @property
    def networks(self) -> Network:
        """The trained members, every weight with a leading axis of members."""
        return self.sequence.networks

    @property
    def scale_in(self) -> Scaler:
        """Between the series' units (standardized ones, where there is a base) and what the networks see."""
        return self.frame.scale_in

    @property
    def scale_out(self) -> Scaler:
        """Between the series' units (standardized ones, where there is a base) and what the networks say."""
        return self.frame.scale_out

    def predict(self, horizon: int | None = None, *, x: Any = None, history: Any = None) -> Forecast:
        """Continue the series.

        Parameters
        ----------
        horizon
            How many steps beyond the last known one. A window model feeds each prediction back.
        x
            For a model that learns y from x: where to predict, in place of ``horizon``.
        history
            Continue from the end of this series (anything that ``fit`` takes) in place of the known one.

        Raises
        ------
        InputError
            A horizon below 1, a history that does not fit.
        TrainingError
            Every member's continuation ran off to infinity.
        """
        if horizon is not None and x is not None:
            raise InputError("give a horizon or x, not both.")
        known = self.series if history is None else self._checked_history(history)
        places = self._places(known, horizon, x)
        if self.model.target == "x-to-y" and isinstance(self.frame, Direct):
            members = self.frame.at(self.sequence, places)
        else:
            members = self.frame.closed_loop(self.sequence, known, len(places))
        finite = finite_members(members)
        kept = tuple(number for number, good in zip(self.sequence.kept, finite, strict=True) if good)
        return Forecast(places, members[finite], known, kept)

    def one_step(self, data: Any = None) -> OneStep:
        """Predict every known value from the true values before it.

        Parameters
        ----------
        data
            The series to predict on; the known one if left out.
        """
        known = self.series if data is None else self._checked_history(data)
        rows, members, truth = self.frame.one_step(self.sequence, known)
        step = known.spacing or 1.0
        beyond = known.x[-1] + step * np.arange(1, self.model.window + 1)
        return OneStep(np.concatenate([known.x, beyond])[rows], rows, members, truth)

    def update(self, value: Any, x: float | None = None) -> FittedForecaster:
        """The same model after one more value became known, without training again.

        Parameters
        ----------
        value
            The value, or one for every feature.
        x
            Where it stands; the next x at even spacing if left out.
        """
        return replace(self, series=appended(self.series, value, x))

    def save(self, folder: str | Path) -> Path:
        """Write the model to a new or empty folder: ``model.json`` and ``weights.safetensors``.

        :func:`unrolled.load` reads it back.
        """
        description = describe(self.model.name, self.model.framing, self.sequence, self.series)
        description |= {
            "scale_in": self.scale_in.to_dict(),
            "scale_out": self.scale_out.to_dict(),
            "notes": list(self.notes),
        }
        base = self.frame.base.tensors() if isinstance(self.frame, Remainder) else {}
        return save_model(folder, description, tensors(self.sequence, self.series) | base)

    def _places(self, known: Series, horizon: int | None, x: Any) -> Float[np.ndarray, " horizon"]:
        if x is not None and self.model.target == "x-to-y":
            places = np.atleast_1d(_numbers("x", x))
            if not np.all(np.isfinite(places)) or places.ndim != 1 or not len(places):
                raise InputError("x must be one or more finite numbers.")
            return places
        steps = checked_horizon(horizon, x)
        if self.model.target == "x-to-y" and known.spacing is None:
            raise InputError(f"{known.x_name} is not evenly spaced, so a horizon names no places; give x=[...].")
        return known.future_x(steps)

    def _checked_history(self, data: Any) -> Series:
        if self.model.target == "window":
            return checked_history(data, self.series, self.model.framing.lead)
        return checked_history(data, self.series, 0, even=False)


def _numbers(name: str, values: Any) -> np.ndarray:
    try:
        return np.asarray(values, np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{name} must be numbers; came {values!r}.") from None
