"""The long run of a network and of the system that it learned, as plain data."""

from __future__ import annotations

from typing import Any

from unrolled.dynamics import Climate
from unrolled.evaluate import Trial

__all__ = ["describe_climate"]


def describe_climate(trial: Trial) -> dict[str, Any] | None:
    """``null`` where it was not asked for.

    Otherwise ``network`` and ``system``, each with ``lyapunov`` (largest first, for each unit of time),
    ``lyapunov_errors``, ``dimension``, and by feature ``mean``, ``deviation`` and ``frequency``, the strongest one;
    ``histogram_distance`` and ``spectrum_distance`` by feature; and ``note``.
    """
    compared = trial.climate
    if compared is None:
        return None
    names = trial.series.names
    return {
        "network": None if compared.learned is None else _climate(compared.learned, names),
        "system": _climate(compared.truth, names),
        "histogram_distance": dict(zip(names, compared.histogram_distances.tolist(), strict=True)),
        "spectrum_distance": dict(zip(names, compared.spectrum_distances.tolist(), strict=True)),
        "note": compared.note,
    }


def _climate(one: Climate, names: tuple[str, ...]) -> dict[str, Any]:
    spectrum = one.spectrum
    columns = zip(names, one.values.mean(axis=0).tolist(), one.values.std(axis=0).tolist(), one.power, strict=True)
    return {
        "lyapunov": None if spectrum is None else spectrum.exponents.tolist(),
        "lyapunov_errors": None if spectrum is None else spectrum.errors.tolist(),
        "dimension": None if spectrum is None else spectrum.dimension,
        "features": {
            name: {"mean": mean, "deviation": deviation, "frequency": power.dominant}
            for name, mean, deviation, power in columns
        },
    }
