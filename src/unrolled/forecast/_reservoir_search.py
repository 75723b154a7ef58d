"""A random search over the settings of echo state networks, inside the known part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from unrolled.arguments import require_whole
from unrolled.errors import InputError, TrainingError
from unrolled.forecast._echo_state import EchoState
from unrolled.series import Series, as_series

__all__ = ["search_echo_state"]

_MOST = 100_000
# A candidate that runs off, or that cannot be solved, counts as this many spreads.
_WORST = 1e3
_LEAST = 1e-12


def search_echo_state(
    model: EchoState, data: Any, *, candidates: int = 20, horizon: int = 20, origins: int = 8, seed: int = 0
) -> EchoState:
    """The settings that continue the later part of a series best, found by a random search.

    Each candidate learns the first three quarters once and continues from evenly spread places in the last quarter, in
    closed loop; its score is the geometric mean of the root mean squared error over the spread. The first candidate is
    the model as it came, the others have random rho, leak, scales of inputs and biases, and ridge.

    Parameters
    ----------
    model
        What is varied: units, members and all other settings stay.
    data
        The known series; nothing beyond it is looked at.
    candidates
        How many settings are tried.
    horizon
        How many steps are continued from each place.
    origins
        How many places, at most.
    seed
        Decides the candidates.

    Returns
    -------
    EchoState
        The best settings, to be fitted to the whole series.

    Raises
    ------
    InputError
        The series is too short for the horizon, or does not suit the model.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.forecast import EchoState, search_echo_state
    >>> wave = np.sin(0.3 * np.arange(200)) + np.sin(0.13 * np.arange(200))
    >>> usual = EchoState(units=30, members=1)
    >>> found = search_echo_state(usual, wave[:160], candidates=5)
    >>> errors = [np.abs(m.fit(wave[:160]).predict(40).mean[:, 0] - wave[160:]).max() for m in (found, usual)]
    >>> bool(errors[0] <= errors[1])
    True
    """
    require_whole("candidates", candidates, 1, _MOST)
    require_whole("origins", origins, 1, _MOST)
    require_whole("seed", seed, 0, 2**63 - 1)
    known = as_series(data)
    require_whole("horizon", horizon, 1, len(known))
    inner = 3 * len(known) // 4
    if inner + horizon > len(known):
        raise InputError(
            f"a search needs {horizon} known steps in the last quarter of the series, which has {len(known) - inner} "
            "points; lower the horizon or give more points."
        )
    model.check(known.head(inner))
    places = np.unique(np.linspace(inner, len(known) - horizon, origins).astype(int))
    tried = [model, *_settings(model, candidates - 1, np.random.default_rng(seed))]
    return min(tried, key=lambda one: _score(one, known, inner, places.tolist(), horizon))


def _settings(model: EchoState, count: int, generator: np.random.Generator) -> Iterator[EchoState]:
    for _ in range(count):
        yield replace(
            model,
            rho=generator.uniform(0.5, 1.2),
            leak=generator.uniform(0.3, 1.0),
            input_scale=10 ** generator.uniform(-1.3, 0.0),
            bias_scale=10 ** generator.uniform(-1.0, 0.1),
            ridge=("gcv", 1e-16, 1e-13, 1e-10, 1e-7, 1e-4)[generator.integers(6)],
        )


def _score(model: EchoState, known: Series, inner: int, places: list[int], horizon: int) -> float:
    """The mean logarithm of the error over the spread."""
    spread = np.sqrt(np.mean(np.var(known.values, axis=0))) or 1.0
    try:
        fitted = model.fit(known.head(inner))
    except TrainingError:
        return float(np.log(_WORST))
    found = []
    for place in places:
        try:
            with np.errstate(over="ignore"):
                error = fitted.predict(horizon, history=known.head(place)).mean - known.values[place : place + horizon]
                size = float(np.sqrt(np.mean(error**2)) / spread)
        except TrainingError:
            size = _WORST
        found.append(np.log(np.clip(size, _LEAST, _WORST)))
    return float(np.mean(found))
