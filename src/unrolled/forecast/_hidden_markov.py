"""Hidden Markov models as estimators: a series that goes from one regime to another."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import jax
import numpy as np

from unrolled.arguments import require_whole
from unrolled.errors import InputError, nearest_name
from unrolled.forecast._continued import fewest_known, require_levels, require_moderate_columns
from unrolled.forecast._fitted_hidden_markov import FittedHiddenMarkov
from unrolled.forecast._notes import notes
from unrolled.learn import Watch
from unrolled.networks import member_keys
from unrolled.series import Series, as_series
from unrolled.statespace import learn_hidden_markov
from unrolled.windows import Scaler

__all__ = ["HiddenMarkovForecaster"]

_EMISSIONS = ("gaussian", "diagonal", "autoregressive")
_MOST_STATES, _MOST_LAGS, _MOST_RESTARTS, _MOST_ITERATIONS, _MOST_MEMBERS = 100, 100, 1_000, 100_000, 10_000


@dataclass(frozen=True)
class HiddenMarkovForecaster:
    """A chain of hidden states, each with a distribution of values or a linear recurrence of its own.

    ``P(s_t | s_{t-1})`` is learned with what every state says, by expectation-maximization from several starts. The
    forecast is the mixture over the states that may come, with its exact mean; its bounds are quantiles of that
    mixture, and of sample paths where states are recurrences. Values may be missing.

    Attributes
    ----------
    states
        How many.
    emission
        What a state says: ``"gaussian"`` (all features together), ``"diagonal"`` (each by itself),
        ``"autoregressive"`` (a linear recurrence, and noise).
    lags
        Of the recurrences, one if left out; the others have none.
    restarts, iterations
        Starts, and steps of expectation-maximization at most.
    members
        How many sample paths a forecast holds.
    levels
        Of the bounds, in percent.
    seed
        Decides starts and sample paths.
    name
        For tables and the report.

    References
    ----------
    L. R. Rabiner, Proceedings of the IEEE 77 (1989) 257; J. D. Hamilton, Econometrica 57 (1989) 357.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.forecast import HiddenMarkovForecaster
    >>> y = np.tile([0.0] * 10 + [1.0] * 10, 4) + 0.05 * np.sin(np.arange(80.0) ** 2)
    >>> fitted = HiddenMarkovForecaster(states=2).fit(y)
    >>> fitted.regimes().path[:20].tolist() == [0] * 10 + [1] * 10
    True
    """

    states: int = 2
    emission: str = "gaussian"
    lags: int | None = None
    restarts: int = 5
    iterations: int = 300
    members: int = 100
    levels: tuple[float, ...] = (68.0, 95.0)
    seed: int = 0
    name: str = "hidden-markov"

    @property
    def target(self) -> str:
        """The next value from those before."""
        return "window"

    @property
    def window(self) -> int:
        """How many known values a prediction needs before it."""
        return 1 if self.lags is None else self.lags

    @property
    def takes_gaps(self) -> bool:
        """Missing values are missing, and nothing else."""
        return True

    def check_settings(self) -> None:
        """Raise an :class:`InputError` that names the setting, if one is out of range for every series."""
        require_whole("states", self.states, 1, _MOST_STATES)
        if self.emission not in _EMISSIONS:
            raise nearest_name("emission", self.emission, _EMISSIONS)
        if self.lags is not None:
            require_whole("lags", self.lags, 1, _MOST_LAGS)
            if self.emission != "autoregressive":
                raise InputError(
                    f"lags says nothing to states whose emission is {self.emission}; leave it out, or take "
                    "emission=autoregressive."
                )
        require_whole("restarts", self.restarts, 1, _MOST_RESTARTS)
        require_whole("iterations", self.iterations, 1, _MOST_ITERATIONS)
        require_whole("members", self.members, 1, _MOST_MEMBERS)
        require_levels(self.levels)
        require_whole("seed", self.seed, 0, 2**63 - 1)

    def check(self, known: Series) -> None:
        """Raise an :class:`InputError` if this model could not learn that series; takes no time."""
        self.check_settings()
        recurrent = self.emission == "autoregressive"
        least = 2 * self.states
        name, count = (known.name, _complete(known, self.window)) if recurrent else fewest_known(known)
        if count < least:
            what = f"rows known with the {self.window} before each" if recurrent else "known values"
            raise InputError(f"{self.name} takes at least {least} {what} for {self.states} states; {name} has {count}.")
        known.require_even()
        require_moderate_columns(known)
        if recurrent and np.isnan(known.values[-self.window :]).any():
            raise InputError(
                f"the last {self.window} rows of {known.name} must be known for recurrences to go on from; take fewer "
                "lags, or emission=gaussian."
            )

    def fit(self, data: Any, *, watch: Watch | None = None) -> FittedHiddenMarkov:
        """Learn a series.

        Parameters
        ----------
        data
            A :class:`~unrolled.series.Series`, an array, a data frame, or the path of a file; NaN or an empty cell is a
            value that is missing.
        watch
            Not called: the program runs to its end.

        Raises
        ------
        InputError
            A setting is out of range, or the series does not suit the model.
        TrainingError
            No start ended with a finite likelihood.
        """
        del watch
        known = as_series(data, gaps=True)
        self.check(known)
        scaler = _scaler(known.values)
        learned = learn_hidden_markov(
            scaler.scale(known.values), states=self.states, emission=self.emission, lags=self.window,
            restarts=self.restarts, iterations=self.iterations, key=member_keys(self.seed, 1)[0],
        )  # fmt: skip
        chain = jax.tree.map(np.asarray, learned.model)
        return FittedHiddenMarkov(self, known, chain, scaler, (*notes(known, raw=False), *learned.notes))

    def describe(self, features: int) -> dict[str, Any]:
        """The settings as plain data, for the report."""
        square = features * (features + 1) // 2
        own = {"gaussian": square, "diagonal": features, "autoregressive": square + self.window * features**2}
        count = self.states * (features + own[self.emission] + self.states) - 1
        lags = self.window if self.emission == "autoregressive" else None
        return asdict(self) | {
            "lags": lags,
            "levels": list(self.levels),
            "network": "hidden Markov model",
            "parameters": count,
        }


def _complete(known: Series, lags: int) -> int:
    """How many rows are known whole, and so many before each."""
    if len(known) <= lags:
        return 0
    whole = np.isfinite(known.values).all(axis=1)
    return int(np.count_nonzero(np.convolve(whole, np.ones(lags + 1), "valid") > lags))


def _scaler(values: np.ndarray) -> Scaler:
    """Mean 0 and standard deviation 1 of what is known."""
    centre, width = np.nanmean(values, axis=0), np.nanstd(values, axis=0)
    size = np.nanmax(np.abs(values), axis=0)
    # What is smaller than the rounding of the values is no spread.
    return Scaler(centre, np.where(width > 1e-14 * size, width, np.where(size > 0, size, 1.0)))
