"""Linear dynamical systems on disk: settings, matrices and the series."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from unrolled._version import __version__
from unrolled.arguments import require_number, require_whole
from unrolled.forecast._continued import require_known, require_moderate_columns
from unrolled.forecast._fitted_linear_gaussian import FittedLinearGaussian
from unrolled.forecast._linear_dynamical_system import LinearDynamicalSystem
from unrolled.forecast._restored import describe_series, require_plain, restore_notes
from unrolled.forecast._saved_gaps import gapped_series, gapped_shapes, gapped_tensors
from unrolled.forecast._structural import Structural
from unrolled.statespace import LinearGaussian
from unrolled.storage import Shapes, save_model

__all__ = ["LINEAR_GAUSSIAN_KIND", "linear_gaussian_shapes", "restore_linear_gaussian", "save_linear_gaussian"]

LINEAR_GAUSSIAN_KIND = "linear-gaussian"
_MODELS = {"linear-dynamical-system": LinearDynamicalSystem, "structural": Structural}
_PARTS = ("W", "V", "Q", "R", "m", "P", "c")
_MOST_UNITS, _MOST_LISTED = 20_000, 1_000
_CLOSE = 1e-6


def save_linear_gaussian(fitted: FittedLinearGaussian, folder: str | Path) -> Path:
    """Write a fitted model to a new or empty folder."""
    kind = next(name for name, kind in _MODELS.items() if isinstance(fitted.model, kind))
    description = {
        "kind": LINEAR_GAUSSIAN_KIND,
        "made_by": f"unrolled {__version__}",
        "model": {"kind": kind} | asdict(fitted.model) | {"levels": list(fitted.model.levels)},
        "units": fitted.systems[0].units,
        "values": [dict(values) for values in fitted.values],
        "scores": {str(units): score for units, score in fitted.scores.items() if np.isfinite(score)},
        "notes": list(fitted.notes),
        "series": describe_series(fitted.series),
    }
    tensors = {part: np.stack([np.asarray(getattr(one, part)) for one in fitted.systems]) for part in _PARTS}
    return save_model(
        folder, description, {f"system.{k}": v for k, v in tensors.items()} | gapped_tensors(fitted.series)
    )


def linear_gaussian_shapes(description: dict[str, Any]) -> Shapes:
    """The shape and type that every tensor must have, from the description alone."""
    model, series = _model(description["model"]), gapped_shapes(description["series"])
    features = series["series.values"][0][1]
    n = description["units"]
    require_whole("units", n, 1, _MOST_UNITS)
    if isinstance(model, Structural) and n != model.structure.units:
        raise ValueError(f"{model.components} has {model.structure.units} hidden units")
    if isinstance(model, LinearDynamicalSystem) and model.units not in (n, "auto"):
        raise ValueError(f"the model has {model.units} hidden units")
    count, p = (features, 1) if isinstance(model, Structural) else (1, features)
    axes = {"W": (n, n), "V": (p, n), "Q": (n, n), "R": (p, p), "m": (n,), "P": (n, n), "c": (p,)}
    return {f"system.{part}": ((count, *shape), "float64") for part, shape in axes.items()} | series


def restore_linear_gaussian(description: dict[str, Any], tensors: dict[str, np.ndarray]) -> FittedLinearGaussian:
    """The model that was saved, checked."""
    model = _model(description["model"])
    count = len(tensors["system.W"])
    systems = tuple(
        LinearGaussian(**{part: tensors[f"system.{part}"][i] for part in _PARTS}).check() for i in range(count)
    )
    values = tuple(_numbers(one) for one in description["values"])
    if isinstance(model, Structural):
        _require_values(model, values, systems)
    elif values:
        raise ValueError("a linear dynamical system has no parameters with names")
    scores = {int(units): score for units, score in _numbers(description["scores"]).items()}
    series = gapped_series(description["series"], tensors)
    require_known(series, model.window)
    require_moderate_columns(series)
    return FittedLinearGaussian(model, series, systems, values, scores, restore_notes(description["notes"]))


def _require_values(
    model: Structural, values: tuple[dict[str, float], ...], systems: tuple[LinearGaussian, ...]
) -> None:
    """Raise an error unless these values of the parameters give these matrices."""
    names = {parameter.name for parameter in model.structure.parameters}
    if len(values) != len(systems) or any(set(one) != names for one in values):
        raise ValueError("every feature has its parameters")
    for one, system in zip(values, systems, strict=True):
        made = model.structure.system(one)
        for part in ("W", "V", "Q", "R"):
            wanted, found = np.asarray(getattr(made, part)), np.asarray(getattr(system, part))
            if not np.allclose(wanted, found, rtol=_CLOSE, atol=0.0):
                raise ValueError(f"{part} is not that of the values")


def _model(data: dict[str, Any]) -> LinearDynamicalSystem | Structural:
    settings = {name: value for name, value in data.items() if name != "kind"}
    settings["levels"] = tuple(settings["levels"])
    model = _MODELS[data["kind"]](**settings)
    model.check_settings()
    require_plain(model.name)
    return model


def _numbers(data: Any) -> dict[str, float]:
    if not isinstance(data, dict) or len(data) > _MOST_LISTED:
        raise ValueError("numbers by name are expected")
    for name, value in data.items():
        require_plain(name)
        require_number(name, value)
    return {name: float(value) for name, value in data.items()}
