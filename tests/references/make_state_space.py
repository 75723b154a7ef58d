"""Write state_space.npz and state_space.json: linear-Gaussian models by statsmodels, pykalman and dynamax.

Run it where these three are installed: `python tests/references/make_state_space.py`. What more than one of them can
do is done by all that can, they have to agree, and the numbers of the first are kept.
"""

import jax
import jax.numpy as jnp
import numpy as np
from dynamax.linear_gaussian_ssm import LinearGaussianSSM, lgssm_smoother
from dynamax.linear_gaussian_ssm.inference import make_lgssm_params
from pykalman import KalmanFilter
from statsmodels.tsa.statespace.kalman_smoother import KalmanSmoother
from statsmodels.tsa.statespace.structural import UnobservedComponents
from store import Store, rng_for

HIDDEN, OBSERVED, INPUTS, TIMES = 3, 2, 2, 40
CASES = ("complete", "rows missing", "features missing", "inputs")
LEARNED = ("W", "V", "Q", "R", "m", "P", "b", "c")
CONVENTION = {
    "model": "h_1 ~ N(m, P); h_t = W h_{t-1} + U x_t + b + w_t for t >= 2; y_t = V h_t + D x_t + c + e_t. In all three "
    "packages N(m, P) is the state at the first observation: W acts first between the first and the second.",
    "cross": "cross[t] = Cov(h_{t+1}, h_t | all y), T - 1 of them. pykalman and statsmodels have one more in front, "
    "which means nothing; dynamax has E[h_t h_{t+1}^T], transposed and with the means still in it",
    "pykalman": "a row with any feature missing is left out whole; R is averaged over the rows that are there",
    "dynamax": "adds 1e-9 to the diagonal of whatever it solves with, so it agrees to about as much",
}


def covariance(rng, size, scale):
    """A full matrix, positive definite."""
    root = rng.normal(size=(size, size))
    return scale * (root @ root.T / size + 0.5 * np.eye(size))


def random_model(name, *, offsets=True, inputs=False):
    """A stable model with full covariances."""
    rng = rng_for(name)
    W = rng.normal(size=(HIDDEN, HIDDEN))
    model = {
        "W": 0.9 * W / np.abs(np.linalg.eigvals(W)).max(),
        "V": rng.normal(size=(OBSERVED, HIDDEN)),
        "Q": covariance(rng, HIDDEN, 0.3),
        "R": covariance(rng, OBSERVED, 0.5),
        "m": rng.normal(size=HIDDEN),
        "P": covariance(rng, HIDDEN, 1.0),
    }
    model["b"] = rng.normal(size=HIDDEN) if offsets else np.zeros(HIDDEN)
    model["c"] = rng.normal(size=OBSERVED) if offsets else np.zeros(OBSERVED)
    model["U"] = rng.normal(size=(HIDDEN, INPUTS if inputs else 0))
    model["D"] = rng.normal(size=(OBSERVED, INPUTS if inputs else 0))
    return model


def drawn(model, name):
    """Inputs and observations that the model draws."""
    rng = rng_for(f"{name}, drawn")
    x = rng.normal(size=(TIMES, model["U"].shape[1]))
    h, y = rng.multivariate_normal(model["m"], model["P"]), []
    for t in range(TIMES):
        if t:
            h = model["W"] @ h + model["U"] @ x[t] + model["b"] + rng.multivariate_normal(np.zeros(HIDDEN), model["Q"])
        e = rng.multivariate_normal(np.zeros(OBSERVED), model["R"])
        y.append(model["V"] @ h + model["D"] @ x[t] + model["c"] + e)
    return x, np.array(y)


def with_gaps(case, y):
    """The first row, some within, a stretch of them and the last are not there; or single numbers."""
    y = y.copy()
    if case == "rows missing":
        y[[0, 7, 20, 21, 22, 23, 30, -1]] = np.nan
    elif case == "features missing":
        y[np.random.default_rng(3).random(y.shape) < 0.25] = np.nan
        y[[12, 13]] = np.nan
    return y


def by_statsmodels(model, y, x):
    """Filter and smoother; an intercept of the state at t acts from t to t + 1."""
    steps = np.append(x[1:], np.zeros((1, x.shape[1])), axis=0) @ model["U"].T + model["b"]
    ssm = KalmanSmoother(OBSERVED, HIDDEN, HIDDEN, tolerance=0)
    ssm.bind(np.ascontiguousarray(y))
    ssm["transition"], ssm["design"] = model["W"], model["V"]
    ssm["state_cov"], ssm["obs_cov"], ssm["selection"] = model["Q"], model["R"], np.eye(HIDDEN)
    ssm["state_intercept"], ssm["obs_intercept"] = steps.T, (x @ model["D"].T + model["c"]).T
    ssm.initialize_known(model["m"], model["P"])
    found = ssm.smooth()
    return {
        "log_likelihood": found.llf_obs.sum(),
        "filtered_mean": found.filtered_state.T,
        "filtered_covariance": found.filtered_state_cov.transpose(2, 0, 1),
        "smoothed_mean": found.smoothed_state.T,
        "smoothed_covariance": found.smoothed_state_cov.transpose(2, 0, 1),
        "cross": found.smoothed_state_autocovariance(1).transpose(2, 0, 1)[1:],
    }


def pykalman_of(model):
    """The same model there; the offsets are constant in time."""
    return KalmanFilter(model["W"], model["V"], model["Q"], model["R"], model["b"], model["c"], model["m"], model["P"])


def by_pykalman(model, y, _):
    """Filter and smoother; the pairwise covariances are in no public method."""
    from pykalman.standard import _filter, _smooth, _smooth_pair

    peer, y = pykalman_of(model), np.ma.masked_invalid(y)
    mean, spread = peer.filter(y)
    smoothed, smoothed_spread = peer.smooth(y)
    arguments = [model[name] for name in ("W", "V", "Q", "R", "b", "c", "m", "P")]
    predicted, predicted_spread, _, *filtered = _filter(*arguments, y)
    gains = _smooth(model["W"], *filtered, predicted, predicted_spread)[2]
    return {
        "log_likelihood": peer.loglikelihood(y),
        "filtered_mean": mean,
        "filtered_covariance": spread,
        "smoothed_mean": smoothed,
        "smoothed_covariance": smoothed_spread,
        "cross": _smooth_pair(smoothed_spread, gains)[1:],
    }


def dynamax_of(model):
    """The same model there."""
    return make_lgssm_params(
        model["m"], model["P"], model["W"], model["Q"], model["V"], model["R"], dynamics_bias=model["b"],
        dynamics_input_weights=model["U"], emissions_bias=model["c"], emissions_input_weights=model["D"],
    )  # fmt: skip


def by_dynamax(model, y, x):
    """Filter and smoother."""
    found = lgssm_smoother(dynamax_of(model), jnp.asarray(y), jnp.asarray(x))
    mean = np.asarray(found.smoothed_means)
    cross = np.asarray(found.smoothed_cross_covariances) - mean[:-1, :, None] * mean[1:, None, :]
    return {
        "log_likelihood": found.marginal_loglik,
        "filtered_mean": found.filtered_means,
        "filtered_covariance": found.filtered_covariances,
        "smoothed_mean": mean,
        "smoothed_covariance": found.smoothed_covariances,
        "cross": cross.transpose(0, 2, 1),
    }


def difference(ours, theirs):
    """The greatest difference, in units of the largest number of each array; more than 1e-6 is an error."""
    worst = max(np.max(np.abs(np.asarray(theirs[k]) - ours[k])) / np.max(np.abs(ours[k])) for k in ours)
    if not worst < 1e-6:
        raise ValueError(f"the packages differ by {worst}")
    return float(f"{worst:.1g}")


def inference(store, case):
    """Filter and smoother of one case."""
    model = random_model("linear-Gaussian", inputs=case == "inputs")
    x, y = drawn(model, case)
    y = with_gaps(case, y)
    peers = {"pykalman": by_pykalman, "dynamax": by_dynamax}
    if case == "inputs":
        del peers["pykalman"]
    elif case == "features missing":
        peers = {}
    elif case == "rows missing":
        del peers["dynamax"]
    found = by_statsmodels(model, y, x)
    for name, array in {**model, "y": y, "x": x, **found}.items():
        store.put(f"{case}.{name}", array)
    return {
        "key": case,
        "from": "statsmodels",
        "differences": {name: difference(found, by(model, y, x)) for name, by in peers.items()},
    }


def pykalman_steps(model, y, steps):
    """Parameters after some EM steps without offsets, and the log-likelihood under them."""
    y = np.ma.masked_invalid(y)
    names = "transition_matrices observation_matrices transition_covariance observation_covariance"
    names = [*names.split(), "initial_state_mean", "initial_state_covariance"]
    peer = pykalman_of(model).em(y, n_iter=steps, em_vars=names)
    found = dict(zip(LEARNED, (getattr(peer, name) for name in names), strict=False))
    return {**found, "b": model["b"], "c": model["c"], "log_likelihood": peer.loglikelihood(y)}


def dynamax_steps(model, y, steps, *, offsets):
    """The same there, with offsets learned or without any."""
    peer = LinearGaussianSSM(HIDDEN, OBSERVED, has_dynamics_bias=offsets, has_emissions_bias=offsets)
    start = {"initial_mean": model["m"], "initial_covariance": model["P"], "dynamics_weights": model["W"]}
    start |= {"dynamics_covariance": model["Q"], "emission_weights": model["V"], "emission_covariance": model["R"]}
    if offsets:
        start |= {"dynamics_bias": model["b"], "emission_bias": model["c"]}
    y = jnp.asarray(y)
    params, props = peer.initialize(jax.random.key(0), **start)
    e_step = jax.jit(peer.e_step)
    for _ in range(steps):
        stats, _ = e_step(params, y)
        params, _ = peer.m_step(params, props, jax.tree.map(lambda a: jnp.asarray(a)[None], stats), None)
    found = {"W": params.dynamics.weights, "V": params.emissions.weights, "Q": params.dynamics.cov}
    found |= {"R": params.emissions.cov, "m": params.initial.mean, "P": params.initial.cov}
    found |= {"b": params.dynamics.bias, "c": params.emissions.bias} if offsets else {"b": model["b"], "c": model["c"]}
    return {**found, "log_likelihood": peer.marginal_log_prob(params, y)}


def learning(store, case, *, offsets):
    """One and ten EM steps from another model than the one that drew the numbers."""
    truth = random_model("linear-Gaussian", offsets=offsets)
    _, y = drawn(truth, f"{case}, learned")
    y, start = with_gaps(case, y), random_model("start", offsets=offsets)
    key = f"learned.{case}.{'offsets' if offsets else 'no offsets'}"
    for name, array in {**{name: start[name] for name in LEARNED}, "y": y}.items():
        store.put(f"{key}.{name}", array)
    differences = []
    for steps in (1, 10):
        found = dynamax_steps(start, y, steps, offsets=True) if offsets else pykalman_steps(start, y, steps)
        if not offsets and case == "complete":
            differences.append(difference_of_learned(found, dynamax_steps(start, y, steps, offsets=False)))
        for name, array in found.items():
            store.put(f"{key}.after {steps}.{name}", array)
    described = {"key": key, "from": "dynamax" if offsets else "pykalman", "offsets": offsets, "steps": [1, 10]}
    return {**described, "differences": {"dynamax": differences} if differences else {}}


def difference_of_learned(ours, theirs):
    """As `difference`, of what is learned."""
    return difference({name: ours[name] for name in ours if name not in "bc"}, theirs)


def structured(store, key, peer, parameters, *, m, P):
    """A structural model with these parameters and this first state, and 8 steps beyond."""
    peer.ssm.initialize_known(m, P)
    peer.loglikelihood_burn = 0
    peer.ssm.tolerance = 0
    found = peer.smooth([parameters[name] for name in peer.param_names], cov_type="none")
    ahead, ssm = found.get_forecast(8), peer.ssm
    arrays = {
        "y": peer.endog, "W": ssm["transition"], "V": ssm["design"], "R": ssm["obs_cov"], "m": m, "P": P,
        "Q": ssm["selection"] @ ssm["state_cov"] @ ssm["selection"].T, "log_likelihood": found.llf_obs.sum(),
        "filtered_mean": found.filtered_state.T, "filtered_covariance": found.filtered_state_cov.transpose(2, 0, 1),
        "smoothed_mean": found.smoothed_state.T, "smoothed_covariance": found.smoothed_state_cov.transpose(2, 0, 1),
        "forecast_mean": ahead.predicted_mean, "forecast_variance": ahead.var_pred_mean,
    }  # fmt: skip
    for name, array in arrays.items():
        store.put(f"{key}.{name}", array)
    return {"key": key, "from": "statsmodels", "parameters": parameters, "states": peer.state_names}


def wavy(key):
    """A line with a season of four, noise and gaps."""
    t = np.arange(40)
    y = 10 + 0.3 * t + np.array([2.0, -1.0, 0.5, -1.5])[t % 4] + 0.4 * rng_for(key).normal(size=40)
    y[[5, 17, 18]] = np.nan
    return y


def dummies(store):
    """A local linear trend with a season whose four values sum to noise."""
    peer = UnobservedComponents(wavy("structure"), "local linear trend", seasonal=4)
    values = {"sigma2.irregular": 0.2, "sigma2.level": 0.05, "sigma2.trend": 0.01, "sigma2.seasonal": 0.03}
    m, P = np.array([9.0, 0.2, 1.0, -0.5, 0.3]), np.diag([4.0, 0.5, 2.0, 2.0, 2.0])
    return structured(store, "season of dummies", peer, values, m=m, P=P)


def waves(store):
    """A local linear trend, a season of five as harmonics, and a damped cycle that begins as it is on the long run."""
    season = [{"period": 5, "harmonics": 2}]
    cycle = {"cycle": True, "stochastic_cycle": True, "damped_cycle": True}
    peer = UnobservedComponents(wavy("waves"), "local linear trend", freq_seasonal=season, **cycle)
    values = {"sigma2.irregular": 0.2, "sigma2.level": 0.05, "sigma2.trend": 0.01, "sigma2.freq_seasonal_5(2)": 0.03}
    values |= {"sigma2.cycle": 0.4, "frequency.cycle": 2 * np.pi / 9.5, "damping.cycle": 0.9}
    P = np.diag([100.0] * 6 + [0.4 / (1 - 0.9**2)] * 2)
    return structured(store, "season of harmonics and cycle", peer, values, m=np.zeros(8), P=P)


def main():
    """All cases."""
    store = Store()
    cases = [inference(store, case) for case in CASES]
    learned = [learning(store, case, offsets=False) for case in ("complete", "rows missing")]
    learned.append(learning(store, "complete", offsets=True))
    description = {"convention": CONVENTION, "cases": cases, "learned": learned}
    description["structures"] = [dummies(store), waves(store)]
    store.write("state_space", ["statsmodels", "pykalman", "dynamax", "jax", "numpy"], description)


if __name__ == "__main__":
    with jax.enable_x64(True):
        main()
