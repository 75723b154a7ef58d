"""A linear recurrence with a prior on its coefficients, and sample paths through it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from unrolled.classical._method import Standard, Values, standardize
from unrolled.classical._recurrence import Recurrence, lagged, undifferenced

__all__ = ["BayesianRecurrence", "RecurrencePosterior"]

_MOST_ITERATIONS = 300
_SETTLED = 1e-6
# Singular values below this share of the largest are taken as zero.
_CUT = 1e-15


@dataclass(frozen=True, eq=False)
class RecurrencePosterior:
    """What :class:`BayesianRecurrence` finds.

    Attributes
    ----------
    mean
        The recurrence with the mean coefficients, as weights on values.
    coefficients
        The mean coefficients on differences, intercept last.
    root
        A square root of their covariance, intercept last, shape ``(lag + 1, lag + 1)``.
    noise
        The standard deviation of one step, in standardized differences.
    difference
        As asked for.
    standard
        Between the series' units and z.
    """

    mean: Recurrence
    coefficients: Float[np.ndarray, " lag_and_intercept"]
    root: Float[np.ndarray, "lag_and_intercept lag_and_intercept"]
    noise: float
    difference: int
    standard: Standard

    def extend(self, history: Values, steps: int) -> Values:
        """The next values by the mean coefficients."""
        return self.mean.extend(history, steps)

    def sample(
        self, history: Values, steps: int, paths: int, generator: np.random.Generator
    ) -> Float[np.ndarray, "path steps"]:
        """Paths through the recursion: coefficients drawn once a path, noise drawn at every step and fed back."""
        drawn = self.coefficients + generator.standard_normal((paths, len(self.root))) @ self.root.T
        weights = undifferenced(drawn[:, :-1], self.difference)
        window = weights.shape[1]
        z = np.empty((paths, window + steps))
        z[:, :window] = self.standard.scale(history[-window:])
        noise = self.noise * generator.standard_normal((paths, steps))
        with np.errstate(all="ignore"):  # what runs off to infinity says so itself
            for step in range(steps):
                newest_first = z[:, step : step + window][:, ::-1]
                z[:, window + step] = np.sum(weights * newest_first, axis=1) + drawn[:, -1] + noise[:, step]
        return self.standard.unscale(z[:, window:])


@dataclass(frozen=True)
class BayesianRecurrence:
    r"""A linear recurrence whose coefficients and noise are the most likely ones under Gaussian priors.

    Precisions :math:`\alpha` of the noise and :math:`\lambda` of the coefficients maximize the evidence:
    with singular values :math:`s_i` and :math:`\gamma = \sum_i \alpha s_i^2 / (\lambda + \alpha s_i^2)`,

    .. math:: \lambda \leftarrow \gamma / |w|^2, \qquad \alpha \leftarrow (n - \gamma) / |b - A w|^2 .

    Attributes
    ----------
    window
        How many lags.
    difference
        The order of the differences that it works on.

    References
    ----------
    MacKay, *Neural Computation* 4 (1992) 415, section 4.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.classical import BayesianRecurrence
    >>> known = 0.8 ** np.arange(12.0)
    >>> bool(abs(BayesianRecurrence(1).fit(known).extend(known, 1)[0] - 0.8**12) < 1e-6)
    True
    """

    window: int
    difference: int = 0

    @property
    def least(self) -> int:
        """Three equations."""
        return self.window + self.difference + 3

    def fit(self, values: Values) -> RecurrencePosterior:
        """The posterior of the coefficients."""
        z, standard = standardize(values)
        shown, targets = lagged(np.diff(z, n=self.difference), self.window)
        centre, middle = shown.mean(axis=0), float(targets.mean())
        U, s, V = np.linalg.svd(shown - centre, full_matrices=len(targets) < self.window)
        U = U[:, : len(s)]
        s[s <= _CUT * s[0]] = 0.0  # rounding is no data
        along = U.T @ (targets - middle)
        rest = float(np.sum((targets - middle - U @ along) ** 2))
        alpha, lam = _evidence(s, along, rest, len(targets))
        scaled = s * along / (s**2 + lam / alpha)
        weights = V[: len(s)].T @ scaled
        # On the centred columns the covariance is (lam + alpha A'A)^-1; directions without data keep the prior's.
        deviations = np.full(self.window, 1 / np.sqrt(lam))
        deviations[: len(s)] = 1 / np.sqrt(lam + alpha * s**2)
        noise = float(1 / np.sqrt(alpha))
        root = np.zeros((self.window + 1, self.window + 1))
        root[:-1, :-1] = V.T * deviations
        root[-1, :-1] = -centre @ root[:-1, :-1]
        root[-1, -1] = noise / np.sqrt(len(targets))
        if not np.any(z):  # a constant series has no spread to measure noise in
            noise, root = 0.0, np.zeros_like(root)
        intercept = middle - float(centre @ weights)
        mean = Recurrence(undifferenced(weights, self.difference), intercept, standard)
        return RecurrencePosterior(mean, np.append(weights, intercept), root, noise, self.difference, standard)


def _evidence(s: np.ndarray, along: np.ndarray, rest: float, rows: int) -> tuple[float, float]:
    """The precisions of noise and coefficients that make the targets most likely."""
    smallest = np.finfo(np.float64).tiny ** 0.25
    alpha, lam = 1 / max((rest + float(along @ along)) / rows, smallest), 1.0
    for _ in range(_MOST_ITERATIONS):
        scaled = s * along / (s**2 + lam / alpha)
        effective = float(np.sum(alpha * s**2 / (lam + alpha * s**2)))
        missed = float(np.sum((along - s * scaled) ** 2)) + rest
        before = alpha
        lam = min(effective / max(float(scaled @ scaled), smallest), 1e30) or 1e30
        alpha = min((rows - effective) / max(missed, smallest), 1e30)
        if abs(alpha - before) < _SETTLED * alpha:
            break
    return alpha, lam
