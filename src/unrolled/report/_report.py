"""The record of a trial: what went in, what came out, versions, seeds, hashes."""

from __future__ import annotations

import json
import math
import platform
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import numpy as np

from unrolled._version import __version__
from unrolled.evaluate import RollingTable, SweepRow, Trial
from unrolled.forecast import Fitted, Verdict
from unrolled.metrics import mean_squared_error
from unrolled.report._bounds import all_bands
from unrolled.report._climate import describe_climate
from unrolled.report._companion import describe_companion
from unrolled.report._hash import data_sha256
from unrolled.report._limits import describe_limits
from unrolled.report._rolling import describe_rolling
from unrolled.series import Series

__all__ = ["SCHEMA", "software", "sweep_report", "to_json", "trial_report"]

#: The version of the layout of ``report.json``; it rises when a field changes its meaning.
SCHEMA = 2
_PACKAGES = ("jax", "jaxlib", "numpy", "equinox", "optax")


def trial_report(trial: Trial, *, total_seconds: float, import_seconds: float | None = None) -> dict[str, Any]:
    """Everything that a reader needs to believe, or repeat, a forecast, as plain data for JSON.

    Parameters
    ----------
    trial
        What was done.
    total_seconds
        From the start of the program to the report.
    import_seconds
        How much of that went into loading libraries.

    Returns
    -------
    dict
        ``schema``, ``series``, ``model``, ``train``, ``horizon``, ``forecast`` (one object a step and feature:
        ``x``, ``name``, ``mean``, ``spread``, bounds such as ``lo-68`` and ``hi-68``, and, where known, ``truth``),
        ``bands``, ``verdict``, ``candidates``, ``companion``, ``limit``, ``climate``, ``score``, ``one_step``,
        ``history``, ``seconds``, ``seed``, ``notes``, ``versions``, ``data_sha256``, ``created``. Numbers
        that are not finite are ``null``.
    """
    seconds = asdict(trial.seconds) | {"total": total_seconds}
    if import_seconds is not None:
        seconds["import"] = import_seconds
    model, forecast = trial.fitted.model, trial.forecast
    return {
        "schema": SCHEMA,
        "series": describe_series(trial.series),
        "model": model.describe(trial.series.values.shape[1]),
        "train": trial.train,
        "horizon": len(forecast),
        "forecast": _forecast(trial),
        "bands": [{"level": band.level, "reason": band.reason} for band in all_bands(forecast)],
        "verdict": None if forecast.verdict is None else _verdict(forecast.verdict),
        "candidates": [asdict(ingredient) for ingredient in forecast.ingredients],
        "companion": describe_companion(trial),
        "limit": describe_limits(trial),
        "climate": describe_climate(trial),
        "score": asdict(trial.scores),
        "one_step": {
            f"mse_{part}": mean_squared_error(one_step.mean, one_step.truth)
            for part, one_step in trial.one_step.items()
        },
        "history": _history(trial.fitted),
        "seconds": seconds,
        "seed": model.seed,
        "notes": list(trial.notes),
        **_provenance(trial.series),
    }


def sweep_report(
    series: Series,
    rows: list[SweepRow],
    *,
    train: int,
    horizon: int,
    total_seconds: float,
    rolling: RollingTable | None = None,
) -> dict[str, Any]:
    """The record of a comparison: one object a row with settings, score, parameters and seconds; the rolling origins.

    ``rolling`` is ``null`` where there was no such table.
    """
    return {
        "schema": SCHEMA,
        "series": describe_series(series),
        "train": train,
        "horizon": horizon,
        "rows": [_sweep_row(row) for row in rows],
        "rolling": None if rolling is None else describe_rolling(rolling),
        "seconds": {"total": total_seconds},
        **_provenance(series),
    }


def describe_series(series: Series) -> dict[str, Any]:
    """A series without its numbers; ``missing`` says how many of its values are."""
    return {
        "name": series.name,
        "source": series.source,
        "points": len(series),
        "missing": int(np.isnan(series.values).sum()),
        "names": list(series.names),
        "units": list(series.units),
        "x_name": series.x_name,
        "x_unit": series.x_unit,
        "spacing": series.spacing,
    }


def to_json(report: dict[str, Any]) -> str:
    """The report as JSON text; numbers that are not finite become ``null``."""
    return json.dumps(_finite(report), indent=1, ensure_ascii=False, allow_nan=False)


def software() -> dict[str, Any]:
    """With what a result was made, and when."""
    versions = {"unrolled": __version__, "python": platform.python_version()}
    return {
        "versions": versions | {name: version(name) for name in _PACKAGES},
        "platform": platform.platform(terse=True),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _provenance(series: Series) -> dict[str, Any]:
    made = software()
    return {
        "versions": made.pop("versions"),
        "platform": made.pop("platform"),
        "data_sha256": data_sha256(series),
        **made,
    }


def _forecast(trial: Trial) -> list[dict[str, Any]]:
    forecast, truth, series, bands = trial.forecast, trial.truth, trial.series, all_bands(trial.forecast)
    entries = []
    for step, x in enumerate(forecast.x):
        place = series.format_x(float(x)) if series.calendar else float(x)
        for feature, name in enumerate(series.names):
            entry = {"x": place, "name": name, "mean": float(forecast.mean[step, feature])}
            entry["spread"] = float(forecast.spread[step, feature])
            for band in bands:
                entry[f"lo-{band.label}"] = float(band.lower[step, feature])
                entry[f"hi-{band.label}"] = float(band.upper[step, feature])
            if step < len(truth):
                entry["truth"] = float(truth[step, feature])
            entries.append(entry)
    return entries


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "trust_until": verdict.trust_until,
        "reasons": [reason.as_dict() for reason in verdict.reasons],
        "headline": verdict.headline,
    }


def _history(fitted: Fitted) -> dict[str, Any] | None:
    history = fitted.history
    if history is None:
        return None
    validation = history.validation_loss
    usable = history.usable
    return {
        "loss": _mean_of_training(history.loss[usable]),
        "validation_loss": None if validation is None else _mean_of_training(validation[usable]),
        "members": [
            {"epochs": int(epochs), "status": status.text, "loss": float(loss[epochs - 1])}
            for epochs, status, loss in zip(history.epochs, history.status, history.loss, strict=True)
        ],
    }


def _mean_of_training(losses: np.ndarray) -> list[float]:
    """By epoch, over the members that still trained."""
    still = np.isfinite(losses)
    return (np.where(still, losses, 0.0).sum(axis=0) / np.maximum(still.sum(axis=0), 1)).tolist()


def _sweep_row(row: SweepRow) -> dict[str, Any]:
    if row.trial is None:
        return {"settings": row.settings, "failure": row.failure}
    trial = row.trial
    return {
        "settings": row.settings,
        "score": asdict(trial.scores),
        "parameters": trial.fitted.model.describe(trial.series.values.shape[1])["parameters"],
        "seconds": asdict(trial.seconds),
        "notes": list(trial.notes),
    }


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
