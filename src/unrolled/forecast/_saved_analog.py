"""Analog forecasters on disk: the settings that were chosen, and the series; the past is kept again."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from unrolled._version import __version__
from unrolled.arguments import require_whole
from unrolled.classical import Analog, KernelAnalog
from unrolled.forecast._analog import AnalogForecaster, FittedAnalog, require_analog
from unrolled.forecast._analog_choice import AnyAnalog
from unrolled.forecast._described import describe_series
from unrolled.forecast._restored import require_plain, restore_series, series_shapes
from unrolled.storage import Shapes, save_model

__all__ = ["ANALOG_KIND", "analog_shapes", "restore_analog", "save_analog"]

ANALOG_KIND = "analog"
_MOST_CHOSEN = 100
_MAPS = {"local": Analog, "kernel": KernelAnalog}


def save_analog(fitted: FittedAnalog, folder: str | Path) -> Path:
    """Write a fitted analog forecaster to a new or empty folder."""
    description = {
        "kind": ANALOG_KIND,
        "made_by": f"unrolled {__version__}",
        "model": asdict(fitted.model),
        "chosen": [{"map": _word(one)} | asdict(one) for one in fitted.chosen],
        "learned": fitted.learned,
        "series": describe_series(fitted.series),
    }
    return save_model(folder, description, {"series.values": fitted.series.values, "series.x": fitted.series.x})


def analog_shapes(description: dict[str, Any]) -> Shapes:
    """The shape and type that every tensor must have, from the description alone."""
    series = description["series"]
    shapes = series_shapes(series)
    learned = require_whole("learned", description["learned"], 1, series["points"])
    _model(description["model"])
    _chosen(description["chosen"], learned, len(series["names"]))
    return shapes


def restore_analog(description: dict[str, Any], tensors: dict[str, np.ndarray]) -> FittedAnalog:
    """The model that was saved, with the past in the rows that it had learned."""
    series = restore_series(description["series"], tensors["series.values"], tensors["series.x"])
    series.require_even()
    learned = description["learned"]
    chosen = _chosen(description["chosen"], learned, len(series.names))
    return FittedAnalog.of(_model(description["model"]), series, chosen, learned)


def _model(data: dict[str, Any]) -> AnalogForecaster:
    model = AnalogForecaster(**data)
    model.check_settings()
    require_plain(model.name)
    return model


def _chosen(data: list[dict[str, Any]], points: int, features: int) -> tuple[AnyAnalog, ...]:
    require_whole("number of chosen settings", len(data), 1, _MOST_CHOSEN)
    plain = [{name: value for name, value in settings.items() if name != "map"} for settings in data]
    made = tuple(_MAPS[settings["map"]](**rest) for settings, rest in zip(data, plain, strict=True))
    for one in made:
        require_analog(one, points, features)
    return made


def _word(one: AnyAnalog) -> str:
    return next(word for word, kind in _MAPS.items() if isinstance(one, kind))
