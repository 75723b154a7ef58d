"""Classical models on disk: the settings and the series; the laws are found again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from unrolled._version import __version__
from unrolled.arguments import require_whole
from unrolled.forecast._classical import ClassicalForecaster, FittedClassical
from unrolled.forecast._classical_models import restore_method
from unrolled.forecast._described import describe_series
from unrolled.forecast._restored import require_plain, restore_series, series_shapes
from unrolled.storage import Shapes, save_model

__all__ = ["CLASSICAL_KIND", "classical_shapes", "restore_classical", "save_classical"]

CLASSICAL_KIND = "classical"


def save_classical(fitted: FittedClassical, folder: str | Path) -> Path:
    """Write a fitted classical model to a new or empty folder."""
    described = fitted.model.describe(1)
    description = {
        "kind": CLASSICAL_KIND,
        "made_by": f"unrolled {__version__}",
        "model": {key: described[key] for key in ("name", "method", "settings")} | {"seed": fitted.model.seed},
        "learned": fitted.learned,
        "series": describe_series(fitted.series),
    }
    return save_model(folder, description, {"series.values": fitted.series.values, "series.x": fitted.series.x})


def classical_shapes(description: dict[str, Any]) -> Shapes:
    """The shape and type that every tensor must have, from the description alone."""
    _model(description["model"])
    shapes = series_shapes(description["series"])
    require_whole("learned", description["learned"], 1, description["series"]["points"])
    return shapes


def restore_classical(description: dict[str, Any], tensors: dict[str, np.ndarray]) -> FittedClassical:
    """The model that was saved; its laws are found in the rows that it had learned."""
    model = _model(description["model"])
    series = restore_series(description["series"], tensors["series.values"], tensors["series.x"])
    fitted = model.fit(series.head(description["learned"]))
    return FittedClassical(model, series, fitted.laws, fitted.learned)


def _model(data: dict[str, Any]) -> ClassicalForecaster:
    require_plain(data["name"])
    require_whole("seed", data["seed"], 0, 2**63 - 1)
    return ClassicalForecaster(restore_method(data["method"], data["settings"]), data["name"], data["seed"])
