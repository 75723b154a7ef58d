"""The rolling-origin table as CSV text and as plain data."""

from __future__ import annotations

from typing import Any

import numpy as np

from unrolled.evaluate import RollingTable
from unrolled.series import csv_number, csv_text

__all__ = ["describe_rolling", "rolling_csv"]


def rolling_csv(table: RollingTable) -> str:
    """One line a model, origin, step and feature: ``model, origin, step, feature, error``.

    ``error`` is prediction minus truth; empty where the model failed, or the truth is missing.
    """
    rows = [
        [model, origin, step + 1, name, csv_number(errors[place, step, feature])]
        for model, errors in table.errors.items()
        for place, origin in enumerate(table.origins)
        for step in range(min(errors.shape[1], len(table.series) - origin))
        for feature, name in enumerate(table.series.names)
    ]
    return csv_text(["model", "origin", "step", "feature", "error"], rows)


def describe_rolling(table: RollingTable) -> dict[str, Any]:
    """The table as plain data: origins, spread, and of every model its errors by step, failures and seconds."""
    return {
        "origins": list(table.origins),
        "spread": dict(zip(table.series.names, table.spread.tolist(), strict=True)),
        "models": [
            {
                "model": model,
                "error": [None if np.isnan(value) else float(value) for value in table.geometric_mean(model)],
                "counts": table.counts(model).tolist(),
                "failures": [{"origin": o, "reason": text} for o, text in table.failures[model].items()],
                "seconds": table.seconds[model],
            }
            for model in table.models
        ],
    }
