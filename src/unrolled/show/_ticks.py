"""Numbers along an axis: powers of ten and offsets go into the axis' name, never into a corner."""

from __future__ import annotations

import math
import re
import textwrap

from matplotlib.axis import Axis, XAxis
from matplotlib.ticker import FixedLocator, FuncFormatter, Locator, LogLocator, NullFormatter, ScalarFormatter

from unrolled.show._letters import letters_along, shortened

__all__ = ["log_axis", "name_axis", "plain_axis", "power_of_ten"]

_RAISED = str.maketrans("+-−0123456789", "⁺⁻⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_LEAST, _MOST = 1e-290, 1e290
_WIDE, _MOST_DECADES = 13, 6
_STRIDES = (2, 5, 10, 20, 50, 100, 200, 500)
_POWER = re.compile(r"(?:\^|\*\*)\{?([-+−]?\d+)\}?")


def name_axis(axis: Axis, name: str, unit: str = "") -> None:
    """Write a name and a unit, as ``energy (MeV)``, with raised powers and nothing read as a formula."""
    unit = _POWER.sub(lambda found: found[1].translate(_RAISED), unit)
    text = f"{shortened(name)} ({unit})" if unit else shortened(name)
    # A dollar sign in the name of a column is a dollar sign.
    axis.set_label_text(_broken(text, letters_along(axis)), parse_math=False)


def plain_axis(axis: Axis, name: str, unit: str = "") -> None:
    """Ticks that can be read as they stand: a power of ten or an offset, where needed, becomes part of the name."""
    low, high = sorted(axis.get_view_interval())
    offset, digits = _offset(low, high)
    power = _power(max(abs(low - offset), abs(high - offset)))
    formatter = ScalarFormatter(useOffset=offset or False)
    formatter.set_scientific(bool(power))
    formatter.set_powerlimits((power, power))
    axis.set_major_formatter(formatter)
    axis.get_offset_text().set_visible(False)
    if offset:
        name = f"{shortened(name)} {'+' if offset < 0 else '−'} {abs(offset):.{digits}f}"
    scale = f"10{str(power).translate(_RAISED)}" if power else ""
    name_axis(axis, name, f"{scale} {unit}".strip())


def log_axis(axis: Axis, low: float, high: float) -> None:
    """A logarithmic axis that holds the numbers from ``low`` to ``high`` (both positive) and names at least two.

    Numbers beyond 1e-290 and 1e290 are left outside: powers of ten about them are no floats.
    """
    low, high = (min(max(value, _LEAST), _MOST) for value in (low, high))
    narrow = high < 10 * low
    if narrow:
        grid = _grid(low, high)
        low = max(value for value in grid if value <= low / 1.03)
        high = min(value for value in grid if value >= high * 1.03)
    else:
        margin = max(1.15, 10 ** (0.05 * (math.log10(high) - math.log10(low))))
        low, high = max(low / margin, 0.1 * _LEAST), min(high * margin, 10 * _MOST)
        first = math.ceil(math.log10(low))
        low = low if 10.0 ** (first + 1) <= high else 10.0 ** (first - 1)
    across = isinstance(axis, XAxis)
    (axis.axes.set_xscale if across else axis.axes.set_yscale)("log")
    (axis.axes.set_xlim if across else axis.axes.set_ylim)(low, high)
    axis.set_major_locator(FixedLocator(_grid(low, high)) if narrow else _decades(axis, low, high))
    plain = narrow and low >= 1e-3 and high < 1e4
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}" if plain else power_of_ten(value)))
    axis.set_minor_formatter(NullFormatter())


def power_of_ten(value: float) -> str:
    """A number as a power of ten.

    Examples
    --------
    >>> from unrolled.show._ticks import power_of_ten
    >>> power_of_ten(1e-3), power_of_ten(2e4)
    ('10⁻³', '2×10⁴')
    """
    if value <= 0 or not math.isfinite(value):
        return ""
    exponent = math.floor(math.log10(value) + 1e-9)
    raised = f"10{str(exponent).translate(_RAISED)}"
    factor = value / 10.0**exponent
    return raised if math.isclose(factor, 1, rel_tol=1e-6) else f"{factor:.3g}×{raised}"


def _offset(low: float, high: float) -> tuple[float, int]:
    """What to take off where the ticks would need more than six digits before they differ, and its decimals."""
    width = high - low
    if not math.isfinite(width) or not 0 < width < 1e-5 * max(abs(low), abs(high)):
        return 0.0, 0
    digits = max(0, -math.ceil(math.log10(width)))
    return round(low, digits), digits


def _power(size: float) -> int:
    """The power of ten to take out; 0 where the numbers read well as they are."""
    if size == 0 or not math.isfinite(size):
        return 0
    power = math.floor(math.log10(size))
    return 0 if -3 <= power <= 4 else power


def _grid(low: float, high: float) -> list[float]:
    """1, 2 and 5 times powers of ten, from below ``low`` to above ``high``."""
    exponents = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 2)
    return [factor * 10.0**exponent for exponent in exponents for factor in (1, 2, 5)]


def _decades(axis: Axis, low: float, high: float) -> Locator:
    """Powers of ten, as many as there is room for; of a wide range round ones, as 10⁻²⁰, 10⁰, 10²⁰."""
    room = max(4, axis.get_tick_space())
    first, last = math.ceil(math.log10(low)), math.floor(math.log10(high))
    if last - first < _WIDE:
        return LogLocator(numticks=room)
    stride = next(stride for stride in _STRIDES if (last - first) / stride <= min(room, _MOST_DECADES))
    return FixedLocator([10.0**power for power in range(-(-first // stride) * stride, last + 1, stride)])


def _broken(text: str, room: int) -> str:
    """The text in lines; the unit goes to the next line as a whole."""
    if len(text) <= room:
        return text
    name, gap, unit = text.rpartition(" (")
    # A line may begin with a stroke, but not end with it.
    joined = (name if gap else text).replace(" / ", " /\N{NO-BREAK SPACE}")
    lines = [line.replace("\N{NO-BREAK SPACE}", " ") for line in textwrap.wrap(joined, room, break_on_hyphens=False)]
    return "\n".join([*lines, f"({unit}"] if gap else lines)
