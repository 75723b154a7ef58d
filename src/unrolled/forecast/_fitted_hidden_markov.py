"""Hidden Markov models that have learned a series: mixtures of what may come, and the regimes behind what came."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import numpy as np
from jaxtyping import Float, Int

from unrolled.errors import InputError, TrainingError
from unrolled.forecast._continued import checked_history, checked_horizon, first_settled, require_moderate_columns
from unrolled.forecast._forecast import Band, Forecast, OneStep
from unrolled.learn import History
from unrolled.networks import member_keys
from unrolled.series import Series, appended, frame_from_columns
from unrolled.statespace import (
    HiddenMarkov,
    HiddenMarkovForecast,
    expect_one_step,
    forecast_hidden_markov,
    forward_backward,
    sample_future,
    viterbi,
)
from unrolled.windows import Scaler

if TYPE_CHECKING:
    from unrolled.forecast._hidden_markov import HiddenMarkovForecaster

__all__ = ["FittedHiddenMarkov", "Regimes"]

_MOST_DRAWN = 50_000_000
_ENOUGH = 4_000  # sample paths for quantiles


@dataclass(frozen=True, eq=False)
class Regimes:
    """Which hidden state a series was in.

    Attributes
    ----------
    series
        The known values.
    probabilities
        Of every state at every row, given all rows; columns are states.
    path
        The most probable whole course of the states.
    """

    series: Series
    probabilities: Float[np.ndarray, "time state"]
    path: Int[np.ndarray, " time"]

    def columns(self) -> dict[str, Any]:
        """x, the state on the path, and the probability of every state (``p-0``, ``p-1``, ...), by name."""
        calendar = self.series.calendar
        x = [calendar.format(v) for v in self.series.x] if calendar else self.series.x
        shares = {f"p-{k}": column for k, column in enumerate(self.probabilities.T)}
        return {self.series.x_name: x, "state": self.path, **shares}

    def to_frame(self, kind: str | None = None) -> Any:
        """The table as a data frame of the library that the series came from, or of ``kind``."""
        return frame_from_columns(self.columns(), kind or self.series.frame or "pandas")


@dataclass(frozen=True, eq=False)
class FittedHiddenMarkov:
    """A hidden Markov model that has learned a series.

    Attributes
    ----------
    model
        What was asked for.
    series
        The known part, from whose end it continues; values may be missing.
    chain
        The model of the scaled values; its states are in the order of their mean.
    scaler
        Of the values.
    notes
        Sentences that a user should read before believing the forecast.
    """

    model: HiddenMarkovForecaster
    series: Series
    chain: HiddenMarkov
    scaler: Scaler
    notes: tuple[str, ...] = ()

    @property
    def history(self) -> History | None:
        """No losses by epoch."""
        return None

    def predict(self, horizon: int | None = None, *, x: Any = None, history: Any = None) -> Forecast:
        """Continue the series: the mean of the mixture, its quantiles, and sample paths.

        Parameters
        ----------
        horizon
            How many steps beyond the last row.
        x
            Not taken: the places are the next ones.
        history
            Continue from the end of this series, which may have gaps, in place of the known one.

        Raises
        ------
        InputError
            A horizon below 1 or too long for so many paths, a history that does not fit, an ``x``.
        TrainingError
            Recurrences that grow ran off to infinity.
        """
        steps = checked_horizon(horizon, x)
        known = self.series if history is None else self._checked(history)
        places, z = known.future_x(steps), self.scaler.scale(known.values)
        found = forecast_hidden_markov(self.chain, z, steps)
        paths = self._paths(z, steps)
        assert found.mean is not None
        whole = np.isfinite(found.mean).all(axis=1) & np.isfinite(paths).all(axis=(0, 2))
        if not whole.all():
            raise TrainingError(
                f"the continuation ran off to infinity at step {int(np.argmin(whole)) + 1}; lower the horizon, or take "
                "another emission."
            )
        mean, members = self.scaler.unscale(found.mean), self.scaler.unscale(paths[: self.model.members])
        return Forecast(places, members, known, centre=mean, bands=self._bands(found, paths))

    def one_step(self, data: Any = None) -> OneStep:
        """Predict known values from those before each; rows whose lags are not known are left out."""
        known = self.series if data is None else self._checked(data)
        mean, there = expect_one_step(self.chain, self.scaler.scale(known.values))
        rows = np.flatnonzero(there & (np.arange(len(known)) >= first_settled(known, self.model.window)))
        return OneStep(known.x[rows], rows, self.scaler.unscale(mean[rows])[None], known.values[rows])

    def regimes(self, history: Any = None) -> Regimes:
        """The hidden states at every known row, given all of them.

        Parameters
        ----------
        history
            Of this series in place of the known one.

        Examples
        --------
        >>> import unrolled
        >>> fitted = unrolled.model("hidden-markov").fit([0.0, 0.1, 0.0, 0.1, 5.0, 5.1, 5.0, 5.1])
        >>> regimes = fitted.regimes()
        >>> regimes.path.tolist(), list(regimes.columns())
        ([0, 0, 0, 0, 1, 1, 1, 1], ['x', 'state', 'p-0', 'p-1'])
        """
        known = self.series if history is None else self._checked(history)
        z = self.scaler.scale(known.values)
        return Regimes(known, forward_backward(self.chain, z).smoothed, viterbi(self.chain, z)[0])

    def update(self, value: Any, x: float | None = None) -> FittedHiddenMarkov:
        """The same model after one more row became known; NaN where a value did not."""
        longer = appended(self.series, value, x, gaps=True)
        require_moderate_columns(longer)
        return replace(self, series=longer)

    def save(self, folder: str | Path) -> Path:
        """Write the model to a new or empty folder; :func:`unrolled.load` reads it back."""
        from unrolled.forecast._saved_hidden_markov import save_hidden_markov

        return save_hidden_markov(self, folder)

    def _paths(self, z: Float[np.ndarray, "time feature"], steps: int) -> Float[np.ndarray, "path horizon feature"]:
        """Sample paths: the members, and as many more as quantiles of recurrences take."""
        most = _MOST_DRAWN // (steps * z.shape[1])
        if most < self.model.members:
            raise InputError(
                f"{self.model.members} sample paths of {steps} steps take too much memory; lower one of them."
            )
        count = max(self.model.members, min(_ENOUGH, most)) if self._sampled else self.model.members
        key = jax.random.fold_in(member_keys(self.model.seed, 1)[0], 1)
        return sample_future(self.chain, z, steps, count, key=key)

    def _bands(self, found: HiddenMarkovForecast, paths: Float[np.ndarray, "path _ _"]) -> tuple[Band, ...]:
        shares = [0.5 + side * level / 200 for level in self.model.levels for side in (-1, 1)]
        if not shares:
            return ()
        scaled = np.quantile(paths, shares, axis=0) if self._sampled else found.quantiles(shares)
        edges = self.scaler.unscale(scaled)
        return tuple(Band(level, *edges[2 * i : 2 * i + 2]) for i, level in enumerate(self.model.levels))

    @property
    def _sampled(self) -> bool:
        """Whether quantiles are those of paths."""
        return self.model.emission == "autoregressive"

    def _checked(self, data: Any) -> Series:
        known = checked_history(data, self.series, self.model.window, gaps=True)
        require_moderate_columns(known)
        return known
