"""The record of a task that was learned in several ways holds every number of it."""

import csv
import io
import json

import numpy as np
import pytest

from unrolled.evaluate import Course, Learned, Limits
from unrolled.report import courses_csv, learned_csv, learned_report, to_json
from unrolled.tasks import task

TASK = task("temporal-order", 20, protocol="2013", longest=30)
COURSE = Course(np.array([200.0, 400.0]), np.array([0.1, 1 / 3]), np.array([1.25, 1 / 7]), np.array([0.5, 0.0]))
NONE = Course(*(np.zeros(0) for _ in range(4)))
ROWS = [
    Learned("temporal-order", 20, "lstm", 3, True, 400, 1 / 3, 1 / 7, 0.0, 1652, "a lag, and more", "", COURSE),
    Learned("temporal-order", 20, "momentum", 0, False, 99, 0.5, np.nan, np.nan, 29, "", "out of time", NONE),
]
COLUMNS = (
    "task", "length", "method", "seed", "solved", "sequences", "seconds", "error", "loss", "parameters", "knew", "note",
)  # fmt: skip


def read(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_a_line_a_run_with_every_digit():
    lines = read(learned_csv(ROWS))
    assert tuple(lines[0]) == COLUMNS
    assert [line["method"] for line in lines] == ["lstm", "momentum"]
    assert lines[0]["knew"] == "a lag, and more"
    assert [line["solved"] for line in lines] == ["True", "False"]
    for line, row in zip(lines, ROWS, strict=True):
        assert int(line["sequences"]) == row.sequences
        assert float(line["seconds"]) == row.seconds
    assert float(lines[0]["loss"]) == 1 / 7


def test_a_number_that_is_not_there_is_an_empty_cell_and_null():
    assert (read(learned_csv(ROWS))[1]["loss"], read(learned_csv(ROWS))[1]["error"]) == ("", "")
    report = json.loads(to_json(learned_report(TASK, ROWS, Limits(), total_seconds=1.0)))
    assert (report["rows"][1]["loss"], report["rows"][1]["error"]) == (None, None)


def test_a_line_a_test():
    lines = read(courses_csv(ROWS))
    assert [(line["method"], line["seed"]) for line in lines] == [("lstm", "3")] * 2
    for column in ("sequences", "seconds", "loss", "error"):
        assert [float(line[column]) for line in lines] == getattr(COURSE, column).tolist()
    assert courses_csv(ROWS[1:]).splitlines() == ["method,seed,sequences,seconds,loss,error"]


@pytest.mark.parametrize("limits", [Limits(), Limits(500, None)])
def test_the_report_says_what_whoever_repeats_it_needs(limits):
    report = json.loads(to_json(learned_report(TASK, ROWS, limits, total_seconds=2.5)))
    told = report["task"]
    assert (told["name"], told["loss"], told["guess"]) == ("temporal-order", TASK.loss, TASK.guess)
    assert (told["reference"], told["published"]) == (TASK.reference, TASK.published)
    assert task(told["name"], **told["settings"]) == TASK
    assert report["limits"] == {"sequences": limits.sequences, "seconds": limits.seconds}
    assert [tuple(row) for row in report["rows"]] == [COLUMNS] * 2
    assert report["rows"][0]["loss"] == 1 / 7
    assert report["seconds"] == {"total": 2.5}
    assert {"schema", "versions", "platform", "created"} <= set(report)
