"""Errors, metrics, storage, types, compilation: what everything else stands on."""

import json
import os
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import unrolled
from unrolled import compilation
from unrolled.arguments import require_kind, require_number, require_whole
from unrolled.errors import InputError, TrainingError, UnrolledError, nearest_name
from unrolled.metrics import max_relative_error, mean_squared_error, relative_error
from unrolled.networks import member_keys
from unrolled.storage import explained, load_model, save_model, write_text, writing
from unrolled.types import Batch, precision


def test_errors_are_of_one_family():
    assert issubclass(InputError, UnrolledError)
    assert issubclass(InputError, ValueError)
    assert issubclass(TrainingError, UnrolledError)
    assert "did you mean 'rnn'" in str(nearest_name("model", "rn", ["rnn", "gru"]))
    assert "did you mean" not in str(nearest_name("model", "zzz", ["rnn", "gru"]))
    assert str(nearest_name("model", None, ["gru"])) == "unknown model None. Known: gru."
    assert str(nearest_name("layer", "a", [])) == (
        "unknown layer 'a': there is none here that could be named; leave it out."
    )


@pytest.mark.parametrize(
    ("name", "known", "offered"),
    [
        ("color", ("network", "algorithm"), None),  # these share a few letters, and nothing else
        ("speed", ("seed", "length"), "seed"),
        ("ADDING", ("echo", "adding"), "adding"),
        ("elman_1.w", ("elman_1.U", "elman_1.W"), "elman_1.W"),
        ("lstm", ("rnn", "lstm-2layer"), "lstm-2layer"),
        ("lstm-of-1997", ("rnn", "lstm"), "lstm"),
        ("e", ("echo", "exclusive-or"), None),
        ("", ("echo", "exclusive-or"), None),
        ("w" * 10_000, ("echo", "w" * 9000), "w" * 9000),
    ],
)
def test_a_name_is_offered_where_it_is_near(name, known, offered):
    said = str(nearest_name("thing", name, known))
    assert (f"; did you mean '{offered}'? Known: " in said) == (offered is not None)
    assert said.endswith(f"Known: {', '.join(known)}.")


def test_many_names_are_not_all_listed():
    said = str(nearest_name("column", "x" * 10_000, [f"y{i}" for i in range(1000)]))
    assert said.endswith("y38, y39, and 960 more.")
    assert len(said) < 500


def test_table_of_contents():
    for name in unrolled.__all__:
        assert getattr(unrolled, name) is not None
    assert set(unrolled.__all__) <= set(dir(unrolled))
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = unrolled.nonsense


@given(st.lists(st.tuples(st.floats(-1e100, 1e100), st.floats(-1e100, 1e100)), min_size=1))
def test_mean_squared_error(points):
    prediction, truth = np.array(points).T
    wanted = sum((p - t) ** 2 for p, t in points) / len(points)
    assert mean_squared_error(prediction, truth) == pytest.approx(wanted, rel=1e-12)


def test_relative_error():
    made = relative_error(np.array([1.0, 0.0, 3.0, -1.0]), np.array([2.0, 0.0, 0.0, -1.0]))
    assert made.tolist() == [0.5, 0.0, np.inf, 0.0]
    assert max_relative_error(np.array([1.0, 2.2]), np.array([1.0, 2.0])) == pytest.approx(0.1)
    assert mean_squared_error(np.array([1e300]), np.array([-1e300])) == np.inf


def test_precision_is_a_scope():
    assert jnp.zeros(1).dtype == np.float32
    with precision("float64") as dtype:
        assert (dtype, jnp.zeros(1).dtype) == (np.float64, np.float64)
        with precision("float32"):
            assert jnp.zeros(1).dtype == np.float32
        assert jnp.zeros(1).dtype == np.float64
    assert jnp.zeros(1).dtype == np.float32
    with pytest.raises(InputError, match="unknown precision 'float16'"), precision("float16"):
        pass


def test_batches_are_trees():
    batch = Batch(np.ones((3, 2, 1)), np.zeros((3, 1, 1)))
    assert len(batch) == 3
    assert len(batch.rows(1, 3)) == 2
    assert jax.tree.map(lambda leaf: leaf + 1, batch).inputs.tolist() == (np.ones((3, 2, 1)) + 1).tolist()


@given(st.integers(-5, 15))
def test_whole_numbers(value):
    if 1 <= value <= 10:
        assert require_whole("n", value, 1, 10) == value
        assert require_whole("n", np.int64(value), 1, 10) == value
    else:
        with pytest.raises(InputError, match=f"n must be a whole number from 1 to 10; came {value}"):
            require_whole("n", value, 1, 10)


@pytest.mark.parametrize("value", [np.float32(0.5), np.float64(2), np.int8(3), 10**300, np.finfo(np.float64).max])
def test_numbers(value):
    require_number("rate", value, least=0.25)


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), "1", None, 10**400, True, -1, 0, 1j, np.complex128(1), np.float32("inf"), np.ones(1)],
)
def test_what_is_no_number(value):
    with pytest.raises(InputError, match="rate must be a finite number above 0; came"):
        require_number("rate", value, above=0.0)


@pytest.mark.parametrize(
    ("bounds", "inside", "outside", "words"),
    [
        ({"least": 0.0, "most": 1.0}, (0, 0.5, 1.0), (-0.1, 1.1), " of at least 0 and at most 1;"),
        ({"above": 0.0, "below": 1.0}, (0.5,), (0.0, 1.0), " above 0 and below 1;"),
        ({"most": 2.0}, (-1e300, 2), (2.1,), " of at most 2;"),
        ({}, (-7, np.float32(1)), (np.inf, np.nan, True, "1", None, 1j, np.complex128(1), np.array(1.0)), " number;"),
    ],
)
def test_a_number_lies_within_its_bounds(bounds, inside, outside, words):
    for value in inside:
        require_number("share", value, **bounds)
    for value in outside:
        with pytest.raises(InputError, match=f"share must be a finite number{words.removeprefix(' number')}"):
            require_number("share", value, **bounds)


def test_a_kind_is_named():
    require_kind("limits", True, (int, str))
    for value, words in ((1.5, "limits must be an int or str; came 1.5"), (int, "the class int: add parentheses")):
        with pytest.raises(InputError, match=words):
            require_kind("limits", value, (int, str))


def test_compilations_are_counted():
    with compilation.count_compilations() as counted:
        function = jax.jit(lambda x: jnp.sin(x) * 1.2345)
        function(np.ones(3, np.float32))
    once = counted.programs
    assert once >= 1
    assert counted.seconds > 0
    with compilation.count_compilations() as counted:
        function(np.ones(3, np.float32))
    assert counted.programs == 0
    assert counted.seconds == 0


def test_cache_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("UNROLLED_CACHE_DIR", str(tmp_path))
    assert compilation.cache_folder() == tmp_path
    monkeypatch.delenv("UNROLLED_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    if sys.platform == "linux":
        assert compilation.cache_folder() == tmp_path / "unrolled"


PROGRAM = """
from unrolled.compilation import count_compilations, use_compilation_cache
print(use_compilation_cache())
import jax, jax.numpy as jnp
f = jax.jit(lambda x: jax.lax.fori_loop(0, 9, lambda _, x: jnp.tanh(jnp.sin(x @ x) @ x), x))
f(jnp.eye(6)).block_until_ready()
"""


def run(folder):
    environment = os.environ | {"UNROLLED_CACHE_DIR": str(folder)}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return done.stdout.strip()


def test_programs_are_kept_where_told_and_nowhere_else(tmp_path):
    assert run(tmp_path / "new" / "cache") == "True"
    assert any((tmp_path / "new" / "cache").iterdir())
    (tmp_path / "file").write_text("no folder")
    assert run(tmp_path / "file" / "cache") == "False"
    assert run("off") == "False"


TENSORS = {"a": np.arange(6.0).reshape(2, 3), "b": np.ones(2, np.float32)}
SHAPES = {"a": ((2, 3), "float64"), "b": ((2,), "float32")}


def test_models_come_back_whole(tmp_path):
    folder = save_model(tmp_path / "deep" / "model", {"kind": "thing", "n": np.int64(3)}, TENSORS)
    assert sorted(path.name for path in folder.iterdir()) == ["model.json", "weights.safetensors"]
    kind, description, tensors = load_model(folder, {"thing": lambda _: SHAPES})
    assert kind == "thing"
    assert description["n"] == 3
    for name, value in TENSORS.items():
        np.testing.assert_array_equal(tensors[name], value)
        assert tensors[name].dtype == value.dtype
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["model"]  # no partial folder is left


def test_models_are_never_overwritten(tmp_path):
    save_model(tmp_path, {"kind": "thing"}, TENSORS)  # an empty folder will do
    with pytest.raises(InputError, match="not an empty folder"):
        save_model(tmp_path, {"kind": "thing"}, TENSORS)
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="not an empty folder"):
        save_model(tmp_path / "file", {"kind": "thing"}, TENSORS)
    with pytest.raises(InputError, match="cannot be written"):
        save_model(tmp_path / "file" / "model", {"kind": "thing"}, TENSORS)
    with pytest.raises(InputError, match="cannot be written"):
        save_model(tmp_path / ("x" * 300), {"kind": "thing"}, TENSORS)


def test_what_was_expected_must_be_there(tmp_path):
    folder = save_model(tmp_path / "m", {"kind": "thing"}, TENSORS)
    with pytest.raises(InputError, match="holds a 'thing'; expected: forecaster"):
        load_model(folder, {"forecaster": lambda _: SHAPES})
    with pytest.raises(InputError, match="missing or unexpected are c"):
        load_model(folder, {"thing": lambda _: SHAPES | {"c": ((), "float64")}})
    with pytest.raises(InputError, match="a should be float64 of shape"):
        load_model(folder, {"thing": lambda _: SHAPES | {"a": ((3, 2), "float64")}})
    with pytest.raises(InputError, match="bytes where the description asks for"):
        load_model(folder, {"thing": lambda _: SHAPES | {"a": ((10**12, 10**12), "float64")}})
    for name in ("nothing here", "x" * 300, "nul\0byte"):
        with pytest.raises(InputError):
            load_model(tmp_path / name, {"thing": lambda _: SHAPES})


def test_files_are_written_whole_or_not_at_all(tmp_path):
    write_text(tmp_path / "a.txt", "one")
    with pytest.raises(ZeroDivisionError), writing(tmp_path / "a.txt") as partial:
        partial.write_text(f"half {1 / 0}")
    assert (tmp_path / "a.txt").read_text() == "one"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
    with pytest.raises(InputError, match="cannot be written"), explained(tmp_path):
        write_text(tmp_path / "no" / "folder.txt", "x")


def test_descriptions_are_strict_json(tmp_path):
    folder = save_model(tmp_path / "m", {"kind": "thing"}, TENSORS)
    description = json.loads((folder / "model.json").read_text())
    assert description["version"] == 1
    with pytest.raises(ValueError, match="not JSON compliant"):
        save_model(tmp_path / "n", {"kind": "thing", "x": float("nan")}, TENSORS)
    (folder / "model.json").write_text(json.dumps(description | {"x": float("nan")}))
    with pytest.raises(InputError, match="NaN is no JSON"):
        load_model(folder, {"thing": lambda _: SHAPES})


def test_shapes_are_checked_in_these_tests():
    network = unrolled.NetworkDesign.parse("elman:2").initialize(1, 1, key=member_keys(0, 1)[0])
    with pytest.raises(TypeError):
        network(np.ones(3))  # no axis of time
