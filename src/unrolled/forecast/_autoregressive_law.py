"""The algebra of vector autoregressions: least squares, forecasts and the covariance of their errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from unrolled.forecast._recurrent_blocks import BLOCK, continued

__all__ = ["AutoregressiveLaw", "Future", "fit_autoregression", "least_rows"]

# Singular values below this share of the largest are rounding.
_CUT = 1e-14


@dataclass(frozen=True, eq=False)
class Future:
    """A Gaussian forecast.

    Attributes
    ----------
    mean
        Shape ``(horizon, feature)``.
    covariance
        Of the error at every step, shape ``(horizon, feature, feature)``.
    """

    mean: Float[np.ndarray, "horizon feature"]
    covariance: Float[np.ndarray, "horizon feature feature"]


@dataclass(frozen=True, eq=False)
class AutoregressiveLaw:
    """``y_t = c + sum_l A_l y_{t-l} + e_t`` with Gaussian e_t.

    Attributes
    ----------
    A
        Shape ``(lag, feature, feature)``, ``A[l - 1]`` weighs the values l steps ago.
    c
        The intercept.
    covariance
        Of e_t.
    root
        R, where the coefficients of every feature, newest lag first and the intercept last, have the covariance
        ``R R^T`` times that of e_t; zero where they are known.
    """

    A: Float[np.ndarray, "lag feature feature"]
    c: Float[np.ndarray, " feature"]
    covariance: Float[np.ndarray, "feature feature"]
    root: Float[np.ndarray, "coefficient coefficient"]

    def one_step(self, values: Float[np.ndarray, "time feature"]) -> Float[np.ndarray, "row feature"]:
        """The expected value of every row that has all its lags before it."""
        return _lags(values, len(self.A))[:-1] @ self._stacked() + self.c

    def expect(
        self, windows: Float[np.ndarray, "origin lag feature"], steps: int
    ) -> Float[np.ndarray, "origin steps feature"]:
        """The next values after each of these windows, predictions fed back."""
        shape = (windows.shape[2], len(windows))

        def intercept(_: int, count: int) -> np.ndarray:
            return np.broadcast_to(self.c[:, None], (count, *shape))

        recent = windows[:, ::-1].transpose(1, 2, 0)
        with np.errstate(all="ignore"):  # what runs off to infinity says so itself
            return np.concatenate([*continued(self.A, recent, intercept, steps)]).transpose(2, 0, 1)

    def noise(self, steps: int) -> Float[np.ndarray, "steps feature feature"]:
        r"""The covariance of the errors at every step where the coefficients are known.

        :math:`\sum_{i<h} \Phi_i \Sigma \Phi_i^T` with :math:`\Phi_0 = 1`, :math:`\Phi_i = \sum_l A_l \Phi_{i-l}`, since
        the error at step h is :math:`\sum_{i<h} \Phi_i e_{T+h-i}`.
        """
        G = _square_root(self.covariance)

        def first_alone(start: int, count: int) -> np.ndarray:
            return np.where(np.arange(start, start + count)[:, None, None] == 0, G, 0.0)

        with np.errstate(all="ignore"):
            parts = continued(self.A, np.zeros((len(self.A), *G.shape)), first_alone, steps)
            return np.cumsum(np.concatenate([part @ part.transpose(0, 2, 1) for part in parts]), axis=0)

    def extend(self, history: Float[np.ndarray, "time feature"], steps: int) -> Future:
        r"""The next values, and the covariance of their errors, those of the coefficients included.

        These add, to first order, :math:`E_h E_h^T`: :math:`z_h` being the lags before step h and 1,
        :math:`E_h = \sum_l A_l E_{h-l} + G \otimes z_h R` with :math:`G G^T = \Sigma`.
        """
        lag = len(self.A)
        window = history[len(history) - lag :]
        mean = self.expect(window[None], steps)[0]
        covariance = self.noise(steps)
        if self.root.any():
            covariance = covariance + self._drift(np.concatenate([window, mean]), steps)
        return Future(mean, covariance)

    def _drift(self, y: Float[np.ndarray, "time feature"], steps: int) -> Float[np.ndarray, "steps feature feature"]:
        """``E_h E_h^T`` of every step."""
        lag, G = len(self.A), _square_root(self.covariance)
        padded = np.pad(y, ((0, BLOCK), (0, 0)))

        def moved(start: int, count: int) -> np.ndarray:
            columns = _lags(padded[start : start + count + lag - 1], lag)
            z = np.pad(columns, ((0, 0), (0, 1)), constant_values=1.0) @ self.root
            return np.einsum("ij,hk->hijk", G, z).reshape(count, len(G), -1)

        with np.errstate(all="ignore"):
            parts = continued(self.A, np.zeros((lag, len(G), len(G) * len(self.root))), moved, steps)
            return np.concatenate([part @ part.transpose(0, 2, 1) for part in parts])

    def _stacked(self) -> Float[np.ndarray, "column feature"]:
        """What a row of lags, newest first, is multiplied with."""
        return np.concatenate([weights.T for weights in self.A])


def least_rows(window: int, features: int) -> int:
    """The fewest known values that leave one degree of freedom to measure the noise with.

    Of n values ``n - window`` are targets, of which each feature spends ``window features + 1`` on coefficients.
    """
    return window * (features + 1) + 2


def fit_autoregression(values: Float[np.ndarray, "time feature"], window: int, ridge: float = 0.0) -> AutoregressiveLaw:
    r"""Least squares for the coefficients, and the unbiased covariance of the noise.

    The centred lags are :math:`U s V^T`; coefficients are :math:`V \frac{s}{s^2 + r} U^T y`, and with the residuals
    :math:`e` of n rows :math:`\Sigma = e^T e / (n - 1 - \sum s^2 / (s^2 + r))`. Normal equations, which square the
    condition number, are not formed.

    Parameters
    ----------
    values
        At least :func:`least_rows` of them, of size 1 or so.
    window
        How many lags.
    ridge
        r, added to the squares of the singular values.
    """
    features = values.shape[1]
    columns, targets = _lags(values, window)[:-1], values[window:]
    middle, mean = columns.mean(axis=0), targets.mean(axis=0)
    wide = columns.shape[1]
    # The factor R holds all that is needed of the rows: singular values, projections and residuals.
    R = np.asarray(np.linalg.qr(np.hstack([columns - middle, targets - mean]), mode="r"))
    U, s, Vt = np.linalg.svd(R[:, :wide], full_matrices=False)
    seen = s > _CUT * max(s[0], np.finfo(float).tiny)
    inverse = np.where(seen, s, 0.0) / np.where(seen, s**2 + ridge, 1.0)
    B = Vt.T @ (inverse[:, None] * (U.T @ R[:, wide:]))
    residual = R[:, wide:] - R[:, :wide] @ B
    freedom = len(columns) - 1 - float(np.sum(inverse * s))
    covariance = residual.T @ residual / freedom
    root = np.zeros((wide + 1, wide + 1))
    root[:-1, : len(s)] = Vt.T * np.sqrt(np.where(seen, 1.0, 0.0) / np.where(seen, s**2 + ridge, 1.0))
    root[-1, :-1], root[-1, -1] = -middle @ root[:-1, :-1], 1 / np.sqrt(len(columns))
    A = B.reshape(window, features, features).transpose(0, 2, 1)
    return AutoregressiveLaw(A, mean - middle @ B, covariance, root)


def _lags(values: Float[np.ndarray, "time feature"], window: int) -> Float[np.ndarray, "row column"]:
    """The last values up to every row that has so many, newest first."""
    shown = np.lib.stride_tricks.sliding_window_view(values, window, axis=0)[:, :, ::-1]
    return shown.transpose(0, 2, 1).reshape(len(shown), -1)


def _square_root(covariance: Float[np.ndarray, "feature feature"]) -> Float[np.ndarray, "feature feature"]:
    """G with ``G G^T`` the covariance, which may be singular."""
    size, vectors = np.linalg.eigh(covariance)
    return vectors * np.sqrt(np.maximum(size, 0.0))
