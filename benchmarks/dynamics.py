"""What looking inside takes, and how right it is: exponents, fixed points, behaviour, a learned climate.

The peer of the exponents is the loop that a user writes in numpy: the Jacobian and a QR factorization at every step.
The behaviour of 200 random networks is compared with what tests/references/make_random_networks.py decided.

    python benchmarks/dynamics.py
    python benchmarks/dynamics.py --parts spectrum fixed-points --rounds 5
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path
from time import perf_counter

import numpy as np

from unrolled.dynamics import (
    DrivenNetwork,
    behaviour,
    compare_climates,
    fixed_points,
    henon_map,
    logistic_map,
    lorenz_flow,
    lyapunov,
)
from unrolled.forecast import EchoState, closed_loop_system
from unrolled.networks import Elman, Network, Readout, random_network
from unrolled.series import lorenz

STATES, STEPS, WASHOUT = 200, 10_000, 1_000
ROWS = Path(__file__).parent.parent / "tests" / "references" / "random_networks.json"


def by_numpy(W: np.ndarray, h: np.ndarray, steps: int) -> np.ndarray:
    """Exponents of ``h = tanh(W h)``, one QR factorization a step."""
    Q, total = np.eye(len(W)), np.zeros(len(W))
    for step in range(WASHOUT + steps):
        h = np.tanh(W @ h)
        Q, R = np.linalg.qr(((1 - h**2)[:, None] * W) @ Q)
        if step >= WASHOUT:
            total += np.log(np.abs(np.diag(R)))
    return np.sort(total / steps)[::-1]


def spectrum(rounds: int) -> None:
    """All exponents of a network of 200 units over 10,000 steps, in turn with numpy's loop over 2,000."""
    network = random_network(STATES, 1.5, seed=0)
    W, few = np.asarray(network.weights()["elman_1.W"]), STEPS // 5
    start = np.random.default_rng(0).uniform(-1, 1, STATES)
    for number in range(rounds + 1):
        began = perf_counter()
        made = lyapunov(DrivenNetwork(network), STEPS, start=start, washout=WASHOUT)
        ours = perf_counter() - began
        began = perf_counter()
        peer = by_numpy(W, start, few)
        theirs = (perf_counter() - began) * (WASHOUT + STEPS) / (WASHOUT + few)
        label = "first, with compilation" if number == 0 else f"round {number}"
        print(
            f"spectrum, {label}: {ours:.2f} s; numpy {theirs:.2f} s ({theirs / ours:.2f} times ours); largest "
            f"exponents {made.largest:.4f} and {peer[0]:.4f}, dimension {made.dimension:.1f}",
            flush=True,
        )


def points(rounds: int) -> None:
    """Fixed points of networks of 64 units from 1,000 starts."""
    for kind in ("elman", "gru"):
        system = DrivenNetwork(random_network(64, 1.5, seed=1, kind=kind))
        for number in range(rounds + 1):
            began = perf_counter()
            found = fixed_points(system, starts=1_000)
            label = "first, with compilation" if number == 0 else f"round {number}"
            print(f"{kind}, 64 units, {label}: {perf_counter() - began:.2f} s; {found}", flush=True)


def known() -> None:
    """Systems whose exponents are known."""
    for name, system, steps in (
        ("logistic map, 0.6931", logistic_map(), 1_000_000),
        ("Henon map, 0.4192, -1.6232", henon_map(), 1_000_000),
        ("Lorenz, 0.9056, 0, -14.572", lorenz_flow(), 500_000),
    ):
        made = lyapunov(system, steps)
        print(f"{name}: {made.exponents.round(5).tolist()} with errors {made.errors.round(5).tolist()}", flush=True)


def gains() -> None:
    """The largest exponent of random networks of 500 units, ten seeds a gain."""
    for gain in (0.9, 1.0, 1.1, 1.2, 1.3, 1.5, 2.0):
        networks = [random_network(500, gain, seed=seed) for seed in range(10)]
        made = np.array([lyapunov(DrivenNetwork(one), STEPS, count=1, washout=4_000).largest for one in networks])
        print(f"gain {gain}: mean {made.mean():.5f}, least {made.min():.5f}, greatest {made.max():.5f}", flush=True)


def climate() -> None:
    """Echo state networks that learned Lorenz, in closed loop beside the system."""
    for seed in range(5):
        model = EchoState(units=300, rho=0.3, leak=1.0, input_scale=0.1, members=1, seed=seed)
        loop = closed_loop_system(model.fit(lorenz(10_000, step=0.02)))
        print(f"seed {seed}: {compare_climates(loop, lorenz_flow(), 100_000)}", flush=True)


def behaviours() -> None:
    """200 random networks."""
    right, unsure, wrong = Counter(), 0, []
    rows = json.loads(ROWS.read_text())["rows"]
    began = perf_counter()
    for row in rows:
        units, generator = row["units"], np.random.default_rng(row["seed"])
        W = row["gain"] * generator.normal(size=(units, units)) / np.sqrt(units)
        b, start = row["bias"] * generator.normal(size=units), generator.uniform(-1, 1, units)
        cell = Elman(np.zeros((units, 1)), W, b, row["activation"])
        found = behaviour(DrivenNetwork(Network((cell,), Readout(np.ones((1, units)), np.zeros(1)))), start=start)
        unsure += not found.certain
        right[row["behaviour"]] += found.verdict == row["behaviour"]
        if found.verdict != row["behaviour"] or (row["period"] and found.period != row["period"]):
            wrong.append((row["seed"], row["behaviour"], row["period"], found.verdict, found.period))
    print(f"{sum(right.values())} of {len(rows)} right, {unsure} not certain, {perf_counter() - began:.0f} s: {right}")
    print(f"other than decided: {wrong}", flush=True)


PARTS = {"spectrum": spectrum, "fixed-points": points}
RIGHT = {"known": known, "gains": gains, "climate": climate, "behaviour": behaviours}


def main() -> None:
    """Run the parts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", nargs="+", choices=[*PARTS, *RIGHT], default=[*PARTS, *RIGHT])
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    for part in arguments.parts:
        if part in PARTS:
            PARTS[part](arguments.rounds)
        else:
            RIGHT[part]()


if __name__ == "__main__":
    main()
