"""Recurrent networks as candidates: all origins and members of one are trained by one compiled program."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from unrolled.choose._companion import ByCompanion
from unrolled.choose._continuations import Origins
from unrolled.choose._hidden_states import StateLaw
from unrolled.classical import AnalogLaw, Holonomic, Law, Recurrence, RecurrencePosterior
from unrolled.errors import TrainingError
from unrolled.forecast import FittedForecaster, Forecaster, continue_from_origins, model
from unrolled.learn import Watch

__all__ = ["NetworkCandidate", "NetworkLaw", "continue_network", "law_reach", "network_candidates"]


# The compiled closed loop has that many steps whether they are asked for or not.
_AHEAD = 16


@dataclass(frozen=True)
class NetworkCandidate:
    """A network with a base, and its name for the table.

    Attributes
    ----------
    name
        What it is, in words.
    model
        What is trained at every origin.
    """

    name: str
    model: Forecaster


@dataclass(frozen=True, eq=False)
class NetworkLaw:
    """Trained networks as a law: the mean over their closed loops.

    Attributes
    ----------
    fitted
        The networks, trained up to some origin.
    ahead
        Their first predictions from there, which came with the training.
    """

    fitted: FittedForecaster
    ahead: Float[np.ndarray, " step"]

    def extend(self, history: Float[np.ndarray, " time"], steps: int) -> Float[np.ndarray, " steps"]:
        """The next values; infinite where every member ran off."""
        if steps <= len(self.ahead) and np.array_equal(history, self.fitted.series.values[:, 0]):
            return self.ahead[:steps]
        try:
            return self.fitted.predict(steps, history=history).mean[:, 0]
        except TrainingError:
            return np.full(steps, np.inf)


def network_candidates(seed: int = 0) -> tuple[NetworkCandidate, ...]:
    """The networks that take part in the choice.

    Examples
    --------
    >>> from unrolled.choose import network_candidates
    >>> [candidate.name for candidate in network_candidates()]
    ['Elman network on recurrence 3']
    """
    made = model("rnn-remainder", members=4, epochs=150, seed=seed)
    assert isinstance(made, Forecaster)
    return (NetworkCandidate("Elman network on recurrence 3", made),)


def continue_network(
    candidate: NetworkCandidate, values: Float[np.ndarray, " time"], origins: Origins, *, watch: Watch | None = None
) -> tuple[Float[np.ndarray, "origin step"], tuple[NetworkLaw | None, ...]]:
    """What a network says from every origin, trained anew on the values before it; and the law of every origin."""
    predicted = np.full((len(origins.starts), origins.ahead), np.nan)
    steps = max(origins.ahead, _AHEAD)
    try:
        made = continue_from_origins(candidate.model, values, origins.starts, steps, watch=watch)
    except TrainingError:
        return predicted, (None,) * len(origins.starts)
    for place, start in enumerate(origins.starts):
        steps = min(origins.points - start, origins.ahead)
        predicted[place, :steps] = made.mean[place, :steps]
    laws = zip(made.fitted, made.mean, strict=True)
    return predicted, tuple(None if fitted is None else NetworkLaw(fitted, mean) for fitted, mean in laws)


def law_reach(law: Law | None) -> int:
    """How many values a law looks back; functions of time look at none."""
    if isinstance(law, ByCompanion):
        return law_reach(law.law)
    if isinstance(law, NetworkLaw):
        # From the end of its own series it has its predictions already.
        return min(law.fitted.model.framing.lead, len(law.fitted.series))
    if isinstance(law, AnalogLaw):
        return law.span
    if isinstance(law, StateLaw):
        return int(law.fitted.model.window)
    if isinstance(law, RecurrencePosterior):
        law = law.mean
    if isinstance(law, Recurrence):
        return len(law.weights)
    return law.coefficients.shape[0] - 1 if isinstance(law, Holonomic) else 0
