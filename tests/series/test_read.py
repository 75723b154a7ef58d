import datetime as dt
import io
import re
import sys
import zipfile

import numpy as np
import pytest

from unrolled.errors import InputError
from unrolled.series import read
from unrolled.series._read import _parsed
from unrolled.series._source import read_bytes
from unrolled.series._table import select
from unrolled.series._units import split_unit


def parse(text, x_col=None, y_col=None):
    """A series from what a file would hold."""
    return select(_parsed(text.encode() if isinstance(text, str) else text, "f.csv", "f"), x_col, y_col)


def rows(made):
    return [[x, *values] for x, values in zip(made.x.tolist(), made.values.tolist(), strict=True)]


@pytest.mark.parametrize(
    "text",
    [
        "1,2.5\n2,3.5\n",
        "1,2.5\n2,3.5",
        "1,2.5\r\n2,3.5\r\n",
        "1,2.5\r2,3.5\r",
        "1;2,5\n2;3,5\n",
        "1\t2,5\n2\t3,5\n",
        "1 2,5\n2 3,5\n",
        "1, 2.5\n2, 3.5\n",
        "1\t 2.5 \n2\t 3.5\n",
        "1 \t\t2.5\n2 \t\t3.5\n",
        "1,2.5,\n2,3.5,\n",
        "x;y;;\n1;2.5;;\n2;3.5;;\n;;;\n",
        '"1","2.5"\n"2","3.5"\n',
        '"1" "2.5"\n"2" "3.5"\n',
        "sep=;\n1;2.5\n2;3.5\n",
        "# a\n1 2.5\n# b\n2 3.5\n",
        "% a\n1 2.5 % not a comment? \n2 3.5\n".replace(" % not a comment? ", ""),
        "! a\n1 2.5 ! first\n2 3.5 # second\n",
        "// a\n1 2.5\n2 3.5\n",
        "; a\n1,2.5\n2,3.5\n",
        "x y\n1 2.5D0\n2 0.35d+01\n",
        "1 2.5\n\n\n2 3.5\n\x1a",
        "\ufeff1,2.5\n2,3.5\n",
        "1,2.5\n2,3.5\n".encode("utf-16"),
        "1,2.5\n2,3.5\n".encode("utf-32"),
        "N,E\n-,MeV\n1,2.5\n2,3.5\n",
        "label,n,E\nH,1,2.5\nHe,2,3.5\n",
        ",n,E\n0,1,2.5\n1,2,3.5\n",
        "1\u00a0;\u00a02,5\n2;3,5\n",
        "+1,+2.5e0\n2.,35E-1\n",
    ],
)
def test_layouts(text):
    assert rows(parse(text)) == [[1.0, 2.5], [2.0, 3.5]]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.0D-03", 1e-3), ("1.0d+02", 100.0), ("0.123-102", 0.123e-102), ("-.5Q1", -5.0), ("5.", 5.0),
        ("0.1E+01", 1.0), ("\u22123.5", -3.5),
    ],
)  # fmt: skip
def test_numbers(text, value):
    assert parse(f"E\n7.5\n{text}\n").values[1, 0] == value


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1.234,5;1\n2.345,5;2\n", [1234.5, 2345.5]),
        ("1,234.5;1\n2,345.5;2\n", [1234.5, 2345.5]),
        ("1,234,567;1\n2,345,678;2\n", [1234567.0, 2345678.0]),
        ('"1,234.5",1\n"2,345",2\n', [1234.5, 2345.0]),
        ("E\n0,5\n1,25\n", [0.5, 1.25]),
        ("0,123;1\n1,234;2\n", [0.123, 1.234]),
        ("1.234;1\n2.345;2\n", [1.234, 2.345]),
    ],
)
def test_marks(text, values):
    made = parse(text, x_col="none", y_col="1")
    assert made.values[:, 0].tolist() == values


@pytest.mark.parametrize(
    ("label", "split"),
    [
        ("E [MeV]", ("E", "MeV")), ("E[MeV]", ("E", "MeV")), ("E (MeV)", ("E", "MeV")), ("E(MeV)", ("E", "MeV")),
        ("E / MeV", ("E", "MeV")), ("E/MeV", ("E", "MeV")), ("E_MeV", ("E", "MeV")), ("v [m s^-1]", ("v", "m s^-1")),
        ("v (m/s)", ("v", "m/s")), ("t / s", ("t", "s")), ("T (K)", ("T", "K")), ("g [-]", ("g", "")),
        ("E/A", ("E/A", "")), ("E / A", ("E / A", "")), ("f(x)", ("f(x)", "")), ("x_max", ("x_max", "")),
        ("E (exact)", ("E (exact)", "")), ("[MeV]", ("[MeV]", "")), ("", ("", "")), ("x_min", ("x_min", "")),
    ],
)  # fmt: skip
def test_units(label, split):
    assert split_unit(label) == split


@pytest.mark.parametrize(
    ("text", "x_name", "names", "units"),
    [
        ("# x  E\n1 2\n2 3\n", "x", ("E",), ("",)),
        ("#x,E [MeV]\n1,2\n2,3\n", "x", ("E",), ("MeV",)),
        ("# a remark of five words\n1 2\n2 3\n", "x", ("y",), ("",)),
        ("# x E\n# - MeV\n1 2\n2 3\n", "x", ("E",), ("MeV",)),
        ("N  E [MeV]  F / keV\n1 2 3\n2 3 4\n", "N", ("E", "F"), ("MeV", "keV")),
        ("N,E\n[],[MeV]\n1,2\n2,3\n", "N", ("E",), ("MeV",)),
        ("N,E,E\n1,2,3\n2,3,4\n", "N", ("E", "E (2)"), ("", "")),
        ("1,2,3\n2,3,4\n", "x", ("y1", "y2"), ("", "")),
        ("E\n1\n2\n", "index", ("E",), ("",)),
        ("1\n2\n", "index", ("y",), ("",)),
        ("1 2 3 4\n", "index", ("y",), ("",)),
    ],
)
def test_names(text, x_name, names, units):
    made = parse(text)
    assert (made.x_name, made.names, made.units) == (x_name, names, units)


@pytest.mark.parametrize(
    ("x_col", "y_col", "x_name", "names"),
    [
        (None, None, "a", ("b", "c")),
        ("b", None, "b", ("a", "c")),
        ("2", "c", "b", ("c",)),
        (3, "b", "c", ("b",)),
        (1, 2, "a", ("b",)),
        (None, "b,c", "a", ("b", "c")),
        (None, [3, 2], "a", ("c", "b")),
        (None, "a", "index", ("a",)),
        ("none", None, "index", ("a", "b", "c")),
        ("none", "b", "index", ("b",)),
    ],
)
def test_columns_by_name_or_number(x_col, y_col, x_name, names):
    made = parse("a,b,c\n1,5,9\n2,6,10\n", x_col, y_col)
    assert (made.x_name, made.names) == (x_name, names)


@pytest.mark.parametrize("heading", ["E [MeV, mean]", "E [MeV]", "E (MeV)", "E / MeV", "E_MeV"])
def test_a_heading_as_it_stands_names_its_column(heading):
    text = f"n;{heading};F\n1;5;9\n2;6;10\n"
    assert parse(text, None, heading).names == ("E",)
    if "," not in heading:
        assert parse(text, None, f"F,{heading}").names == ("F", "E")


@pytest.mark.parametrize(
    ("cells", "written"),
    [
        (("2024-01-31", "2024-02-29"), ["2024-01-31", "2024-02-29"]),
        (("2024/01/30", "2024/01/31"), ["2024-01-30", "2024-01-31"]),
        (("30.01.2024", "31.01.2024"), ["2024-01-30", "2024-01-31"]),
        (("12/01/2024", "13/01/2024"), ["2024-01-12", "2024-01-13"]),
        (("01/12/2024", "01/13/2024"), ["2024-01-12", "2024-01-13"]),
        (("2024-01", "2024-02"), ["2024-01", "2024-02"]),
        (("2024-01-01 00:00", "2024-01-01 00:10"), ["2024-01-01T00:00:00", "2024-01-01T00:10:00"]),
        (("2024-01-01T00:00:00Z", "2024-01-01T00:10:00.25Z"), ["2024-01-01T00:00:00Z", "2024-01-01T00:10:00.25Z"]),
        (("2024-01-01T00:01+0100", "2024-01-01T01:00+01:00"),
         ["2024-01-01T00:01:00+01:00", "2024-01-01T01:00:00+01:00"]),
        (("2024-01-01T00:30+01:00", "2024-01-01T02:00+02:00"), ["2023-12-31T23:30:00Z", "2024-01-01T00:00:00Z"]),
        (("2023", "2024"), ["2023", "2024"]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("delimiter", [";", "\t", ","])
def test_dates(cells, written, delimiter):
    made = parse("".join(f"{cell}{delimiter}{i}\n" for i, cell in enumerate(cells)))
    assert [made.format_x(x) for x in made.x] == written
    assert made.values[:, 0].tolist() == [0, 1]


@pytest.mark.parametrize(
    "text", ["2024-01-01 00:00 1.5\n2024-01-01 00:10 2.5\n", "d;t;E\n01.01.2024;00:00;1,5\n01.01.2024;00:10;2,5\n"]
)
def test_date_and_time_in_two_columns_are_one(text):
    made = parse(text)
    assert made.spacing == 600.0
    assert made.values[:, 0].tolist() == [1.5, 2.5]


BAD_TEXT = {
    "empty": ("", "f.csv is empty"),
    "blank": (" \n\n\t\n", "f.csv is empty"),
    "only comments": ("# a\n# b\n", "only comments and no numbers"),
    "only a header": ("x,E\n", "holds only a header, 'x,E', and no rows"),
    "prose": ("hello world\nthis is text\n", "holds no numbers; its first line is 'hello world'"),
    "text in a number column": ("x,E\n1,2\n2,abc\n3,4\n", "line 3: E is 'abc'; expected a number. Correct the cell"),
    "NaN": ("x,E\n1,2\n2,NaN\n", "line 3: E is 'NaN'; every value must be a finite number. Remove the row"),
    "infinity": ("x,E\n1,2\n2,-inf\n", "line 3: E is '-inf'; every value must be a finite number"),
    "empty cell": ("x,E\n1,2\n2,\n3,4\n", "line 3: E is empty; every row needs a number"),
    "empty last cell": ("x,E\n1,2\n2,\n", "line 3: E is empty"),
    "too large": ("x,E\n1,2\n2,1e999\n", "line 3: E is '1e999', too large for a number in double precision"),
    "Fortran stars": ("1 2\n2 ****\n3 4\n", "line 2: column 2 is '****', a number too wide for its Fortran format"),
    "short row": ("x,E\n1,2\n\n3\n4,5\n", "line 4 has 1 cell where most lines have 2"),
    "long row": ("x,E\n1,2\n2,3\n3,4,5\n", "line 4 has 3 cells where most lines have 2"),
    "short header": ("x\n1,2,3\n2,3,4\n", "header in line 1 names 1 column where the rows hold 3"),
    "text beside numbers at the top": ("N,0.5\n1,2\n2,3\n", "line 1 holds text ('N') beside numbers"),
    "x repeated": ("x,E\n1,2\n1,3\n", "x = 1 occurs twice, in line 2 and line 3. Each x must occur once"),
    "x turns round": ("x,E\n1,2\n2,3\n\n1,4\n", "x changes direction in line 5, from 2 to 1"),
    "text column": ("x,E,who\n1,2,a\n2,3,b\n", "line 2: who is 'a'; expected a number. Choose what to continue (--y"),
    "text x": ("d,E\n1-Jan-24,1\n2-Jan-24,2\n", "line 2: d is '1-Jan-24'; expected a number. Choose another x (--x"),
    "only dates": ("d\n2024-01-01\n2024-01-02\n", "no column of numbers left for y"),
    "ambiguous dates": ("d,E\n01/02/2024,1\n02/02/2024,2\n", "day and month cannot be told apart"),
    "contradicting dates": ("d,E\n13/02/2024,1\n02/13/2024,2\n", "line 3: d is '02/13/2024', which is no date"),
    "no such date": ("d,E\n2024-02-30,1\n2024-03-01,2\n", "line 2: d is '2024-02-30', which is no date"),
    "mixed dates": ("d,E\n2024-02-20,1\n2024-03,2\n", "line 3: d is '2024-03', a date written differently"),
    "offset in some rows": ("d,E\n2024-02-20T10:00Z,1\n2024-02-20T11:00,2\n", "line 3: d has an offset"),
    "no date among dates": ("d,E\n2024-02-20,1\nlater,2\n", "line 3: d is 'later' where the other rows hold dates"),
    "ambiguous thousands": ("1;1,234\n2;2,345\n", "f.csv holds 1,234, whose comma may part thousands or decimals"),
    "both marks": ("1;1,2\n2;2.3\n", "a decimal comma in some numbers (1,2) and a decimal point in others (2.3)"),
    "one mark not agreeing": ("1;1,2\n2;2.345\n", "line 2: column 2 is '2.345', whose marks do not agree"),
    "PNG": (b"\x89PNG\r\n\x1a\n\x00\x00", "f.csv is a PNG image"),
    "zip": (b"PK\x03\x04garbage", "damaged zip archive"),
    "gzip": (b"\x1f\x8b\x08\x00", "gzip archive; unpack it first"),
    "other binary": (b"1,2\x00\x01\x02", "not text (it holds control characters)"),
    "damaged npy": (b"\x93NUMPY\x01\x00\x10\x00{'descr': '<f8'", "damaged NumPy file"),
    "damaged parquet": (b"PAR1 and nothing more", "damaged Parquet file"),
    "damaged UTF-16": (b"\xff\xfe1\x00,", "begins as UTF-16-LE text and is not"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_TEXT)
def test_bad_files_are_explained(case):
    text, message = BAD_TEXT[case]
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        parse(text)
    assert "\n" not in str(caught.value)
    assert str(caught.value)[-1] in ".)?"


@pytest.mark.parametrize(
    ("x_col", "y_col", "message"),
    [
        ("energie", None, "unknown column of f.csv 'energie'; did you mean 'energy'? Known: N, energy, who"),
        ("4", None, "unknown column of f.csv '4'"),
        (0, None, "unknown column of f.csv '0'"),
        ("N", "N", "N cannot be both x and y"),
        (None, "energy,energy", "named twice in y"),
        (None, "who", "who is 'a'; expected a number. Choose what to continue (--y-col, from 'energy')"),
        ("who", "energy", "Choose another x (--x-col, one of 'N'"),
    ],
)
def test_bad_columns_are_explained(x_col, y_col, message):
    with pytest.raises(InputError, match=re.escape(message)):
        parse("N,energy,who\n1,2,a\n2,3,b\n", x_col, y_col)


def test_name_that_occurs_twice_asks_for_a_number():
    with pytest.raises(InputError, match="2 columns called E; choose by number: 2 and 3"):
        parse("N,E,E\n1,2,3\n2,3,4\n", None, "E")


def test_bad_cells_in_columns_that_nobody_wants_do_no_harm():
    assert parse("N,E,F,who\n1,2,nan,a\n2,3,x,b\n", y_col="E").names == ("E",)


def test_missing_files_suggest_near_names(tmp_path):
    (tmp_path / "energies.csv").write_text("1\n2\n")
    for wanted in ("energy.csv", "energies.dat"):
        with pytest.raises(InputError, match=r"there is no file .*Did you mean .*energies\.csv\?"):
            read(tmp_path / wanted)
    with pytest.raises(InputError, match=r"folder .* does not exist either"):
        read(tmp_path / "no" / "file.csv")
    with pytest.raises(InputError, match=r"is a folder; expected a file.*It holds energies\.csv"):
        read(tmp_path)


@pytest.mark.parametrize("path", ["", "a\0b", "\ud800", "x" * 5000])
def test_impossible_names(path):
    with pytest.raises(InputError):
        read(path)


def test_unreadable_file(tmp_path, monkeypatch):
    file = tmp_path / "a.csv"
    file.write_text("1\n")

    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr("pathlib.Path.open", refuse)
    with pytest.raises(InputError, match="permission denied"):
        read(file)


def test_limit_is_checked_before_reading(tmp_path, monkeypatch):
    file = tmp_path / "a.csv"
    with file.open("wb") as sparse:
        sparse.truncate(600 * 1024**2)
    with pytest.raises(InputError, match="holds 600 MB, and at most 512 MB are read"):
        read(file)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"1\n" * 100)))
    with pytest.raises(InputError, match="standard input is too large"):
        read_bytes(None, limit=100)


def test_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"x,E\n1,2\n2,3\n")))
    made = read("-")
    assert (made.name, made.source, made.names) == ("stdin", "standard input", ("E",))


def test_name_and_source(tmp_path):
    file = tmp_path / "a.b.csv"
    file.write_text("1\n2\n")
    assert read(file).name == "a.b"
    assert read(file, name="mine").name == "mine"
    assert read(file).source == str(file)


def saved(save, *arrays, **named):
    buffer = io.BytesIO()
    save(buffer, *arrays, **named)
    return buffer.getvalue()


def test_numpy_files():
    table = np.array([[1.0, 2.5], [2.0, 3.5]])
    assert rows(parse(saved(np.save, table))) == table.tolist()
    assert rows(parse(saved(np.save, np.asfortranarray(table)))) == table.tolist()
    assert parse(saved(np.save, np.array([3, 4], dtype="int8"))).values.tolist() == [[3], [4]]
    made = parse(saved(np.savez, N=table[:, 0], E=table[:, 1]))
    assert (made.x_name, made.names) == ("N", ("E",))
    assert parse(saved(np.savez_compressed, t=np.array(["2024-01", "2024-02"], "M8[D]"), E=[1, 2])).calendar is not None


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (saved(np.save, np.array([object()], dtype=object), allow_pickle=True), "holds Python objects"),
        (saved(np.save, np.zeros((2, 2, 2))), "array of shape"),
        (saved(np.save, np.zeros(0)), "holds no numbers"),
        (saved(np.save, np.array(["a"])), "not numbers"),
        (saved(np.save, np.array([1.0, np.nan])), "row 2: a column is nan"),
        (saved(np.savez, a=[1.0], b=[1.0, 2.0]), "arrays of unequal length"),
        (saved(np.save, np.zeros(3)).replace(b"(3,)", b"(9,)"), "damaged NumPy file"),
    ],
)
def test_bad_numpy_files(data, message):
    with pytest.raises(InputError, match=message):
        parse(data)


def test_workbook_is_named():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
    with pytest.raises(InputError, match="Excel workbook"):
        parse(buffer.getvalue())


def test_parquet(tmp_path, monkeypatch):
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = tmp_path / "a.parquet"
    pq.write_table(pa.table({"when": [dt.date(2024, 1, 31), dt.date(2024, 2, 29)], "E [MeV]": [1.5, 2.5]}), file)
    made = read(file)
    assert (made.x_name, made.names, made.units, made.frame) == ("when", ("E",), ("MeV",), None)
    assert [made.format_x(x) for x in made.x] == ["2024-01-31", "2024-02-29"]
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(InputError, match=re.escape("pip install 'unrolled[parquet]'")):
        read(file)


def test_a_named_line_is_a_row_and_an_unnamed_one_a_series():
    assert parse("N,E,F\n1,2,3\n").names == ("E", "F")
    assert parse("# N E F\n1 2 3\n").names == ("E", "F")
    assert parse("1 2 3\n").values[:, 0].tolist() == [1, 2, 3]
