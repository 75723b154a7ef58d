"""`unrolled extrapolate --companion`: a cheap column that is known further."""

import csv
import json

import numpy as np
import pytest

import unrolled
from unrolled.series import pairing_energy
from unrolled.truth import pairing_perturbation

_PARTICLES = range(2, 42, 2)
_ENERGIES = [pairing_energy(n, 0.3) for n in _PARTICLES]
_CHEAP = [pairing_perturbation(n, 0.3) for n in _PARTICLES]
_FAST = ("--figures", "none", "--overwrite", "--out", "o")


def _table(known, header="N,E [MeV],mp2"):
    rows = zip(_PARTICLES, _ENERGIES, _CHEAP, strict=True)
    return header + "\n" + "".join(f"{n},{e if i < known else ''},{c!r}\n" for i, (n, e, c) in enumerate(rows))


@pytest.fixture
def files(folder):
    for name, known in (("part.csv", 8), ("full.csv", 20)):
        (folder / name).write_text(_table(known), encoding="utf-8")
    lines = _table(8).splitlines()
    for name, row, old, new in (
        ("gap.csv", 3, lines[3], "6,,-0.1"),
        ("hole.csv", 12, lines[12], "24,,"),
        ("uneven.csv", 20, "40,", "43,"),
    ):
        changed = [line.replace(old, new) if i == row else line for i, line in enumerate(lines)]
        (folder / name).write_text("\n".join(changed), encoding="utf-8")
    return folder


def _report(folder):
    return json.loads((folder / "o" / "report.json").read_text(encoding="utf-8"))


def test_the_rows_where_y_is_empty_are_predicted(run, files):
    done = run("extrapolate", "part.csv", "--companion", "mp2", *_FAST)
    assert done.status == 0, done.err
    assert "part: 8 of 8 points learned, 12 predicted" in done.out
    assert "Companion: mp2, known at 20 points" in done.out
    report = _report(files)
    assert [entry["x"] for entry in report["forecast"]] == list(_PARTICLES)[8:]
    companion = report["companion"]
    assert (companion["name"], companion["points"]) == ("mp2", 20)
    assert companion["ways"] == ["ratio", "difference", "relation"]
    candidates = report["candidates"]
    classical = report["model"]["candidates"]
    assert len(candidates) == 4 * classical + len(report["model"]["networks"])
    words = (", of the ratio", ", of the difference", ", beside the relation")
    weight = sum(one["weight"] for one in candidates if one["name"].endswith(words))
    assert companion["weight"]["E"] == pytest.approx(weight)
    assert weight > 0.5
    with (files / "o" / "candidates.csv").open(newline="", encoding="utf-8") as file:
        assert [row["name"] for row in csv.DictReader(file)] == [one["name"] for one in candidates]

    trial = unrolled.extrapolate("part.csv", unrolled.model("auto"), companion="mp2")
    assert [entry["mean"] for entry in report["forecast"]] == trial.forecast.mean[:, 0].tolist()


def test_train_keeps_rows_back_and_takes_the_companion_from_all(run, files):
    assert run("extrapolate", "part.csv", "--companion", "3", "--train", "6", *_FAST).status == 0
    some = _report(files)
    assert (some["train"], some["horizon"], sum("truth" in entry for entry in some["forecast"])) == (6, 14, 2)
    assert run("extrapolate", "full.csv", "--companion", "mp2", "--train", "6", *_FAST).status == 0
    every = _report(files)
    assert sum("truth" in entry for entry in every["forecast"]) == 14
    assert [e["mean"] for e in every["forecast"]] == [e["mean"] for e in some["forecast"]]
    alone = run("extrapolate", "full.csv", "--y-col", "E", "--train", "6", "--json", *_FAST)
    errors = [report["score"]["mse_forecast"] for report in (every, json.loads(alone.out))]
    assert errors[0] < 0.01 * errors[1]
    assert json.loads(alone.out)["companion"] is None


def test_a_saved_model_goes_on_with_its_companion(run, files):
    assert run("extrapolate", "part.csv", "--companion", "mp2", *_FAST).status == 0
    first = _report(files)
    done = run("extrapolate", "--from", "o", "--json", "--figures", "none", "--out", "again")
    assert done.status == 0, done.err
    again = json.loads(done.out)
    assert again["forecast"] == first["forecast"]
    assert again["companion"] == first["companion"]
    done = run("extrapolate", "full.csv", "--y-col", "E", "--train", "10", "--from", "o", "--json", "--figures", "none")
    assert done.status == 0, done.err
    assert json.loads(done.out)["horizon"] == 10
    errors = [np.abs(e["mean"] - e["truth"]) for e in json.loads(done.out)["forecast"]]
    assert max(errors) < 1e-3
    done = run("extrapolate", "part.csv", "--from", "o", "--out", "no")
    assert (done.status, "learn again: without --from, and with --companion" in done.err) == (2, True)
    done = run("extrapolate", "--from", "o", "--horizon", "13", "--out", "no")
    assert (done.status, "12 steps beyond the 8 points" in done.err) == (2, True)


_ERRORS = [
    ("part.csv --companion mp3", "did you mean 'mp2'"),
    ("part.csv --companion mp2 --y-col mp2", "mp2 cannot be both y and the companion"),
    ("part.csv --companion E", "line 10: E is empty"),
    ("gap.csv --companion mp2", "line 4: E is empty; every row needs a number. Remove the row, or fill it in. Beside"),
    ("hole.csv --companion mp2", "line 13: mp2 is empty"),
    ("uneven.csv --companion mp2", "N is not evenly spaced: from row 19 to row 20"),
    ("part.csv", "If mp2 goes on beside it as a cheap series, name it with --companion"),
    ("part.csv --companion mp2 --model rnn", "only the automatic choice looks at a companion; rnn does not"),
    ("part.csv --companion mp2 --units 4", "only the automatic choice looks at a companion; rnn does not"),
    ("part.csv --companion mp2 --target x-to-y", "leave out --companion or --target x-to-y"),
    ("part.csv --companion mp2 --at 50", "--at says where to predict y from x"),
    ("part.csv --companion mp2 --from o", "a saved model keeps the companion"),
    ("--companion mp2 --dataset pairing-particles", "a dataset has no companion"),
    ("--companion mp2", "name the file too"),
    ("part.csv --companion mp2 --horizon 13", "12 steps beyond the 8 points that are learned; 13 were asked for"),
    ("part.csv --companion mp2 --train 9", "train must be from 1 to 8"),
    ("full.csv --companion mp2", "no further than the 20 points"),
]


@pytest.mark.parametrize(("typed", "said"), _ERRORS)
def test_errors_are_sentences_and_come_before_the_work(run, files, monkeypatch, typed, said):
    monkeypatch.setattr("unrolled.choose.Auto._judge", None)  # whoever began to work would fail another way
    before = sorted(files.iterdir())
    done = run("extrapolate", *typed.split(), "--out", "none")
    assert done.status == 2
    assert done.err.startswith("unrolled: ")
    assert done.err.count("\n") == 1
    assert said in done.err
    assert sorted(files.iterdir()) == before


def test_the_heading_with_its_unit_names_a_column(run, files):
    text = _table(8, header="N,E [MeV],mp2 [MeV]")
    (files / "units.csv").write_text(text, encoding="utf-8")
    done = run("extrapolate", "units.csv", "--companion", "mp2 [MeV]", "--y-col", "E [MeV]", *_FAST)
    assert done.status == 0, done.err
    assert _report(files)["companion"]["name"] == "mp2"
    done = run("extrapolate", "units.csv", "--companion", "mp2 [keV]", *_FAST)
    assert (done.status, "did you mean 'mp2'" in done.err) == (2, True)


def test_comparison_has_no_companion_and_says_what_to_do(run, files):
    done = run("compare", "part.csv")
    assert done.status == 2
    assert "leave those rows out here; unrolled extrapolate --companion makes use of them" in done.err
