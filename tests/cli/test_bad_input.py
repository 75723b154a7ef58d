"""Bad input: one sentence that says what to do, status 2, and nothing left behind."""

import contextlib
import math
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.cli._extrapolate import places
from unrolled.cli._options import DataOptions, figure_kinds
from unrolled.errors import InputError

_TWELVE = [(x, x * x / 100) for x in range(12)]


def _table(rows):
    return "x,y\n" + "".join(f"{x},{y}\n" for x, y in rows)


_FILES = {
    "good.csv": _table(_TWELVE),
    "empty.csv": "",
    "blank.csv": "\n \n",
    "header.csv": "x,y\n",
    "text.csv": "x,energy\n1,2\n2,abc\n3,4\n4,5\n5,6\n",
    "nan.csv": "x,y\n1,2\n2,nan\n3,4\n4,5\n5,6\n",
    "infinite.csv": "x,y\n1,2\n2,inf\n3,4\n4,5\n5,6\n",
    "x-nan.csv": "x,y\n1,2\nnan,3\n3,4\n4,5\n5,6\n",
    "ragged.csv": "x,y\n1,2\n2\n3,4\n4,5\n5,6\n",
    "few.csv": _table(_TWELVE[:3]),
    "one.csv": _table(_TWELVE[:1]),
    "uneven.csv": _table((x, x * x) for x in (1, 2, 3, 4, 6, 7, 8, 9)),
    "uneven-later.csv": _table((x, x * x) for x in (1, 2, 3, 4, 5, 6, 7, 9, 10, 13)),
    "twice.csv": _table((x, x) for x in (1, 2, 3, 3, 4, 5)),
    "turns.csv": _table((x, x) for x in (1, 2, 3, 2, 4, 5)),
    "huge.csv": _table((x, f"{x + 1}e300") for x in range(8)),
    "control.csv": "\0\1\2" * 50,
    "png.csv": b"\x89PNG\r\n\x1a\n",
}

# What was typed after `unrolled`, and what the sentence must hold.
_DATA = [
    ("extrapolate missing.csv", "there is no file missing.csv"),
    ("extrapolate god.csv", "Did you mean good.csv"),
    ("extrapolate empty.csv", "empty.csv is empty"),
    ("extrapolate blank.csv", "blank.csv is empty"),
    ("extrapolate header.csv", "only a header"),
    ("extrapolate text.csv", "line 3: energy is 'abc'"),
    ("extrapolate nan.csv", "line 3: y is 'nan'"),
    ("extrapolate infinite.csv", "line 3: y is 'inf'"),
    ("extrapolate x-nan.csv", "line 3: x is 'nan'"),
    ("extrapolate ragged.csv", "line 3 has 1 cell where most lines have 2"),
    ("extrapolate few.csv --model rnn", "window + 2 = 4 are needed; use a window of at most 1"),
    ("extrapolate one.csv --model rnn", "too few for a window of 2"),
    ("extrapolate few.csv", "at least 5 known points; few has 3. Name a model, such as --model polynomial --degree 1"),
    ("extrapolate few.csv --model trend --degree 3", "trend takes at least 5 known points"),
    ("extrapolate uneven.csv", "from row 4 to row 5 it goes from 4 to 6"),
    ("extrapolate uneven.csv", "--target x-to-y"),
    ("extrapolate uneven-later.csv --train 6 --epochs 1000000", "from row 9 to row 10"),
    ("extrapolate uneven.csv --target x-to-y", "say where to predict (--at)"),
    ("extrapolate twice.csv", "x = 3 occurs twice"),
    ("extrapolate turns.csv", "changes direction in line 5"),
    ("extrapolate huge.csv --units 3 --members 1 --epochs 2", "scale the data"),
    ("extrapolate control.csv", "is not text"),
    ("extrapolate png.csv", "a PNG image"),
    ("extrapolate .", "is a folder"),
    ("extrapolate ''", "name of the file is empty"),
    ("extrapolate good.csv --dataset noisy-sine", "not both"),
    ("extrapolate good.csv --y-col z", "'z'"),
    ("extrapolate --x-col 1", "name the file too"),
    ("extrapolate --dataset pairing-particle", "did you mean 'pairing-particles'"),
    ("datasets noisy-sin", "did you mean 'noisy-sine'"),
    ("datasets --export x.csv", "name the dataset"),
    ("datasets --overwrite", "name the dataset"),
    ("datasets noisy-sine --export good.csv", "add --overwrite"),
    ("datasets noisy-sine --export none/x.csv", "cannot be written"),
]
_EXTENT = [
    ("extrapolate --train 0", "train must be from 1 to 20"),
    ("extrapolate --train -1", "train must be from 1 to 20"),
    ("extrapolate --train 21", "train must be from 1 to 20"),
    ("compare --train 0", "train must be from 1 to 20"),
    ("compare --train 20", "no error to compare"),
    ("compare one.csv", "no error to compare"),
    ("extrapolate --horizon 0", "horizon must be from 1"),
    ("extrapolate --horizon -5", "horizon must be from 1"),
    ("extrapolate --horizon 1000000000000 --epochs 1000000", "horizon must be from 1"),
    ("compare --horizon 0", "horizon must be from 1"),
    ("extrapolate --window 0", "window must be a whole number"),
    ("extrapolate --window 11", "use a window of at most 10"),
    ("extrapolate --window 1000000000000", "window must be a whole number"),
    ("extrapolate --at 3,4", "needs --target x-to-y"),
    ("extrapolate --target x-to-y --at ''", "--at needs finite numbers"),
    ("extrapolate --target x-to-y --at 1,,2", "--at needs finite numbers"),
    ("extrapolate --target x-to-y --at 1;2", "--at needs finite numbers"),
    ("extrapolate --target x-to-y --at nan", "--at needs finite numbers"),
    ("extrapolate --target x-to-y --at 42 --horizon 3", "give one of them"),
]
_MODEL = [
    ("extrapolate --model rmn", "did you mean 'rnn'"),
    ("extrapolate --model ''", "unknown model ''"),
    ("extrapolate --model atuo", "did you mean 'auto'"),
    ("extrapolate --model auto --units 3", "units says nothing to auto"),
    ("extrapolate --model trend --window 3", "window says nothing to trend, which takes degree"),
    ("extrapolate --model rnn --degree 3", "degree says nothing to rnn"),
    ("extrapolate --model polynomial --degree -1", "degree must be a whole number from 0"),
    ("extrapolate --model rational --tolerance nan", "tolerance must be a finite number"),
    ("extrapolate --degree 3", "name the model that --degree is for, with --model: polynomial, trend"),
    ("extrapolate --degree 3 --units 3", "no model takes all of --degree, --units"),
    ("extrapolate --units 0", "units must be a whole number"),
    ("extrapolate --units -1", "units must be a whole number"),
    ("extrapolate --units 1000000000000", "units must be a whole number"),
    ("extrapolate --layers 0", "layers must be a whole number"),
    ("extrapolate --members 0", "members must be a whole number"),
    ("extrapolate --members 1000000000000", "members must be a whole number"),
    ("extrapolate --epochs 0", "epochs must be a whole number"),
    ("extrapolate --epochs 1000000000000", "epochs must be a whole number"),
    ("extrapolate --learning-rate -1", "came -1.0"),
    ("extrapolate --learning-rate nan", "came nan"),
    ("extrapolate --learning-rate inf", "came inf"),
    ("extrapolate --validation 1.0", "validation must be a share"),
    ("extrapolate --validation -0.1", "came -0.1"),
    ("extrapolate --validation 0.99", "leaves none to train on"),
    ("extrapolate --batch-size 0", "batch_size must be a whole number"),
    ("extrapolate --seed -1", "seed must be a whole number"),
    ("extrapolate --patience 0", "patience must be a whole number"),
    ("extrapolate --clip-norm 0", "came 0.0"),
    ("extrapolate --activation tan", "did you mean 'tanh'"),
    ("extrapolate --optimizer adm", "did you mean 'adam'"),
    ("extrapolate --loss squarred", "did you mean 'squared'"),
    ("extrapolate --precision float16", "unknown precision"),
    ("extrapolate --scale minmax", "unknown scale"),
    ("extrapolate --target y-to-x", "did you mean 'x-to-y'"),
    ("extrapolate --lags-as lags", "Known: time, features"),
    ("extrapolate --network conv:3", "unknown layer 'conv'"),
    ("extrapolate --stateful", "Use a divisor, such as 9"),
    ("extrapolate --stateful --shuffle", "in order"),
    ("extrapolate --network bi-lstm:3 --stateful", "a stateful network goes forward in time alone"),
    ("extrapolate --model autoregression --epochs 5", "epochs says nothing"),
    ("extrapolate --model autoregression --units 5", "no hidden layers"),
    ("extrapolate --from .", "no saved model"),
    ("extrapolate --from missing", "no saved model"),
    ("extrapolate --from . --units 3 --model rnn", "--model, --units"),
]
_LEVEL = [
    ("extrapolate --level ''", "as in 68,95; came ''"),
    ("extrapolate --level 68,,95", "came '68,,95'"),
    ("extrapolate --level 0", "level must be a finite number of at least 0.1 and at most 99.99; came 0.0."),
    ("extrapolate --level 100", "level must be a finite number of at least 0.1 and at most 99.99; came 100.0."),
    ("extrapolate --level nan", "level must be a finite number of at least 0.1 and at most 99.99; came nan."),
    ("extrapolate --level 95,95.0000001", "level takes at most 4 decimals; came 95.0000001. Round it."),
    ("extrapolate --level 95%", "came '95%'"),
    ("extrapolate --level 68,99.9", "no 99.9 % bounds from step 1 on: 99 % is the highest level that was measured"),
    ("extrapolate --horizon 60 --level 95", "no 95 % bounds from step"),
    ("extrapolate --model rnn --epochs 1000000 --horizon 9 --level 68", "none of them reaches step 9"),
    ("extrapolate --model drift --horizon 3 --level 95", "8 of them reach step 3, which supports 88.8 % at most"),
    ("extrapolate --target x-to-y --at 42 --level 68", "leave out --level"),
]
_OUTPUT = [
    ("extrapolate --figures jpg", "'jpg'"),
    ("extrapolate --figures png,none", "none alone"),
    ("extrapolate --out good.csv", "good.csv is a file"),
    ("extrapolate --out good.csv/x", "cannot be written"),
    ("extrapolate --out .", "not empty"),
    ("extrapolate --out /proc/unrolled/x", "cannot be written"),
    ("extrapolate --out " + "a" * 300, "cannot be written"),
    ("compare --out good.csv", "good.csv is a file"),
    ("compare --figures jpg", "'jpg'"),
]
_SWEEP = [
    ("compare --sweep units", "SETTING=VALUE,VALUE"),
    ("compare --sweep units=", "SETTING=VALUE,VALUE"),
    ("compare --sweep units=5,,6", "SETTING=VALUE,VALUE"),
    ("compare --sweep ''", "SETTING=VALUE,VALUE"),
    ("compare --sweep unit=5", "did you mean 'units'"),
    ("compare --sweep units=five", "units must be a whole number"),
    ("compare --sweep units=5,0", "units must be a whole number"),
    ("compare --sweep window=2,11", "use a window of at most 10"),
    ("compare --sweep units=5 --units 6", "units is given twice"),
    ("compare --sweep units=5 --sweep units=6", "units is given twice"),
    ("compare --sweep model=rnn,lstm-2layer", "--model rnn,lstm-2layer"),
    ("compare --sweep seed=" + ",".join(map(str, range(1001))), "1000 are the most"),
    ("compare --model rnn,", "names with commas"),
    ("compare --model rnn,lstm", "did you mean 'lstm-2layer'"),
    ("compare --model auto,drift --units 5", "units says nothing to auto, drift"),
    ("compare --model auto,rnn --sweep units=5", "units says nothing to auto"),
    ("compare --origins -1", "origins must be a whole number from 0"),
    ("compare few.csv --model auto", "at least 5 known points"),
]


@pytest.mark.parametrize(("typed", "said"), _DATA + _EXTENT + _MODEL + _LEVEL + _OUTPUT + _SWEEP)
def test_one_sentence_status_2_nothing_left(run, folder, typed, said):
    for name, text in _FILES.items():
        (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    before = {name: (folder / name).stat().st_mtime_ns for name in os.listdir(folder)}
    done = run(*("" if part == "''" else part for part in typed.split()))
    assert done.status == 2, done.out + done.err
    assert done.out == ""
    assert done.err.startswith("unrolled: ")
    assert done.err.count("\n") == 1
    assert said in done.err
    assert {name: (folder / name).stat().st_mtime_ns for name in os.listdir(folder)} == before


@pytest.mark.parametrize(
    "typed",
    ["extrapolate --unit 3", "extrapolate --train x", "extrapolate a b", "unlearn", "--bogus", "compare --epochs 1e3"],
)
def test_a_wrong_option_is_status_2_too(run, folder, typed):
    done = run(*typed.split())
    assert done.status == 2
    assert done.out == ""
    assert "Usage" in done.err
    assert not os.listdir(folder)


def test_a_file_where_the_numbered_folders_go(run, folder):
    (folder / "unrolled-out").touch()
    done = run("extrapolate", "--epochs", "1000000")
    assert done.status == 2
    assert "unrolled-out is a file; move it" in done.err


def test_a_closed_or_empty_standard_input(run):
    done = run("extrapolate", "-", stdin="")
    assert done.status == 2
    assert "standard input is empty" in done.err


def test_a_folder_that_must_not_be_written(run, folder, monkeypatch):
    """Root may write everywhere, so the refusal is acted."""

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.mkdir", refuse)
    done = run("extrapolate", "--epochs", "1000000")
    assert done.status == 2
    assert "unrolled-out cannot be written: Permission denied" in done.err


def test_a_full_disk_leaves_nothing(run, folder, small, monkeypatch):
    def refuse(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("unrolled.report.members_csv", refuse)
    done = run("extrapolate", *small)
    assert done.status == 2
    assert "unrolled-out cannot be written: No space left on device" in done.err
    assert not os.listdir(folder)


def test_a_fault_of_the_program_says_so(run, folder, small, monkeypatch):
    def fail(*_, **__):
        raise ZeroDivisionError("oh")

    monkeypatch.setattr("unrolled.report.members_csv", fail)
    done = run("extrapolate", *small)
    assert done.status == 1
    assert "should not have happened (ZeroDivisionError: oh)" in done.err
    assert not os.listdir(folder)


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_any_kinds_of_figures_are_read_or_refused_in_words(text):
    with contextlib.suppress(InputError):  # any other error fails the test
        kinds = figure_kinds(text)
        assert len(set(kinds)) == len(kinds)
        assert set(kinds) <= {"png", "pdf", "svg"}


@given(st.lists(st.sampled_from(["png", "PDF", " svg "]), min_size=1))
def test_kinds_of_figures_come_back(kinds):
    assert figure_kinds(",".join(kinds)) == tuple(dict.fromkeys(kind.strip().lower() for kind in kinds))


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_places_come_back(values):
    assert places(",".join(map(repr, values)), DataOptions()) == values


@given(st.text())
def test_any_places_are_read_or_refused_in_words(text):
    with contextlib.suppress(InputError):  # any other error fails the test
        found = places(text, DataOptions())
        assert found is not None
        assert all(map(math.isfinite, found))
