"""reservoirpy's side of reservoir.py, and what both sides share: the data, the settings, the protocol of requests.

`python reservoir_peer.py` answers requests, one line of JSON each.
"""

import json
import sys
from functools import lru_cache
from time import perf_counter

WASHOUT, LOOP_STEPS = 100, 1000
RHO, LEAK, INPUT_SCALE, CONNECTIONS, RIDGE = 0.9, 0.3, 0.1, 10, 1e-6


@lru_cache
def lorenz(steps, dt=0.025, parts=5):
    """x, y and z of the Lorenz system by Runge and Kutta's method, scaled: the same numbers on either side."""
    import numpy as np  # late, so that the protocol needs no library

    def field(s):
        return np.array([10 * (s[1] - s[0]), s[0] * (28 - s[2]) - s[1], s[0] * s[1] - 8 / 3 * s[2]])

    s, values, h = np.array([17.7, 12.9, 43.9]), np.empty((steps, 3)), dt / parts
    for t in range(steps):
        values[t] = s
        for _ in range(parts):
            a = field(s)
            b = field(s + h / 2 * a)
            c = field(s + h / 2 * b)
            s = s + h / 6 * (a + 2 * b + 2 * c + field(s + h * c))
    return (values - values.mean(0)) / values.std(0)


def serve(jobs):
    """Answer requests, one a line, until there are no more; what else is printed goes to standard error."""
    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = jobs[request.pop("job")](**request)
        except Exception as error:  # the driver says it, and goes on
            answer = {"error": f"{type(error).__name__}: {error}".splitlines()[0]}
        print(json.dumps(answer), file=answers, flush=True)


def seconds(run):
    """What one call takes."""
    start = perf_counter()
    run()
    return {"seconds": perf_counter() - start}


@lru_cache(maxsize=1)
def network(units):
    """A reservoir and a ridge readout; W is a sparse matrix of scipy."""
    from reservoirpy.nodes import Reservoir, Ridge

    share = CONNECTIONS / units
    reservoir = Reservoir(units, lr=LEAK, sr=RHO, rc_connectivity=share, input_scaling=INPUT_SCALE, seed=0)
    reservoir.run(lorenz(50))  # drawn here, so that no run pays for it
    return reservoir, reservoir >> Ridge(ridge=RIDGE)


def states(units, steps):
    """All states of one series."""
    reservoir, _ = network(units)
    series = lorenz(steps)
    return seconds(lambda: reservoir.run(series))


def fit(units, steps):
    """States and readout."""
    _, model = network(units)
    series = lorenz(steps)
    return seconds(lambda: model.fit(series[:-1], series[1:], warmup=WASHOUT))


def loop(units, steps):
    """The continuation, each prediction fed back."""
    _, model = network(units)
    series = lorenz(steps)
    model.fit(series[:-1], series[1:], warmup=WASHOUT)

    def run():
        y = series[-1]
        for _ in range(LOOP_STEPS):
            y = model.step(y)

    return seconds(run)


if __name__ == "__main__":
    serve({"states": states, "fit": fit, "loop": loop})
