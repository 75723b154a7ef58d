"""How the numbers on the x axis are written as dates."""

from __future__ import annotations

import calendar
import math
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Float, Shaped

from unrolled.errors import InputError

__all__ = ["Calendar", "count_dates"]

Step = Literal["month", "day", "second"]

_SECONDS = {"day": 86_400.0, "second": 1.0}
# numpy writes any year, but ISO dates have four digits.
_FIRST, _LAST = np.datetime64("0001-01-01", "us"), np.datetime64("9999-12-31T23:59:59", "us")


@dataclass(frozen=True)
class Calendar:
    r"""How float x is written as dates.

    ``x = 12 (year - 1970) + month - 1`` where the step is a month, otherwise days or seconds since 1970-01-01.

    Attributes
    ----------
    step
        What x counts: ``"month"``, ``"day"`` or ``"second"``.
    day
        For months, the day on which every date stands; 31 says the last day of the month. ``None`` where the
        dates came without a day, as ``2024-05``.
    offset
        What follows every time of day: ``""``, ``"Z"`` or ``"+02:00"``.

    Examples
    --------
    >>> from unrolled.series import Calendar
    >>> Calendar("month", day=31).format(649.0)
    '2024-02-29'
    >>> Calendar("day").format(19723.0)
    '2024-01-01'
    """

    step: Step
    day: int | None = 1
    offset: str = ""

    def format(self, x: float) -> str:
        """One x as an ISO date; as a plain number where it lies outside the years 1 to 9999."""
        moment = self._moment(x)
        if moment is None:
            return f"{x:.10g}"
        if self.step == "month" and self.day is None and _whole(x):
            return str(moment)[:7]
        if self.step != "second" and moment == moment.astype("datetime64[D]"):
            return str(moment)[:10]
        return _written(moment) + self.offset

    def dates(self, x: Float[np.ndarray, " time"]) -> Shaped[np.ndarray, " time"]:
        """Every x as ``datetime64[us]``; not-a-time where x lies outside the years 1 to 9999."""
        moments = [self._moment(float(value)) for value in x]
        return np.array([np.datetime64("NaT", "us") if m is None else m for m in moments], dtype="datetime64[us]")

    def to_dict(self) -> dict[str, Any]:
        """What JSON needs to keep."""
        return asdict(self)

    @classmethod
    def from_dict(cls, kept: dict[str, Any]) -> Calendar:
        """The calendar that :meth:`to_dict` kept, or an :class:`InputError` where it is none.

        Examples
        --------
        >>> from unrolled.series import Calendar
        >>> Calendar.from_dict(Calendar("day").to_dict()) == Calendar("day")
        True
        """
        step, day, offset = (kept.get(key) for key in ("step", "day", "offset"))
        good_day = day is None or (isinstance(day, int) and 1 <= day <= 31)
        if step not in ("month", "day", "second") or not good_day or not isinstance(offset, str):
            raise InputError(f"this is no calendar: {kept!r}; expected step, day and offset.")
        return cls(step, day, offset)

    def _moment(self, x: float) -> np.datetime64 | None:
        if not math.isfinite(x):
            return None
        if self.step == "month":
            return self._month(x)
        seconds = x * _SECONDS[self.step]
        if not -6.3e10 < seconds < 2.6e11:
            return None
        moment = np.datetime64(round(seconds * 1e6), "us")
        return moment if _FIRST <= moment <= _LAST else None

    def _month(self, x: float) -> np.datetime64 | None:
        nearest = round(x) if _whole(x) else math.floor(x)
        # A month is kept free at the end so that the date between two months can be found.
        if not -12 * 1969 <= nearest < 12 * 8030 - 1:
            return None
        here = self._stand(nearest)
        return here if _whole(x) else here + (x - nearest) * (self._stand(nearest + 1) - here)

    def _stand(self, month: int) -> np.datetime64:
        year, index = divmod(month, 12)
        last = calendar.monthrange(1970 + year, index + 1)[1]
        return np.datetime64(f"{1970 + year:04d}-{index + 1:02d}-{min(self.day or 1, last):02d}", "us")


def count_dates(
    moments: Shaped[np.ndarray, " time"], *, with_day: bool = True, offset: str = ""
) -> tuple[Float[np.ndarray, " time"], Calendar]:
    """Dates as numbers, in the largest of month, day and second that holds them all.

    Dates on the same day of different months, and month ends, are counted in months, so that monthly,
    quarterly and yearly data are evenly spaced.

    Parameters
    ----------
    moments
        ``datetime64`` of any unit, none of them missing, shape ``(time,)``.
    with_day
        Whether the dates were written with a day.
    offset
        What followed the times of day.

    Returns
    -------
    x, calendar
        The numbers, shape ``(time,)``, and how to write them.
    """
    moments = moments.astype("datetime64[us]")
    days = moments.astype("datetime64[D]")
    if np.any(moments != days):
        return moments.astype(np.int64) / 1e6, Calendar("second", offset=offset)
    months = days.astype("datetime64[M]")
    day = _common_day(days, months)
    if not with_day or (day is not None and len(np.unique(months)) == len(months) > 1):
        return months.astype(np.float64), Calendar("month", day if with_day else None)
    return days.astype(np.float64), Calendar("day")


def _common_day(days: np.ndarray, months: np.ndarray) -> int | None:
    of_month = (days - months).astype(np.int64) + 1
    following = months + np.timedelta64(1, "M")
    lengths = (following.astype("datetime64[D]") - months.astype("datetime64[D]")).astype(np.int64)
    if np.all(of_month == lengths):
        return 31
    day = int(of_month.max())
    # The 30th of every month is the 28th or 29th of February.
    return day if np.all(of_month == np.minimum(day, lengths)) else None


def _whole(x: float) -> bool:
    return math.isclose(x, round(x), rel_tol=0.0, abs_tol=1e-6)


def _written(moment: np.datetime64) -> str:
    date, fraction = str(moment.astype("datetime64[us]")).split(".")
    return f"{date}.{fraction}".rstrip("0").rstrip(".")
