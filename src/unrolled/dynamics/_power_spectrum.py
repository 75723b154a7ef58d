"""Which frequencies a motion has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from unrolled.arguments import require_array, require_number, require_whole
from unrolled.errors import InputError

__all__ = ["PowerSpectrum", "power_spectrum"]

_LEAST = 8
_ROUNDING = 4 * np.finfo(float).eps


@dataclass(frozen=True, eq=False)
class PowerSpectrum:
    """How the variance of a motion is spread over frequencies.

    Attributes
    ----------
    frequencies
        In turns for each unit of time, without zero.
    density
        Variance for each unit of frequency, summed over what is observed.
    """

    frequencies: Float[np.ndarray, " frequency"]
    density: Float[np.ndarray, " frequency"]

    @property
    def dominant(self) -> float:
        """The frequency of the highest peak, between its neighbours by a parabola; NaN for a motion at rest."""
        if not self.density.max(initial=0.0) > 0:
            return np.nan
        k = int(np.argmax(self.density))
        shift = 0.0
        if 0 < k < len(self.density) - 1 and (self.density[k - 1 : k + 2] > 0).all():
            left, here, right = np.log(self.density[k - 1 : k + 2])
            curved = left - 2 * here + right
            shift = 0.5 * (left - right) / curved if curved < 0 else 0.0
        return float(self.frequencies[k] + shift * (self.frequencies[1] - self.frequencies[0]))

    @property
    def flatness(self) -> float:
        """The geometric over the arithmetic mean of the density: 1 for white noise, near 0 for a few sharp lines."""
        if not self.density.max(initial=0.0) > 0:
            return np.nan
        with np.errstate(divide="ignore"):
            return float(np.exp(np.log(self.density).mean()) / self.density.mean())


def power_spectrum(values: Any, *, spacing: float = 1.0, segment: int | None = None) -> PowerSpectrum:
    """Welch's estimate: mean periodograms of overlapping segments under a Hann window.

    Parameters
    ----------
    values
        The motion, ``(time,)`` or ``(time, output)``.
    spacing
        The time between two values.
    segment
        How many values a segment has: more give a finer and a rougher spectrum. A quarter of them if left out.

    Raises
    ------
    InputError
        Fewer than 8 values, other shapes, or values that are not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.dynamics import power_spectrum
    >>> spectrum = power_spectrum(np.sin(2 * np.pi * 0.1 * np.arange(1000)))
    >>> round(spectrum.dominant, 3)
    0.1
    """
    require_number("spacing", spacing, above=0.0)
    motion = require_array("values", values, *("time", "output")[: max(1, min(np.ndim(values), 2))])
    motion = np.asarray(motion[:, None] if motion.ndim == 1 else motion, np.float64)
    if motion.ndim != 2 or len(motion) < _LEAST or not motion.shape[1]:
        raise InputError(f"values must have shape (time, output) with {_LEAST} times at least; came {motion.shape}.")
    if not np.isfinite(motion).all():
        raise InputError("values must be finite numbers.")
    length = require_whole(
        "segment", max(len(motion) // 4, _LEAST) if segment is None else segment, _LEAST, len(motion)
    )
    frequencies, density = _welch(motion, spacing, length)
    still = np.ptp(motion, axis=0) <= _ROUNDING * np.abs(motion).max(axis=0)
    density[:, still] = 0.0  # of what does not move the mean is left, rounded
    return PowerSpectrum(frequencies[1:], density[1:].sum(axis=1))


def _welch(
    motion: Float[np.ndarray, "time output"], spacing: float, length: int
) -> tuple[Float[np.ndarray, " frequency"], Float[np.ndarray, "frequency output"]]:
    """Segments that overlap by half, each without its mean; as ``scipy.signal.welch``, whose import takes a second."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)
    step = length - length // 2
    density = np.zeros((length // 2 + 1, motion.shape[1]))
    begins = range(0, len(motion) - length + 1, step)
    for first in begins:
        part = motion[first : first + length]
        density += np.abs(np.fft.rfft(window[:, None] * (part - part.mean(axis=0)), axis=0)) ** 2
    density *= spacing / (len(begins) * (window**2).sum())
    density[1 : None if length % 2 else -1] *= 2  # the negative frequencies
    return np.fft.rfftfreq(length, spacing), density
