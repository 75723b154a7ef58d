"""What hidden states say of every known row, as CSV text."""

from __future__ import annotations

from typing import Any

from unrolled.errors import InputError
from unrolled.evaluate import Trial
from unrolled.forecast import FittedLinearGaussian, Structural, components_of
from unrolled.series import csv_number, csv_place, csv_text

__all__ = ["components_csv", "has_components"]


def has_components(trial: Trial) -> bool:
    """Whether the model is a sum of components that can be told apart."""
    return isinstance(trial.fitted, FittedLinearGaussian) and isinstance(trial.fitted.model, Structural)


def components_csv(trial: Trial) -> str:
    """The components of a structural model at every row that it learned: ``x, name, component, mean, deviation``.

    Raises
    ------
    InputError
        The model has no components.
    """
    if not has_components(trial):
        raise InputError(f"{trial.fitted.model.name} has no components; those of a structural model can be told apart.")
    known = trial.series.head(trial.train)
    assert isinstance(trial.fitted, FittedLinearGaussian)
    rows: list[list[Any]] = [
        [csv_place(known, x), name, label, csv_number(mean), csv_number(deviation)]
        for name, parts in components_of(trial.fitted, known).items()
        for label, part in parts.items()
        for x, mean, deviation in zip(known.x, *part, strict=True)
    ]
    return csv_text(["x", "name", "component", "mean", "deviation"], rows)
