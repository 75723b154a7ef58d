"""Fitted models from disk: what a file must prove before it is believed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from unrolled.arguments import require_whole
from unrolled.errors import InputError
from unrolled.forecast._analog import FittedAnalog
from unrolled.forecast._base import base_shapes, restore_base
from unrolled.forecast._classical import FittedClassical
from unrolled.forecast._described import KIND
from unrolled.forecast._direct import Direct
from unrolled.forecast._fitted_hidden_markov import FittedHiddenMarkov
from unrolled.forecast._fitted_linear_gaussian import FittedLinearGaussian
from unrolled.forecast._fitted_reservoir import FittedReservoir
from unrolled.forecast._forecaster import FittedForecaster, Forecaster
from unrolled.forecast._linear_autoregression import FittedAutoregression
from unrolled.forecast._remainder import Remainder
from unrolled.forecast._restored import require_plain, restore_notes, restore_scaler, restore_series, series_shapes
from unrolled.forecast._saved_analog import ANALOG_KIND, analog_shapes, restore_analog
from unrolled.forecast._saved_autoregression import (
    AUTOREGRESSION_KIND,
    autoregression_shapes,
    restore_autoregression,
)
from unrolled.forecast._saved_classical import CLASSICAL_KIND, classical_shapes, restore_classical
from unrolled.forecast._saved_hidden_markov import HIDDEN_MARKOV_KIND, hidden_markov_shapes, restore_hidden_markov
from unrolled.forecast._saved_linear_gaussian import (
    LINEAR_GAUSSIAN_KIND,
    linear_gaussian_shapes,
    restore_linear_gaussian,
)
from unrolled.forecast._saved_reservoir import RESERVOIR_KIND, reservoir_shapes, restore_reservoir
from unrolled.learn import Ridge
from unrolled.sequence import (
    KIND as SEQUENCE_KIND,
)
from unrolled.sequence import FittedSequenceModel, restore_sequence_model, restored_model, sequence_model_shapes
from unrolled.storage import Shapes, load_model

__all__ = ["KINDS", "load", "load_kinds"]


#: What can be read back.
AnyFitted: TypeAlias = (
    FittedForecaster
    | FittedClassical
    | FittedReservoir
    | FittedAutoregression
    | FittedAnalog
    | FittedLinearGaussian
    | FittedHiddenMarkov
    | FittedSequenceModel
)


def load(folder: str | Path) -> AnyFitted:
    """Read a model that the ``save`` of a fitted model wrote.

    Nothing in the file is executed, and every size is checked against the description before memory is taken.

    Parameters
    ----------
    folder
        The folder with ``model.json`` and ``weights.safetensors``.

    Raises
    ------
    InputError
        The folder is no model, is of a newer format, or is damaged; the message says what was found.

    Examples
    --------
    >>> import tempfile, unrolled
    >>> fitted = unrolled.model("autoregression").fit([1.0, 2.0, 4.0, 8.0, 16.0])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = fitted.save(folder + "/model")
    ...     again = unrolled.load(folder + "/model")
    >>> bool((again.predict(2).mean == fitted.predict(2).mean).all())
    True
    """
    return load_kinds(folder, KINDS)


def load_kinds(folder: str | Path, kinds: Mapping[str, tuple[Callable[..., Shapes], Callable[..., Any]]]) -> Any:
    """Read a saved model of one of these kinds, each with its shapes and its way back."""
    kind, description, tensors = load_model(folder, {name: shapes for name, (shapes, _) in kinds.items()})
    try:
        return kinds[kind][1](description, tensors)
    except InputError as error:
        raise InputError(f"the saved model {folder} is damaged: {error}") from None
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"the saved model {folder} is damaged: {type(error).__name__}: {error}.") from None


def _forecaster(data: dict[str, Any]) -> Forecaster:
    sequence = restored_model(data)
    plain = {name: value for name, value in data.items() if name not in ("design", "learner", "specification")}
    if isinstance(sequence.learner, Ridge):
        raise ValueError("a forecaster does not learn by ridge regression")
    model = Forecaster(sequence.design, sequence.learner, **plain)
    model.check_settings()
    return model


def _shapes(description: dict[str, Any]) -> Shapes:
    """The shape and type that every tensor must have, from the description alone."""
    model, series = _forecaster(description["forecaster"]), description["series"]
    numbers = series_shapes(series)
    features, points, kept = len(series["names"]), series["points"], len(description["kept"])
    for index in description["kept"]:
        require_whole("kept", index, 0, model.members - 1)
    if not 1 <= kept == len(set(description["kept"])):
        raise ValueError("kept must name every member once")
    lanes = model.sequence_model.lanes
    if lanes is not None and lanes > points:
        raise ValueError(f"{lanes} states cannot be carried through {points} points")
    weights = model.design.shapes(model.framing.network_features(features), features)
    shapes: Shapes = {name: ((kept, *shape), model.precision) for name, shape in weights.items()}
    return shapes | numbers | (base_shapes(model.base, features) if model.framing.has_base else {})


def _restore(description: dict[str, Any], tensors: dict[str, np.ndarray]) -> FittedForecaster:
    model = _forecaster(description["forecaster"])
    require_plain(model.name)
    values, x = tensors.pop("series.values"), tensors.pop("series.x")
    series = restore_series(description["series"], values, x)
    if model.target == "window" and len(series) < model.framing.lead:
        raise ValueError(f"a window of {model.framing.lead} needs more than {len(series)} points")
    features = values.shape[1]
    base = restore_base(tensors) if model.framing.has_base else None
    networks = model.design.network(tensors, model.framing.network_features(features), features)
    sequence = FittedSequenceModel(model.sequence_model, networks, None, tuple(description["kept"]))
    scale_in = restore_scaler(description["scale_in"], 1 if model.target == "x-to-y" else features)
    scale_out = restore_scaler(description["scale_out"], features)
    framing = model.framing
    frame = Remainder(framing, base, scale_in, scale_out) if base else Direct(framing, scale_in, scale_out)
    return FittedForecaster(model, series, sequence, frame, restore_notes(description["notes"]))


#: What a file may hold: how the shapes of its tensors follow from its description, and how it is restored.
KINDS = {
    KIND: (_shapes, _restore),
    CLASSICAL_KIND: (classical_shapes, restore_classical),
    ANALOG_KIND: (analog_shapes, restore_analog),
    AUTOREGRESSION_KIND: (autoregression_shapes, restore_autoregression),
    RESERVOIR_KIND: (reservoir_shapes, restore_reservoir),
    LINEAR_GAUSSIAN_KIND: (linear_gaussian_shapes, restore_linear_gaussian),
    HIDDEN_MARKOV_KIND: (hidden_markov_shapes, restore_hidden_markov),
    SEQUENCE_KIND: (sequence_model_shapes, restore_sequence_model),
}
