"""`unrolled datasets`: list, describe, export, and read back."""

import re

import numpy as np
import pytest

import unrolled

_OPTIONS = re.findall(
    r"\S+",
    """train horizon dataset x-col y-col model window members seed units layers activation loss optimizer learning-rate
    batch-size epochs validation stateful lags-as target at from level degree difference rank ridge alone
    tolerance out overwrite json verbose figures""",
)


def test_the_list_names_every_one(run):
    done = run("datasets")
    assert done.status == 0
    assert tuple(line.split()[0] for line in done.out.splitlines()) == unrolled.datasets()


def test_one_is_described_with_its_provenance(run):
    out = run("datasets", "pairing-particles").out
    assert "Coupled-cluster doubles" in out
    assert "20 points, 12 of them known by default." in out


@pytest.mark.parametrize("name", unrolled.datasets())
def test_exports_read_back_to_the_last_digit(run, folder, name):
    assert run("datasets", name, "--export", "out.csv").status == 0
    printed = run("datasets", name, "--export", "-")
    assert printed.out.encode() == (folder / "out.csv").read_bytes().replace(b"\r\n", b"\n")
    again, series = unrolled.read(folder / "out.csv"), unrolled.dataset(name)
    np.testing.assert_array_equal(again.values, series.values)
    np.testing.assert_array_equal(again.x, series.x)
    assert (again.names, again.units, again.x_name) == (series.names, series.units, series.x_name)


def test_an_export_replaces_a_file_only_when_asked(run, folder):
    (folder / "mine.csv").write_text("mine")
    assert run("datasets", "noisy-sine", "--export", "mine.csv").status == 2
    assert (folder / "mine.csv").read_text() == "mine"
    assert run("datasets", "noisy-sine", "--export", "mine.csv", "--overwrite").status == 0
    assert len(unrolled.read(folder / "mine.csv")) == 1000


def test_version_and_help(run):
    assert run("--version").out == f"unrolled {unrolled.__version__}\n"
    for verb in ("extrapolate", "compare", "datasets"):
        assert run(verb, "-h").out == run(verb, "--help").out
        assert verb in run("--help").out
    listed = run("extrapolate", "--help").out
    for option in _OPTIONS:
        assert f"--{option} " in listed
    for name in unrolled.models():
        assert name in " ".join(listed.split()).replace("- ", "-")
