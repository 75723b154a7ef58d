"""Linear autoregressions on disk: the settings and the series; the coefficients are found again."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from unrolled._version import __version__
from unrolled.arguments import require_whole
from unrolled.errors import InputError
from unrolled.forecast._described import describe_series
from unrolled.forecast._linear_autoregression import FittedAutoregression, LinearAutoregression
from unrolled.forecast._restored import require_plain, restore_series, series_shapes
from unrolled.storage import Shapes, save_model

__all__ = ["AUTOREGRESSION_KIND", "autoregression_shapes", "restore_autoregression", "save_autoregression"]

AUTOREGRESSION_KIND = "linear autoregression"


def save_autoregression(fitted: FittedAutoregression, folder: str | Path) -> Path:
    """Write a fitted autoregression to a new or empty folder."""
    description = {
        "kind": AUTOREGRESSION_KIND,
        "made_by": f"unrolled {__version__}",
        "model": asdict(fitted.model) | {"levels": list(fitted.model.levels)},
        "learned": fitted.learned,
        "series": describe_series(fitted.series),
    }
    return save_model(folder, description, {"series.values": fitted.series.values, "series.x": fitted.series.x})


def autoregression_shapes(description: dict[str, Any]) -> Shapes:
    """The shape and type that every tensor must have, from the description alone."""
    _model(description["model"])
    shapes = series_shapes(description["series"])
    require_whole("learned", description["learned"], 1, description["series"]["points"])
    return shapes


def restore_autoregression(description: dict[str, Any], tensors: dict[str, np.ndarray]) -> FittedAutoregression:
    """The model that was saved; its coefficients are found in the rows that it had learned."""
    series = restore_series(description["series"], tensors["series.values"], tensors["series.x"])
    fitted = _model(description["model"]).fit(series.head(description["learned"]))
    return replace(fitted, series=series)


def _model(data: dict[str, Any]) -> LinearAutoregression:
    if not isinstance(data["levels"], list):
        raise InputError(f"levels must be a list; came {data['levels']!r}.")
    model = replace(LinearAutoregression(**data), levels=tuple(data["levels"]))
    model.check_settings()
    require_whole("window", model.window, 1, 1_000)  # what was fitted has a number
    require_plain(model.name)
    return model
