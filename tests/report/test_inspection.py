"""The record of a network that was looked into: every field as it says, and JSON whatever was found."""

import csv
import io
import json

import numpy as np
import pytest

from unrolled.cli._inspect_figures import save_inspection_figures
from unrolled.dynamics import DrivenNetwork, IteratedMap, bifurcation, henon_map, inspect_system, logistic_map
from unrolled.networks import Elman, Network, Readout
from unrolled.report import bifurcation_csv, bifurcation_report, inspection_report, inspection_tables, to_json

_FIELDS = {
    "schema", "source", "states", "spacing", "behaviour", "certain", "evidence", "period", "zero_one", "behaviours",
    "lyapunov", "lyapunov_errors", "dimension", "entropy", "fixed_points", "memory", "gradient", "seconds", "versions",
    "platform", "created",
}  # fmt: skip
_DECAYS = IteratedMap(lambda h, a: a * h, np.array([0.5, -0.25]), np.array([4.0, 8.0]))
_GROWS = IteratedMap(lambda h, a: a * h, 10.0, np.array([1.0]))


def _rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def _read(seen):
    report = json.loads(to_json(inspection_report(seen, {"name": "it"}, total_seconds=1.5)))
    assert set(report) == _FIELDS
    assert report["source"] == {"name": "it", "input": seen.inputs.tolist()}
    assert report["seconds"] == {"total": 1.5}
    return report


def test_a_decay_is_written_as_it_is_calculated():
    seen = inspect_system(_DECAYS, runs=3, steps=100)
    report = _read(seen)
    np.testing.assert_allclose(report["lyapunov"], np.log([0.5, 0.25]), atol=1e-12)
    assert report["behaviour"] == "point attractor"
    assert report["behaviours"] == {"point attractor": 3}
    assert report["dimension"] == report["entropy"] == 0
    assert report["memory"] is None
    np.testing.assert_allclose(report["gradient"]["norm"][:4], [1, 0.5, 0.25, 0.125], atol=1e-12)
    tables = inspection_tables(seen)
    assert set(tables) == {"fixed-points.csv", "motion.csv", "exponents.csv", "gradient.csv"}
    for step, row in enumerate(_rows(tables["motion.csv"]), start=1):
        assert float(row["time"]) == step
        assert float(row["output 1"]) == pytest.approx(4 * 0.5**step, rel=1e-12)
        assert float(row["output 2"]) == pytest.approx(8 * (-0.25) ** step, rel=1e-12)
    [point] = _rows(tables["fixed-points.csv"])
    assert point["stability"] == "stable"
    assert float(point["largest eigenvalue"]) == pytest.approx(0.5)


def test_approaches_begin_at_every_start():
    seen = inspect_system(_DECAYS, runs=4, steps=100, seed=5)
    starts = _DECAYS.starts(4, np.random.default_rng(5))
    wanted = starts[:, None] * np.array([0.5, -0.25]) ** np.arange(201)[:, None]
    np.testing.assert_allclose(seen.approaches, wanted, rtol=1e-12, atol=1e-300)


def test_one_that_runs_off_is_empty_where_there_is_nothing():
    seen = inspect_system(_GROWS, runs=2)
    report = _read(seen)
    assert report["behaviour"] == "diverging"
    assert report["lyapunov"] == report["lyapunov_errors"] == []
    assert report["dimension"] is report["entropy"] is report["gradient"] is report["memory"] is None
    np.testing.assert_allclose(seen.approaches[0, :12, 0], 10.0 ** np.arange(12), rtol=1e-12)
    assert np.isnan(seen.approaches[0, 12:]).all()  # 1e12 is where it is lost
    tables = inspection_tables(seen)
    assert set(tables) == {"fixed-points.csv", "motion.csv"}
    assert len(_rows(tables["motion.csv"])) == 11


def test_chaos_has_its_motion_and_its_dimension():
    seen = inspect_system(henon_map(), runs=1, steps=20_000)
    report = _read(seen)
    assert report["behaviour"] == "chaotic"
    assert sum(report["lyapunov"]) == pytest.approx(np.log(0.3), abs=1e-6)  # areas shrink to b of themselves
    assert report["dimension"] == pytest.approx(1 + report["lyapunov"][0] / abs(report["lyapunov"][1]))
    assert report["entropy"] == pytest.approx(report["lyapunov"][0])
    motion = np.array(
        [[float(row[f"output {k}"]) for k in (1, 2)] for row in _rows(inspection_tables(seen)["motion.csv"])]
    )
    assert len(motion) == 2_000
    x = motion[:, 0]
    np.testing.assert_allclose(x[2:], 1 - 1.4 * x[1:-1] ** 2 + 0.3 * x[:-2], atol=1e-9)


def test_a_line_of_units_remembers_as_many_inputs():
    line = Network(
        (Elman(np.eye(3)[:, :1], np.eye(3, k=-1), np.zeros(3), "linear"),), Readout(np.ones((1, 3)), np.zeros(1))
    )
    report = _read(inspect_system(DrivenNetwork(line), line, runs=1, steps=50))
    assert report["memory"]["reach"] == 2
    assert report["memory"]["total"] == pytest.approx(3, abs=0.05)
    np.testing.assert_allclose(report["memory"]["capacity"][:4], [1, 1, 1, 0], atol=0.02)
    assert report["lyapunov"] == [None, None, None]  # all is forgotten after three steps: minus infinity


def test_motions_of_many_outputs_are_short():
    many = IteratedMap(lambda h, a: a * h, -1.0, np.ones(200))
    assert len(_rows(inspection_tables(inspect_system(many, runs=1, steps=50, exponents=1))["motion.csv"])) == 500


def test_a_sweep_is_one_row_a_value():
    diagram = bifurcation(logistic_map, [2.5, 4.0, 5.0], kept=20, washout=200)
    told = json.loads(to_json(bifurcation_report(diagram, {}, total_seconds=0.1)))["rows"]
    assert [row["gain"] for row in told] == [2.5, 4.0, 5.0]
    assert told[0]["lyapunov"] == pytest.approx(np.log(0.5), abs=1e-6)
    assert told[0]["least"] == pytest.approx(0.6)
    assert told[0]["greatest"] == pytest.approx(0.6)
    assert told[1]["lyapunov"] > 0.5
    assert told[2] == {"gain": 5.0, "lyapunov": None, "least": None, "greatest": None}
    assert [float(row["gain"]) for row in _rows(bifurcation_csv(diagram))] == [2.5, 4.0, 5.0]


def test_the_portrait_shows_the_way_to_rest_from_every_start(tmp_path, monkeypatch):
    import unrolled.show

    sheets = {}
    monkeypatch.setattr(unrolled.show, "save", lambda drawn, path, kinds: sheets.update({path.name: drawn}))
    seen = inspect_system(_DECAYS, runs=3, steps=100, seed=2)
    save_inspection_figures(seen, None, tmp_path, ("png",))
    drawn = np.concatenate([np.column_stack(line.get_data()) for line in sheets["portrait"].lines])
    for start in seen.approaches[:, 0]:
        assert (np.abs(drawn - start).max(axis=1) < 1e-12).any()
    [first, _] = [line for line in sheets["motion"].lines if len(line.get_xdata()) > 5][:2]
    steps, values = first.get_data()
    np.testing.assert_allclose(values, 4 * 0.5 ** np.asarray(steps), rtol=1e-9)
    assert len(steps) < 30  # not 200 steps of a flat line
