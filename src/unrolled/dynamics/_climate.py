"""The long run of a network beside that of the system that it learned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from unrolled.arguments import require_array, require_number, require_whole
from unrolled.dynamics._lyapunov import lyapunov
from unrolled.dynamics._lyapunov_spectrum import LyapunovSpectrum
from unrolled.dynamics._power_spectrum import PowerSpectrum, power_spectrum
from unrolled.dynamics._system import System, require_system
from unrolled.dynamics._trajectory import trajectory
from unrolled.errors import InputError

__all__ = ["Climate", "ClimateComparison", "climate_of", "climate_of_values", "compare_climates"]

_STEPS, _MOST_STEPS, _LEAST_VALUES = 20_000, 10_000_000, 32
_FEWEST_EXPONENTS, _MOST_EXPONENTS = 4, 32
_QUANTILES = 1_000
_FREQUENCIES = 200


@dataclass(frozen=True, eq=False)
class Climate:
    """What a system does in the long run.

    Attributes
    ----------
    values
        What is observed, ``(time, output)``.
    spacing
        The time between two of them.
    power
        Power spectra, one an output.
    spectrum
        The largest exponents, as many as the Kaplan-Yorke dimension needs; ``None`` where only values are known.
    """

    values: Float[np.ndarray, "time output"]
    spacing: float
    power: tuple[PowerSpectrum, ...]
    spectrum: LyapunovSpectrum | None = None


@dataclass(frozen=True, eq=False)
class ClimateComparison:
    """The long run of a network beside that of the system that it learned.

    Attributes
    ----------
    truth
        Of the system, or of the known values.
    learned
        Of the network in closed loop; ``None`` where it runs off.
    note
        Why there is nothing to compare; empty otherwise.
    """

    truth: Climate
    learned: Climate | None
    note: str = ""

    @property
    def histogram_distances(self) -> Float[np.ndarray, " output"]:
        """How far the network's values would have to be moved, on average, to have the true histogram.

        The 1-Wasserstein distance over the standard deviation of the true values, one an output: 0 for equal
        histograms, 1 for some that lie a deviation apart.
        """
        if self.learned is None:
            return np.full(self.truth.values.shape[1], np.nan)
        shares = (np.arange(_QUANTILES) + 0.5) / _QUANTILES
        true, made = (np.quantile(one.values, shares, axis=0) for one in (self.truth, self.learned))
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.abs(true - made).mean(axis=0) / self.truth.values.std(axis=0)

    @property
    def spectrum_distances(self) -> Float[np.ndarray, " output"]:
        r"""The Hellinger distance of the power spectra, one an output: 0 for equal ones, 1 for some without overlap.

        :math:`\sqrt{1 - \int \sqrt{p q}}`, each normalized to 1 and averaged over 200 frequencies.
        """
        if self.learned is None:
            return np.full(self.truth.values.shape[1], np.nan)
        pairs = zip(self.truth.power, self.learned.power, strict=True)
        return np.array([_hellinger(true, made) for true, made in pairs])

    def __str__(self) -> str:
        if self.learned is None:
            return self.note
        lines = [
            f"histograms differ by {self.histogram_distances.max():.2g} standard deviations at most, power spectra by "
            f"{self.spectrum_distances.max():.2g} (of 1)."
        ]
        if self.learned.spectrum is not None:
            lines.append(f"Network: {self.learned.spectrum}.")
        if self.truth.spectrum is not None:
            lines.append(f"System: {self.truth.spectrum}.")
        return " ".join(lines)


def climate_of(
    system: System, steps: int = _STEPS, *, start: Any = None, washout: int = 1_000, seed: int = 0
) -> Climate:
    """The long run of a system, with exponents: four, or as many as the Kaplan-Yorke dimension needs, 32 at most.

    Parameters
    ----------
    system
        A network in closed loop, a map or a flow.
    steps
        How many, after the washout.
    start, washout, seed
        As in :func:`~unrolled.dynamics.trajectory`.

    Raises
    ------
    InputError
        An argument out of range, or a system that runs off to infinity.

    Examples
    --------
    >>> from unrolled.dynamics import climate_of, henon_map
    >>> climate = climate_of(henon_map(), 5_000)
    >>> climate.values.shape, round(climate.spectrum.dimension, 1)
    ((5000, 2), 1.3)
    """
    require_system(system)
    steps = require_whole("steps", steps, _LEAST_VALUES, _MOST_STEPS)
    told: dict[str, Any] = {"start": start, "washout": washout, "seed": seed}
    values = system.observed(trajectory(system, steps, **told))
    count = min(_FEWEST_EXPONENTS, system.size)
    spectrum = lyapunov(system, steps, count=count, **told)
    while np.isnan(spectrum.dimension) and count < min(_MOST_EXPONENTS, system.size):
        count = min(2 * count, system.size)
        spectrum = lyapunov(system, steps, count=count, **told)
    return Climate(values, system.spacing, _powers(values, system.spacing), spectrum)


def climate_of_values(values: Any, *, spacing: float = 1.0) -> Climate:
    """The long run that a series shows: its values and power spectra, without exponents.

    Raises
    ------
    InputError
        Fewer than 32 values, other shapes, or values that are not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.dynamics import climate_of_values
    >>> len(climate_of_values(np.zeros((64, 3))).power)
    3
    """
    require_number("spacing", spacing, above=0.0)
    motion = np.asarray(require_array("values", values, "time", "output"), np.float64)
    if len(motion) < _LEAST_VALUES or not motion.shape[1] or not np.isfinite(motion).all():
        raise InputError(f"values must be {_LEAST_VALUES} finite rows at least; came shape {motion.shape}.")
    return Climate(motion, spacing, _powers(motion, spacing))


def compare_climates(
    learned: System, truth: System | Climate, steps: int = _STEPS, *, washout: int = 0
) -> ClimateComparison:
    """The long run of a network in closed loop beside that of the system that it learned.

    A network can follow a chaotic series for a few Lyapunov times only; whether it learned the system shows in what
    does not depend on where exactly it is: exponents, dimension, power spectra, histograms.

    Parameters
    ----------
    learned
        The network, as :class:`~unrolled.dynamics.ClosedLoop` or :func:`unrolled.forecast.closed_loop_system` make it.
    truth
        The system, or the climate of its values alone.
    steps
        How long both are followed.
    washout
        Steps of the network that are left out; none, if it starts on the attractor.

    Raises
    ------
    InputError
        An argument out of range, another number of outputs, or a true system that runs off.

    References
    ----------
    J. Pathak, Z. Lu, B. R. Hunt, M. Girvan and E. Ott, Chaos 27 (2017) 121102.

    Examples
    --------
    >>> from unrolled.dynamics import compare_climates, logistic_map
    >>> compared = compare_climates(logistic_map(3.99), logistic_map(4.0), 5_000)
    >>> bool(compared.histogram_distances[0] < 0.1)
    True
    """
    require_system(learned)
    known = truth if isinstance(truth, Climate) else climate_of(truth, steps)
    try:
        made = climate_of(learned, steps, washout=washout)
    except InputError as error:
        if "runs off" not in str(error):
            raise
        return ClimateComparison(known, None, f"in the long run the network is of no use: {error}")
    if made.values.shape[1] != known.values.shape[1]:
        raise InputError(
            f"the network puts out {made.values.shape[1]} numbers at a time and the system shows "
            f"{known.values.shape[1]}; compare the same ones."
        )
    return ClimateComparison(known, made)


def _powers(values: Float[np.ndarray, "time output"], spacing: float) -> tuple[PowerSpectrum, ...]:
    segment = max(8, min(len(values) // 8, 4 * _FREQUENCIES))
    return tuple(power_spectrum(column, spacing=spacing, segment=segment) for column in values.T)


def _hellinger(true: PowerSpectrum, made: PowerSpectrum) -> float:
    """On a common grid of frequencies, up to where both are known."""
    highest = min(true.frequencies[-1], made.frequencies[-1])
    grid = np.linspace(max(true.frequencies[0], made.frequencies[0]), highest, _FREQUENCIES)
    p, q = (np.interp(grid, one.frequencies, one.density) for one in (true, made))
    if not (p.sum() > 0 and q.sum() > 0):
        return 0.0 if p.sum() == q.sum() else 1.0
    return float(np.sqrt(max(0.0, 1 - np.sqrt(p / p.sum() * q / q.sum()).sum())))
