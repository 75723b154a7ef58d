import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from unrolled.errors import InputError
from unrolled.series import as_series, frame_from_columns, from_frame

COLUMNS = {"N": [2, 4, 6], "E [MeV]": [-0.5, -1.25, -2.0]}
KINDS = {"pandas": pd.DataFrame, "polars": pl.DataFrame, "pyarrow": pa.table}


@pytest.mark.parametrize("kind", KINDS)
def test_frame_in_and_the_same_kind_out(kind):
    made = as_series(KINDS[kind](COLUMNS))
    assert (made.x_name, made.names, made.units, made.frame) == ("N", ("E",), ("MeV",), kind)
    assert made.values[:, 0].tolist() == COLUMNS["E [MeV]"]
    out = frame_from_columns({"x": made.x, "mean": made.values[:, 0]}, made.frame)
    assert type(out) is type(KINDS[kind](COLUMNS))
    again = from_frame(out)
    assert again.values.tolist() == made.values.tolist()
    assert again.x.tolist() == [2, 4, 6]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cells", [
    [dt.date(2024, 1, 31), dt.date(2024, 2, 29)],
    [dt.datetime(2024, 1, 31), dt.datetime(2024, 2, 29)],
    ["2024-01-31", "2024-02-29"],
])  # fmt: skip
def test_dates_in_and_out(kind, cells):
    made = from_frame(KINDS[kind]({"when": cells, "E": [1.0, 2.0]}))
    assert [made.format_x(x) for x in made.x] == ["2024-01-31", "2024-02-29"]
    assert made.spacing == 1.0
    out = frame_from_columns({"when": made.calendar.dates(made.x), "E": made.values[:, 0]}, kind)
    assert from_frame(out).x.tolist() == made.x.tolist()


def test_index_of_pandas():
    days = pd.date_range("2024-01-01", periods=3)
    assert from_frame(pd.DataFrame({"E": [1, 2, 3]}, index=days)).x_name == "date"
    assert from_frame(pd.Series([1, 2, 3], index=days, name="E")).format_x(19724.0) == "2024-01-02"
    assert from_frame(pd.DataFrame({"E": [1, 2]}, index=pd.Index([4, 5], name="N"))).x.tolist() == [4, 5]
    assert from_frame(pd.DataFrame({"N": [1, 2], "E": [1, 2]}, index=[7, 3])).x_name == "N"
    months = pd.DataFrame({"E": [1, 2]}, index=pd.period_range("2024-01", periods=2, freq="M"))
    assert from_frame(months).calendar.step == "month"


def test_time_zones():
    berlin = pd.date_range("2024-03-01", periods=2, freq="MS", tz="Europe/Berlin")
    assert from_frame(pd.DataFrame({"t": berlin, "E": [1, 2]})).calendar.step == "month"
    hours = pd.date_range("2024-03-31 00:30", periods=4, freq="h", tz="Europe/Berlin")
    made = from_frame(pd.DataFrame({"t": hours, "E": [1, 2, 3, 4]}))
    assert made.spacing == 3600.0
    assert made.format_x(made.x[0]) == "2024-03-30T23:30:00Z"


@pytest.mark.parametrize("column", [pl.Series("E", [1.5, 2.5]), pd.Series([1.5, 2.5], name="E"), pd.Series([1.5, 2.5])])
def test_single_column(column):
    made = as_series(column)
    assert made.x_name == "index"
    assert made.values[:, 0].tolist() == [1.5, 2.5]


def test_other_types():
    import decimal

    frame = pl.DataFrame({"n": ["1", "2"], "D": [decimal.Decimal("1.5"), decimal.Decimal("2.5")], "b": [True, False]})
    made = from_frame(frame)
    assert made.values.tolist() == [[1.5, 1.0], [2.5, 0.0]]
    assert from_frame(pl.LazyFrame(COLUMNS)).frame == "polars"
    named_by_number = pl.DataFrame({"N": [1, 2], "1": [3, 4], "b": [5, 6]})
    assert from_frame(named_by_number, y_col="1").values.tolist() == [[3], [4]]
    assert from_frame(pd.DataFrame({0: [1, 2], 1: [3, 4]})).names == ("1",)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (pd.DataFrame(), "is empty"),
        (pl.DataFrame({"E": []}), "is empty"),
        (pd.DataFrame({"N": [1, 2], "E": [1.0, np.nan]}), "row 2: E is nan"),
        (pl.DataFrame({"N": [1, 2], "E": [1.0, None]}), "row 2: E is nan"),
        (pd.DataFrame({"N": pd.array([1, None], dtype="Int64"), "E": [1, 2]}), "row 2: N is nan"),
        (pd.DataFrame({"N": [1, 2], "E": ["a", "b"]}), "row 1: E is 'a'; expected a number"),
        (pl.DataFrame({"t": [dt.date(2024, 1, 1), None], "E": [1, 2]}), "row 2: t is empty"),
        (pd.DataFrame([[1, 2], [3, 4]], columns=["E", "E"]), "unique column names"),
        (pl.DataFrame({"N": [1, 1], "E": [1, 2]}), "N = 1 occurs twice"),
        ("text", "expected a data frame"),
    ],
)
def test_bad_frames(frame, message):
    with pytest.raises(InputError, match=message):
        from_frame(frame)


def test_bad_frames_out():
    with pytest.raises(InputError, match="did you mean 'polars'"):
        frame_from_columns({"a": [1]}, "polar")
    with pytest.raises(InputError, match="one length"):
        frame_from_columns({"a": [1], "b": [1, 2]}, "pandas")
