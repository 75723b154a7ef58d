"""Ways to learn a task: what holds for each of them, however many there are."""

import dataclasses
import pickle
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import jax
import numpy as np
import pytest

from unrolled.errors import InputError
from unrolled.evaluate import Learned, Limits, OnlineWay, keys_of, learn_side_by_side, way, ways
from unrolled.learn import FirstOrder, Optimizer
from unrolled.networks import NetworkDesign
from unrolled.tasks import task
from unrolled.types import precision

TASK = task("echo", 3, steps=6)
# The dearest way takes its first test after 10,000 sequences.
LIMITS = Limits(sequences=10_000, seconds=60.0)
ONLINE = [name for name in ways() if isinstance(way(name), OnlineWay)]
each_way = pytest.mark.parametrize("name", ways())


def small(name):
    return way(name, units=4)


@cache
def learned(name, seed=0) -> Learned:
    return small(name).learn(TASK, seed=seed, limits=LIMITS)


def numbers(row):
    """Everything but the seconds, as text: NaN equals NaN."""
    plain = {field.name: getattr(row, field.name) for field in dataclasses.fields(row)}
    course = plain.pop("course")
    del plain["seconds"]
    return repr((plain, *(getattr(course, column).tolist() for column in ("sequences", "loss", "error"))))


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
    assert name == "echo-state" or whole.seconds >= half.seconds


@each_way
def test_time_is_limited(name):
    row = small(name).learn(TASK, seed=0, limits=Limits(10_000, 1e-6))
    assert row.sequences <= learned(name).sequences
    if name in ONLINE:  # one step is taken, and no more
        assert row.sequences == way(name).algorithm.sequences
        assert (row.solved, row.note) == (False, "out of time")


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
    with pytest.raises(InputError, match="units"):
        way(name, units=0)
    with pytest.raises(InputError, match=f"unknown setting of {name} 'colour'"):
        way(name, colour=1)


def test_an_unknown_way_is_an_error_with_the_nearest_name():
    with pytest.raises(InputError, match="did you mean 'momentum'"):
        way("momentums")


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


def test_precisions_have_names():
    with pytest.raises(InputError, match="float16"):
        way("lstm", precision="float16").learn(TASK, seed=0, limits=LIMITS)
