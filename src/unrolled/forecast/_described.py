"""What is written of a fitted model: plain data, and tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from unrolled._version import __version__
from unrolled.forecast._framing import Framing
from unrolled.forecast._restored import describe_series
from unrolled.sequence import FittedSequenceModel
from unrolled.series import Series

__all__ = ["KIND", "describe", "tensors"]

KIND = "forecaster"


def describe(name: str, framing: Framing, sequence: FittedSequenceModel, series: Series) -> dict[str, Any]:
    """The settings, the members that were kept, and the series without its numbers."""
    return {
        "kind": KIND,
        "made_by": f"unrolled {__version__}",
        "forecaster": {"name": name} | framing.to_dict() | sequence.model.to_dict(),
        "kept": list(sequence.kept),
        "series": describe_series(series),
    }


def tensors(sequence: FittedSequenceModel, series: Series) -> dict[str, np.ndarray]:
    """Every weight by name, and the numbers of the series."""
    weights = {name: np.asarray(value) for name, value in sequence.networks.weights().items()}
    return weights | {"series.values": series.values, "series.x": series.x}
