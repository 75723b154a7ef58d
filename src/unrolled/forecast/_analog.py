"""Analog forecasts as estimators: what came next when the series was last like this."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from unrolled.arguments import require_flag, require_number, require_whole
from unrolled.classical import Analog, AnalogMap, KernelAnalog, KernelMap
from unrolled.errors import InputError, TrainingError, nearest_name
from unrolled.forecast._analog_choice import LEAST_TO_CHOOSE, AnyAnalog, analog_candidates, choose_analogs
from unrolled.forecast._continued import checked_history, checked_horizon
from unrolled.forecast._forecast import Forecast, OneStep
from unrolled.forecast._notes import notes
from unrolled.learn import History, Watch
from unrolled.series import Series, appended, as_series
from unrolled.windows import Scaler, fit_scaler

__all__ = ["AnalogForecaster", "FittedAnalog", "require_analog"]

_MOST_DELAYS, _MOST_SKIP, _MOST_NEIGHBOURS, _MOST_COMBINED = 1_000, 1_000_000, 100_000, 100
# Numbers in all delay vectors together: 1.6 GB.
_MOST_NUMBERS = 200_000_000
_AUTO = "auto"
# What single values as states take: two, and what came next.
_LEAST_STATES = 3
# Of a scaled history: what is larger has distances beyond double precision.
_LARGEST = 1e130
_SETTINGS = ("delays", "skip", "neighbours", "width", "ridge", "maps")
_MAPS = ("auto", "local", "kernel")
# In a file: what one kernel may look at.
_MOST_STATES = 5_000


@dataclass(frozen=True)
class AnalogForecaster:
    """The next value from what came next after similar stretches of the past.

    The map is local and linear (:class:`unrolled.classical.Analog`), or one smooth map for all states
    (:class:`unrolled.classical.KernelAnalog`); several features make one state together, standardized. What is
    ``"auto"`` is chosen inside the known part: every combination continues it in closed loop from eight earlier places,
    seeing only what lies before. The forecast is the median of the best few. For long, clean series that come back to
    where they have been, as chaotic ones do.

    Attributes
    ----------
    delays, skip, neighbours, ridge, width
        Of the maps, or ``"auto"``. Neighbours (at most as many as there are states) belong to local maps, a width to
        the kernel: given, that kind alone is asked.
    maps
        ``"local"``, ``"kernel"``, or ``"auto"``: both.
    increments
        Whether the map says the change or the next value.
    combined
        How many of the best settings are combined; one where all are given.
    seed
        Nothing here is random.
    name
        For tables and the report.

    References
    ----------
    J. D. Farmer and J. J. Sidorowich, *Physical Review Letters* 59 (1987) 845.

    Examples
    --------
    >>> from unrolled.forecast import AnalogForecaster
    >>> from unrolled.series import lorenz
    >>> series = lorenz(1040)
    >>> forecast = AnalogForecaster(delays=2, skip=3, neighbours=24, ridge=1e-6).fit(series.head(1000)).predict(8)
    >>> bool(abs(forecast.mean - series.values[1000:1008]).max() < 1)
    True
    """

    delays: int | str = _AUTO
    skip: int | str = _AUTO
    neighbours: int | str = _AUTO
    width: float | str = _AUTO
    ridge: float | str = _AUTO
    maps: str = _AUTO
    increments: bool = True
    combined: int = 3
    seed: int = 0
    name: str = "analog"

    @property
    def target(self) -> str:
        """The next value from those before."""
        return "window"

    @property
    def window(self) -> int:
        """How many known values a prediction needs before it; 1 where only ``fit`` can tell."""
        known = isinstance(self.delays, int) and isinstance(self.skip, int)
        return (int(self.delays) - 1) * int(self.skip) + 1 if known else 1

    def check_settings(self) -> None:
        """Raise an :class:`InputError` that names the setting, if one is out of range for every series."""
        for name, value, most in _whole(self):
            if _given(name, value):
                require_whole(name, value, 1, most)
        if _given("ridge", self.ridge):
            require_number("ridge", self.ridge, least=0.0)
        if _given("width", self.width):
            require_number("width", self.width, above=0.0)
        if self.maps not in _MAPS:
            raise nearest_name("kind of map (maps)", self.maps, _MAPS)
        if self.width != _AUTO and (self.neighbours != _AUTO or self.maps == "local"):
            raise InputError("local maps have neighbours, the kernel has a width: give one of them.")
        if self.neighbours != _AUTO and self.maps == "kernel":
            raise InputError("neighbours belong to local maps: leave them, or maps=kernel, out.")
        require_flag("increments", self.increments)
        require_whole("combined", self.combined, 1, _MOST_COMBINED)
        require_whole("seed", self.seed, 0, 2**63 - 1)

    def check(self, known: Series) -> None:
        """Raise an :class:`InputError` if this model could not learn that series; takes no time."""
        self.check_settings()
        points, features = known.values.shape
        candidates = self._candidates(points, features)
        chooses = len(candidates) > 1
        least = max(min(one.least for one in candidates) + chooses, LEAST_TO_CHOOSE if chooses else 1)
        largest = max(one.delays for one in candidates) * features * points
        if points < least:
            shape = self._shape() if least > (LEAST_TO_CHOOSE if chooses else _LEAST_STATES) else {}
            of = f" with {' and '.join(shape.values())}" if shape else ""
            asks = f"chooses its settings among {least} known points and more" if chooses else (
                f"takes at least {least} known points"
            )  # fmt: skip
            advice = f" Take {' or '.join(shape)}." if shape else ""
            raise InputError(f"{self.name}{of} {asks}; {known.name} has {points}.{advice}")
        most = points - min(one.span for one in candidates)
        if not isinstance(self.neighbours, str) and self.neighbours > most:
            raise InputError(
                f"{self.neighbours} neighbours are more than the {most} states with a value after them in the {points} "
                f"points of {known.name}; take at most {most}."
            )
        if largest > _MOST_NUMBERS:
            raise InputError(
                f"the delay vectors of {points} points would hold {largest:,} numbers, more than {_MOST_NUMBERS:,}; "
                "take fewer delays or points."
            )
        known.require_even()

    def fit(self, data: Any, *, watch: Watch | None = None) -> FittedAnalog:
        """Choose the settings, and keep the past.

        Parameters
        ----------
        data
            A :class:`~unrolled.series.Series`, an array, a data frame, or the path of a file.
        watch
            Not called: there is little to wait for.

        Raises
        ------
        InputError
            A setting is out of range, or the series does not suit the model.
        """
        del watch
        known = as_series(data)
        self.check(known)
        candidates = self._candidates(*known.values.shape)
        z = fit_scaler(known.values, "standard").scale(known.values)
        if not np.isfinite(z).all():
            raise InputError("the values are too large for their spread to be known; scale the data.")
        return FittedAnalog.of(self, known, choose_analogs(z, candidates, self.combined), len(known))

    def describe(self, features: int) -> dict[str, Any]:
        """The settings as plain data, for the report."""
        del features
        return asdict(self) | {"network": "none", "learner": {"kind": "nearest neighbours"}, "parameters": None}

    def _shape(self) -> dict[str, str]:
        """What was said of the size of a state, by what would make it smaller."""
        said = {}
        if self.delays != _AUTO:
            said["fewer delays"] = f"{self.delays} delays"
        if self.skip != _AUTO:
            said["a smaller skip"] = f"a skip of {self.skip}"
        return said

    def _candidates(self, points: int, features: int) -> list[AnyAnalog]:
        settings = {name: getattr(self, name) for name in _SETTINGS}
        given = {name: value for name, value in settings.items() if value != _AUTO}
        return [replace(one, increments=self.increments) for one in analog_candidates(points, features, **given)]


@dataclass(frozen=True, eq=False)
class FittedAnalog:
    """An analog forecaster that keeps a past.

    Attributes
    ----------
    model
        What was asked for.
    series
        The known part, from whose end it continues.
    chosen
        The settings that are combined, the best first.
    maps
        What each of them keeps of the past, standardized.
    scaler
        Between the series' units and these.
    learned
        How many leading rows the past has.
    """

    model: AnalogForecaster
    series: Series
    chosen: tuple[AnyAnalog, ...]
    maps: tuple[AnalogMap | KernelMap, ...]
    scaler: Scaler
    learned: int

    @classmethod
    def of(cls, model: AnalogForecaster, series: Series, chosen: tuple[AnyAnalog, ...], learned: int) -> FittedAnalog:
        """The past in the leading rows, kept for these settings."""
        values = series.values[:learned]
        scaler = fit_scaler(values, "standard")
        z = scaler.scale(values)
        return cls(model, series, chosen, tuple(one.map(z) for one in chosen), scaler, learned)

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
        """How many known values a prediction needs before it."""
        return max(one.span for one in self.chosen)

    def predict(self, horizon: int | None = None, *, x: Any = None, history: Any = None) -> Forecast:
        """Continue the series in closed loop.

        Parameters
        ----------
        horizon
            How many steps beyond the last known one.
        x
            Not taken: the places are the next ones.
        history
            Continue from the end of this series; the analogs are still sought in what was learned.

        Returns
        -------
        Forecast
            The median of the combined continuations, which are its members.

        Raises
        ------
        InputError
            A horizon below 1, a history that does not fit, an ``x``.
        TrainingError
            The continuation ran off to infinity.
        """
        steps = checked_horizon(horizon, x)
        known = self._history(history)
        z = self._scaled(known)
        made = [one.extend(z[None, len(z) - one.method.span :], steps)[0] for one in self.maps]
        with np.errstate(over="ignore"):
            members = self.scaler.unscale(np.stack(made))
        finite = np.isfinite(members).all(axis=(0, 2))
        if not finite.all():
            raise TrainingError(
                f"the continuation by {self.model.name} ran off to infinity at step {int(np.argmin(finite)) + 1}; "
                "lower the horizon."
            )
        labels = tuple(_label(one) for one in self.chosen)
        centre = np.median(members, axis=0)
        return Forecast(known.future_x(steps), members, known, centre=centre, labels=labels)

    def one_step(self, data: Any = None) -> OneStep:
        """Predict known values from the true values before each; a learned value is not its own analog."""
        known = self._history(data)
        z, first = self._scaled(known), self.window
        rows = np.arange(first, len(known))
        shared = min(self.learned, len(known))
        own = shared if np.array_equal(known.values[:shared], self.series.values[:shared]) else 0
        made = [_one_step(one, z, rows, own) for one in self.maps] if len(rows) else [np.zeros((0, z.shape[1]))]
        predicted = self.scaler.unscale(np.median(made, axis=0))
        return OneStep(known.x[rows], rows, predicted[None], known.values[rows])

    def update(self, value: Any, x: float | None = None) -> FittedAnalog:
        """The same past after one more value became known: it is continued from, not learned."""
        return replace(self, series=appended(self.series, value, x))

    def save(self, folder: str | Path) -> Path:
        """Write settings and series to a new or empty folder; :func:`unrolled.load` keeps the same past again."""
        from unrolled.forecast._saved_analog import save_analog

        return save_analog(self, folder)

    def _history(self, data: Any) -> Series:
        return self.series if data is None else checked_history(data, self.series, self.window)

    def _scaled(self, known: Series) -> Float[np.ndarray, "time feature"]:
        """In units of what was learned; an :class:`InputError` where no distance to it could be told."""
        with np.errstate(over="ignore"):
            z = self.scaler.scale(known.values)
        far = ~(np.abs(z) <= _LARGEST)
        if far.any():
            row, feature = np.argwhere(far)[0]
            raise InputError(
                f"{known.names[feature]} is {known.values[row, feature]:.3g} in row {row + 1} of the history, more "
                f"than {_LARGEST:.0e} standard deviations of what was learned; give a history in the same units."
            )
        return z


def require_analog(one: AnyAnalog, points: int, features: int) -> None:
    """Raise an :class:`InputError` if these settings could not have been chosen on so many points."""
    for name, value, most in _whole(one):
        require_whole(name, value, 1, most)
    if isinstance(one, KernelAnalog):
        require_number("width", one.width, above=0.0)
        require_whole("states", one.states, 1, _MOST_STATES)
    require_number("ridge", one.ridge, least=0.0)
    require_flag("increments", one.increments)
    require_whole("points", points, one.least, _MOST_NUMBERS // (one.delays * features))


def _whole(settings: Any) -> tuple[tuple[str, Any, int], ...]:
    """The settings that are whole numbers, and the most that they may be."""
    limits = (("delays", _MOST_DELAYS), ("skip", _MOST_SKIP), ("neighbours", _MOST_NEIGHBOURS))
    return tuple((name, getattr(settings, name), most) for name, most in limits if hasattr(settings, name))


def _given(name: str, value: Any) -> bool:
    """Whether a number was given; an :class:`InputError` for another word than ``"auto"``."""
    if isinstance(value, str) and value != _AUTO:
        raise InputError(f"{name} must be a number, or 'auto'; came {value!r}.")
    return not isinstance(value, str)


def _one_step(
    one: AnalogMap | KernelMap, z: Float[np.ndarray, "time feature"], rows: Int[np.ndarray, " row"], learned: int
) -> Float[np.ndarray, "row feature"]:
    """Of every row from the values before it; rows below ``learned`` are those of the map."""
    span = one.method.span
    windows = np.lib.stride_tricks.sliding_window_view(z, span, axis=0).transpose(0, 2, 1)[rows - span]
    return one.step(windows, np.where(rows < learned, rows - span, -1))


def _label(one: AnyAnalog) -> str:
    how = f"{one.neighbours} neighbours" if isinstance(one, Analog) else f"a kernel of width {one.width:g}"
    return f"{one.delays} delays {one.skip} apart, {how}, ridge {one.ridge:.0e}"
