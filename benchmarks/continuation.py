"""Continue every series with known truth by the automatic choice, its candidates, the peers and the networks.

`python benchmarks/continuation.py --python-peers PEERS/bin/python` prints Markdown; README.md says the rest.
"""

import argparse
import os
import shutil
import sys
from datetime import date
from time import perf_counter

import numpy as np

from continuation_cases import (
    AUTO,
    HORIZON,
    LEVEL,
    LOUD,
    NOISY,
    SETS,
    answer,
    cases,
    network_models,
    own_models,
    peer_models,
    pool,
)
from continuation_limits import (
    STEPS,
    bounds,
    lecture,
    pairing_series_against_recurrences,
    ratios,
    rows_of,
    towards_the_branch_point,
    typical,
    warnings_given,
)
from main_job import processor, table, versions
from unrolled import models as known_models

OURS = ("unrolled", "numpy", "scipy", "jax", "jaxlib")
PEERS = ("statsforecast", "scikit-learn", "scipy", "neuralforecast", "torch", "numpy")
BEST = 10
ALWAYS = (
    "persistence",
    "drift",
    "polynomial through 3 points",
    "recurrence 3",
    "recurrence 5",
    "rational, 1e-04",
    "rational, 1e-08",
    "rational, 1e-12",
    "Gaussian process",
    "Bayesian recurrence 3",
)
NETWORKS = (
    ("rnn", "rnn", {"members": 4}),
    ("rnn, scale=standard", "rnn", {"members": 4, "scale": "standard"}),
    ("rnn-remainder", "rnn-remainder", {}),
)
FAILURE = 10.0


def shown(models, rows):
    """The automatic choice, the best candidates with those always shown, and the peers, sorted by the last step."""

    def order(one):
        return typical(one.errors[rows, -1])

    candidates = sorted((one for one in models if one.kind == "candidate" and heard(one, rows)), key=order)
    chosen = [one for place, one in enumerate(candidates) if place < BEST or one.name in ALWAYS]
    asked = [one for one in models if one.kind == "peer" and one.asked[rows].all()]
    return [models[0], *chosen, *sorted(asked, key=order)]


def heard(one, rows):
    """Whether it answered at all: some candidates need more points."""
    return not one.silent[rows].all()


def line(label, one, rows):
    """Errors, failures and seconds of a model on some cases."""
    last = one.errors[rows, -1]
    past = one.past[rows]
    told = ~np.isnan(past) & ~np.isnan(last)
    failures = f"{np.mean(last[told] > FAILURE * past[told]):.1%}" if told.any() else "–"
    errors = [f"{typical(one.errors[rows, step - 1]):.2e}" for step in STEPS]
    return [label, *errors, failures, f"{one.silent[rows].mean():.1%}", f"{np.mean(one.seconds[rows]):.2g}"]


def subsets(models, rows):
    """Those that were asked for a part of the cases, with the automatic choice on the same part."""
    found, last = [], None
    for one in models:
        own = rows & one.asked
        if one.asked[rows].all() or not own.any():
            continue
        if last is None or (own != last).any():
            found.append(line(f"{AUTO}, on {own.sum()} series", models[0], own))
        found.append(line(f"{one.name}, on {own.sum()} series", one, own))
        last = own
    return found


def set_table(everything, models, group):
    rows = rows_of(everything, group)
    if not rows.any():
        return ""
    head = ["model", *(f"step {step}" for step in STEPS), "failures", "no answer", "seconds"]
    lines = [line(one.name, one, rows) for one in shown(models, rows)] + subsets(models, rows)
    return f"## {group}: {rows.sum()} series\n\n{table(head, lines)}"


def heading(args, load):
    region = "frozen" if args.frozen else "open"
    listed = [
        ", ".join(f"{name} {number}" for name, number in versions(python, names).items()) or "not found"
        for python, names in ((sys.executable, OURS), (args.python_peers, PEERS))
    ]
    return (
        f"# Continuations, {date.today().isoformat()}\n\n"
        f"{args.points} known points, {HORIZON} predicted, {region} regions of the families. The error is "
        "|prediction − exact| over the standard deviation of the known values, at least 1e-10; the tables have its "
        f"geometric mean. {NOISY}: every other series under noise of 1e-10 to 1e-3 of the spread; {LOUD}: every "
        f"series under noise of {LEVEL:g}; both are predicted from the noisy values and scored against the exact "
        f"ones. A failure is an error at step {HORIZON} of more than {FAILURE:g} times the geometric mean of the "
        "model's own errors inside the known part, from every origin at every known value after it; it is not known "
        "of models that were asked once. Where a model gives no finite answer, persistence answers for it. Seconds "
        f"are for one series, {args.jobs} programs side by side; those of a peer are the mean over all sets.\n\n"
        f"{os.cpu_count()} processors, {processor()}; load average before: {load:.2f}.\n\n"
        f"- unrolled: {listed[0]}\n- peers: {listed[1]}\n"
    )


def measured_models(args, everything):
    """Answers of the automatic choice, the errors of every model, and a line for each that could not run."""
    began = perf_counter()

    def say(what):
        print(f"{what}, {perf_counter() - began:.0f} s", file=sys.stderr)

    with pool(args.jobs) as workers:
        answers = list(workers.map(answer, everything, chunksize=8))
        say(f"judged {len(everything)} series")
        models, broken = own_models(everything, answers), []
        if not args.skip_networks:
            settings = [one for one in NETWORKS if one[1] in known_models()]
            models += network_models(everything, settings, args.network_stride, workers)
            say(f"trained {len(settings)} networks")
    if args.python_peers:
        peers, broken = peer_models(everything, args.python_peers, args.lstm_stride, args.jobs)
        models += peers
        say("asked the peers")
    return answers, models, broken


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python-peers", default=sys.executable, help="interpreter that has the peers; '' for none")
    parser.add_argument("--frozen", action="store_true", help="the frozen regions in place of the open ones")
    parser.add_argument("--points", type=int, default=12, help="known points")
    parser.add_argument("--families", default="", help="separated by commas; all of them if left out")
    parser.add_argument("--lstm-stride", type=int, default=20, help="the LSTM of the peers sees every so many series")
    parser.add_argument("--network-stride", type=int, default=10, help="our networks see every so many series")
    parser.add_argument("--skip-networks", action="store_true", help="leave our networks out")
    parser.add_argument("--jobs", type=int, default=2, help="programs side by side")
    args = parser.parse_args()
    # Peers run in a folder of their own, so a relative path has to be made whole; links stay, a venv needs them.
    if args.python_peers:
        args.python_peers = os.path.abspath(shutil.which(args.python_peers) or args.python_peers)
    args.families = [name for name in args.families.split(",") if name]
    return args


def main():
    args = arguments()
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    print(heading(args, load), flush=True)
    everything = cases(args.points, args.frozen, args.families)
    answers, models, broken = measured_models(args, everything)
    for group in SETS:
        print(set_table(everything, models, group))
    print("## Judgement\n")
    print(ratios(everything, models))
    print(bounds(everything, answers, models[0], args.frozen))
    print(warnings_given(everything, answers, models[0]))
    print(pairing_series_against_recurrences(everything, models))
    print(lecture(everything, answers, models, args.points))
    print(towards_the_branch_point(everything, answers))
    for text in broken:
        print(f"- {text}")


if __name__ == "__main__":
    main()
