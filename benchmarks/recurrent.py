"""Time one training step of recurrent networks against PyTorch, in turn; long scans, memory and closed loops too.

`python benchmarks/recurrent.py --python-peers PEERS/bin/python` prints Markdown; README.md says the rest.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
from contextlib import ExitStack
from datetime import date
from pathlib import Path

from main_job import OURS, ProgramError, processor, spread, table, versions
from recurrent_unrolled import FEATURES, LOOP_STEPS, LOOP_UNITS, SCAN_BATCH, SCAN_UNITS, TIME

# This process loads no library of numbers: what it holds would count as memory of the processes that it starts.

HERE = Path(__file__).parent
UNROLLED, TORCH = "unrolled", "PyTorch"
GATES = {"lstm": 4, "gru": 3, "elman": 1}
SIZES = "32x32,128x32,256x64,512x64"
MEMORY_UNITS, MEMORY_BATCH, MEMORY_TIMES = 256, 64, (100, 1000)
SCAN_TIMES = (128, 256, 512, 1024, 2048, 4096, 8192)
WAYS = {
    "state": "one layer, window 1, state carried, float32",
    "window": "the model `rnn`, window 2 anew at every step, float64",
}
SIDE, SIDE_ON_ACCELERATOR = 1500, 8192


class Worker:
    """A process with its libraries loaded that waits for one request a line, and does nothing meanwhile."""

    def __init__(self, label, args):
        ours = (sys.executable, str(HERE / "recurrent_unrolled.py"))
        command = ours if label == UNROLLED else (args.python_peers, str(HERE / "recurrent_torch.py"))
        device, environment = (["--accelerator"], {}) if args.accelerator else ([], {"JAX_PLATFORMS": "cpu"})
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.label = label
        self.process = subprocess.Popen([*command, *device], env=os.environ | environment, **pipes)

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


def start(args, stack, broken):
    """The workers that answer, and what they compute on. What fails goes to `broken`."""
    workers, devices = {}, {}
    for label in (UNROLLED, TORCH):
        try:
            worker = stack.enter_context(Worker(label, args))
            devices[label] = worker.ask("device")["name"]
            workers[label] = worker
        except (OSError, ProgramError) as error:
            broken.append(str(error))
    return workers, devices


def in_turn(requests, rounds, broken):
    """The answers of every round, A B A B, by label; `requests` are worker, job and settings by label."""
    found = {label: [] for label in requests}
    for _ in range(rounds):
        for label, (worker, job, settings) in requests.items():
            try:
                found[label].append(worker.ask(job, **settings))
            except ProgramError as error:
                broken.append(str(error))
                return {label: [] for label in requests}
    return found


def everyone(workers, job, **settings):
    """The same request to all."""
    return {label: (worker, job, settings) for label, worker in workers.items()}


def seconds_in_turn(requests, args, broken):
    """The median of each round, by label."""
    for _, _, settings in requests.values():
        settings["seconds"] = args.seconds
    found = in_turn(requests, args.rounds, broken)
    seconds = {label: [answer["median"] for answer in answers] for label, answers in found.items()}
    print(*next(iter(requests.values()))[1:], {k: milliseconds(v) for k, v in seconds.items()}, file=sys.stderr)
    return seconds


def quotients(seconds, upper, lower):
    """Ratios of pairs, where there are pairs."""
    return [a / b for a, b in zip(seconds.get(upper, []), seconds.get(lower, []), strict=False)]


def milliseconds(values):
    return spread([1e3 * value for value in values])


def compared(seconds):
    """Three cells: ours, theirs, and how many times as long they take."""
    times = [milliseconds(seconds.get(label, [])) for label in (UNROLLED, TORCH)]
    return [*times, spread(quotients(seconds, TORCH, UNROLLED))]


COMPARED = ["unrolled, ms", "PyTorch, ms", "PyTorch ÷ unrolled"]


def flops(kind, units, batch):
    """Three passes, for activities, their errors and the weights: 2 T batch gates H (H + features) each."""
    return 3 * 2 * TIME * batch * GATES[kind] * units * (units + FEATURES)


def share(work, seconds, rate):
    """How much of the machine's own rate that is."""
    return f"{100e-9 * work / statistics.median(seconds) / rate:.0f} %" if seconds and rate else "–"


def product_rates_in_turn(args, workers, broken):
    """The rate of a matrix product in every library: a line of text, and the greatest of them."""
    side = SIDE_ON_ACCELERATOR if args.accelerator else SIDE
    found = in_turn(everyone(workers, "rate", side=side, seconds=args.seconds / 4), args.rounds, broken)
    rates = {}
    for name, rate in (pair for answers in found.values() for answer in answers for pair in answer.items()):
        rates.setdefault(name, []).append(rate)
    listed = ", ".join(f"{name} {spread(values)}" for name, values in rates.items()) or "not measured"
    line = f"Product of two {side} × {side} matrices in float32, GFLOP/s: {listed}.\n"
    return line, max(map(statistics.median, rates.values()), default=0.0)


def step_section(args, workers, broken):
    """The training step: times, their ratio, and the share of the machine's rate."""
    line, rate = product_rates_in_turn(args, workers, broken)
    rows, ratios = [], {}
    for kind in args.kinds.split(","):
        for units, batch in (map(int, size.split("x")) for size in args.sizes.split(",")):
            request = everyone(workers, "step", kind=kind, units=units, batch=batch, time=TIME)
            seconds = seconds_in_turn(request, args, broken)
            shares = [share(flops(kind, units, batch), seconds.get(label), rate) for label in (UNROLLED, TORCH)]
            rows.append([kind, str(units), str(batch), *compared(seconds), *shares])
            if pairs := quotients(seconds, TORCH, UNROLLED):
                ratios.setdefault(kind, []).append(statistics.median(pairs))
    means = [
        f"- {kind}: geometric mean of PyTorch ÷ unrolled {statistics.geometric_mean(found):.3g}, least {min(found):.3g}"
        for kind, found in ratios.items()
    ]
    head = ["layer", "units", "batch", *COMPARED, "unrolled, of the product's rate", "PyTorch, of it"]
    title = f"## One Adam step, {TIME} steps in time, {FEATURES} inputs, float32\n"
    return "\n".join([title, line, table(head, rows), *means, ""])


def scan_section(args, workers, broken):
    """The parallel scan against the sequential one."""
    rows, ways = [], {"forward": False, "forward and backward": True}
    for time in SCAN_TIMES:
        rows.append([str(time)])
        for backward in ways.values():
            scans = {s: {"scan": s, "time": time, "backward": backward} for s in ("sequential", "parallel")}
            requests = {scan: (workers[UNROLLED], "scan", settings) for scan, settings in scans.items()}
            seconds = seconds_in_turn(requests, args, broken)
            rows[-1] += [*map(milliseconds, seconds.values()), spread(quotients(seconds, "sequential", "parallel"))]
    columns = ("sequential, ms", "parallel, ms", "sequential ÷ parallel")
    head = ["steps in time", *(f"{way}: {name}" for way in ways for name in columns)]
    return f"## Scans, mingru, {SCAN_UNITS} units, batch {SCAN_BATCH}, float32\n\n{table(head, rows)}"


def loop_section(args, workers, broken):
    """A network left to run."""
    found = {way: seconds_in_turn(everyone(workers, "loop", way=way), args, broken) for way in WAYS}
    rows = [[WAYS[way], *compared(seconds)] for way, seconds in found.items()]
    title = f"## {LOOP_STEPS:,} steps of a closed loop, {LOOP_UNITS} Elman units"
    return f"{title}\n\n{table(['network', *COMPARED], rows)}"


def peaks(args, label, case, broken):
    """Two cells: one training step in a process of its own, in MiB."""
    try:
        with Worker(label, args) as worker:
            answer = worker.ask("memory", **case)
    except (OSError, ProgramError) as error:
        broken.append(str(error))
        return ["–", "–"]
    return [f"{answer['loaded']:.0f}", f"{answer['peak']:.0f}"]


def memory_section(args, broken):
    """The most memory that a process has resident."""
    rows = []
    for kind in args.kinds.split(","):
        for time in MEMORY_TIMES:
            case = {"kind": kind, "units": MEMORY_UNITS, "batch": MEMORY_BATCH, "time": time}
            cells = [cell for label in (UNROLLED, TORCH) for cell in peaks(args, label, case, broken)]
            rows.append([kind, str(time), *cells])
    columns = ("libraries loaded, MiB", "peak of one step, MiB")
    head = ["layer", "steps in time", *(f"{label}: {name}" for label in (UNROLLED, TORCH) for name in columns)]
    title = f"## Peak resident memory, {MEMORY_UNITS} units, batch {MEMORY_BATCH}, float32, compilation included"
    return f"{title}\n\n{table(head, rows)}"


def heading(args, load, devices):
    found = {UNROLLED: versions(sys.executable, OURS), TORCH: versions(args.python_peers, ("torch", "numpy"))}
    lines = [
        f"- {label}, on {devices.get(label, 'nothing')}: {', '.join(f'{name} {n}' for name, n in numbers.items())}"
        for label, numbers in found.items()
    ]
    title = f"# Recurrent networks, {date.today().isoformat()}\n"
    protocol = (
        f"{args.rounds} rounds in turn, each {args.seconds:g} s or five calls of a program after some that do not "
        "count: the median of a round, then median [least–greatest] of the rounds; ratios are of pairs. "
        f"{os.cpu_count()} processors, {processor()}; load average before: {load:.2f}.\n"
    )
    return "\n".join([title, protocol, *lines, ""])


def report(args, workers, broken):
    """The sections that were asked for; without a wish, the training step."""
    if not (args.parallel or args.loop or args.memory):
        yield step_section(args, workers, broken)
    if args.parallel and UNROLLED in workers:
        yield scan_section(args, workers, broken)
    if args.loop:
        yield loop_section(args, workers, broken)
    if args.memory:
        yield memory_section(args, broken)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python-peers", default=sys.executable, help="interpreter that has torch")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="of measuring, in each round of each program")
    parser.add_argument("--kinds", default=",".join(GATES), help="separated by commas")
    parser.add_argument("--sizes", default=SIZES, help="units x batch, separated by commas")
    parser.add_argument("--parallel", action="store_true", help="the parallel scan against the sequential one instead")
    parser.add_argument("--loop", action="store_true", help="closed loops instead")
    parser.add_argument("--memory", action="store_true", help="peak memory instead")
    parser.add_argument("--accelerator", action="store_true", help="on whatever device the libraries find")
    args = parser.parse_args()
    args.python_peers = os.path.abspath(shutil.which(args.python_peers) or args.python_peers)
    return args


def main():
    args = arguments()
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    if load > 0.5:
        print(f"Warning: the load average is {load:.2f}; these times will mean little.", file=sys.stderr)
    broken = []
    with ExitStack() as stack:
        workers, devices = start(args, stack, broken)
        print(heading(args, load, devices))
        for section in report(args, workers, broken):
            print(section, flush=True)
    for line in broken:
        print(f"- {line}")


if __name__ == "__main__":
    main()
