"""Small systems, and what is true of them by dense matrices."""

import numpy as np

from unrolled.statespace import LinearGaussian


def covariance(generator, n, scale=1.0):
    root = generator.normal(size=(n, n))
    return scale * (root @ root.T / n + 0.1 * np.eye(n))


def system(seed=0, units=3, features=2, inputs=0, biases=True):
    """A stable system with full matrices."""
    g = np.random.default_rng(seed)
    W = g.normal(size=(units, units))
    W *= 0.9 / np.max(np.abs(np.linalg.eigvals(W)))
    beside = {"b": g.normal(size=units), "c": g.normal(size=features)} if biases else {}
    if inputs:
        beside |= {"U": g.normal(size=(units, inputs)), "D": g.normal(size=(features, inputs))}
    return LinearGaussian(
        W, g.normal(size=(features, units)), covariance(g, units, 0.5), covariance(g, features), g.normal(size=units),
        covariance(g, units, 2.0), **beside,
    )  # fmt: skip


def part(model, name, shape):
    value = getattr(model, name)
    return np.zeros(shape) if value is None else value


def joint(model, steps, inputs=None):
    """Mean and covariance of all states, and the matrices that make all observations of them, as dense arrays."""
    n, p = model.units, model.features
    x = np.zeros((steps, 0)) if inputs is None else inputs
    U, D = part(model, "U", (n, x.shape[1])), part(model, "D", (p, x.shape[1]))
    b, c = part(model, "b", n), part(model, "c", p)
    # h = L (first state, noise): the joint covariance by one product.
    L = np.zeros((steps * n, steps * n))
    mean = np.zeros((steps, n))
    for t in range(steps):
        mean[t] = model.m if t == 0 else model.W @ mean[t - 1] + U @ x[t] + b
        for s in range(t + 1):
            L[t * n : (t + 1) * n, s * n : (s + 1) * n] = np.linalg.matrix_power(model.W, t - s)
    noise = np.kron(np.eye(steps), model.Q)
    noise[:n, :n] = model.P
    H = np.kron(np.eye(steps), model.V)
    y_mean = (mean @ model.V.T + x @ D.T + c).ravel()
    return mean.ravel(), L @ noise @ L.T, H, y_mean, np.kron(np.eye(steps), model.R)


def conditioned(model, y, inputs=None, until=None):
    """Mean and covariance of all states given the observations of the first steps, and their log-density."""
    y = np.asarray(y, float)
    steps = len(y)
    mean, P, H, y_mean, R = joint(model, steps, inputs)
    known = y.copy()
    known[steps if until is None else until :] = np.nan
    seen = ~np.isnan(known.ravel())
    H, S = H[seen], (H @ P @ H.T + R)[np.ix_(seen, seen)]
    surprise = known.ravel()[seen] - y_mean[seen]
    K = np.linalg.solve(S, H @ P).T
    density = -0.5 * (surprise @ np.linalg.solve(S, surprise) + np.linalg.slogdet(2 * np.pi * S)[1])
    return mean + K @ surprise, P - K @ H @ P, density


def blocks(mean, P, steps):
    """The same by step: means, covariances, covariances of neighbours."""
    n = len(mean) // steps
    cut = P.reshape(steps, n, steps, n)
    cross = np.array([cut[t + 1, :, t] for t in range(steps - 1)])
    return mean.reshape(steps, n), np.array([cut[t, :, t] for t in range(steps)]), cross


def observations(seed, steps, features, missing=0.0):
    g = np.random.default_rng(seed)
    y = g.normal(size=(steps, features))
    y[g.uniform(size=y.shape) < missing] = np.nan
    return y


def complete(model, y, inputs=None):
    """States and observations together, given what was seen: mean and covariance of all of them, dense."""
    mean, P, H, y_mean, R = joint(model, len(y), inputs)
    both = np.concatenate([mean, y_mean])
    S = np.block([[P, P @ H.T], [H @ P, H @ P @ H.T + R]])
    seen = np.concatenate([np.zeros(len(mean), bool), ~np.isnan(np.ravel(y))])
    K = np.linalg.solve(S[np.ix_(seen, seen)], S[seen]).T
    return both + K @ (np.ravel(y)[seen[len(mean) :]] - both[seen]), S - K @ S[seen]


def em_step(model, sequences, inputs=None):
    """One step of expectation-maximization by dense matrices: every part learned, missing values completed."""
    n, p = model.units, model.features
    k = 0 if inputs is None else inputs[0].shape[1]
    states, seen_steps, starts = [], [], []  # each entry: E[(a, z) (a, z)^T]
    for i, y in enumerate(sequences):
        x = np.zeros((len(y), 0)) if inputs is None else inputs[i]
        mean, C = complete(model, y, None if inputs is None else x)
        place = len(y) * n

        def product(rows, x, mean=mean, C=C):
            """Of some of the components, then the inputs and a 1."""
            first = np.concatenate([mean[rows], x, [1.0]])
            second = np.outer(first, first)
            second[: len(rows), : len(rows)] += C[np.ix_(rows, rows)]
            return second

        h = [np.arange(t * n, (t + 1) * n) for t in range(len(y))]
        states += [product(np.r_[h[t], h[t - 1]], x[t]) for t in range(1, len(y))]
        for t in range(len(y)):
            if not np.isnan(y[t]).all():
                seen_steps.append(product(np.r_[place + t * p : place + (t + 1) * p, h[t]], x[t]))
        starts.append(product(h[0], x[0][:0]))
    found = {}
    for names, noise, rows, sums in (("WUb", "Q", n, states), ("VDc", "R", p, seen_steps), (" _m", "P", n, starts)):
        mean = np.mean(sums, axis=0)
        weights = np.linalg.solve(mean[rows:, rows:], mean[rows:, :rows]).T
        found[noise] = mean[:rows, :rows] - weights @ mean[rows:, :rows]
        width = mean.shape[0] - rows - 1 - (k if names != " _m" else 0)
        found |= dict(zip(names, np.split(weights, [width, weights.shape[1] - 1], axis=1), strict=True))
    return found
