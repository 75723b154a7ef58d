import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unrolled.errors import InputError
from unrolled.series import as_series, make_series, read

finite = st.floats(allow_nan=False, allow_infinity=False)


def test_defaults():
    made = make_series([[1, 2], [3, 4], [5, 6]])
    assert made.names == ("y1", "y2")
    assert made.x.tolist() == [0, 1, 2]
    assert made.values.dtype == np.float64
    assert len(made.head(2)) == 2
    assert make_series([3, 3, 3]).is_constant
    assert "3 points" in repr(made)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"values": []}, "holds no numbers"),
        ({"values": np.zeros((3, 0))}, "must have shape"),
        ({"values": np.zeros((2, 2, 2))}, "must have shape"),
        ({"values": ["a"]}, "values must be numbers"),
        ({"values": [[1], [2, 3]]}, "values must be numbers"),
        ({"values": [1, np.nan]}, "y is nan in row 2"),
        ({"values": [1, 2], "x": [1]}, "unequal length: 1 values of x for 2 rows"),
        ({"values": [1, 2], "x": [1, np.inf]}, "x is not a finite number in row 2"),
        ({"values": [1, 2], "x": [1, 1]}, "x = 1 occurs twice, in row 1 and row 2"),
        ({"values": [1, 2, 3], "x": [1, 2, 0]}, "x changes direction in row 3, from 2 to 0"),
        ({"values": [1, 2], "names": ["a", "b"]}, "one entry for each of the 1 features"),
    ],
)
def test_bad_arrays(arguments, message):
    with pytest.raises(InputError, match=message):
        make_series(**arguments)


def test_uneven_x_says_where_and_what_to_do():
    made = make_series([1, 2, 3, 4], x=[1, 2, 4, 5], names=["E"], x_name="N")
    assert made.spacing is None
    with pytest.raises(InputError) as caught:
        made.require_even()
    message = str(caught.value)
    assert "from row 2 to row 3 it goes from 2 to 4, a step of 2 where 1 is usual" in message
    assert "--target x-to-y" in message
    assert "--x-col none --y-col E" in message


def test_rounded_and_falling_x_are_even():
    assert make_series([1, 2, 3, 4], x=[0.33, 0.67, 1.00, 1.33]).spacing == pytest.approx(1 / 3, rel=0.01)
    falling = make_series([1, 2, 3], x=[6, 4, 2])
    assert falling.spacing == -2
    assert falling.future_x(2).tolist() == [0, -2]
    assert make_series([1], x=[7]).future_x(2).tolist() == [8, 9]


@settings(deadline=None)
@given(st.lists(finite, min_size=1, max_size=8), st.lists(finite, min_size=1, max_size=8))
def test_any_numbers_are_a_series_or_a_clear_error(values, x):
    try:
        made = make_series(values, x)
        made.require_even()
    except InputError:
        return
    assert made.spacing is not None
    assert np.isfinite(made.spacing)


def test_single_door(tmp_path):
    made = make_series([1.0, 2.0])
    file = tmp_path / "a.csv"
    file.write_text("x,E\n1,2\n2,3\n")
    assert as_series(made) is made
    assert as_series(np.array([1.0, 2.0]), name="mine").name == "mine"
    assert as_series(file).names == as_series(str(file)).names == read(file).names
    for bad in (None, {"a": 1}, b"1", object(), 1j * np.ones(3)):
        with pytest.raises(InputError):
            as_series(bad)
    with pytest.raises(InputError, match="columns can be chosen in a file"):
        as_series([1, 2], x_col="a")


def test_importing_loads_no_heavy_library():
    heavy = "jax matplotlib pandas polars pyarrow scipy narwhals"
    code = f"import sys, unrolled.series; print([m for m in {heavy.split()!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_is_masked_is_a_gap():
    values = np.ma.array([1, 2, 3, 4], mask=[False, False, True, False])
    with pytest.raises(InputError, match="is nan in row 3"):
        as_series(values)
    assert as_series(values[:2]).values[:, 0].tolist() == [1.0, 2.0]
