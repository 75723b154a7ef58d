"""Models with a reservoir on disk: settings, random weights, readouts and the series."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from unrolled._version import __version__
from unrolled.arguments import require_number
from unrolled.forecast._base import restore_base
from unrolled.forecast._described import describe_series
from unrolled.forecast._echo_state import EchoState
from unrolled.forecast._fitted_reservoir import FittedReservoir
from unrolled.forecast._next_generation import NextGenerationReservoir
from unrolled.forecast._reservoir_frame import ReservoirFrame, frame_lags
from unrolled.forecast._restored import require_plain, restore_notes, restore_scaler, restore_series, series_shapes
from unrolled.networks import Reservoir, Scattered, Shifted, Topology
from unrolled.sequence import DelayProducts, EchoStates
from unrolled.storage import Shapes, save_model

__all__ = ["RESERVOIR_KIND", "reservoir_shapes", "restore_reservoir", "save_reservoir"]

RESERVOIR_KIND = "reservoir"
_MODELS = {"echo-state": EchoState, "next-generation-reservoir": NextGenerationReservoir}
_WEIGHTS = ("U", "b", "values")
# What a topology is, and the name of its numbers.
_TOPOLOGIES = {"shifted": (Shifted, "offsets"), "scattered": (Scattered, "senders")}


def save_reservoir(fitted: FittedReservoir, folder: str | Path) -> Path:
    """Write a fitted model to a new or empty folder."""
    description = {
        "kind": RESERVOIR_KIND,
        "made_by": f"unrolled {__version__}",
        "model": {"kind": next(name for name, kind in _MODELS.items() if isinstance(fitted.model, kind))}
        | asdict(fitted.model),
        "strengths": list(fitted.strengths),
        "scale_out": fitted.frame.scale_out.to_dict(),
        "notes": list(fitted.notes),
        "series": describe_series(fitted.series),
    }
    tensors = {"readout.V": fitted.V, "readout.c": fitted.c, **fitted.frame.base.tensors()}
    if isinstance(fitted.expansion, EchoStates):
        reservoir = fitted.expansion.reservoir
        description["topology"], places = _place_tensor(reservoir.topology)
        tensors |= {f"reservoir.{name}": getattr(reservoir, name) for name in _WEIGHTS} | places
    tensors |= {"series.values": fitted.series.values, "series.x": fitted.series.x}
    return save_model(folder, description, {name: np.asarray(value) for name, value in tensors.items()})


def reservoir_shapes(description: dict[str, Any]) -> Shapes:
    """The shape and type that every tensor must have, from the description alone."""
    model, series = _model(description["model"]), series_shapes(description["series"])
    features = series["series.values"][0][1]
    members = len(description["strengths"])
    lags, width = frame_lags(model.base), _width(model, features)
    shapes: Shapes = {
        "readout.V": ((members, features, width), "float64"),
        "readout.c": ((members, features), "float64"),
        "base.weights": ((features, lags), "float64"),
        **{f"base.{name}": ((features,), "float64") for name in ("intercept", "centre", "width")},
    }
    if isinstance(model, EchoState):
        if members != model.members:
            raise ValueError("every member has a strength")
        n, k = model.units, min(model.connections, model.units)
        topology, name = _TOPOLOGIES[description["topology"]]
        shapes |= {
            "reservoir.U": ((members, n, features), "float64"),
            "reservoir.b": ((members, n), "float64"),
            "reservoir.values": ((members, k, n), "float64"),
            f"reservoir.{name}": ((members, k) if topology is Shifted else (members, k, n), "int32"),
        }
    elif members != 1:
        raise ValueError("nothing is random, so there is one member")
    return shapes | series


def restore_reservoir(description: dict[str, Any], tensors: dict[str, np.ndarray]) -> FittedReservoir:
    """The model that was saved, checked."""
    model = _model(description["model"])
    for strength in description["strengths"]:
        require_number("strength", strength, least=0.0)
    series = restore_series(description["series"], tensors["series.values"], tensors["series.x"])
    if len(series) < model.window:
        raise ValueError(f"the model needs more than {len(series)} points")
    frame = ReservoirFrame(restore_base(tensors), restore_scaler(description["scale_out"], series.values.shape[1]))
    return FittedReservoir(
        model, series, _expansion(model, description, tensors), tensors["readout.V"], tensors["readout.c"],
        tuple(description["strengths"]), frame, restore_notes(description["notes"]),
    )  # fmt: skip


def _model(data: dict[str, Any]) -> EchoState | NextGenerationReservoir:
    settings = {name: value for name, value in data.items() if name != "kind"}
    model = _MODELS[data["kind"]](**settings)
    model.check_settings()
    require_plain(model.name)
    return model


def _width(model: EchoState | NextGenerationReservoir, features: int) -> int:
    if isinstance(model, EchoState):
        return model.units * (1 + model.squares) + features * model.direct
    return model.expansion(features).width


def _expansion(
    model: EchoState | NextGenerationReservoir, description: dict[str, Any], tensors: dict[str, np.ndarray]
) -> EchoStates | DelayProducts:
    if isinstance(model, NextGenerationReservoir):
        return model.expansion(tensors["series.values"].shape[1])
    U, b, values = (tensors[f"reservoir.{name}"] for name in _WEIGHTS)
    topology, name = _TOPOLOGIES[description["topology"]]
    leak = np.full(len(b), float(model.leak))
    reservoir = Reservoir(U, b, values, topology(tensors[f"reservoir.{name}"]), leak, model.activation)
    reservoir.check()
    return EchoStates(reservoir, model.squares, model.direct)


def _place_tensor(topology: Topology) -> tuple[str, dict[str, Any]]:
    """What it is, and its numbers."""
    word = next(word for word, (kind, _) in _TOPOLOGIES.items() if isinstance(topology, kind))
    name = _TOPOLOGIES[word][1]
    return word, {f"reservoir.{name}": np.asarray(getattr(topology, name), np.int32)}
