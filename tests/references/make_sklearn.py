"""Write sklearn.npz and sklearn.json: Gaussian processes and Bayesian ridge regressions of short series.

Run it where scikit-learn is installed: `python tests/references/make_sklearn.py`.
"""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel
from sklearn.linear_model import BayesianRidge
from store import Store, rng_for

STEPS = 6

# Values that lie on a law up to noise: n, the law, the size of the noise.
SERIES = {
    "sine": (30, lambda t: np.sin(0.4 * t), 0.05),
    "decay": (16, lambda t: 5 + 3 * np.exp(-t / 6), 0.01),
    "falling": (12, lambda t: -2.0 * t, 0.7),
    "oscillation": (40, lambda t: np.exp(-t / 25) * np.cos(1.3 * t), 0.02),
    "short": (8, lambda t: 1 / (1 + t), 0.1),
}
RIDGES = [("sine", 2, 0), ("sine", 4, 1), ("decay", 1, 0), ("falling", 3, 0), ("oscillation", 3, 0), ("short", 1, 1)]

# The grid of the Gaussian process: lengths over the known stretch, noise variance over that of the signal.
LENGTHS = np.geomspace(0.15, 6.0, 16)
NOISES = (1e-12, 1e-10, 1e-8, 1e-6, 1e-4, 1e-2)


def series(name):
    """The values, and their standardized form."""
    n, law, size = SERIES[name]
    values = law(np.arange(n, dtype=np.float64)) + size * rng_for(name).normal(size=n)
    z = (values - values.mean()) / values.std()
    return values, z if z[-1] > z[0] else -z


def process(z, length, noise, variance):
    """The regressor with these hyperparameters, fitted."""
    kernel = ConstantKernel(variance, "fixed") * RBF(length, "fixed")
    return GaussianProcessRegressor(kernel, alpha=noise * variance, optimizer=None).fit(np.arange(len(z))[:, None], z)


def likeliest(z):
    """Length, noise and variance of the point of the grid that makes z most likely; the variance in closed form."""
    found = []
    for length in LENGTHS * (len(z) - 1):
        for noise in NOISES:
            try:
                variance = float(z @ np.ravel(process(z, length, noise, 1.0).alpha_)) / len(z)
                fitted = process(z, length, noise, variance)
            except (np.linalg.LinAlgError, ValueError):  # not positive definite in this precision
                continue
            found.append((fitted.log_marginal_likelihood_value_, float(length), noise, variance))
    return max(found)[1:]


def gaussian_process(store, name):
    values, z = series(name)
    length, noise, variance = likeliest(z)
    ahead = np.arange(len(z), len(z) + STEPS)[:, None]
    mean, deviation = process(z, length, noise, variance).predict(ahead, return_std=True)
    return {
        "series": name,
        "length": length,
        "noise": noise,
        "variance": variance,
        "values": store.put(f"process.{name}.values", values),
        "mean": store.put(f"process.{name}.mean", mean),
        "deviation": store.put(f"process.{name}.deviation", deviation),
    }


def bayesian_ridge(store, name, window, difference):
    values, z = series(name)
    steps = np.diff(z, n=difference)
    shown = np.array([steps[end - window : end][::-1] for end in range(window, len(steps))])
    model = BayesianRidge(max_iter=100_000, tol=1e-14, alpha_1=0, alpha_2=0, lambda_1=0, lambda_2=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        model.fit(shown, steps[window:])
    key = f"ridge.{name}.{window}.{difference}"
    return {
        "series": name,
        "window": window,
        "difference": difference,
        "alpha": float(model.alpha_),
        "lambda": float(model.lambda_),
        "intercept": float(model.intercept_),
        "values": store.put(f"{key}.values", values),
        "coefficients": store.put(f"{key}.coefficients", model.coef_),
        "covariance": store.put(f"{key}.covariance", model.sigma_),
    }


def main():
    store = Store()
    processes = [gaussian_process(store, name) for name in SERIES]
    ridges = [bayesian_ridge(store, *case) for case in RIDGES]
    store.write("sklearn", ["scikit-learn", "numpy"], {"processes": processes, "ridges": ridges})


if __name__ == "__main__":
    main()
