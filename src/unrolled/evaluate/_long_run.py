"""The long run of a network that continues a series, beside that of the system that it learned."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from unrolled.dynamics import Climate, System, climate_of_values, compare_climates, lorenz_flow
from unrolled.errors import InputError
from unrolled.evaluate._trial import Trial
from unrolled.forecast import closed_loop_system
from unrolled.series import Series

__all__ = ["known_system", "require_long_run", "with_long_run"]

_STEPS = 20_000
_LEAST_VALUES = 200
# Runge-Kutta steps no longer than this.
_PART = 0.01


def with_long_run(trial: Trial, *, system: System | None = None, steps: int = _STEPS) -> Trial:
    """The trial, with the climate of its first member beside that of the system or, without one, of the known values.

    Parameters
    ----------
    trial
        Of a network that continues a series, or of a reservoir.
    system
        What the series comes from, where that is known.
    steps
        How long both are followed.

    Raises
    ------
    InputError
        A model without a network, or too few known values to compare with.

    Examples
    --------
    >>> import unrolled
    >>> from unrolled.dynamics import logistic_map, trajectory
    >>> from unrolled.evaluate import with_long_run
    >>> series = trajectory(logistic_map(3.9), 600)[:, 0]
    >>> model = unrolled.model("next-generation-reservoir", delays=1, degree=2)
    >>> trial = with_long_run(unrolled.extrapolate(series, model, train=500), system=logistic_map(3.9), steps=5_000)
    >>> bool(abs(trial.climate.learned.spectrum.largest - trial.climate.truth.spectrum.largest) < 0.02)
    True
    """
    closed = closed_loop_system(trial.fitted)
    truth: System | Climate
    if system is None:
        require_long_run(trial.series)
        values = trial.series.values
        truth = climate_of_values(values[np.isfinite(values).all(axis=1)], spacing=trial.series.spacing or 1.0)
    else:
        truth = system
    return replace(trial, climate=compare_climates(closed, truth, steps))


def require_long_run(series: Series) -> None:
    """Raise an :class:`InputError` unless a series has enough values to say what it does in the long run."""
    known = int(np.isfinite(series.values).all(axis=1).sum())
    if known < _LEAST_VALUES:
        raise InputError(
            f"{series.name} has {known} known points, too few to say what it does in the long run; {_LEAST_VALUES} are "
            "the least. Leave out --climate."
        )
    if not np.ptp(series.values[np.isfinite(series.values).all(axis=1)], axis=0).all():
        raise InputError(f"{series.name} has a feature that never changes: there is no long run to compare with.")


def known_system(name: str | None, series: Series) -> System | None:
    """The system that a series of the catalogue comes from, looked at as often; ``None`` where it is not known."""
    if name != "lorenz" or series.spacing is None:
        return None
    return lorenz_flow(series.spacing, math.ceil(series.spacing / _PART))
