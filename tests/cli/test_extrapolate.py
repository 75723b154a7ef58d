"""What `unrolled extrapolate` prints and writes, against the Python API and against itself."""

import csv
import json
import math

import numpy as np
import pytest

import unrolled

_TABLE = "x,y\n" + "".join(f"{x},{math.sin(x / 3)!r}\n" for x in range(18))


def _rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _model(**changed):
    return unrolled.model("rnn", **{"units": 3, "epochs": 2, "members": 2} | changed)


def _number(text):
    return None if text == "" else float(text)


def _is_number(value):
    return isinstance(value, int | float) and not isinstance(value, bool)


def _shape(value, shape, where="report"):
    """Compare plain data with a description: types, [one of list], {key: ...}; `None` in a tuple allows null."""
    if isinstance(shape, tuple):
        if value is None:
            assert None in shape, where
            return
        shape = next(entry for entry in shape if entry is not None)
    if isinstance(shape, dict):
        assert isinstance(value, dict), where
        assert set(shape) <= set(value), (where, set(shape) - set(value))
        for key, inner in shape.items():
            _shape(value[key], inner, f"{where}.{key}")
    elif isinstance(shape, list):
        assert isinstance(value, list), where
        for index, entry in enumerate(value):
            _shape(entry, shape[0], f"{where}[{index}]")
    elif shape is float:
        assert _is_number(value), (where, value)
        assert math.isfinite(value), (where, value)
    else:
        assert type(value) is shape, (where, value)


_REPORT = {
    "schema": int,
    "series": {"name": str, "source": str, "points": int, "names": [str], "units": [str], "x_name": str},
    "model": {
        "name": str, "window": int, "members": int, "precision": str, "network": str, "learner": {"kind": str},
        "parameters": int, "layers": [{"name": str, "parameters": int}],
    },
    "train": int,
    "horizon": int,
    "forecast": [
        {
            "x": float, "name": str, "mean": float, "spread": float, "lo-68": (float, None), "hi-68": (float, None),
            "lo-95": (float, None), "hi-95": (float, None),
        }
    ],
    "bands": [{"level": float, "reason": str}],
    "verdict": ({"trust_until": int, "headline": str, "reasons": [{"kind": str, "text": str, "evidence": dict}]}, None),
    "candidates": [{"name": str, "score": (float, None), "weight": float, "feature": str}],
    "companion": (dict, None),
    "limit": ([dict], None),
    "score": {"mse_all": (float, None), "mse_forecast": (float, None), "max_relative_error": (float, None)},
    "one_step": {},
    "history": (
        {"loss": [float], "validation_loss": ([float], None), "members": [{"epochs": int, "status": str}]}, None,
    ),
    "seconds": {"compile": float, "fit": float, "predict": float, "total": float, "import": float, "write": float},
    "seed": int,
    "notes": [str],
    "versions": {"unrolled": str, "python": str, "jax": str, "numpy": str},
    "data_sha256": str,
    "created": str,
}  # fmt: skip


def test_json_alone_is_the_report_and_has_its_schema(run, folder, small):
    done = run("extrapolate", *small, "--json", "--out", "o")
    assert done.status == 0
    report = json.loads(done.out)
    assert done.out == (folder / "o" / "report.json").read_text(encoding="utf-8")
    _shape(report, _REPORT)
    assert report["schema"] == 2
    assert (report["train"], report["horizon"], len(report["forecast"])) == (12, 8, 8)
    assert all("truth" in entry for entry in report["forecast"])
    assert len(report["history"]["loss"]) == 2
    assert report["seconds"]["total"] >= report["seconds"]["compile"] + report["seconds"]["fit"]


@pytest.mark.parametrize(
    "options",
    [
        ("--model", "autoregression", "--figures", "none"),
        ("--units", "3", "--epochs", "2", "--members", "1", "--figures", "none", "--target", "x-to-y", "--at", "50"),
        ("--units", "3", "--epochs", "2", "--members", "1", "--figures", "none", "--horizon", "40"),
    ],
)
def test_every_kind_of_trial_has_the_schema(run, options):
    _shape(json.loads(run("extrapolate", *options, "--json").out), _REPORT)


def test_the_files_agree_with_each_other_and_with_python_to_the_last_digit(run, folder, small):
    assert run("extrapolate", *small, "--out", "o", "--seed", "3").status == 0
    trial = unrolled.extrapolate(unrolled.dataset("pairing-particles"), _model(seed=3))
    report = json.loads((folder / "o" / "report.json").read_text(encoding="utf-8"))
    forecast, members = _rows(folder / "o" / "forecast.csv"), _rows(folder / "o" / "members.csv")
    history = _rows(folder / "o" / "history.csv")

    predicted = [row for row in forecast if row["part"] == "forecast"]
    for column, expected in (("mean", trial.forecast.mean), ("spread", trial.forecast.spread), ("truth", trial.truth)):
        assert [float(row[column]) for row in predicted] == expected[:, 0].tolist()
        assert [entry[column] for entry in report["forecast"]] == expected[:, 0].tolist()
    assert [entry["x"] for entry in report["forecast"]] == [float(row["x"]) for row in predicted]
    assert [float(row["x"]) for row in forecast] == trial.series.x.tolist()

    for member in range(2):
        written = [float(row[f"member_{member}"]) for row in members]
        assert written == trial.forecast.members[member, :, 0].tolist()
        losses = [row for row in history if row["member"] == str(member)]
        assert [float(row["loss"]) for row in losses] == trial.fitted.history.loss[member].tolist()
        written = [float(row["validation_loss"]) for row in losses]
        assert written == trial.fitted.history.validation_loss[member].tolist()
    assert report["score"]["mse_forecast"] == trial.scores.mse_forecast

    ahead = {float(row["x"]): _number(row["one_step"]) for row in forecast}
    assert [ahead[x] for x in trial.series.x[:2]] == [None, None]
    for part in trial.one_step.values():
        assert [ahead[x] for x in part.x] == part.mean[:, 0].tolist()


def test_the_seed_decides_the_bytes(run, folder, small):
    for out, seed in (("a", 1), ("b", 1), ("c", 2)):
        run("extrapolate", *small, "--out", out, "--seed", seed)
    a, b, c = ((folder / out / "forecast.csv").read_bytes() for out in "abc")
    assert a == b
    assert a != c
    weights = [(folder / out / "model" / "weights.safetensors").read_bytes() for out in "abc"]
    assert weights[0] == weights[1] != weights[2]


def test_a_saved_model_goes_on_with_identical_numbers(run, folder, small):
    run("extrapolate", *small, "--out", "a")
    done = run("extrapolate", "--from", "a", "--dataset", "pairing-particles", "--out", "b", "--figures", "none")
    assert done.status == 0
    assert (folder / "a" / "members.csv").read_bytes() == (folder / "b" / "members.csv").read_bytes()
    assert (folder / "a" / "forecast.csv").read_bytes() == (folder / "b" / "forecast.csv").read_bytes()
    # Without other data it goes on from the end of what it was trained on; the saved model can be saved again.
    done = run("extrapolate", "--from", "b/model", "--horizon", "8", "--json", "--figures", "none")
    means = [entry["mean"] for entry in json.loads(done.out)["forecast"]]
    assert means == [float(row["mean"]) for row in _rows(folder / "a" / "forecast.csv") if row["part"] == "forecast"]


def test_a_saved_model_needs_as_many_columns_as_it_learned(run, folder, small):
    run("extrapolate", *small, "--out", "a")
    (folder / "two.csv").write_text("x,y,z\n" + "".join(f"{x},{x},{x}\n" for x in range(9)))
    done = run("extrapolate", "two.csv", "--from", "a")
    assert done.status == 2
    assert "learned 1 column (correlation energy); two has 2. Choose columns with --y-col" in done.err
    assert run("extrapolate", "two.csv", "--y-col", "z", "--from", "a", "--figures", "none").status == 0


def test_a_saved_model_cannot_be_told_places(run, small):
    run("extrapolate", *small, "--out", "a")
    done = run("extrapolate", "--from", "a", "--at", "3")
    assert done.status == 2
    assert "step by step" in done.err


def test_y_from_x_at_places_of_ones_own(run, folder, small):
    done = run("extrapolate", *small, "--target", "x-to-y", "--at", "41,43.5", "--out", "o")
    assert done.status == 0
    rows = _rows(folder / "o" / "forecast.csv")
    placed = [(float(row["x"]), row["truth"]) for row in rows if row["part"] == "forecast"]
    assert placed == [(41.0, ""), (43.5, "")]
    assert "relative" not in done.out
    again = run("extrapolate", "--from", "o", "--at", "41,43.5", "--out", "p", "--figures", "none")
    assert again.status == 0
    assert (folder / "o" / "members.csv").read_bytes() == (folder / "p" / "members.csv").read_bytes()


def test_a_file_is_learned_whole_and_continued_by_a_third(run, folder, small):
    (folder / "wave.csv").write_text(_TABLE)
    report = json.loads(run("extrapolate", "wave.csv", *small, "--json").out)
    assert (report["train"], report["horizon"]) == (18, 6)
    assert all("truth" not in entry for entry in report["forecast"])
    assert set(report["score"].values()) == {None}
    report = json.loads(run("extrapolate", "wave.csv", *small, "--json", "--train", "10").out)
    assert (report["train"], report["horizon"]) == (10, 8)


def test_standard_input_is_a_file(run, folder, small):
    (folder / "wave.csv").write_text(_TABLE)
    from_file = json.loads(run("extrapolate", "wave.csv", *small, "--json").out)
    from_pipe = json.loads(run("extrapolate", "-", *small, "--json", stdin=_TABLE).out)
    assert from_pipe["forecast"] == from_file["forecast"]
    assert from_pipe["data_sha256"] == from_file["data_sha256"]


@pytest.mark.parametrize(
    "name", ["a b.csv", "a\nb.csv", "-x.csv", "Größe.csv", "[red]x.csv", ":smile:.csv", "%s{}.csv"]
)
def test_awkward_file_names(run, folder, small, name):
    (folder / name).write_text(_TABLE)
    done = run("extrapolate", *small, "--", name)
    assert done.status == 0
    assert done.out.startswith(f"{name.removesuffix('.csv')}: 18 of 18 points learned")


def test_names_and_units_in_any_script(run, folder, small):
    (folder / "e.csv").write_text("Δt [µs],Энергия [ħω]\n" + _TABLE.split("\n", 1)[1], encoding="utf-8")
    done = run("extrapolate", "e.csv", *small, "--json", "--out", "o")
    series = json.loads(done.out)["series"]
    assert (series["names"], series["units"], series["x_name"], series["x_unit"]) == (["Энергия"], ["ħω"], "Δt", "µs")
    assert "Энергия [ħω]" in (folder / "o" / "summary.txt").read_text(encoding="utf-8")


def test_x_may_fall(run, folder, small):
    (folder / "down.csv").write_text("x,y\n" + "".join(f"{x},{x * x / 100}\n" for x in range(14, 2, -1)))
    report = json.loads(run("extrapolate", "down.csv", *small, "--json", "--train", "8").out)
    assert [entry["x"] for entry in report["forecast"]] == [6, 5, 4, 3]


def test_known_places_are_written_as_they_came(run, folder, small):
    """0.33, 0.67, ... is even as far as it was printed; the predictions stand at the printed x all the same."""
    places = ["0.33", "0.67", "1.00", "1.33", "1.67", "2.00", "2.33", "2.67", "3.00"]
    (folder / "thirds.csv").write_text("x,y\n" + "".join(f"{x},{float(x) ** 2}\n" for x in places))
    report = json.loads(run("extrapolate", "thirds.csv", *small, "--json", "--train", "6", "--horizon", "4").out)
    written = [entry["x"] for entry in report["forecast"]]
    assert written[:3] == [2.33, 2.67, 3.0]
    assert written[3] == pytest.approx(3.33, abs=0.01)


def test_a_constant_series_works_and_says_so(run, folder, small):
    (folder / "same.csv").write_text("x,y\n" + "".join(f"{x},3.5\n" for x in range(12)))
    done = run("extrapolate", "same.csv", *small)
    assert done.status == 0
    assert "Note: The known part is constant." in done.out


@pytest.mark.parametrize("size", ["e300", "e-300"])
@pytest.mark.filterwarnings("error")
def test_sizes_at_the_ends_of_floating_point(run, folder, small, size):
    (folder / "x.csv").write_text("x,y\n" + "".join(f"{x},{x + 1}{size}\n" for x in range(10)))
    done = run("extrapolate", "x.csv", *small, "--scale", "standard", "--train", "8", "--json", "--out", "o")
    assert done.status == 0
    for entry in json.loads(done.out)["forecast"]:
        assert 0.1 < entry["mean"] / float(f"1{size}") < 100


def test_a_truth_of_zero_is_no_reason_to_fail(run, folder, small):
    (folder / "x.csv").write_text("x,y\n" + "".join(f"{x},{x - 10}\n" for x in range(14)))
    done = run("extrapolate", "x.csv", *small, "--train", "8", "--json")
    assert json.loads(done.out)["score"]["max_relative_error"] is None


def test_the_table_holds_what_a_person_asks_for(run, folder, small):
    done = run("extrapolate", *small)
    for text in (
        "pairing-particles: 12 of 20 points learned, 8 predicted; model rnn, 2 members, seed 0.",
        "correlation energy [level spacing]",
        "-0.96496525",
        "MSE of one-step predictions",
        "over the predicted ones",
        "elman_1",
        "total: 19 parameters",
        "s in all:",
        "Files are in unrolled-out/001",
    ):
        assert text in done.out
    summary = (folder / "unrolled-out" / "001" / "summary.txt").read_text(encoding="utf-8")
    assert done.out.startswith(summary)


def test_numbers_stay_whole_on_a_narrow_terminal(run, folder, small, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    out = run("extrapolate", *small).out
    assert "…" not in out
    assert "-0.96496525" in out
    assert "total: 19 parameters" in out


def test_a_long_forecast_is_cut_in_the_middle_only(run, folder, small):
    done = run("extrapolate", *small, "--horizon", "100", "--out", "o")
    assert done.out.count("…") == 5
    assert " 224 " in done.out
    assert len(_rows(folder / "o" / "forecast.csv")) == 112


def test_numbered_folders_count_on(run, folder, small):
    (folder / "unrolled-out" / "007").mkdir(parents=True)
    (folder / "unrolled-out" / "notes").mkdir()
    assert "unrolled-out/008" in run("extrapolate", *small).out
    assert "unrolled-out/009" in run("extrapolate", *small).out


def test_overwriting_replaces_ones_own_files_and_no_others(run, folder, small):
    (folder / "o").mkdir()
    (folder / "o" / "notes.txt").write_text("mine")
    (folder / "o" / "report.json").write_text("old")
    assert run("extrapolate", *small, "--out", "o").status == 2
    for _ in range(2):
        assert run("extrapolate", *small, "--out", "o", "--overwrite").status == 0
    assert (folder / "o" / "notes.txt").read_text() == "mine"
    assert json.loads((folder / "o" / "report.json").read_text())["schema"] == 2
    assert unrolled.load(folder / "o").model.name == "rnn"


def test_verbose_prints_a_line_an_epoch_on_standard_error(run, small):
    done = run("extrapolate", *small, "--verbose", "--json")
    lines = [line for line in done.err.splitlines() if line]
    assert [line.split("  ")[0] for line in lines] == ["epoch 1/2", "epoch 2/2"]
    assert "validation" in lines[0]
    json.loads(done.out)


def test_figures_of_the_kinds_asked_for(run, folder):
    done = run(
        "extrapolate", "--units", "3", "--epochs", "2", "--members", "1", "--figures", "svg,png,svg", "--out", "o"
    )
    assert done.status == 0
    kinds = {path.suffix for path in (folder / "o").iterdir()} & {".png", ".svg", ".pdf"}
    assert kinds == {".svg", ".png"}
    assert (folder / "o" / "forecast.png").read_bytes().startswith(b"\x89PNG")


def test_the_noisy_sine_has_its_own_model(run):
    done = run(
        "extrapolate", "--dataset", "noisy-sine", "--epochs", "1", "--members", "1", "--figures", "none", "--json"
    )
    report = json.loads(done.out)
    assert (report["model"]["name"], report["train"], report["horizon"]) == ("noisy-sine", 800, 200)
    assert {"mse_train", "mse_test"} <= set(report["one_step"])


def test_two_columns_make_two_tables(run, folder, small):
    rows = "".join(f"{x},{math.sin(x)!r},{math.cos(x)!r}\n" for x in range(14))
    (folder / "two.csv").write_text("x,a,b\n" + rows)
    done = run("extrapolate", "two.csv", *small, "--train", "10", "--out", "o")
    assert done.status == 0
    trial = unrolled.extrapolate(unrolled.read(folder / "two.csv"), _model(), train=10)
    for feature, name in enumerate("ab"):
        rows = [r for r in _rows(folder / "o" / "forecast.csv") if r["name"] == name and r["part"] == "forecast"]
        np.testing.assert_array_equal([float(r["mean"]) for r in rows], trial.forecast.mean[:, feature])


def test_a_user_without_a_home(run, small, monkeypatch):
    """As in a container whose user is in no list of users."""

    def nobody():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("UNROLLED_CACHE_DIR")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr("pathlib.Path.home", nobody)
    done = run("extrapolate", *small)
    assert (done.status, done.err) == (0, "")
