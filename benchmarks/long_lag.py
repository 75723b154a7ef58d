"""Learn long-lag tasks in the four ways, beside the published figures.

`python benchmarks/long_lag.py --out RUNS` runs what RUNS does not hold yet, and prints Markdown; see README.md.
"""

import argparse
import json
import os
import statistics
import sys
from datetime import date
from fnmatch import fnmatch
from pathlib import Path
from types import SimpleNamespace

from long_lag_rows import ROWS
from unrolled.compilation import use_compilation_cache
from unrolled.evaluate import Limits, way
from unrolled.tasks import task

FIELDS = ("solved", "sequences", "seconds", "loss", "error", "parameters", "knew", "note")


def stored(folder, row, seed):
    """Where the result of one run is, and where the run itself is kept until it is done."""
    return folder / f"{row.label}-{seed}.json", folder / f"{row.label}-{seed}.run"


def run(folder, row, seed):
    """One run, from where it was left."""
    result, kept = stored(folder, row, seed)
    settings = row.settings | ({"seed": seed} if row.own_strings else {})
    problem, limits = task(row.task, row.length, **settings), Limits(row.sequences, row.seconds)
    learned = way(row.way, **row.changed).learn(problem, seed=seed, limits=limits, keep=kept)
    found = {name: getattr(learned, name) for name in FIELDS} | {"date": f"{date.today()}", "guess": problem.guess}
    result.with_suffix(".partial").write_text(json.dumps(found, indent=1))
    result.with_suffix(".partial").replace(result)
    kept.unlink(missing_ok=True)
    print(f"{row.label}, seed {seed}: {found}", file=sys.stderr, flush=True)


def line(folder, row):
    """One line of the table, or nothing where no run is done."""
    paths = [stored(folder, row, seed)[0] for seed in range(row.seeds)]
    runs = [SimpleNamespace(**json.loads(path.read_text())) for path in paths if path.exists()]
    if not runs:
        return None
    done = [one for one in runs if one.solved]
    counted = done or runs
    verdict = "" if row.reached is None or len(runs) < row.seeds else "yes" if row.reached(runs) else "no"
    across = [f"{one.sequences:,}" for one in sorted(counted, key=lambda one: one.sequences)]
    return [
        row.label,
        row.way,
        f"{len(done)} of {len(runs)}",
        f"{statistics.median(one.sequences for one in counted):,.0f} [{across[0]}–{across[-1]}]",
        f"{statistics.median(one.seconds for one in counted):.1f}",
        f"{statistics.median(one.error for one in runs):.2g}",
        f"{statistics.median(one.loss for one in runs):.2g}",
        row.wanted,
        verdict,
        row.published,
        runs[0].knew,
        max(one.date for one in runs),
    ]


def table(folder, rows):
    """The rows that have runs, as Markdown."""
    heads = ("row", "way", "solved", "sequences, median [range]", "s", "error", "loss", "wanted", "reached",
             "published", "known beforehand", "date")  # fmt: skip
    lines = [found for row in rows if (found := line(folder, row)) is not None]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (heads, ["---"] * len(heads), *lines))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder of the runs, done and unfinished")
    parser.add_argument("--rows", default="*", help="labels, with * and commas")
    parser.add_argument("--table", action="store_true", help="print what there is and run nothing")
    args = parser.parse_args()
    chosen = [row for row in ROWS if any(fnmatch(row.label, one) for one in args.rows.split(","))]
    if not chosen:
        parser.error(f"no row is named {args.rows}; there are {', '.join(row.label for row in ROWS)}")
    args.out.mkdir(parents=True, exist_ok=True)
    use_compilation_cache()
    for row in [] if args.table else chosen:
        for seed in range(row.seeds):
            if not stored(args.out, row, seed)[0].exists():
                run(args.out, row, seed)
    print(table(args.out, chosen))


if __name__ == "__main__":
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    main()
