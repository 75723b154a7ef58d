"""Write random_networks.json: how 200 random recurrent networks behave after a million steps.

The networks, h <- f(W h + b), are drawn from the number of their row:

    rng = np.random.default_rng(seed)
    W = gain * rng.normal(size=(N, N)) / np.sqrt(N); b = bias * rng.normal(size=N); h = rng.uniform(-1, 1, N)

All networks of one size take 10^6 steps together. What they do next decides:

- diverging: beyond 1e10, or not finite;
- point attractor: no step of the stretch that follows moves any unit by more than 1e-10;
- limit cycle: the least p up to half of the stretch with |h_{t+p} - h_t| < 1e-8 all over it. A difference that is
  larger and decays is run on, until it is small or has stopped decaying;
- the others by two kinds of evidence that have to agree, each of which may also be silent. `K` is the 0-1 test for
  chaos (Gottwald & Melbourne, SIAM J. Appl. Dyn. Syst. 8, 129 (2009): correlation method, median over c) of a
  projection of the state. A flow-like orbit looks regular if it is sampled too densely, so the largest K of several
  subsamplings counts: above 0.8 it says chaos, below 0.2 none. The second evidence is the exponent at which two
  trajectories 1e-9 apart separate, drawn back to that distance every ten steps, as often as the stretch allows;
- undecided: the two contradict each other, or neither speaks, after a second, longer stretch as well.

`returns` is a third, for the reader: how far the closest returns of the orbit are apart at most within the next 20,000
steps, over the typical distance of two states. On a torus they stay together (much less than 1); in chaos they part.

Run it with NumPy alone: `python tests/references/make_random_networks.py`, about 15 minutes on one core. It prints what
the file does not hold: the exponents, and when a periodic orbit was reached. With `--perturb 1e-13` it starts that far
beside the given states, writes nothing, and says which classes differ from the file: transients that long, or basins
that thin, belong to the rounding and not to the network.
"""

import argparse
import json
import time
from collections import Counter
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
FILE = HERE / "random_networks.json"

SETTLE, STRETCH, LONG, FURTHER = 1_000_000, 40_000, 100_000, 400_000
MARK = 1_000  # a state is kept every so many steps, to say later when an orbit was reached
HUGE, STILL, SAME = 1e10, 1e-10, 1e-8
APART, RENEW = 1e-9, 10
POINTS, SUBSAMPLINGS, FREQUENCIES = 10_000, (1, 2, 3, 5, 10, 20, 40), 100
FUNCTIONS = {"tanh": np.tanh, "relu": lambda x, out: np.maximum(x, 0.0, out=out)}
COLUMNS = ("seed", "units", "gain", "bias", "activation", "behaviour", "period", "K", "returns")


def table():
    """The 200 networks; gains even within every size, with and without bias in turn."""
    rows = []
    for activation, count, sizes in (("tanh", 170, (10, 20, 40, 80)), ("relu", 30, (10, 20, 40))):
        for k in range(count):
            kind, place = k % len(sizes), k // len(sizes)
            gains = np.linspace(0.5, 3, len(range(kind, count, len(sizes))))
            bias = 0.5 if activation == "relu" else (0.0, 0.2)[place % 2]
            row = {"seed": len(rows), "units": sizes[kind], "gain": float(gains[place]), "bias": bias}
            rows.append(row | {"activation": activation})
    return rows


def network(row):
    """W, b and the first state."""
    rng, N = np.random.default_rng(row["seed"]), row["units"]
    W = row["gain"] * rng.normal(size=(N, N)) / np.sqrt(N)
    b = row["bias"] * rng.normal(size=N)
    return W, b, rng.uniform(-1, 1, N)


class Batch:
    """Networks of one size and activation, stepped together; those that diverge are set to zero and marked."""

    def __init__(self, W, b, h, activation):
        self.W, self.b, self.h = np.array(W), np.array(b)[..., None], np.array(h)[..., None]
        self.activation, self.lost = activation, np.zeros(len(self.W), bool)

    def steps(self, count):
        """`count` steps; the state after each is seen by whoever iterates, and belongs to the batch."""
        f, sums = FUNCTIONS[self.activation], np.empty_like(self.h)
        for t in range(1, count + 1):
            np.matmul(self.W, self.h, out=sums)
            np.add(sums, self.b, out=sums)
            f(sums, out=self.h)
            if t % 100 == 0 and self.activation == "relu":
                self.drop()
            yield t, self.h[..., 0]

    def drop(self):
        gone = ~(np.abs(self.h).max(axis=(1, 2)) < HUGE)
        self.lost |= gone
        self.W[gone] = self.b[gone] = self.h[gone] = 0.0

    def settle(self, count):
        """`count` steps, and the states at the marks, (marks, networks, units)."""
        return np.array([h.copy() for t, h in self.steps(count) if t % MARK == 0])

    def record(self, count):
        """All states of `count` steps, (networks, steps, units)."""
        states = np.empty((len(self.W), count, self.W.shape[-1]))
        for t, h in self.steps(count):
            states[:, t - 1] = h
        return states

    def part(self, which):
        """A batch of some of these networks, from where they are."""
        return Batch(self.W[which], self.b[which, :, 0], self.h[which, :, 0], self.activation)


def largest(differences):
    return float(np.abs(differences).max())


def periodic(X):
    """(class, period) of an orbit X (steps, units), or (None, p) of a nearly periodic one that still decays."""
    moves = np.abs(np.diff(X, axis=0)).max(axis=1)
    if moves.max() <= STILL:
        return "point attractor", None
    half = len(X) // 2
    back = np.abs(X[-1 - half : -1][::-1] - X[-1]).max(axis=1)  # entry p - 1: from p steps before the end
    amplitude = largest(X[half:] - X[half:].mean(axis=0))
    for p in np.flatnonzero(back < SAME)[:20] + 1:
        if largest(X[p:] - X[:-p]) < SAME:
            # A focus that is nearly reached turns around as well: then the orbit has to be much larger than SAME.
            return ("limit cycle", int(p)) if amplitude > 1e4 * SAME and p > 1 else (None, int(p))
    p, quarter = int(back.argmin()) + 1, len(X) // 4
    d = np.abs(X[p:] - X[:-p]).max(axis=1)
    decays = d[-quarter:].max() < 0.7 * d[:quarter].max() and d[-quarter:].max() < 0.05 * amplitude
    return (None, p) if decays else (None, None)


def zero_one(signal, rng):
    """K of the 0-1 test for chaos, median over c, by the mean square displacement less its oscillating term."""
    N = len(signal)
    cut = N // 10
    signal = (signal - signal.mean()) / signal.std()
    n, keep, size = np.arange(1, cut + 1), N - cut, 1 << (2 * N - 1).bit_length()
    found = []
    for c in rng.uniform(np.pi / 5, 4 * np.pi / 5, FREQUENCIES):
        z = np.cumsum(signal * np.exp(1j * c * np.arange(N)))
        # mean_j |z_{j+n} - z_j|^2 over j < keep, for all n by one correlation
        squares = np.concatenate([[0.0], np.cumsum(np.abs(z) ** 2)])
        crossed = np.fft.ifft(np.fft.fft(z, size) * np.conj(np.fft.fft(z[:keep], size)))[n]
        M = (squares[n + keep] - squares[n] + squares[keep] - 2 * crossed.real) / keep
        found.append(np.corrcoef(n, M)[0, 1])  # the signal has mean 0: nothing oscillates with its square
    return float(np.median(found))


def largest_K(signal):
    """K of the subsampling that looks most chaotic; every subsampling has as many points."""
    rng = np.random.default_rng(0)
    return max(zero_one(signal[: POINTS * s : s], rng) for s in SUBSAMPLINGS if POINTS * s <= len(signal))


def closest_returns(X, references=200, horizon=20_000, separate=1_000):
    """How far closest returns part, over the distance of states that have nothing to do with each other."""
    rng, span = np.random.default_rng(0), len(X) - horizon
    here = rng.choice(span, references, replace=False)
    squares = (X[:span] ** 2).sum(axis=1)
    distances = squares[here, None] + squares - 2 * X[here] @ X[:span].T
    typical = np.sqrt(np.median(np.abs(distances)))
    distances[np.abs(here[:, None] - np.arange(span)) < separate] = np.inf
    there = distances.argmin(axis=1)
    farthest = np.zeros(references)
    for later in range(0, horizon, 37):
        farthest = np.maximum(farthest, np.linalg.norm(X[here + later] - X[there + later], axis=1))
    return float(np.median(farthest) / typical)


def separate(batch, count):
    """Run on by `count` steps beside a second trajectory: projections (networks, count), exponents and their errors."""
    rng, (B, N) = np.random.default_rng(1), batch.h.shape[:2]
    aside = rng.normal(size=(B, N))
    aside *= APART / np.linalg.norm(aside, axis=1, keepdims=True)
    h = batch.h[..., 0]
    W, b = np.concatenate([batch.W] * 2), np.concatenate([batch.b[..., 0]] * 2)
    double = Batch(W, b, np.concatenate([h, h + aside]), batch.activation)
    directions = rng.normal(size=(B, N)) / np.sqrt(N)
    signal, growth = np.empty((count, B)), np.empty((count // RENEW, B))
    for t, both in double.steps(count):
        signal[t - 1] = (directions * both[:B]).sum(axis=1)
        if t % RENEW == 0:
            gap = both[B:] - both[:B]
            length = np.maximum(np.linalg.norm(gap, axis=1, keepdims=True), 1e-30)
            growth[t // RENEW - 1] = np.log(length[:, 0] / APART)
            fresh = rng.normal(size=gap.shape) * 1e-15 * (length < 1e-15)  # two that met are told apart again
            both[B:] = both[:B] + gap * (APART / length) + fresh
    batch.h[..., 0] = double.h[:B, :, 0]
    tenths = growth[len(growth) // 5 :].reshape(8, -1, B).mean(axis=1) / RENEW
    return signal.T, tenths.mean(axis=0), tenths.std(axis=0, ddof=1) / np.sqrt(8)


def verdict(K, exponent, error):
    """Chaotic, quasi-periodic, or None where the evidences are silent or contradict each other."""
    by_K = "chaotic" if K > 0.8 else "quasi-periodic" if K < 0.2 else None
    grows = exponent > max(2e-4, 5 * error)
    by_growth = "chaotic" if grows else "quasi-periodic" if abs(exponent) < 1e-4 else None
    said = {by_K, by_growth} - {None}
    return said.pop() if len(said) == 1 else None


def reached(X, period, marks):
    """The first mark from which on the orbit lies within 1e-6 of where it ends."""
    orbit = X[-(period or 1) :]
    far = [t for t, h in enumerate(marks, 1) if np.abs(orbit - h).max(axis=1).min() > 1e-6]
    return (far[-1] if far else 0) * MARK


def examine(rows, perturb):
    """Decide all rows of one size and activation; adds the results to them."""
    W, b, h = zip(*map(network, rows), strict=True)
    h = np.array(h) + perturb * np.random.default_rng(2).uniform(-1, 1, np.shape(h))
    batch = Batch(W, b, h, rows[0]["activation"])
    marks = batch.settle(SETTLE)
    for row in rows:
        row.update(behaviour=None, period=None, K=None, returns=None, note="")
    open_ = np.arange(len(rows))

    def look(count):
        """Points and periodic orbits among the open ones; the states of those that stay open."""
        nonlocal open_, batch
        states, stay, decaying = batch.record(count), [], []
        for i, k in enumerate(open_):
            row, X = rows[k], states[i]
            kind, p = ("diverging", None) if batch.lost[i] else periodic(X)
            if kind is None:
                stay.append(i)
                decaying.append(p is not None)
                continue
            row.update(behaviour=kind, period=p)
            row["note"] += "" if kind == "diverging" else f" reached {reached(X, p, marks[:, k])}"
        open_, batch = open_[stay], batch.part(stay)
        return states[stay], np.array(decaying, bool)

    look(STRETCH)
    for attempt in range(3):
        if not len(open_):
            break
        signals, exponents, errors = separate(batch, FURTHER * (1 + attempt))
        before = {k: i for i, k in enumerate(open_)}
        states, decaying = look(LONG)
        stay = []
        for i, k in enumerate(open_):
            j, row = before[k], rows[k]
            row.update(K=round(largest_K(signals[j]), 4), returns=float(f"{closest_returns(states[i]):.3g}"))
            row["note"] += f" exponent {exponents[j]:.2e}±{errors[j]:.0e}{' decays' * bool(decaying[i])};"
            row["behaviour"] = None if decaying[i] else verdict(row["K"], exponents[j], errors[j])
            if row["behaviour"] is None:
                stay.append(i)
        for k in set(before) - set(open_):
            rows[k]["note"] += " (settled late)"
            rows[k].update(K=None, returns=None)
        open_, batch = open_[stay], batch.part(stay)
    for k in open_:
        rows[k]["behaviour"] = "undecided"


def show(rows):
    """Classes by activation and size."""
    count = Counter((r["activation"], r["units"], r["behaviour"]) for r in rows)
    classes = ("point attractor", "limit cycle", "quasi-periodic", "chaotic", "diverging", "undecided")
    print(f"{'':8}" + "".join(f"{c:>17}" for c in classes))
    for kind in sorted({k[:2] for k in count}, key=lambda k: (k[0] == "relu", k[1])):
        print(f"{kind[0]} {kind[1]:<3}" + "".join(f"{count[(*kind, c)]:17}" for c in classes))
    print(f"{'all':8}" + "".join(f"{sum(r['behaviour'] == c for r in rows):17}" for c in classes), flush=True)


def main():
    parser = argparse.ArgumentParser(description="Decide how 200 random networks behave.")
    parser.add_argument("--perturb", type=float, default=0.0, help="start this far aside, and only compare")
    perturb, rows, start = parser.parse_args().perturb, table(), time.time()
    with np.errstate(all="ignore"):
        for kind in sorted({(r["activation"], r["units"]) for r in rows}):
            some = [r for r in rows if (r["activation"], r["units"]) == kind]
            examine(some, perturb)
            for r in some:
                print(*(r[c] for c in COLUMNS), r["note"], sep="  ")
            print(f"{kind} after {time.time() - start:.0f} s", flush=True)
    show(rows)
    kept = [{c: row[c] for c in COLUMNS} for row in rows]
    if perturb:
        for old, new in zip(json.loads(FILE.read_text(encoding="utf-8"))["rows"], kept, strict=True):
            if (old["behaviour"], old["period"]) != (new["behaviour"], new["period"]):
                print(old["seed"], old["behaviour"], old["period"], "->", new["behaviour"], new["period"])
        return
    made_by = json.dumps(f"make_random_networks.py, numpy {np.__version__}")
    lines = ",\n".join(json.dumps(row) for row in kept)
    FILE.write_text(f'{{"made_by": {made_by}, "rows": [\n{lines}\n]}}\n', encoding="utf-8")


if __name__ == "__main__":
    main()
