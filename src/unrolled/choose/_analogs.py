"""Analogs from every origin at once."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from jaxtyping import Float

from unrolled.classical import Analog, KernelAnalog, standardize

__all__ = ["continue_analog"]

# Origins that follow each other share what their analogs are sought in: a search for many is hardly dearer than one.
_SHARING = 6


class _Origins(Protocol):
    @property
    def points(self) -> int: ...
    @property
    def starts(self) -> tuple[int, ...]: ...
    @property
    def ahead(self) -> int: ...


def continue_analog(
    values: Float[np.ndarray, " time"], method: Analog | KernelAnalog, origins: _Origins
) -> Float[np.ndarray, "origin step"]:
    """What an analog says from every origin; NaN where it has too few values, or nothing is known.

    From an origin it seeks in the values before the first of the six origins that share a search; what follows these
    counts only as its state.

    Parameters
    ----------
    values
        The known values.
    method
        The settings.
    origins
        Where from.
    """
    predicted = np.full((len(origins.starts), origins.ahead), np.nan)
    asked = [i for i, start in enumerate(origins.starts) if method.least <= start < origins.points]
    if not asked:
        return predicted
    starts = np.array(origins.starts)[asked]
    _, standard = standardize(values[: starts[0]])
    z = standard.scale(values)
    ends = starts[np.arange(len(starts)) // _SHARING * _SHARING]
    windows = np.stack([z[start - method.span : start, None] for start in starts])
    made = method.map(z[:, None], ends.tolist()).extend(windows, origins.ahead)[:, :, 0]
    known = starts[:, None] + np.arange(origins.ahead) < origins.points
    predicted[asked] = np.where(known, standard.unscale(made), np.nan)
    return predicted
