"""Ten files as other programs write them: all are read without options."""

from pathlib import Path

import pytest

from unrolled.series import dataset, read

FILES = Path(__file__).parent / "files"
ENERGIES = dataset("pairing-particles").values[:, 0].tolist()
PARTICLES = [float(n) for n in range(2, 42, 2)]


@pytest.mark.parametrize(
    ("file", "x_name", "name", "unit"),
    [
        ("excel_utf8_bom.csv", "particles", "energy", ""),
        ("excel_german.csv", "Teilchen", "Energie für g = 0,5", ""),
        ("fortran.dat", "x", "y", ""),
        ("units.csv", "N", "E", "MeV"),
        ("two_headers_quoted.csv", "particles", "energy", "MeV"),
        ("trailing_blanks.txt", "N", "E", ""),
        ("no_header.csv", "x", "y", ""),
        ("gnuplot.dat", "particles", "energy", ""),
        ("tabs.tsv", "particles", "energy", ""),
        ("blanks.out", "x", "y", ""),
    ],
)
def test_reads_the_same_numbers(file, x_name, name, unit):
    made = read(FILES / file)
    assert made.x.tolist() == PARTICLES
    assert made.values[:, 0].tolist() == ENERGIES
    assert (made.x_name, made.names, made.units) == (x_name, (name,), (unit,))
    assert made.calendar is None
    assert made.name == Path(file).stem


def test_monthly_dates_are_evenly_spaced():
    made = read(FILES / "dates.csv")
    assert made.values[:, 0].tolist() == ENERGIES
    assert made.spacing == 1.0
    assert made.format_x(made.x[0]) == "2022-01-01"
    assert made.format_x(made.future_x(5)[-1]) == "2024-01-01"


def test_every_committed_file_is_tested():
    assert len(list(FILES.iterdir())) == 11
