"""Structural models as estimators: level, trend, season and cycle, each with a noise of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from unrolled.arguments import require_whole
from unrolled.errors import InputError
from unrolled.forecast._continued import fewest_known, require_levels, require_moderate_columns
from unrolled.forecast._fitted_linear_gaussian import FittedLinearGaussian
from unrolled.learn import Watch
from unrolled.series import Series, as_series
from unrolled.statespace import Structure, learn_structure

__all__ = ["Structural", "components_of"]

_MOST_ITERATIONS = 100_000


@dataclass(frozen=True)
class Structural:
    """A sum of components that change slowly, and noise; how slowly, the likelihood says.

    Every feature is continued on its own. Values may be missing. Bounds are exact for the parameters that were learned.

    Attributes
    ----------
    components
        What is added, in words: ``level``, ``trend``, ``damped-trend``, ``season:PERIOD``, ``season:PERIOD:HARMONICS``,
        ``cycle``, ``cycle:PERIOD``, with commas between.
    iterations
        Of the search for the most likely parameters, at most.
    levels
        Of the bounds, in percent.
    seed
        Nothing here is random.
    name
        For tables and the report.

    References
    ----------
    A. C. Harvey, Forecasting, Structural Time Series Models and the Kalman Filter (1989).

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.forecast import Structural
    >>> t = np.arange(72)
    >>> fitted = Structural("trend, season:12:1").fit(0.5 * t[:60] + np.sin(2 * np.pi * t[:60] / 12))
    >>> wanted = 0.5 * t[60:] + np.sin(2 * np.pi * t[60:] / 12)
    >>> bool(np.abs(fitted.predict(12).mean[:, 0] - wanted).max() < 0.01)
    True
    """

    components: str = "trend"
    iterations: int = 200
    levels: tuple[float, ...] = (68.0, 95.0)
    seed: int = 0
    name: str = "structural"

    @property
    def target(self) -> str:
        """The next value from those before."""
        return "window"

    @property
    def structure(self) -> Structure:
        """The components."""
        return Structure.parse(self.components)

    @property
    def window(self) -> int:
        """How many known values a prediction needs before it: so many settle the first state."""
        return max(self.structure.unknown, 1)

    @property
    def takes_gaps(self) -> bool:
        """Missing values are missing, and nothing else."""
        return True

    def check_settings(self) -> None:
        """Raise an :class:`InputError` that names the setting, if one is out of range for every series."""
        Structure.parse(self.components)
        require_whole("iterations", self.iterations, 1, _MOST_ITERATIONS)
        require_levels(self.levels)
        require_whole("seed", self.seed, 0, 2**63 - 1)

    def check(self, known: Series) -> None:
        """Raise an :class:`InputError` if this model could not learn that series; takes no time."""
        self.check_settings()
        least = self.structure.unknown + len(self.structure.parameters)
        name, count = fewest_known(known)
        if count < least:
            raise InputError(
                f"{self.name} with {self.components} takes at least {least} known values; {name} has {count}. "
                "Take fewer components, or fewer harmonics of a season."
            )
        known.require_even()
        require_moderate_columns(known)

    def fit(self, data: Any, *, watch: Watch | None = None) -> FittedLinearGaussian:
        """Learn a series; arguments and errors are those of :meth:`LinearDynamicalSystem.fit`."""
        del watch
        known = as_series(data, gaps=True)
        self.check(known)
        found = [learn_structure(self.structure, column, iterations=self.iterations) for column in known.values.T]
        said = ["The known part is constant."] if known.is_constant else []
        if len(known.names) > 1:
            said.append(f"{', '.join(known.names)} are continued each on its own; --y-col takes one alone.")
        said += [_most_likely(name, one.values, known) for name, one in zip(known.names, found, strict=True)]
        said += dict.fromkeys(note for one in found for note in one.notes)
        systems, values = tuple(one.system for one in found), tuple(dict(one.values) for one in found)
        return FittedLinearGaussian(self, known, systems, values, notes=tuple(said))

    def describe(self, features: int) -> dict[str, Any]:
        """The settings as plain data, for the report."""
        count = len(self.structure.parameters) * features
        return asdict(self) | {"levels": list(self.levels), "network": "structural model", "parameters": count}


def _most_likely(name: str, values: Mapping[str, float], known: Series) -> str:
    """What was learned, in words."""
    of = f"Of {name} most" if len(known.names) > 1 else "Most"
    return f"{of} likely are {', '.join(f'{label} {value:.3g}' for label, value in values.items())}."


def components_of(
    fitted: FittedLinearGaussian, history: Any = None
) -> dict[str, dict[str, tuple[Float[np.ndarray, " time"], Float[np.ndarray, " time"]]]]:
    """What every component of a fitted structural model adds at every known row, and its standard deviation.

    Parameters
    ----------
    fitted
        Of a :class:`Structural`.
    history
        Of this series in place of the known one.

    Returns
    -------
    dict
        By name of the feature and label of the component.

    Raises
    ------
    InputError
        The model has no components.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.forecast import Structural, components_of
    >>> fitted = Structural("level, season:4").fit(np.tile([1.0, 2.0, 3.0, 2.0], 8))
    >>> components_of(fitted)["y"]["season 4"][0][:3:2].round(2).tolist()
    [-1.0, 1.0]
    """
    if not isinstance(fitted.model, Structural):
        raise InputError(f"{fitted.model.name} has no components; those of a structural model can be told apart.")
    made, structure = {}, fitted.model.structure
    for name, system, smoothed in zip(fitted.series.names, fitted.systems, fitted.states(history), strict=True):
        parts = structure.split(smoothed.mean, smoothed.covariance)
        first = next(iter(parts))  # the mean of the series belongs to what comes first
        c = 0.0 if system.c is None else float(system.c[0])
        made[name] = {label: (part + c * (label == first), spread) for label, (part, spread) in parts.items()}
    return made
