"""Score echo state networks where others published: Mackey-Glass, NARMA-10, Lorenz.

`python benchmarks/reservoir_accuracy.py` prints Markdown and takes some minutes; README.md says the rest. Settings are
chosen by a random search that sees the training part alone: its last part is kept back to judge them.
"""

import argparse
import os
import sys
from dataclasses import replace
from datetime import date

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from main_job import OURS, processor, spread, table, versions
from unrolled.errors import TrainingError
from unrolled.forecast import EchoState, NextGenerationReservoir
from unrolled.learn import Equations, solve_ridge
from unrolled.networks import ReservoirDesign, member_keys
from unrolled.sequence import DelayProducts, EchoStates
from unrolled.series import lorenz, mackey_glass, narma

# Mackey-Glass: 84 steps from many places; before each the network sees so many values.
AHEAD, PLACES, SEEN = 84, 50, 1000
MACKEY_GLASS_TRAINING, MACKEY_GLASS_WASHOUT = 3000, 300
NARMA_TRAINING, NARMA_TEST, NARMA_WASHOUT, NARMA_KEPT = 2000, 2000, 100, 500
LORENZ_TRAINING, LYAPUNOV_STEPS = 400, 44  # of 0.025; 1 / 0.9056 is 44.2 of them


def settings(generator, count, size):
    """Candidates: spectral radius, leak, ridge, scales of biases and of inputs, for values of that size."""
    for _ in range(count):
        yield {
            "rho": round(generator.uniform(0.6, 1.0), 2),
            "leak": round(generator.uniform(0.5, 1.0), 2),
            "input_scale": float(f"{10 ** generator.uniform(-0.9, -0.2) / size:.2g}"),
            "bias_scale": round(10 ** generator.uniform(-0.7, 0.1), 2),
            "ridge": (1e-18, 1e-17, 1e-16, 1e-14, "gcv")[generator.integers(5)],
        }


def root_error(fitted, values, places, ahead, spread_of):
    """Root mean squared error at one horizon over the standard deviation, from many places."""
    errors = []
    for place in places:
        try:
            made = fitted.predict(ahead, history=values[max(place - SEEN, 0) : place])
        except TrainingError:
            return np.inf
        errors.append(made.mean[-1, 0] - values[place + ahead - 1])
    return float(np.sqrt(np.mean(np.square(errors))) / spread_of)


def best(found):
    """Of pairs of score and settings those of the least score."""
    return min(found, key=lambda pair: pair[0])


def mackey_glass_rows(args):
    """NRMSE at 84 steps."""
    values = np.tanh(mackey_glass(MACKEY_GLASS_TRAINING + 3000).values[:, 0] - 1)
    known, size = values[:MACKEY_GLASS_TRAINING], values[:MACKEY_GLASS_TRAINING].std()
    for squares in (True, False):
        usual = EchoState(members=1, washout=MACKEY_GLASS_WASHOUT, squares=squares, scale="none")
        tried = []
        for chosen in settings(np.random.default_rng(0), args.candidates, size):
            fitted = replace(usual, **chosen).fit(known[:-600])
            places = np.linspace(len(known) - 600, len(known) - AHEAD, 30).astype(int)
            tried.append((root_error(fitted, known, places, AHEAD, size), chosen))
        score, chosen = best(tried)
        print("mackey-glass", squares, score, chosen, file=sys.stderr)
        places = np.linspace(MACKEY_GLASS_TRAINING + 1, len(values) - AHEAD, PLACES).astype(int)
        errors = []
        for seed in range(args.seeds):
            fitted = replace(usual, seed=seed, **chosen).fit(known)
            errors.append(root_error(fitted, values, places, AHEAD, values.std()))
        what = "h and h²" if squares else "h"
        yield [
            "Mackey-Glass 17, NRMSE at 84 steps",
            f"400 units, readout of {what}",
            spread(errors),
            "6.3e-5 (1,000 units)",
        ]


def narma_data(seed):
    """Inputs, standardized, and targets; a seed with which the filter runs off is passed over."""
    u, y = narma(NARMA_TRAINING + NARMA_TEST, seed=seed)
    return (u[:, None] - 0.25) / (0.5 / np.sqrt(12)), y[:, None]


def narma_score(expansion, data, train, test):
    """NMSE of a readout learned on some steps, on others."""
    u, y = data
    start, columns = next(expansion.rows(u)) if isinstance(expansion, DelayProducts) else (0, rows_of(expansion, u))
    kept = slice(train.start - start, train.stop - start)
    found = solve_ridge(Equations.of(columns[kept], y[train]))
    said = columns[test.start - start : test.stop - start] @ found.V.T + found.c
    return float(np.mean((said - y[test]) ** 2) / np.var(y[test]))


def rows_of(expansion, u):
    return np.concatenate([columns for _, columns in expansion.rows(u)])


def narma_rows(args):
    """NMSE on new steps, the delay line beside."""
    train, test = slice(NARMA_WASHOUT, NARMA_TRAINING), slice(NARMA_TRAINING, NARMA_TRAINING + NARMA_TEST)
    early = slice(NARMA_WASHOUT, NARMA_TRAINING - NARMA_KEPT)
    late = slice(NARMA_TRAINING - NARMA_KEPT, NARMA_TRAINING)

    def reservoir(chosen, seed):
        return EchoStates(ReservoirDesign(400, **chosen).draw(1, key=member_keys(seed, 1)[0]), squares=True)

    generator, tried = np.random.default_rng(0), []
    for _ in range(args.candidates):
        chosen = {
            "rho": round(generator.uniform(0.7, 1.0), 2),
            "leak": 1.0,
            "input_scale": round(10 ** generator.uniform(-2.5, -0.5), 4),
            "bias_scale": round(10 ** generator.uniform(-2, 0), 3),
        }
        tried.append((narma_score(reservoir(chosen, 0), narma_data(0), early, late), chosen))
    score, chosen = best(tried)
    print("narma", score, chosen, file=sys.stderr)
    seeds = range(args.seeds)
    errors = [narma_score(reservoir(chosen, seed), narma_data(seed), train, test) for seed in seeds]
    yield ["NARMA-10, NMSE", "400 units, readout of h and h²", spread(errors), "0.107; 0.046 tuned"]
    for degree, name in ((1, "a delay line of 20, linear"), (2, "a delay line of 20 and its products")):
        line = DelayProducts(20, 1, degree, 1)
        errors = [narma_score(line, narma_data(seed), train, test) for seed in seeds]
        yield ["NARMA-10, NMSE", name, spread(errors), "0.16" if degree == 1 else "–"]


def flow_error(fitted, values, place, steps=LYAPUNOV_STEPS):
    """Root mean squared error of all three features over a Lyapunov time, over the standard deviation."""
    try:
        made = fitted.predict(steps, history=values[max(place - 300, 0) : place]).mean
    except TrainingError:
        return np.inf
    return float(np.sqrt(np.mean((made - values[place : place + steps]) ** 2) / np.mean(np.var(values, axis=0))))


def chosen_inside(models, known):
    """The model that goes on best inside the known part, having learned its first three quarters."""
    inner = 3 * len(known) // 4
    places = np.linspace(inner, len(known) - LYAPUNOV_STEPS // 2, 8).astype(int)
    scores = []
    for model in models:
        fitted = model.fit(known[:inner])
        errors = [flow_error(fitted, known, place, LYAPUNOV_STEPS // 2) for place in places]
        scores.append((float(np.exp(np.mean(np.log(errors)))), model))
    return best(scores)[1]


def lorenz_rows(args):
    """NRMSE over a Lyapunov time right after 400 known points, on pieces of one orbit."""
    orbit = lorenz(600 * args.seeds).values
    echo = EchoState(members=1, washout=50)
    families = {
        "next-generation reservoir, as published (k = 2, degree 2)": [NextGenerationReservoir(ridge=2.5e-6)],
        "next-generation reservoir, k and degree chosen": [
            NextGenerationReservoir(delays=k, degree=d) for k in (1, 2) for d in (2, 3, 4, 5) if k * d < 9
        ],
        "echo state network, 400 units": [
            replace(echo, **chosen) for chosen in settings(np.random.default_rng(1), args.candidates, 1.0)
        ],
    }
    for name, models in families.items():
        errors = []
        for piece in range(args.seeds):
            values = orbit[600 * piece : 600 * (piece + 1)]
            known = values[:LORENZ_TRAINING]
            model = chosen_inside(models, known) if len(models) > 1 else models[0]
            errors.append(flow_error(model.fit(known), values, LORENZ_TRAINING))
        print(name, sorted(errors), file=sys.stderr)
        yield ["Lorenz, NRMSE over a Lyapunov time", name, spread(errors), "2.1e-3"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--candidates", type=int, default=20, help="settings that a search tries")
    parser.add_argument("--tasks", default="mackey-glass,narma,lorenz")
    args = parser.parse_args()
    tasks = {"mackey-glass": mackey_glass_rows, "narma": narma_rows, "lorenz": lorenz_rows}
    rows = [row for task in args.tasks.split(",") for row in tasks[task](args)]
    ours = ", ".join(f"{name} {number}" for name, number in versions(sys.executable, OURS).items())
    print(f"# Accuracy of reservoirs, {date.today().isoformat()}\n")
    print(f"{args.seeds} seeds, median [least–greatest]; {processor()}; {ours}.\n")
    print(table(["task", "model", "error", "published"], rows))


if __name__ == "__main__":
    main()
