"""The x axis of a series: plain numbers, or dates where x came as dates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num, num2date
from matplotlib.ticker import MaxNLocator

from unrolled.series import Calendar, Series
from unrolled.show._style import REGION
from unrolled.show._ticks import name_axis, plain_axis

__all__ = ["Abscissa"]

# matplotlib's dates end at the years 1 and 9999; the margins of the axis must stay within.
_FIRST, _LAST = date2num(np.datetime64("0100-01-01")), date2num(np.datetime64("9900-01-01"))
_SHORT = 12  # a longer name is read from the axis
_MOST_COUNTED = 1e9  # larger numbers are no counts
_COMMON = ["", "%Y", "%Y-%m", "%Y-%m-%d", "%Y-%m-%d", "%Y-%m-%d %H:%M"]


@dataclass(frozen=True)
class Abscissa:
    """Where x stands on paper, decided once for everything that one figure draws.

    Attributes
    ----------
    name, unit
        Of x.
    calendar
        How x is turned into dates; ``None`` where it is drawn as a number.
    whole
        Whether all of x are whole numbers, so that the ticks are.
    """

    name: str
    unit: str
    calendar: Calendar | None
    whole: bool = False

    @classmethod
    def of(cls, series: Series, *others: Float[np.ndarray, " _"]) -> Self:
        """For a series and everything else that stands beside it: dates only where all of x are dates."""
        calendar, x = series.calendar, np.concatenate([series.x, *others])
        if calendar is None:
            whole = np.all((x == np.round(x)) & (np.abs(x) < _MOST_COUNTED))
            return cls(series.x_name, series.x_unit, None, bool(whole))
        days = date2num(calendar.dates(x))
        if np.all((days > _FIRST) & (days < _LAST)):
            zone = f"UTC{calendar.offset.removeprefix('Z')}" if calendar.offset else series.x_unit
            return cls(series.x_name, zone, calendar)
        return cls(series.x_name, series.x_unit or f"{calendar.step}s since 1970", None)

    def places(self, x: Float[np.ndarray, " time"]) -> Float[np.ndarray, " time"]:
        """Every x as matplotlib counts it."""
        return np.asarray(date2num(self.calendar.dates(x)) if self.calendar else x, np.float64)

    def say(self, x: float) -> str:
        """One place in a few letters, as ``n = 36`` or as a date."""
        if self.calendar is not None:
            return self.calendar.format(x)
        return f"{self.name if len(self.name) <= _SHORT else 'x'} = {x:g}"

    def hold(self, axes: Axes, x: Float[np.ndarray, " _"]) -> None:
        """Let the x axis hold these places, whether anything is drawn there or not."""
        axes.update_datalim(np.column_stack([self.places(x), np.ones(len(x))]), updatey=False)
        axes.autoscale_view(scaley=False)

    def shade(self, axes: Axes, trained: Series) -> None:
        """Shade what was trained on, from its first x to its last."""
        ends = self.places(np.array([trained.x.min(), trained.x.max()]))
        axes.axvspan(ends[0], ends[1], facecolor=REGION, edgecolor="none", zorder=0, label="training")

    def write(self, axes: Axes) -> None:
        """Ticks and name of the x axis."""
        if self.calendar is None:
            if self.whole:
                axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10], min_n_ticks=1))
            plain_axis(axes.xaxis, self.name, self.unit)
            return
        locator = AutoDateLocator(minticks=3, maxticks=6)
        formatter = ConciseDateFormatter(locator, offset_formats=_COMMON)
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(formatter)
        # The year or the day that the ticks leave out stands in the name instead of in the corner.
        low, high = axes.get_xlim()
        ticks = [tick for tick in locator() if low <= tick <= high]
        formatter.format_ticks(ticks)
        axes.xaxis.get_offset_text().set_visible(False)
        left_out = _span(ticks, len(formatter.get_offset()))
        name_axis(axes.xaxis, f"{self.name}, {left_out}" if left_out else self.name, self.unit)


def _span(ticks: Sequence[float], letters: int) -> str:
    """The first letters of the first and the last date, once where they are the same."""
    if not letters or not ticks:
        return ""
    first, last = (num2date(tick).isoformat(" ")[:letters] for tick in (ticks[0], ticks[-1]))
    return first if first == last else f"{first} to {last}"
