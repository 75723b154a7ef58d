"""A trained sequence model from disk: what a file must prove before it is believed."""

from __future__ import annotations

from typing import Any

import numpy as np

from unrolled.arguments import require_whole
from unrolled.sequence._brought import restored_brought
from unrolled.sequence._fitted import FittedSequenceModel
from unrolled.sequence._sequence_model import restored_model
from unrolled.storage import Shapes

__all__ = ["restore_sequence_model", "sequence_model_shapes"]

_MOST_FEATURES = 1_000_000


def sequence_model_shapes(description: dict[str, Any]) -> Shapes:
    """The shape and type that every tensor must have, from the description alone."""
    model = restored_model(description["model"])
    features = require_whole("features", description["features"], 0, _MOST_FEATURES)
    outputs = require_whole("outputs", description["outputs"], 1, _MOST_FEATURES)
    model.check_size(features, outputs)
    if outputs % model.outputs_per_unit:
        raise ValueError(f"{outputs} outputs do not fit the loss")
    kept = description["kept"]
    for index in kept:
        require_whole("kept", index, 0, model.members - 1)
    if not 1 <= len(kept) == len(set(kept)):
        raise ValueError("kept must name every member once")
    shapes = model.full_design.shapes(features, outputs)
    return {name: ((len(kept), *shape), model.precision) for name, shape in shapes.items()}


def restore_sequence_model(description: dict[str, Any], tensors: dict[str, np.ndarray]) -> FittedSequenceModel:
    """The model that was described, with its weights."""
    model = restored_model(description["model"])
    networks = model.full_design.network(tensors, description["features"], description["outputs"])
    brought = restored_brought(description.get("brought", {}), model.full_design)
    return FittedSequenceModel(model, networks, None, tuple(description["kept"]), brought)
