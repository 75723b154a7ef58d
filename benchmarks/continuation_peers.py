"""Peers that continue short series, each used as its own users use it, one series at a time.

`python continuation_peers.py INPUT.npz PEER OUTPUT.npz [STRIDE]` reads `known` (series, length) and `horizon`. It
writes the means, the bounds of the 68 % and 95 % intervals where the peer has some, `failed`, `skipped` (series
left out by a STRIDE over 1) and `seconds`, which is for all the series and without imports.
"""

import json
import logging
import os
import sys
import time
import warnings

# One thread unless the caller says otherwise: on problems this small more of them mostly wait for each other.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np  # noqa: E402 - the number of threads is read at the import

LEVELS = (68, 95)
ARRAYS = ("mean", "lo68", "hi68", "lo95", "hi95")
WINDOW = 3


def standardize(values):
    """Values with mean 0 and deviation 1, and what undoes it; a constant series is only shifted."""
    center, scale = values.mean(), values.std() or 1.0
    return (values - center) / scale, center, scale


def normal(mean, deviation):
    """A mean with the intervals of a normal distribution."""
    from scipy.stats import norm

    result = {"mean": mean}
    for level in LEVELS:
        reach = norm.ppf(0.5 + level / 200) * deviation
        result |= {f"lo{level}": mean - reach, f"hi{level}": mean + reach}
    return result


def statistical(name):
    """A model of statsforecast that selects its own order."""
    from statsforecast import models

    model = getattr(models, name)

    def peer(values, horizon):
        forecast = model(season_length=1).fit(values).predict(horizon, level=list(LEVELS))
        return {key.replace("-", ""): value for key, value in forecast.items()}

    return peer


def gaussian_process():
    """A squared-exponential process with noise, over the standardized index."""
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

    def peer(values, horizon):
        targets, center, scale = standardize(values)
        index, middle, width = standardize(np.arange(len(values), dtype=float))
        future = (np.arange(len(values), len(values) + horizon) - middle) / width
        kernel = ConstantKernel() * RBF() + WhiteKernel()
        model = GaussianProcessRegressor(kernel, n_restarts_optimizer=2, random_state=0)
        model.fit(index[:, None], targets)
        mean, deviation = model.predict(future[:, None], return_std=True)
        return normal(center + scale * mean, scale * deviation)

    return peer


def bayesian_ridge():
    """Bayesian ridge on windows: the mean is fed back, the interval is that of one step."""
    from sklearn.linear_model import BayesianRidge

    def peer(values, horizon):
        targets, center, scale = standardize(values)
        windows = np.lib.stride_tricks.sliding_window_view(targets, WINDOW)[:-1]
        model = BayesianRidge().fit(windows, targets[WINDOW:])
        path, deviations = list(targets), []
        for _ in range(horizon):
            mean, deviation = model.predict(np.array([path[-WINDOW:]]), return_std=True)
            path.append(mean[0])
            deviations.append(deviation[0])
        return normal(center + scale * np.array(path[-horizon:]), scale * np.array(deviations))

    return peer


def rational(tolerance):
    """The AAA rational approximation of the values over their index."""
    from scipy.interpolate import AAA

    def peer(values, horizon):
        index = np.arange(len(values), dtype=float)
        return {"mean": AAA(index, values, rtol=tolerance)(len(values) + np.arange(horizon, dtype=float))}

    return peer


def lstm():
    """An LSTM of neuralforecast, trained on one step ahead and continued on its own predictions."""
    import pandas as pd
    from neuralforecast import NeuralForecast
    from neuralforecast.models import LSTM

    for name in list(logging.root.manager.loggerDict):
        logging.getLogger(name).setLevel(logging.ERROR)
    options = {"encoder_n_layers": 1, "encoder_hidden_size": 64, "recurrent": True, "max_steps": 300}
    quiet = {"enable_progress_bar": False, "enable_model_summary": False, "enable_checkpointing": False}
    scaling = {"scaler_type": "standard"}  # of each window, after that of the whole series

    def peer(values, horizon):
        frame = pd.DataFrame({"unique_id": 0, "ds": np.arange(len(values)), "y": values})
        model = LSTM(horizon, WINDOW, **options, **scaling, **quiet, logger=False, accelerator="cpu")
        forecaster = NeuralForecast([model], freq=1, local_scaler_type="standard")
        forecaster.fit(frame)
        return {"mean": forecaster.predict()["LSTM"].to_numpy()}

    return peer


PEERS = {
    "autoarima": lambda: statistical("AutoARIMA"),
    "autoets": lambda: statistical("AutoETS"),
    "gp": gaussian_process,
    "bayesian-ridge": bayesian_ridge,
    "aaa-1e-4": lambda: rational(1e-4),
    "aaa-1e-8": lambda: rational(1e-8),
    "aaa-1e-12": lambda: rational(1e-12),
    "lstm": lstm,
}


def attempt(peer, values, horizon):
    """The peer's arrays and None, or None and what went wrong."""
    try:
        result = peer(values, horizon)
    except Exception as error:  # whatever a peer raises is its failure, not ours
        return None, f"{type(error).__name__}: {error}".splitlines()[0]
    finite = all(np.isfinite(result[name]).all() for name in ARRAYS if name in result)
    return (result, None) if finite else (None, "a value is not finite")


def run(peer, known, horizon, stride):
    """Every stride-th series continued: the arrays to write, and what went wrong."""
    output = {name: np.full((len(known), horizon), np.nan) for name in ARRAYS}
    failed, skipped, errors = np.zeros(len(known), bool), np.ones(len(known), bool), []
    start = time.perf_counter()
    for row in range(0, len(known), stride):
        skipped[row] = False
        result, error = attempt(peer, known[row].copy(), horizon)
        if error is not None:
            failed[row] = True
            errors.append(error)
            continue
        for name in ARRAYS:
            if name in result:
                output[name][row] = result[name]
    seconds = time.perf_counter() - start
    return output | {"failed": failed, "skipped": skipped, "seconds": seconds}, errors


def main():
    source, name, target = sys.argv[1:4]
    stride = int(sys.argv[4]) if len(sys.argv) > 4 else 1
    warnings.simplefilter("ignore")
    peer = PEERS[name]()
    with np.load(source) as data:
        known, horizon = data["known"].astype(float), int(data["horizon"])
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        attempt(peer, np.sin(np.arange(known.shape[1]) / 3), horizon)  # brings in what the peer imports late
        output, errors = run(peer, known, horizon, stride)
    np.savez(target, **output)
    done = int((~output["skipped"]).sum())
    summary = {"peer": name, "series": done, "failed": len(errors), "seconds": output["seconds"]}
    print(json.dumps(summary | {"errors": sorted(set(errors))[:5]}))


if __name__ == "__main__":
    main()
