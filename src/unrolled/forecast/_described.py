"""What is written of a fitted model: plain data, and tensors."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from unrolled._version import __version__
from unrolled.forecast._framing import Framing
from unrolled.learn import LeastSquares
from unrolled.sequence import FittedSequenceModel, SequenceModel
from unrolled.series import Series

__all__ = ["KIND", "describe", "tensors"]

KIND = "forecaster"


def describe(name: str, framing: Framing, sequence: FittedSequenceModel, series: Series) -> dict[str, Any]:
    """The settings, the members that were kept, and the series without its numbers."""
    return {
        "kind": KIND,
        "made_by": f"unrolled {__version__}",
        "forecaster": {"name": name} | asdict(framing) | _sequence_model(sequence.model),
        "kept": list(sequence.kept),
        "series": _series(series),
    }


def tensors(sequence: FittedSequenceModel, series: Series) -> dict[str, np.ndarray]:
    """Every weight by name, and the numbers of the series."""
    weights = {name: np.asarray(value) for name, value in sequence.networks.weights().items()}
    return weights | {"series.values": series.values, "series.x": series.x}


def _sequence_model(model: SequenceModel) -> dict[str, Any]:
    kind = "least-squares" if isinstance(model.learner, LeastSquares) else "gradient-descent"
    return {
        "design": model.design.to_dict(),
        "learner": {"kind": kind} | asdict(model.learner),
        "members": model.members,
        "seed": model.seed,
        "precision": model.precision,
    }


def _series(series: Series) -> dict[str, Any]:
    return {
        "points": len(series),
        "names": list(series.names),
        "units": list(series.units),
        "x_name": series.x_name,
        "x_unit": series.x_unit,
        "name": series.name,
        "source": series.source,
        "frame": series.frame,
        "calendar": series.calendar.to_dict() if series.calendar else None,
    }
