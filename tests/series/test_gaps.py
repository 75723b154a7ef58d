"""Values and rows that are missing: only where the reader asks for them, and nothing else is let in with them."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.errors import InputError
from unrolled.series import Series, appended, as_series, check, from_frame, make_series, read, series_csv

NAN = np.nan
HINT = r"Or take a model that bridges gaps \(--model structural\)\."


def _same(made, wanted):
    np.testing.assert_array_equal(made.values, np.reshape(wanted, made.values.shape))


@pytest.fixture
def file(tmp_path):
    def write(text, name="a.csv"):
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write


@pytest.mark.parametrize("blank", ["", "NA", "nan", "-nan", "null", "None", "-", "n/a", "<NA>"])
def test_blank_cells_are_gaps_where_asked_for(file, blank):
    gapped = file(f"x,a,b\n1,{blank},5\n2,3,6\n3,{blank},{blank}\n4,,8\n")
    _same(read(gapped, gaps=True), [[NAN, 5], [3, 6], [NAN, NAN], [NAN, 8]])
    with pytest.raises(InputError, match=f"line 2: a is .*Remove the row, or fill it in. {HINT}$"):
        read(gapped)


def test_blank_cells_below_the_last_value_are_rows_all_the_same(file):
    gapped = file("t,y\n1,2\n2,3\n3,\n4,\n")
    made = as_series(gapped, gaps=True)
    assert (len(made), made.x[-1], made.known) == (4, 4.0, None)
    _same(made, [2, 3, NAN, NAN])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x,y\n1,\n2,inf\n3,4\n", r"line 3: y is 'inf'; every value must be a finite number\. Remove .* it in\.$"),
        ("x,y\n1,\n2,abc\n3,4\n", "line 3: y is 'abc'; expected a number. Correct the cell"),
        ("x,y\n1,2\n,3\n3,4\n", "line 3: x is empty"),
        ("x,y,z\n1,2,\n2,3,NA\n", r"z has no known value; leave this column out, or choose others \(--y-col\)"),
        ("x,y\n1,\n2,NA\n", "y has no known value"),
    ],
)  # fmt: skip
def test_what_is_no_gap_stays_an_error(file, text, message):
    with pytest.raises(InputError, match=message):
        read(file(text), gaps=True)


@pytest.mark.parametrize("text", ["x,y\n0,\n1,\n2,\n", "x;y\n0,5;\n1,5;\n", "x\ty\n0\t\n1\t\n", "N,y\n-,MeV\n1,\n2,\n"])
@pytest.mark.parametrize("gaps", [False, True])
def test_a_last_column_without_any_value_is_a_column(file, text, gaps):
    with pytest.raises(InputError, match="y has no known value; leave this column out"):
        read(file(text), gaps=gaps)
    wider = file(text.replace("y", "a,y").replace("0,", "0,7,").replace("1,", "1,7,").replace("2,", "2,7,"))
    if text.startswith("x,"):
        assert read(wider, y_col="a", gaps=gaps).values[:, 0].tolist() == [7, 7, 7]
        with pytest.raises(InputError, match="y has no known value"):
            read(wider, gaps=gaps)


def test_other_errors_come_as_before(file):
    """No advice on gaps where a gap is not all that is wrong, or where a companion is the better advice."""
    for text in ("x,y\n1,\n2,inf\n3,4\n", "x,y\n1,2\n,3\n3,4\n", "x,y,mp2\n1,2,3\n2,,4\n"):
        with pytest.raises(InputError) as caught:
            read(file(text))
        assert "bridges gaps" not in str(caught.value)


@pytest.mark.parametrize("gaps", [False, True])
def test_numpy_files(tmp_path, gaps):
    np.save(tmp_path / "a.npy", [[1.0, NAN], [2.0, 3.0]])
    np.save(tmp_path / "b.npy", [[1.0, NAN], [2.0, np.inf]])
    if gaps:
        _same(read(tmp_path / "a.npy", gaps=True), [NAN, 3])
    with pytest.raises(InputError, match="row 2: a column is inf" if gaps else "row 1: a column is nan"):
        read(tmp_path / "b.npy", gaps=gaps)


@pytest.mark.parametrize("frame", [
    pd.DataFrame({"N": [1, 2, 3], "E": [1.0, None, 3.0]}),
    pd.DataFrame({"N": [1, 2, 3], "E": pd.array([1, None, 3], dtype="Int64")}),
    pd.DataFrame({"N": [1, 2, 3], "E": pd.Series([1, None, "3"], dtype=object)}),
    pl.DataFrame({"N": [1, 2, 3], "E": [1, None, 3]}),
    pa.table({"N": [1, 2, 3], "E": pa.array([1.0, None, 3.0])}),
])  # fmt: skip
def test_frames(frame):
    _same(from_frame(frame, gaps=True), [1, NAN, 3])
    _same(as_series(frame, gaps=True), [1, NAN, 3])
    with pytest.raises(InputError, match=HINT):
        as_series(frame)


def test_parquet_and_text_again(tmp_path):
    made = make_series([[1.0, 2.0], [NAN, 4.0], [5.0, NAN]], x=[2, 4, 6], units=["m", "s"], gaps=True)
    (tmp_path / "a.csv").write_text(series_csv(made))
    pl.DataFrame({"x": made.x, "y1": made.values[:, 0], "y2": made.values[:, 1]}).write_parquet(tmp_path / "a.parquet")
    for name in ("a.csv", "a.parquet"):
        _same(read(tmp_path / name, gaps=True), made.values)


def test_arrays():
    masked = np.ma.array([1.0, 7.0, 3.0], mask=[False, True, False])
    for values in ([1, None, 3], [1, NAN, 3], masked):
        _same(as_series(values, gaps=True), [1, NAN, 3])
        with pytest.raises(InputError, match=f"y is nan in row 2; .* {HINT}"):
            as_series(values)
    for values in ([NAN, NAN], [[1, NAN], [2, NAN]], [1, np.inf], [NAN, -np.inf]):
        with pytest.raises(InputError):
            make_series(values, gaps=True)
    with pytest.raises(InputError, match="x is not a finite number in row 2"):
        make_series([1, 2], x=[1, NAN], gaps=True)


def test_no_series_with_gaps_comes_through_the_usual_door():
    gapped = make_series([1, NAN, 3], gaps=True)
    assert as_series(gapped, gaps=True) is gapped
    with pytest.raises(InputError, match=HINT):
        as_series(gapped)
    infinite = Series(np.array([[1.0], [np.inf]]), np.arange(2.0), ("y",), ("",))
    for gaps in (False, True):
        with pytest.raises(InputError, match="y is inf in row 2"):
            as_series(infinite, gaps=gaps)


def test_what_a_series_says_of_itself():
    made = make_series([[NAN, 2], [3, NAN], [3, 5]], gaps=True)
    assert made.has_gaps
    assert not made.is_constant
    assert made.constant.tolist() == [True, False]
    assert made.head(2).is_constant
    assert not make_series([1, 2]).has_gaps
    assert make_series([4, NAN, 4], gaps=True).is_constant
    check(made, gaps=True)


def test_one_more_row():
    plain, gapped = make_series([1.0, 2.0]), make_series([1.0, NAN], gaps=True)
    _same(appended(gapped, NAN), [1, NAN, NAN])
    _same(appended(plain, NAN, gaps=True), [1, 2, NAN])
    _same(appended(plain, 5.0, x=4.0, gaps=True), [1, 2, NAN, NAN, 5])
    with pytest.raises(InputError, match=HINT):
        appended(plain, NAN)
    with pytest.raises(InputError, match="y is inf"):
        appended(gapped, np.inf)
    assert len(appended(plain, 5.0, x=4.0)) == 3


@pytest.mark.parametrize(
    ("x", "every"),
    [
        ([1, 2, 4, 5], [1, 2, 3, 4, 5]),
        ([5, 4, 2], [5, 4, 3, 2]),
        ([0.33, 0.67, 1.67, 2.00], [0.33, 0.67, 1.003, 1.337, 1.67, 2.00]),
        ([0.33, 0.67, 1.00, 20.00, 20.33, 20.67, 21.00, 21.33], np.arange(1, 65) / 3),
        ([2, 4, 10], [2, 4, 6, 8, 10]),
    ],
)
def test_rows_that_x_leaves_out_are_gaps(x, every):
    made = make_series(np.arange(1.0, len(x) + 1), x=x, gaps=True)
    np.testing.assert_allclose(made.x, every, atol=0.005)
    assert made.require_even()
    assert made.x[~np.isnan(made.values[:, 0])].tolist() == x
    assert make_series(np.arange(len(x)), x=x).x.tolist() == x


@pytest.mark.parametrize(
    "x", [[1, 2, 3.5, 4.3], [1, 2, 50], [0, 2, 4, 5, 7], [0, 1e-300, 1e300], [-1.7e308, 0, 1.7e308], [3], [3, 7]]
)
def test_other_x_stay_as_they_are(x):
    made = make_series(np.arange(len(x)), x=x, gaps=True)
    assert made.x.tolist() == x
    assert not made.has_gaps


@given(st.lists(st.booleans(), min_size=2, max_size=40), st.floats(-1e6, 1e6), st.floats(1e-3, 1e3), st.booleans())
def test_taking_rows_away_and_finding_them_again(kept, start, step, falls):
    """The laws: known rows stay where they were, and what is between two that are neighbours is never touched."""
    rows = np.flatnonzero([True, *kept, True, True])
    x = start + (-step if falls else step) * rows
    made = make_series(np.arange(len(rows)) + 1.0, x=x, gaps=True)
    if len(made) > len(rows):
        assert len(made) == rows[-1] + 1
        assert np.flatnonzero(~np.isnan(made.values[:, 0])).tolist() == rows.tolist()
        np.testing.assert_array_equal(made.x[rows], x)
        assert np.all(np.diff(made.x) < 0 if falls else np.diff(made.x) > 0)
    elif rows[-1] + 1 <= 10 * len(rows) and 2 * np.mean(np.diff(rows) == 1) >= 1:
        assert rows[-1] + 1 == len(rows)


def test_one_x_off_the_steps_of_the_others_is_no_finer_grid():
    x = np.where(np.arange(60) == 30, 30.5, np.arange(60))
    made = make_series(np.arange(60), x=x, gaps=True)
    assert len(made) == 60
    with pytest.raises(InputError, match=r"from row 30 to row 31 it goes from 29 to 30\.5, a step of 1\.5 where 1 is"):
        made.require_even()
    for share in (0.15, 0.3, 0.6):
        rows = np.flatnonzero(np.random.default_rng(0).random(400) < share)
        assert len(make_series(rows, x=rows, gaps=True)) == rows[-1] - rows[0] + 1


def test_dates_and_the_lines_of_errors(file):
    dated = file("date,y\n2024-01-01,1\n2024-01-02,2\n2024-01-04,4\n")
    made = read(dated, gaps=True)
    assert [made.format_x(x) for x in made.x] == ["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04"]
    _same(made, [1, 2, NAN, 4])
    months = read(file("month,y\n2023-11,1\n2023-12,2\n2024-02,4\n"), gaps=True)
    assert months.format_x(months.x[2]) == "2024-01"
    with pytest.raises(InputError, match="line 4: y is 'inf'"):
        read(file("date,y\n2024-01-01,1\n2024-01-03,2\n2024-01-04,inf\n"), gaps=True)


def test_what_counts_as_known_moves_with_the_rows():
    made = Series(np.ones((4, 1)), np.array([1.0, 2.0, 4.0, 5.0]), ("y",), ("",), known=3)
    filled = as_series(made, gaps=True)
    assert (len(filled), filled.known) == (5, 4)
