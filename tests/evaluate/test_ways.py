"""Ways to learn a task: what holds for each of them, however many there are."""

import dataclasses
import pickle
import re
from time import perf_counter

import jax
import numpy as np
import pytest

from unrolled.errors import InputError
from unrolled.evaluate import Limits, OnlineWay, keys_of, learn_side_by_side, way, ways
from unrolled.evaluate._memory import most_bytes
from unrolled.learn import FirstOrder, Optimizer, Ridge
from unrolled.networks import NetworkDesign
from unrolled.tasks import task
from unrolled.types import precision
from way_cases import LIMITS, TASK, learned, numbers, small

ONLINE = [name for name in ways() if isinstance(way(name), OnlineWay)]
each_way = pytest.mark.parametrize("name", ways())


@each_way
def test_a_row_says_what_was_learned_how_and_how_well(name):
    row = learned(name)
    assert (row.task, row.length, row.method, row.seed) == ("echo", 3, name, 0)
    assert 0 < row.sequences <= LIMITS.sequences
    assert 0 < row.seconds < LIMITS.seconds
    assert row.parameters > 4
    assert (row.note == "") == row.solved
    course = row.course
    assert len(course.loss) > 0
    assert {len(getattr(course, column)) for column in ("sequences", "seconds", "error")} == {len(course.loss)}
    assert (np.diff(course.sequences) > 0).all()
    assert (np.diff(course.seconds) >= 0).all()
    assert course.sequences[-1] <= row.sequences
    assert course.seconds[-1] <= row.seconds
    assert (row.loss, row.error) == (course.loss[-1], course.error[-1])


@each_way
def test_something_is_learned(name):
    row = learned(name)
    assert row.loss < TASK.guess
    assert row.error == pytest.approx(row.loss / TASK.guess, rel=1e-3)  # by this task's paper


@each_way
def test_the_seed_decides_every_number(name):
    assert numbers(small(name).learn(TASK, seed=0, limits=LIMITS)) == numbers(learned(name))
    other = learned(name, 1)
    assert other.seed == 1
    assert other.loss != learned(name).loss


@each_way
def test_a_run_that_is_kept_goes_on_to_the_same_numbers(name, tmp_path):
    path = tmp_path / "folder" / "run"
    half = small(name).learn(TASK, seed=0, limits=Limits(8_400, 60.0), keep=path)
    assert half.sequences < learned(name).sequences or half.solved
    whole = small(name).learn(TASK, seed=0, limits=LIMITS, keep=path)
    assert numbers(whole) == numbers(learned(name))
    assert whole.seconds >= half.seconds


@each_way
def test_time_is_limited(name):
    row = small(name).learn(TASK, seed=0, limits=Limits(10_000, 1e-6))
    assert row.sequences <= learned(name).sequences
    if name in ONLINE:  # one step is taken, and no more
        assert row.sequences == way(name).algorithm.sequences
        assert (row.solved, row.note) == (False, "out of time")
    else:
        assert (row.solved, row.note, row.sequences) == (False, "out of time", 0)


@each_way
def test_whoever_watches_sees_what_is_reached_in_the_end(name):
    seen = []
    row = small(name).learn(TASK, seed=0, limits=LIMITS, watch=seen.append)
    assert {(one.method, one.seed) for one in seen} <= {(name, 0)}
    assert [one.sequences for one in seen] == sorted(one.sequences for one in seen)
    if name in ONLINE:
        assert numbers(seen[-1]) == numbers(row)


@each_way
def test_ways_and_rows_can_go_to_another_process(name):
    assert pickle.loads(pickle.dumps(small(name))) == small(name)
    assert numbers(pickle.loads(pickle.dumps(learned(name)))) == numbers(learned(name))


@each_way
def test_a_way_is_a_value_with_a_size(name):
    assert way(name) == way(name)
    assert way(name).name == name
    assert small(name) != way(name)
    assert way(name, name="own").name == "own"
    with pytest.raises(InputError, match="units"):
        way(name, units=0)
    with pytest.raises(InputError, match=f"unknown setting of {name} 'colour'"):
        way(name, colour=1)


def test_an_unknown_way_is_an_error_with_the_nearest_name():
    with pytest.raises(InputError, match="did you mean 'momentum'"):
        way("momentums")


def begun(made, problem, seed=0):
    with precision("float64"):
        return made.begin(problem, keys_of(seed))


def test_gates_are_prepared_for_the_lag_where_there_is_one():
    made = small("lstm")
    keep = begun(made, task("echo", 50)).layers[0].gate("keep")[2]
    assert np.ptp(np.asarray(keep)) > 0  # drawn, each unit its own
    assert 0 <= keep.min() <= keep.max() <= np.log(49)
    row = learned("lstm")
    assert row.knew == "keep and write gates prepared for the lag"
    for problem in (task("parity", 6), task("echo", 0), task("echo", 1)):
        assert problem.lag is None or problem.lag < 2
        plain = begun(dataclasses.replace(made, prepared=False), problem)
        assert all((a == b).all() for a, b in zip(*map(jax.tree.leaves, (begun(made, problem), plain)), strict=True))


def test_a_task_without_a_lag_is_learned_unprepared():
    row = small("lstm").learn(task("parity", 6), seed=0, limits=Limits(200, 60.0))
    assert row.knew == ""
    assert row.sequences == 200


@pytest.mark.parametrize("name", ONLINE)
def test_a_network_begins_in_its_precision_and_size(name):
    made = small(name)
    network = begun(made, TASK)
    assert {leaf.dtype for leaf in jax.tree.leaves(network)} == {np.dtype(made.precision)}
    assert sum(leaf.size for leaf in jax.tree.leaves(network)) == learned(name).parameters
    assert NetworkDesign.parse(made.network).with_hidden(units=4) == NetworkDesign.parse(made.network)


def test_a_task_is_solved_by_its_own_criterion_and_the_run_ends_there():
    row = small("hessian-free").learn(TASK, seed=0, limits=Limits(200_000, 60.0))
    assert (row.solved, row.note) == (True, "")
    assert row.error < 0.01
    assert row.sequences == row.course.sequences[-1] < 200_000


def test_steps_that_are_never_finite_end_a_run():
    wild = OnlineWay("wild", "elman:2:relu", FirstOrder(Optimizer("sgd", 1e30), batch_size=2))
    row = wild.learn(TASK, seed=0, limits=LIMITS)
    assert (row.solved, row.note) == (False, "step after step was not finite")
    assert row.sequences < 100
    assert len(row.course.loss) == 1  # there was no test before the last


def test_gates_do_not_follow_from_the_weights_beside_them():
    weights = begun(way("lstm"), task("adding", 100)).weights()
    keep, inputs = np.exp(weights["lstm_1.b"][16:32]), weights["lstm_1.U"].ravel()[:16]
    assert abs(np.corrcoef(keep, inputs)[0, 1]) < 0.9


def test_a_criterion_that_is_a_mean_is_not_screened_by_single_sequences():
    """Echo is solved by the mean error, with many sequences above it."""
    row = way("lstm", units=12).learn(task("echo", 2, steps=6), seed=0, limits=Limits(60_000, 60.0))
    assert row.solved


AT_A_TIME = {"lstm": 4, "hessian-free": 2200, "momentum": 100, "echo-state": 500}


@each_way
def test_a_limit_is_never_overshot_and_one_that_is_too_small_is_refused(name):
    least = AT_A_TIME[name]
    for few in (1, least - 1):
        with pytest.raises(InputError, match=f"{name} takes {least} .* sequences must be {least} at least; came {few}"):
            small(name).check(TASK, Limits(few))
    small(name).check(TASK, Limits(least))
    assert small(name).learn(TASK, seed=0, limits=Limits(2 * least - 1, 60.0)).sequences == least


@each_way
def test_what_cannot_be_held_is_refused_with_what_can(name):
    began = perf_counter()
    with pytest.raises(InputError, match=r"100000.* GB.* GB can be had here; take .*units") as caught:
        way(name, units=100_000).check(TASK, LIMITS)
    assert perf_counter() - began < 10
    if name == "echo-state":
        fits = int(re.search(r"take (\d+) units at most", str(caught.value))[1])
        way(name, units=fits).check(TASK, LIMITS)
        with pytest.raises(InputError, match="can be had here"):
            way(name, units=fits + 1).check(TASK, LIMITS)
        with pytest.raises(InputError, match="one sequence of echo of length 3 takes"):
            way(name, units=fits).check(task("echo", 3, steps=1_000_000), LIMITS)


@each_way
def test_a_task_whose_steps_cannot_be_held_is_refused(name, monkeypatch):
    for module in ("_online_way", "_echo_state_way"):
        monkeypatch.setattr(f"unrolled.evaluate.{module}.most_bytes", lambda: 4 << 30)
    way(name).check(task("echo", 3, steps=1000), LIMITS)
    with pytest.raises(InputError, match=r"GB can be had here; take fewer units, or a shorter task"):
        way(name, units=600).check(task("echo", 3, steps=1_000_000), LIMITS)


@pytest.mark.parametrize(("pages", "gigabytes"), [(1 << 18, 0.5), (1 << 19, 1), (-1, 4)])
def test_the_ways_as_they_come_are_for_small_machines_too(pages, gigabytes, monkeypatch):
    monkeypatch.setattr("os.sysconf", {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": pages}.__getitem__)
    assert most_bytes() == gigabytes * 2**30
    for name in ways():
        way(name).check(TASK, LIMITS)


def test_of_long_sequences_fewer_say_where_inputs_lie(monkeypatch):
    monkeypatch.setattr("unrolled.evaluate._online_way._MOST_NUMBERS", 6 * 70)
    counts = []

    class Counted(type(TASK)):
        def draw(self, count, *, key):
            counts.append(count)
            return super().draw(count, key=key)

    begun(small("momentum"), Counted(3, 6))
    assert set(counts) == {1, 70}


ADAM = FirstOrder()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Limits(sequences=True), "sequences must be a whole number from 1"),
        (lambda: Limits(sequences=1.5), "sequences must be a whole number"),
        (lambda: Limits(sequences="100"), "sequences must be a whole number"),
        (lambda: Limits(sequences=0), "sequences must be a whole number"),
        (lambda: Limits(seconds=np.nan), "seconds must be a finite number above 0"),
        (lambda: Limits(seconds=np.inf), "seconds must be a finite number above 0"),
        (lambda: Limits(seconds=-1), "seconds must be a finite number above 0"),
        (lambda: Limits(seconds="60"), "seconds must be a finite number above 0"),
        (lambda: Limits(seconds=True), "seconds must be a finite number above 0"),
        (lambda: OnlineWay(3, "lstm:4", ADAM), "name must be a str"),
        (lambda: OnlineWay("own", "lsmt:4", ADAM), "did you mean 'lstm'"),
        (lambda: OnlineWay("own", 4, ADAM), "network must be a str; came 4"),
        (lambda: OnlineWay("own", "lstm:4", "adam"), "algorithm must have sequences"),
        (lambda: OnlineWay("own", "lstm:4", FirstOrder), "add parentheses"),
        (lambda: OnlineWay("own", "lstm:4", ADAM, "echo-state"), "initialization must be one of unrolled.networks"),
        (lambda: OnlineWay("own", "lstm:4", ADAM, prepared=1), "prepared must be True or False"),
        (lambda: OnlineWay("own", "lstm:4", ADAM, centred="yes"), "centred must be True or False"),
        (lambda: OnlineWay("own", "lstm:4", ADAM, every=2.5), "every must be a whole number"),
        (lambda: OnlineWay("own", "lstm:4", ADAM, steps=0), "steps must be a whole number"),
        (lambda: way("lstm", precision="float16"), "float16"),
        (lambda: way("echo-state", block=0), "block must be a whole number"),
        (lambda: way("echo-state", sequences=499), "sequences must be a whole number from 500"),
        (lambda: way("echo-state", reservoir=400), "reservoir must be a ReservoirDesign"),
        (lambda: way("echo-state", ridge=1e-6), "ridge must be a Ridge"),
        (lambda: way("echo-state", ridge=Ridge(washout=3)), "every step of a task counts"),
        (lambda: way("lstm").learn("echo", seed=0, limits=LIMITS), r"task must be a Task; came 'echo': write task\("),
        (lambda: way("lstm").learn(TASK, seed=0, limits=100), "limits must be a Limits; came 100"),
        (lambda: way("lstm").check(TASK, Limits(10**9)), "lstm takes 67108864 sequences at most"),
        (lambda: small("lstm").learn(TASK, seed=-1, limits=LIMITS), "seed must be a whole number from 0"),
        (lambda: small("lstm").learn(TASK, seed="0", limits=LIMITS), "seed must be a whole number from 0"),
        (lambda: small("echo-state").learn(TASK, seed=1.5, limits=LIMITS), "seed must be a whole number from 0"),
        (lambda: small("echo-state").learn(TASK, seed=0, limits=LIMITS, watch=3), "watch must be a function"),
        (lambda: small("echo-state").learn(TASK, seed=0, limits=LIMITS, keep=3), "keep must be a str or PathLike"),
        (lambda: small("lstm").learn(TASK, seed=0, limits=LIMITS, keep=""), "keep must be the name of a file"),
        (lambda: way([]), r"unknown method \[\]"),
        (lambda: way("lstm", units="4"), "units must be a whole number"),
        (lambda: way("echo-state", name=3), "name must be a str"),
        (lambda: learn_side_by_side(TASK, ["lstm"], watch=3), "watch must be a function"),
        (lambda: learn_side_by_side(TASK, ["lstm"], executor=3), "executor must have a method submit"),
        (lambda: learn_side_by_side(TASK, ["lstm"], keep=""), "keep must be the name of a file or a folder"),
        (lambda: learn_side_by_side(TASK, "lstm"), "methods must be a list"),
        (lambda: learn_side_by_side(TASK, ["lstm"], seeds=3), "seeds must be a list"),
        (lambda: learn_side_by_side(TASK, ["lstm"], seeds="012"), "seeds must be a list"),
        (lambda: learn_side_by_side(TASK, [FirstOrder()]), "a way must have name, resized, check and learn"),
        (lambda: learn_side_by_side("echo", ["lstm"]), "task must be a Task"),
        (lambda: learn_side_by_side(TASK, ["lstm"], limits=None), "limits must be a Limits"),
    ],
)
def test_whoever_holds_it_wrong_is_told_which_argument(make, words):
    with pytest.raises(InputError, match=words):
        make()
