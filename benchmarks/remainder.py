"""Networks that learn what a recurrence leaves, against the same networks without a base.

`python benchmarks/remainder.py` prints Markdown; README.md says the rest.
"""

import argparse
import platform
import sys
import time
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

import unrolled
from unrolled.errors import UnrolledError
from unrolled.forecast import Base
from unrolled.truth import truths, with_noise

KNOWN, PREDICTED = 12, 8
HORIZONS = (1, 2, 4, 8)
FLOOR, WORST = 1e-10, 1e3
BASES = ("persistence", "difference:2", "difference:3", "recurrence:3", "recurrence:3:1", "recurrence:4")
SEED = 20261124


@dataclass(frozen=True)
class Row:
    """One way to continue: its errors over the spread of the known values, a row a series, a column a step."""

    label: str
    errors: np.ndarray


def by_recurrence(name):
    """A base that continues by itself."""
    return lambda known: Base.parse(name).fit(known.values[:, 0].copy()).extend(known.values[:, 0], PREDICTED)


def by_network(model):
    return lambda known: model.fit(known).predict(PREDICTED).mean[:, 0]


def measured(label, continued, cases):
    began = time.perf_counter()
    errors = []
    for series, exact in cases:
        try:
            predicted = continued(series.head(KNOWN))
        except UnrolledError:
            predicted = np.full(PREDICTED, np.nan)
        error = np.abs(predicted - exact[KNOWN : KNOWN + PREDICTED]) / exact[:KNOWN].std()
        errors.append(np.clip(np.nan_to_num(error, nan=WORST), FLOOR, WORST))
    print(f"{label}: {time.perf_counter() - began:.0f} s", file=sys.stderr)
    return Row(label, np.array(errors))


def table(rows, first):
    """The geometric mean over the series, at every horizon."""
    head = [first, *(f"step {horizon}" for horizon in HORIZONS)]
    lines = [head, ["---"] * len(head)]
    for row in rows:
        typical = np.exp(np.mean(np.log(row.errors), axis=0))
        lines.append([row.label, *(f"{typical[horizon - 1]:.2g}" for horizon in HORIZONS)])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def report(cases, model):
    bare = replace(model, base="none", sees="values")
    plain = [
        measured("network, raw values", by_network(bare), cases),
        measured("network, standardized values", by_network(replace(bare, scale="standard")), cases),
    ]
    rows = list(plain)
    for name in BASES:
        rows.append(measured(name, by_recurrence(name), cases))
        for sees in ("values", "differences"):
            network = by_network(replace(model, base=name, sees=sees))
            rows.append(measured(f"{name} + network that sees {sees}", network, cases))
    chosen = next(row for row in rows if row.label == f"{model.base} + network that sees {model.sees}")
    quotients = [Row(row.label, row.errors / chosen.errors) for row in plain]
    return f"{table(rows, 'error')}\n{table(quotients, f'error ÷ that of {chosen.label}')}"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--every", type=int, default=4, help="take every so many of the open series; 1 takes all")
    parser.add_argument("--noise", type=float, default=0.0, help="noise, over the spread of the known values")
    return parser.parse_args()


def main():
    args = arguments()
    chosen = list(truths())[:: args.every]
    noisy = [with_noise(truth, args.noise, SEED) for truth in chosen] if args.noise else chosen
    cases = [(shown.series, truth.series.values[:, 0]) for shown, truth in zip(noisy, chosen, strict=True)]
    model = unrolled.model("rnn-remainder")
    print(
        f"# Networks that learn remainders, {date.today().isoformat()}\n\n"
        f"{len(chosen)} series of {len({truth.family for truth in chosen})} families, noise {args.noise:g}. All "
        f"networks: {model.design}, window {model.window}, {model.learner.epochs} epochs, {model.members} members, "
        f"seed {model.seed}. Python {platform.python_version()}, unrolled {unrolled.__version__}.\n"
    )
    print(report(cases, model))


if __name__ == "__main__":
    main()
