"""A series and its companion, read from one table in which y ends first."""

import io

import numpy as np
import pandas as pd
import polars as pl
import pytest

from unrolled.errors import InputError
from unrolled.series import as_companion, as_paired, make_series

_CHEAP = [0.4, 1.1, 1.7, 2.2, 2.6]
_KNOWN = [0.5, 1.25, 2.0]


def _file(tmp_path, text, name="f.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def _columns(gap):
    return list(zip(("2", "4", "6", "8", "10"), (*map(str, _KNOWN), gap, gap), map(str, _CHEAP), strict=True))


@pytest.mark.parametrize("gap", ["", "nan", "NaN", "-", "n/a", "?"])
@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1)])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_last_cells_of_y_may_be_blank(tmp_path, gap, order, delimiter):
    rows = [("N", "E [MeV]", "cheap"), *_columns(gap)]
    text = "\n".join(delimiter.join(row[i] for i in order) for row in rows)
    series, companion = as_paired(_file(tmp_path, text), "cheap")
    assert (series.names, series.units, series.x_name, len(series)) == (("E",), ("MeV",), "N", 3)
    assert series.values[:, 0].tolist() == _KNOWN
    assert series.x.tolist() == [2, 4, 6]
    assert (companion.names, companion.x.tolist()) == (("cheap",), [2, 4, 6, 8, 10])
    assert companion.values[:, 0].tolist() == _CHEAP


def test_blanks_and_decimal_commas(tmp_path):
    blanks = "\n".join("  ".join(row) for row in [("N", "E", "cheap"), *_columns("nan")])
    commas = "\n".join(";".join(row).replace(".", ",") for row in [("N", "E", "cheap"), *_columns("")])
    for text in (blanks, commas):
        series, companion = as_paired(_file(tmp_path, text), 3)
        assert series.values[:, 0].tolist() == _KNOWN
        assert companion.values[:, 0].tolist() == _CHEAP


def test_without_x_the_rows_are_counted(tmp_path):
    text = "E,cheap\n0.5,0.4\n1.25,1.1\n,1.7\n"
    series, companion = as_paired(_file(tmp_path, text), "cheap")
    assert (series.names, series.x.tolist(), companion.x.tolist()) == (("E",), [0, 1], [0, 1, 2])


def test_dates_are_kept(tmp_path):
    text = "month,E,cheap\n2024-01,1,2\n2024-02,2,3\n2024-03,,4\n"
    series, companion = as_paired(_file(tmp_path, text), "cheap")
    assert series.format_x(float(series.x[-1])) == "2024-02"
    assert companion.format_x(float(companion.x[-1])) == "2024-03"


@pytest.mark.parametrize("kind", ["pandas", "polars", "polars text", "parquet", "npz"])
def test_frames_and_arrays(tmp_path, kind):
    y = [*_KNOWN, None, None]
    columns = {"N": [2, 4, 6, 8, 10], "E": y, "cheap": _CHEAP}
    if kind == "pandas":
        source = pd.DataFrame(columns)
    elif kind == "npz":
        source = tmp_path / "f.npz"
        np.savez(source, **{name: np.array(values, np.float64) for name, values in columns.items()})
    else:
        source = pl.DataFrame(columns | ({"E": [v and str(v) for v in y]} if kind == "polars text" else {}))
    if kind == "parquet":
        file = io.BytesIO()
        source.write_parquet(file)
        source = tmp_path / "f.parquet"
        source.write_bytes(file.getvalue())
    series, companion = as_paired(source, "cheap")
    assert series.values[:, 0].tolist() == _KNOWN
    assert companion.values[:, 0].tolist() == _CHEAP
    assert series.frame == (kind.split()[0] if kind.startswith(("pandas", "polars")) else None)


_BAD = {
    "middle": ("N,E,c\n1,2,1\n2,,2\n3,4,3\n4,,4\n", "c", {}, "line 3: E is empty.*only the last cells of y may"),
    "first": ("N,E,c\n1,,1\n2,,2\n3,,3\n", "c", {}, "line 2: E is empty"),
    "infinite": ("N,E,c\n1,2,1\n2,3,2\n3,inf,3\n", "c", {}, "line 4: E is 'inf'"),
    "word": ("N,E,c\n1,2,1\n2,abc,2\n3,,3\n", "c", {}, "line 3: E is 'abc'; expected a number"),
    "hole": ("N,E,c\n1,2,1\n2,3,\n3,,3\n", "c", {}, "line 3: c is empty.*companion is needed in every row"),
    "companion ends": ("N,E,c\n1,2,1\n2,3,2\n3,4,\n", "c", {}, "line 4: c is empty.*companion is needed in every row"),
    "x ends": ("N,E,c\n1,2,1\n2,3,2\n,,3\n", "c", {}, "line 4: N is empty"),
    "unknown": ("N,E,mp2\n1,2,1\n2,,2\n", "mp3", {}, "unknown column.*did you mean 'mp2'"),
    "both y": ("N,E,c\n1,2,1\n2,,2\n", "c", {"y_col": "c"}, "c cannot be both y and the companion"),
    "both x": ("N,E,c\n1,2,1\n2,,2\n", "c", {"x_col": "c"}, "c cannot be both x and the companion"),
    "usual x": ("N,E,c\n1,2,1\n2,,2\n", "N", {}, "N cannot be both x and the companion"),
    "text": ("N,E,c\n1,2,a\n2,,b\n", "c", {}, "line 2: c is 'a'"),
    "unequal": ("N,E,F,c\n1,2,3,1\n2,3,,2\n3,,,3\n", "c", {}, "E in 2 rows, F in 1 rows"),
    "twice": ("N,E,c\n1,2,1\n1,,2\n", "c", {}, "N = 1 occurs twice"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "companion", "chosen", "said"), _BAD.values(), ids=_BAD)
def test_what_cannot_be_paired_is_said(tmp_path, text, companion, chosen, said):
    with pytest.raises(InputError, match=said):
        as_paired(_file(tmp_path, text), companion, **chosen)


def test_a_gap_at_the_end_reminds_of_the_companion(tmp_path):
    with pytest.raises(InputError, match=r"line 4: E is empty.*If c goes on beside it .*--companion"):
        as_paired(_file(tmp_path, "N,E,c\n1,2,1\n2,3,2\n3,,3\n"), [1.0, 2.0, 3.0])


def test_companions_that_are_numbers_or_series():
    series = make_series([1.0, 2.0], x=[10, 20])
    for given in ([3, 4, 5], np.array([[3.0], [4.0], [5.0]]), pd.Series([3, 4, 5]), pl.Series([3, 4, 5])):
        made = as_companion(given, series)
        assert (made.values[:, 0].tolist(), made.x.tolist()) == ([3, 4, 5], [10, 20, 30])
    own = make_series([3.0, 4.0, 5.0], x=[10, 20, 30])
    assert as_paired(series, own) == (series, own)
    for given, said in (
        (make_series([3.0, 4.0], x=[10, 21]), "row 2 the series is at x = 20 and the companion at 21"),
        (make_series(np.ones((3, 2)), x=[10, 20, 30]), "a companion is one column; series has 2"),
        (["a"], "must be numbers"),
        ([1.0, np.nan], "not finite"),
    ):
        with pytest.raises(InputError, match=said):
            as_companion(given, series)
    with pytest.raises(InputError, match="named by its column in a file or a data frame; beside Series"):
        as_paired(series, "c")
