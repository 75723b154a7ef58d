"""Which hidden state a series was in at every known row, as CSV text."""

from __future__ import annotations

from unrolled.errors import InputError
from unrolled.evaluate import Trial
from unrolled.forecast import FittedHiddenMarkov
from unrolled.series import csv_number, csv_place, csv_text

__all__ = ["has_regimes", "regimes_csv"]


def has_regimes(trial: Trial) -> bool:
    """Whether the model has hidden states that can be counted."""
    return isinstance(trial.fitted, FittedHiddenMarkov)


def regimes_csv(trial: Trial) -> str:
    """The hidden states at every row that a hidden Markov model learned: ``x, state, p-0, p-1, ...``.

    Raises
    ------
    InputError
        The model has no such states.
    """
    if not isinstance(trial.fitted, FittedHiddenMarkov):
        raise InputError(f"{trial.fitted.model.name} has no regimes; a hidden Markov model has.")
    known = trial.series.head(trial.train)
    found = trial.fitted.regimes(known)
    rows = [
        [csv_place(known, x), int(state), *map(csv_number, shares)]
        for x, state, shares in zip(known.x, found.path, found.probabilities, strict=True)
    ]
    return csv_text(["x", "state", *(f"p-{k}" for k in range(found.probabilities.shape[1]))], rows)
