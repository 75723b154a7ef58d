"""Classical continuations as estimators, beside the networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from unrolled.arguments import require_whole
from unrolled.classical import Law, Method, Recurrence, RecurrencePosterior
from unrolled.errors import InputError, TrainingError
from unrolled.forecast._continued import checked_history, checked_horizon
from unrolled.forecast._forecast import Band, Forecast, OneStep
from unrolled.learn import History, Watch
from unrolled.series import Series, appended, as_series

__all__ = ["ClassicalForecaster", "FittedClassical"]

_PATHS = 400
_LEVELS = (68.0, 95.0)
# A method that is a function of time is fitted anew for every one-step prediction; further back it is not asked.
_MOST_REFITTED = 200


@dataclass(frozen=True)
class ClassicalForecaster:
    """A classical method as an estimator: every feature is continued on its own.

    Attributes
    ----------
    method
        What finds the law, of :mod:`unrolled.classical`.
    name
        For tables and the report.
    seed
        Decides the sample paths of a method that has them.

    Examples
    --------
    >>> import unrolled
    >>> from unrolled.classical import Polynomial
    >>> from unrolled.forecast import ClassicalForecaster
    >>> forecast = ClassicalForecaster(Polynomial(3)).fit([1.0, 4.0, 9.0, 16.0]).predict(2)
    >>> forecast.mean[:, 0].round(6).tolist()
    [25.0, 36.0]
    """

    method: Method
    name: str = "classical"
    seed: int = 0

    @property
    def target(self) -> str:
        """The next value from those before."""
        return "window"

    @property
    def window(self) -> int:
        """As many known values as the method takes."""
        return self.method.least

    def check(self, known: Series) -> None:
        """Raise an :class:`InputError` if this method could not continue that series; takes no time."""
        require_whole("seed", self.seed, 0, 2**63 - 1)
        if len(known) < self.method.least:
            raise InputError(
                f"{self.name} takes at least {self.method.least} known points; {known.name} has {len(known)}."
            )
        known.require_even()

    def fit(self, data: Any, *, watch: Watch | None = None) -> FittedClassical:
        """Find the law of a series.

        Parameters
        ----------
        data
            A :class:`~unrolled.series.Series`, an array, a data frame, or the path of a file.
        watch
            Not called: there is nothing to wait for.

        Raises
        ------
        InputError
            Too few points, or unevenly spaced ones.
        """
        known = as_series(data)
        self.check(known)
        laws = tuple(self.method.fit(column) for column in known.values.T.copy())
        return FittedClassical(self, known, laws, len(known))

    def describe(self, features: int) -> dict[str, Any]:
        """The settings as plain data."""
        settings = asdict(self.method)  # pyright: ignore[reportArgumentType]
        return {"name": self.name, "method": type(self.method).__name__, "settings": settings, "parameters": None}


@dataclass(frozen=True, eq=False)
class FittedClassical:
    """A classical method that has found its laws, one a feature.

    Attributes
    ----------
    model
        What was asked for.
    series
        The known part.
    laws
        What continues each feature.
    learned
        How many leading rows the laws were found in.
    """

    model: ClassicalForecaster
    series: Series
    laws: tuple[Law, ...]
    learned: int

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should know before believing the forecast."""
        return ("The known part is constant.",) if self.series.is_constant else ()

    @property
    def history(self) -> History | None:
        """Nothing is iterated."""
        return None

    def predict(self, horizon: int | None = None, *, x: Any = None, history: Any = None) -> Forecast:
        """Continue the series in closed loop.

        Parameters
        ----------
        horizon
            How many steps beyond the last known one.
        x
            Not taken: the places are the next ones.
        history
            Continue from the end of this series. A law that is a function of time counts from its first point.

        Raises
        ------
        InputError
            A horizon below 1, a history that does not fit, an ``x``.
        TrainingError
            The continuation ran off to infinity.
        """
        steps = checked_horizon(horizon, x)
        known = self.series if history is None else self._checked(history)
        places = known.future_x(steps)
        with np.errstate(all="ignore"):
            centre = np.stack([law.extend(column, steps) for law, column in self._columns(known)], axis=1)
        finite = np.isfinite(centre).all(axis=1)
        if not finite.all():
            raise TrainingError(
                f"the continuation by {self.model.name} ran off to infinity at step {int(np.argmin(finite)) + 1}; "
                "lower the horizon or take another model."
            )
        paths = self._paths(known, steps)
        if paths is None:
            return Forecast(places, centre[None], known)
        return Forecast(places, paths, known, centre=centre, bands=_bands(paths))

    def one_step(self, data: Any = None) -> OneStep:
        """Predict known values from the true values before each.

        A recurrence keeps its coefficients; a function of time is fitted anew to the values before, at most for the
        last 200 rows.
        """
        known = self.series if data is None else self._checked(data)
        made = [self._one_step(law, column) for law, column in self._columns(known)]
        count = min(len(one) for one in made)
        predicted = np.stack([one[len(one) - count :] for one in made], axis=1)
        rows = np.arange(len(known) - count, len(known))
        return OneStep(known.x[rows], rows, predicted[None], known.values[rows])

    def update(self, value: Any, x: float | None = None) -> FittedClassical:
        """The same law after one more value became known."""
        return replace(self, series=appended(self.series, value, x))

    def save(self, folder: str | Path) -> Path:
        """Write the model to a new or empty folder; :func:`unrolled.load` finds the same laws again."""
        from unrolled.forecast._saved_classical import save_classical

        return save_classical(self, folder)

    def _columns(self, known: Series) -> Sequence[tuple[Law, Float[np.ndarray, " time"]]]:
        return list(zip(self.laws, known.values.T.copy(), strict=True))

    def _one_step(self, law: Law, column: Float[np.ndarray, " time"]) -> Float[np.ndarray, " row"]:
        if isinstance(law, Recurrence):
            return law.one_step(column)
        method, first = self.model.method, max(self.model.method.least, len(column) - _MOST_REFITTED)
        heads = (column[:row] for row in range(first, len(column)))
        with np.errstate(all="ignore"):
            return np.array([method.fit(head).extend(head, 1)[0] for head in heads])

    def _paths(self, known: Series, steps: int) -> Float[np.ndarray, "path horizon feature"] | None:
        """Sample paths through the recursion, where the law has them; those that ran off are left out."""
        if not all(isinstance(law, RecurrencePosterior) for law in self.laws):
            return None
        generator = np.random.default_rng(self.model.seed)
        with np.errstate(all="ignore"):
            drawn = [
                law.sample(column, steps, _PATHS, generator)
                for law, column in self._columns(known)
                if isinstance(law, RecurrencePosterior)
            ]
        paths = np.stack(drawn, axis=2)
        finite = np.isfinite(paths).all(axis=(1, 2))
        return paths[finite] if finite.any() else None

    def _checked(self, data: Any) -> Series:
        least = max(len(law.weights) if isinstance(law, Recurrence) else self.model.window for law in self.laws)
        return checked_history(data, self.series, least)


def _bands(paths: Float[np.ndarray, "path horizon feature"]) -> tuple[Band, ...]:
    made = []
    for level in _LEVELS:
        lower, upper = np.quantile(paths, [0.5 - level / 200, 0.5 + level / 200], axis=0)
        made.append(Band(level, lower, upper))
    return tuple(made)
