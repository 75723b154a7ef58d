"""Write hidden_markov.npz and hidden_markov.json: hidden Markov models by hmmlearn, compared with dynamax.

Run it where both are installed: `python tests/references/make_hidden_markov.py`.
"""

import jax
import numpy as np
from dynamax.hidden_markov_model import hmm_two_filter_smoother
from hmmlearn.hmm import CategoricalHMM, GaussianHMM
from store import Store, rng_for

STATES, FEATURES, SYMBOLS, LENGTHS = 3, 2, 5, (60, 25)
EMISSIONS = ("full", "diag", "categorical")
CONVENTION = {
    "arrays": "transition[i, j] = P(s_{t+1} = j | s_t = i); y holds the sequences one after the other, of the lengths "
    "in `lengths`; log_likelihood is of all of them, mode_log_probability is of states and observations together",
    "learning": "plain maximum likelihood: all Dirichlet priors are 1 (that is, none), the weights of the priors of "
    "means and covariances 0, no lower bound; a probability that is 0 stays 0",
}


def transitions(rng, ordered):
    """Where a sequence begins and how it goes on; an ordered one begins in the first state and never goes back."""
    if ordered:
        return np.eye(STATES)[0], np.array([[0.8, 0.2, 0.0], [0.0, 0.9, 0.1], [0.0, 0.0, 1.0]])
    transition = 0.6 * np.eye(STATES) + 0.4 * rng.dirichlet(np.full(STATES, 2.0), size=STATES)
    return rng.dirichlet(np.full(STATES, 3.0)), transition


def emission(rng, kind):
    """Parameters of what is seen in each state, by hmmlearn's names."""
    if kind == "categorical":
        return {"emissionprob_": rng.dirichlet(np.ones(SYMBOLS), size=STATES)}
    means = 1.5 * rng.normal(size=(STATES, FEATURES))
    if kind == "diag":
        return {"means_": means, "covars_": rng.uniform(0.3, 1.5, size=(STATES, FEATURES))}
    roots = rng.normal(size=(STATES, FEATURES, FEATURES))
    return {"means_": means, "covars_": 0.4 * roots @ roots.transpose(0, 2, 1) + 0.3 * np.eye(FEATURES)}


def random_model(name, kind, ordered):
    """All parameters."""
    rng = rng_for(name)
    initial, transition = transitions(rng, ordered)
    return {"startprob_": initial, "transmat_": transition, **emission(rng, kind)}


def hmm(kind, parameters, steps=1):
    """hmmlearn's object with these parameters, without priors, and without a rule that ends the steps early."""
    shared = {"n_iter": steps, "tol": -np.inf, "init_params": "", "implementation": "log"}
    if kind == "categorical":
        model = CategoricalHMM(STATES, n_features=SYMBOLS, **shared)
    else:
        none = {"min_covar": 0.0, "means_weight": 0.0, "covars_prior": 0.0, "covars_weight": 0.0}
        model = GaussianHMM(STATES, covariance_type=kind, **none, **shared)
        model.n_features = FEATURES
    for name, array in parameters.items():
        setattr(model, name, array)
    return model


def seen(rng, kind, parameters, state):
    """One observation in this state."""
    if kind == "categorical":
        return [rng.choice(SYMBOLS, p=parameters["emissionprob_"][state])]
    spread = parameters["covars_"][state]
    return rng.multivariate_normal(parameters["means_"][state], np.diag(spread) if kind == "diag" else spread)


def drawn(kind, parameters, lengths, name):
    """Sequences of the model, one after the other."""
    rng, rows = rng_for(f"{name}, drawn"), []
    for length in lengths:
        state = rng.choice(STATES, p=parameters["startprob_"])
        for _ in range(length):
            rows.append(seen(rng, kind, parameters, state))
            state = rng.choice(STATES, p=parameters["transmat_"][state])
    return np.array(rows)


def named(model):
    """Parameters by our names; a diagonal covariance is its diagonal."""
    found = {"initial": model.startprob_, "transition": model.transmat_}
    if isinstance(model, CategoricalHMM):
        return {**found, "probability": model.emissionprob_}
    diagonal = model.covariance_type == "diag"
    spread = np.diagonal(model.covars_, axis1=1, axis2=2) if diagonal else model.covars_
    return {**found, "mean": model.means_, "covariance": spread}


def difference(model, y, lengths, log_likelihood, posterior):
    """How far dynamax is off, which is given the same densities; more than 1e-6 is an error."""
    found = [
        hmm_two_filter_smoother(model.startprob_, model.transmat_, model._compute_log_likelihood(part))
        for part in np.split(y, np.cumsum(lengths)[:-1])
    ]
    theirs = np.concatenate([part.smoothed_probs for part in found])
    total = sum(float(part.marginal_loglik) for part in found)
    worst = max(np.abs(theirs - posterior).max(), abs(total / log_likelihood - 1))
    if not worst < 1e-6:
        raise ValueError(f"the packages differ by {worst}")
    return float(f"{worst:.1g}")


def case(store, kind, lengths, *, ordered=False):
    """Inference with given parameters, and learning from other ones."""
    key = f"{kind}{', ordered' if ordered else ''}.{len(lengths)}"
    truth, start = random_model(f"{kind}, truth", kind, ordered), random_model(f"{kind}, start", kind, ordered)
    y, model = drawn(kind, truth, lengths, key), hmm(kind, truth)
    log_likelihood, posterior = model.score_samples(y, lengths)
    mode_log_probability, mode = model.decode(y, lengths, algorithm="viterbi")
    arrays = {**named(model), "y": y, "log_likelihood": log_likelihood, "posterior": posterior}
    arrays |= {"mode": mode, "mode_log_probability": mode_log_probability}
    arrays |= {f"start.{name}": array for name, array in named(hmm(kind, start)).items()}
    for steps in (1, 10):
        learned = hmm(kind, start, steps).fit(y, lengths)
        if len(learned.monitor_.history) != steps:
            raise ValueError(f"{key}: {len(learned.monitor_.history)} steps in place of {steps}")
        learned_arrays = {**named(learned), "log_likelihood": learned.score(y, lengths)}
        arrays |= {f"after {steps}.{name}": array for name, array in learned_arrays.items()}
    for name, array in arrays.items():
        store.put(f"{key}.{name}", array)
    apart = difference(model, y, lengths, log_likelihood, posterior)
    return {"key": key, "emission": kind, "lengths": list(lengths), "steps": [1, 10], "differences": {"dynamax": apart}}


def main():
    """All cases, of one sequence and of two."""
    store = Store()
    cases = [case(store, kind, lengths) for kind in EMISSIONS for lengths in (LENGTHS[:1], LENGTHS)]
    cases.append(case(store, "diag", LENGTHS, ordered=True))
    store.write("hidden_markov", ["hmmlearn", "dynamax", "jax", "numpy"], {"convention": CONVENTION, "cases": cases})


if __name__ == "__main__":
    with jax.enable_x64(True):
        main()
