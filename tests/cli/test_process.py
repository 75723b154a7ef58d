"""What only a process of its own can show: signals, pipes, terminals, and an environment that is broken."""

import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and pipes as POSIX has them")

_COMMAND = [sys.executable, "-m", "unrolled"]
_SMALL = ["--units", "3", "--epochs", "2", "--members", "1", "--figures", "none"]
_ENDLESS = ["extrapolate", "--units", "3", "--epochs", "500000", "--members", "1"]


@pytest.fixture
def here(tmp_path: Path) -> Path:
    place = tmp_path / "here"
    place.mkdir()
    return place


# Whoever runs the tests may ignore signals (nohup does), and a child inherits that.
_HEARING = (
    "import os, signal, sys\n"
    "for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP): signal.signal(name, signal.SIG_DFL)\n"
    "os.execv(sys.argv[1], sys.argv[1:])"
)


def _start(here: Path, *arguments: str, **options) -> subprocess.Popen:
    command = [sys.executable, "-c", _HEARING, *_COMMAND, *arguments]
    return subprocess.Popen(command, cwd=here, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def _shell(here: Path, line: str, **environment: str | None) -> subprocess.CompletedProcess:
    settings = {key: value for key, value in (os.environ | environment).items() if value is not None}
    line = line.replace("UNROLLED", " ".join(_COMMAND)).replace("SMALL", " ".join(_SMALL))
    return subprocess.run(
        ["bash", "-c", f"set -o pipefail; {line}"], cwd=here, env=settings, capture_output=True, text=True, check=False
    )


def _ended_by(process: subprocess.Popen, here: Path, status: int) -> None:
    out, err = process.communicate(timeout=60)
    assert process.returncode == status, err
    assert out == ""
    assert err.strip().splitlines()[-1] == "unrolled: interrupted."
    assert "Traceback" not in err
    assert not os.listdir(here)


@pytest.mark.parametrize("seconds", [0.4, 0.9, 1.4])
def test_interrupted_while_it_loads_or_compiles(here, seconds):
    process = _start(here, *_ENDLESS)
    time.sleep(seconds)
    process.send_signal(signal.SIGINT)
    _ended_by(process, here, 130)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_interrupted_while_it_trains(here, number, status):
    process = _start(here, *_ENDLESS, "--verbose", "--out", "a/b")
    assert process.stderr is not None
    assert process.stderr.readline().startswith("epoch 1/")
    assert len(list((here / "a").iterdir())) == 1  # the folder in the making
    process.send_signal(number)
    _ended_by(process, here, status)


def test_interrupted_while_a_program_runs_that_has_no_end(here):
    script = (
        "import jax, unrolled.series as series\n"
        "def endless(*_, **__):\n"
        "    jax.block_until_ready(jax.jit(lambda: jax.lax.while_loop(lambda n: n >= 0, lambda n: n * 0, 1))())\n"
        "series.datasets = endless\n"
        "from unrolled.cli import main\n"
        "main()\n"
    )
    command = [sys.executable, "-c", _HEARING, sys.executable, "-c", script, "datasets"]
    process = subprocess.Popen(command, cwd=here, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(6)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _ended_by(process, here, 130)


def test_interrupted_while_it_writes(here):
    script = (
        "import os, signal, unrolled.report as report\n"
        "def interrupted(*_):\n"
        "    assert os.listdir('unrolled-out')\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "report.members_csv = interrupted\n"
        "from unrolled.cli import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "extrapolate", *_SMALL], cwd=here, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "unrolled: interrupted.\n")
    assert not os.listdir(here)


def test_two_runs_at_once_take_two_folders(here):
    processes = [_start(here, "extrapolate", *_SMALL) for _ in range(2)]
    for process in processes:
        process.communicate(timeout=60)
        assert process.returncode == 0
    assert sorted(os.listdir(here / "unrolled-out")) == ["001", "002"]
    for number in ("001", "002"):
        assert (here / "unrolled-out" / number / "report.json").is_file()


def test_a_terminal_has_a_progress_bar_and_a_pipe_has_none(here):
    ours, theirs = pty.openpty()
    options = ["extrapolate", "--units", "3", "--epochs", "3000", "--members", "1", "--figures", "none"]
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "80"}
    process = subprocess.Popen(
        [*_COMMAND, *options], cwd=here, env=environment, stdout=subprocess.DEVNULL, stderr=theirs
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            piece = os.read(ours, 10_000)
        except OSError:  # what a terminal says when the other side has gone
            break
        if not piece:
            break
        shown += piece
    os.close(ours)
    assert process.wait(timeout=60) == 0
    assert b"learning" in shown
    assert b"\x1b[?25h" in shown  # the cursor is back
    in_pipe = _shell(here, f"UNROLLED {' '.join(options)}")
    assert (in_pipe.returncode, in_pipe.stderr) == (0, "")


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("UNROLLED extrapolate SMALL --json | head -c 1", (0, 1)),
        ("UNROLLED datasets noisy-sine --export - | head -n 1", (0, 1)),
        ("UNROLLED datasets >&-", (0,)),
        ("UNROLLED extrapolate SMALL >&- 2>&-", (0,)),
        ("UNROLLED extrapolate --train 0 2>&-", (2,)),
        ("UNROLLED datasets > /dev/full", (2,)),
    ],
)
def test_streams_that_close_early(here, line, status):
    done = _shell(here, line)
    assert done.returncode in status, done.stderr
    assert "Traceback" not in done.stderr
    assert "rror" not in done.stderr
    assert len(done.stderr.splitlines()) <= 1


@pytest.mark.parametrize(
    "environment",
    [
        {"UNROLLED_CACHE_DIR": "off", "HOME": None},
        {"UNROLLED_CACHE_DIR": "/proc/unrolled"},
        {"UNROLLED_CACHE_DIR": None, "XDG_CACHE_HOME": None, "HOME": "/dev/null", "MPLCONFIGDIR": None},
        {"PYTHONIOENCODING": "ascii", "COLUMNS": "30"},
    ],
    ids=["no home", "no cache", "home not writable", "ascii"],
)
def test_a_poor_environment_is_nothing_to_talk_about(here, environment):
    kinds = "png" if environment.get("HOME") == "/dev/null" else "none"
    done = _shell(here, f"UNROLLED extrapolate --units 3 --epochs 2 --members 1 --figures {kinds}", **environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Files are in unrolled-out/001" in done.stdout


def test_a_damaged_cache_is_nothing_to_talk_about(here, tmp_path):
    cache = tmp_path / "cache"
    for _ in range(2):
        done = _shell(here, "UNROLLED extrapolate SMALL", UNROLLED_CACHE_DIR=str(cache))
        assert (done.returncode, done.stderr) == (0, "")
        entries = list(cache.glob("*-cache"))
        assert entries
        for entry in entries:
            entry.write_bytes(entry.read_bytes()[:100])


def test_a_folder_that_is_gone_is_found_before_the_training(here):
    done = _shell(here, "mkdir x && cd x && rmdir ../x && UNROLLED extrapolate --epochs 1000000", PYTHONPATH="/")
    assert done.returncode == 2
    assert done.stderr == "unrolled: unrolled-out cannot be written: No such file or directory.\n"
