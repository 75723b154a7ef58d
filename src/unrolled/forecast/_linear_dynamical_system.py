"""Linear dynamical systems as estimators: a hidden state, learned by expectation-maximization."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from unrolled.arguments import require_whole
from unrolled.errors import InputError
from unrolled.forecast._continued import fewest_known, require_levels, require_moderate_columns
from unrolled.forecast._fitted_linear_gaussian import FittedLinearGaussian
from unrolled.forecast._notes import notes
from unrolled.learn import Watch
from unrolled.series import Series, as_series
from unrolled.statespace import (
    ChosenUnits,
    LearnedLinearGaussian,
    LinearGaussian,
    choose_units,
    learn_linear_gaussian,
    subspace_system,
)

__all__ = ["LinearDynamicalSystem"]

_MOST_UNITS, _MOST_ITERATIONS = 200, 100_000
_LEAST_POINTS = 12
# The number of units is chosen on the last so many points.
_MOST_JUDGED = 1_000


@dataclass(frozen=True)
class LinearDynamicalSystem:
    """A hidden state that moves linearly, seen through noise: ``h_t = W h_{t-1} + w_t``, ``y_t = V h_t + c + e_t``.

    All features are learned together. Values may be missing. The forecast is the exact distribution of what comes next,
    given the system that was learned.

    Attributes
    ----------
    units
        Of the hidden state, or ``"auto"``: chosen on rolling origins by the likelihood of what comes next.
    iterations
        Steps of expectation-maximization, at most.
    levels
        Of the bounds, in percent.
    seed
        Nothing here is random.
    name
        For tables and the report.

    References
    ----------
    R. Shumway and D. Stoffer, Journal of Time Series Analysis 3 (1982) 253; Z. Ghahramani and G. Hinton, University of
    Toronto CRG-TR-96-2 (1996).

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.forecast import LinearDynamicalSystem
    >>> t = np.arange(120)
    >>> fitted = LinearDynamicalSystem(units=2).fit(np.sin(0.3 * t[:100]))
    >>> bool(np.abs(fitted.predict(20).mean[:, 0] - np.sin(0.3 * t[100:])).max() < 0.1)
    True
    """

    units: int | str = "auto"
    iterations: int = 100
    levels: tuple[float, ...] = (68.0, 95.0)
    seed: int = 0
    name: str = "linear-dynamical-system"

    @property
    def target(self) -> str:
        """The next value from those before."""
        return "window"

    @property
    def window(self) -> int:
        """How many known values a prediction needs before it."""
        return 1

    @property
    def takes_gaps(self) -> bool:
        """Missing values are missing, and nothing else."""
        return True

    def check_settings(self) -> None:
        """Raise an :class:`InputError` that names the setting, if one is out of range for every series."""
        if isinstance(self.units, str):
            if self.units != "auto":
                raise InputError(f"units must be a whole number, or 'auto'; came {self.units!r}.")
        else:
            require_whole("units", self.units, 1, _MOST_UNITS)
        require_whole("iterations", self.iterations, 1, _MOST_ITERATIONS)
        require_levels(self.levels)
        require_whole("seed", self.seed, 0, 2**63 - 1)

    def check(self, known: Series) -> None:
        """Raise an :class:`InputError` if this model could not learn that series; takes no time."""
        self.check_settings()
        name, count = fewest_known(known)
        least = _LEAST_POINTS if isinstance(self.units, str) else max(_LEAST_POINTS, 4 * self.units)
        if count < least:
            of = "" if isinstance(self.units, str) else f" for {self.units} hidden units"
            raise InputError(f"{self.name} takes at least {least} known values{of}; {name} has {count}.")
        known.require_even()
        require_moderate_columns(known)

    def fit(self, data: Any, *, watch: Watch | None = None) -> FittedLinearGaussian:
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
            No system has a finite likelihood.
        """
        del watch
        known = as_series(data, gaps=True)
        self.check(known)
        centre, width = _scale(known.values)
        z = (known.values - centre) / width
        chosen = self._chosen(z)
        learned = learn_linear_gaussian(subspace_system(z, chosen.units), z, iterations=self.iterations)
        said = (*notes(known, raw=False), *_told(chosen), *learned.notes)
        system = _unscaled(learned, centre, width)
        return FittedLinearGaussian(self, known, (system,), scores=chosen.scores, notes=said)

    def describe(self, features: int) -> dict[str, Any]:
        """The settings as plain data, for the report."""
        n = self.units if isinstance(self.units, int) else None
        count = None if n is None else 2 * n * n + n * features + features * (features + 1) + n * (n + 1) // 2 + n
        return asdict(self) | {"levels": list(self.levels), "network": "linear dynamical system", "parameters": count}

    def _chosen(self, z: np.ndarray) -> ChosenUnits:
        if isinstance(self.units, str):
            return choose_units(z[-_MOST_JUDGED:])
        return ChosenUnits(self.units, {})


def _told(chosen: ChosenUnits) -> list[str]:
    """How the number of units was found, in words."""
    if not chosen.scores:
        return []
    units, tried = chosen.units, ", ".join(map(str, chosen.scores))
    return [f"{units} hidden unit{'s' * (units > 1)} predicted what came next best, of {tried}."]


def _scale(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    centre, width = np.nanmean(values, axis=0), np.nanstd(values, axis=0)
    size = np.nanmax(np.abs(values), axis=0)
    # What is smaller than the rounding of the values is no spread.
    return centre, np.where(width > 1e-14 * size, width, np.where(size > 0, size, 1.0))


def _unscaled(learned: LearnedLinearGaussian, centre: np.ndarray, width: np.ndarray) -> LinearGaussian:
    """The same system in units of the series."""
    m = learned.model
    c = centre + width * np.asarray(m.c)
    V, R = width[:, None] * np.asarray(m.V), np.outer(width, width) * np.asarray(m.R)
    return LinearGaussian(m.W, V, m.Q, R, m.m, m.P, c=c)
