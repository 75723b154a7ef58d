import datetime as dt
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unrolled.errors import InputError
from unrolled.series import Calendar, count_dates


def days(*written):
    return np.array(written, dtype="datetime64[us]")


@pytest.mark.parametrize(
    ("dates", "step", "x"),
    [
        (("2024-01-01", "2024-02-01", "2024-03-01"), "month", [648, 649, 650]),
        (("2023-11-30", "2023-12-31", "2024-01-31", "2024-02-29"), "month", [646, 647, 648, 649]),
        (("2024-01-30", "2024-02-29", "2024-03-30"), "month", [648, 649, 650]),
        (("2020-05-17", "2021-05-17"), "month", [604, 616]),
        (("2024-01-01", "2024-01-08", "2024-01-15"), "day", [19723, 19730, 19737]),
        (("2024-01-01",), "day", [19723]),
        (("1970-01-01T00:00:10", "1970-01-01T00:00:20.5"), "second", [10, 20.5]),
        (("1969-12-31", "1969-12-30"), "day", [-1, -2]),
    ],
)
def test_the_largest_step_that_holds_all_dates(dates, step, x):
    counted, calendar = count_dates(days(*dates))
    assert calendar.step == step
    assert counted.tolist() == x
    assert [calendar.format(value) for value in counted] == list(dates)


@settings(deadline=None)
@given(
    st.lists(st.datetimes(min_value=dt.datetime(1, 1, 2)), min_size=1, max_size=5),
    st.sampled_from(["us", "s", "D", "M"]),
)
def test_format_and_dates_give_back_what_came(moments, unit):
    given_dates = np.array(moments, dtype=f"datetime64[{unit}]").astype("datetime64[us]")
    x, calendar = count_dates(given_dates)
    # Seconds since 1970 in float64 are exact to a few microseconds at the end of the calendar.
    slack = np.timedelta64(40, "us") if calendar.step == "second" else np.timedelta64(0, "us")
    assert np.all(np.abs(calendar.dates(x) - given_dates) <= slack)
    written = np.array([calendar.format(float(value)) for value in x], dtype="datetime64[us]")
    assert np.all(np.abs(written - given_dates) <= slack)
    assert Calendar.from_dict(json.loads(json.dumps(calendar.to_dict()))) == calendar


@pytest.mark.parametrize(
    "calendar", [Calendar("month"), Calendar("month", day=None), Calendar("day"), Calendar("second")]
)
@pytest.mark.parametrize("x", [1e300, -1e300, 1e12, float("inf"), float("nan"), 96358.0, 1e5 + 0.5])
def test_any_number_can_be_written(calendar, x):
    assert isinstance(calendar.format(x), str)
    assert calendar.dates(np.array([x])).dtype == np.dtype("datetime64[us]")


def test_between_two_months_lies_a_day():
    assert Calendar("month").format(648.5) == "2024-01-16T12:00:00"
    assert Calendar("month", day=None).format(648.0) == "2024-01"


def test_offset_is_written():
    assert Calendar("second", offset="Z").format(0.0) == "1970-01-01T00:00:00Z"


@pytest.mark.parametrize(
    "kept", [{}, {"step": "week", "day": 1, "offset": ""}, {"step": "month", "day": 40, "offset": ""}]
)
def test_what_is_no_calendar(kept):
    with pytest.raises(InputError, match="no calendar"):
        Calendar.from_dict(kept)
