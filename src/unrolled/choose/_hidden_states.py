"""Models with a hidden state as candidates: learned at a few origins, and carried on from these to the next."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from unrolled.choose._continuations import Origins
from unrolled.classical import Law
from unrolled.errors import InputError, TrainingError
from unrolled.forecast import Estimator, Fitted, HiddenMarkovForecaster, LinearDynamicalSystem, Structural

__all__ = ["StateCandidate", "StateLaw", "continue_states", "state_candidates"]

# At so many origins its parameters are learned, with those of the last before any other.
_LEARNED = 2


@dataclass(frozen=True)
class StateCandidate:
    """A model with a hidden state, and its name for the table.

    Attributes
    ----------
    name
        What it is, in words.
    model
        What is learned.
    """

    name: str
    model: Estimator


@dataclass(frozen=True, eq=False)
class StateLaw:
    """What was learned, as a law: the mean of the forecast from the end of a history.

    Attributes
    ----------
    fitted
        The model, learned up to some origin.
    """

    fitted: Fitted

    def extend(self, history: Float[np.ndarray, " time"], steps: int) -> Float[np.ndarray, " steps"]:
        """The next values; NaN where the history does not suit the model."""
        try:
            return self.fitted.predict(steps, history=history).mean[:, 0]
        except (InputError, TrainingError):
            return np.full(steps, np.nan)


def state_candidates() -> tuple[StateCandidate, ...]:
    """The models with a hidden state that take part in the choice.

    Examples
    --------
    >>> from unrolled.choose import state_candidates
    >>> [candidate.name for candidate in state_candidates()]
    ['structural, trend', 'linear dynamical system, 2 units', 'hidden Markov, 2 recurrences']
    """
    return (
        StateCandidate("structural, trend", Structural("trend", levels=())),
        StateCandidate("linear dynamical system, 2 units", LinearDynamicalSystem(2, levels=())),
        StateCandidate("hidden Markov, 2 recurrences", HiddenMarkovForecaster(2, emission="autoregressive", levels=())),
    )


def continue_states(
    candidate: StateCandidate, values: Float[np.ndarray, " time"], origins: Origins
) -> tuple[Float[np.ndarray, "origin step"], tuple[Law | None, ...]]:
    """What a model says from every origin, by parameters learned there or before; and the law of every origin.

    Nothing beyond an origin enters what is said from it.
    """
    predicted = np.full((len(origins.starts), origins.ahead), np.nan)
    laws: list[Law | None] = []
    every = max(1, -(-len(origins.starts) // _LEARNED))
    law: Law | None = None
    for place, start in enumerate(origins.starts):
        if place % every == 0 or start == origins.points:
            law = _learned(candidate, values[:start]) or law
        laws.append(law)
        steps = min(origins.points - start, origins.ahead)
        if law is not None and steps:
            predicted[place, :steps] = law.extend(values[:start], steps)
    return predicted, tuple(laws)


def _learned(candidate: StateCandidate, known: Float[np.ndarray, " time"]) -> StateLaw | None:
    try:
        return StateLaw(candidate.model.fit(known.copy()))
    except (InputError, TrainingError):
        return None
