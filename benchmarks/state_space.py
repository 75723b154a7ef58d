"""Time linear-Gaussian and hidden Markov models against dynamax, statsmodels, pykalman and hmmlearn, in turn.

`python benchmarks/state_space.py --python-peers PEERS/bin/python` prints Markdown; README.md says the rest. The
log-likelihoods of all have to agree.
"""

import argparse
import os
import shutil
import sys
from contextlib import ExitStack
from datetime import date
from pathlib import Path

from main_job import OURS, processor, spread, table, versions
from reservoir import Worker
from state_space_peer import FEATURES, PACKAGES, STATES, UNITS

HERE = Path(__file__).parent
OURSELVES = "unrolled"
LONG, SHORT = 100_000, 1_000
LINEAR, CHAINS = (OURSELVES, "dynamax", "statsmodels", "pykalman"), (OURSELVES, "dynamax", "hmmlearn")
JOBS = {
    "likelihood": "likelihood alone",
    "filter": "Kalman filter",
    "smooth": "Kalman filter and smoother",
    "forward-backward": "hidden Markov, posteriors",
}
# Of the log-likelihood, to the first program's.
AGREE = 1e-6
# pykalman takes a loop of Python over time; dynamax knows no missing values.
SLOW, WITHOUT_GAPS = "pykalman", "dynamax"


def cases(sizes, missing):
    """Job, settings and who can do it."""
    for times in sizes:
        for job in JOBS:
            if job == "forward-backward":
                yield job, {"times": times}, CHAINS
                continue
            able = [name for name in LINEAR if name != SLOW or times <= SHORT]
            yield job, {"times": times, "missing": 0.0}, able
            if missing:
                yield job, {"times": times, "missing": missing}, [name for name in able if name != WITHOUT_GAPS]


def rounds_of(workers, job, settings, rounds):
    """Answers by program and round, in turn; the first round, in which programs are compiled, does not count."""
    found = [[worker.ask(job, **settings) for worker in workers] for _ in range(rounds + 1)][1:]
    print(job, settings, found, file=sys.stderr)
    return dict(zip([worker.label for worker in workers], zip(*found, strict=True), strict=True))


def rows_of(job, settings, found):
    """One row a program: milliseconds, how many of ours, log-likelihood and how far off it is."""
    ours, rows, apart = [answer["seconds"] for answer in found[OURSELVES]], [], []
    wanted = found[OURSELVES][0]["log_likelihood"]
    for label, answers in found.items():
        seconds, told = zip(*((answer["seconds"], answer["log_likelihood"]) for answer in answers), strict=True)
        apart.append(max(abs(value / wanted - 1) for value in told))
        ratio = "–" if label == OURSELVES else spread([b / a for a, b in zip(ours, seconds, strict=True)])
        what = JOBS[job] + (f", {settings['missing']:.0%} of the rows missing" if settings.get("missing") else "")
        time = spread([1e3 * value for value in seconds])
        rows.append([f"{settings['times']:,}", what, label, time, ratio, f"{told[0]:.6f}", f"{apart[-1]:.1g}"])
    # Written so that NaN is no agreement either.
    return rows, all(value <= AGREE for value in apart)


def heading(args, load):
    found = {OURSELVES: versions(sys.executable, OURS)}
    found["peers"] = versions(args.python_peers, (*PACKAGES, "jax", "jaxlib", "numpy", "scipy"))
    lines = [
        f"- {label}: {', '.join(f'{name} {n}' for name, n in numbers.items())}" for label, numbers in found.items()
    ]
    protocol = (
        f"{UNITS} hidden units, {FEATURES} features; hidden Markov models of {STATES} states with full covariances; "
        f"float64. {args.rounds} rounds in turn after one that does not count, median [least–greatest]; ratios are of "
        f"pairs. One of {os.cpu_count()} processors, {processor()}; load average before: {load:.2f}."
    )
    return "\n".join([f"# State-space models, {date.today().isoformat()}\n", protocol + "\n", *lines, ""])


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python-peers", default=sys.executable, help="interpreter that has the peers")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--times", default=f"{SHORT},{LONG}", help="lengths of the series, separated by commas")
    parser.add_argument("--missing", type=float, default=0.1, help="share of the rows that are missing in further rows")
    parser.add_argument("--jobs", default=",".join(JOBS), help=f"some of {','.join(JOBS)}")
    args = parser.parse_args()
    args.python_peers = os.path.abspath(shutil.which(args.python_peers) or args.python_peers)
    return args


def on_one_core():
    """What is started from here has one processor and one thread."""
    os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def main():
    args = arguments()
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    if load > 0.5:
        print(f"Warning: the load average is {load:.2f}; these times will mean little.", file=sys.stderr)
    on_one_core()
    print(heading(args, load), flush=True)
    commands = {OURSELVES: [sys.executable, str(HERE / "state_space_unrolled.py")]}
    commands |= {name: [args.python_peers, str(HERE / "state_space_peer.py"), name] for name in PACKAGES}
    rows, disagree = [], []
    with ExitStack() as stack:
        workers = {label: stack.enter_context(Worker(label, command)) for label, command in commands.items()}
        for job, settings, labels in cases([int(size) for size in args.times.split(",")], args.missing):
            if job in args.jobs.split(","):
                found = rounds_of([workers[label] for label in labels], job, settings, args.rounds)
                made, agree = rows_of(job, settings, found)
                rows += made
                disagree += [] if agree else [f"{job} {settings}"]
    print(table(["times", "what", "program", "ms", "÷ unrolled", "log-likelihood", "off by"], rows))
    if disagree:
        sys.exit(f"The log-likelihoods differ by more than {AGREE}: {'; '.join(disagree)}.")


if __name__ == "__main__":
    main()
