"""Whatever is written is read back, and whatever else comes is a series or a clear error."""

import io

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from unrolled.errors import InputError
from unrolled.series import Series
from unrolled.series._read import _parsed
from unrolled.series._table import select


def parse(text):
    return select(_parsed(text.encode() if isinstance(text, str) else text, "f.csv", "f"), None, None)


def saved(save, *arrays, **named):
    buffer = io.BytesIO()
    save(buffer, *arrays, **named)
    return buffer.getvalue()


DIALECTS = [(",", "."), (";", "."), ("\t", "."), (" ", "."), (";", ","), ("\t", ","), (" ", ",")]
FORMATS = ["{!r}", "{:.17e}", "{:+.17E}", "fortran"]


def write(value, form, decimal):
    text = f"{value:.17E}".replace("E", "D") if form == "fortran" else form.format(value)
    return text.replace(".", decimal)


@given(
    st.lists(
        st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=2, max_size=2), min_size=1, max_size=20
    ),
    st.tuples(st.sampled_from(DIALECTS), st.sampled_from(FORMATS)),
    st.sampled_from(["", "N{}E{}F\n", "# a remark\n# N E F\n"]),
    st.tuples(st.sampled_from(["\n", "\r\n", "\r"]), st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "latin-1"])),
)
@settings(max_examples=200, deadline=None)
def test_what_was_written_is_read(values, layout, header, ending):
    ((delimiter, decimal), form), (end, encoding) = layout, ending
    if decimal == ",":
        # Alone, 1,125 could be a thousand.
        values = [*values, [0.5, 0.25]]
    lines = [delimiter.join([f"{i}", *(write(v, form, decimal) for v in row)]) for i, row in enumerate(values)]
    text = header.replace("{}", delimiter) + "\n".join(lines) + "\n"
    data = text.replace("\n", end).encode(encoding)
    made = parse(data)
    if not header and len(values) == 1:
        assert made.values[1:, 0].tolist() == values[0]
    else:
        assert made.values.tolist() == values
        assert made.x.tolist() == list(range(len(values)))


def survives(data):
    try:
        made = parse(data)
    except InputError:
        return
    assert isinstance(made, Series)
    assert np.isfinite(made.values).all()
    assert all(isinstance(made.format_x(x), str) for x in made.x[:3])
    assert made.spacing is None or made.spacing != 0


HOSTILE = st.lists(
    st.sampled_from(
        ["1", "2,5", "1.234", "1.234,5", "-", "nan", "1e999", "1D5", "1-300", "2024-01-01", "31/12/2024", "12:30",
         "2024-13", "0000-00-00", "9999-12-31", "x", "E [MeV]", '"', "'", "#", "%", ";", ",", "\t", " ",
         "\n", "\n", "\n", "\r", "=", "/",
         "sep=,", "\ufeff", "\u0663", "_", "(", "]", "*", "inf", "1_0", "+", "\x1a", "\x0b", "\u2028", "\x85"]
    ),
    max_size=60,
).map("".join)  # fmt: skip


@given(HOSTILE)
@example("sep=\n1")
@example("sep=\n")
@example("1\n" * 3 + ",")
@settings(max_examples=600, deadline=None)
def test_hostile_text(text):
    survives(text)


@given(
    st.binary(max_size=200), st.sampled_from([b"", b"\x93NUMPY\x01\x00", b"PK\x03\x04", b"\xff\xfe", b"PAR1", b"1,2\n"])
)
@settings(max_examples=400, deadline=None)
def test_hostile_bytes(data, start):
    survives(start + data)


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_damaged_numpy_and_parquet_files(data):
    import pyarrow as pa
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    pq.write_table(pa.table({"x": [1.0, 2.0], "y": [3.0, 4.0]}), buffer)
    whole = data.draw(
        st.sampled_from([saved(np.save, np.eye(3)), saved(np.savez, a=np.arange(3.0)), buffer.getvalue()])
    )
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    survives(bytes(damaged[: data.draw(st.integers(1, len(damaged)))]))


def test_long_lines_of_anything_take_no_time():
    for text in (
        "1 " * 50_000,
        "1" + " " * 50_000 + "#",
        "#" + " " * 50_000,
        "(" * 50_000,
        '"' * 50_000,
        "1" * 50_000,
    ):
        survives(f"x,E\n1,2\n{text}\n")
        survives(text)
