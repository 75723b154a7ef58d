"""What observations say about the hidden states."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from unrolled.compilation import compiled
from unrolled.errors import InputError
from unrolled.statespace._forward_backward import Passes, forward, passes
from unrolled.statespace._hidden_markov import HiddenMarkov, read_observations
from unrolled.statespace._observed_steps import ObservedSteps
from unrolled.types import precision

__all__ = ["StatePosterior", "filter_hidden_markov", "forward_backward", "hidden_markov_log_likelihood"]


@dataclass(frozen=True, eq=False)
class StatePosterior:
    """Probabilities of the hidden states; sequences lie end to end.

    Attributes
    ----------
    smoothed
        ``P(s_t | y)``, from the whole sequence.
    filtered
        ``P(s_t | y_1..t)``.
    predicted
        ``P(s_t | y_1..t-1)``.
    pairs
        The sum over steps of ``P(s_{t-1}, s_t | y)``, all sequences together.
    log_likelihoods
        ``log p(y)`` of every sequence.
    lengths
        How many steps each has.
    """

    smoothed: Float[np.ndarray, "time state"]
    filtered: Float[np.ndarray, "time state"]
    predicted: Float[np.ndarray, "time state"]
    pairs: Float[np.ndarray, "state state"]
    log_likelihoods: Float[np.ndarray, " sequence"]
    lengths: tuple[int, ...]

    @property
    def log_likelihood(self) -> float:
        """Of all sequences together."""
        return float(self.log_likelihoods.sum())

    def rows(self, sequence: int) -> slice:
        """Where the steps of a sequence lie."""
        start = sum(self.lengths[:sequence])
        return slice(start, start + self.lengths[sequence])


def forward_backward(model: HiddenMarkov, y: Any, lengths: Any = None) -> StatePosterior:
    r"""Probabilities of the hidden states, given the observations.

    ``P(s_t = k | y) = alpha_t(k) beta_t(k)`` with the scaled passes forwards and backwards; one compiled program.

    Parameters
    ----------
    model
        A hidden Markov model.
    y
        ``(time,)`` or ``(time, feature)``, a list of such arrays, or ``(sequence, time, feature)``; NaN (or -1, of
        symbols) where nothing was observed.
    lengths
        Real steps of each padded sequence.

    Returns
    -------
    StatePosterior
        In the order of the steps, sequences end to end.

    Raises
    ------
    InputError
        The model is none, observations do not fit it, or it gives them probability zero.

    References
    ----------
    L. E. Baum, T. Petrie, G. Soules and N. Weiss, Annals of Mathematical Statistics 41 (1970) 164; L. R. Rabiner,
    Proceedings of the IEEE 77 (1989) 257, equations 18 to 37 and 90 to 92.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.statespace import GaussianEmission, HiddenMarkov, forward_backward
    >>> emission = GaussianEmission(np.array([[0.0], [5.0]]), np.ones((2, 1, 1)))
    >>> model = HiddenMarkov(np.array([0.5, 0.5]), np.array([[0.9, 0.1], [0.1, 0.9]]), emission)
    >>> forward_backward(model, [0.1, -0.2, np.nan, 5.2]).smoothed.round(2).tolist()
    [[1.0, 0.0], [1.0, 0.0], [0.5, 0.5], [0.0, 1.0]]
    """
    model, steps, real = read_observations(model, y, lengths)
    with precision("float64"):
        found = [np.asarray(part) for part in _both_passes(model, steps)]
    count = sum(real)
    filtered, smoothed, predicted, pairs, logs = found
    totals = _totals(logs, real)
    return StatePosterior(smoothed[:count], filtered[:count], predicted[:count], pairs, totals, real)


def filter_hidden_markov(
    model: HiddenMarkov, y: Any, lengths: Any = None
) -> tuple[Float[np.ndarray, "time state"], Float[np.ndarray, " time"]]:
    """``P(s_t | y_1..t)`` and ``log p(y_t | y_1..t-1)``: the pass forwards alone.

    Arguments and errors are those of :func:`forward_backward`.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.statespace import CategoricalEmission, HiddenMarkov, filter_hidden_markov
    >>> model = HiddenMarkov(np.array([1.0]), np.ones((1, 1)), CategoricalEmission(np.array([[0.5, 0.5]])))
    >>> np.exp(filter_hidden_markov(model, [0, 1, -1])[1]).tolist()
    [0.5, 0.5, 1.0]
    """
    model, steps, real = read_observations(model, y, lengths)
    with precision("float64"):
        filtered, logs = (np.asarray(part) for part in _forward_pass(model, steps))
    _totals(logs, real)
    return filtered[: sum(real)], logs[: sum(real)]


def hidden_markov_log_likelihood(model: HiddenMarkov, y: Any, lengths: Any = None) -> float:
    """``log p(y)`` of all sequences together; arguments and errors are those of :func:`forward_backward`.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.statespace import CategoricalEmission, HiddenMarkov, hidden_markov_log_likelihood
    >>> model = HiddenMarkov(np.array([1.0]), np.ones((1, 1)), CategoricalEmission(np.array([[0.5, 0.5]])))
    >>> round(hidden_markov_log_likelihood(model, [0, 1, 1]) / float(np.log(0.5)), 9)
    3.0
    """
    return float(filter_hidden_markov(model, y, lengths)[1].sum())


def _totals(logs: Float[np.ndarray, " time"], lengths: tuple[int, ...]) -> Float[np.ndarray, " sequence"]:
    """The log-likelihood of every sequence."""
    real = logs[: sum(lengths)]
    impossible = np.flatnonzero(~(real > -np.inf))
    if impossible.size:
        starts = np.cumsum((0, *lengths))
        sequence = int(np.searchsorted(starts, impossible[0], side="right")) - 1
        raise InputError(
            f"the model gives step {impossible[0] - starts[sequence]} of sequence {sequence} probability zero after "
            "the steps before it; learn with pseudo-counts, or leave that step out (NaN)."
        )
    return np.add.reduceat(real, np.cumsum((0, *lengths[:-1])))


@compiled
def _both_passes(model: HiddenMarkov, steps: ObservedSteps) -> Passes:
    return passes((model.initial, model.transition), model.emission.log_density(steps), steps.first)


@compiled
def _forward_pass(model: HiddenMarkov, steps: ObservedSteps) -> Any:
    return forward((model.initial, model.transition), model.emission.log_density(steps), steps.first)
