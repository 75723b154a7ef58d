"""Fitted models from disk: what a file must prove before it is believed."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Any

import numpy as np

from unrolled.arguments import require_whole
from unrolled.errors import InputError
from unrolled.forecast._described import KIND
from unrolled.forecast._forecaster import FittedForecaster, Forecaster
from unrolled.learn import GradientDescent, LeastSquares, Optimizer
from unrolled.networks import NetworkDesign
from unrolled.sequence import FittedSequenceModel
from unrolled.series import Calendar, Series, check
from unrolled.storage import Shapes, load_model
from unrolled.windows import Scaler

__all__ = ["load"]

_MOST_POINTS = 100_000_000
_MOST_FEATURES = 10_000


def load(folder: str | Path) -> FittedForecaster:
    """Read a model that :meth:`FittedForecaster.save` wrote.

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
    description, tensors = load_model(folder, KIND, _shapes)
    try:
        return _restore(description, tensors)
    except InputError as error:
        raise InputError(f"the saved model {folder} is damaged: {error}") from None
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"the saved model {folder} is damaged: {type(error).__name__}: {error}.") from None


def _forecaster(data: dict[str, Any]) -> Forecaster:
    learner = dict(data["learner"])
    if learner.pop("kind") == "least-squares":
        restored = LeastSquares(**learner)
    else:
        restored = GradientDescent(optimizer=Optimizer(**learner.pop("optimizer")), **learner)
    plain = {name: value for name, value in data.items() if name not in ("design", "learner")}
    model = Forecaster(NetworkDesign.from_dict(data["design"]), restored, **plain)
    model.check_settings()
    return model


def _shapes(description: dict[str, Any]) -> Shapes:
    """The shape and type that every tensor must have, from the description alone."""
    model, series = _forecaster(description["forecaster"]), description["series"]
    features, points, kept = len(series["names"]), series["points"], len(description["kept"])
    require_whole("points", points, 1, _MOST_POINTS)
    require_whole("number of names", features, 1, _MOST_FEATURES)
    for index in description["kept"]:
        require_whole("kept", index, 0, model.members - 1)
    if not 1 <= kept == len(set(description["kept"])):
        raise ValueError("kept must name every member once")
    lanes = model.sequence_model.lanes
    if lanes is not None and lanes > points:
        raise ValueError(f"{lanes} states cannot be carried through {points} points")
    weights = model.design.shapes(model.framing.network_features(features), features)
    shapes: Shapes = {name: ((kept, *shape), model.precision) for name, shape in weights.items()}
    return shapes | {"series.values": ((points, features), "float64"), "series.x": ((points,), "float64")}


def _restore(description: dict[str, Any], tensors: dict[str, np.ndarray]) -> FittedForecaster:
    model = _forecaster(description["forecaster"])
    for text in (model.name, *description["notes"]):
        _require_plain(text)
    values, x = tensors.pop("series.values"), tensors.pop("series.x")
    series = _series(description["series"], values, x)
    check(series)
    if model.target == "window" and len(series) < model.window:
        raise ValueError(f"a window of {model.window} needs more than {len(series)} points")
    features = values.shape[1]
    networks = model.design.network(tensors, model.framing.network_features(features), features)
    sequence = FittedSequenceModel(model.sequence_model, networks, None, tuple(description["kept"]))
    scale_in = _scaler(description["scale_in"], 1 if model.target == "x-to-y" else features)
    scale_out = _scaler(description["scale_out"], features)
    return FittedForecaster(model, series, sequence, scale_in, scale_out, tuple(map(str, description["notes"])))


def _scaler(data: dict[str, Any], features: int) -> Scaler:
    scaler = Scaler.from_dict(data)
    for part in (scaler.offset, scaler.width):
        if part.shape != (features,) or not np.isfinite(part).all():
            raise ValueError("a scaler does not fit the series")
    if not (scaler.width > 0).all():
        raise ValueError("a scaler has no width")
    return scaler


def _require_plain(text: object) -> None:
    """Text that is printed: no control characters, which a terminal would obey."""
    if not isinstance(text, str) or any(unicodedata.category(letter) == "Cc" for letter in text):
        raise ValueError(f"{text!r} is not plain text")


def _series(data: dict[str, Any], values: np.ndarray, x: np.ndarray) -> Series:
    calendar = Calendar.from_dict(data["calendar"]) if data["calendar"] else None
    x_name, x_unit, name, source = (str(data[field]) for field in ("x_name", "x_unit", "name", "source"))
    names, units = tuple(map(str, data["names"])), tuple(map(str, data["units"]))
    for word in (x_name, x_unit, name, source, *names, *units):
        _require_plain(word)
    frame = data["frame"] if data["frame"] in ("pandas", "polars", "pyarrow") else None
    if len(units) != len(names):
        raise ValueError("names and units differ in number")
    return Series(values, x, names, units, x_name, x_unit, name, source, calendar, frame)
