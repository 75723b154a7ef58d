"""`unrolled extrapolate --limit`: what the learned points approach."""

import json
import math

import pytest

_SUM = [sum(1 / k**2 for k in range(1, n + 1)) for n in range(1, 15)]
_FAST = ("--figures", "none", "--model", "drift", "--overwrite", "--out", "o")


def _write(path, columns):
    rows = [f"{n}," + ",".join(repr(float(column[n - 1])) for column in columns.values()) for n in range(1, 15)]
    path.write_text("\n".join([f"n,{','.join(columns)}", *rows]), encoding="utf-8")


def _section(text):
    return text[text.index("Limit of") :]


def test_the_limit_is_printed_and_reported(run, folder):
    _write(folder / "f.csv", {"S [a.u.]": _SUM})
    done = run("extrapolate", "f.csv", "--limit", *_FAST)
    assert done.status == 0, done.err
    flat = " ".join(done.out.split())
    assert "Limit of S [a.u.]: 1.64493406684 ± 8.5e-10. The convergence is logarithmic" in flat
    assert "not a calibrated bound" in flat
    assert "richardson, power estimated" in done.out
    report = json.loads((folder / "o" / "report.json").read_text(encoding="utf-8"))
    (limit,) = report["limit"]
    assert (limit["name"], limit["converges"], limit["points"], limit["remarks"]) == ("S", True, 14, [])
    assert limit["value"] == pytest.approx(math.pi**2 / 6, abs=1e-9)
    assert abs(limit["value"] - math.pi**2 / 6) <= limit["half_width"]
    assert set(limit["estimates"][0]) == {"method", "value", "change", "steps_back"}
    assert _section(done.out).splitlines()[0] in (folder / "o" / "summary.txt").read_text(encoding="utf-8")
    assert report["horizon"] == 4
    assert json.loads(run("extrapolate", "f.csv", "--json", *_FAST).out)["limit"] is None


def test_later_values_change_no_byte_of_it(run, folder):
    said = []
    for later in (_SUM[10:], [7.0, -3e5, 2.0, 1e9]):
        _write(folder / "f.csv", {"S": [*_SUM[:10], *later]})
        done = run("extrapolate", "f.csv", "--limit", "--train", "10", *_FAST)
        told = json.loads((folder / "o" / "report.json").read_text(encoding="utf-8"))["limit"]
        printed = _section(done.out)
        said.append((json.dumps(told), printed[: printed.index("more")]))
    assert said[0] == said[1]


def test_a_limit_a_column_and_one_that_is_none(run, folder):
    _write(folder / "f.csv", {"S": _SUM, "grows": [1.3**n for n in range(14)]})
    done = run("extrapolate", "f.csv", "--limit", *_FAST)
    flat = " ".join(done.out.split())
    assert "Limit of S: 1.6449" in flat
    assert "Limit of grows: none to believe. The differences grow by a factor of 1.3 a step" in flat
    done = run("extrapolate", "f.csv", "--limit", "--train", "6", "--json", *_FAST)
    limits = json.loads(done.out)["limit"]
    assert [limit["name"] for limit in limits] == ["S", "grows"]
    assert [limit["converges"] for limit in limits] == [True, False]
    assert "Only 6 points are known" in limits[0]["remarks"][0]


def test_it_goes_with_the_automatic_choice_a_saved_model_and_a_companion(run, folder):
    _write(folder / "f.csv", {"S": _SUM, "c": [2 - 1 / n for n in range(1, 15)]})
    options = ("--figures", "none", "--json")
    first = run("extrapolate", "f.csv", "--y-col", "S", "--limit", *options, "--out", "a")
    again = run("extrapolate", "--from", "a", "--limit", *options)
    assert json.loads(first.out)["limit"] == json.loads(again.out)["limit"]
    beside = run("extrapolate", "f.csv", "--companion", "c", "--train", "10", "--limit", *options)
    assert beside.status == 0, beside.err
    assert json.loads(beside.out)["limit"][0]["points"] == 10


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("f.csv --limit --train 3 --model drift", "at least 4 known points; f has 3. Leave out --limit"),
        ("f.csv --limit --y-col same", "same is constant over the 14 points"),
        ("f.csv --limit --y-col S --target x-to-y", "leave out --limit, or --target x-to-y"),
        ("uneven.csv --limit", "n is not evenly spaced"),
    ],
)
def test_errors_are_sentences(run, folder, typed, said):
    _write(folder / "f.csv", {"S": _SUM, "same": [2.0] * 14})
    (folder / "uneven.csv").write_text((folder / "f.csv").read_text(encoding="utf-8").replace("\n14,", "\n16,"))
    done = run("extrapolate", *typed.split(), "--out", "none")
    assert (done.status, done.err.count("\n")) == (2, 1)
    assert said in done.err
    assert not (folder / "none").exists()
