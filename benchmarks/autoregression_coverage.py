"""How often the intervals of a fitted linear autoregression hold.

`python benchmarks/autoregression_coverage.py` prints Markdown; README.md says the rest. Series of known processes, 200
points learned, 20 predicted: the share of the truth inside, pooled over series, at each level and step.
"""

import argparse
from datetime import date

import numpy as np

from main_job import table
from unrolled.forecast import LinearAutoregression

LEVELS = (68.0, 90.0, 95.0)
STEPS = (1, 2, 5, 10, 20)
BURNT = 300
# Coefficients, newest first, of processes that stay where they are.
PROCESSES = {
    "0.5": [0.5],
    "0.9": [0.9],
    "1.2, -0.6": [1.2, -0.6],
    "1.6, -0.8": [1.6, -0.8],
    "0.4, 0, 0, 0.4": [0.4, 0.0, 0.0, 0.4],
    "0 (white noise)": [0.0],
}


def drawn(weights, points, generator):
    """A stretch of the process with a constant of 1."""
    noise, lag = generator.normal(size=BURNT + points), len(weights)
    y = np.zeros(BURNT + points)
    for t in range(lag, len(y)):
        y[t] = 1.0 + noise[t] + np.dot(weights, y[t - lag : t][::-1])
    return y[BURNT:]


def inside(model, weights, args):
    """Shape (series, level, step)."""
    found = []
    for seed in range(args.series):
        y = drawn(weights, args.points + STEPS[-1], np.random.default_rng([seed, len(weights)]))
        truth = y[args.points :, None]
        bands = model.fit(y[: args.points]).predict(STEPS[-1]).bands
        found.append([((band.lower <= truth) & (truth <= band.upper))[:, 0] for band in bands])
    return np.array(found)[:, :, np.array(STEPS) - 1]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--series", type=int, default=1000, help="of each process")
    parser.add_argument("--points", type=int, default=200)
    args = parser.parse_args()
    print(f"# Coverage of linear autoregressions, {date.today().isoformat()}\n")
    print(f"{args.points} points learned, {args.series} series of each process; in percent.\n")
    for order in ("known", "auto"):
        for uncertain in (True, False):
            rows = []
            for name, weights in PROCESSES.items():
                window = "auto" if order == "auto" else len(weights)
                model = LinearAutoregression(window=window, levels=LEVELS, uncertain=uncertain)
                share = 100 * inside(model, weights, args).mean(axis=0)
                rows.append([name, *(" / ".join(f"{value:.1f}" for value in column) for column in share.T)])
            print(f"## Order {order}, coefficients {'uncertain' if uncertain else 'taken as known'}\n")
            levels = " / ".join(f"{level:g}" for level in LEVELS)
            print(table(["coefficients", *(f"step {step}: {levels}" for step in STEPS)], rows))


if __name__ == "__main__":
    main()
