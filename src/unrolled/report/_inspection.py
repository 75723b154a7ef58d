"""The record of a network that was looked into."""

from __future__ import annotations

from typing import Any

import numpy as np

from unrolled.dynamics import Bifurcation, Inspection, LyapunovSpectrum
from unrolled.networks import GradientFlow
from unrolled.report._report import SCHEMA, software
from unrolled.series import csv_number, csv_text

__all__ = ["bifurcation_csv", "bifurcation_report", "inspection_report", "inspection_tables"]


def inspection_report(inspection: Inspection, source: dict[str, Any], *, total_seconds: float) -> dict[str, Any]:
    """Everything that was found, as plain data for JSON.

    Returns
    -------
    dict
        ``schema``; ``source`` (the model or the random network, the input that was held); ``states``; ``spacing``;
        ``behaviour`` (``point attractor``, ``limit cycle``, ``quasi-periodic``, ``chaotic``, ``diverging``),
        ``certain``, ``evidence``, ``period``, ``zero_one``, ``behaviours`` (how many starts came to each); ``lyapunov``
        (largest first, ``null`` for minus infinity; empty where it diverges), ``lyapunov_errors``, ``dimension``,
        ``entropy``; ``fixed_points`` (count by stability); ``memory`` (``total``, ``reach``, ``capacity`` by delay);
        ``gradient`` (``lags``, ``norm``, ``by_layer``, ``verdict``); ``seconds``, ``versions``, ``platform``,
        ``created``.
    """
    one, memory = inspection.behaviour, inspection.memory
    return {
        "schema": SCHEMA,
        "source": source | {"input": inspection.inputs.tolist()},
        "states": inspection.system.size,
        "spacing": inspection.system.spacing,
        "behaviour": one.verdict,
        "certain": one.certain,
        "evidence": list(one.evidence),
        "period": one.period,
        "zero_one": one.zero_one,
        "behaviours": inspection.counts,
        **_exponents(inspection.spectrum),
        "fixed_points": inspection.points.counts,
        "memory": None
        if memory is None
        else {"total": memory.total, "reach": memory.reach, "capacity": memory.capacity.tolist()},
        "gradient": _gradient(inspection.gradient),
        "seconds": {"total": total_seconds},
        **software(),
    }


def bifurcation_report(diagram: Bifurcation, source: dict[str, Any], *, total_seconds: float) -> dict[str, Any]:
    """A sweep over the gain: ``rows``, one object a value.

    ``gain``, ``lyapunov`` (the largest exponent), ``least`` and ``greatest``, of the activity that is drawn; ``null``
    where the network diverges.
    """
    return {
        "schema": SCHEMA,
        "source": source,
        "rows": [dict(zip(_SWEPT, row, strict=True)) for row in _swept(diagram)],
        "seconds": {"total": total_seconds},
        **software(),
    }


def inspection_tables(inspection: Inspection) -> dict[str, str]:
    """By name of a file its text: exponents, fixed points, motion, and where they are known gradient and memory.

    The motion is 2,000 steps on the attractor, fewer of more than 50 outputs; of a network that rests or diverges how
    it began, 200 at most.
    """
    tables = {"fixed-points.csv": _points_csv(inspection), "motion.csv": _motion_csv(inspection)}
    spectrum, gradient, memory = inspection.spectrum, inspection.gradient, inspection.memory
    if spectrum is not None:
        rows = zip(range(1, len(spectrum.exponents) + 1), spectrum.exponents, spectrum.errors, strict=True)
        tables["exponents.csv"] = _csv(("number", "exponent", "error"), rows)
    if gradient is not None:
        norms = {name: values[:, 0] for name, values in gradient.by_layer.items()}
        header = ("lag", "norm", *(f"norm {name}" for name in norms))
        tables["gradient.csv"] = _csv(header, zip(gradient.lags.tolist(), gradient.norm, *norms.values(), strict=True))
    if memory is not None:
        tables["memory.csv"] = _csv(("delay", "capacity"), enumerate(memory.capacity))
    return tables


def bifurcation_csv(diagram: Bifurcation) -> str:
    """One line a value, with the columns of ``rows`` in the report."""
    return _csv(_SWEPT, _swept(diagram))


# A motion of very many units is long enough in fewer steps.
_NUMBERS, _LEAST_ROWS = 100_000, 100
_SWEPT = ("gain", "lyapunov", "least", "greatest")


def _swept(diagram: Bifurcation) -> list[tuple[float, ...]]:
    ends = [diagram.points.min(axis=1), diagram.points.max(axis=1)]
    columns = (diagram.parameters, diagram.exponents, *ends)
    return [tuple(map(float, row)) for row in zip(*columns, strict=True)]


def _exponents(spectrum: LyapunovSpectrum | None) -> dict[str, Any]:
    if spectrum is None:
        return {"lyapunov": [], "lyapunov_errors": [], "dimension": None, "entropy": None}
    return {
        "lyapunov": spectrum.exponents.tolist(),
        "lyapunov_errors": spectrum.errors.tolist(),
        "dimension": spectrum.dimension,
        "entropy": spectrum.entropy,
    }


def _gradient(flow: GradientFlow | None) -> dict[str, Any] | None:
    if flow is None:
        return None
    return {
        "lags": flow.lags.tolist(),
        "norm": flow.norm.tolist(),
        "by_layer": {name: values[:, 0].tolist() for name, values in flow.by_layer.items()},
        "verdict": flow.verdict,
    }


def _points_csv(inspection: Inspection) -> str:
    points = inspection.points
    largest = np.abs(points.eigenvalues).max(axis=1, initial=0.0)
    header = ("number", "stability", "unstable directions", "largest eigenvalue", "speed", "starts")
    columns = (points.stability, points.unstable_directions.tolist(), largest, points.speeds, points.found.tolist())
    states = [f"h_{place}" for place in range(1, points.states.shape[1] + 1)]
    rows = zip(range(1, len(points) + 1), *columns, points.states, strict=True)
    return _csv((*header, *states), [(*row[:-1], *row[-1]) for row in rows])


def _motion_csv(inspection: Inspection) -> str:
    seen = inspection.system.observed(inspection.course)
    seen = seen[: max(_LEAST_ROWS, _NUMBERS // seen.shape[1])]
    header = ("time", *(f"output {place}" for place in range(1, seen.shape[1] + 1)))
    times = inspection.system.spacing * np.arange(1, len(seen) + 1)
    return _csv(header, [(time, *row) for time, row in zip(times, seen, strict=True)])


def _csv(header: Any, rows: Any) -> str:
    return csv_text(list(header), [[_cell(value) for value in row] for row in rows])


def _cell(value: Any) -> Any:
    return csv_number(float(value)) if isinstance(value, float | np.floating) else value
