"""Continue published chaotic series, where the scores of many models are known.

`python benchmarks/chaotic.py` prints Markdown; README.md says the rest. The first 5/6 of each series are known, the
last 1/6 is continued freely. No setting is chosen on it.
"""

import argparse
import csv
import os
import sys
import time
from datetime import date
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

import unrolled
from main_job import OURS, processor, table, versions
from unrolled.errors import UnrolledError

DATA = Path(__file__).parents[2] / "shared" / "data"
PUBLISHED = {"NBEATSModel": "NBEATS", "RNNModel": "LSTM", "RandomForest": "random forest", "NaiveMean": "mean"}
# A prediction is valid as long as its error is below so many standard deviations of the known part.
VALID = 0.4


def smape(truth, made):
    """The last step is left out, as in the published scores."""
    return 200 * np.mean(np.abs(truth - made)[:-1] / (np.abs(truth) + np.abs(made))[:-1])


def scores(known, truth, made, period):
    """sMAPE, root mean squared error over the deviation of the known part, periods until the error is large."""
    error = np.abs(made - truth) / np.std(known)
    late = np.flatnonzero(~(error < VALID))
    return smape(truth, made), float(np.sqrt(np.mean(error**2))), (late[0] if late.size else len(truth)) / period


def continued(model, known, steps):
    """The continuation, or the mean of the known part where there is none."""
    try:
        return unrolled.model(model).fit(known).predict(steps).mean[:, 0]
    except UnrolledError as error:
        print(f"{model}: {error}", file=sys.stderr)
        return np.full(steps, known.mean())


def rows_of(data, models, chosen, period):
    for model in models:
        found, began = [], time.perf_counter()
        for values in data[chosen]:
            known, truth = np.split(values, [len(values) * 5 // 6])
            found.append(scores(known, truth, continued(model, known, len(truth)), period))
            print(model, len(found), *found[-1], file=sys.stderr, flush=True)
        seconds = (time.perf_counter() - began) / len(found)
        yield [f"**{model}**", *(f"{value:.3g}" for value in np.median(found, axis=0)), f"{seconds:.1f}"]


def published(path, systems):
    with path.open(encoding="utf-8") as file:
        rows = {row["system"]: row for row in csv.DictReader(file)}
    for column, name in PUBLISHED.items():
        median = np.median([float(rows[system][column]) for system in systems])
        yield [name, f"{median:.3g}", "–", "–", "–"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA, help="folder with chaotic_100.npz and its published scores")
    parser.add_argument("--periods", default="100,15", help="points a period")
    parser.add_argument("--models", default="analog")
    parser.add_argument("--every", type=int, default=1, help="take only every so many of the series")
    args = parser.parse_args()
    print(f"# Chaotic series, {date.today().isoformat()}\n")
    ours = ", ".join(f"{name} {number}" for name, number in versions(sys.executable, OURS).items())
    print(f"Medians over the series; {processor()}, one thread of linear algebra; {ours}.\n")
    for period in map(int, args.periods.split(",")):
        path = args.data / f"chaotic_{period}.npz"
        if not path.exists():
            print(f"Skipped {period} points a period: {path} is not here; --data names the folder that has it.\n")
            continue
        with np.load(path) as stored:
            data, systems = stored["values"], stored["system"].astype(str)
        chosen = np.arange(0, len(data), args.every)
        rows = [*rows_of(data, args.models.split(","), chosen, period)]
        rows += published(args.data / f"chaotic_{period}_published_smape.csv", systems[chosen])
        print(f"## {period} points a period, {len(chosen)} series\n")
        print(table(["model", "sMAPE", "NRMSE", "valid, periods", "fit and predict, s"], rows))


if __name__ == "__main__":
    main()
