"""Which companion stood beside the series, and how much came of it."""

from __future__ import annotations

from typing import Any

from unrolled.choose import FittedAuto, WithCompanion, companion_ways
from unrolled.evaluate import Trial
from unrolled.report._hash import data_sha256

__all__ = ["companion_share", "describe_companion"]


def describe_companion(trial: Trial) -> dict[str, Any] | None:
    """The companion without its numbers: name, unit, rows, ways, share of the weight, hash; ``None`` without one."""
    companion = trial.companion
    if companion is None:
        return None
    return {
        "name": companion.names[0],
        "unit": companion.units[0],
        "points": len(companion),
        "ways": list(companion_ways(companion.values[:, 0])),
        "weight": companion_share(trial),
        "data_sha256": data_sha256(companion),
    }


def companion_share(trial: Trial) -> dict[str, float]:
    """By feature, the weight of the candidates that look at the companion."""
    fitted = trial.fitted
    judged = fitted.judged if isinstance(fitted, FittedAuto) else ()
    share = {}
    for name, one in zip(trial.series.names, judged, strict=True):
        beside = {c.name for c in one.candidates if isinstance(getattr(c, "method", None), WithCompanion)}
        weights = [i.weight for i in trial.forecast.ingredients if i.feature == name and i.name in beside]
        share[name] = float(sum(weights))
    return share
