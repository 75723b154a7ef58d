"""Time echo state networks against reservoirpy, in turn.

`python benchmarks/reservoir.py --python-peers PEERS/bin/python` prints Markdown; README.md says the rest.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from contextlib import ExitStack
from datetime import date
from pathlib import Path

from main_job import OURS, ProgramError, processor, spread, table, versions
from reservoir_peer import CONNECTIONS, LOOP_STEPS

HERE = Path(__file__).parent
UNROLLED, PEER = "unrolled", "reservoirpy"
SIZES = "100x5000,500x20000,1000x20000,2000x20000"
JOBS = {"states": "all states", "fit": "states and ridge", "loop": f"{LOOP_STEPS:,} steps of a closed loop"}


class Worker:
    """A process with its libraries loaded that waits for one request a line, and does nothing meanwhile."""

    def __init__(self, label, command):
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.label = label
        self.process = subprocess.Popen(command, env=os.environ | {"JAX_PLATFORMS": "cpu"}, **pipes)

    def ask(self, job, **settings):
        """The answer to one request."""
        try:
            print(json.dumps({"job": job, **settings}), file=self.process.stdin, flush=True)
            line = self.process.stdout.readline()
        except OSError:
            line = ""
        answer = json.loads(line) if line else {"error": f"the process ended with status {self.process.wait()}"}
        if "error" in answer:
            raise ProgramError(f"{self.label}, {job} {settings}: {answer['error']}")
        return answer

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()


def pairs(workers, job, rounds, **settings):
    """Seconds by label, A B A B; the first round of both does not count."""
    found = [[worker.ask(job, **settings)["seconds"] for worker in workers] for _ in range(rounds + 1)][1:]
    print(job, settings, found, file=sys.stderr)
    return list(zip(*found, strict=True))


def milliseconds(values):
    return spread([1e3 * value for value in values])


def section(args, workers):
    """One row a size and job."""
    rows = []
    for size in args.sizes.split(","):
        units, steps = map(int, size.split("x"))
        for job, name in JOBS.items():
            ours, theirs = pairs(workers, job, args.rounds, units=units, steps=steps)
            ratio = spread([b / a for a, b in zip(ours, theirs, strict=True)])
            rows.append([str(units), f"{steps:,}", name, milliseconds(ours), milliseconds(theirs), ratio])
    head = ["units", "steps", "what", "unrolled, ms", "reservoirpy, ms", "reservoirpy ÷ unrolled"]
    return table(head, rows)


def heading(args, load):
    found = {UNROLLED: versions(sys.executable, OURS)}
    found[PEER] = versions(args.python_peers, ("reservoirpy", "scipy", "numpy"))
    lines = [
        f"- {label}: {', '.join(f'{name} {n}' for name, n in numbers.items())}" for label, numbers in found.items()
    ]
    protocol = (
        f"Lorenz system, float64, {CONNECTIONS} connections a unit; {args.rounds} rounds in turn after one that does "
        f"not count, median [least–greatest]; ratios are of pairs. {os.cpu_count()} processors, {processor()}; load "
        f"average before: {load:.2f}."
    )
    return "\n".join([f"# Echo state networks, {date.today().isoformat()}\n", protocol + "\n", *lines, ""])


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python-peers", default=sys.executable, help="interpreter that has reservoirpy")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sizes", default=SIZES, help="units x steps, separated by commas")
    args = parser.parse_args()
    args.python_peers = os.path.abspath(shutil.which(args.python_peers) or args.python_peers)
    return args


def main():
    args = arguments()
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    if load > 0.5:
        print(f"Warning: the load average is {load:.2f}; these times will mean little.", file=sys.stderr)
    print(heading(args, load))
    commands = {UNROLLED: [sys.executable, str(HERE / "reservoir_unrolled.py")]}
    commands[PEER] = [args.python_peers, str(HERE / "reservoir_peer.py")]
    with ExitStack() as stack:
        workers = [stack.enter_context(Worker(label, command)) for label, command in commands.items()]
        print(section(args, workers))


if __name__ == "__main__":
    main()
