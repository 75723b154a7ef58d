"""The echo-state way: pieces of bounded size, its clock, and its file."""

from importlib import import_module

import numpy as np
import pytest

from unrolled.errors import InputError
from unrolled.evaluate import Limits, way
from unrolled.evaluate._echo_state_blocks import sequence_bytes
from unrolled.storage import arrays_description, write_arrays
from unrolled.tasks import task
from way_cases import TASK, numbers, small


def test_a_damaged_course_and_that_of_another_run_are_refused(tmp_path):
    path, made = tmp_path / "run", small("echo-state")
    made.learn(TASK, seed=0, limits=Limits(1000), keep=path)
    for seed, one in ((1, made), (0, way("echo-state", units=5)), (0, small("lstm"))):
        with pytest.raises(InputError, match="is of another run"):
            one.learn(TASK, seed=seed, limits=Limits(1000), keep=path)
    words = arrays_description(path)
    for course, end in ((-np.ones((1, 4)), np.ones(2)), (np.ones((1, 4)), np.array([np.nan, 0.0]))):
        write_arrays(path, {"course": course, "end": end}, words | {"tests": "1"})
        with pytest.raises(InputError, match="is damaged"):
            made.learn(TASK, seed=0, limits=Limits(1000), keep=path)


def test_a_shorter_run_leaves_the_tests_of_a_longer_one(tmp_path, monkeypatch):
    path, made = tmp_path / "run", small("echo-state")
    long = made.learn(TASK, seed=0, limits=Limits(4000, 60.0), keep=path)
    assert long.course.sequences.tolist() == [500, 1000, 2000, 4000]
    short = made.learn(TASK, seed=0, limits=Limits(1500, 60.0), keep=path)
    assert short.course.sequences.tolist() == [500, 1000, 1500]
    monkeypatch.setattr("unrolled.evaluate._echo_state_way.solve_ridge", None)
    assert numbers(made.learn(TASK, seed=0, limits=Limits(4000, 60.0), keep=path)) == numbers(long)


@pytest.mark.parametrize("task_of", [TASK, task("long-lag", 5), task("adding", 12)])
def test_pieces_are_of_bounded_size_and_change_no_number(task_of, monkeypatch):
    blocks = "unrolled.evaluate._echo_state_blocks"
    made = way("echo-state", units=30)
    whole = made.learn(task_of, seed=0, limits=Limits(1000, 60.0))
    sizes = []
    for name in ("_states", "_said"):
        real = getattr(import_module(blocks), name)
        monkeypatch.setattr(f"{blocks}.{name}", lambda net, batch, f=real: (sizes.append(len(batch)), f(net, batch))[1])
    monkeypatch.setattr(f"{blocks}._PIECE_BYTES", 150_000)
    monkeypatch.setattr(f"{blocks}._KEPT_BYTES", 200_000)
    cut = made.learn(task_of, seed=0, limits=Limits(1000, 60.0))
    assert 1 < max(sizes) * sequence_bytes(task_of, 30) <= 150_000
    assert cut.course.sequences.tolist() == whole.course.sequences.tolist()
    np.testing.assert_allclose(cut.course.loss, whole.course.loss, rtol=1e-9)
    np.testing.assert_allclose(cut.course.error, whole.course.error, rtol=1e-9)


def test_a_block_too_large_to_be_drawn_at_once_is_drawn_in_parts(monkeypatch):
    monkeypatch.setattr("unrolled.evaluate._echo_state_blocks._DRAWN_NUMBERS", 12 * 150)
    counts = []

    class Counted(type(TASK)):
        def draw(self, count, *, key):
            counts.append(count)
            return super().draw(count, key=key)

    row = small("echo-state").learn(Counted(3, 6), seed=0, limits=Limits(500, 60.0))
    assert set(counts) == {1, 150, 50, 2560}  # the test is as large as its paper has it
    assert row.sequences == 500
    assert row.loss < TASK.guess


def test_the_clock_is_looked_at_between_pieces(monkeypatch):
    blocks = "unrolled.evaluate._echo_state_blocks"
    monkeypatch.setattr(f"{blocks}._PIECE_BYTES", 50_000)
    made, now = [], iter(range(10_000))
    monkeypatch.setattr(f"{blocks}.perf_counter", lambda: made.append(next(now)) or made[-1])
    row = small("echo-state").learn(TASK, seed=0, limits=Limits(8000, 30.0))
    assert (row.solved, row.note, row.sequences) == (False, "out of time", 0)
    assert 30 <= row.seconds < 35
