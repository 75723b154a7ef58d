"""Hidden Markov models by brute force: every path through the states, one by one."""

from itertools import pairwise, product

import numpy as np


def log_density(emission, sequence, t, k):
    """log p(y_t | state k, the steps before), for every kind of emission; 0 where a step tells nothing."""
    row, kind = sequence[t], type(emission).__name__
    seen = ~np.isnan(row)
    if kind == "CategoricalEmission":
        return np.log(emission.probabilities[k, int(row[0])]) if seen[0] and row[0] >= 0 else 0.0
    if kind == "DiagonalEmission":
        mean, S = emission.means[k], np.diag(emission.variances[k])
    elif kind == "GaussianEmission":
        mean, S = emission.means[k], emission.covariances[k]
    else:
        if t < emission.lags or np.isnan(sequence[t - emission.lags : t + 1]).any():
            return 0.0
        mean = emission.c[k] + sum(emission.A[k, lag] @ sequence[t - lag - 1] for lag in range(emission.lags))
        S = emission.covariances[k]
    if not seen.any():
        return 0.0
    r, S = (row - mean)[seen], S[np.ix_(seen, seen)]
    return -0.5 * (r @ np.linalg.solve(S, r) + np.log(np.linalg.det(2 * np.pi * S)))


class Enumerated:
    """Everything that the package computes by recursion, as sums over paths."""

    def __init__(self, model, sequences):
        self.model, self.sequences = model, sequences
        self.paths = [self._weighed(sequence) for sequence in sequences]

    def _weighed(self, sequence):
        """Every path and log p(path, y)."""
        model, found = self.model, []
        for path in product(range(model.states), repeat=len(sequence)):
            with np.errstate(divide="ignore"):
                log_p = np.log(model.initial[path[0]])
                for before, after in pairwise(path):
                    log_p += np.log(model.transition[before, after])
                for t, k in enumerate(path):
                    log_p += log_density(model.emission, sequence, t, k)
            found.append((path, log_p))
        return found

    @property
    def log_likelihoods(self):
        return np.array([np.logaddexp.reduce([p for _, p in found]) for found in self.paths])

    def best(self):
        return [max(found, key=lambda one: one[1]) for found in self.paths]

    def smoothed(self):
        made = []
        for sequence, found, total in zip(self.sequences, self.paths, self.log_likelihoods, strict=True):
            gamma = np.zeros((len(sequence), self.model.states))
            for path, log_p in found:
                gamma[np.arange(len(path)), path] += np.exp(log_p - total)
            made.append(gamma)
        return np.concatenate(made)

    def pairs(self):
        xi = np.zeros((self.model.states, self.model.states))
        for found, total in zip(self.paths, self.log_likelihoods, strict=True):
            for path, log_p in found:
                for before, after in pairwise(path):
                    xi[before, after] += np.exp(log_p - total)
        return xi

    def filtered(self):
        """The last posterior of every beginning."""
        return np.concatenate(
            [
                [Enumerated(self.model, [sequence[: t + 1]]).smoothed()[-1] for t in range(len(sequence))]
                for sequence in self.sequences
            ]
        )

    def learned(self):
        """One EM step without floors: starts, transitions, and parameters of the emission by explicit sums."""
        gamma, xi = self.smoothed(), self.pairs()
        starts = np.cumsum([0, *map(len, self.sequences[:-1])])
        initial = gamma[starts].sum(axis=0)
        rows = xi.sum(axis=1, keepdims=True)
        return initial / initial.sum(), xi / rows, getattr(self, "_" + type(self.model.emission).__name__)(gamma)

    def _GaussianEmission(self, gamma):
        emission, y = self.model.emission, np.concatenate(self.sequences)
        means, covariances = [], []
        for k in range(emission.states):
            total, first, second = 0.0, 0.0, 0.0
            for t, row in enumerate(y):
                o, m = ~np.isnan(row), np.isnan(row)
                if not o.any():
                    continue
                mean, S = emission.means[k], emission.covariances[k]
                gain = S[np.ix_(m, o)] @ np.linalg.inv(S[np.ix_(o, o)])
                filled, left = row.copy(), np.zeros_like(S)
                filled[m] = mean[m] + gain @ (row - mean)[o]
                left[np.ix_(m, m)] = S[np.ix_(m, m)] - gain @ S[np.ix_(o, m)]
                total += gamma[t, k]
                first += gamma[t, k] * filled
                second += gamma[t, k] * (np.outer(filled, filled) + left)
            means.append(first / total)
            covariances.append(second / total - np.outer(means[-1], means[-1]))
        return np.array(means), np.array(covariances)

    def _DiagonalEmission(self, gamma):
        y = np.concatenate(self.sequences)
        weights = gamma[:, :, None] * ~np.isnan(y)[:, None]
        means = np.nansum(weights * y[:, None], axis=0) / weights.sum(axis=0)
        return means, np.nansum(weights * (y[:, None] - means) ** 2, axis=0) / weights.sum(axis=0)

    def _CategoricalEmission(self, gamma):
        y = np.concatenate(self.sequences)[:, 0]
        counts = np.zeros_like(self.model.emission.probabilities)
        for t, symbol in enumerate(y):
            if symbol >= 0:
                counts[:, int(symbol)] += gamma[t]
        return (counts / counts.sum(axis=1, keepdims=True),)

    def _AutoregressiveEmission(self, gamma):
        emission, p, F = self.model.emission, self.model.emission.lags, self.model.emission.features
        rows, targets, at, start = [], [], [], 0
        for sequence in self.sequences:
            for t in range(p, len(sequence)):
                if not np.isnan(sequence[t - p : t + 1]).any():
                    rows.append(np.concatenate([[1.0], *(sequence[t - lag] for lag in range(1, p + 1))]))
                    targets.append(sequence[t])
                    at.append(start + t)
            start += len(sequence)
        X, Y = np.array(rows), np.array(targets)
        c, A, covariances = [], [], []
        for k in range(emission.states):
            w = gamma[at, k]
            B = np.linalg.lstsq(np.sqrt(w)[:, None] * X, np.sqrt(w)[:, None] * Y, rcond=None)[0]
            r = Y - X @ B
            c.append(B[0])
            A.append(np.stack([B[1 + lag * F : 1 + (lag + 1) * F].T for lag in range(p)]))
            covariances.append((w[:, None] * r).T @ r / w.sum())
        return np.array(c), np.array(A), np.array(covariances)
