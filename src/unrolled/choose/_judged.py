"""One feature of a series, judged: the laws, the choice, and how a forecast moved when the last values came in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from unrolled.choose._candidates import Candidate
from unrolled.choose._choice import Choice, choose, combine, middle_range, spread_of
from unrolled.choose._continuations import Continuations, Origins, continue_candidates, extend_all, find_laws, rolling
from unrolled.choose._hidden_states import StateCandidate, continue_states
from unrolled.choose._networks import NetworkCandidate, continue_network, law_reach
from unrolled.classical import Law
from unrolled.learn import Watch

__all__ = ["LEAST_MOVE", "Continued", "Judged", "Standpoint", "judge"]


@dataclass(frozen=True, eq=False)
class Continued:
    """A combined forecast, with what speaks for it and against it.

    Attributes
    ----------
    mean
        The weighted median of the candidates, shape ``(horizon,)``.
    candidates
        The continuation of every candidate, shape ``(candidate, horizon)``; NaN where it has none.
    weights
        What each counts at the last step.
    moved
        How far the forecast has moved since one stride earlier: from the forecast for the same steps that would have
        been made then, by the choice of then. The largest so far, step by step; never below rounding.
    range
        How far apart the candidates are: the middle two thirds of their weight, the largest so far, step by step.
    scale
        Of the error: ``max(moved^0.75 moved_2^0.25, 0.3 range)``, where ``moved_2`` is the same as ``moved`` since two
        strides earlier. A single step back would be deceived by series that alternate, and a median that stands still
        by candidates that do not.
    spread
        The standard deviation of the known values.
    """

    mean: Float[np.ndarray, " horizon"]
    candidates: Float[np.ndarray, "candidate horizon"]
    weights: Float[np.ndarray, " candidate"]
    moved: Float[np.ndarray, " horizon"]
    range: Float[np.ndarray, " horizon"]
    scale: Float[np.ndarray, " horizon"]
    spread: float


#: Moves below this share of the spread are rounding.
LEAST_MOVE = 1e-12
# Of the move since two strides ago in the scale of the error.
_SECOND_SHARE = 0.25
# Of the range of the candidates that the scale is at least.
_RANGE_SHARE = 0.3


@dataclass(frozen=True, eq=False)
class Standpoint:
    """What was known at some point: the choice and the laws.

    Attributes
    ----------
    back
        How many of the last known values are not looked at.
    choice
        The scores from the values before.
    laws
        What was found in the values before, one a candidate.
    """

    back: int
    choice: Choice
    laws: tuple[Law | None, ...]


@dataclass(frozen=True, eq=False)
class Judged:
    """One feature: candidates, laws, scores.

    Attributes
    ----------
    candidates
        Who was asked.
    values
        The known values that the choice was made on.
    continuations
        What the judged forecasts say.
    standpoints
        Now, one stride earlier, two strides earlier.
    exponent
        The values are in units of two to this power.
    """

    candidates: tuple[Candidate | NetworkCandidate | StateCandidate, ...]
    values: Float[np.ndarray, " time"]
    continuations: Continuations
    standpoints: tuple[Standpoint, Standpoint, Standpoint]
    exponent: int = 0

    @property
    def origins(self) -> Origins:
        """Where the judged forecasts start."""
        return self.continuations.origins

    @property
    def choice(self) -> Choice:
        """The choice made now."""
        return self.standpoints[0].choice

    @property
    def laws(self) -> tuple[Law | None, ...]:
        """The laws found in all known values."""
        return self.standpoints[0].laws

    @property
    def spread(self) -> float:
        """The standard deviation of the known values."""
        return spread_of(self.values)

    @property
    def reach(self) -> int:
        """How many values a history must have for every law, those of the earlier standpoints too."""
        return max(law_reach(law) + point.back for point in self.standpoints for law in point.laws)

    @cached_property
    def past_errors(self) -> Float[np.ndarray, "origin step"]:
        """How far off the forecasts were that would have been made in the past; NaN where no value is known."""
        origins, predicted = self.origins, self.continuations.predicted
        errors = np.full((len(origins.starts), origins.ahead), np.nan)
        for place, start in enumerate(origins.starts):
            steps = min(origins.ahead, origins.points - start)
            choice = choose(self.values, self.continuations, start)
            if steps and choice.judged.any():
                made, _ = combine(choice, predicted[:, place, :steps], spread_of(self.values[:start]))
                errors[place, :steps] = np.abs(made - self.values[start : start + steps])
        return errors

    def extend(self, history: Float[np.ndarray, " time"], horizon: int) -> Continued:
        """Continue from the end of ``history``, which begins where the known values began."""
        candidates = extend_all(self.laws, history, horizon)
        mean, weights = combine(self.choice, candidates, self.spread)
        first, second = (self._moved(mean, standpoint, history) for standpoint in self.standpoints[1:])
        apart = np.maximum.accumulate(middle_range(candidates, weights))
        scale = np.maximum(first ** (1 - _SECOND_SHARE) * second**_SECOND_SHARE, _RANGE_SHARE * apart)
        return Continued(mean, candidates, weights[:, -1], first, apart, scale, self.spread)

    def _moved(
        self, mean: Float[np.ndarray, " horizon"], standpoint: Standpoint, history: Float[np.ndarray, " time"]
    ) -> Float[np.ndarray, " horizon"]:
        """How far the forecast has moved since then, the largest so far."""
        back = standpoint.back
        earlier = extend_all(standpoint.laws, history[:-back], len(mean) + back)
        before, _ = combine(standpoint.choice, earlier, spread_of(self.values[:-back]))
        with np.errstate(invalid="ignore"):
            moved = np.abs(mean - before[back:])
        moved = np.where(np.isnan(moved), np.inf, moved)
        return np.maximum.accumulate(np.maximum(moved, LEAST_MOVE * self.spread))


def judge(
    values: Float[np.ndarray, " time"],
    candidates: Sequence[Candidate],
    networks: Sequence[NetworkCandidate] = (),
    states: Sequence[StateCandidate] = (),
    *,
    watch: Watch | None = None,
) -> Judged:
    """Let every candidate continue the leading values, and score it by the values that came next.

    Parameters
    ----------
    values
        The known values, and nothing beyond them.
    candidates
        Who is asked.
    networks
        Networks that are asked too; they are trained anew at every origin.
    states
        Models with a hidden state that are asked too.
    watch
        Called in the training of the networks.
    """
    origins = rolling(len(values))
    asked = [
        *(continue_network(network, values, origins, watch=watch) for network in networks),
        *(continue_states(state, values, origins) for state in states),
    ]
    classical = continue_candidates(values, candidates, origins)
    predicted = np.concatenate([classical.predicted, *(rows[None] for rows, _ in asked)])
    continuations = Continuations(origins, predicted)
    made = []
    for strides in range(3):
        back = strides * origins.stride
        until = len(values) - back
        # These were learned at the origins, the last of which are the standpoints.
        trained = [laws[-1 - strides] if strides < len(laws) else None for _, laws in asked]
        laws = (*find_laws(values[:until].copy(), candidates), *trained)
        made.append(Standpoint(back, choose(values, continuations, until), laws))
    return Judged((*candidates, *networks, *states), values, continuations, (made[0], made[1], made[2]))
