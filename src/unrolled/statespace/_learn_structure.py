"""The most likely parameters of a structural model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from unrolled.arguments import require_kind, require_moderate, require_whole, unmasked
from unrolled.compilation import compiled
from unrolled.errors import InputError, TrainingError
from unrolled.statespace._components import Parameter
from unrolled.statespace._kalman_filter import filter_observations
from unrolled.statespace._linear_gaussian import LinearGaussian
from unrolled.statespace._observations import Observations, shared_length
from unrolled.statespace._structure import Structure
from unrolled.types import precision

__all__ = ["LearnedStructure", "learn_structure"]

_MOST_ITERATIONS = 100_000
# In units of the deviation of y: no parameter leaves these, so that no covariance becomes singular.
_LEAST_DEVIATION, _LARGEST_DEVIATION = 1e-6, 1e3
_LARGEST_SHARE, _LONGEST_PERIOD = 0.9999, 1e6
# What the deviations of the first start are multiplied by, one start each.
_STARTS = (1.0, 0.1, 5.0)


@dataclass(frozen=True, eq=False)
class LearnedStructure:
    """A structural model that has learned a series.

    Attributes
    ----------
    structure
        What it is made of.
    values
        The parameters by name, in units of y.
    system
        The linear dynamical system that it is.
    log_likelihood
        Of the observations after those that settle the first state.
    notes
        Sentences for whoever uses the result.
    """

    structure: Structure
    values: Mapping[str, float]
    system: LinearGaussian
    log_likelihood: float
    notes: tuple[str, ...] = ()


def learn_structure(structure: Structure, y: Any, *, iterations: int = 200) -> LearnedStructure:
    """Find the parameters under which a series is most probable.

    The likelihood is that of the Kalman filter, without the first observations, as many as there are hidden units of
    which nothing is known; its gradient goes back through the filter, and L-BFGS climbs from three starts.

    Parameters
    ----------
    structure
        What the series is made of.
    y
        Shape ``(time,)``; NaN is missing.
    iterations
        Of L-BFGS, at most, from each start.

    Returns
    -------
    LearnedStructure
        Parameters, system, likelihood.

    Raises
    ------
    InputError
        A structure that cannot be, all values missing, or fewer known values than the structure has unknowns.
    TrainingError
        No start has a finite likelihood.

    References
    ----------
    A. C. Harvey, Forecasting, Structural Time Series Models and the Kalman Filter (1989), section 4.2.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.statespace import Structure, learn_structure
    >>> g = np.random.default_rng(0)
    >>> walk = np.cumsum(g.normal(size=300)) + 2 * g.normal(size=300)
    >>> found = learn_structure(Structure.parse("level"), walk)
    >>> bool(0.7 < found.values["level"] < 1.3), bool(1.7 < found.values["noise"] < 2.3)
    (True, True)
    """
    require_kind("structure", structure, Structure)
    structure.check()
    iterations = require_whole("iterations", iterations, 1, _MOST_ITERATIONS)
    values, seen = _known(y, structure)
    centre, width = _scale(values[seen])
    z = np.where(seen, (values - centre) / width, 0.0)
    starts = _starts(structure, z, seen)
    more = (0, shared_length(len(z)) - len(z))
    z, seen = np.pad(z, more), np.pad(seen, more)
    observed = Observations(z[:, None], seen[:, None], np.zeros((len(z), 0)))
    counted = (np.cumsum(seen) > structure.unknown) & seen
    with precision("float64"):
        best, gain, ended = _climb(structure, observed, counted, starts, iterations)
        named = {name: float(value) for name, value in _values(structure.parameters, jnp.asarray(best)).items()}
    return _told(structure, named, (centre, width), gain * counted.sum() - np.log(width) * counted.sum(), ended)


def _known(y: Any, structure: Structure) -> tuple[Float[np.ndarray, " time"], Bool[np.ndarray, " time"]]:
    try:
        values = np.asarray(unmasked(y), np.float64)
    except (TypeError, ValueError):
        raise InputError("y must be an array of numbers of shape (time,).") from None
    if values.ndim != 1:
        raise InputError(f"y must be an array of numbers of shape (time,); came shape {values.shape}.")
    if np.isinf(values).any():
        raise InputError("y holds an infinite value; every value must be a finite number, or NaN where it is missing.")
    require_moderate("y", values)
    seen = ~np.isnan(values)
    if not seen.any():
        raise InputError("every value of y is missing; there is nothing to learn from.")
    least = structure.unknown + len(structure.parameters)
    if seen.sum() < least:
        raise InputError(
            f"this structure has {structure.unknown} hidden units that must be known first and "
            f"{len(structure.parameters)} parameters: it takes at least {least} known values; y has {seen.sum()}. "
            "Leave components out, or harmonics of a season."
        )
    return values, seen


def _scale(known: Float[np.ndarray, " known"]) -> tuple[float, float]:
    centre, width = float(np.mean(known)), float(np.std(known))
    return centre, width if width > 0 else max(abs(centre), 1.0)


def _starts(structure: Structure, z: np.ndarray, seen: np.ndarray) -> list[Float[np.ndarray, " parameter"]]:
    period = _main_period(z, seen)
    first = [period if np.isnan(parameter.start) else parameter.start for parameter in structure.parameters]
    made = []
    for factor in _STARTS:
        moved = [
            value * factor if p.kind == "deviation" and p.name != "noise" else value
            for p, value in zip(structure.parameters, first, strict=True)
        ]
        made.append(np.array([_free(p, value) for p, value in zip(structure.parameters, moved, strict=True)]))
    return made


def _main_period(z: np.ndarray, seen: np.ndarray) -> float:
    """The period of the largest peak of the spectrum, gaps bridged by lines and the straight trend taken away."""
    t = np.arange(len(z))
    filled = np.interp(t, t[seen], z[seen])
    left = filled - np.polyval(np.polyfit(t, filled, 1), t)
    power = np.abs(np.fft.rfft(left * np.hanning(len(z)))) ** 2
    first = min(2, len(power) - 1)
    place = first + int(np.argmax(power[first:]))
    return float(np.clip(len(z) / max(place, 1), 2.1, len(z)))


def _free(parameter: Parameter, value: float) -> float:
    """From a value to a number without bounds."""
    if parameter.kind == "share":
        share = value / _LARGEST_SHARE
        return float(np.log(share / (1 - share)))
    return float(np.log(value - 2.0 if parameter.kind == "period" else value))


def _values(parameters: tuple[Parameter, ...], free: Array) -> dict[str, Array]:
    """And back."""
    made = {}
    for parameter, number in zip(parameters, free, strict=True):
        if parameter.kind == "share":
            made[parameter.name] = _LARGEST_SHARE * jax.nn.sigmoid(number)
        else:
            made[parameter.name] = jnp.exp(number) + (2.0 if parameter.kind == "period" else 0.0)
    return made


@partial(compiled, many_pieces=True, static_argnames="structure")
def _loss(free: Array, observed: Observations, counted: Array, *, structure: Structure) -> tuple[Array, Array]:
    """Minus the mean log-likelihood, and its gradient."""

    def loss(free: Array) -> Array:
        system = structure.assembled(_values(structure.parameters, free))
        (likelihoods,) = filter_observations(system, observed, states=False)
        return -jnp.sum(jnp.where(counted, likelihoods, 0.0)) / jnp.sum(counted)

    return jax.value_and_grad(loss)(free)


def _climb(
    structure: Structure, observed: Observations, counted: np.ndarray, starts: list[np.ndarray], iterations: int
) -> tuple[np.ndarray, float, bool]:
    from scipy.optimize import minimize

    bounds = [_bounds(parameter) for parameter in structure.parameters]

    def loss(free: np.ndarray) -> tuple[float, np.ndarray]:
        value, slope = _loss(jnp.asarray(free), observed, counted, structure=structure)
        if not (np.isfinite(value) and np.isfinite(slope).all()):
            return 1e10, np.zeros_like(free)
        return float(value), np.asarray(slope)

    found = [
        minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": iterations})
        for start in starts
    ]
    best = min(found, key=lambda one: one.fun)
    if best.fun >= 1e10:
        raise TrainingError("no start has a finite likelihood; take fewer components, or scale the data.")
    return best.x, -float(best.fun), bool(best.success)


def _bounds(parameter: Parameter) -> tuple[float, float]:
    if parameter.kind == "share":
        return -10.0, 15.0
    if parameter.kind == "period":
        return float(np.log(1e-3)), float(np.log(_LONGEST_PERIOD))
    return float(np.log(_LEAST_DEVIATION)), float(np.log(_LARGEST_DEVIATION))


def _told(
    structure: Structure, values: dict[str, float], scale: tuple[float, float], likelihood: float, ended: bool
) -> LearnedStructure:
    centre, width = scale
    scaled = {p.name: values[p.name] * (width if p.kind == "deviation" else 1.0) for p in structure.parameters}
    system = structure.system(scaled, variance=width**2)
    system = LinearGaussian(system.W, system.V, system.Q, system.R, system.m, system.P, c=np.array([centre]))
    notes = () if ended else ("The most likely parameters were not reached: more iterations would take them further.",)
    return LearnedStructure(structure, scaled, system, float(likelihood), notes)
