"""The limits of a trial as plain data."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from unrolled.evaluate import Trial, thin_evidence

__all__ = ["describe_limits"]


def describe_limits(trial: Trial) -> list[dict[str, Any]] | None:
    """One object a feature: the limit, its half width, whether to believe it and why; ``None`` if nobody asked."""
    if not trial.limits:
        return None
    known = trial.series.head(trial.train)
    return [
        {
            "name": known.names[feature],
            "value": limit.value,
            "half_width": limit.half_width,
            "converges": limit.converges,
            "reason": limit.reason,
            "remarks": list(thin_evidence(limit, known, feature)),
            "points": len(known),
            "estimates": [asdict(estimate) for estimate in limit.estimates],
        }
        for feature, limit in enumerate(trial.limits)
    ]
