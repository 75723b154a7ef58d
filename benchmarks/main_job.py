"""Time the main job, whole processes in turn, against the same job in Keras and in PyTorch.

`python benchmarks/main_job.py --python-peers PEERS/bin/python` prints Markdown; README.md says the rest.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

HERE = Path(__file__).parent
# The default command is timed beside the lecture's first network.
DEFAULT_BESIDE = "rnn"
KERAS, TORCH = "Keras, one network", "PyTorch, one network"
TIMES = ("import", "compile", "fit", "wall")
SCORES = ("mse_all", "mse_forecast")
OURS = ("unrolled", "jax", "jaxlib", "equinox", "optax", "numpy")
PEERS = ("keras", "tensorflow-cpu", "tensorflow", "torch", "numpy")
ASK_VERSIONS = """
import importlib.metadata, json, platform, sys
found = {"python": platform.python_version()}
for name in sys.argv[1:]:
    try:
        found[name] = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        pass
print(json.dumps(found))
"""


class ProgramError(Exception):
    """A program could not be started, ended badly, or printed something else than JSON."""


@dataclass(frozen=True)
class Program:
    """A command to time; a cold one starts with an empty compilation cache, a warm one with the last filled."""

    label: str
    command: tuple[str, ...]
    cold: bool = False


def measured(command, cwd=None, **environment):
    """Seconds from start to end of a process, seen from outside, and what it printed."""
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"} | environment
    start = time.perf_counter()
    try:
        done = subprocess.run(
            command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=1800, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ProgramError(str(error)) from error
    wall = time.perf_counter() - start
    if done.returncode:
        last = (done.stderr.strip() or "nothing on standard error").splitlines()[-1]
        raise ProgramError(f"exit status {done.returncode}: {last}")
    return wall, done.stdout


def json_of(text):
    try:
        report = json.loads(text)
    except json.JSONDecodeError as error:
        raise ProgramError(f"no JSON on standard output: {text[:80]!r}") from error
    return report


def versions(python, names):
    """What is installed for an interpreter; empty where the interpreter itself is missing."""
    try:
        return json_of(measured([str(python), "-c", ASK_VERSIONS, *names])[1])
    except ProgramError:
        return {}


def programs(args, model, seed):
    """What is timed in one round. A warm run follows the cold run that filled the cache for it."""
    default = (str(args.unrolled), "extrapolate", "--json", "--out", "out")
    ours, peer = (*default, "--model", model), str(args.python_peers)
    chosen = [
        Program("unrolled, the automatic choice, cold cache", default, cold=True),
        Program("unrolled, the automatic choice, warm cache", default),
    ]
    return [
        *(chosen if model == DEFAULT_BESIDE else []),
        Program("unrolled, 16 networks, cold cache", ours, cold=True),
        Program("unrolled, 16 networks, warm cache", ours),
        Program("unrolled, one network, cold cache", (*ours, "--members", "1"), cold=True),
        Program("unrolled, one network, warm cache", (*ours, "--members", "1")),
        Program(KERAS, (peer, str(HERE / "main_job_keras.py"), model, str(seed))),
        Program(TORCH, (peer, str(HERE / "main_job_torch.py"), model, str(seed))),
    ]


def run_once(program, cache):
    """One process in an empty folder, and its numbers under the same names whoever printed them."""
    if program.cold:
        shutil.rmtree(cache, ignore_errors=True)
        cache.mkdir()
    with tempfile.TemporaryDirectory() as folder:
        wall, text = measured(program.command, cwd=folder, UNROLLED_CACHE_DIR=str(cache))
    report = json_of(text)
    seconds, score = report.get("seconds", report), report.get("score", report)
    found = {"wall": wall, **{k: seconds.get(k) for k in TIMES[:3]}, **{k: score.get(k) for k in SCORES}}
    numbers = {key: number for key, number in found.items() if number is not None}
    if "fit" in numbers:
        numbers["compile + fit"] = numbers["fit"] + numbers.get("compile", 0.0)
    return numbers


def rounds(args, model, count, cache, broken):
    """`count` rounds of every program in turn: a list of numbers for each label. Failures go to `broken`."""
    results = {}
    for seed in range(count):
        for program in programs(args, model, seed):
            if {(model, program.label), program.label} & broken.keys():
                continue
            try:
                numbers = run_once(program, cache)
            except ProgramError as error:
                broken[model, program.label] = line = f"{program.label}, left out of {model}: {error}"
                results.pop(program.label, None)
                print(line, file=sys.stderr)
                continue
            results.setdefault(program.label, []).append(numbers)
            print(f"{model} {seed + 1}/{count} {program.label}: {numbers['wall']:.2f} s", file=sys.stderr)
    return results


def spread(values):
    """Median [least–greatest]."""
    if not values:
        return "–"
    return f"{statistics.median(values):.3g} [{min(values):.3g}–{max(values):.3g}]"


def column(runs, key):
    return [run[key] for run in runs if key in run]


def ratio(results, label, peer, key):
    """How many times the peer takes as long: the median over the rounds of one round's quotient."""
    pairs = zip(column(results.get(peer, []), key), column(results[label], key), strict=False)
    quotients = [theirs / ours for theirs, ours in pairs if ours > 0]
    return f"{statistics.median(quotients):.3g}" if quotients else "–"


def table(head, rows):
    if not rows:
        return ""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def model_tables(model, results):
    """Times and scores of every program, then how many times as long the peers take."""
    times = [[label, *(spread(column(runs, k)) for k in (*TIMES, *SCORES))] for label, runs in results.items()]
    keys = ("wall", "fit", "compile + fit")
    ratios = [
        [label, *(ratio(results, label, peer, k) for peer in (KERAS, TORCH) for k in keys)]
        for label in results
        if label not in {KERAS, TORCH}
    ]
    units = [f"{key}, s" for key in TIMES]
    quotients = [f"{peer}: {key}" for peer in ("Keras", "PyTorch") for key in keys]
    first = table(["program", *units, "MSE, 20 points", "MSE, 8 predicted"], times)
    second = table(["their seconds ÷ ours", *quotients], ratios)
    return f"## {model}\n\n{first or 'Nothing ran.'}\n{second}"


def start_up(args, count):
    """What has to be waited for before anything happens, against an interpreter that does nothing."""
    beside = Path(args.unrolled).with_name("python")
    python = str(beside if beside.exists() else sys.executable)
    commands = {
        "python -c pass": (python, "-c", "pass"),
        'python -c "import unrolled"': (python, "-c", "import unrolled"),
        "unrolled --help": (str(args.unrolled), "--help"),
    }
    walls = {label: [] for label in commands}
    try:
        for turn in range(count + 1):  # the first turn fills the machine's file cache
            for label, command in commands.items():
                wall = measured(command)[0]
                walls[label] += [wall] if turn else []
    except ProgramError as error:
        return f"## Start-up\n\nNot measured: {error}\n"
    idle = walls["python -c pass"]
    rows = [
        [f"`{label}`", spread(w), spread([a - b for a, b in zip(w, idle, strict=True)])] for label, w in walls.items()
    ]
    return "## Start-up\n\n" + table(["command", "wall, s", "more than an idle interpreter, s"], rows)


def processor():
    """The processor's name where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def heading(args, load, ours, peers):
    listed = [", ".join(f"{name} {number}" for name, number in found.items()) for found in (ours, peers)]
    return (
        f"# The main job, {date.today().isoformat()}\n\n"
        f"{args.runs} runs of each program in turn, median [least–greatest]. {os.cpu_count()} processors, "
        f"{processor()}; load average before: {load:.2f}.\n\n"
        f"- unrolled: {listed[0] or 'not found'}\n- peers: {listed[1] or 'not found'}\n"
    )


def missing(args, peers):
    """Programs that cannot run, each with the line that says why."""
    absent = [(KERAS, "keras"), (TORCH, "torch")]
    lines = {label: f"{label}: {name} is not installed for {args.python_peers}" for label, name in absent}
    return {label: lines[label] for label, name in absent if name not in peers}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", default="rnn,lstm-2layer,dense-gru-2layer", help="separated by commas")
    parser.add_argument("--runs", type=int, default=5, help="rounds that count; one more comes before them")
    parser.add_argument("--python-peers", default=sys.executable, help="interpreter that has keras and torch")
    beside = Path(sys.executable).with_name("unrolled")
    parser.add_argument("--unrolled", default=beside, help="the command to time")
    args = parser.parse_args()
    # Programs run in folders of their own, so a relative path has to be made whole; links stay, a venv needs them.
    for name in ("python_peers", "unrolled"):
        given = str(getattr(args, name))
        setattr(args, name, os.path.abspath(shutil.which(given) or given))
    return args


def main():
    args = arguments()
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    if load > 0.5:
        print(f"Warning: the load average is {load:.2f}; these times will mean little.", file=sys.stderr)
    python = Path(args.unrolled).with_name("python")
    peers = versions(args.python_peers, PEERS)
    print(heading(args, load, versions(python, OURS), peers))
    broken = missing(args, peers)
    models = args.models.split(",")
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder) / "cache"
        rounds(args, models[0], 1, cache, broken)  # not counted: reads every file from disk once
        for model in models:
            print(model_tables(model, rounds(args, model, args.runs, cache, broken)), flush=True)
    print(start_up(args, args.runs))
    for line in broken.values():
        print(f"- {line}")


if __name__ == "__main__":
    main()
