"""Measure how much larger than its scale the error of the automatic choice is, on series with known truth.

`python benchmarks/calibrate.py` writes `src/unrolled/choose/calibration.json`, which the package reads. Every family of
`unrolled.truth` takes part but for its frozen region; every series clean, every other one with noise too. The networks
among the candidates are left out: they would take hours, and their weight is small. It takes about five minutes.
"""

import hashlib
import json
from pathlib import Path
from time import perf_counter

import numpy as np

from unrolled.choose import candidates_digest, classical_candidates, judge
from unrolled.truth import truths, with_noise

SEED = 20261124
POINTS = (6, 7, 8, 9, 10, 11, 12, 14, 16)
HORIZON = 12
LEVELS = (5, 10, 20, 30, 40, 50, 60, 68, 75, 80, 85, 90, 92.5, 95, 97, 98, 99)
LEAST_NOISE, MOST_NOISE = -10.0, -3.0
TARGET = Path(__file__).parents[1] / "src" / "unrolled" / "choose" / "calibration.json"


def series(frozen=False):
    """Every series clean, every other one with noise too: family, exact values, known values."""
    generator = np.random.default_rng(SEED)
    for number, truth in enumerate(truths(frozen=frozen)):
        exact = truth.series.values[:, 0]
        yield truth.family, 0.0, exact, exact
        level = 10.0 ** generator.uniform(LEAST_NOISE, MOST_NOISE)
        if number % 2 == 0:
            yield truth.family, level, exact, with_noise(truth, level, SEED).series.values[:, 0]


def measured(exact, noisy, points):
    """|error| over scale at every step whose truth is known; NaN beyond."""
    horizon, known = min(HORIZON, len(exact) - points), noisy[:points].copy()
    found = judge(known, classical_candidates()).extend(known, horizon)
    ratios = np.full(HORIZON, np.nan)
    ratios[:horizon] = np.abs(found.mean - exact[points : points + horizon]) / found.scale
    return ratios


def factors(ratios):
    """The quantiles at all levels, step by step; None where no truth reaches so far."""
    return [None if np.isnan(column).all() else quantiles(column[~np.isnan(column)]) for column in ratios.T]


def quantiles(ratios):
    """Split-conformal quantiles with a margin: of n values the ceil((n + 1) level)-th.

    A family that is not in the table differs from those that are, so every level is measured three points higher, or by
    two fifths of what is left to 100.
    """
    ordered = np.sort(np.maximum(ratios, 1e-6))
    levels = np.array(LEVELS)
    raised = levels + np.minimum(3.0, 0.4 * (100 - levels))
    ranks = np.ceil((len(ordered) + 1) * raised / 100).astype(int)
    return [float(f"{ordered[min(rank, len(ordered)) - 1]:.4g}") for rank in ranks]


def fingerprint():
    """Forecasts of three series, so that a change of the arithmetic is noticed."""
    chosen = [truth for truth in truths() if truth.family in ("pairing-ccd-particles", "lipkin", "partial-waves")][::17]
    rows = []
    for truth in chosen[:3]:
        values = truth.series.values[:12, 0].copy()
        rows.append([float(f"{v:.10g}") for v in judge(values, classical_candidates()).extend(values, 4).mean])
    return rows


def main():
    began = perf_counter()
    everything = list(series())
    table = []
    for points in POINTS:
        ratios = np.array([measured(exact, noisy, points) for _, _, exact, noisy in everything])
        table.append([[None] * len(LEVELS) if row is None else row for row in factors(ratios)])
        print(f"{points} points: {len(ratios)} series, {perf_counter() - began:.0f} s")
    made_by = {
        "script": "benchmarks/calibrate.py",
        "script_sha256": hashlib.sha256(Path(__file__).read_bytes()).hexdigest(),
        "seed": SEED,
        "candidates_sha256": candidates_digest(classical_candidates()),
        "series": len(everything),
        "families": len({family for family, *_ in everything}),
        "fingerprint": fingerprint(),
    }
    data = {"points": POINTS, "levels": LEVELS, "factors": table, "made_by": made_by}
    partial = TARGET.with_suffix(".partial")
    partial.write_text(json.dumps(data, indent=None, separators=(",", ":")) + "\n", encoding="utf-8")
    partial.replace(TARGET)


if __name__ == "__main__":
    main()
