"""`unrolled learn`: one task, several ways, one table, one folder."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from unrolled.evaluate import Limits, way, ways
from unrolled.tasks import task, task_names

# The dearest way takes its first test after 10,000 sequences.
_SMALL = ("--length", "3", "--setting", "steps=6", "--units", "4", "--sequences", "10000")
_ECHO = ("learn", "echo", *_SMALL, "--figures", "none")
_QUICK = ("learn", "echo", *_SMALL[:-1], "400", "--figures", "none", "--method", "lstm")
_ROW = ("task", "length", "method", "seed", "solved", "sequences", "seconds", "error", "loss", "parameters")


def _table(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _without_seconds(rows):
    return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]


def _words(text):
    return " ".join(text.split())


def test_without_a_task_the_tasks_are_listed(run, folder):
    done = run("learn")
    assert done.status == 0
    lines = done.out.splitlines()
    assert [line.split()[0] for line in lines] == list(task_names())
    assert [int(line.split()[1]) for line in lines] == [task(name).length for name in task_names()]
    assert not any(mark in done.out for mark in (":math:", "``", "\\"))
    assert not os.listdir(folder)


def test_all_ways_are_one_table_and_one_folder(run, folder):
    done = run(*_ECHO, "--out", "o", "--figures", "png")
    assert (done.status, done.err) == (0, "")
    files = {"learned.csv", "courses.csv", "report.json", "learning-sequences.png", "learning-seconds.png"}
    assert set(os.listdir(folder / "o")) == files
    rows = _table(folder / "o" / "learned.csv")
    assert [row["method"] for row in rows] == list(ways())
    assert tuple(rows[0])[: len(_ROW)] == _ROW
    lines = done.out.splitlines()
    assert lines[0] == "echo, length 3. A guess has a squared loss of 0.333."
    assert lines[1].startswith("Published: ")
    for row in rows:
        (line,) = [line for line in lines if line.split()[:1] == [row["method"]]]
        shown = [f"{int(row['sequences']):,}", f"{float(row['error']):.2g}", f"{float(row['loss']):.2g}"]
        assert set(shown) <= set(line.split())
        assert f"{int(row['solved'] == 'True')} of 1" in line
        assert (f"{row['method']}, seed 0: not solved" in done.out) == (row["solved"] == "False")
    assert "lstm: keep and write gates prepared for the lag." in done.out
    assert lines[-1] == "Files are in o"


def test_the_rows_are_those_of_the_ways(run, folder):
    run(*_ECHO, "--out", "o")
    courses = _table(folder / "o" / "courses.csv")
    for row in _table(folder / "o" / "learned.csv"):
        made = way(row["method"], units=4).learn(task("echo", 3, steps=6), seed=0, limits=Limits(10_000, 600.0))
        for name in ("sequences", "loss", "error", "parameters"):
            assert float(row[name]) == getattr(made, name)
        own = [line for line in courses if line["method"] == row["method"]]
        assert [float(line["loss"]) for line in own] == made.course.loss.tolist()


def test_the_report_is_printed_alone_and_holds_every_row(run, folder):
    done = run(*_QUICK, "--seeds", "2", "--seed", "5", "--json", "--out", "o")
    assert (done.status, done.err) == (0, "")
    assert done.out == (folder / "o" / "report.json").read_text(encoding="utf-8")
    report = json.loads(done.out)
    assert set(_ROW) <= set(report["rows"][0])
    assert [(row["task"], row["length"], row["method"], row["seed"]) for row in report["rows"]] == [
        ("echo", 3, "lstm", seed) for seed in (5, 6)
    ]
    assert report["rows"][0]["loss"] != report["rows"][1]["loss"]
    assert report["task"]["settings"] == {"length": 3, "steps": 6}
    assert report["limits"] == {"sequences": 400, "seconds": 600.0}


def test_seeds_are_counted_in_one_line_of_the_table(run):
    done = run(*_QUICK, "--seeds", "2")
    lines = done.out.splitlines()
    assert "0 of 2" in next(line for line in lines if line.split()[:1] == ["lstm"])
    told = [line for line in lines if "not solved" in line]
    assert told == [f"lstm, seed {seed}: not solved, all sequences seen." for seed in (0, 1)]


def test_processes_give_the_same_rows(run):
    one = json.loads(run(*_QUICK, "--seeds", "2", "--json").out)["rows"]
    two = json.loads(run(*_QUICK, "--seeds", "2", "--json", "--jobs", "2").out)["rows"]
    assert _without_seconds(one) == _without_seconds(two)


def test_ways_are_taken_once_in_the_order_named(run):
    done = run(*_QUICK[:-1], "momentum, lstm,momentum", "--json")
    assert [row["method"] for row in json.loads(done.out)["rows"]] == ["momentum", "lstm"]
    assert done.err == "unrolled: momentum is named 2 times in --method; it learns once.\n"


def test_limits_end_a_run(run):
    (row,) = json.loads(run(*_QUICK, "--json").out)["rows"]
    assert (row["sequences"], row["solved"], row["note"]) == (400, False, "all sequences seen")
    (row,) = json.loads(run(*_QUICK, "--seconds", "1e-6", "--json").out)["rows"]
    assert (row["sequences"], row["note"]) == (4, "out of time")
    assert row["loss"] > 0  # the last test is taken wherever a run ends


def test_settings_of_the_task(run):
    options = ("--length", "10", "--method", "lstm", "--units", "4", "--sequences", "4", "--figures", "none", "--json")
    done = run("learn", "temporal-order", *options, "--setting", "protocol=2013", "--setting", "symbols = 3")
    assert json.loads(done.out)["task"]["settings"] == {
        "length": 10, "symbols": 3, "protocol": "2013", "longest": None,
    }  # fmt: skip


def test_a_real_number_is_a_setting(run):
    options = ("--length", "5", "--method", "lstm", "--units", "2", "--sequences", "4", "--figures", "none", "--json")
    done = run("learn", "flip-flop", *options, "--setting", "pulse=0.2", "--setting", "channels=2")
    assert json.loads(done.out)["task"]["settings"] == {"length": 5, "channels": 2, "pulse": 0.2}


def test_runs_that_are_kept_go_on(run, folder):
    whole = _table_of(run(*_QUICK, "--seeds", "2", "--json"))
    half = _table_of(run(*_QUICK, "--seeds", "2", "--json", "--keep", "runs", "--sequences", "200"))
    assert {row["sequences"] for row in half} == {200}
    assert len(os.listdir(folder / "runs")) == 2
    rest = _table_of(run(*_QUICK, "--seeds", "2", "--json", "--keep", "runs"))
    assert _without_seconds(rest) == _without_seconds(whole)
    again = _table_of(run(*_QUICK, "--seeds", "2", "--json", "--keep", "runs", "--jobs", "2"))
    assert again == rest  # nothing was left to do


def _table_of(done):
    assert (done.status, done.err) == (0, "")
    return json.loads(done.out)["rows"]


def test_a_run_that_fails_is_a_line_and_the_others_stand(run, folder, monkeypatch):
    def broken(*_, **__):
        raise MemoryError

    monkeypatch.setattr("unrolled.evaluate._echo_state_way.solve_ridge", broken)
    done = run(*_QUICK[:-1], "echo-state,lstm", "--sequences", "500", "--out", "o", "--figures", "png")
    assert (done.status, done.err) == (0, "")
    lines = done.out.splitlines()
    assert "echo-state, seed 0: not solved, it failed: not enough memory; take fewer units or a shorter task." in lines
    assert [line.split() for line in lines if line.split()[:1] == ["echo-state"]] == [
        ["echo-state", "0", "of", "1", *["failed"] * 5]
    ]
    rows = _table(folder / "o" / "learned.csv")
    assert [(row["method"], row["loss"] == "") for row in rows] == [("echo-state", True), ("lstm", False)]
    done = run(*_QUICK[:-1], "echo-state", "--sequences", "500", "--out", "none")
    assert (done.status, done.out) == (2, "")
    assert "no run came to an end; of echo-state, it failed: not enough memory" in _words(done.err)
    assert not (folder / "none").exists()


def test_verbose_prints_a_line_a_test_on_standard_error(run):
    done = run(*_QUICK, "--verbose", "--json")
    row = json.loads(done.out)["rows"][0]
    lines = done.err.splitlines()
    # The last is taken again in the end, by the whole test.
    assert [line.split("  ")[0] for line in lines] == [f"lstm, seed 0: {seen} sequences" for seen in (200, 400, 400)]
    assert lines[-1].endswith(f"loss {row['loss']:.4g}  error {row['error']:.4g}")


def test_numbers_stay_whole_on_a_narrow_terminal(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    assert "…" not in run(*_QUICK).out


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("learn addin", "did you mean 'adding'"),
        ("learn adding --length 5", "adding needs a length from 11"),
        ("learn adding --length -3", "adding needs a length from 11"),
        ("learn echo --method lsmt", "did you mean 'lstm'"),
        ("learn echo --method ,", "--method names no way to learn; there are lstm,"),
        ("learn echo --method=", "--method names no way to learn; there are lstm,"),
        ("learn echo --units 0", "units"),
        ("learn echo --seeds 0", "seeds must be a whole number from 1 to 1000; came 0"),
        ("learn echo --seeds 1001", "seeds must be"),
        ("learn echo --seed -1", "seed must be"),
        ("learn echo --sequences 0", "sequences must be"),
        ("learn echo --seconds 0", "seconds must be a finite number above 0"),
        ("learn echo --seconds nan", "seconds must be"),
        ("learn echo --jobs 0", "jobs must be"),
        ("learn echo --jobs 1000", "jobs must be"),
        ("learn echo --setting steps", "--setting is written NAME=VALUE"),
        ("learn echo --setting =3", "--setting is written NAME=VALUE"),
        ("learn echo --setting steps=", "--setting is written NAME=VALUE"),
        ("learn echo --setting steps=3", "steps must be a whole number from 11"),
        ("learn echo --setting steps=many", "steps must be a whole number"),
        ("learn echo --setting steps=--7", "steps must be a whole number"),
        (f"learn echo --setting steps={'9' * 5000}", "steps must be a whole number"),
        ("learn echo --setting step=30", "did you mean 'steps'"),
        ("learn echo --setting length=30", "write --length T in place"),
        ("learn echo --setting steps=20 --setting steps=30", "the setting steps is given twice"),
        ("learn echo --setting colour=3", "unknown setting of echo 'colour'. Known: steps."),
        ("learn echo --setting steps=1e3", "steps must be a whole number in the task echo; came '1e3'"),
        ("learn flip-flop --setting pulse=often", "pulse must be a number in the task flip-flop; came 'often'"),
        ("learn flip-flop --setting pulse=2", "pulse is a probability"),
        ("learn flip-flop --setting pulse=nan", "pulse must be a finite number"),
        ("learn temporal-order --setting longest=2.5", "longest must be a whole number"),
        ("learn two-sequences --setting experiment=3d", "Known: 3a, 3b, 3c"),
        ("learn echo --method lstm,,momentum", "--method names no way to learn"),
        ("learn echo --sequences 100", "hessian-free takes 2200 sequences at a time"),
        ("learn echo --method echo-state --sequences 499", "sequences must be 500 at least; came 499"),
        ("learn echo --sequences 10000000000", "sequences must be a whole number from 1 to 1000000000"),
        ("learn echo --units 100000", "can be had here; take fewer units"),
        ("learn echo --method echo-state --units 100000", "units at most"),
        ("learn adding --sequences 3", "lstm takes 4 sequences at a time"),
        ("learn adding --method momentum --sequences 3", "momentum takes 100 sequences at a time"),
        ("learn adding --method hessian-free --sequences 3", "hessian-free takes 2200 sequences at a time"),
        ("learn adding --method echo-state --sequences 3", "echo-state takes 500 sequences at a time"),
        ("learn adding --length 1000000", "can be had here; take fewer units, or a shorter task"),
        ("learn echo --units 1.5", "Invalid value for '--units'"),
        ("learn echo --length 1e3", "Invalid value for '--length'"),
        ("learn echo --keep taken/mine.txt", "taken/mine.txt is a file; name a folder"),
        ("learn echo --keep taken/mine.txt/runs", "taken/mine.txt is a file; name a folder"),
        ("learn echo --keep=", "keep must be the name of a file or a folder"),
        ("learn echo --keep o/runs --out o", "--keep o/runs lies in --out o"),
        ("learn echo --keep taken/../o/runs --out o", "lies in --out o"),
        ("learn xyz", "unknown task 'xyz'. Known: adding,"),
        ("learn temporal-order --setting protocol=2014", "unknown protocol '2014'"),
        ("learn echo --figures gif", "gif"),
        ("learn echo --out taken", "not empty"),
        ("learn --method lstm", "name the task"),
        ("learn --json", "name the task"),
        ("learn echo --length ten", "Invalid value for '--length'"),
        ("learn echo adding", "adding"),
    ],
)
def test_a_mistake_is_a_sentence_and_leaves_nothing(run, folder, typed, words):
    (folder / "taken").mkdir()
    (folder / "taken" / "mine.txt").write_text("mine")
    done = run(*typed.split())
    assert (done.status, done.out) == (2, "")
    assert words in _words(done.err)
    assert os.listdir(folder) == ["taken"]
    assert os.listdir(folder / "taken") == ["mine.txt"]


def test_an_error_while_files_are_written_leaves_nothing(run, folder, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("unrolled.report.courses_csv", full)
    done = run(*_QUICK, "--out", "o")
    assert (done.status, done.err) == (2, "unrolled: o cannot be written: No space left on device.\n")
    assert not os.listdir(folder)


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="looks for processes in /proc")
def test_interrupted_it_leaves_neither_files_nor_processes(folder):
    options = ("--length", "200", "--method", "lstm", "--seeds", "2", "--jobs", "2", "--seconds", "300")
    # Whoever runs the tests may ignore signals, and a child inherits that.
    hearing = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); sys.argv[0] = 'unrolled'; "
        "from unrolled.cli import main; main()"
    )
    command = [sys.executable, "-c", hearing, "learn", "adding", *options]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    children = set()
    until = time.monotonic() + 60
    while len(children) < 3 and time.monotonic() < until:  # two workers, and multiprocessing's own
        children |= _children(process.pid)
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    assert "unrolled: interrupted." in process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert not os.listdir(folder)
    while any(map(_alive, children)) and time.monotonic() < until + 30:
        time.sleep(0.1)
    assert [child for child in children if _alive(child)] == []


def _children(pid):
    found = set()
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):  # the thread has ended
            found |= {int(child) for child in path.read_text().split()}
    return found


def _alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
