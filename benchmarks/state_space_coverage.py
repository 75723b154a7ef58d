"""How often the 90 % bounds of models with a hidden state hold what they should, at every horizon to 10.

Series are drawn from a system; one part is forecast with the system's own parameters, another with parameters that were
learned from the 200 points before. One process; the rows are independent.

    python benchmarks/state_space_coverage.py --known 5000 --fitted 1000
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from time import perf_counter

import jax
import numpy as np

import unrolled
from unrolled.forecast import Estimator, HiddenMarkovForecaster, LinearDynamicalSystem, Structural
from unrolled.statespace import (
    GaussianEmission,
    HiddenMarkov,
    LinearGaussian,
    Structure,
    draw_series,
    filter_states,
    forecast_hidden_markov,
    predict_ahead,
    sample_linear_gaussian,
)

POINTS, HORIZON, LEVEL, QUANTILE = 200, 10, 90.0, 1.6448536269514722


def oscillation() -> LinearGaussian:
    """Two hidden units that turn and forget, seen through noise."""
    W = 0.95 * np.array([[np.cos(0.5), -np.sin(0.5)], [np.sin(0.5), np.cos(0.5)]])
    return LinearGaussian(W, np.array([[1.0, 0.5]]), 0.3 * np.eye(2), np.eye(1), np.zeros(2), 3 * np.eye(2))


def walk() -> LinearGaussian:
    """A level that wanders, seen through noise; its start is known, so that series can be drawn."""
    made = Structure.parse("level").system({"level": 0.5, "noise": 1.0})
    return LinearGaussian(made.W, made.V, made.Q, made.R, made.m, np.eye(1))


def regimes() -> HiddenMarkov:
    """Two levels that a chain of states chooses between, seen through noise."""
    emission = GaussianEmission(np.array([[0.0], [3.0]]), np.array([[[1.0]], [[0.5]]]))
    return HiddenMarkov(np.array([0.5, 0.5]), np.array([[0.9, 0.1], [0.2, 0.8]]), emission)


SYSTEMS: dict[str, tuple[Callable[[], LinearGaussian | HiddenMarkov], Estimator]] = {
    "linear dynamical system, 2 units": (oscillation, LinearDynamicalSystem(units=2, levels=(LEVEL,))),
    "structural, level": (walk, Structural("level", levels=(LEVEL,))),
    "hidden Markov, 2 states": (regimes, HiddenMarkovForecaster(states=2, members=1, levels=(LEVEL,))),
}


def drawn(system: LinearGaussian | HiddenMarkov, seed: int, count: int) -> np.ndarray:
    """Series of 200 known points and 10 to come, ``(series, time)``."""
    keys = (jax.random.fold_in(jax.random.key(seed), i) for i in range(count))
    steps = POINTS + HORIZON
    if isinstance(system, HiddenMarkov):
        return np.array([draw_series(system, steps, key=key)[1][:, 0] for key in keys])
    return np.array([sample_linear_gaussian(system, steps, key=key).observations[:, 0] for key in keys])


def known_bounds(system: LinearGaussian | HiddenMarkov, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper, by horizon, from the system's own parameters."""
    if isinstance(system, HiddenMarkov):
        lower, upper = forecast_hidden_markov(system, y, HORIZON).quantiles([0.05, 0.95])[..., 0]
        return lower, upper
    ahead = predict_ahead(system, filter_states(system, y), HORIZON)
    middle, half = np.asarray(ahead.mean)[:, 0], QUANTILE * np.sqrt(np.asarray(ahead.covariance)[:, 0, 0])
    return middle - half, middle + half


def with_known_parameters(system: LinearGaussian | HiddenMarkov, count: int) -> np.ndarray:
    """The share of truths within the bounds, by horizon."""
    inside = np.zeros(HORIZON)
    for y in drawn(system, 0, count):
        lower, upper = known_bounds(system, y[:POINTS])
        inside += (lower < y[POINTS:]) & (y[POINTS:] < upper)
    return inside / count


def with_learned_parameters(model: Estimator, system: LinearGaussian | HiddenMarkov, count: int) -> np.ndarray:
    """The same with parameters from the 200 points."""
    inside = np.zeros(HORIZON)
    for y in drawn(system, 1, count):
        (band,) = model.fit(y[:POINTS]).predict(HORIZON).bands
        inside += (band.lower[:, 0] < y[POINTS:]) & (y[POINTS:] < band.upper[:, 0])
    return inside / count


def say(name: str, what: str, count: int, run: Callable[[int], np.ndarray]) -> None:
    """One row."""
    began = perf_counter()
    listed = " ".join(f"{share:.3f}" for share in run(count))
    print(f"{name}, {what}, {count} series: {listed} ({perf_counter() - began:.0f} s)", flush=True)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--known", type=int, default=5000)
    options.add_argument("--fitted", type=int, default=1000)
    options.add_argument("--only", default="", help="systems whose name begins so")
    asked = options.parse_args()
    unrolled.use_compilation_cache()
    for name, (make, model) in SYSTEMS.items():
        if not name.startswith(asked.only):
            continue
        system = make()
        say(name, "known parameters", asked.known, partial(with_known_parameters, system))
        say(name, "learned from 200 points", asked.fitted, partial(with_learned_parameters, model, system))


if __name__ == "__main__":
    main()
