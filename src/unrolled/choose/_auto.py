"""The automatic choice as an estimator."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from unrolled.arguments import require_flag, require_whole
from unrolled.choose._calibration import calibration
from unrolled.choose._candidates import LONG, candidates_digest, candidates_for, classical_candidates
from unrolled.choose._choice import choose, combine, spread_of
from unrolled.choose._companion import companion_candidates, in_units, require_companion
from unrolled.choose._continuations import extend_all
from unrolled.choose._hidden_states import state_candidates
from unrolled.choose._intervals import half_widths
from unrolled.choose._judged import Continued, Judged, judge
from unrolled.choose._networks import network_candidates
from unrolled.choose._verdict import verdict
from unrolled.errors import InputError, TrainingError
from unrolled.forecast import Band, Forecast, Ingredient, OneStep, checked_history, checked_horizon, require_levels
from unrolled.learn import History, Watch
from unrolled.series import Series, appended, as_companion, as_series

__all__ = ["Auto", "FittedAuto"]

_LEAST_POINTS = 5
# Older values than these are not looked at.
_MOST_POINTS = 1_200
_MOST_ONE_STEP = 400
_MOST_FOR_NETWORKS = 40
# Candidates with less weight are not drawn.
_LEAST_WEIGHT, _MOST_MEMBERS = 1e-3, 16


@dataclass(frozen=True)
class Auto:
    """The model that chooses by itself: candidates judged on rolling origins inside the known part, and combined.

    Every candidate continues the leading known values; its errors at the known values that follow give its score and
    its weight, and the forecast is the weighted median. Nothing beyond the known part enters. Bounds are calibrated,
    and a verdict says how far to believe the forecast. Every feature is continued on its own.

    Attributes
    ----------
    levels
        The levels of the bounds, in percent.
    networks
        Whether recurrent networks take part, for up to 40 known points. Their training is most of the time.
    hidden_states
        Whether models with a hidden state take part, from 48 known points on: a structural one, a linear dynamical
        system, and a hidden Markov model. They take seconds, and their first compilation half a minute.
    seed
        Decides everything random.
    name
        For tables and the report.

    Examples
    --------
    >>> import unrolled
    >>> energies = unrolled.dataset("pairing-particles")
    >>> forecast = unrolled.model("auto").fit(energies.head(12)).predict(8)
    >>> bool(abs(forecast.mean[-1, 0] - energies.values[19, 0]) < 2e-4)
    True
    """

    levels: tuple[float, ...] = (68.0, 95.0)
    networks: bool = True
    hidden_states: bool = False
    seed: int = 0
    name: str = "auto"

    @property
    def target(self) -> str:
        """The next value from those before."""
        return "window"

    @property
    def takes_companion(self) -> bool:
        """Whether ``fit`` takes a companion."""
        return True

    @property
    def window(self) -> int:
        """The fewest known values to choose on."""
        return _LEAST_POINTS

    def check(self, known: Series) -> None:
        """Raise an :class:`InputError` if this model could not learn that series; takes no time."""
        require_whole("seed", self.seed, 0, 2**63 - 1)
        require_flag("networks", self.networks)
        require_flag("hidden_states", self.hidden_states)
        if not isinstance(self.levels, tuple | list) or not self.levels:
            raise InputError(
                f"levels must be a tuple that names one level at least, as in (68, 95); came {self.levels!r}."
            )
        require_levels(self.levels)
        if len(known) < _LEAST_POINTS:
            raise InputError(
                f"to choose among models takes at least {_LEAST_POINTS} known points; {known.name} has {len(known)}. "
                "Name a model, such as --model polynomial --degree 1."
            )
        known.require_even()

    def fit(self, data: Any, *, companion: Any = None, watch: Watch | None = None) -> FittedAuto:
        """Judge every candidate on a series.

        Parameters
        ----------
        data
            A :class:`~unrolled.series.Series`, an array, a data frame, or the path of a file.
        companion
            A cheap series at the same places, known further, or its values: every candidate is then judged on the
            ratio, the difference and the linear relation to it too.
        watch
            Called in the training of the candidates that are networks.

        Raises
        ------
        InputError
            Fewer than 5 points, uneven spacing, a level out of range.
        """
        known = as_series(data)
        self.check(known)
        beside = None if companion is None else require_companion(companion, known)
        shown = None if beside is None else beside.values[max(len(known) - _MOST_POINTS, 0) :, 0]
        columns = known.values[-_MOST_POINTS:].T
        judged = tuple(self._judge(column, shown, watch) for column in columns)
        return FittedAuto(self, known, len(known), judged, beside)

    def _judge(
        self, column: Float[np.ndarray, " time"], beside: Float[np.ndarray, " longer"] | None, watch: Watch | None
    ) -> Judged:
        # In units of a power of two squares neither overflow nor vanish, and no digit changes.
        exponent = int(np.frexp(np.max(np.abs(column)))[1])
        candidates = classical_candidates()
        analogs = candidates_for(len(column))[len(candidates) :]
        if beside is not None:
            candidates = companion_candidates(candidates, in_units(beside, exponent))
        candidates = (*candidates, *analogs)
        # A long series would have its networks trained on hundreds of windows at dozens of origins.
        asked = network_candidates(self.seed) if self.networks and len(column) <= _MOST_FOR_NETWORKS else ()
        states = state_candidates() if self.hidden_states and len(column) >= LONG else ()
        made = judge(np.ldexp(column, -exponent), candidates, asked, states, watch=watch)
        return replace(made, exponent=exponent)

    def describe(self, features: int) -> dict[str, Any]:
        """The settings as plain data."""
        candidates = classical_candidates()
        networks = network_candidates(self.seed) if self.networks else ()
        return {
            "name": self.name,
            "levels": list(self.levels),
            "candidates": len(candidates),
            "networks": [network.name for network in networks],
            "hidden_states": [state.name for state in state_candidates()] if self.hidden_states else [],
            "candidates_sha256": candidates_digest(candidates),
            "calibration": dict(calibration().made_by),
            "parameters": None,
        }


@dataclass(frozen=True, eq=False)
class FittedAuto:
    """The candidates, judged on a series.

    Attributes
    ----------
    model
        What was asked for.
    series
        The known part.
    learned
        How many of its leading rows the choice was made on.
    judged
        Laws, scores and choice, one a feature.
    companion
        What stands beside the series, where there is such.
    remade
        A sentence about a loaded choice that other candidates had made; empty as a rule.
    """

    model: Auto
    series: Series
    learned: int
    judged: tuple[Judged, ...]
    companion: Series | None = None
    remade: str = ""

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should know before believing the forecast."""
        notes = ["The known part is constant."] if self.series.is_constant else []
        if len(self.series.names) > 1:
            notes.append(f"{', '.join(self.series.names)} are continued each on its own; --y-col takes one alone.")
        if self.companion is not None:
            notes.append("The bounds were measured on series without a companion; with one they are a guide.")
            if not np.all(self.companion.values):
                notes.append("The companion is zero somewhere, so that ratios to it were left out.")
        if self.remade:
            notes.append(self.remade)
        if self.learned > _MOST_POINTS:
            notes.append(f"The choice looks at the last {_MOST_POINTS} of {self.learned} points.")
        return tuple(notes)

    @property
    def history(self) -> History | None:
        """The choice is not iterated."""
        return None

    def predict(self, horizon: int | None = None, *, x: Any = None, history: Any = None) -> Forecast:
        """Continue the series, with bounds and a verdict.

        Parameters
        ----------
        horizon
            How many steps beyond the last known one.
        x
            Not taken: the places are the next ones.
        history
            Continue from the end of this series by the laws that were found. A law that is a function of time counts
            from its first point.

        Raises
        ------
        InputError
            A horizon below 1, a history that does not fit, an ``x``.
        TrainingError
            Every candidate ran off to infinity.
        """
        steps = checked_horizon(horizon, x)
        known = self.series if history is None else self._checked(history)
        if self.companion is not None and len(known) + steps > len(self.companion):
            ahead = max(len(self.companion) - len(known), 0)
            raise InputError(f"the companion is known {ahead} steps ahead; {steps} were asked for. Lower the horizon.")
        columns = self._columns(known)
        made = [judged.extend(column, steps) for judged, column in zip(self.judged, columns, strict=True)]
        mean = self._raised(np.stack([continued.mean for continued in made], axis=1))
        if not np.isfinite(mean).all():
            raise TrainingError("the continuation of every candidate ran off to infinity; lower the horizon.")
        members, labels = _members(self.judged, made)
        return Forecast(
            known.future_x(steps), self._raised(members), known, centre=mean, labels=labels,
            bands=self._bands(made, mean), verdict=verdict(known, self.judged, made),
            ingredients=_ingredients(known, self.judged, made),
        )  # fmt: skip

    def one_step(self, data: Any = None) -> OneStep:
        """Predict known values from the true values before each.

        Inside the part that was learned, by the choice that would have been made at that point; beyond it, and in other
        series, by the laws that were found.
        """
        known = self.series if data is None else self._checked(data)
        columns = self._columns(known)
        pairs = list(zip(self.judged, columns, strict=True))
        own = all(np.array_equal(column[: len(judged.values)], judged.values) for judged, column in pairs)
        first = len(self.judged[0].values) if own else max(judged.reach for judged in self.judged)
        if not own and len(columns[0]) == first:
            raise InputError(
                f"the chosen laws need {len(known)} known values before the first; the history has no more."
            )
        made = [_one_step(judged, column, first, own) for judged, column in pairs]
        rows = made[0][0] + (len(known) - len(columns[0]))
        predicted = self._raised(np.stack([values for _, values in made], axis=1))
        return OneStep(known.x[rows], rows, predicted[None], known.values[rows])

    def update(self, value: Any, x: float | None = None) -> FittedAuto:
        """The same laws and weights after one more value became known."""
        return replace(self, series=appended(self.series, value, x))

    def save(self, folder: str | Path) -> Path:
        """Write the settings and the series; :func:`unrolled.load` makes the same choice again."""
        from unrolled.choose._saved import save_auto

        return save_auto(self, folder)

    @property
    def _skipped(self) -> int:
        return max(self.learned - _MOST_POINTS, 0)

    def _columns(self, known: Series) -> list[Float[np.ndarray, " time"]]:
        columns = zip(known.values[self._skipped :].T, self.judged, strict=True)
        return [np.ldexp(column, -judged.exponent) for column, judged in columns]

    def _raised(self, values: Float[np.ndarray, "... feature"]) -> Float[np.ndarray, "... feature"]:
        """From units of a power of two to those of the series; infinite where that is beyond the largest float."""
        with np.errstate(over="ignore"):
            return np.ldexp(values, [judged.exponent for judged in self.judged])

    def _bands(self, made: list[Continued], mean: Float[np.ndarray, "horizon feature"]) -> tuple[Band, ...]:
        bands = []
        for level in self.model.levels:
            found = [half_widths(j, c, level) for j, c in zip(self.judged, made, strict=True)]
            half = self._raised(np.stack([widths.values for widths in found], axis=1))
            reason = next((widths.reason for widths in found if widths.reason), "")
            bands.append(Band(level, mean - half, mean + half, reason))
        return tuple(bands)

    def _checked(self, data: Any) -> Series:
        least = max(judged.reach for judged in self.judged) + self._skipped
        known = checked_history(data, self.series, least)
        if self.companion is not None and len(as_companion(self.companion, known)) < len(known):
            raise InputError(
                f"the companion that the model learned with is known in {len(self.companion)} rows; the history has "
                f"{len(known)}. Learn again with a longer one."
            )
        return known


def _one_step(
    judged: Judged, column: Float[np.ndarray, " time"], first: int, own: bool
) -> tuple[Int[np.ndarray, " row"], Float[np.ndarray, " row"]]:
    """By the laws from row ``first`` on; before it, in the judge's own series, from the judged origins."""
    rows, values = [], []
    for place, start in enumerate(judged.origins.starts[:-1] if own else ()):
        choice, spread = choose(judged.values, judged.continuations, start), spread_of(judged.values[:start])
        if choice.judged.any():
            rows.append(start)
            values.append(combine(choice, judged.continuations.predicted[:, place, :1], spread)[0][0])
    for row in range(max(first, len(column) - _MOST_ONE_STEP), len(column)):
        rows.append(row)
        values.append(combine(judged.choice, extend_all(judged.laws, column[:row].copy(), 1), judged.spread)[0][0])
    return np.array(rows, np.int64), np.array(values)


def _members(
    judged: tuple[Judged, ...], made: list[Continued]
) -> tuple[Float[np.ndarray, "member horizon feature"], tuple[str, ...]]:
    """The continuations that count, the heaviest first, where every feature has one."""
    weights = np.max([continued.weights for continued in made], axis=0)
    everything = np.stack([continued.candidates for continued in made], axis=2)
    finite = np.asarray(np.isfinite(everything).all(axis=(1, 2)))
    order = [int(i) for i in np.argsort(-weights, kind="stable") if finite[i] and weights[i] >= _LEAST_WEIGHT]
    chosen = order[:_MOST_MEMBERS] or [int(np.argmax(finite))]
    return everything[chosen], tuple(judged[0].candidates[i].name for i in chosen)


def _ingredients(known: Series, judged: tuple[Judged, ...], made: list[Continued]) -> tuple[Ingredient, ...]:
    found = []
    for name, one, continued in zip(known.names, judged, made, strict=True):
        for i in np.argsort(-continued.weights, kind="stable"):
            score = float(one.choice.scores[i])
            shown = score if np.isfinite(score) else None
            found.append(Ingredient(one.candidates[i].name, shown, float(continued.weights[i]), name))
    return tuple(found)
