"""The peers' side of state_space.py, and what all sides share: the models and the numbers they draw.

`python state_space_peer.py PACKAGE` answers requests for one package, one line of JSON each.
"""

import sys
from functools import lru_cache
from time import perf_counter

from reservoir_peer import serve

UNITS, FEATURES, STATES = 4, 2, 4


@lru_cache
def system():
    """W, V, Q, R, m, P: a stable system with full matrices."""
    import numpy as np  # late, so that the driver needs no library

    rng = np.random.default_rng(1)

    def covariance(size, scale):
        root = rng.normal(size=(size, size))
        return scale * (root @ root.T / size + 0.5 * np.eye(size))

    W = rng.normal(size=(UNITS, UNITS))
    W *= 0.95 / np.abs(np.linalg.eigvals(W)).max()
    V = rng.normal(size=(FEATURES, UNITS))
    return W, V, covariance(UNITS, 0.3), covariance(FEATURES, 0.5), np.zeros(UNITS), covariance(UNITS, 1.0)


@lru_cache
def observed(times, missing=0.0):
    """What the system draws; NaN in a share of the rows."""
    import numpy as np

    rng, (W, V, Q, R, m, P) = np.random.default_rng(2), system()
    h, w = rng.multivariate_normal(m, P), rng.multivariate_normal(np.zeros(UNITS), Q, size=times)
    y = rng.multivariate_normal(np.zeros(FEATURES), R, size=times)
    for t in range(times):
        h = W @ h + w[t] if t else h
        y[t] += V @ h
    y[rng.random(times) < missing] = np.nan
    return y


@lru_cache
def chain():
    """Initial probabilities, transitions, means and covariances of a hidden Markov model."""
    import numpy as np

    rng = np.random.default_rng(3)
    transition = 0.8 * np.eye(STATES) + 0.2 * rng.dirichlet(np.ones(STATES), size=STATES)
    roots = rng.normal(size=(STATES, FEATURES, FEATURES))
    spread = 0.5 * roots @ roots.transpose(0, 2, 1) + 0.3 * np.eye(FEATURES)
    return rng.dirichlet(np.ones(STATES)), transition, rng.normal(size=(STATES, FEATURES)), spread


@lru_cache
def emitted(times):
    """What the hidden Markov model draws."""
    import numpy as np

    rng, (initial, transition, mean, spread) = np.random.default_rng(4), chain()
    state, path = rng.choice(STATES, p=initial), np.empty(times, int)
    bounds, uniform = np.cumsum(transition, axis=1), rng.random(times)
    for t in range(times):
        path[t] = state
        state = min(int(np.searchsorted(bounds[state], uniform[t])), STATES - 1)
    noise = rng.normal(size=(times, FEATURES, 1))
    return mean[path] + (np.linalg.cholesky(spread)[path] @ noise)[..., 0]


def timed(run):
    """Seconds of one call, which gives a log-likelihood."""
    start = perf_counter()
    found = run()
    seconds = perf_counter() - start
    return {"seconds": seconds, "log_likelihood": float(found)}


def statsmodels_jobs():
    """Its smoother as it comes, without what it does for disturbances."""
    import numpy as np
    from statsmodels.tsa.statespace.kalman_smoother import SMOOTHER_STATE, SMOOTHER_STATE_COV, KalmanSmoother

    @lru_cache(maxsize=1)
    def peer(times, missing):
        found = KalmanSmoother(FEATURES, UNITS, UNITS, smoother_output=SMOOTHER_STATE | SMOOTHER_STATE_COV)
        found.bind(np.ascontiguousarray(observed(times, missing)))
        found["transition"], found["design"], found["state_cov"], found["obs_cov"] = system()[:4]
        found["selection"] = np.eye(UNITS)
        found.initialize_known(*system()[4:])
        return found

    def job(run):
        def answer(times, missing):
            found = peer(times, missing)
            return timed(lambda: run(found))

        return answer

    runs = {"filter": lambda found: found.filter().llf_obs.sum(), "smooth": lambda found: found.smooth().llf_obs.sum()}
    return {name: job(run) for name, run in {"likelihood": KalmanSmoother.loglike, **runs}.items()}


def pykalman_jobs():
    """Its filter; likelihood and states are calls of their own."""
    import numpy as np
    from pykalman import KalmanFilter

    W, V, Q, R, m, P = system()
    peer = KalmanFilter(W, V, Q, R, np.zeros(UNITS), np.zeros(FEATURES), m, P)

    def with_states(states, y):
        states(y)
        return peer.loglikelihood(y)

    def job(run):
        def answer(times, missing):
            y = np.ma.masked_invalid(observed(times, missing))
            return timed(lambda: run(y))

        return answer

    runs = {"filter": lambda y: with_states(peer.filter, y), "smooth": lambda y: with_states(peer.smooth, y)}
    return {name: job(run) for name, run in {"likelihood": peer.loglikelihood, **runs}.items()}


def dynamax_jobs():
    """Its programs, compiled, in float64; results are brought to numpy as ours are."""
    import jax

    jax.config.update("jax_enable_x64", True)
    import numpy as np
    from dynamax.hidden_markov_model import GaussianHMM
    from dynamax.linear_gaussian_ssm import lgssm_filter, lgssm_smoother
    from dynamax.linear_gaussian_ssm.inference import make_lgssm_params

    W, V, Q, R, m, P = map(jax.numpy.asarray, system())
    params = make_lgssm_params(m, P, W, Q, V, R)
    peer, (initial, transition, mean, spread) = GaussianHMM(STATES, FEATURES), map(jax.numpy.asarray, chain())
    given = {"emission_means": mean, "emission_covariances": spread}
    hidden = peer.initialize(initial_probs=initial, transition_matrix=transition, **given)[0]

    def job(program, numbers, first):
        program = jax.jit(program)

        def answer(times, missing=0.0):
            y = numbers(times, missing) if missing else numbers(times)
            return timed(lambda: jax.tree.map(np.asarray, program(first, jax.numpy.asarray(y)))[0])

        return answer

    def forward_backward(params, y):
        found = peer.smoother(params, y)
        return found.marginal_loglik, found.smoothed_probs

    def smooth(params, y):
        found = lgssm_smoother(params, y)
        return found.marginal_loglik, found.smoothed_means, found.smoothed_covariances

    return {
        "likelihood": job(lambda params, y: (lgssm_filter(params, y).marginal_loglik,), observed, params),
        "filter": job(lgssm_filter, observed, params),
        "smooth": job(smooth, observed, params),
        "forward-backward": job(forward_backward, emitted, hidden),
    }


def hmmlearn_jobs():
    """Its posteriors, with scaled probabilities, which is the faster of its two ways."""
    from hmmlearn.hmm import GaussianHMM

    peer = GaussianHMM(STATES, covariance_type="full", implementation="scaling")
    peer.n_features = FEATURES
    peer.startprob_, peer.transmat_, peer.means_, peer.covars_ = chain()

    def answer(times):
        y = emitted(times)
        return timed(lambda: peer.score_samples(y)[0])

    return {"forward-backward": answer}


PACKAGES = {
    "dynamax": dynamax_jobs,
    "statsmodels": statsmodels_jobs,
    "pykalman": pykalman_jobs,
    "hmmlearn": hmmlearn_jobs,
}

if __name__ == "__main__":
    serve(PACKAGES[sys.argv[1]]())
