"""Arrays in one file: what was written comes back, and a hostile file is a sentence, before memory is taken."""

import json
import os
import struct

import numpy as np
import pytest

from unrolled.errors import InputError
from unrolled.storage import (
    arrays_description,
    discard_unfinished,
    load_model,
    read_arrays,
    require_writable,
    save_model,
    unfinished,
    write_arrays,
)

ARRAYS = {
    "a": np.arange(6, dtype=np.float64).reshape(2, 3),
    "none": np.zeros((0, 4), np.float32),
    "number": np.array(-7, np.int32),
    "odd": np.array([np.nan, np.inf, -0.0]),
    "flag": np.array([True, False]),
    "words": np.array([1, 2**32 - 1], np.uint32),
}
SHAPES = {name: (array.shape, array.dtype.name) for name, array in ARRAYS.items()}
WORDS = {"format": "some-1", "greek": "λ"}


@pytest.fixture
def path(tmp_path):
    made = tmp_path / "new" / "run"
    write_arrays(made, ARRAYS, WORDS)
    return made


def forged(path, header, data=b"", *, size=None):
    """A file whose header says what it likes."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text) if size is None else size) + text + data)
    return path


def test_arrays_and_words_come_back(path):
    found = read_arrays(path, SHAPES)
    assert list(found) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert (found[name].shape, found[name].dtype) == (array.shape, array.dtype)
        assert found[name].tobytes() == array.tobytes()
    assert arrays_description(path) == WORDS


def test_a_file_is_replaced_whole(path):
    write_arrays(path, {"a": np.ones(2)}, {})
    assert read_arrays(path, {"a": ((2,), "float64")})["a"].tolist() == [1.0, 1.0]
    assert os.listdir(path.parent) == ["run"]


def test_a_file_has_the_permissions_of_any_other(path):
    (path.parent / "other").touch()
    assert path.stat().st_mode == (path.parent / "other").stat().st_mode


def test_the_mask_of_permissions_is_left_alone(path, monkeypatch):
    def shared(_):
        raise AssertionError("another thread would make files for everybody meanwhile")

    monkeypatch.setattr("unrolled.storage.os.umask", shared)
    write_arrays(path, ARRAYS, WORDS)


def test_what_cannot_be_discarded_keeps_nothing_else():
    removed = []

    def stuck():
        if not removed:
            raise PermissionError

    with unfinished(lambda: removed.append("first")), unfinished(stuck):
        discard_unfinished()
        assert removed == ["first"]


def test_columns_of_a_transposed_array_stay_in_their_place(tmp_path):
    array = np.arange(6.0).reshape(2, 3).T
    write_arrays(tmp_path / "run", {"a": array}, {})
    np.testing.assert_array_equal(read_arrays(tmp_path / "run", {"a": ((3, 2), "float64")})["a"], array)


def test_a_place_that_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be written"):
        write_arrays(tmp_path / "file" / "run", ARRAYS, {})
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match="cannot be written"):
        write_arrays(tmp_path / "folder", ARRAYS, {})
    assert sorted(os.listdir(tmp_path)) == ["file", "folder"]


def test_a_disk_that_fills_up_is_a_sentence_and_leaves_nothing(tmp_path, monkeypatch):
    from safetensors import SafetensorError

    def full(*_, **__):
        raise SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")

    monkeypatch.setattr("safetensors.numpy.save_file", full)
    with pytest.raises(InputError, match=r"run cannot be written: .*No space left on device"):
        write_arrays(tmp_path / "run", ARRAYS, WORDS)
    assert not os.listdir(tmp_path)


def test_whether_a_file_can_be_written_is_known_beforehand(path, tmp_path):
    held = path.read_bytes()
    for place in (path, tmp_path / "deep" / "deeper" / "run"):
        require_writable(place)
    assert path.read_bytes() == held
    assert os.listdir(path.parent) == ["run"]
    assert not os.listdir(tmp_path / "deep" / "deeper")
    for place, words in (
        (path.parent, "new is no file"),
        (path / "run", "run is a file; name a folder"),
        (path / "deep" / "run", "run is a file; name a folder"),
        (tmp_path / "a\0b", "is no name of a file"),
        (tmp_path / ("n" * 300), "cannot be written"),
    ):
        with pytest.raises(InputError, match=words):
            require_writable(place)


def test_what_is_missing_is_called_by_its_name(tmp_path):
    with pytest.raises(InputError, match=r"lost\.run is no file that could be read") as caught:
        read_arrays(tmp_path / "lost.run", SHAPES)
    assert "model" not in str(caught.value)
    save_model(tmp_path / "model", {"kind": "one"}, {"a": ARRAYS["a"]})
    (tmp_path / "model" / "weights.safetensors").unlink()
    with pytest.raises(InputError, match=r"the saved model has no weights\.safetensors"):
        load_model(tmp_path / "model", {"one": lambda _: {"a": SHAPES["a"]}})


@pytest.mark.parametrize("share", [0.0, 0.02, 0.3, 0.9, 0.999])
def test_a_truncated_file_is_refused(path, share):
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    for reads in (arrays_description, lambda path: read_arrays(path, SHAPES)):
        with pytest.raises(InputError):
            reads(path)


@pytest.mark.parametrize(
    "other",
    [
        {"a": ((3, 2), "float64")},
        {"a": ((6,), "float64")},
        {"a": ((2, 3), "float32")},
        {"a": ((2, 3), "int64")},
        {"more": ((1,), "float64")},
    ],
)
def test_other_shapes_types_and_names_are_refused(path, other):
    with pytest.raises(InputError):
        read_arrays(path, SHAPES | other)


def test_more_arrays_than_expected_are_refused(path):
    with pytest.raises(InputError):
        read_arrays(path, {"a": SHAPES["a"]})


HUGE = 2**60


@pytest.mark.parametrize(
    ("header", "size"),
    [
        ({"a": {"dtype": "F64", "shape": [2**57], "data_offsets": [0, HUGE]}}, None),
        ({"a": {"dtype": "F64", "shape": [2], "data_offsets": [0, HUGE]}}, None),
        ({"a": {"dtype": "F64", "shape": [2], "data_offsets": [-8, 8]}}, None),
        ({"a": {"dtype": "F64", "shape": [-2], "data_offsets": [0, 16]}}, None),
        ({"a": {"dtype": "Q7", "shape": [2], "data_offsets": [0, 16]}}, None),
        ({"a": 3}, None),
        ({"__metadata__": {"format": 3}}, None),
        ([1, 2], None),
        (b"no JSON", None),
        (b"[" * 100_000, None),
        (b"{}", HUGE),
        (b"{}", 2**64 - 1),
    ],
)
def test_what_a_header_claims_is_compared_before_it_is_believed(tmp_path, header, size):
    path = forged(tmp_path / "run", header, b"\0" * 16, size=size)
    with pytest.raises(InputError):
        read_arrays(path, {"a": ((2,), "float64")})
    with pytest.raises(InputError):
        arrays_description(path)


def test_shapes_that_the_caller_was_told_are_too_large_take_no_memory(tmp_path):
    path = forged(tmp_path / "run", {"a": {"dtype": "F64", "shape": [2], "data_offsets": [0, 16]}}, b"\0" * 16)
    with pytest.raises(InputError):
        read_arrays(path, {"a": ((2**50,), "float64")})


def test_a_sparse_file_of_the_claimed_size_is_refused_unread(tmp_path):
    """It says 1 TB and has it, as far as the file system is concerned."""
    size = 2**40
    path = forged(tmp_path / "run", {"a": {"dtype": "F64", "shape": [size // 8], "data_offsets": [0, size]}})
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size + size)
    with pytest.raises(InputError):
        read_arrays(path, {"a": ((2,), "float64")})


@pytest.mark.parametrize("kind", ["missing", "folder", "pickle"])
def test_what_is_no_such_file(tmp_path, kind):
    path = tmp_path / "run"
    if kind == "folder":
        path.mkdir()
    elif kind == "pickle":
        path.write_bytes(b"\x80\x04cos\nsystem\n(S'false'\ntR.")
    for reads in (arrays_description, lambda path: read_arrays(path, SHAPES)):
        with pytest.raises(InputError, match="run"):
            reads(path)
