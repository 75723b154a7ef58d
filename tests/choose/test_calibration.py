"""The calibration: fresh, monotone, and true to what it promises on a sample."""

import hashlib
import json
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

import unrolled
from unrolled.choose import calibration, candidates_digest, classical_candidates, judge
from unrolled.truth import truths

TABLE = calibration()
SCRIPT = Path(__file__).parents[2] / "benchmarks" / "calibrate.py"


def test_it_belongs_to_these_candidates_and_this_script():
    """Stale? Run `python benchmarks/calibrate.py`."""
    assert TABLE.made_by["candidates_sha256"] == candidates_digest(classical_candidates())
    assert TABLE.made_by["script_sha256"] == hashlib.sha256(SCRIPT.read_bytes()).hexdigest()


def test_it_belongs_to_this_arithmetic():
    """Stale? Run `python benchmarks/calibrate.py`."""
    chosen = [truth for truth in truths() if truth.family in ("pairing-ccd-particles", "lipkin", "partial-waves")][::17]
    for truth, stored in zip(chosen[:3], TABLE.made_by["fingerprint"], strict=True):
        values = truth.series.values[:12, 0].copy()
        made = judge(values, classical_candidates()).extend(values, 4).mean
        np.testing.assert_allclose(made, stored, atol=1e-6 * values.std())


def test_the_file_is_small():
    text = files("unrolled.choose").joinpath("calibration.json").read_text(encoding="utf-8")
    assert len(text) < 200_000
    assert set(json.loads(text)) == {"points", "levels", "factors", "made_by"}


def test_factors_rise_with_the_level():
    known = TABLE.factors[np.isfinite(TABLE.factors).all(axis=2)]
    assert (np.diff(known, axis=1) >= 0).all()
    assert (known > 0).all()


@pytest.mark.parametrize("points", [6, 8, 12, 16, 40])
def test_levels_between_are_interpolated(points):
    low, middle, high = (TABLE.factor(points, 3, level) for level in (68, 70, 75))
    assert low <= middle <= high


def test_what_was_not_measured_is_not_given():
    assert np.isnan(TABLE.factor(5, 1, 68))
    assert np.isnan(TABLE.factor(12, 13, 68))
    assert np.isnan(TABLE.factor(12, 1, 99.5))
    assert np.isnan(TABLE.factor(12, 1, 4.9))
    assert TABLE.steps(12) == 12
    assert TABLE.steps(5) == 0


def test_beyond_the_steps_of_a_row_no_factor_is_smaller_than_its_last():
    for points in TABLE.points:
        row = TABLE.points.index(points)
        last = int(np.isfinite(TABLE.factors[row, :, 0]).sum())
        for step in range(last + 1, TABLE.steps(points) + 1):
            assert TABLE.factor(points, step, 68) >= TABLE.factor(points, last, 68)


def test_bounds_hold_on_a_sample_of_the_families():
    inside = {68.0: [], 95.0: []}
    for truth in list(truths())[::13]:
        values = truth.series.values[:, 0]
        forecast = unrolled.model("auto", networks=False).fit(values[:12]).predict(8)
        for band in forecast.bands:
            inside[band.level].append((band.lower[:, 0] <= values[12:20]) & (values[12:20] <= band.upper[:, 0]))
    assert 0.5 < np.mean(inside[68.0]) < 0.9
    assert np.mean(inside[95.0]) > 0.88
