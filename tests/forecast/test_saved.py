"""Saved models: the same answers to the last bit, and nothing but a sentence from a file that was tampered with."""

import contextlib
import copy
import json
import pickle
import resource
import struct
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import unrolled
from unrolled.errors import InputError, UnrolledError
from unrolled.forecast import FittedForecaster

KNOWN = unrolled.dataset("pairing-particles").head(12)
TINY = {"epochs": 1, "members": 2}
KINDS = {
    "rnn": {"units": 3, **TINY},
    "rnn-2layer": {"units": 3, "scale": "standard", **TINY},
    "lstm-2layer": {"units": 3, "precision": "float32", **TINY},
    "dense-gru-2layer": {"network": "dense:3, gru:2, gru:2", "stateful": True, "batch_size": 3, **TINY},
    "noisy-sine": {"units": 3, "patience": 2, "clip_norm": 1.0, **TINY},
    "feed-forward": {"units": 3, "target": "x-to-y", "scale": "range", **TINY},
    "rnn-remainder": {"units": 3, "base": "difference:2", **TINY},
    "autoregression": {"window": np.int64(3), "seed": np.uint32(5)},
    "auto": {"levels": (50.0, 90.0)},
    "persistence": {},
    "drift": {},
    "polynomial": {"degree": 2},
    "trend": {"degree": 1},
    "recurrence": {"window": 2, "difference": 1, "ridge": 1e-6},
    "low-rank-recurrence": {"rank": 1},
    "holonomic-recurrence": {"window": 2, "alone": 2},
    "bayesian-recurrence": {"seed": 3},
    "rational": {"tolerance": 1e-6},
    "gaussian-process": {},
    "echo-state": {"units": 7, "members": 2, "connections": 3, "base": "persistence", "washout": np.int64(1)},
    "next-generation-reservoir": {"degree": 3, "base": "none"},
    "analog": {"delays": np.int64(2), "skip": 1, "neighbours": 5, "ridge": np.float64(1e-3)},
    "linear-autoregression": {"window": np.int64(2), "ridge": np.float64(1e-3)},
    "structural": {"components": "level", "iterations": np.int64(5), "levels": (50.0, 90.0)},
    "linear-dynamical-system": {"units": np.int64(1), "iterations": np.int64(3), "levels": (50.0, 90.0)},
    "hidden-markov": {"states": np.int64(2), "members": 3, "levels": (50.0, 90.0)},
}


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    fitted = {name: unrolled.model(name, **settings).fit(KNOWN) for name, settings in KINDS.items()}
    return {name: (one, one.save(folder / name)) for name, one in fitted.items()}


@pytest.mark.parametrize("name", unrolled.models())
def test_the_same_bytes_come_back(saved, name):
    fitted, folder = saved[name]
    again = unrolled.load(folder)
    np.testing.assert_array_equal(again.predict(5).members, fitted.predict(5).members)
    np.testing.assert_array_equal(again.one_step().members, fitted.one_step().members)
    np.testing.assert_array_equal(again.series.values, KNOWN.values)
    assert again.model == fitted.model
    assert again.series.names == KNOWN.names
    assert again.notes == fitted.notes
    if isinstance(fitted, FittedForecaster):
        assert again.sequence.kept == fitted.sequence.kept


def test_an_updated_model_comes_back(saved, tmp_path):
    updated = saved["dense-gru-2layer"][0].update(-0.96)
    again = unrolled.load(updated.save(tmp_path / "m"))
    np.testing.assert_array_equal(again.predict(3).members, updated.predict(3).members)
    frame = unrolled.make_series(
        np.column_stack([np.arange(9.0), np.arange(9.0) ** 2]), names=["a", "b"], units=["m", "s"]
    )
    two = unrolled.model("autoregression").fit(frame)
    again = unrolled.load(two.save(str(tmp_path / "two")))
    assert again.series.units == ("m", "s")
    np.testing.assert_array_equal(again.predict(3).members, two.predict(3).members)


@pytest.fixture(scope="module")
def good(saved):
    """A small model's two files, and a folder to damage them in."""
    folder = saved["rnn"][1]
    description = json.loads((folder / "model.json").read_text())
    return description, (folder / "weights.safetensors").read_bytes(), folder.parent / "damaged"


def load_damaged(good, text=None, weights=None):
    description, data, folder = good
    folder.mkdir(exist_ok=True)
    text = json.dumps(description) if text is None else text
    (folder / "model.json").write_bytes(text.encode() if isinstance(text, str) else text)
    (folder / "weights.safetensors").write_bytes(data if weights is None else weights)
    return unrolled.load(folder)


def refused(good, **files):
    began, memory = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InputError):
        load_damaged(good, **files)
    assert time.perf_counter() - began < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < 400_000  # kB


def places(value, path=()):
    """Every place in a JSON tree."""
    yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from places(child, (*path, key))


def changed(tree, path, new):
    if not path:
        return new
    tree = copy.deepcopy(tree)
    place = tree
    for key in path[:-1]:
        place = place[key]
    if new is DELETED:
        del place[path[-1]]
    else:
        place[path[-1]] = new
    return tree


DELETED = object()
HOSTILE = [DELETED, None, True, -1, 0, 1, 2.5, 1e308, 10**12, 10**40, "", "x", "\0", [], {}, [[]], [0] * 50, {"a": 1}]


def test_any_one_thing_changed(good):
    """Either a sentence, or a model that works: never another error."""
    description, _, _ = good
    for path in list(places(description)):
        for new in HOSTILE:
            if new is DELETED and not path:
                continue
            try:
                made = load_damaged(good, text=json.dumps(changed(description, path, new)))
            except InputError:
                continue
            assert isinstance(made, FittedForecaster), (path, new)
            with contextlib.suppress(UnrolledError):
                made.predict(2)
                made.one_step()


@given(st.data())
def test_truncated_and_flipped_bytes(good, data):
    description, weights, _ = good
    text = json.dumps(description).encode()
    which = data.draw(st.sampled_from(["text", "weights"]))
    original = text if which == "text" else weights
    at = data.draw(st.integers(0, len(original) - 1))
    if data.draw(st.booleans()):
        damaged = original[:at]
    else:
        damaged = original[:at] + bytes([original[at] ^ data.draw(st.integers(1, 255))]) + original[at + 1 :]
    with contextlib.suppress(InputError):
        load_damaged(good, **{which: damaged})


@given(st.binary(max_size=200))
def test_any_bytes(good, data):
    refused(good, text=data)
    refused(good, weights=data)


@pytest.mark.parametrize(
    "text",
    ["", "null", "[]", "{}", '"unrolled-model"', "[" * 100_000, '{"a":' * 100_000, "1" * 10_000, "NaN", "{" * 3]
    + ['{"format": "unrolled-model", "version": 1}', '{"format": "unrolled-model", "version": 1, "kind": "forecaster"}']
    + [json.dumps({"format": "unrolled-model", "version": v}) for v in (0, 2, 99, "1", None, 1.5, -1, [1])],
    ids=lambda text: text[:40],
)
def test_other_json(good, text):
    refused(good, text=text)


def test_newer_version_says_upgrade(good):
    with pytest.raises(InputError, match=r"format version 2; this release reads up to 1\. Upgrade"):
        load_damaged(good, text=json.dumps(good[0] | {"version": 2}))


def test_sizes_that_are_only_declared(good):
    description = good[0]
    layers = description["forecaster"]["design"]["layers"]
    for path, new in [
        (("series", "points"), 10**8),
        (("series", "points"), 10**18),
        (("series", "names"), ["y"] * 10_000),
        (("forecaster", "design", "layers"), [layers[0] | {"units": 100_000}]),
        (("forecaster", "design", "layers"), [layers[0]] * 1000),
        (("forecaster", "design", "layers"), [layers[0]] * 100_000),
        (("forecaster", "members"), 10**9),
        (("kept",), list(range(10_000))),
        (("kept",), [0, 0]),
        (("kept",), "ab"),
        (("forecaster", "window"), 10**9),
        (("forecaster", "window"), 13),
        (("scale_out", "width"), [0.0]),
        (("scale_out", "width"), [1.0, 1.0]),
        (("scale_in", "offset"), ["x"]),
    ]:
        refused(good, text=json.dumps(changed(description, path, new)))


def header(weights):
    length = struct.unpack("<Q", weights[:8])[0]
    return json.loads(weights[8 : 8 + length]), weights[8 + length :]


def joined(head, data):
    text = json.dumps(head).encode()
    return struct.pack("<Q", len(text)) + text + data


def test_weights_that_do_not_fit(good):
    head, data = header(good[1])
    first = next(name for name in head if name != "__metadata__")
    for change in (
        {"shape": [10**9, 10**9]},
        {"shape": [1]},
        {"dtype": "F32"},
        {"dtype": "BF16"},
        {"data_offsets": [0, 10**15]},
        {"data_offsets": [10, 5]},
    ):
        refused(good, weights=joined(head | {first: head[first] | change}, data))
    refused(good, weights=joined({k: v for k, v in head.items() if k != first}, data))
    refused(good, weights=joined(head | {"more": head[first]}, data))
    refused(good, weights=struct.pack("<Q", 2**60) + good[1][8:])
    refused(good, weights=good[1] + b"\0" * 5_000_000)
    nan = bytearray(good[1])
    nan[-8:] = struct.pack("<d", float("nan"))
    with pytest.raises(InputError, match="not finite"):
        load_damaged(good, weights=bytes(nan))


class Bomb:
    def __reduce__(self):
        return (pytest.fail, ("something was executed",))


def test_pickles_are_not_read(good):
    refused(good, weights=pickle.dumps(Bomb()) + b"\0" * 2000)
    refused(good, text=pickle.dumps(Bomb()))


def test_paths_that_are_no_models(tmp_path):
    (tmp_path / "file").write_text("x")
    (tmp_path / "empty").mkdir()
    (tmp_path / "folders" / "model.json").mkdir(parents=True)
    for name in ("file", "empty", "folders", "missing", "x" * 300, "file/model", "nul\0"):
        with pytest.raises(InputError, match="no saved model"):
            unrolled.load(tmp_path / name)


@pytest.mark.parametrize("place", ["notes", "name", "series"])
def test_text_that_a_terminal_would_obey_is_refused(tmp_path, place):
    folder = unrolled.model("autoregression").fit([1.0, 2.0, 4.0, 8.0, 16.0]).save(tmp_path / "model")
    description = json.loads((folder / "model.json").read_text())
    if place == "notes":
        description["notes"] = ["\x1b[2J"]
    elif place == "name":
        description["forecaster"]["name"] = {"not": "text"}
    else:
        description["series"]["names"] = ["\x9b31m"]
    (folder / "model.json").write_text(json.dumps(description))
    with pytest.raises(InputError, match="damaged"):
        unrolled.load(folder)


@pytest.mark.parametrize("notes", ["abc", {"a": 1}, [1], None])
def test_notes_that_are_no_sentences_are_refused(tmp_path, notes):
    folder = unrolled.model("autoregression").fit([1.0, 2.0, 4.0, 8.0, 16.0]).save(tmp_path / "model")
    description = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps(description | {"notes": notes}))
    with pytest.raises(InputError, match="damaged: notes must be a list of sentences; came"):
        unrolled.load(folder)


def test_more_states_than_points_are_refused(tmp_path):
    model = unrolled.model("rnn", units=2, epochs=1, members=1, stateful=True, batch_size=1, validation=0.0)
    folder = model.fit([1.0, 2.0, 4.0, 8.0, 16.0]).save(tmp_path / "model")
    description = json.loads((folder / "model.json").read_text())
    description["forecaster"]["learner"]["batch_size"] = 10**9
    (folder / "model.json").write_text(json.dumps(description))
    with pytest.raises(InputError, match="states"):
        unrolled.load(folder)
