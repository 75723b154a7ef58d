"""Several ways, one task: refused together, each failing alone, kept in a folder."""

import dataclasses
import re
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import numpy as np
import pytest

from unrolled.errors import InputError
from unrolled.evaluate import Limits, OnlineWay, learn_side_by_side, way, ways
from unrolled.learn import FirstOrder
from unrolled.networks import EchoStateInitialization
from unrolled.tasks import task
from way_cases import LIMITS, TASK, learned, numbers, small


def test_side_by_side_in_order_whoever_computes():
    chosen = [small(name) for name in ways()]
    seen = []
    rows = learn_side_by_side(TASK, chosen, seeds=[1, 0], limits=LIMITS, watch=seen.append)
    assert [(row.method, row.seed) for row in rows] == [(name, seed) for name in ways() for seed in (1, 0)]
    assert [numbers(row) for row in rows] == [numbers(learned(row.method, row.seed)) for row in rows]
    assert all(row in seen for row in rows)
    with ThreadPoolExecutor(2) as pool:
        ended = []
        others = learn_side_by_side(TASK, chosen, seeds=[1, 0], limits=LIMITS, executor=pool, watch=ended.append)
    assert [numbers(row) for row in others] == [numbers(row) for row in rows]
    assert ended == others


def test_what_cannot_be_put_side_by_side():
    for methods, seeds, words in (
        ([], [0], "one method and one seed"),
        (["lstm"], [], "one method and one seed"),
        (["lstm", way("lstm", units=4)], [0], "taken once each"),
        (["lstm"], [1, 1], "taken once each"),
        (["lstm"], [-1], "seed must be a whole number"),
        (["lsmt"], [0], "did you mean 'lstm'"),
    ):
        with pytest.raises(InputError, match=words):
            learn_side_by_side(TASK, methods, seeds=seeds)


def test_what_one_way_refuses_is_found_before_another_runs():
    seen = []
    with pytest.raises(InputError, match="hessian-free takes 2200"):
        learn_side_by_side(TASK, ["lstm", "hessian-free"], seeds=[0], limits=Limits(400), watch=seen.append)
    reservoir = OnlineWay("wrong", "lstm:4", FirstOrder(), initialization=EchoStateInitialization())
    with pytest.raises(InputError, match="echo-state is of Elman layers"):
        learn_side_by_side(TASK, ["lstm", reservoir], seeds=[0], limits=Limits(400), watch=seen.append)
    with pytest.raises(InputError, match="chrono sets the gates"):
        learn_side_by_side(TASK, ["lstm", OnlineWay("wrong", "elman:4", FirstOrder(), prepared=True)], seeds=[0])
    assert seen == []


@dataclasses.dataclass(frozen=True)
class Broken:
    """A way that gives up in the middle."""

    error: Exception
    name: str = "broken"

    def resized(self, units):
        return self

    def check(self, task, limits):
        """Nothing to be seen yet."""

    def learn(self, task, *, seed, limits, watch=None, keep=None):
        if seed == 1:
            raise self.error
        return learned("lstm", seed)


@pytest.mark.parametrize(
    ("error", "note"),
    [
        (InputError("the weights\nare lost."), "it failed: the weights are lost"),
        (MemoryError(), "it failed: not enough memory; take fewer units or a shorter task"),
        (RuntimeError("RESOURCE_EXHAUSTED: Out of memory"), "it failed: not enough memory; take fewer units"),
        (TypeError("unhashable"), "it failed: TypeError: unhashable"),
    ],
)
def test_an_error_in_one_run_is_its_own_row(error, note):
    told = {"seeds": [1, 0], "limits": Limits(10_000, 60.0)}
    seen = []
    rows = learn_side_by_side(TASK, [Broken(error), small("lstm")], **told, watch=seen.append)
    assert [(row.method, row.seed, row.failed) for row in rows] == [
        ("broken", 1, True), ("lstm", 0, False), ("lstm", 1, False), ("lstm", 0, False),
    ]  # fmt: skip
    assert rows[0].note.startswith(note)
    assert (rows[0].solved, rows[0].sequences, len(rows[0].course.loss)) == (False, 0, 0)
    assert np.isnan([rows[0].loss, rows[0].error]).all()
    assert all(any(row is one for one in seen) for row in rows)
    with ThreadPoolExecutor(2) as pool:
        elsewhere = learn_side_by_side(TASK, [Broken(error)], **told, executor=pool)
    assert [numbers(row) for row in elsewhere] == [numbers(row) for row in rows[:2]]


def test_rows_of_an_executor_stand_where_others_are_lost_with_a_process():
    class Dying:
        def submit(self, function, one, *given, seed, **named):
            future = Future()
            if seed == 1:
                future.set_exception(BrokenProcessPool("a child process terminated abruptly"))
            else:
                future.set_result(function(one, *given, seed=seed, **named))
            return future

    dead, alive = learn_side_by_side(TASK, [small("lstm")], seeds=[1, 0], limits=LIMITS, executor=Dying())
    assert (dead.failed, alive.failed) == (True, False)
    assert "ended from outside, as a rule because memory ran out" in dead.note
    assert numbers(alive) == numbers(learned("lstm"))


def test_an_executor_that_takes_nothing_more_costs_the_rows_it_did_not_take():
    class Full:
        def __init__(self):
            self.taken = []

        def submit(self, function, *given, **named):
            if self.taken:
                raise BrokenProcessPool("A child process terminated abruptly")
            future = Future()
            future.set_result(function(*given, **named))
            self.taken.append(future)
            return future

    alive, dead = learn_side_by_side(TASK, [small("lstm")], seeds=[0, 1], limits=LIMITS, executor=Full())
    assert (alive.failed, dead.failed) == (False, True)


def test_a_watch_that_raises_leaves_nothing_waiting_elsewhere():
    class Queue:
        def __init__(self):
            self.waiting = []

        def submit(self, function, *given, **named):
            future = Future()
            if not self.waiting:
                future.set_result(function(*given, **named))
            self.waiting.append(future)
            return future

    def stop(row):
        raise KeyError(row.method)

    queue = Queue()
    with pytest.raises(KeyError, match="lstm"):
        learn_side_by_side(TASK, [small("lstm")], seeds=[0, 1, 2], limits=LIMITS, watch=stop, executor=queue)
    assert [future.cancelled() for future in queue.waiting] == [False, True, True]


def test_what_a_watch_raises_is_not_the_failure_of_a_run():
    def stop(row):
        raise KeyError(row.method)

    with pytest.raises(KeyError, match="lstm"):
        learn_side_by_side(TASK, [small("lstm")], seeds=[0], limits=Limits(400), watch=stop)


def test_runs_in_a_folder_go_on_where_they_were(tmp_path, monkeypatch):
    chosen = [small("lstm"), small("echo-state")]
    told = {"seeds": [0, 1], "keep": tmp_path / "deep" / "runs"}
    learn_side_by_side(TASK, chosen, limits=Limits(5000, 60.0), **told)
    assert len(list((tmp_path / "deep" / "runs").iterdir())) == 4
    rows = learn_side_by_side(TASK, chosen, limits=LIMITS, **told)
    assert [numbers(row) for row in rows] == [numbers(learned(row.method, row.seed)) for row in rows]
    # What is done is done: nothing is computed again.
    monkeypatch.setattr("unrolled.evaluate._echo_state_way.solve_ridge", None)
    again = learn_side_by_side(TASK, chosen, limits=LIMITS, **told)
    assert [numbers(row) for row in again] == [numbers(row) for row in rows]
    assert [row.seconds for row in again] == [row.seconds for row in rows]


@dataclasses.dataclass(frozen=True)
class Noting:
    """A way that learns nothing and notes in its file that it was there."""

    name: str = "no/ting"
    setting: int = 0

    def resized(self, units):
        return self

    def check(self, task, limits):
        """Anything goes."""

    def learn(self, task, *, seed, limits, watch=None, keep=None):
        keep.write_text("no run")
        return learned("lstm")


def test_every_run_has_a_file_of_its_own(tmp_path):
    for made, problem in ((Noting(), TASK), (Noting(setting=1), TASK), (Noting(), task("echo", 3))):
        learn_side_by_side(problem, [made], seeds=[0, 12], limits=LIMITS, keep=str(tmp_path))
    names = sorted(path.name for path in tmp_path.iterdir())
    assert len(names) == 6
    assert [re.sub("-[0-9a-f]{12}.run$", "", name) for name in names] == ["echo-3-no_ting-0"] * 3 + [
        "echo-3-no_ting-12"
    ] * 3


def test_a_folder_that_cannot_be_written_is_found_before_the_first_run(tmp_path):
    (tmp_path / "file").write_text("mine")
    for place, words in ((tmp_path / "file", "is a file; name a folder"), (3, "keep must be a str or PathLike")):
        with pytest.raises(InputError, match=words):
            learn_side_by_side(TASK, [Noting()], limits=LIMITS, keep=place)
    runs = tmp_path / "runs"
    learn_side_by_side(TASK, [small("lstm")], seeds=[5], limits=LIMITS, keep=runs)
    next(iter(runs.iterdir())).write_text("no run")
    with pytest.raises(InputError, match="is no run that was kept; delete it, or keep the runs in another folder"):
        learn_side_by_side(TASK, [small("lstm")], seeds=[0, 5], limits=LIMITS, keep=runs)
    assert len(list(runs.iterdir())) == 1
    assert (tmp_path / "file").read_text() == "mine"


def test_a_way_of_ones_own_keeps_its_runs_in_a_form_of_its_own(tmp_path):
    for _ in range(2):
        rows = learn_side_by_side(TASK, [Noting()], seeds=[0], limits=LIMITS, keep=tmp_path)
        assert [row.failed for row in rows] == [False]
    assert [path.read_text() for path in tmp_path.iterdir()] == ["no run"]
