"""Linear autoregression with Gaussian noise, and exact intervals at every horizon."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
from jaxtyping import Float

from unrolled.arguments import require_flag, require_number, require_whole
from unrolled.errors import InputError, TrainingError
from unrolled.forecast._autoregressive_law import AutoregressiveLaw, Future, fit_autoregression, least_rows
from unrolled.forecast._continued import checked_history, checked_horizon, require_levels
from unrolled.forecast._forecast import Band, Forecast, OneStep
from unrolled.forecast._notes import notes
from unrolled.forecast._order_choice import choose_order
from unrolled.learn import History, Watch
from unrolled.series import Series, appended, as_series
from unrolled.windows import Scaler, fit_scaler

__all__ = ["FittedAutoregression", "LinearAutoregression"]

_MOST_LAGS = 1_000


@dataclass(frozen=True)
class LinearAutoregression:
    r"""A linear autoregression, all features together, whose noise is Gaussian.

    .. math:: y_t = c + \sum_{l=1}^{p} A_l\, y_{t-l} + e_t, \qquad e_t \sim N(0, \Sigma) .

    Least squares by singular values for c and A, the unbiased covariance for :math:`\Sigma`. The forecast is the
    expectation; its error at step h has the covariance :math:`\sum_{i<h} \Phi_i \Sigma \Phi_i^T` with
    :math:`\Phi_0 = 1`, :math:`\Phi_i = \sum_l A_l \Phi_{i-l}`, which is exact where the coefficients are. Those of n
    values are not: with :math:`X` the regression's rows, their covariance is :math:`\Sigma \otimes (X^T X)^{-1}`, and
    to first order they add :math:`J_h (\Sigma \otimes (X^T X)^{-1}) J_h^T`, :math:`J_h` being the derivative of the
    forecast by the coefficients.

    Attributes
    ----------
    window
        p, or ``"auto"``: chosen on rolling origins inside the known part.
    ridge
        Added to the squares of the singular values, of standardized values.
    levels
        Of the intervals, in percent.
    uncertain
        Whether the intervals count the uncertainty of the coefficients.
    seed
        Nothing here is random.
    name
        For tables and the report.

    References
    ----------
    H. Lütkepohl, *New Introduction to Multiple Time Series Analysis* (Springer, 2005), equations 2.2.11 and 3.5.9.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.forecast import LinearAutoregression
    >>> noise = np.random.default_rng(0).normal(size=400)
    >>> y = np.zeros(400)
    >>> for t in range(1, 400):
    ...     y[t] = 0.8 * y[t - 1] + noise[t]
    >>> forecast = LinearAutoregression(window=1).fit(y).predict(50)
    >>> half = (forecast.bands[0].upper - forecast.mean)[:, 0]
    >>> bool(abs(half[0] - 1) < 0.1), bool(abs(half[-1] - 1 / np.sqrt(1 - 0.8**2)) < 0.3)
    (True, True)
    """

    window: int | str = "auto"
    ridge: float = 0.0
    levels: tuple[float, ...] = (68.0, 95.0)
    uncertain: bool = True
    seed: int = 0
    name: str = "linear-autoregression"

    @property
    def target(self) -> str:
        """The next value from those before."""
        return "window"

    def check_settings(self) -> None:
        """Raise an :class:`InputError` that names the setting, if one is out of range for every series."""
        if isinstance(self.window, str):
            if self.window != "auto":
                raise InputError(f"window must be a whole number, or 'auto'; came {self.window!r}.")
        else:
            require_whole("window", self.window, 1, _MOST_LAGS)
        require_number("ridge", self.ridge, least=0.0)
        require_levels(self.levels)
        require_flag("uncertain", self.uncertain)
        require_whole("seed", self.seed, 0, 2**63 - 1)

    def check(self, known: Series) -> None:
        """Raise an :class:`InputError` if this model could not learn that series; takes no time."""
        self.check_settings()
        points, features = known.values.shape
        window = 1 if isinstance(self.window, str) else self.window
        least = least_rows(window, features)
        if points < least:
            longest = (points - 2) // (features + 1)
            advice = f"; use a window of at most {longest}" if longest > 0 else ""
            raise InputError(
                f"{self.name} with a window of {window} on {features} feature{'s' * (features > 1)} takes at least "
                f"{least} known points; {known.name} has {points}{advice}."
            )
        known.require_even()

    def fit(self, data: Any, *, watch: Watch | None = None) -> FittedAutoregression:
        """Learn a series.

        Parameters
        ----------
        data
            A :class:`~unrolled.series.Series`, an array, a data frame, or the path of a file.
        watch
            Not called: nothing is iterated.

        Raises
        ------
        InputError
            A setting is out of range, or the series does not suit the model.
        """
        del watch
        known = as_series(data)
        self.check(known)
        scaler = fit_scaler(known.values, "standard")
        z = scaler.scale(known.values)
        if not np.isfinite(z).all():
            raise InputError("the values are too large for their spread to be known; scale the data.")
        window = choose_order(z, self.ridge) if isinstance(self.window, str) else self.window
        law = fit_autoregression(z, window, self.ridge)
        return FittedAutoregression(replace(self, window=window), known, law, scaler, len(known))

    def describe(self, features: int) -> dict[str, Any]:
        """The settings as plain data, for the report."""
        learned = None if isinstance(self.window, str) else (self.window * features + 1) * features
        return asdict(self) | {
            "levels": list(self.levels),
            "network": "linear",
            "learner": {"kind": "least squares"},
            "parameters": learned,
        }


@dataclass(frozen=True, eq=False)
class FittedAutoregression:
    """A linear autoregression that has learned a series.

    Attributes
    ----------
    model
        The settings, with the window that was chosen.
    series
        The known part, from whose end it continues.
    law
        Coefficients and noise, of standardized values.
    scaler
        Between the series' units and these.
    learned
        How many leading rows were learned.
    """

    model: LinearAutoregression
    series: Series
    law: AutoregressiveLaw
    scaler: Scaler
    learned: int

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should know before believing the forecast."""
        return notes(self.series, raw=False)

    @property
    def history(self) -> History | None:
        """Nothing is iterated."""
        return None

    @property
    def window(self) -> int:
        """How many lags."""
        return len(self.law.A)

    @property
    def A(self) -> Float[np.ndarray, "lag feature feature"]:
        """The coefficients, in the series' units."""
        width = self.scaler.width
        return self.law.A * (width[:, None] / width)

    @property
    def c(self) -> Float[np.ndarray, " feature"]:
        """The intercept, in the series' units."""
        return self.scaler.unscale(self.law.c) - self.A.sum(axis=0) @ self.scaler.offset

    @property
    def covariance(self) -> Float[np.ndarray, "feature feature"]:
        """Of the noise of a step, in the series' units."""
        return self.law.covariance * np.multiply.outer(self.scaler.width, self.scaler.width)

    def predict(self, horizon: int | None = None, *, x: Any = None, history: Any = None) -> Forecast:
        """Continue the series, with intervals.

        Parameters
        ----------
        horizon
            How many steps beyond the last known one.
        x
            Not taken: the places are the next ones.
        history
            Continue from the end of this series.

        Raises
        ------
        InputError
            A horizon below 1, a history that does not fit, an ``x``.
        TrainingError
            The continuation ran off to infinity.
        """
        steps = checked_horizon(horizon, x)
        known = self._history(history)
        future = self._future(known, steps)
        with np.errstate(over="ignore"):
            mean = self.scaler.unscale(future.mean)
            deviation = np.sqrt(np.einsum("hii->hi", future.covariance)) * self.scaler.width
        finite = np.isfinite(mean + deviation).all(axis=1)
        if not finite.all():
            raise TrainingError(
                f"the continuation by {self.model.name} ran off to infinity at step {int(np.argmin(finite)) + 1}; "
                "lower the horizon or the window."
            )
        bands = tuple(_band(level, mean, deviation) for level in self.model.levels)
        return Forecast(known.future_x(steps), mean[None], known, bands=bands)

    def one_step(self, data: Any = None) -> OneStep:
        """Predict known values from the true values before each."""
        known = self._history(data)
        made = self.scaler.unscale(self.law.one_step(self.scaler.scale(known.values)))
        rows = np.arange(self.window, len(known))
        return OneStep(known.x[rows], rows, made[None], known.values[rows])

    def update(self, value: Any, x: float | None = None) -> FittedAutoregression:
        """The same coefficients after one more value became known."""
        return replace(self, series=appended(self.series, value, x))

    def save(self, folder: str | Path) -> Path:
        """Write settings and series to a new or empty folder; :func:`unrolled.load` finds the same coefficients."""
        from unrolled.forecast._saved_autoregression import save_autoregression

        return save_autoregression(self, folder)

    def _history(self, data: Any) -> Series:
        return self.series if data is None else checked_history(data, self.series, self.window)

    def _future(self, known: Series, steps: int) -> Future:
        law = self.law if self.model.uncertain else replace(self.law, root=np.zeros_like(self.law.root))
        return law.extend(self.scaler.scale(known.values[-self.window :]), steps)


def _band(
    level: float, mean: Float[np.ndarray, "horizon feature"], deviation: Float[np.ndarray, "horizon feature"]
) -> Band:
    """Where a normal distribution has that share, in percent, in the middle."""
    half = NormalDist().inv_cdf(0.5 + level / 200) * deviation
    return Band(level, mean - half, mean + half)
