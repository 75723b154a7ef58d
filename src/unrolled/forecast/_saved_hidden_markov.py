"""Hidden Markov models on disk: settings, probabilities, emissions and the series."""

from __future__ import annotations

from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np

from unrolled._version import __version__
from unrolled.forecast._continued import require_known, require_moderate_columns
from unrolled.forecast._fitted_hidden_markov import FittedHiddenMarkov
from unrolled.forecast._hidden_markov import HiddenMarkovForecaster
from unrolled.forecast._restored import describe_series, require_plain, restore_notes, restore_scaler
from unrolled.forecast._saved_gaps import gapped_series, gapped_shapes, gapped_tensors
from unrolled.statespace import AutoregressiveEmission, DiagonalEmission, GaussianEmission, HiddenMarkov
from unrolled.storage import Shapes, save_model

__all__ = ["HIDDEN_MARKOV_KIND", "hidden_markov_shapes", "restore_hidden_markov", "save_hidden_markov"]

HIDDEN_MARKOV_KIND = "hidden-markov"
_EMISSIONS = {"gaussian": GaussianEmission, "diagonal": DiagonalEmission, "autoregressive": AutoregressiveEmission}


def save_hidden_markov(fitted: FittedHiddenMarkov, folder: str | Path) -> Path:
    """Write a fitted model to a new or empty folder."""
    description = {
        "kind": HIDDEN_MARKOV_KIND,
        "made_by": f"unrolled {__version__}",
        "model": asdict(fitted.model) | {"levels": list(fitted.model.levels)},
        "scale": fitted.scaler.to_dict(),
        "notes": list(fitted.notes),
        "series": describe_series(fitted.series),
    }
    chain, emission = fitted.chain, fitted.chain.emission
    tensors = {"chain.initial": chain.initial, "chain.transition": chain.transition}
    tensors |= {f"emission.{part}": getattr(emission, part) for part in _parts(fitted.model.emission)}
    whole = {name: np.asarray(value, np.float64) for name, value in tensors.items()}
    return save_model(folder, description, whole | gapped_tensors(fitted.series))


def hidden_markov_shapes(description: dict[str, Any]) -> Shapes:
    """The shape and type that every tensor must have, from the description alone."""
    model, series = _model(description["model"]), gapped_shapes(description["series"])
    K, F = model.states, series["series.values"][0][1]
    axes = {
        "gaussian": ((K, F), (K, F, F)),
        "diagonal": ((K, F), (K, F)),
        "autoregressive": ((K, F), (K, model.window, F, F), (K, F, F)),
    }[model.emission]
    chain: Shapes = {"chain.initial": ((K,), "float64"), "chain.transition": ((K, K), "float64")}
    parts = _parts(model.emission)
    return chain | {f"emission.{p}": (shape, "float64") for p, shape in zip(parts, axes, strict=True)} | series


def restore_hidden_markov(description: dict[str, Any], tensors: dict[str, np.ndarray]) -> FittedHiddenMarkov:
    """The model that was saved, checked."""
    model = _model(description["model"])
    emission = _EMISSIONS[model.emission](*(tensors[f"emission.{part}"] for part in _parts(model.emission)))
    chain = HiddenMarkov(tensors["chain.initial"], tensors["chain.transition"], emission)
    chain.check()
    series = gapped_series(description["series"], tensors)
    require_known(series, model.window)
    require_moderate_columns(series)
    scaler = restore_scaler(description["scale"], series.values.shape[1])
    return FittedHiddenMarkov(model, series, chain, scaler, restore_notes(description["notes"]))


def _model(data: dict[str, Any]) -> HiddenMarkovForecaster:
    # Before lags could be left out, every file had them.
    lags = data["lags"] if data["emission"] == "autoregressive" else None
    settings: dict[str, Any] = data | {"levels": tuple(data["levels"]), "lags": lags}
    model = HiddenMarkovForecaster(**settings)
    model.check_settings()
    require_plain(model.name)
    return model


def _parts(emission: str) -> tuple[str, ...]:
    return tuple(f.name for f in fields(_EMISSIONS[emission]))
