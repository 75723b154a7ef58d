"""Small hidden Markov models of every kind."""

import numpy as np

from unrolled.statespace import (
    AutoregressiveEmission,
    CategoricalEmission,
    DiagonalEmission,
    GaussianEmission,
    HiddenMarkov,
)

RNG = np.random.default_rng(4)
CHAINS = {
    1: (np.ones(1), np.ones((1, 1))),
    2: (np.array([0.7, 0.3]), np.array([[0.8, 0.2], [0.35, 0.65]])),
    3: (np.array([0.0, 0.6, 0.4]), np.array([[0.5, 0.5, 0.0], [0.1, 0.7, 0.2], [0.3, 0.3, 0.4]])),
}


def covariances(states, features):
    roots = RNG.normal(size=(states, features, features))
    return roots @ roots.transpose(0, 2, 1) + 0.3 * np.eye(features)


def model_of(kind, states, features=2, lags=1):
    emission = {
        "gaussian": lambda: GaussianEmission(RNG.normal(size=(states, features)), covariances(states, features)),
        "diagonal": lambda: DiagonalEmission(
            RNG.normal(size=(states, features)), RNG.uniform(0.3, 2, (states, features))
        ),
        "categorical": lambda: CategoricalEmission(RNG.dirichlet(np.ones(3), states)),
        "autoregressive": lambda: AutoregressiveEmission(
            RNG.normal(size=(states, features)), 0.4 * RNG.normal(size=(states, lags, features, features)),
            covariances(states, features),
        ),
    }[kind]()  # fmt: skip
    return HiddenMarkov(*CHAINS[states], emission)


TWO = HiddenMarkov(
    np.array([0.5, 0.5]),
    np.array([[0.9, 0.1], [0.1, 0.9]]),
    GaussianEmission(np.array([[0.0], [5.0]]), np.ones((2, 1, 1))),
)
