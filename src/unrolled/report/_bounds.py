"""The bounds that every record has, there or not."""

from __future__ import annotations

import numpy as np

from unrolled.forecast import Band, Forecast

__all__ = ["all_bands"]

_ALWAYS = (68.0, 95.0)
_UNASKED = "bounds need rolling origins; ask for them with --level."


def all_bands(forecast: Forecast) -> tuple[Band, ...]:
    """The bands of a forecast by rising level, those of 68 and 95 % in any case: NaN with a reason if there are none.

    Examples
    --------
    >>> import unrolled
    >>> from unrolled.report import all_bands
    >>> forecast = unrolled.model("drift").fit([1.0, 2.0, 4.0]).predict(2)
    >>> [(band.label, band.reason[:12]) for band in all_bands(forecast)]
    [('68', 'bounds need '), ('95', 'bounds need ')]
    """
    found = {band.level: band for band in forecast.bands}
    given = ", ".join(band.label for band in forecast.bands)
    for level in _ALWAYS:
        if level not in found:
            nothing = np.full(forecast.mean.shape, np.nan)
            reason = f"the levels are {given}; ask for others with --level." if given else _UNASKED
            found[level] = Band(level, nothing, nothing, reason)
    return tuple(found[level] for level in sorted(found))
